"""Of which floating type a layer is built, before anybody moves it to another."""

from __future__ import annotations

from typing import Any

import torch

from lessons.trial import Trial


def judge_types(t: Trial, name: str, *arguments: Any) -> None:
    """Write down whether the floating tensors of what is built are float32, torch's default.

    All else is judged in float64, to which a trial moves what it builds. So a weight made from a
    NumPy array, which is float64, would show nowhere, and fit no image that is float32.
    """
    asked, t.subject.dtype = t.subject.dtype, "float32"
    try:
        entries = t.subject.entries(t.subject.build(name, *arguments))
    finally:
        t.subject.dtype = asked
    kinds = {e.name: e.tensor.dtype for e in entries if e.tensor.is_floating_point()}
    other = [f"`{of}` is {kind}" for of, kind in kinds.items() if kind != torch.float32]
    call = f"{name}({', '.join(map(str, arguments))})"
    t.require(
        f"{call}: built in float32",
        not other,
        f"after {call}, {(other or [''])[0]}",
        "torch.float32, the type of images: torch.empty, rand, zeros and ones make it",
    )
