"""Runs ``shapes``: draws the padded grid with a window on it, the map, and checks the rule."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.labs import Bench

SCALE = 2  # a pixel is drawn as 2 x 2, which a terminal shows as a square
PADDING, SEEN_PADDING, UNSEEN, PIXEL, OTHER_WINDOW, WINDOW = 0.0, 0.12, 0.25, 0.5, 0.7, 1.0


def run(bench: Bench) -> None:
    size, kernel, stride, padding = (
        int(bench.settings[name]) for name in ("size", "kernel", "stride", "padding")
    )
    places = count_places(size + 2 * padding, kernel, stride)
    conv = bench.piece("conv")
    whose = "your own" if bench.own["conv"] else "the course's"
    guess = int(bench.settings["guess"])
    hidden = bool(bench.settings["predict"]) and guess < 0
    number = (int(bench.settings["window"]) - 1) % max(1, places)
    grid = draw_grid(size, kernel, stride, padding, 0 if hidden else number)
    side = size + 2 * padding
    bench.picture(
        "grid",
        f"{size} x {size}" + (f" and {padding} at each edge: {side} x {side}" if padding else ""),
        enlarged(grid)[None],
        captions=(f"window {1 if hidden else number + 1} of a row",) if places else ("no window",),
    )
    if hidden:
        bench.words("map", f"{rule(size, kernel, stride, padding)}\n\nHow large is the map?")
        bench.words("code", "Type the number of places in one row, then Enter. 0: it fits nowhere.")
        bench.finding("Predict the side of the map, then see it.", {}, proves=False)
        return
    answer, shape = ask(conv, size, kernel, stride, padding)
    lines = [rule(size, kernel, stride, padding, whole=True)]
    if guess >= 0:
        verdict = "right" if guess == places else f"it is {places}"
        lines.append(f"You said {guess}: {verdict}.")
    lines += ["", *(f"starts at {starts(side, kernel, stride)}" for _ in [0] if places)]
    unseen = side - (places - 1) * stride - kernel if places else 0
    if unseen:
        lines.append(f"{unseen} at the far end {'is' if unseen == 1 else 'are'} never looked at")
    bench.words("map", "\n".join(lines))
    bench.words(
        "code",
        f"{whose} code: conv_output_size -> {answer}\n{' ' * len(whose)}       Conv2d's map -> {shape}",
    )
    if places:
        filled = torch.full((places, places), 0.35)
        filled[:1, : number + 1] = 0.7
        filled[0, number] = WINDOW
        bench.picture("out", f"the map: {places} x {places}", enlarged(filled)[None])
    conclude(bench, places, answer, shape)


def conclude(bench: Bench, places: int, answer: int | None, shape: int | None) -> None:
    """Say whether counting, the formula and a real convolution agree."""
    size, kernel, stride, padding = (
        bench.settings[name] for name in ("size", "kernel", "stride", "padding")
    )
    what = f"A window of {kernel} with stride {stride} and padding {padding}"
    figures = {"places": places}
    if answer is not None:
        figures["formula"] = answer
    if shape is not None:
        figures["map"] = shape
    if not places:
        if answer is None and shape is None:
            bench.finding(
                f"{what} fits nowhere into {size} pixels: counted {places} places, and the code "
                "refuses.",
                figures,
            )
        else:
            told = f"the code says {answer if answer is not None else shape}"
            bench.finding(
                f"{what} fits nowhere into {size} pixels, but {told}.", figures, proves=False
            )
        return
    if answer == shape == places:
        sentence = (
            f"{what} fits at {places} places of {size} pixels: counted {places}, by the formula "
            f"{answer}, and the map of a real convolution has {shape}."
        )
        bench.finding(sentence, figures)
    else:
        sentence = (
            f"{what} fits at {places} places of {size} pixels, but the formula says {answer} and "
            f"the map has {shape}: look at the code once more."
        )
        bench.finding(sentence, figures, proves=False)


def count_places(side: int, kernel: int, stride: int) -> int:
    """Try every start, one after the other."""
    return sum(start % stride == 0 and start + kernel <= side for start in range(side))


def starts(side: int, kernel: int, stride: int) -> str:
    found = [str(start) for start in range(0, side - kernel + 1, stride)]
    return ", ".join(found)


def rule(size: int, kernel: int, stride: int, padding: int, whole: bool = False) -> str:
    """The formula with these numbers in it."""
    inside = f"({size} + 2*{padding} - {kernel}) // {stride} + 1"
    last = size + 2 * padding - kernel
    if not whole:
        return inside
    if last < 0:
        return f"{inside}: {last} is below zero, it fits nowhere"
    return f"{inside} = {last} // {stride} + 1 = {last // stride + 1}"


def ask(
    conv: Any, size: int, kernel: int, stride: int, padding: int
) -> tuple[int | None, int | None]:
    """What the code says: its formula, and the side of a map that it makes. None: it refuses."""
    try:
        answer = int(conv.conv_output_size(size, kernel, stride, padding))
    except ValueError:
        answer = None
    if kernel > size + 2 * padding:
        return answer, None
    layer = conv.Conv2d(1, 1, kernel, stride, padding)
    with torch.no_grad():
        return answer, int(layer(torch.ones(1, 1, size, size)).shape[-1])


def draw_grid(size: int, kernel: int, stride: int, padding: int, number: int) -> Tensor:
    """The padded input: window, what windows of the top row see, and what they never see."""
    side = size + 2 * padding
    grid = F.pad(torch.full((size, size), PIXEL), (padding,) * 4, value=SEEN_PADDING)
    places = count_places(side, kernel, stride)
    if not places:
        return grid
    end = (places - 1) * stride + kernel
    for strip in (grid[end:], grid[:, end:]):
        strip[strip == PIXEL] = UNSEEN
        strip[strip == SEEN_PADDING] = PADDING
    left = number * stride
    window = grid[:kernel, left : left + kernel]
    window[window == SEEN_PADDING] = OTHER_WINDOW
    window[window == PIXEL] = WINDOW
    return grid


def enlarged(image: Tensor) -> Tensor:
    return image.repeat_interleave(SCALE, 0).repeat_interleave(SCALE, 1)
