"""Two shelves of tensors for ``copy_weights``, whatever the learner's network is like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lessons.trial import Trial, same
from lessons.workbench import Entry, LearnerError, Ref

ShelfRow = tuple[str, str, tuple[int, ...]]
FIRST = (4, 3, 2, 2)
SHELF: tuple[ShelfRow, ...] = (
    ("stem.weight", "parameter", FIRST),
    ("norm.weight", "parameter", (4,)),
    ("norm.bias", "parameter", (4,)),
    ("norm.running_mean", "buffer", (4,)),
    ("norm.running_var", "buffer", (4,)),
    ("norm.num_batches_tracked", "counter", ()),
    ("branch.weight", "parameter", (4, 4)),
    ("last.weight", "parameter", (4, 4)),
    ("end.bias", "parameter", (4,)),
)


def _renamed(*names: str) -> tuple[ShelfRow, ...]:
    return tuple((name, *row[1:]) for name, row in zip(names, SHELF, strict=True))


# No name in common. Sorted, both have the same shapes row by row, yet other rows meet.
OTHER_NAMES = _renamed("z.a", "y.a", "y.c", "y.d", "y.e", "y.b", "e.w", "c.w", "d.b")
# The same names, two of them exchanged.
EXCHANGED = _renamed(*(row[0] for row in SHELF[:6]), "last.weight", "branch.weight", "end.bias")


def build(t: Trial, rows: Sequence[ShelfRow]) -> Ref:
    """A shelf with random values."""
    shelf = t.subject.instrument("Shelf", [list(row) for row in rows], dtype=t.dtype)
    refill(t, shelf, rows)
    return shelf


def refill(t: Trial, shelf: Ref, rows: Sequence[ShelfRow]) -> None:
    """Put other random values in."""
    values: dict[str, Tensor] = {}
    for name, kind, shape in rows:
        values[name] = t.randint(1, 10**6, *shape) if kind == "counter" else t.randn(*shape)
    t.subject.load(shelf, values)


def equal(a: Sequence[Entry], b: Sequence[Entry]) -> list[bool]:
    """Row by row, whether the values are equal, to the digits that float32 keeps."""
    return [same(x.tensor, y.tensor, 1e-6) for x, y in zip(a, b, strict=True)]


def came_from(entry: Entry, before: Entry, source: Sequence[Entry]) -> int:
    """The row of pretrained whose values are here; -1 for what was there before, else -2."""
    for row, theirs in enumerate(source):
        if equal([theirs], [entry])[0]:
            return row
    return -1 if equal([before], [entry])[0] else -2


def origin(number: int) -> str:
    """Where values came from, in words."""
    if number >= 0:
        return f"row {number} of pretrained"
    return "what it held before" if number == -1 else "other values"


def returned(t: Trial, answer: Any, mine: Ref, pretrained: Ref) -> str:
    """What came back. A module is ``mine`` if what is put into it is found there."""
    if answer is None:
        return "None"
    if not isinstance(answer, Ref):
        return f"a {type(answer).__name__}, not a module"
    mark = torch.full(FIRST, 7.0)
    try:
        t.subject.load(answer, {t.subject.entries(answer)[0].name: mark})
    except LearnerError:
        return "something that is no module"
    for name, model in (("mine", mine), ("pretrained", pretrained)):
        if (t.subject.entries(model)[0].tensor == mark).all():
            return name
    return "another model"


def all_rows(
    t: Trial, what: str, holds: Sequence[bool], entries: Sequence[Entry], said: str
) -> None:
    """Require something of every row. said: what is wrong with those where it does not hold."""
    bad = [row for row, good in enumerate(holds) if not good]
    name = entries[bad[0]].name if bad else ""
    t.require(
        what,
        not bad,
        f"{len(bad)} rows {said}, `{name}` first" if len(bad) > 1 else f"`{name}` {said}",
        "values copied into `mine`, and nothing else changed",
    )
    t.trait(what, bad)
