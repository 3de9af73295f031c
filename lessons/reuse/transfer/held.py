"""What an optimizer on the workbench holds, told by the values of its tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from lessons.reuse.transfer.network import OLD_HEAD, Prepared
from lessons.trial import Trial
from lessons.workbench import Entry, LearnerError, Ref, SeenTensor


def param_groups(t: Trial, made: Ref) -> list[dict[str, Any]] | None:
    """The optimizer's groups of parameters, or None when it is no optimizer."""
    try:
        groups = t.subject.attribute(made, "param_groups")
    except LearnerError:
        return None
    fits = isinstance(groups, list) and all(
        isinstance(group, dict)
        and isinstance(group.get("params"), list)
        and all(isinstance(p, SeenTensor) for p in group["params"])
        for group in groups
    )
    return groups if fits and groups else None


def role_of(value: Tensor, entries: list[Entry], prepared: Prepared) -> str:
    """Which tensor the optimizer holds: of the backbone by its pretrained name, another of the
    model by its own, none of the model's as ""."""
    there = next(
        (e.name for e in entries if e.kind == "parameter" and equal(e.tensor, value)),
        "",
    )
    names = {there: name for name, there in prepared.found.items() if name not in OLD_HEAD}
    return names.get(there, there)


def equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and torch.equal(a, b)


def shape_of(name: str, entries: list[Entry]) -> str:
    shape = next((tuple(e.tensor.shape) for e in entries if e.name == name), None)
    return "another tensor" if shape is None else str(shape)


def number(value: object) -> float:
    value = value.tensor.item() if isinstance(value, SeenTensor) else value
    return float(value) if isinstance(value, int | float) else float("nan")
