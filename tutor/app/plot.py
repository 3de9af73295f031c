"""Lines drawn by plotext on axes that stay where they are, so that only new points cost bytes.

plotext never sees a value that is not finite. Lines differ by their marks as well as by colour.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from tutor.marks import Signs
from tutor.scales import number

COLOURS = ("blue", "red", "green", "magenta", "cyan", "yellow")
MARKS = ("braille", "x", "o", "+", "*", "#")  # plotext's name, then plain characters
ASCII_MARKS = ("*", "x", "o", "+", "@", "#")


class Axis(NamedTuple):
    """Where an axis begins and ends, and what stands at it."""

    low: float
    high: float
    ticks: Sequence[tuple[float, str]]


def axis(low: float, high: float, parts: int) -> Axis:
    """An axis with a tick at each end and between ``parts`` equal parts."""
    values = [low + (high - low) * part / parts for part in range(parts + 1)]
    return Axis(low, high, [(value, number(value)) for value in values])


def style(place: int) -> Style:
    """How the line of that place is painted."""
    return Style(color=COLOURS[place % len(COLOURS)], bold=True)


def mark(place: int, signs: Signs) -> str:
    """The sign of the line of that place, for a legend."""
    found = (MARKS if signs.unicode else ASCII_MARKS)[place % len(MARKS)]
    return "⠤" if found == "braille" else found


def draw(
    lines: Sequence[Sequence[tuple[float, float]]],
    x: Axis,
    y: Axis,
    width: int,
    height: int,
    signs: Signs,
) -> list[Strip]:
    """The lines in that many cells. A value beyond the axis is drawn at its end."""
    figure = _figure()
    figure.plot_size(width, height)
    figure.xaxes(True, False)
    figure.yaxes(True, False)
    figure.xlim(x.low, x.high)
    figure.ylim(y.low, y.high)
    for paint in (figure.canvas_color, figure.axes_color, figure.ticks_color):
        paint("default")
    figure.xticks([at for at, _ in x.ticks], [label for _, label in x.ticks])
    figure.yticks([at for at, _ in y.ticks], [label for _, label in y.ticks])
    marks = MARKS if signs.unicode else ASCII_MARKS
    for place, line in enumerate(lines):
        shown = [
            (at, min(max(value, y.low), y.high))
            for at, value in thinned(line, (x.low, x.high), width * 2)
        ]
        if shown:
            figure.plot(
                [at for at, _ in shown],
                [value for _, value in shown],
                marker=marks[place % len(marks)],
                color=COLOURS[place % len(COLOURS)],
            )
    text = Text.from_ansi(figure.build().rstrip("\n"))
    return [
        Strip([Segment(signs.text(part), own) for part, own in _spans(row)])
        for row in text.split("\n")[:height]
    ]


def around(
    picture: Sequence[Strip],
    columns: Sequence[tuple[int, str]],
    rows: Sequence[tuple[int, str]],
    signs: Signs,
) -> list[Strip]:
    """A picture with axes: left of it its rows, below it its columns.

    columns, rows: ticks as (cell, label), a cell counted from the left or from the top. Of ticks
    whose labels would touch, the earlier ones are kept.
    """
    wide, high = picture[0].cell_length, len(picture)
    margin = max(len(label) for _, label in rows) + 1
    figure = _figure()
    figure.plot_size(wide + margin, high + 2)
    figure.xaxes(True, False)
    figure.yaxes(True, False)
    figure.xlim(0, max(1, wide - 1))
    figure.ylim(0, max(1, high - 1))
    across = _apart(columns, lambda label: len(label) + 1)
    down = _apart(rows, lambda label: 1)
    figure.xticks([cell for cell, _ in across], [label for _, label in across])
    figure.yticks([high - 1 - cell for cell, _ in down], [label for _, label in down])
    figure.plot([0], [0], marker=" ")
    lines = Text.from_ansi(figure.build().rstrip("\n")).plain.split("\n")
    drawn = [
        Strip.join([Strip([Segment(signs.text(line[:margin]))]), strip])
        for line, strip in zip(lines, picture, strict=False)
    ]
    return drawn + [Strip([Segment(signs.text(line))]) for line in lines[high:]]


def _apart(ticks: Sequence[tuple[int, str]], size: Callable[[str], int]) -> list[tuple[int, str]]:
    """The ticks whose labels have room, in order of their cells."""
    kept: list[tuple[int, str]] = []
    for cell, label in ticks:
        if all(abs(cell - other) >= size(max(label, name, key=len)) for other, name in kept):
            kept.append((cell, label))
    return sorted(kept)


def thinned(
    line: Sequence[tuple[float, float]], between: tuple[float, float], most: int
) -> list[tuple[float, float]]:
    """At most about ``most`` finite points. The same are picked as the line grows."""
    finite = [(at, value) for at, value in line if math.isfinite(at) and math.isfinite(value)]
    if len(finite) <= most:
        return finite
    cell = (between[1] - between[0]) / most
    picked = []
    last = -math.inf
    for at, value in finite:
        number = math.floor((at - between[0]) / cell)
        if number > last:
            picked.append((at, value))
            last = number
    return [*picked, finite[-1]]


def _figure() -> Any:
    """A figure of its own: plotext's module-level functions share one."""
    from plotext._figure import _figure_class

    figure = _figure_class()
    figure._limit_size(False, False)  # sized by the widget, not by the terminal
    return figure


def _spans(text: Text) -> list[tuple[str, Style | None]]:
    """A line's pieces: those of a curve in its colour, the rest in the terminal's own."""
    plain = text.plain
    edges = sorted({0, len(plain), *(edge for span in text.spans for edge in span[:2])})
    found: list[tuple[str, Style | None]] = []
    for start, end in itertools.pairwise(edges):
        own = next(
            (
                span.style
                for span in text.spans
                if span.start <= start and end <= span.end and isinstance(span.style, Style)
            ),
            None,
        )
        colour = own.color if own is not None else None
        painted = colour is not None and not colour.is_default
        found.append((plain[start:end], Style(color=colour, bold=True) if painted else None))
    return found
