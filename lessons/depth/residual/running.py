"""What comes of running a block or a group that may fail: errors as notes, outcomes as traits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from lessons.depth.residual.pieces import Block, Group, Place, count, saved_entries
from lessons.trial import UNJUDGED, Trial, same
from lessons.workbench import LearnerError, Ref

_COMPLAINTS = (
    "before Module.__init__",
    "gave None",
    "gave a tuple",
    "gave a list",
    "has no attribute",
    "positional argument",
    "keyword argument",
    "inplace operation",
    "is not a Module subclass",
    "'NoneType' object is not callable",
)
_HIDING = ("list", "tuple", "dict", "set")
_NOT_THERE = ("AttributeError", "NameError", "UnboundLocalError")


def attempt(
    t: Trial,
    name: str,
    act: Callable[[], Any],
    case: Mapping[str, Any] | None = None,
    expected: str = "no error",
) -> Any:
    """``t.attempt``, and which of the well-known complaints it was."""

    def listen() -> Any:
        try:
            return act()
        except LearnerError as error:
            said = next((words for words in _COMPLAINTS if words in str(error)), "another")
            t.trait(f"{name}: complaint", said)
            raise

    return t.attempt(name, listen, expected, dict(case or {}))


def built(
    t: Trial,
    thing: Block | Group,
    case: Mapping[str, Any] | None = None,
    name: str = "",
) -> Any:
    """A block or a group, or None and a note of what was raised."""
    return attempt(t, name or thing.told, partial(thing.build, t), case, thing.wanted)


def outcome(t: Trial, model: Ref, x: Tensor) -> str:
    """How a module that registers too little runs. Its hidden layers may have kept float32."""
    said = ""
    for values in (x, x.float()):
        try:
            first, second = (t.subject.forward(model, values, False) for _ in range(2))
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
            if any(f"'{kind}' object is not callable" in str(error) for kind in _HIDING):
                return "runs"  # it holds its layers, though they are called in the wrong way
            said = "a name is not there" if error.kind in _NOT_THERE else error.kind
            continue
        if not torch.equal(first, second):
            return "other values each time"
        return "its input" if torch.equal(first, values) else "runs"
    return said


def steady(t: Trial, what: str, out: Tensor, again: Tensor) -> bool:
    """Write down whether the same weights and images gave the same values the second time."""
    same_again = same(again, out, 1e-4)
    t.require(
        f"{what}: the same again",
        same_again,
        f"{what}: the same images give other values the second time",
        "the same values: nothing in a block is random, once it is built",
    )
    return same_again


def runs(t: Trial, model: Ref, x: Tensor) -> str:
    """Whether a block runs, for traits; the claims about values judge what it gives."""
    try:
        t.subject.forward(model, x, False)
    except LearnerError as error:
        if error.kind in UNJUDGED:
            raise
        return "error"
    return "runs"


def default_stride(t: Trial, block: Block, model: Ref, x: Tensor) -> None:
    """Write down whether a block that was given no stride keeps height and width."""
    try:
        out = t.subject.forward(model, x, False)
    except LearnerError as error:
        if error.kind in UNJUDGED:
            raise
        return  # the claims about values say so
    if out.ndim == 4 and min(out.shape[2:]) > 0:
        sizes = ["x".join(map(str, seen.shape[2:])) for seen in (x, out)]
        t.require(
            "the default stride",
            sizes[0] == sizes[1],
            f"{block.told} turns images of {sizes[0]} into {sizes[1]}",
            f"{sizes[0]}: first_stride is 1 where none is given",
        )


def uses(t: Trial, model: Ref, x: Tensor) -> list[int] | str:
    """How often each batch norm runs in one forward, by its counter."""
    before = [int(entry.tensor) for entry in count(saved_entries(t, model)).counters]
    try:
        t.subject.forward(model, x, True)
    except LearnerError as error:
        if error.kind in UNJUDGED:
            raise
        return "error"
    after = [int(entry.tensor) for entry in count(saved_entries(t, model)).counters]
    return [late - early for early, late in zip(before, after, strict=True)]


def blocks_run(t: Trial, model: Ref, x: Tensor) -> int | str:
    """How many residual blocks a group calls in one forward. Hidden ones may be float32."""
    for values in (x, x.float()):
        try:
            stages = t.subject.stages(model, values)
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
            continue
        return sum(kind == "ResidualBlock" for _, kind, _ in stages)
    return "error"


def sizes_inside(
    t: Trial, model: Ref, places: Mapping[str, Place], x: Tensor, *, train: bool
) -> dict[str, list[str]] | str:
    """Height and width behind each convolution of a block that raises an error.

    They tell which branch came out too large, whatever way the two were to be added.
    """
    stages = t.subject.stages(model, x, train, until_error=True)
    found = {
        part: [
            str(tuple(seen.shape[2:]))
            for name, _, seen in stages
            if name == place.convolution.rpartition(".")[0]
        ]
        for part, place in places.items()
    }
    missing = [part for part, sizes in found.items() if not sizes]
    if missing == ["the projection"]:
        return "the projection is not run"
    return "not all are run" if missing else found
