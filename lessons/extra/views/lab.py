"""Runs ``views``: a memory strip, a strided view of it, and all windows of a digit as one view.

What is told is read from PyTorch: where an element lies comes from the view's own values, that
nothing was copied from the addresses of both.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.extra.views import MOST, PLACES
from lessons.labs import Bench
from reference.data import digits

APART, SHOWN, LIT = 0.2, 0.55, 1.0  # shades: not in the view, in it, under the cursor
WINDOW = 5  # side of the windows over the digit
DIGIT = 578  # the 5 of the boards


class Recipe(NamedTuple):
    """What ``as_strided`` is told."""

    rows: int
    columns: int
    down: int
    right: int
    start: int = 0

    @property
    def farthest(self) -> int:
        """The last place that is looked at."""
        return self.start + (self.rows - 1) * self.down + (self.columns - 1) * self.right

    @property
    def told(self) -> str:
        offset = f", {self.start}" if self.start else ""
        return f"as_strided(({self.rows}, {self.columns}), ({self.down}, {self.right}){offset})"


RECIPES = {
    "plain": Recipe(4, 6, 6, 1),
    "transposed": Recipe(6, 4, 1, 6),
    "every other": Recipe(4, 3, 6, 2),
    "diagonal": Recipe(1, 4, 0, 7),
    "repeated": Recipe(4, 6, 0, 1),
    "windows": Recipe(8, 3, 1, 1),
}


def run(bench: Bench) -> None:
    if bench.settings["own"]:
        names = ("rows", "columns", "down", "right", "start")
        numbers(bench, Recipe(*(int(bench.settings[name]) for name in names)))
    elif bench.settings["view"] == "image":
        image(bench)
    else:
        numbers(bench, RECIPES[str(bench.settings["view"])])


# --- a small memory ------------------------------------------------------------------------------


def numbers(bench: Bench, recipe: Recipe) -> None:
    memory = torch.arange(PLACES)
    if recipe.farthest >= PLACES:
        strip(bench, memory, set(), None)
        refused(bench, memory, recipe)
        return
    view = memory.as_strided(recipe[:2], recipe[2:4], recipe.start)
    row = min(int(bench.settings["row"]), recipe.rows - 1)
    column = min(int(bench.settings["column"]), recipe.columns - 1)
    place = int(view[row, column])  # each number is its own place
    guess = int(bench.settings["guess"])
    hidden = bool(bench.settings["predict"]) and guess < 0
    shown = set() if hidden else set(view.flatten().tolist())
    strip(bench, memory, shown, None if hidden else place)
    grid(bench, view, row, column, hidden)
    if hidden:
        bench.words("rule", f"{recipe.told}\n\nWhich number is\nelement [{row}, {column}]?\n"
                    f"Type it, then Enter.{beyond(bench, recipe)}")  # fmt: skip
        bench.finding("Predict first: type the number, and see it then.", {}, proves=False)
        return
    way = f"{recipe.start} + {row}*{recipe.down} + {column}*{recipe.right}"
    lines = [recipe.told, "", f"element [{row}, {column}]", f"= {way} = {place}"]
    if bench.settings["predict"]:
        lines += ["", f"You said {guess}: " + ("right." if guess == place else f"it is {place}.")]
    bench.words("rule", "\n".join(lines) + beyond(bench, recipe))
    conclude(bench, memory, view, recipe)


def beyond(bench: Bench, recipe: Recipe) -> str:
    """Say so where the cursor was sent past the view's last row or column."""
    asked = (int(bench.settings[name]) for name in ("row", "column"))
    there = zip(("row", "column"), asked, recipe[:2], strict=True)
    past = [f"\nThe last {name} is {many - 1}." for name, at, many in there if at >= many]
    return "\n" + "".join(past) if past else ""


def conclude(bench: Bench, memory: Tensor, view: Tensor, recipe: Recipe) -> None:
    """What the view costs, and how often it shows a number."""
    times = int(view.flatten().bincount().max())
    copied = 0 if view.untyped_storage().data_ptr() == memory.untyped_storage().data_ptr() else 1
    figures = {
        "elements": float(view.numel()),
        "numbers": float(len(view.unique())),
        "times": float(times),
        "bytes": float(copied * view.numel() * view.element_size()),
    }
    told = f"strides ({recipe.down}, {recipe.right})"
    again = f", one of them {times} times" if times > 1 else ""
    bench.finding(
        f"{figures['bytes']:.0f} bytes copied: {recipe.rows} x {recipe.columns} with {told} shows"
        f" {len(view.unique())} of the {PLACES} numbers{again}.",
        figures,
        proves=not copied,
    )


def refused(bench: Bench, memory: Tensor, recipe: Recipe) -> None:
    """Let PyTorch say that the memory is not long enough."""
    said = "nothing"
    try:
        memory.as_strided(recipe[:2], recipe[2:4], recipe.start)
    except RuntimeError as error:
        said = str(error)
    bench.words(
        "rule",
        f"{recipe.told}\n\nIts last element would lie at place\n{recipe.start} + "
        f"{recipe.rows - 1}*{recipe.down} + {recipe.columns - 1}*{recipe.right} = "
        f"{recipe.farthest}. The memory ends at {PLACES - 1}."
        + ("\n\nSo there is no number to predict." if bench.settings["predict"] else ""),
    )
    bench.finding(
        f"It would reach place {recipe.farthest}, past the end of the memory, and PyTorch"
        f" {'refuses' if 'out of bounds' in said else f'says {said}'}.",
        {"place": float(recipe.farthest)},
        proves=False,
    )


