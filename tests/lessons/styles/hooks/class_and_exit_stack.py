"""A class that is a hook; an ExitStack that takes them all away."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn


def flat(value) -> Iterator[Tensor]:
    match value:
        case Tensor():
            yield value
        case dict():
            for part in value.values():
                yield from flat(part)
        case list() | tuple():
            for part in value:
                yield from flat(part)


@dataclass
class Finder:
    names: dict[nn.Module, str]
    first: str | None = field(default=None)

    def __call__(self, module: nn.Module, args: tuple, output: object) -> None:
        if self.first is None:
            for tensor in flat(output):
                if not tensor.isfinite().all().item():
                    self.first = self.names[module]
                    return


def find_first_nonfinite(model: nn.Module, x: Tensor) -> str | None:
    finder = Finder({module: name for name, module in model.named_modules()})
    with contextlib.ExitStack() as stack:
        for module in finder.names:
            stack.callback(module.register_forward_hook(finder).remove)
        model(x)
    return finder.first
