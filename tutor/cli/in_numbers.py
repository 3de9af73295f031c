"""A lab's drawings in numbers and words: nothing in them depends on position."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tutor import scales
from tutor.cli.text import wrapped
from tutor.runner import protocol

SHOWN_POINTS = 9  # of a curve
WHOLE = 64  # values of an image that are told one by one
COARSE = 7  # rows and columns of means that stand for a larger image


def number(value: float) -> str:
    return scales.number(value, 4)


def lines(drawing: protocol.Drawing) -> list[str]:
    """The drawing, its title first."""
    match drawing:
        case protocol.Words():
            return drawing.text.splitlines()
        case protocol.Picture():
            return picture(drawing)
        case protocol.Curves():
            return curves(drawing)
        case protocol.Bars():
            scale = [f"{name}: {number(v)} {drawing.unit}" for name, v in drawing.values.items()]
            return [drawing.title, *(f"    {told}".rstrip() for told in scale)]
        case protocol.Table():
            return table(drawing)


def picture(drawn: protocol.Picture) -> list[str]:
    """Size, range, where the values lie, and the values themselves or their means."""
    told = [f"{drawn.title}: {drawn.height} rows of {drawn.width} numbers"]
    for place, image in enumerate(drawn.images):
        caption = drawn.captions[place] if drawn.captions else ""
        name = caption or (f"image {place + 1}" if len(drawn.images) > 1 else "values")
        told += [wrapped(_summary(name, image, drawn), "    ")]
        rows = [image[y * drawn.width : (y + 1) * drawn.width] for y in range(drawn.height)]
        if len(image) <= WHOLE:
            texts = [", ".join(map(number, row)) for row in rows]
            word = "row"
        else:
            texts = [", ".join(map(number, row)) for row in _means(rows)]
            told.append(f"    means of {len(texts)} rows of blocks:")
            word = "blocks"
        told += [wrapped(text, f"    {word} {at}: ") for at, text in enumerate(texts, start=1)]
    return told


def _summary(name: str, image: Sequence[float], drawn: protocol.Picture) -> str:
    finite = [value for value in image if math.isfinite(value)]
    if not finite:
        return f"{name}: no number that is finite."
    low, high, mean = min(finite), max(finite), sum(finite) / len(finite)
    told = f"{name}: from {number(low)} to {number(high)}, mean {number(mean)}"
    middle = _middle(image, drawn.width)
    if middle is not None and not drawn.signed:
        row, column = middle
        told += f"; the middle of what is bright lies at row {row:.1f}, column {column:.1f}"
    return told + "."


def _middle(image: Sequence[float], width: int) -> tuple[float, float] | None:
    """The centre of mass above the least value, rows and columns counted from 1."""
    finite = [value for value in image if math.isfinite(value)]
    low = min(finite)
    mass = [value - low if math.isfinite(value) else 0.0 for value in image]
    whole = sum(mass)
    if whole <= 0:
        return None
    row = sum(weight * (at // width) for at, weight in enumerate(mass)) / whole
    column = sum(weight * (at % width) for at, weight in enumerate(mass)) / whole
    return row + 1, column + 1


def _means(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """The image in at most COARSE x COARSE blocks, each by the mean of its finite values."""

    def cuts(length: int) -> list[tuple[int, int]]:
        count = min(COARSE, length)
        return [(length * at // count, length * (at + 1) // count) for at in range(count)]

    def mean(values: list[float]) -> float:
        return round(sum(values) / len(values), 3) if values else math.nan

    return [
        [
            mean([v for row in rows[top:end] for v in row[left:right] if math.isfinite(v)])
            for left, right in cuts(len(rows[0]))
        ]
        for top, end in cuts(len(rows))
    ]


def curves(drawn: protocol.Curves) -> list[str]:
    """Some points of each line, the last among them."""
    told = [f"{drawn.title}: {drawn.y} over {drawn.x}"]
    for name, points in drawn.series.items():
        if not points:
            told.append(f"    {name}: no point yet")
            continue
        texts = ", ".join(f"at {number(x)} {number(y)}" for x, y in thinned(points, SHOWN_POINTS))
        told.append(wrapped(texts, f"    {name}: ", "      "))
    return told


def thinned(points: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """At most that many points, spread evenly, the last among them."""
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(place * step)] for place in range(most)]


def table(drawn: protocol.Table) -> list[str]:
    """A line a row: its first cell, then each other one with its column's name."""
    told = [drawn.title]
    for place, row in enumerate(drawn.rows):
        pairs = zip(drawn.columns[1:], row[1:], strict=False)
        cells = ", ".join(f"{column} {cell}" for column, cell in pairs)
        mark = " (pointed out)" if place in drawn.marked else ""
        told.append(wrapped(f"{row[0]}{mark}: {cells}" if cells else f"{row[0]}{mark}", "    "))
    return told
