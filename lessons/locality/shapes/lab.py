"""Runs ``shapes``: a window on the padded grid, the map that fills, and the rule checked.

The number of places is counted by trying every start. The rule, and a convolution's map, come
from the code of checkpoint ``conv``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.labs import Bench

SCALE = 2  # a pixel is drawn as 2 x 2, which a terminal shows as a square
PADDING, PIXEL, PADDING_IN_WINDOW, WINDOW = 0.25, 0.5, 0.75, 1.0  # four shades
SHADES = ("bright: the window", "dim: pixels", "dimmest: padding")


class Setup(NamedTuple):
    """A grid and the window that slides over it."""

    size: int
    kernel: int
    stride: int
    padding: int

    @property
    def side(self) -> int:
        """Of the grid with its padding."""
        return self.size + 2 * self.padding

    @property
    def starts(self) -> list[int]:
        """Where the window can start in a row, found by trying."""
        every = range(0, self.side, self.stride)
        return [start for start in every if start + self.kernel <= self.side]

    @property
    def unseen(self) -> int:
        """How many rows (or columns) at the far end no window covers."""
        return self.side - self.starts[-1] - self.kernel if self.starts else self.side

    @property
    def rule(self) -> str:
        return f"({self.size} + 2*{self.padding} - {self.kernel}) // {self.stride} + 1"

    @property
    def told(self) -> str:
        return f"A window of {self.kernel}, stride {self.stride}, padding {self.padding}"


def run(bench: Bench) -> None:
    names = ("size", "kernel", "stride", "padding")
    setup = Setup(*(int(bench.settings[name]) for name in names))
    guess = int(bench.settings["guess"])
    if bench.settings["predict"] and guess < 0:
        predict(bench, setup)
        return
    places = len(setup.starts)
    number = (int(bench.settings["window"]) - 1) % max(1, places**2)
    draw_grid(bench, setup, number)
    if places:
        draw_map(bench, places, number)
    conv = bench.piece("conv")
    formula, side = by_formula(conv, setup), by_convolution(conv, setup)
    last = setup.side - setup.kernel
    end = f" = {places}" if places else ", below 1"
    lines = [setup.rule, f"= {last} // {setup.stride} + 1{end}"]
    if places:
        first = " ".join(map(str, setup.starts[:4]))
        more = f" ... {setup.starts[-1]}" if places > 4 else ""
        lines.append(f"starts: {first}{more}")
        if setup.unseen:
            lines.append(f"never looked at: last {setup.unseen}")
    lines += ["", "your own conv.py:" if bench.own["conv"] else "the course's conv.py:"]
    lines.append(f"conv_output_size {'refuses' if formula is None else formula}")
    lines.append(f"Conv2d's map {'refuses' if side is None else f'{side} x {side}'}")
    lines += ["", *SHADES]
    if bench.settings["predict"]:
        lines += ["", f"You said {guess}: " + ("right." if guess == places else f"it is {places}.")]
    bench.words("rule", "\n".join(lines))
    conclude(bench, setup, formula, side)


def predict(bench: Bench, setup: Setup) -> None:
    """The grid with the first window, and nothing that gives the size away."""
    draw_grid(bench, setup, 0, hidden=True)
    bench.words(
        "rule",
        f"size {setup.size}, kernel {setup.kernel}\nstride {setup.stride}, padding {setup.padding}"
        "\n\nHow large is the side of the map?\nType it, then Enter.\n(0: the window fits nowhere)",
    )
    bench.finding("Predict first: type the side of the map, and see it then.", {}, proves=False)


def conclude(bench: Bench, setup: Setup, formula: int | None, side: int | None) -> None:
    """Say whether counting, the rule and a real convolution agree."""
    places = len(setup.starts)
    figures: dict[str, float] = {"places": places}
    if formula is not None:
        figures["formula"] = formula
    if side is not None:
        figures["map"] = side
    at = f"{places} place" if places == 1 else f"{places} places"
    fits = f"{setup.told}: in a row of {setup.size} pixels it fits at {at}"
    if formula == side == places:
        bench.finding(
            f"{fits}. Counted {places}, by the rule {formula}, and a real map has {side} x {side}.",
            figures,
        )
    elif not places and formula is None and side is None:
        bench.finding(f"{setup.told} fits nowhere into {setup.size} pixels: refused.", figures)
    else:
        told = [
            f"{what} {'refuses' if said is None else f'says {said}'}"
            for what, said in (("the rule", formula), ("a real map", side))
        ]
        bench.finding(f"{fits}, but {' and '.join(told)}: look at conv.py.", figures, proves=False)


# --- what the code says ---------------------------------------------------------------------


def by_formula(conv: Any, setup: Setup) -> int | None:
    """The answer of ``conv_output_size``. None: it refuses."""
    try:
        return int(conv.conv_output_size(*setup))
    except ValueError:
        return None


def by_convolution(conv: Any, setup: Setup) -> int | None:
    """The side of a map that ``Conv2d`` makes. None: it refuses."""
    layer = conv.Conv2d(1, 1, setup.kernel, setup.stride, setup.padding)
    try:
        with torch.no_grad():
            return int(layer(torch.ones(1, 1, setup.size, setup.size)).shape[-1])
    except (RuntimeError, ValueError):
        if not setup.starts:
            return None
        raise


# --- drawings -------------------------------------------------------------------------------


def draw_grid(bench: Bench, setup: Setup, number: int, *, hidden: bool = False) -> None:
    """The padded input, bright where the window lies."""
    grid = F.pad(torch.full((setup.size, setup.size), PIXEL), (setup.padding,) * 4, value=PADDING)
    title = f"input {setup.size} x {setup.size}"
    title += f" with padding {setup.padding}" if setup.padding else ""
    if setup.starts or hidden:
        row, column = divmod(number, max(1, len(setup.starts)))
        top, left = row * setup.stride, column * setup.stride
        window = grid[top : top + setup.kernel, left : left + setup.kernel]
        window[window == PIXEL] = WINDOW
        window[window == PADDING] = PADDING_IN_WINDOW
        if not hidden:
            title += f"; window at row {top}, column {left}"
    bench.picture("grid", title, enlarged(grid)[None])


def draw_map(bench: Bench, places: int, number: int) -> None:
    """The map, filled as far as the window has come."""
    cells = torch.full((places * places,), PADDING)
    cells[:number] = PIXEL
    cells[number] = WINDOW
    bench.picture("map", f"map {places} x {places}", enlarged(cells.view(places, places))[None])


def enlarged(image: Tensor) -> Tensor:
    """Larger, with an edge of nothing at the right and below, from which the shades count."""
    return F.pad(image.repeat_interleave(SCALE, 0).repeat_interleave(SCALE, 1), (0, 1, 0, 2))
