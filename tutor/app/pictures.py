"""A picture of the worker's: its title, the range of its values, its images side by side."""

from __future__ import annotations

from textual.strip import Strip

from tutor.app import ink, pixels
from tutor.runner.protocol import Picture

GAP = 2
SIGNED = "; blue (-) below zero, white zero, red (+) above"


def natural_width(picture: Picture) -> int:
    """Columns for all images in one row."""
    return sum(_cell_widths(picture)) + GAP * (len(picture.images) - 1)


def _cell_widths(picture: Picture) -> list[int]:
    captions = picture.captions or [""] * len(picture.images)
    return [max(picture.width, len(caption)) for caption in captions]


def draw(picture: Picture, width: int, how: pixels.Ink) -> list[Strip]:
    """The picture in that many columns; in numbers if it doesn't fit."""
    signs = how.signs
    size = picture.height * picture.width
    flat = [value for image in picture.images for value in image]
    values, legend = pixels.normalised(flat, picture.signed)
    if picture.signed:
        legend += SIGNED
    if len(picture.title) + 2 + len(legend) <= width:
        strips = [ink.line([(picture.title, ink.BOLD), (f"  {legend}", ink.DIM)], signs)]
    else:
        strips = ink.paragraph(picture.title, width, signs, style=ink.BOLD)
        strips += ink.paragraph(legend, width, signs, style=ink.DIM)
    whole = size > 0 and all(len(image) == size for image in picture.images)
    if not whole or picture.width > width:
        return [*strips, *_numbers(picture, width, how)]
    drawn = []
    for place, cell in enumerate(_cell_widths(picture)):
        start = place * size
        rows = [
            values[start + y * picture.width : start + (y + 1) * picture.width]
            for y in range(picture.height)
        ]
        image = pixels.draw(rows, how, signed=picture.signed)
        if picture.captions:
            caption = ink.line([(picture.captions[place], None)], signs)
            image = [strip.adjust_cell_length(min(cell, width)) for strip in (*image, caption)]
        drawn.append(image)
    return [*strips, *pixels.beside(drawn, width, GAP)]


def _numbers(picture: Picture, width: int, how: pixels.Ink) -> list[Strip]:
    """What can't be drawn is told in numbers."""
    strips: list[Strip] = []
    for number, image in enumerate(picture.images, start=1):
        mean = sum(image) / len(image) if image else float("nan")
        low, high = min(image, default=0.0), max(image, default=0.0)
        text = f"{number}: {len(image)} values, {low:.3g} to {high:.3g}, mean {mean:.3g}"
        strips += ink.paragraph(text, width, how.signs)
    return strips
