"""A picture of the worker's: its title, the range of its values, its images side by side."""

from __future__ import annotations

from textual.strip import Strip

from tutor.app import ink, pixels, plot
from tutor.runner.protocol import Picture
from tutor.scales import SIGNED

GAP = 2
COLOURED = "; blue below zero, white zero, red above"


ROOMY = 28  # columns and rows of pixels that a picture with axes is enlarged to, at first
AXIS_ROWS = 2


def natural_width(picture: Picture) -> int:
    """Columns for all images in one row."""
    if picture.axes:
        return picture.width * natural_scale(picture) + _margin(picture)
    return sum(_cell_widths(picture)) + GAP * (len(picture.images) - 1)


def natural_scale(picture: Picture) -> int:
    """How much a picture with axes is enlarged where there is little room."""
    return max(1, ROOMY // max(1, picture.height, picture.width))


def natural_height(picture: Picture) -> int:
    """Rows of a picture with axes, its title among them."""
    return 1 + (picture.height * natural_scale(picture) + 1) // 2 + AXIS_ROWS


def _margin(picture: Picture) -> int:
    """Columns left of a picture with axes."""
    return len(str(picture.height - 1)) + 1


def _cell_widths(picture: Picture) -> list[int]:
    captions = picture.captions or [""] * len(picture.images)
    return [max(picture.width, len(caption)) for caption in captions]


def draw(picture: Picture, width: int, how: pixels.Ink, height: int | None = None) -> list[Strip]:
    """The picture in that many columns; in numbers if it doesn't fit.

    height: rows that a picture with axes may have.
    """
    signs = how.signs
    size = picture.height * picture.width
    flat = [value for image in picture.images for value in image]
    values, legend = pixels.normalised(flat, picture.signed)
    if picture.signed:
        legend += COLOURED if pixels.in_colour(how) else f"; {SIGNED}"
    if len(picture.title) + 2 + len(legend) <= width:
        strips = [ink.line([(picture.title, ink.BOLD), (f"  {legend}", ink.DIM)], signs)]
    else:
        strips = ink.paragraph(picture.title, width, signs, style=ink.BOLD)
        strips += ink.paragraph(legend, width, signs, style=ink.DIM)
    whole = size > 0 and all(len(image) == size for image in picture.images)
    if not whole or picture.width + (_margin(picture) if picture.axes else 0) > width:
        return [*strips, *_numbers(picture, width, how)]
    if picture.axes:
        room = None if height is None else height - len(strips)
        return [*strips, *_with_axes(picture, values, width, room, how)]
    drawn = []
    for place, cell in enumerate(_cell_widths(picture)):
        start = place * size
        rows = [
            values[start + y * picture.width : start + (y + 1) * picture.width]
            for y in range(picture.height)
        ]
        frame = pixels.Frame(*picture.frames[place]) if picture.frames else None
        image = pixels.draw(rows, how, signed=picture.signed, frame=frame)
        if picture.captions:
            caption = ink.line([(picture.captions[place], None)], signs)
            image = [strip.adjust_cell_length(min(cell, width)) for strip in (*image, caption)]
        drawn.append(image)
    return [*strips, *pixels.beside(drawn, width, GAP)]


def _with_axes(
    picture: Picture, values: list[float], width: int, height: int | None, how: pixels.Ink
) -> list[Strip]:
    """One image as large as fits, with numbered rows and columns. Those of the frame are named."""
    scale = natural_scale(picture)
    if height is not None:
        high = max(1, 2 * (height - AXIS_ROWS) // picture.height)
        scale = min(high, max(1, (width - _margin(picture)) // picture.width))
    rows = [
        [value for value in values[start : start + picture.width] for _ in range(scale)]
        for start in range(0, len(values), picture.width)
        for _ in range(scale)
    ]
    frame = None
    across = [0, picture.width - 1, picture.width // 2]
    down = [0, picture.height - 1, picture.height // 2]
    if picture.frames and picture.frames[0][2]:
        frame = pixels.Frame(*(scale * part for part in picture.frames[0]))
        top, left, high, wide = picture.frames[0]
        across = [left, left + wide - 1, *across]
        down = [top, top + high - 1, *down]
    image = pixels.draw(rows, how, signed=picture.signed, frame=frame)
    middle = (scale - 1) // 2
    return plot.around(
        image,
        [(scale * column + middle, str(column)) for column in across],
        [((scale * row + middle) // 2, str(row)) for row in down],
        how.signs,
    )


def _numbers(picture: Picture, width: int, how: pixels.Ink) -> list[Strip]:
    """What can't be drawn is told in numbers."""
    strips: list[Strip] = []
    for number, image in enumerate(picture.images, start=1):
        mean = sum(image) / len(image) if image else float("nan")
        low, high = min(image, default=0.0), max(image, default=0.0)
        text = f"{number}: {len(image)} values, {low:.3g} to {high:.3g}, mean {mean:.3g}"
        strips += ink.paragraph(text, width, how.signs)
    return strips
