"""How long a bar is and where a frame lies, wherever they are drawn."""

from __future__ import annotations

import math

from tutor.runner.protocol import Bars


def bar_lengths(drawn: Bars) -> list[float]:
    """Each bar's length, from 0 to 1. By the logarithm the smallest still shows."""
    values = list(drawn.values.values())
    finite = [value for value in values if math.isfinite(value)]
    if not drawn.log:
        most = max((abs(value) for value in finite), default=0.0) or 1.0
        return [abs(value) / most if math.isfinite(value) else 1.0 for value in values]
    logs = [math.log10(value) for value in finite if value > 0]
    high = max(logs, default=0.0)
    least = min([*logs, high - 1])
    low = least - 0.05 * (high - least)
    return [_share(value, low, high) for value in values]


def _share(value: float, low: float, high: float) -> float:
    if not value > 0:  # not a number, too
        return 0.0
    return 1.0 if math.isinf(value) else (math.log10(value) - low) / (high - low)


def bar_groups(names: list[str]) -> list[range]:
    """Where names of several words that begin with the same stand; all the others are one group."""
    heads = [name.split()[0] if len(name.split()) > 1 else "" for name in names]
    found: list[range] = []
    for place, head in enumerate(heads):
        if found and heads[place - 1] == head:
            found[-1] = range(found[-1].start, place + 1)
        else:
            found.append(range(place, place + 1))
    return found


def frame_signs(
    frame: tuple[int, int, int, int], rows: int, columns: int
) -> list[tuple[int, int, str]]:
    """A frame around pixels of a picture that has two of them a cell, one above the other.

    frame: top, left, height and width, in pixels. rows, columns: of cells. Returns row, column and
    sign of each cell of the frame. It lies on the cells beside the pixels'; where they are at the
    picture's edge, that side is left out.
    """
    if frame[2] < 1:
        return []
    top, bottom = frame[0] // 2 - 1, (frame[0] + frame[2] + 1) // 2
    left, right = frame[1] - 1, frame[1] + frame[3]
    found = []
    for y in range(max(0, top), min(bottom + 1, rows)):
        for x in range(max(0, left), min(right + 1, columns)):
            if y in (top, bottom) and x in (left, right):
                found.append((y, x, "┌┐└┘"[(y == bottom) * 2 + (x == right)]))
            elif y in (top, bottom) or x in (left, right):
                found.append((y, x, "─" if y in (top, bottom) else "│"))
    return found
