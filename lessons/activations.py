"""Which function stands between two layers, read off at single numbers."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.trial import Note, Trial

# Far out, where a function may be cut off, and near 0, where it may be bent.
NUMBERS = (-1000.0, -8.0, -3.0, -1.0, -0.3, 0.3, 1.0, 3.0, 8.0, 1000.0)
_TOLERANCE = 1e-4  # GELU's two forms differ by 4e-4
_NOTE = "ReLU, "

_KNOWN: dict[str, Callable[[Tensor], Tensor]] = {
    "no function": lambda x: x,
    "GELU": F.gelu,
    "GELU in its tanh form": lambda x: F.gelu(x, approximate="tanh"),
    "SiLU": F.silu,
    "ELU": F.elu,
    "SELU": F.selu,
    "Softplus": F.softplus,
    "a sigmoid": torch.sigmoid,
    "a log-sigmoid": F.logsigmoid,
    "tanh": torch.tanh,
    "Hardtanh": F.hardtanh,
    "Hardswish": F.hardswish,
    "a hard sigmoid": F.hardsigmoid,
    "Mish": F.mish,
    "Softsign": F.softsign,
    "the absolute value": torch.abs,
    "the square": torch.square,
    "a ReLU of the number with its sign turned": lambda x: F.relu(-x),
    "a ReLU that keeps the negative half": lambda x: -F.relu(-x),
    "a ReLU with its sign turned": lambda x: -F.relu(x),
}


def judge_relu(t: Trial, where: str, first: Tensor, second: Tensor) -> None:
    """Write down whether a ReLU stands there.

    Args:
        where: such as "between your two layers".
        first, second: what was made of ``NUMBERS``, found out in two ways. Where they differ,
            what stands there is no function of one number, and nothing is written down.
    """
    numbers = torch.tensor(NUMBERS, dtype=torch.float64)
    seen, again = first.flatten().double(), second.flatten().double()
    if seen.shape != numbers.shape or not _alike(seen, again):
        return
    right = numbers.relu()
    apart = (seen - right).abs()
    # Where it shows best: by most, but with a number that is easily read, if there is one.
    plain = apart * ((numbers.abs() < 100) & (apart > 0.1))
    place = int((plain if plain.any() else apart.nan_to_num(float("inf"))).argmax())
    number, made, wanted = (f"{values[place].item():.4g}" for values in (numbers, seen, right))
    t.require(
        f"{_NOTE}{where}",
        is_relu(seen),
        f"{name_of(seen) or 'another function'}: {number} becomes {made}",
        f"ReLU: {number} becomes {wanted}",
    )


def is_relu(made: Tensor) -> bool:
    """Whether that is what a ReLU makes of ``NUMBERS``."""
    numbers = torch.tensor(NUMBERS, dtype=torch.float64)
    return made.numel() == len(NUMBERS) and _alike(made.flatten().double(), numbers.relu())


def told(note: Note) -> str:
    """What to say of a note of ``judge_relu`` that fails; "" for any other."""
    if note.kind != "require" or not note.name.startswith(_NOTE):
        return ""
    return f"What stands {note.name.removeprefix(_NOTE)} is not a ReLU. Use `F.relu` there."


def name_of(made: Tensor) -> str:
    """The function that makes that of ``NUMBERS``, in words; "" where it is none of the known."""
    numbers = torch.tensor(NUMBERS, dtype=torch.float64)
    for name, function in _KNOWN.items():
        if _alike(made, function(numbers)):
            return name
    positive, negative = numbers > 0, numbers < 0
    if not made.isfinite().all():
        return ""
    slope, rise = (made[half].sum() / numbers[half].sum() for half in (negative, positive))
    if _alike(made, torch.where(positive, numbers, slope * numbers)):
        return f"a leaky ReLU of slope {slope.item():.3g}"
    if _alike(made, rise * numbers.relu()):
        return f"a ReLU times {rise.item():.3g}"
    top = made.max()
    if _alike(made, numbers.clamp(0, top.item())):
        return f"a ReLU that ends at {top.item():.4g}"
    return ""


def _alike(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=_TOLERANCE, atol=_TOLERANCE)
