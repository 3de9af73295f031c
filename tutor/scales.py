"""How long a bar is, how its number reads and where a frame lies, wherever they are drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tutor.runner.protocol import Bars

SIGNED = "- below zero, + above, = and # strong, blank near zero"  # without colour
MOST = 1_000_000  # from here on a number is told by its power of ten


def number(value: float, digits: int = 3) -> str:
    """A value in that many digits, or in all that stand before its point."""
    whole = 10 ** (digits - 1) <= abs(value) < MOST
    return f"{value:,.0f}" if whole else f"{value:.{digits}g}"


def aligned(values: Sequence[float]) -> list[str]:
    """The numbers of one drawing: with as many decimals each as the largest needs for its three
    digits, and as keep the smallest from reading 0; by themselves where they lie too far apart."""
    sizes = [abs(value) for value in values if math.isfinite(value) and value]
    if not sizes:
        return [number(value) for value in values]
    decimals = 0
    if any(size != round(size) for size in sizes):
        largest = 99 if max(sizes) == 100 else max(sizes)  # 100 %, beside shares with a decimal
        needed = -math.floor(math.log10(min(sizes)))
        decimals = max(0, 2 - math.floor(math.log10(largest)), needed)
    if max(sizes) >= MOST or decimals > 4:
        return [number(value) for value in values]
    told = [f"{value:,.{decimals}f}" for value in values]
    while decimals and all(text.endswith("0") or not text[-1].isdigit() for text in told):
        decimals -= 1
        told = [f"{value:,.{decimals}f}" for value in values]
    return told


def by_log(drawn: Bars) -> bool:
    """Whether lengths go by the logarithm: of one or two bars they would tell nothing."""
    return drawn.log and len(drawn.values) > 2


def bar_lengths(drawn: Bars) -> list[float]:
    """Each bar's length, from 0 to 1. By the logarithm the smallest still shows."""
    values = list(drawn.values.values())
    finite = [value for value in values if math.isfinite(value)]
    if not by_log(drawn):
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
