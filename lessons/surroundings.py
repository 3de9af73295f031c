"""What code on a workbench finds around it: random generators, torch's switches, modes."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import torch
from torch import nn


def seed_randomness(seed: int) -> None:
    """Set the generators that code on a workbench draws from.

    All of it runs on the CPU. ``torch.manual_seed`` would queue a call for every accelerator as
    well, which takes 0.2 ms: too long for claims that ask hundreds of times.
    """
    torch.default_generator.manual_seed(seed)
    random.seed(seed)


def plain_state() -> None:
    """Undo what code may have left switched: gradients, the default type, autocast."""
    torch.set_grad_enabled(True)
    if torch.get_default_dtype() is not torch.float32:
        torch.set_default_dtype(torch.float32)


@contextlib.contextmanager
def keep_mode(module: nn.Module) -> Iterator[None]:
    """Give every submodule its train or eval mode back afterwards."""
    before = [(m, m.training) for m in module.modules()]
    try:
        yield
    finally:
        module.train(before[0][1])  # its own method, if any
        for submodule, training in before:
            submodule.training = training


@contextlib.contextmanager
def uninitialised_is_nan() -> Iterator[None]:
    """``torch.empty`` gives NaN inside, so that weights left uninitialised always show.

    Source: ``torch.utils.deterministic.fill_uninitialized_memory``.
    """
    torch._C._set_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch._C._set_deterministic_algorithms(False)
