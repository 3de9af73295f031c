"""Small pictures drawn with half blocks: two pixels a cell, one above the other.

What the terminal can show decides how: 24-bit greys, the 24 greys among 256 colours, or four
shades by sign where there are 16 colours or none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tutor.marks import Signs
from tutor.scales import frame_signs

Depth = Literal["truecolor", "256", "none"]
Image = Sequence[Sequence[float]]  # rows of values

_SHADES = " ░▒▓█"
_ASCII_SHADES = " .:*#"
_DIGIT = re.compile(
    r"^```digit[ \t]*(?P<label>[^\n]*)\n(?P<rows>[\s\S]*?)^```[ \t]*$", re.MULTILINE
)


FRAME = Style(color="bright_red", bold=True)


class Frame(NamedTuple):
    """Pixels to point out; none where the height is 0."""

    top: int
    left: int
    height: int
    width: int


class Ink(NamedTuple):
    """How pictures are drawn on this terminal."""

    depth: Depth
    signs: Signs


def grey(value: float, ink: Ink) -> Color:
    """0 is black, 1 is white."""
    level = min(1.0, max(0.0, value))
    if ink.depth == "256":
        return Color.from_ansi(min(255, 232 + round(level * 23)))
    shade = round(level * 255)
    return Color.from_rgb(shade, shade, shade)


def diverging(value: float, ink: Ink) -> Color:
    """-1 is blue, 0 is white, 1 is red."""
    level = min(1.0, max(-1.0, value))
    fade = 1 - abs(level)
    if ink.depth == "256":
        step = round(fade * 5)
        red, green, blue = (5, step, step) if level > 0 else (step, step, 5)
        return Color.from_ansi(16 + 36 * red + 6 * green + blue)
    pale = round(255 * fade)
    return Color.from_rgb(255, pale, pale) if level > 0 else Color.from_rgb(pale, pale, 255)


def in_colour(ink: Ink) -> bool:
    """Whether pictures are drawn in colours or greys; else in signs."""
    return ink.depth != "none" and ink.signs.unicode


def draw(
    image: Image, ink: Ink, *, signed: bool = False, frame: Frame | None = None
) -> list[Strip]:
    """The picture as strips; values from 0 to 1, or from -1 to 1 if ``signed``.

    frame: is drawn around these pixels, over those beside them. Where they lie at the picture's
    edge, that side of it is left out.
    """
    cells = _cells(image, ink, signed)
    if frame is not None:
        _put_frame(cells, frame, ink.signs)
    return [Strip(Segment.simplify(row)) for row in cells]


def _cells(image: Image, ink: Ink, signed: bool) -> list[list[Segment]]:
    """The picture cell by cell, two pixels in each."""
    rows = [list(row) for row in image]
    width = max((len(row) for row in rows), default=0)
    if len(rows) % 2:
        rows.append([0.0] * width)
    cells = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        if not in_colour(ink):
            cells.append([Segment(sign) for sign in _shaded(upper, lower, ink, signed)])
        else:
            colour = diverging if signed else grey
            cells.append(
                [
                    Segment("▀", Style.from_color(colour(above, ink), colour(below, ink)))
                    for above, below in zip(upper, lower, strict=True)
                ]
            )
    return cells


def _put_frame(cells: list[list[Segment]], frame: Frame, signs: Signs) -> None:
    """Draw a line around pixels, in place."""
    for y, x, sign in frame_signs(frame, len(cells), len(cells[0])):
        under = cells[y][x].style
        paper = Style(bgcolor=under.bgcolor) if under is not None else Style()
        cells[y][x] = Segment(signs.text(sign), FRAME + paper)


def _shaded(upper: list[float], lower: list[float], ink: Ink, signed: bool) -> list[str]:
    """Both pixels of a cell as one sign; signed values as ``-`` and ``+`` by their strength."""
    letters = []
    for above, below in zip(upper, lower, strict=True):
        value = (above + below) / 2
        if signed:
            strength = abs(value)
            letters.append(" " if strength < 0.15 else ("+" if value > 0 else "-"))
            if strength >= 0.6:
                letters[-1] = "#" if value > 0 else "="
        else:
            shades = _SHADES if ink.signs.unicode else _ASCII_SHADES
            index = min(len(shades) - 1, int(min(1.0, max(0.0, value)) * len(shades)))
            letters.append(shades[index])
    return letters


def beside(pictures: Sequence[list[Strip]], width: int, gap: int = 2) -> list[Strip]:
    """Pictures side by side, as many in a row as fit into ``width`` columns."""
    lines: list[Strip] = []
    row: list[list[Strip]] = []
    used = 0
    for picture in pictures:
        size = picture[0].cell_length if picture else 0
        if row and used + gap + size > width:
            lines += [*_joined(row, gap), Strip.blank(0)]
            row, used = [], 0
        used += size + (gap if row else 0)
        row.append(picture)
    if row:
        lines += _joined(row, gap)
    return lines


def _joined(row: list[list[Strip]], gap: int) -> list[Strip]:
    height = max(len(picture) for picture in row)
    lines = []
    for y in range(height):
        pieces: list[Strip] = []
        for picture in row:
            if pieces:
                pieces.append(Strip([Segment(" " * gap)]))
            size = picture[0].cell_length
            pieces.append(
                picture[y].adjust_cell_length(size)
                if y < len(picture)
                else Strip([Segment(" " * size)])
            )
        lines.append(Strip.join(pieces))
    return lines


def normalised(values: Sequence[float], signed: bool) -> tuple[list[float], str]:
    """Values brought to 0..1 (or -1..1 around zero), and a sentence on the true range."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return [0.0] * len(values), "no finite value"
    low, high = min(finite), max(finite)
    legend = f"{low:.3g} to {high:.3g}"
    if len(finite) < len(values):
        legend += f", {len(values) - len(finite)} not finite"
    if signed:
        reach = max(abs(low), abs(high)) or 1.0
        return [value / reach if math.isfinite(value) else 0.0 for value in values], legend
    span = (high - low) or 1.0
    return [(value - low) / span if math.isfinite(value) else 0.0 for value in values], legend


class Digit(NamedTuple):
    """A picture inside a board: rows of hex digits, 0 paper to f ink."""

    label: str
    image: list[list[float]]


def split_digits(markdown: str) -> list[str | list[Digit]]:
    """A board's text cut at its digits; digits that follow each other come as one list.

    A block that is not rows of equal length of hex digits stays text, so it is seen and mended.
    """
    found: list[str | list[Digit]] = []
    end = 0
    for match in _DIGIT.finditer(markdown):
        rows = match["rows"].split()
        if not rows or len({len(row) for row in rows}) != 1:
            continue
        try:
            image = [[int(letter, 16) / 15 for letter in row] for row in rows]
        except ValueError:
            continue
        between = markdown[end : match.start()]
        digit = Digit(match["label"].strip(), image)
        last = found[-1] if found else None
        if not between.strip() and isinstance(last, list):
            last.append(digit)
        else:
            if between.strip():
                found.append(between)
            found.append([digit])
        end = match.end()
    if markdown[end:].strip():
        found.append(markdown[end:])
    return found
