"""A lab's drawings as plain lines: pictures in shades, curves and bars in blocks and numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tutor.cli import in_numbers
from tutor.cli.in_numbers import SHOWN_POINTS, number, thinned
from tutor.cli.text import encoding, fields, width
from tutor.runner import protocol
from tutor.scales import SIGNED as TOLD
from tutor.scales import aligned, bar_groups, bar_lengths, by_log, frame_signs

BLOCKS = " ▁▂▃▄▅▆▇█"
ASCII_BLOCKS = " .:-=+*#@"
SHADES = " ░▒▓█"
ASCII_SHADES = " .:-=+*#%@"
SIGNED = "=- +#"  # far below zero, below, about zero, above, far above
MANY_BARS = 24  # more of them do not lie one a line


def lines(drawing: protocol.Drawing, *, numbers: bool = False) -> list[str]:
    """The drawing, its title first. numbers: in numbers and words, for those who can't see it."""
    if numbers:
        return in_numbers.lines(drawing)
    match drawing:
        case protocol.Words():
            return drawing.text.splitlines()
        case protocol.Picture():
            return picture(drawing)
        case protocol.Curves():
            return curves(drawing)
        case protocol.Bars():
            return bars(drawing)
        case protocol.Table():
            return table(drawing)


def _fits(signs: str) -> bool:
    try:
        signs.encode(encoding())
    except (UnicodeEncodeError, LookupError):
        return False
    return True


# --- pictures ---------------------------------------------------------------------------------


