"""A network in which a fault can be planted, for functions that look for faults.

It knows where its outputs stop being finite, and writes down what was left on it afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_modules


class Plant(NamedTuple):
    """A fault: which number, at which call (0 for each), in train mode only, in every place."""

    number: float
    call: int = 0
    in_training: bool = False
    everywhere: bool = False


class Step(nn.Module):
    """Adds 1 to x. May put a bad number into its output, at some of its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.calls_so_far = 0
        self.plant: Plant | None = None

    def forward(self, x: Tensor) -> Any:
        self.calls_so_far += 1
        return self.spoilt(x + self.weight)

    def spoilt(self, out: Tensor) -> Tensor:
        """The output with one number replaced, if that was planted for this call."""
        if self.plant is None:
            return out
        if self.plant.call not in (0, self.calls_so_far):
            return out
        if self.plant.in_training and not self.training:
            return out
        out = out.clone()
        (out if self.plant.everywhere else out[-1, -1]).fill_(self.plant.number)
        return out


class Block(Step):
    """Two steps with an in-place ReLU between them, and a sum of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.act, self.second = Step(), nn.ReLU(inplace=True), Step()

    def forward(self, x: Tensor) -> Tensor:
        self.calls_so_far += 1
        return self.spoilt(x + self.second(self.act(self.first(x))))


class Packed(Step):
    """A step whose answer is packed, as a recurrent layer's is: what goes on comes first.

    packing: tuple, nested (a bad number lies deep inside), or dict.
    """

    def __init__(self, packing: str) -> None:
        super().__init__()
        self.packing = packing

    def forward(self, x: Tensor) -> Any:
        self.calls_so_far += 1
        good, told = x + self.weight, self.spoilt(x * self.weight)
        if self.packing == "first":
            return told, good, None
        if self.packing == "tuple":
            return good, told
        if self.packing == "list":
            return [good, told, None]
        if self.packing == "nested":
            return good, (None, [3, {"state": told}], "text")
        return {"out": good, "state": told}


class LargeNumbers(nn.Module):
    """A module inside another; all its numbers are finite, and too large to be added up."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(batch, features) -> the same shape"""
        return self.inner(torch.full_like(x, 0.9 * torch.finfo(x.dtype).max))


class PlantedNetwork(nn.Module):
    """stem, an in-place ReLU, body (two blocks), memory, shared (called twice), head.

    where: name of the module that is to go wrong, "-" for none; also: another one. number: what
    it puts into its output, in one place or everywhere. call: at which of its calls, 0 for each.
    in_training: only in train mode. training: the mode. packing: how the memory packs its answer.
    raises: name of a module before which an error is raised. heals: whether later modules get a
    finite input again. own_hook: name of a module that has a hook of somebody else's.

    calls: read afterwards, what is left: pairs of a word and a number or bool.
    """

    def __init__(
        self,
        where: str = "-",
        number: float = float("nan"),
        *,
        also: str = "-",
        call: int = 0,
        everywhere: bool = False,
        training: bool = False,
        packing: str = "tuple",
        in_training: bool = False,
        raises: str = "",
        heals: bool = False,
        own_hook: str = "",
    ) -> None:
        super().__init__()
        self.stem, self.act = Step(), nn.ReLU(inplace=True)
        self.body = nn.Sequential(Block(), Block())
        self.memory = Packed(packing)
        self.shared = Step()
        self.head = Step()
        self.train(training or in_training)
        self._raises, self._heals = raises, heals
        self._spoil_myself = where == ""
        self._number = number
        for name in {where, also} - {"-", ""}:
            target = self.get_submodule(name)
            assert isinstance(target, Step)
            target.plant = Plant(number, call, in_training, everywhere)
        self._own: tuple[nn.Module, int] | None = None
        if own_hook:
            owner = self.get_submodule(own_hook)
            handle = owner.register_forward_hook(lambda module, inputs, output: None)
            self._own = (owner, handle.id)
        self._mode = self.training

    def forward(self, x: Tensor) -> Tensor:
        """(batch, features) -> (batch, features)"""
        x = self._on(self.act(self.stem(x)), "body")
        x = self._on(self.body(x), "memory")
        packed = self.memory(x)
        x = packed["out"] if isinstance(packed, dict) else packed[0]
        x = self._on(x, "shared")
        x = self._on(self.shared(x), "shared")
        x = self._on(self.shared(x), "head")
        x = self.head(x)
        if self._spoil_myself:
            x = x.clone()
            x[0, 0] = self._number
        return x

    def _on(self, x: Tensor, following: str) -> Tensor:
        if self._raises == following:
            raise ValueError(f"the planted network fails before {following}")
        return x.nan_to_num(1.0, 1.0, 1.0) if self._heals else x

    @property
    def calls(self) -> list[tuple[str, Any]]:
        left = list(self._hooks())
        mine = self._own is None or self._own[1] in self._own[0]._forward_hooks
        weights = all(bool((p == 1).all()) for p in self.parameters())
        modes = {m.training for m in self.modules()}
        return [
            ("hooks left", len(left) - (self._own is not None and mine)),
            ("the other hook is there", mine),
            ("the mode is kept", modes == {self._mode}),
            ("the weights are kept", weights),
        ]

    def _hooks(self) -> Iterator[int]:
        """Every hook on any of the modules, and those on all modules there are."""
        for part in self.modules():
            for hooks in (
                part._forward_hooks,
                part._forward_pre_hooks,
                part._backward_hooks,
                part._backward_pre_hooks,
            ):
                yield from hooks
        yield from torch_modules._global_forward_hooks
        yield from torch_modules._global_forward_pre_hooks
