"""One map under a cursor, all maps of a layer, and the filters behind them."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.labs import Bench
from lessons.locality.small_networks import AVERAGED, example, trained, whose

SAME = 1e-5  # of a map's strongest value: what rounding may do
GAP = 2  # pixels between filters in a picture: a frame lies on them
COLUMNS = 48  # of a picture of filters: the numbers of one stand beside it


class Layer(NamedTuple):
    """A convolution of the network and what its maps' cells look at.

    ends: modules of the network up to its ReLU. step: pixels from one cell to the next. start:
    first pixel that cell 0 looks at. field: how many it looks at in a row.
    """

    ends: int
    step: int
    start: int
    field: int

    def looks_at(self, cell: int) -> tuple[int, int]:
        """First pixel in a row that a cell looks at, and the first after them, in the image."""
        first = self.start + cell * self.step
        return max(0, first), min(28, first + self.field)


# A window of k makes the field (k - 1) steps larger, and its padding starts it earlier; a max pool
# of 2 makes the field a step larger, and doubles the step.
LAYERS = {1: Layer(2, 1, -2, 5), 2: Layer(5, 2, -6, 14), 3: Layer(8, 4, -10, 24)}


def run(bench: Bench) -> None:
    (model,) = trained(bench, [AVERAGED])
    assert isinstance(model, nn.Sequential)
    number, digit = int(bench.settings["layer"]), int(bench.settings["digit"])
    image = example(bench, digit)
    maps = maps_of(model, image, number)
    filter_ = min(int(bench.settings["filter"]), len(maps))
    show = str(bench.settings["show"])
    if show == "map":
        under_cursor(bench, model, image, maps[filter_ - 1], filter_)
    elif show == "maps":
        side_by_side(bench, maps, number, filter_, digit)
    else:
        filters(bench, model, number, filter_)


def maps_of(model: nn.Sequential, image: Tensor, number: int) -> Tensor:
    """Maps of a layer behind its ReLU: (filters, height, width)."""
    with torch.no_grad():
        return model[: LAYERS[number].ends](image)[0]


def conv_of(bench: Bench) -> str:
    """Whose convolution it is, in few columns."""
    return "your conv" if bench.own["conv"] else "course's conv"


# --- one map --------------------------------------------------------------------------------------


def under_cursor(
    bench: Bench, model: nn.Sequential, image: Tensor, values: Tensor, filter_: int
) -> None:
    """A map with its cursor, and the pixels that this cell has looked at."""
    number, digit = int(bench.settings["layer"]), int(bench.settings["digit"])
    layer = LAYERS[number]
    row, column = (int(bench.settings[name]) // layer.step for name in ("row", "column"))
    (top, bottom), (left, right) = layer.looks_at(row), layer.looks_at(column)
    value, strongest = values[row, column].item(), values.max().item()
    bench.picture(
        "main",
        f"Filter {filter_}'s map",
        values[None],
        axes=True,
        frames=[(row, column, 1, 1)],
    )
    best = int(values.argmax())
    digit_row = [f"row {bench.settings['row']},", f"column {bench.settings['column']}:"]
    bench.words(
        "about",
        "\n".join(
            [
                *(digit_row if layer.step > 1 else []),
                f"cell {row}, {column}",
                f" {value:.2f}",
                "strongest",
                f" {strongest:.2f}",
                f" at {best // len(values)}, {best % len(values)}",
                "looked at",
                " rows",
                f"  {top} to {bottom - 1}",
                " columns",
                f"  {left} to {right - 1}",
                conv_of(bench),
            ]
        ),
    )
    bench.picture(
        "digit",
        f"The {digit} itself",
        image[0],
        frames=[(top, left, bottom - top, right - left)],
    )
    others = torch.ones_like(image, dtype=torch.bool)
    others[..., top:bottom, left:right] = False
    changed = maps_of(model, torch.where(others, 1 - image, image), number)
    gap = abs(changed[filter_ - 1, row, column].item() - value)
    pixels = (bottom - top) * (right - left)
    figures = {
        "value": value,
        "strongest": strongest,
        "pixels": float(pixels),
        "difference": gap,
    }
    at = f"Cell {row}, {column} of filter {filter_}'s map in layer {number}"
    if gap > SAME * max(strongest, 1.0):
        bench.finding(
            f"{at} is {value:.2f}, and with the {784 - pixels} pixels outside its frame inverted it"
            f" changes by {gap:.2g}: it looks further than a convolution should.",
            figures,
            proves=False,
        )
    elif value <= 0:
        bench.finding(
            f"{at} is 0: of what this filter looks for, there is nothing in the {pixels} pixels of"
            " the frame. Look for a bright cell.",
            figures,
            proves=False,
        )
    else:
        bench.finding(
            f"{at} is {value:.2f}. It comes from {pixels} of 784 pixels: invert the other"
            f" {784 - pixels}, and it is still {changed[filter_ - 1, row, column]:.2f}.",
            figures,
        )


# --- all maps -------------------------------------------------------------------------------------


def side_by_side(bench: Bench, maps: Tensor, number: int, filter_: int, digit: int) -> None:
    """The maps of a layer, each from 0 to its own strongest value; a page of them."""
    page = 16 if number == 3 else 8
    first = (filter_ - 1) // page * page
    shown = maps[first : first + page]
    if number == 1:
        shown = F.max_pool2d(shown[:, 2:26, 2:26], 2)
    elif number == 2:
        shown = shown[:, 1:13, 1:13]
    strongest = [values.max().item() for values in maps]
    captions = []
    for place, most in enumerate(strongest[first : first + page], start=first + 1):
        mark = ">" if place == filter_ else ""
        few = f"{most:.1f}" if most < 9.95 else f"{most:.0f}"
        told = f"{place}: 0-{most:.2f}" if number < 3 else f"{place}: {few}"
        captions.append(mark + told)
    what = {
        1: "half size, edge cut off",
        2: "edge cut off",
        3: "below each: its number and strongest value",
    }[number]
    bench.picture(
        "main",
        f"Layer {number}, maps {first + 1} to {first + len(shown)} of {len(maps)} ({what})",
        shown / torch.tensor(strongest[first : first + page]).clamp(min=1e-12)[:, None, None],
        captions=captions,
    )
    more = ""
    if len(maps) > page:
        past = f"past {page}" if first == 0 else f"below {first + 1}"
        more = f"Turn filter {past} for the others. "
    bench.words("about", more + whose(bench.own))
    silent = sum(most <= 0 for most in strongest)
    best = max(range(len(maps)), key=lambda place: strongest[place])
    bench.finding(
        f"In this {digit}, filter {best + 1} of layer {number} finds most: its map reaches"
        f" {strongest[best]:.2f}. {silent} of {len(maps)} maps stay at 0 everywhere.",
        {"best": float(best + 1), "strongest": strongest[best], "silent": float(silent)},
        proves=False,
    )


# --- filters --------------------------------------------------------------------------------------


def filters(bench: Bench, model: nn.Sequential, number: int, filter_: int) -> None:
    """The weights of a layer: its filters, or for later layers the slices of one filter."""
    weight = next(model[LAYERS[number].ends - 2].parameters()).detach()  # (out, in, k, k)
    shown = weight[:, 0] if number == 1 else weight[filter_ - 1]
    size = weight.shape[-1]
    picture, places = grid(shown)
    pointed = filter_ - 1 if number == 1 else int(shown.abs().sum((1, 2)).argmax())
    if number == 1:
        title = f"The {len(shown)} filters; framed: {filter_}"
    else:
        title = (
            f"Filter {filter_}: a slice for each of the {len(shown)} maps of layer {number - 1};"
        )
        title += " framed: the strongest"
    bench.picture(
        "main",
        title,
        picture[None],
        signed=True,
        frames=[places[pointed]],
    )
    lines = [f"filter {filter_}:" if number == 1 else f"its strongest slice, {pointed + 1}:"]
    lines += [" ".join(f"{value:+.2f}" for value in row) for row in shown[pointed].tolist()]
    bench.words("about", "\n".join([*lines, "", conv_of(bench)]))
    low, high = weight.min().item(), weight.max().item()
    out, in_ = weight.shape[:2]
    # As many places as the map has cells.
    cells = (28 // LAYERS[number].step) ** 2
    bench.finding(
        f"Layer {number} has {out} filters of {in_} x {size} x {size}, {weight.numel():,} weights"
        f" from {low:.2f} to {high:.2f}: the same at each of the {cells} places of its maps.",
        {"weights": float(weight.numel()), "low": low, "high": high, "places": float(cells)},
        proves=False,
    )


def grid(images: Tensor) -> tuple[Tensor, list[tuple[int, int, int, int]]]:
    """Small images, each pixel twice as large, in rows; and where each of them is."""
    large = images.repeat_interleave(2, -1).repeat_interleave(2, -2)
    side = large.shape[-1] + GAP
    in_a_row = COLUMNS // side
    rows = -(-len(large) // in_a_row)
    picture = torch.zeros(rows * side - GAP, in_a_row * side - GAP)
    places = []
    for place, image in enumerate(large):
        top, left = place // in_a_row * side, place % in_a_row * side
        picture[top : top + side - GAP, left : left + side - GAP] = image
        places.append((top, left, side - GAP, side - GAP))
    return picture, places