def picture(drawn: protocol.Picture) -> list[str]:
    """Images side by side, two rows of pixels a line, under the range of their values."""
    finite = [value for image in drawn.images for value in image if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    told = [f"{drawn.title}  ({number(low)} to {number(high)})"]
    if drawn.signed:
        told.append(f"    {TOLD}")
    if drawn.width > width():
        return [*told, f"    {drawn.width} columns wide, too wide to be drawn here"]
    blocks = []
    for place, image in enumerate(drawn.images):
        rows = [image[y * drawn.width : (y + 1) * drawn.width] for y in range(drawn.height)]
        block = [_row(rows[y : y + 2], low, high, drawn.signed) for y in range(0, len(rows), 2)]
        if drawn.frames:
            block = _framed(block, drawn.frames[place])
        caption = drawn.captions[place] if drawn.captions else ""
        wide = max(drawn.width, len(caption))
        blocks.append([text.ljust(wide) for text in (*block, *([caption] if caption else []))])
    return [*told, *_beside(blocks), *(_around_frame(drawn) if drawn.axes else [])]


def _framed(block: list[str], frame: tuple[int, int, int, int]) -> list[str]:
    letters = [list(text) for text in block]
    for y, x, sign in frame_signs(frame, len(block), len(block[0])):
        plain = {"─": "-", "│": "|"}.get(sign, "+")
        letters[y][x] = sign if _fits(sign) else plain
    return ["".join(row) for row in letters]


def _around_frame(drawn: protocol.Picture) -> list[str]:
    """The values at and around the frame of a picture with axes, in numbers."""
    top, left, high, wide = drawn.frames[0] if drawn.frames else (0, 0, 1, 1)
    rows = range(max(0, top - 2), min(drawn.height, top + high + 2))
    columns = range(max(0, left - 3), min(drawn.width, left + wide + 3))[:9]
    told = ["      " + "".join(f"{column:>8}" for column in columns)]
    for row in rows[:9]:
        values = (drawn.images[0][row * drawn.width + column] for column in columns)
        told.append(f"    {row:>2}" + "".join(f"{value:>8.3g}" for value in values))
    return ["", *told]


def _row(pair: Sequence[Sequence[float]], low: float, high: float, signed: bool) -> str:
    values = [_mean(column) for column in zip(*pair, strict=True)]
    if signed:
        reach = max(abs(low), abs(high)) or 1.0
        return "".join(_signed(value / reach) for value in values)
    shades = SHADES if _fits(SHADES) else ASCII_SHADES
    return "".join(_step((value - low) / ((high - low) or 1.0), shades) for value in values)


def _mean(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else 0.0


def _signed(share: float) -> str:
    level = 0 if abs(share) < 0.15 else (2 if abs(share) >= 0.6 else 1)
    return SIGNED[2 + (level if share > 0 else -level)]


def _step(share: float, signs: str) -> str:
    """The sign for a share from 0 to 1; what is above 0 is seen to be there."""
    place = int(min(1.0, max(0.0, share)) * len(signs))
    return signs[min(len(signs) - 1, max(place, int(share > 0)))]


def _beside(blocks: list[list[str]], gap: int = 2) -> list[str]:
    """Blocks side by side, as many in a row as fit."""
    found: list[str] = []
    row: list[list[str]] = []
    for block in [*blocks, None]:
        wide = sum(len(one[0]) + gap for one in row)
        if row and (block is None or wide + len(block[0]) > width()):
            if found:
                found.append("")
            found += [(" " * gap).join(texts).rstrip() for texts in zip(*row, strict=True)]
            row = []
        if block is not None:
            row.append(block)
    return found


# --- curves, bars, tables ---------------------------------------------------------------------


def curves(drawn: protocol.Curves) -> list[str]:
    """Each line as blocks between the ends of its axis, and some of its points in numbers."""
    low, high = drawn.y_range
    told = [drawn.title, f"    {drawn.y} from {number(low)} to {number(high)}, over {drawn.x}"]
    column = max((len(name) for name in drawn.series), default=0) + 2
    signs = BLOCKS if _fits(BLOCKS) else ASCII_BLOCKS
    room = width() - 4 - column
    for name, points in drawn.series.items():
        if not points:
            told.append(f"    {name:<{column}}(no point yet)")
            continue
        shown = thinned(points, room)
        share = [(y - low) / (high - low) if math.isfinite(y) else 0.0 for _, y in shown]
        told.append(f"    {name:<{column}}" + "".join(_step(value, signs) for value in share))
        few = thinned(points, SHOWN_POINTS)
        texts = "  ".join(f"{number(x)}: {number(y)}" for x, y in few)
        told.append(fields([("", texts)], indent=2 + column))
    return told


def bars(drawn: protocol.Bars) -> list[str]:
    told = [drawn.title + (" (log scale)" if by_log(drawn) else "")]
    if len(drawn.values) > MANY_BARS:
        return told + _standing(drawn)
    names = max((len(name) for name in drawn.values), default=0) + 2
    numbers = dict(zip(drawn.values, aligned(list(drawn.values.values())), strict=True))
    digits = max((len(text) for text in numbers.values()), default=0)
    sign = "█" if _fits("█") else "#"
    room = max(8, width() - 4 - names - digits - len(drawn.unit) - 3)
    for name, share in zip(drawn.values, bar_lengths(drawn), strict=True):
        bar = sign * round(share * room)
        told.append(f"    {name:<{names}}{numbers[name]:>{digits}} {drawn.unit:<2} {bar}".rstrip())
    return told


def _standing(drawn: protocol.Bars) -> list[str]:
    """Many bars: those of a group side by side in a row, and some of their values in numbers."""
    names, values, shares = list(drawn.values), list(drawn.values.values()), bar_lengths(drawn)
    signs = BLOCKS if _fits(BLOCKS) else ASCII_BLOCKS
    groups = bar_groups(names)
    heads = [names[group.start].rpartition(" ")[0] for group in groups]
    column = max(map(len, heads)) + 2
    told = []
    for group, head in zip(groups, heads, strict=True):
        # however small a value is, it is seen to be there
        places = [(float(at), max(shares[at], 0.12) if shares[at] else 0.0) for at in group]
        row = "".join(_step(share, signs) for _, share in thinned(places, width() - 4 - column))
        few = [int(place) for place, _ in thinned(places, 4)]
        texts = [f"{names[at].rpartition(' ')[2]}: {number(values[at])}" for at in few]
        told += [f"    {head:<{column}}{row}", fields([("", "  ".join(texts))], indent=2 + column)]
    return told


def table(drawn: protocol.Table) -> list[str]:
    """Columns as wide as they need, ``>`` before the rows pointed out."""
    rows = [drawn.columns, *drawn.rows]
    wide = [max(len(row[at]) for row in rows) for at in range(len(drawn.columns))]
    told = [drawn.title]
    for place, row in enumerate(rows):
        mark = ">" if place - 1 in drawn.marked else " "
        cells = "  ".join(cell.ljust(wide[at]) for at, cell in enumerate(row))
        told.append(f"  {mark} {cells}".rstrip())
    return told