# --- drawings ------------------------------------------------------------------------------------


def strip(bench: Bench, memory: Tensor, shown: set[int], lit: int | None) -> None:
    """The memory: its numbers, and below each of them a shade."""
    line = list("".join(f"{n:>3}" for n in memory.tolist()) + " ")
    if lit is not None:
        line[3 * lit + (lit < 10)], line[3 * lit + 3] = "[", "]"
    bench.words("memory", "".join(line).rstrip())
    shades = []
    for n in memory.tolist():
        shades += [LIT if n == lit else SHOWN if n in shown else APART] * 3
    edge = [0.0]  # paper, from which the shades count
    bench.picture("strip", "the memory of x", torch.tensor(shades + edge).expand(1, 2, -1))


def grid(bench: Bench, view: Tensor, row: int, column: int, hidden: bool) -> None:
    """The view: its numbers, and the same as shades."""
    lines = []
    for i, numbers_of_row in enumerate(view.tolist()):
        cells = [" . " if hidden and (i or j) else f" {n} " for j, n in enumerate(numbers_of_row)]
        if i == row:
            cells[column] = "[?]" if hidden else f"[{numbers_of_row[column]}]"
        lines.append("".join(f"{cell:>4}" for cell in cells))
    bench.words("grid", "\n".join(lines))
    shades = torch.full(view.shape, SHOWN)
    if not hidden:
        shades[view == view[row, column]] = 0.8  # the same number, where it shows again
    shades[row, column] = LIT
    wide = shades.repeat_interleave(2, 0).repeat_interleave(2, 1)
    bench.picture("view", "the view", F.pad(wide, (0, 1, 0, 0))[None])


# --- windows over a digit ------------------------------------------------------------------------


def image(bench: Bench) -> None:
    """All windows of 5 x 5 as one view, one of them lit, and the learner's convolution with it."""
    if "digit" not in bench.memory:
        bench.memory["digit"] = digits("test")[0][DIGIT]
    x = bench.memory["digit"]  # (1, 28, 28)
    down, right = x.stride()[1:]
    places = x.shape[1] - WINDOW + 1
    windows = x.as_strided((places, places, WINDOW, WINDOW), (down, right, down, right))
    row, column = (
        int(bench.settings[name]) * (places - 1) // (MOST - 1) for name in ("row", "column")
    )
    guess = int(bench.settings["guess"])
    if bench.settings["predict"] and guess < 0:
        bench.picture("digit", "the digit", x)
        lines = [f"A window of {WINDOW} slides over", f"a row of {x.shape[2]} pixels."]
        lines += ["At how many places does it", "fit?", "", "Type it, then Enter."]
        bench.words("costs", "\n".join(lines))
        bench.finding("Predict first: type the number, and see it then.", {}, proves=False)
        return
    lit = x[0] * 0.6
    lit[row : row + WINDOW, column : column + WINDOW] += 0.4
    at = ", ".join(f"{name} {bench.settings[name]}" for name in ("row", "column"))
    bench.picture("digit", f"{at}: window {row}, {column}", lit[None])
    own = windows[row, column].repeat_interleave(2, 0).repeat_interleave(2, 1)
    bench.picture("window", "the window", F.pad(own, (0, 1), value=1.0)[None])
    same = windows.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    copy = windows.contiguous()
    torch.manual_seed(bench.seed)
    weights = torch.randn(2, 1, WINDOW, WINDOW)
    map_ = bench.piece("strides").conv2d(x[None], weights)
    off = (map_ - F.conv2d(x[None], weights)).abs().max().item() / map_.abs().max().item()
    whose = "your own strides.py" if bench.own["strides"] else "the course's strides.py"
    lines = [
        f"size ({places}, {places}, 5, 5)",
        f"strides {windows.stride()}",
        "",
        f"image   {x.nbytes:>7,} bytes",
        f"view    {0 if same else copy.nbytes:>7,} more",
        f"copy    {copy.nbytes:>7,} more",
        "",
        f"{whose}:",
        "conv2d differs from F.conv2d",
        f"by at most {off:.0e}",
        "",
        f"rows, columns 0 to {MOST - 1} are {MOST}",
        f"of the {places} windows each way",
    ]
    if bench.settings["predict"]:
        lines += [f"You said {guess}: " + ("right." if guess == places else f"it is {places}.")]
    bench.words("costs", "\n".join(lines))
    figures = {
        "windows": float(places**2),
        "elements": float(windows.numel()),
        "copy": float(copy.nbytes),
        "off": off,
    }
    if same and off < 1e-4:
        bench.finding(
            f"{places**2} windows, {windows.numel():,} elements, lie in the image's own"
            f" {x.nbytes:,} bytes; a copy of them takes {copy.nbytes:,}.",
            figures,
        )
    else:
        bench.finding(
            f"conv2d differs from F.conv2d by {off:.1e} of its largest value: look at strides.py.",
            figures,
            proves=False,
        )
