"""Max pooling early, average pooling late: what each does to a map, and what it is good for."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.labs import Bench
from lessons.locality.small_networks import (
    AT_ONCE,
    AVERAGED,
    LAST_MAPS,
    STRONGEST,
    data,
    example,
    first_maps,
    last_maps,
    right,
    shift,
    trained,
    whose,
)

SHOWN_MAPS = 7  # of the last maps, the strongest
MANY = 500  # test digits that the view "moved" looks at
NEARLY = 1e-5  # of the strongest value: what rounding may do
PART = 24  # rows and columns of a map that are drawn


def run(bench: Bench) -> None:
    (model,) = trained(bench, [AVERAGED])
    digit, kernel = int(bench.settings["digit"]), int(bench.settings["kernel"])
    filter_ = int(bench.settings["filter"])
    show = str(bench.settings["show"])
    if show == "places":
        places(bench)
        return
    image = example(bench, digit)
    if show == "average":
        average(bench, last_maps(model, image)[0], digit)
        return
    pooled = Pooled.of(bench, first_maps(model, image)[0, filter_ - 1], kernel)
    if show == "map":
        whole_map(bench, pooled, digit, filter_)
    elif show == "windows":
        windows(bench, pooled, digit, filter_)
    else:
        moved(bench, digit, kernel, filter_)


# --- max pooling ----------------------------------------------------------------------------------


class Pooled(NamedTuple):
    """A map, what a MaxPool2d made of it, and which cells won.

    values: (28, 28). kept: (28 // kernel, 28 // kernel). spread: ``kept`` enlarged to the cells
    of its windows. winners: the cells above zero that hold their window's strongest value.
    """

    values: Tensor
    kept: Tensor
    spread: Tensor
    winners: Tensor
    kernel: int

    @classmethod
    def of(cls, bench: Bench, values: Tensor, kernel: int) -> Pooled:
        kept = bench.piece("conv").MaxPool2d(kernel)(values[None, None])[0, 0]
        spread = kept.repeat_interleave(kernel, 0).repeat_interleave(kernel, 1)
        seen = values[: len(spread), : len(spread)]
        return cls(values, kept, spread, (seen == spread) & (seen > 0), kernel)

    @property
    def means(self) -> Tensor:
        """Mean of each window."""
        return F.avg_pool2d(self.values[None, None], self.kernel)[0, 0]

    @property
    def fault(self) -> float:
        """How far a kept value is from the strongest of its window, found cell by cell."""
        size = len(self.kept) * self.kernel
        cells = self.values[:size, :size].reshape(len(self.kept), self.kernel, -1, self.kernel)
        return (cells.amax((1, 3)) - self.kept).abs().max().item()


def figures_of(pooled: Pooled) -> dict[str, float]:
    """What the findings on max pooling say."""
    fired = pooled.kept > 0
    best = int(pooled.kept.argmax())
    return {
        "windows": float(pooled.kept.numel()),
        "fired": float(fired.sum()),
        "strongest": pooled.values.max().item(),
        "strongest kept": pooled.kept.max().item(),
        "mean there": pooled.means.flatten()[best].item(),
        "kept on average": pooled.kept[fired].mean().item() if fired.any() else 0.0,
        "mean on average": pooled.means[fired].mean().item() if fired.any() else 0.0,
        "fault": pooled.fault,
    }


def nothing(bench: Bench, pooled: Pooled, digit: int, filter_: int) -> bool:
    """Say so when there is nothing to see in a map."""
    figures = figures_of(pooled)
    if figures["fired"] == 0:
        bench.finding(
            f"Filter {filter_} finds nothing in this {digit}: all {figures['windows']:.0f} windows"
            " keep 0; take another filter.",
            figures,
            proves=False,
        )
    elif figures["fault"] > NEARLY * figures["strongest"]:
        bench.finding(
            f"A window was left with a value that is {figures['fault']:.2f} away from its"
            f" strongest ({figures['strongest']:.2f} is the map's): this is no max pooling.",
            figures,
            proves=False,
        )
    else:
        return False
    return True


def whole_map(bench: Bench, pooled: Pooled, digit: int, filter_: int) -> None:
    """A map before and after, and the winners between."""
    size, kernel = len(pooled.kept), pooled.kernel
    part = slice(kernel, kernel + PART)  # starts where a window starts
    strongest = pooled.values.max().clamp(min=1e-12)
    won = torch.where(pooled.winners, pooled.spread, 0.0)
    bench.picture(
        "main",
        f"Filter {filter_}'s map of the {digit}, its winners, the pooled map (edge cut off)",
        torch.stack([(m / strongest)[part, part] for m in (pooled.values, won, pooled.spread)]),
        captions=(
            f"28 x 28, up to {pooled.values.max():.2f}",
            f"{int(pooled.winners.sum())} winners",
            f"{size} x {size}, enlarged",
        ),
    )
    bench.words(
        "about",
        ("" if 28 % kernel == 0 else "The last row and column lie in no window.\n")
        + whose(bench.own),
    )
    if nothing(bench, pooled, digit, filter_):
        return
    figures = figures_of(pooled)
    lost = figures["strongest"] > figures["strongest kept"]
    stays = "The strongest in any window stays" if lost else "So the strongest of all stays"
    bench.finding(
        f"Max pooling {kernel} x {kernel} leaves {size * size} of the map's 784 values: the"
        f" strongest of each window. {stays}, {figures['strongest kept']:.2f}; the mean of its"
        f" window is {figures['mean there']:.2f}.",
        figures,
    )


def windows(bench: Bench, pooled: Pooled, digit: int, filter_: int) -> None:
    """Windows from near: those around the strongest stroke, cell by cell."""
    bench.words("main", close_up(pooled))
    bench.words(
        "about",
        f"Filter {filter_} and the {digit}: 9 is the map's strongest, 0 nearly nothing, . exactly"
        f" 0.\n(9) won its window. Right: what is left.\n{whose(bench.own)}",
    )
    if nothing(bench, pooled, digit, filter_):
        return
    figures = figures_of(pooled)
    bench.finding(
        f"In {figures['fired']:.0f} of the {figures['windows']:.0f} windows something fired; the"
        f" winner there is {figures['kept on average']:.2f} on average, and the mean of its window"
        f" {figures['mean on average']:.2f}: max pooling keeps the strongest, and the map stays a"
        " map.",
        figures,
    )


def close_up(pooled: Pooled) -> str:
    """A part of the map as text, with lines between the windows; beside it what is left."""
    kernel = pooled.kernel
    count = 4 if kernel == 2 else 3  # windows in a row
    sums = F.avg_pool2d(pooled.kept[None, None], count, stride=1)[0, 0]
    top, left = divmod(int(sums.argmax()), sums.shape[1])
    strongest = pooled.values.max().clamp(min=1e-12)
    line = "+".join(["-" * (3 * kernel)] * count)
    short = "+".join(["---"] * count)
    lines = []
    for i in range(count):
        if i:
            lines.append(f"{line}      {short}")
        for k in range(kernel):
            y = (top + i) * kernel + k
            row = "|".join(
                "".join(cell(pooled, strongest, y, (left + j) * kernel + x) for x in range(kernel))
                for j in range(count)
            )
            after = "|".join(
                f" {level(pooled.kept[top + i, left + j], strongest)} " for j in range(count)
            )
            blank = "|".join(["   "] * count)
            lines.append(f"{row}      {after if k == (kernel - 1) // 2 else blank}".rstrip())
    return "\n".join(lines)


def cell(pooled: Pooled, strongest: Tensor, y: int, x: int) -> str:
    shown = level(pooled.values[y, x], strongest)
    return f"({shown})" if pooled.winners[y, x] else f" {shown} "


def level(value: Tensor, strongest: Tensor) -> str:
    """A value as a digit from 0 to 9; exactly 0 is a dot."""
    return str(round((value / strongest * 9).item())) if value > 0 else "."


# --- average pooling ------------------------------------------------------------------------------


def average(bench: Bench, maps: Tensor, digit: int) -> None:
    """The last maps and the one number of each; then their places shuffled."""
    pool = bench.piece("conv").AveragePool()
    averages = pool(maps[None])[0]  # (32,)
    places = maps.shape[1] * maps.shape[2]
    generator = torch.Generator().manual_seed(bench.seed)
    order = torch.randperm(places, generator=generator)
    shuffled = maps.flatten(1)[:, order].reshape(maps.shape)
    gap = (pool(shuffled[None])[0] - averages).abs().max().item()
    fault = (maps.flatten(1).sum(1) / places - averages).abs().max().item()
    largest = averages.max().item()
    best = averages.argsort(descending=True)[:SHOWN_MAPS].tolist()
    strongest = maps.amax().clamp(min=1e-12)
    bench.picture(
        "main",
        f"The last maps of the {digit}, 7 x 7 each: the {SHOWN_MAPS} strongest of {LAST_MAPS}",
        maps[best] / strongest,
        captions=[f"map {k + 1}" for k in best],
    )
    bench.bars(
        "averages",
        "One number for each, their average",
        {f"map {k + 1}": averages[k].item() for k in best},
    )
    bench.words("about", whose(bench.own))
    figures = {
        "values": float(maps.numel()),
        "averages": float(averages.numel()),
        "largest": largest,
        "map": float(best[0] + 1),
        "difference": gap,
        "fault": fault,
    }
    if max(fault, gap) > NEARLY * max(largest, 1.0):
        bench.finding(
            f"Average pooling makes {averages.numel()} numbers of {maps.numel()}, but they are up"
            f" to {fault:.2g} away from the means, and change by up to {gap:.2g} when the places"
            " are shuffled.",
            figures,
            proves=False,
        )
        return
    said = "0" if gap == 0 else f"{gap:.0e}"
    bench.finding(
        f"Average pooling makes {averages.numel()} numbers of {maps.numel():,}, one a map (the"
        f" largest {largest:.2f}, map {best[0] + 1}); shuffle the {places} places of every map and"
        f" they stay (largest difference {said}): they say how much, and no longer where.",
        figures,
    )


# --- moved by one pixel ---------------------------------------------------------------------------


def change(before: Tensor, after: Tensor) -> float:
    """How much is different, in % of all there was."""
    return (100 * (after - before).abs().sum() / before.abs().sum().clamp(min=1e-12)).item()


def changes(bench: Bench, images: Tensor, kernel: int, filter_: int | None) -> list[float]:
    """What moving images by a pixel changes: a first map (or all of them), the same after max
    pooling, the last maps, their averages."""
    (model,) = trained(bench, [AVERAGED])
    conv = bench.piece("conv")
    only = slice(None) if filter_ is None else slice(filter_ - 1, filter_)
    pool, mean = conv.MaxPool2d(kernel), conv.AveragePool()
    pair = (images, shift(images, 1))
    first = [first_maps(model, x)[:, only] for x in pair]
    last = [last_maps(model, x) for x in pair]
    return [
        change(*first),
        change(*(pool(maps) for maps in first)),
        change(*last),
        change(*(mean(maps) for maps in last)),
    ]


def moved(bench: Bench, digit: int, kernel: int, filter_: int) -> None:
    """One pixel to the right: what changes before and after each pooling."""
    key = f"moved {kernel}"
    if key not in bench.memory:
        images, _ = data(bench, "test")
        bench.memory[key] = changes(bench, images[:MANY], kernel, None)
    many: list[float] = bench.memory[key]
    this = changes(bench, example(bench, digit), kernel, filter_)
    size = 28 // kernel
    rows = [
        ("first maps", "28 x 28"),
        (f"after max pooling {kernel} x {kernel}", f"{size} x {size}"),
        ("last maps", f"{LAST_MAPS} x 7 x 7"),
        ("their averages", f"{LAST_MAPS}"),
    ]
    bench.table(
        "main",
        "Moved by one pixel: what changes, in % of the sum of all values",
        ("", "size", f"this {digit}", f"{MANY} digits"),
        [
            [*row, f"{here:.0f} %", f"{there:.0f} %"]
            for row, here, there in zip(rows, this, many, strict=True)
        ],
        marked=[1, 3],
    )
    bench.words(
        "about",
        f"This {digit}: the map of filter {filter_}. {MANY} digits: the maps of all 8 filters.\n"
        "Last maps: of the network as it was trained, with max pooling 2 x 2.\n" + whose(bench.own),
    )
    names = ("first maps", "after max pooling", "last maps", "averages")
    figures = dict(zip(names, many, strict=True))
    figures |= {f"{name}, shown": value for name, value in zip(names, this, strict=True)}
    a, b, c, d = many
    told = (
        f"A move by one pixel changes {a:.0f} % of the first maps ({MANY} digits), {b:.0f} % after"
        f" max pooling {kernel} x {kernel}, {c:.0f} % of the last maps and {d:.0f} % of their"
        " averages"
    )
    if a > b and c > d:
        bench.finding(
            f"{told}: max pooling forgives a little, averaging forgets the place.", figures
        )
    else:
        bench.finding(
            f"{told}: here pooling does not make the change smaller.", figures, proves=False
        )


# --- the two places -------------------------------------------------------------------------------


def places(bench: Bench) -> None:
    """The average at once, at the end, and the strongest instead of it."""
    trained(bench, [AVERAGED, AT_ONCE, STRONGEST])
    reached = {name: 100 * right(bench, name, 0) for name in (AT_ONCE, AVERAGED, STRONGEST)}
    names = {
        AT_ONCE: "averaged after the first layer",
        AVERAGED: "averaged after the last layer",
        STRONGEST: "strongest after the last layer",
    }
    bench.bars(
        "main",
        "Three networks, 32 numbers before the linear layer: test digits right",
        {names[name]: value for name, value in reached.items()},
        unit="%",
    )
    early, late, strongest = (reached[name] for name in (AT_ONCE, AVERAGED, STRONGEST))
    bench.words(
        "about",
        "Max pooling leaves a map, so it can come early; an average leaves one number.\n"
        f"The strongest of each last map, not its average: {strongest:.1f} %"
        f"{', as good an end' if strongest > late - 1 else ''}.\n" + whose(bench.own),
    )
    figures = {names[name]: value for name, value in reached.items()}
    if late - early > 10:
        bench.finding(
            f"Averaged right after the first layer, 32 maps give {early:.1f} % of 2,000 test digits"
            f" right, after the last layer {late:.1f} %: strokes must first be put together, and"
            " for that their places are needed.",
            figures,
        )
    else:
        bench.finding(
            f"Averaged right after the first layer, 32 maps give {early:.1f} % of 2,000 test digits"
            f" right, after the last layer {late:.1f} %: that is no clear difference.",
            figures,
            proves=False,
        )
