"""What the claims of ``batchnorm`` work with: layers, inputs, and words for what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from lessons.trial import UNJUDGED, Trial, same
from lessons.workbench import LearnerError, Ref

PARAMETERS = ("weight", "bias")
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")
NAMES = PARAMETERS + BUFFERS

# How close what is not compared with the reference itself has to be: float32 is close enough.
NEAR = 1e-4


def values_of(t: Trial, layer: Ref) -> dict[str, Tensor]:
    """The five tensors as they are now."""
    values = {e.name: e.tensor for e in t.subject.entries(layer) if e.name in NAMES}
    for name in NAMES:
        if name not in values:
            raise LearnerError("answer", f"the layer has lost its `{name}`")
    return values


def known_layer(t: Trial, channels: int, *arguments: float, **settings: float) -> Ref:
    """A layer in which no value is what it is at the start."""
    layer = t.subject.build("BatchNorm2d", channels, *arguments, **settings)
    t.subject.load(layer, known_values(t, channels))
    return layer


def known_values(t: Trial, channels: int) -> dict[str, Tensor]:
    """Values for the five tensors: none is what it is at the start.

    Of several channels' weights, some are positive and some negative.
    """
    signs = 1 - 2 * (torch.argsort(t.rand(channels)) % 2)
    return {
        "weight": (0.5 + t.rand(channels)) * signs,
        "bias": 1 + t.rand(channels),
        "running_mean": 2 * t.randn(channels),
        "running_var": 0.5 + 2 * t.rand(channels),
        "num_batches_tracked": torch.tensor(6),
    }


def trained_layer(t: Trial, values: dict[str, Tensor], eps: float) -> Ref:
    """A layer of known values that has seen a batch of training, so that what this leaves behind
    besides the five tensors can show."""
    layer = t.subject.build("BatchNorm2d", 3, eps=eps)
    forward(t, f"a batch of training before, eps={eps:g}", layer, images(t, 2, 3, 4, 3), train=True)
    if not put_back(t, layer, values):
        # Buffers that were made in inference mode can't be written to any more.
        layer = t.subject.build("BatchNorm2d", 3, eps=eps)
        t.subject.load(layer, values)
    return layer


def put_back(t: Trial, layer: Ref, values: dict[str, Tensor]) -> bool:
    """Give a layer its values again; False where that is not possible."""
    try:
        t.subject.load(layer, values)
    except LearnerError:
        return False
    return True


def forward(
    t: Trial,
    name: str,
    layer: Ref,
    x: Tensor,
    *,
    train: bool,
    case: dict[str, Any] | None = None,
) -> Tensor | None:
    """The layer's output, or None and a note of what was raised."""

    def act() -> Tensor:
        try:
            return t.subject.forward(layer, x, train=train)
        except LearnerError as error:
            t.trait(f"why, {name}", reason(str(error)))
            raise

    return t.attempt(name, act, f"shape {tuple(x.shape)}", case)


def images(t: Trial, *shape: int) -> Tensor:
    """(batch, channels, height, width), of which each image and each channel differs from the
    others in its mean, and each channel in its variance."""
    batch, channels = shape[:2]
    spread = 0.5 + torch.argsort(t.rand(channels)).to(getattr(torch, t.dtype))
    x = t.randn(*shape) * spread[:, None, None]
    return x + 2 * t.randn(channels, 1, 1) + 0.7 * t.randn(batch, 1, 1, 1)


def saved_names(t: Trial, layer: Ref) -> list[str]:
    """The names in the layer's ``state_dict``."""
    state_dict = t.subject.attribute(layer, "state_dict")
    answer = t.subject.call(state_dict)
    return list(answer) if isinstance(answer, dict) else []


def stands_under(t: Trial, layer: Ref, name: str) -> str:
    """What stands under a name that holds no tensor: "" for nothing."""
    try:
        value = t.subject.attribute(layer, name)
    except LearnerError:
        return ""
    if value is None:
        return "None, which is also what register_buffer gives back"
    if isinstance(value, bool | int | float):
        return "a plain Python number, not a buffer"
    if isinstance(value, list):
        return "a plain Python list, not a tensor"
    return "not a tensor"


def copy_of(t: Trial, layer: Ref) -> Ref | None:
    """A deep copy of a layer after a training step; None where none can be made."""
    try:
        return t.subject.copy(layer)
    except LearnerError as error:
        if error.kind in UNJUDGED:
            raise
        holds = "deepcopy protocol" in str(error)
        why = "a tensor that it keeps still holds a graph" if holds else str(error)
        observed = f"after a training step copy.deepcopy of the layer fails: {why}"
        t.require("the layer can be copied", False, observed, "a copy, as of any module")
        t.trait("why it can't be copied", reason(str(error)))
        return None


def listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{n}`" for n in names)


def told(values: Tensor) -> str:
    """Initial values, in words."""
    if values.isnan().any():
        return "values that are never set (nan, or whatever lay in memory)"
    if (values == values.flatten()[0]).all():
        return f"{values.flatten()[0].item():.4g}"
    return "different values: " + ", ".join(f"{v:.3g}" for v in values.flatten().tolist())


def kind_of(values: Tensor) -> str:
    """Their words again, the same for all that is random."""
    return "different" if told(values).startswith("different") else told(values)


def shares(
    before: Tensor, batch: Tensor, after: Tensor, word: str, wanted: tuple[float, float]
) -> str:
    """``after`` as a mixture of ``before`` and ``batch``, where it is one; with as many digits as
    it takes to see that the shares are not those ``wanted``."""
    if same(after, before, NEAR):
        return "did not move"
    table = torch.stack([before, batch], 1).to(torch.float64)
    goal = after.to(torch.float64)
    if goal.isfinite().all() and table.isfinite().all():
        found = torch.linalg.lstsq(table, goal).solution
        if same(table @ found, goal, NEAR):
            old, new = found.tolist()
            far = max(abs(old - wanted[0]), abs(new - wanted[1]))
            digits = 3 if far > 1e-3 else 5
            old, new = round(old, digits) + 0.0, round(new, digits)  # + 0.0 makes 0 of -0
            sign = "-" if new < 0 else "+"
            told = f"{old:.{digits}f} of the old value {sign} {abs(new):.{digits}f}"
            return f"became {told} of the batch's {word}"
    return f"of channel 0 went from {before[0].item():.4g} to {after[0].item():.4g}"


def numbers(values: Tensor) -> str:
    if values.numel() == 1:
        return f"{values.item():.4g}"
    return f"[{', '.join(f'{v:.3g}' for v in values.flatten().tolist()[:3])}]"


def reason(text: str) -> str:
    """Which of the errors that are told apart it is."""
    for sign in ("gave None", "inplace operation", "a second time", "nference", "deepcopy"):
        if sign in text:
            return sign
    return "another"
