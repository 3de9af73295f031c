"""What the claims of checkpoint ``mlp`` look with: layers, scores, and lists of losses."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from lessons.trial import Trial, plain, same
from lessons.workbench import LearnerError, Ref, SeenTensor


def kind_of(kind: str, requires_grad: bool) -> str:
    if kind == "attribute":
        return "a plain tensor"
    if kind == "parameter" and not requires_grad:
        return "a parameter that does not require gradients"
    return f"a {kind}"


def stands_there(t: Trial, layer: Ref) -> str:
    """What a layer built without bias has under that name; "" for None."""
    try:
        value = t.subject.attribute(layer, "bias")
    except LearnerError:
        return "no attribute `bias`"
    return "" if value is None else f"`bias` = {value}" if value is False else "a `bias`"


def steady(t: Trial, network: Ref, images: Tensor, out: Tensor) -> bool:
    """Whether the same images get the same scores again; if not, that is all there is to say."""
    again = t.subject.forward(network, images)
    same_again = same(again, out, 1e-4)
    t.require(
        "the same scores again",
        same_again,
        "the same images get other scores the second time",
        "the same scores: nothing in SimpleMLP is random once it is built",
    )
    if not same_again:

        def twice() -> bool:
            one, other = (t.subject.forward(network, images, train=False) for _ in range(2))
            return same(one, other, 1e-4)

        t.trait("steady in eval mode", twice())
        nothing = [e for e in t.subject.entries(network) if e.kind == "parameter"]
        t.subject.load(network, {e.name: torch.zeros_like(e.tensor) for e in nothing})
        t.trait("steady with weights of 0", twice())
    return same_again


def told_shapes(shapes: list[tuple[int, ...]]) -> str:
    if not shapes:
        return "no parameters at all"
    return f"parameters of shapes {', '.join(str(shape) for shape in shapes)}"


def told_calls(calls: int, batches: int) -> str:
    there = "1 batch" if batches == 1 else f"{batches} batches"
    often = {0: "never called", 1: "called once"}.get(calls, f"called {calls} times")
    return f"for {there}, `optimizer.step()` was {often}"


def sizes_of_product(error: LearnerError) -> str:
    """Which two matrices did not fit, as torch says it: "1x784 and 10x100"; "" if it says not."""
    found = re.search(r"\((\d+x\d+ and \d+x\d+)\)", str(error))
    return found[1] if found else ""


def dimension_of_sum(error: LearnerError) -> str:
    """Along which dimension two tensors did not fit, as torch says it; "" if it says not."""
    found = re.search(r"at non-singleton dimension (\d)", str(error))
    return found[1] if found else ""


def judge_losses(t: Trial, losses: object, steps: str, case: dict[str, int]) -> None:
    what = f"losses of {steps}"
    if isinstance(losses, SeenTensor) and losses.tensor.ndim == 1:
        losses = [SeenTensor(one, losses.requires_grad) for one in losses.tensor]
    is_list = isinstance(losses, list) and all(is_number(one) for one in losses)
    t.require(
        f"{what} as a list",
        is_list,
        f"`train` returned {what_came(losses)}",
        "a list with one loss, a Python float, for each step",
    )
    if not isinstance(losses, list) or not is_list:
        one = isinstance(losses, int | float)
        t.trait(f"{what}: what came", "a number" if one else what_came(losses))
        if one:
            t.trait(f"{what}: the number", losses, 1e-5)
        return
    t.require(
        f"{what} keep no graph",
        not any(isinstance(one, SeenTensor) and one.requires_grad for one in losses),
        "the losses are tensors that still hang on their graph",
        "Python floats, as `loss.item()` gives them",
    )
    values = [one.tensor.item() if isinstance(one, SeenTensor) else float(one) for one in losses]
    t.see(what, values, case=case, tolerance=1e-5)


def is_number(value: object) -> bool:
    if isinstance(value, SeenTensor):
        return value.tensor.numel() == 1
    return isinstance(value, int | float) and not isinstance(value, bool)


def what_came(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, SeenTensor):
        return f"a tensor of shape {tuple(value.tensor.shape)}"
    if isinstance(value, list):
        odd = next((what_came(one) for one in value if not is_number(one)), "")
        return f"a list, and in it {odd}" if odd else f"a list of {len(value)} numbers"
    if isinstance(value, Ref):
        return "an object that is no number"
    if isinstance(value, str):
        return f"the text '{value[:20]}'"
    return plain(value) if isinstance(value, int | float) else f"a {type(value).__name__}"


def measured_in_train(calls: list[tuple[bool, bool, int]]) -> bool:
    return any(train for _, train, _ in calls)
