"""What comes of running a block or a group that may fail: errors as notes, outcomes as traits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from lessons.depth.residual.pieces import count
from lessons.trial import UNJUDGED, Trial
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
)
# A window that is larger than what it looks at tells which convolution it was.
_TOO_SMALL = re.compile(r"padded input size per channel: (\(\d+ x \d+\))")
_UNEQUAL = re.compile(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)")
_NOT_THERE = ("AttributeError", "NameError", "UnboundLocalError")


def _complaint(error: str) -> str:
    """What an error is about, whatever the style of the code that raised it."""
    if too_small := _TOO_SMALL.search(error):
        return too_small[1]
    if unequal := _UNEQUAL.search(error):
        return f"{sorted(map(int, unequal.groups()))}"
    return next((words for words in _COMPLAINTS if words in error), "another")


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
            t.trait(f"{name}: complaint", _complaint(str(error)))
            raise

    return t.attempt(name, listen, expected, dict(case or {}))


def outcome(t: Trial, model: Ref, x: Tensor) -> str:
    """How a module that registers too little runs. Its hidden layers may have kept float32."""
    said = ""
    for values in (x, x.float()):
        try:
            first, second = (t.subject.forward(model, values, False) for _ in range(2))
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
            said = "a name is not there" if error.kind in _NOT_THERE else error.kind
            continue
        if not torch.equal(first, second):
            return "other values each time"
        return "its input" if torch.equal(first, values) else "runs"
    return said


def runs(t: Trial, model: Ref, x: Tensor) -> str:
    """Whether a block runs, for traits; the claims about values judge what it gives."""
    try:
        t.subject.forward(model, x, False)
    except LearnerError as error:
        if error.kind in UNJUDGED:
            raise
        return "error"
    return "runs"


def uses(t: Trial, model: Ref, x: Tensor) -> list[int] | str:
    """How often each batch norm runs in one forward, by its counter."""
    before = [int(entry.tensor) for entry in count(t.subject.entries(model)).counters]
    try:
        t.subject.forward(model, x, True)
    except LearnerError as error:
        if error.kind in UNJUDGED:
            raise
        return "error"
    after = [int(entry.tensor) for entry in count(t.subject.entries(model)).counters]
    return [late - early for early, late in zip(before, after, strict=True)]


def blocks_run(t: Trial, model: Ref, x: Tensor) -> int | str:
    """How many residual blocks a group calls in one forward."""
    try:
        stages = t.subject.stages(model, x)
    except LearnerError as error:
        if error.kind in UNJUDGED:
            raise
        return "error"
    return sum(kind == "ResidualBlock" for _, kind, _ in stages)
