"""The list of losses that a training function returns."""

from __future__ import annotations

from lessons.trial import Trial
from lessons.workbench import SeenTensor


def judge_losses(
    t: Trial, losses: object, steps: str, case: dict[str, int], tolerance: float
) -> None:
    """One Python float for each step; a tensor without graph will do as well."""
    what = f"losses of {steps}"
    if isinstance(losses, SeenTensor) and losses.tensor.ndim == 1:
        losses = [SeenTensor(one, losses.requires_grad) for one in losses.tensor]
    is_list = isinstance(losses, list) and all(_is_number(one) for one in losses)
    t.require(
        f"{what} as a list",
        is_list,
        f"`train_head` returned {_what_came(losses)}",
        "a list with one loss, a Python float, for each step",
    )
    if not isinstance(losses, list) or not is_list:
        t.trait(f"{what}: what came", _what_came(losses))
        return
    t.require(
        f"{what} keep no graph",
        not any(isinstance(one, SeenTensor) and one.requires_grad for one in losses),
        "the losses are tensors that still hang on their graph",
        "Python floats",
    )
    values = [one.tensor.item() if isinstance(one, SeenTensor) else float(one) for one in losses]
    t.see(what, values, tolerance, case=case)


def _is_number(value: object) -> bool:
    if isinstance(value, SeenTensor):
        return value.tensor.numel() == 1
    return isinstance(value, int | float) and not isinstance(value, bool)


def _what_came(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, SeenTensor):
        return f"a tensor of shape {tuple(value.tensor.shape)}"
    if isinstance(value, list):
        return f"a list of {len(value)} things that are not all numbers"
    return "one number" if isinstance(value, int | float) else f"a {type(value).__name__}"
