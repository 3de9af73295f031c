"""The list of losses that a training function returns."""

from __future__ import annotations

import torch

from lessons.reuse.transfer.network import class_name
from lessons.trial import Trial
from lessons.workbench import Ref, SeenTensor


def judge_losses(
    t: Trial, losses: object, n: int, steps: str, case: dict[str, int], tolerance: float
) -> None:
    """One Python float for each of ``n`` steps; a tensor without graph will do as well."""
    what = f"losses of {steps}"
    if isinstance(losses, SeenTensor) and losses.tensor.ndim == 1:
        losses = [SeenTensor(one, losses.requires_grad) for one in losses.tensor]
    is_list = isinstance(losses, list) and all(_is_number(one) for one in losses)
    came = _what_came(t, losses)
    t.require(
        f"{what} as a list",
        is_list,
        f"`train_head` returned {came}",
        "a list with one loss, a Python float, for each step",
    )
    if not isinstance(losses, list) or not is_list:
        t.trait(f"{what}: what came", came)
        if isinstance(losses, int | float):
            t.trait(f"{what}: the number", losses, tolerance)
        return
    t.require(
        f"{what} keep no graph",
        not any(isinstance(one, SeenTensor) and one.requires_grad for one in losses),
        "the losses are tensors that still hang on their graph",
        "Python floats, as `loss.item()` gives them",
    )
    t.require(
        f"{what}: how many",
        len(losses) == n,
        f"{_some(len(losses), 'loss', 'losses')} for {_some(n, 'batch', 'batches')}",
        f"{n}, one a batch",
    )
    values = [one.tensor.item() if isinstance(one, SeenTensor) else float(one) for one in losses]
    if len(losses) == n:
        t.see(what, torch.tensor(values, dtype=torch.float64), tolerance, case=case)
    else:
        t.trait(f"{what}: each", values, tolerance)


def _some(n: int, one: str, more: str) -> str:
    return f"{n} {one if n == 1 else more}"


def _is_number(value: object) -> bool:
    if isinstance(value, SeenTensor):
        return value.tensor.numel() == 1
    return isinstance(value, int | float) and not isinstance(value, bool)


def _what_came(t: Trial, value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, SeenTensor):
        return f"a tensor of shape {tuple(value.tensor.shape)}"
    if isinstance(value, list):
        odd = next((one for one in value if not _is_number(one)), None)
        return f"a list with {_what_came(t, odd)} in it"
    if isinstance(value, Ref):
        return class_name(t, value)
    return "one number" if isinstance(value, int | float) else f"a {type(value).__name__}"
