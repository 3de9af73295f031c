"""A lab's drawings on the screen: what each looks like, and how they share the room.

Drawings flow like words: side by side while they fit, then on. What can grow (curves, columns)
takes the room that the others leave.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tutor.app import ink, pictures, plot
from tutor.app.pixels import Ink
from tutor.marks import Signs
from tutor.runner.protocol import Bars, Curves, Drawing, Picture, Table, Words
from tutor.scales import aligned, bar_groups, bar_lengths, by_log, number

GAP = 2
SIGNED = 72  # columns that tell what the colours of a signed picture mean
WIDEST = 4  # columns of a bar that stands
SHORT = 10  # columns that the longest of bars that lie has at least
LIVE = "step"  # along this axis a line grows; its newest value is told, and not where it is
MOST_ROWS = 8  # bars that lie, one a row; more of them stand side by side
BAR = Style(color="blue", bold=True)
MARKED = Style(color="red", bold=True)
EIGHTHS = " ▁▂▃▄▅▆▇█"


class Block(NamedTuple):
    """A drawing that is to be placed. least, most: columns it needs and can use; high: rows it
    needs; grows: whether it can use more rows."""

    least: int
    most: int
    high: int
    grows: bool
    draw: Callable[[int, int], list[Strip]]


def lay_out(drawings: Iterable[Drawing], width: int, height: int, how: Ink) -> list[Strip]:
    """All drawings in that many columns; in that many rows if they fit, else in more."""
    rows: list[list[Block]] = []
    for drawing in drawings:
        one = block(drawing, width, how)
        if rows and sum(other.least + GAP for other in rows[-1]) + one.least <= width:
            rows[-1].append(one)
        else:
            rows.append([one])
    highs = [max(one.high for one in row) for row in rows]
    spare = height - sum(highs)
    growing = [place for place, row in enumerate(rows) if any(one.grows for one in row)]
    for left, place in zip(range(len(growing), 0, -1), growing, strict=True):
        more = min(max(0, spare) // left, 14)
        highs[place] += more
        spare -= more
    airy = spare >= len(rows) - 1
    strips: list[Strip] = []
    for row, high in zip(rows, highs, strict=True):
        if strips and airy:
            strips.append(Strip.blank(0))
        strips += _row(row, width, high)
    return strips


def _row(row: list[Block], width: int, high: int) -> list[Strip]:
    """Blocks side by side; what is left of the width goes to those that can use it."""
    widths = [min(one.least, width) for one in row]
    spare = width - sum(widths) - GAP * (len(row) - 1)
    wanting = sorted(range(len(row)), key=lambda place: row[place].most - row[place].least)
    for left, place in zip(range(len(row), 0, -1), wanting, strict=True):
        more = max(0, min(spare // left, row[place].most - widths[place]))
        widths[place] += more
        spare -= more
    drawn = [one.draw(wide, high) for one, wide in zip(row, widths, strict=True)]
    tall = max(len(strips) for strips in drawn)
    lines = []
    for y in range(tall):
        pieces: list[Strip] = []
        for strips, wide in zip(drawn, widths, strict=True):
            if pieces:
                pieces.append(Strip([Segment(" " * GAP)]))
            strip = strips[y] if y < len(strips) else Strip.blank(0)
            pieces.append(strip.adjust_cell_length(wide))
        lines.append(Strip.join(pieces))
    return lines


def block(drawing: Drawing, width: int, how: Ink) -> Block:
    """What a drawing needs, where there are ``width`` columns in all."""
    match drawing:
        case Words():
            return _words(drawing, width, how.signs)
        case Picture():
            return _picture(drawing, width, how)
        case Curves():
            return Block(
                min(36, width), 200, 8, True, lambda w, h: curves(drawing, w, h, how.signs)
            )
        case Bars() if len(drawing.values) > MOST_ROWS:
            margin = _columns_margin(drawing)
            groups = bar_groups(list(drawing.values))
            each = _each(drawing, groups)
            room = margin + len(groups) - 1
            least = min(width, max(24, each * len(drawing.values) + room))
            most = WIDEST * len(drawing.values) + room
            return Block(least, most, 6, True, lambda w, h: columns(drawing, w, h, how.signs))
        case Bars():
            high = 1 + len(drawing.values)
            digits = max(map(len, aligned(list(drawing.values.values()))), default=0)
            names = max(map(len, drawing.values), default=0)
            least = min(width, max(34, names + digits + 2 + SHORT))
            most = max(76, least)
            return Block(least, most, high, False, lambda w, h: bars(drawing, w, how.signs))
        case Table():
            return _table(drawing, width, how.signs)


# --- words, pictures, tables -----------------------------------------------------------------


def _words(words: Words, width: int, signs: Signs) -> Block:
    lines = words.text.splitlines() or [""]
    most = min(width, max(len(line) for line in lines))

    def draw(wide: int, high: int) -> list[Strip]:
        strips: list[Strip] = []
        for line in lines:
            if len(line) <= wide:
                strips.append(ink.line([(line, None)], signs))
            else:
                strips += ink.paragraph(line, wide, signs)
        return strips

    return Block(most, most, len(draw(most, 0)), False, draw)


def _picture(picture: Picture, width: int, how: Ink) -> Block:
    wide = min(pictures.natural_width(picture), width)
    if picture.axes:
        high = pictures.natural_height(picture)
        return Block(wide, 2 * wide, high, True, lambda w, h: pictures.draw(picture, w, how, h))
    least = min(width, max(wide, min(len(picture.title), 24), 16))
    told = max(len(picture.title) + 24, SIGNED if picture.signed else 0)
    most = max(least, min(width, told))
    high = len(pictures.draw(picture, least, how))
    return Block(least, most, high, False, lambda w, h: pictures.draw(picture, w, how))


def _table(table: Table, width: int, signs: Signs) -> Block:
    rows = [table.columns, *table.rows]
    wide = [max(len(row[at]) for row in rows) for at in range(len(table.columns))]
    most = min(width, max(len(table.title), sum(wide) + 2 * len(wide)))

    def draw(room: int, high: int) -> list[Strip]:
        strips = ink.paragraph(table.title, room, signs, style=ink.BOLD)
        for place, row in enumerate(rows):
            marked = place - 1 in table.marked
            style = ink.BOLD if not place else (MARKED if marked else None)
            cells = "  ".join(cell.ljust(wide[at]) for at, cell in enumerate(row))
            text = ("> " if marked else "  ") + cells.rstrip()
            strips.append(ink.line([(text, style)], signs).crop(0, room))
        return strips

    return Block(most, most, len(draw(most, 0)), False, draw)


# --- curves and bars -------------------------------------------------------------------------


def curves(drawn: Curves, width: int, height: int, signs: Signs) -> list[Strip]:
    """Title, the last value of each line beside its mark and where that is, then the lines."""
    head = _title(drawn.title, f"{drawn.y} over {drawn.x}", width, signs)
    parts: list[tuple[str, Style | None]] = []
    used = 0
    ends = {points[-1][0] for points in drawn.series.values() if points}
    if len(ends) == 1 and drawn.x != LIVE:
        parts.append((f"at {number(max(ends))}: ", None))
        used = len(parts[0][0])
    for place, (name, points) in enumerate(drawn.series.items()):
        at = f" at {number(points[-1][0])}:" if len(ends) > 1 and points else ""
        value = f"{at if drawn.x != LIVE else ''} {number(points[-1][1])}" if points else ""
        text = f"{name}{value}   "
        if used and used + 2 + len(text) > width:
            head.append(ink.line(parts, signs))
            parts, used = [], 0
        parts += [(f"{plot.mark(place, signs)} ", plot.style(place)), (text, None)]
        used += 2 + len(text)
    head.append(ink.line(parts, signs))
    room = height - len(head)
    if room < 4 or width < 20:
        return head
    try:
        lines = plot.draw(
            list(drawn.series.values()),
            plot.axis(*drawn.x_range, _parts(*drawn.x_range)),
            plot.axis(*drawn.y_range, 2),
            width,
            room,
            signs,
        )
    except (ValueError, TypeError, IndexError, KeyError, ZeroDivisionError) as error:
        excuse = f"(the curves can't be drawn here: {error}; the numbers above stand)"
        return [*head, *ink.paragraph(excuse, width, signs)]
    return [*head, *lines]


def _parts(low: float, high: float) -> int:
    """4 parts or 5, whichever gives the rounder numbers."""
    return min((4, 5), key=lambda parts: len(f"{(high - low) / parts:g}"))


def _title(title: str, more: str, width: int, signs: Signs) -> list[Strip]:
    if len(title) + 2 + len(more) <= width:
        return [ink.line([(title, ink.BOLD), (f"  {more}", ink.DIM)], signs)]
    return ink.paragraph(f"{title}: {more}", width, signs, style=ink.BOLD)


def bars(drawn: Bars, width: int, signs: Signs) -> list[Strip]:
    """One bar a row, its number before it."""
    strips = _bars_title(drawn, width, signs)
    numbers = aligned(list(drawn.values.values()))
    digits = max(map(len, numbers), default=0)
    longest = max(map(len, drawn.values), default=0)
    names = min(longest, max(8, width - digits - 2 - SHORT)) + 1
    room = max(3, width - names - digits - 1)
    for name, told, share in zip(drawn.values, numbers, bar_lengths(drawn), strict=True):
        strips.append(
            ink.line(
                [
                    (f"{name[: names - 1]:<{names}}{told:>{digits}} ", None),
                    ("█" * max(round(share * room), int(share > 0)), BAR),
                ],
                signs,
            )
        )
    return strips


def columns(drawn: Bars, width: int, height: int, signs: Signs) -> list[Strip]:
    """Many bars: they stand side by side, in groups by their first word, named below."""
    strips = _bars_title(drawn, width, signs)
    shares = bar_lengths(drawn)
    top, bottom = _ends_of_scale(drawn)
    margin = _columns_margin(drawn)
    groups = bar_groups(list(drawn.values))
    room = width - margin - len(groups) + 1
    each = max(1, min(WIDEST, room // max(1, len(shares))))
    rows = max(2, height - len(strips) - 1)
    signs_of = EIGHTHS if signs.unicode else " .:::###"[:8] + "#"
    for row in range(rows):
        floor = rows - 1 - row
        cells = [min(1.0, max(0.0, share * rows - floor)) for share in shares]
        drawing = [signs_of[math.ceil(cell * 8 - 0.5)] * each for cell in cells]
        text = " ".join("".join(drawing[group.start : group.stop]) for group in groups)
        label = top if row == 0 else (bottom if row == rows - 1 else "")
        strips.append(ink.line([(f"{label:>{margin - 1}} ", None), (text, BAR)], signs))
    names = list(drawn.values)
    below = " ".join(
        _ends(names[group.start], names[group.stop - 1], each * len(group)) for group in groups
    )
    strips.append(ink.line([(" " * margin + below, ink.DIM)], signs))
    return [strip.crop(0, width) for strip in strips]


def _ends_of_scale(drawn: Bars) -> tuple[str, str]:
    finite = [value for value in drawn.values.values() if math.isfinite(value)]
    bottom = number(min(finite, default=0.0)) if by_log(drawn) else "0"
    return number(max(finite, default=0.0)), bottom


def _columns_margin(drawn: Bars) -> int:
    return max(map(len, _ends_of_scale(drawn))) + 1


def _each(drawn: Bars, groups: list[range]) -> int:
    """Columns a bar that stands needs for the names below: the ends of each group, or its first."""
    names = list(drawn.values)
    each = 1
    for group in groups:
        first, last = names[group.start], names[group.stop - 1]
        for needed in (len(first) + 1 + len(last), len(first)):
            if needed <= WIDEST * len(group):
                each = max(each, -(-needed // len(group)))
                break
    return each


def _ends(first: str, last: str, width: int) -> str:
    """The first and the last name below their bars, or what they share, or as much as fits."""
    if len(first) + 1 + len(last) <= width:
        return first + last.rjust(width - len(first))
    head = first if len(first) <= width else first.split()[0]
    return head[:width].ljust(width)


def _bars_title(drawn: Bars, width: int, signs: Signs) -> list[Strip]:
    scale = "log scale" if by_log(drawn) else ""
    told = ", ".join(part for part in (drawn.unit, scale) if part)
    return (
        _title(drawn.title, told, width, signs)
        if told
        else [*ink.paragraph(drawn.title, width, signs, style=ink.BOLD)]
    )
