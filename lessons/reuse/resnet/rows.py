"""Lays the entries of two ``state_dict``s beside each other and says where they part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from lessons.trial import Trial

Row = tuple[str, str, tuple[int, ...]]  # name, kind, shape

_MISSHAPEN = 1.2  # less than a row missing and another extra, which cost 1 each
_OTHER_NAME = 0.2
_NEVER = 9.0


class Pair(NamedTuple):
    """One line of the alignment. how: same, missing, extra, swapped, misshapen, other kind or
    shared. mine, right: numbers of the rows, None where there is none."""

    how: str
    mine: int | None
    right: int | None
    section: str


def section_of(name: str) -> str:
    """The part of the network that a row of the reference belongs to."""
    group = re.match(r"layer(\d+)\.", name)
    if group:
        return f"group {group[1]}"
    return "head" if name.startswith("fc.") else "stem"


def align(mine: Sequence[Row], right: Sequence[Row], *, by_name: bool) -> list[Pair]:
    """All rows of both in order, matched by kind and shape at the least cost.

    by_name: prefer rows whose last name ("weight", "running_mean") is equal as well; the words
    for people are better then. Without it the answer does not depend on names.
    """
    shorter = min(len(mine), len(right))
    start = end = 0
    while start < shorter and _cost(mine[start], right[start], by_name) == 0:
        start += 1
    while end < shorter - start and _cost(mine[-1 - end], right[-1 - end], by_name) == 0:
        end += 1
    rows, columns = len(mine) - end, len(right) - end
    pairs: list[tuple[int | None, int | None]] = [(i, i) for i in range(start)]
    pairs += [
        (None if i is None else i + start, None if j is None else j + start)
        for i, j in _cheapest(mine[start:rows], right[start:columns], by_name)
    ]
    pairs += [(rows + n, columns + n) for n in range(end)]
    return _named(pairs, mine, right)


def _cheapest(
    mine: Sequence[Row], right: Sequence[Row], by_name: bool
) -> list[tuple[int | None, int | None]]:
    """The alignment of least cost (Needleman and Wunsch); of equal ones, that which departs
    first."""
    rows, columns = len(mine), len(right)
    known = cache(lambda a, b: _cost(a, b, by_name))
    # cost[i][j]: of what is left when i rows of mine and j of the right ones are done.
    cost = [[float(columns - j) for j in range(columns + 1)]]
    for row in reversed(mine):
        below = cost[-1]
        line = [0.0] * columns + [below[columns] + 1]
        best = line[columns]
        for j in range(columns - 1, -1, -1):
            best += 1  # the right row j is missing
            if below[j] + 1 < best:  # mine is extra
                best = below[j] + 1
            if below[j + 1] < best:
                both = below[j + 1] + known(row, right[j])
                if both < best:
                    best = both
            line[j] = best
        cost.append(line)
    cost.reverse()
    pairs: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < rows or j < columns:
        left = cost[i][j] + 1e-9
        if i < rows and 1 + cost[i + 1][j] <= left:
            pairs.append((i, None))
            i += 1
        elif j < columns and 1 + cost[i][j + 1] <= left:
            pairs.append((None, j))
            j += 1
        else:
            pairs.append((i, j))
            i, j = i + 1, j + 1
    return pairs


def _cost(mine: Row, right: Row, by_name: bool) -> float:
    if by_name and mine[0].rpartition(".")[2] != right[0].rpartition(".")[2]:
        return _OTHER_NAME + _cost(mine, right, False)
    if mine[1:] == right[1:]:
        return 0.0
    alike = len(mine[2]) == len(right[2]) if mine[1] == right[1] else mine[2] == right[2]
    return _MISSHAPEN if alike else _NEVER


def _named(
    pairs: Sequence[tuple[int | None, int | None]], mine: Sequence[Row], right: Sequence[Row]
) -> list[Pair]:
    missing = [right[j][1:] for i, j in pairs if i is None and j is not None]
    extra = [mine[i][1:] for i, j in pairs if j is None and i is not None]
    named = []
    for place, (i, j) in enumerate(pairs):
        if i is None and j is not None:
            how = "swapped" if right[j][1:] in extra else "missing"
            named.append(Pair(how, None, j, section_of(right[j][0])))
        elif j is None and i is not None:
            how = "swapped" if mine[i][1:] in missing else "extra"
            if mine[i][1] == "shared":
                how = "shared"
            named.append(Pair(how, i, None, _section_between(pairs, place, mine[i], right)))
        elif i is not None and j is not None:
            how = "same" if mine[i][1:] == right[j][1:] else "misshapen"
            if mine[i][1] != right[j][1]:
                how = "shared" if mine[i][1] == "shared" else "other kind"
            named.append(Pair(how, i, j, section_of(right[j][0])))
    return named


def _section_between(
    pairs: Sequence[tuple[int | None, int | None]], place: int, row: Row, right: Sequence[Row]
) -> str:
    """Where an extra row belongs: to the part before it if that has rows of its shape, else to
    the one that follows."""
    before = next((j for _, j in reversed(pairs[:place]) if j is not None), None)
    after = next((j for _, j in pairs[place:] if j is not None), None)
    if before is not None:
        section = section_of(right[before][0])
        if any(row[2] == shape for name, _, shape in right if section_of(name) == section):
            return section
    return "head" if after is None else section_of(right[after][0])


def departing(mine: Sequence[Row], right: Sequence[Row], *, by_name: bool) -> list[Pair]:
    """The pairs that are not the same."""
    return [pair for pair in align(mine, right, by_name=by_name) if pair.how != "same"]


def agree(t: Trial, name: str, mine: Sequence[Row], right: Sequence[Row]) -> bool:
    """Require, part by part of the network, that the rows agree. False if any departs.

    What tells mistakes apart does not depend on names; what the learner reads does.
    """
    departs = departing(mine, right, by_name=False)
    told: dict[str, Pair] = {}
    for pair in departing(mine, right, by_name=True) if departs else []:
        told.setdefault(pair.section, pair)
    for section in dict.fromkeys(section_of(row[0]) for row in right):
        here = [pair for pair in departs if pair.section == section]
        observed, expected = tell(told.get(section, here[0]), mine, right) if here else ("", "")
        if not mine:
            observed = "the network registers no tensor at all"
        what = f"{section} of {name}"
        t.require(what, not here, f"{what}: {observed}", expected)
        t.trait(what, sorted(_shape(pair, mine, right) for pair in here))
    return not departs


def _shape(pair: Pair, mine: Sequence[Row], right: Sequence[Row]) -> str:
    if pair.mine is not None:
        return f"{pair.how} {mine[pair.mine][2]}"
    return f"{pair.how} {right[pair.right][2]}" if pair.right is not None else ""


def show(t: Trial, name: str, mine: Sequence[Row], right: Sequence[Row]) -> None:
    """Draw the rows around the first that departs."""
    if t.draws:
        columns, rows, marked = table(align(mine, right, by_name=True), mine, right)
        t.table(f"state_dict of {name}: where it departs", columns, rows, marked)


def tell(pair: Pair, mine: Sequence[Row], right: Sequence[Row]) -> tuple[str, str]:
    """What was seen and what was expected at a row that departs."""
    own = "" if pair.mine is None else _words(mine[pair.mine])
    if pair.right is None:
        told = f"your row {pair.mine}, {own}, is extra"
        if pair.how == "swapped":
            told = f"your row {pair.mine}, {own}, belongs elsewhere"
        elif pair.how == "shared":
            told = f"your row {pair.mine}, {own}, is a second name of a tensor above"
        return told, "torchvision has no such row there"
    wanted = f"row {pair.right}: {_words(right[pair.right])}"
    if pair.how == "swapped":
        return f"row {pair.right} is not there: it comes elsewhere in yours", wanted
    if pair.mine is None:
        return f"row {pair.right} is missing", wanted
    if pair.how == "shared":
        return f"your row {pair.mine}, {own}, is a second name of a tensor above", wanted
    if pair.how == "other kind":
        return f"your row {pair.mine}, {own}, is a {mine[pair.mine][1]}", (
            f"{wanted}, a {right[pair.right][1]}"
        )
    return f"your row {pair.mine}, {own}, has another shape", wanted


def _words(row: Row) -> str:
    return f"`{row[0]}` {row[2]}"


def table(
    pairs: Sequence[Pair], mine: Sequence[Row], right: Sequence[Row]
) -> tuple[list[str], list[list[str]], list[int]]:
    """The rows around the first that departs: columns, rows, and which of them depart."""
    first = next(n for n, pair in enumerate(pairs) if pair.how != "same")
    shown = pairs[max(0, first - 3) : first + 6]
    rows: list[list[str]] = []
    marked: list[int] = []
    for pair in shown:
        theirs = (
            ["", "-", ""] if pair.right is None else [str(pair.right), *_cells(right, pair.right)]
        )
        own = ["-", ""] if pair.mine is None else _cells(mine, pair.mine)
        how = "" if pair.how == "same" else pair.how
        if how:
            marked.append(len(rows))
        rows.append([*theirs, *own, how])
    return ["row", "expected", "shape", "yours", "shape", ""], rows, marked


def _cells(rows: Sequence[Row], number: int) -> list[str]:
    name, _, shape = rows[number]
    short = name if len(name) <= 18 else "…" + name[-17:]
    return [short, str(shape).replace(" ", "")]
