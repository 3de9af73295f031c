"""torchvision's ResNet34 and the one on trial: their rows, a copy in any order, their stages."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lessons.labs import Bench
from lessons.values import network_values
from reference.data import digits

SHOWN = 10  # digits that both networks look at, one of each class
# Of a stage's largest value: above it, a difference is more than float32 rounds in 34 layers.
APART = 1e-3
SURE = 10.0  # logit of a digit's own class


class Stage(NamedTuple):
    """An output inside a network. holds: numbers of the rows that its module has."""

    name: str
    holds: frozenset[int]
    output: Tensor


class Departure(NamedTuple):
    """How far a stage is from torchvision's. gap: the largest difference; inf where one of the two
    is no number. share: of the stage's largest value."""

    name: str
    gap: float
    share: float

    @property
    def apart(self) -> bool:
        return not self.share <= APART


class Swapped(nn.Module):
    """Tensors in a given order, a module each: parameters and buffers come in that order too."""

    def __init__(self, tensors: dict[str, Tensor], parameters: list[bool]) -> None:
        super().__init__()
        for (name, value), is_parameter in zip(tensors.items(), parameters, strict=True):
            row = nn.Module()
            if is_parameter:
                row.register_parameter("value", nn.Parameter(value, value.is_floating_point()))
            else:
                row.register_buffer("value", value)
            self.add_module(name.replace(".", "_"), row)


class Twins:
    """Both networks, and what they make of the same digits."""

    def __init__(self, bench: Bench) -> None:
        bench.progress(0, 3)
        from torchvision.models import (
            resnet34,  # here: it takes a second, and only this lab needs it
        )

        self._piece: Any = bench.piece("resnet")
        bench.progress(1, 3)
        with torch.device("meta"):  # values come below, so none are drawn here
            theirs = resnet34()
        self.theirs = theirs.to_empty(device="cpu")
        shapes = {name: tuple(value.shape) for name, value in theirs.state_dict().items()}
        generator = torch.Generator().manual_seed(bench.seed)
        self.values = network_values(shapes, generator, torch.float32)
        self.theirs.load_state_dict(self.values)
        self.images = enlarged(one_of_each())
        self._settle()
        self._fit_head()
        self.names = list(shapes)
        self.shapes = list(shapes.values())
        learnt = dict(theirs.named_parameters())
        self._parameters = [name in learnt for name in self.names]
        bench.progress(2, 3)
        torch.manual_seed(bench.seed)
        self.mine: nn.Module = self._piece.ResNet34()
        self.my_names = list(self.mine.state_dict())
        self._right: dict[bool, list[Stage]] = {}
        self._comparable: dict[bool, set[str]] = {}
        self.parity: dict[bool, Departure] = {}  # of the logits, with all rows in order
        bench.progress(3, 3)

    def _settle(self) -> None:
        """Let the running statistics be those of the digits, as after a training.

        Then both modes compute nearly the same, and yet no statistic is that of another row.
        """
        norms = [m for m in self.theirs.modules() if isinstance(m, nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = 1.0
        with torch.no_grad():
            self.theirs.train()(self.images)
        for norm in norms:
            norm.momentum = 0.1
        for name, value in self.theirs.state_dict().items():
            self.values[name].copy_(value)

    def _fit_head(self) -> None:
        """Let the head say what each digit is in eval mode: random layers alone say nothing.

        The other 990 classes keep random weights, small ones.
        """
        seen = stages(self.theirs, list(self.values), self.images, train=False)
        features = next(s.output for s in seen if s.name == "avgpool").flatten(1)  # (10, 512)
        mean = features.mean(0)
        weight, bias = self.values["fc.weight"], self.values["fc.bias"]
        weight *= 0.1
        weight[:SHOWN] = SURE * torch.linalg.pinv(features - mean).T
        bias[:] = -weight @ mean
        self.theirs.load_state_dict(self.values)

    def copy(self, first: int = 0, second: int = 0) -> str:
        """Copy the weights with two rows exchanged. Returns why that was refused, "" if not."""
        order = list(range(len(self.names)))
        order[first], order[second] = second, first
        tensors = {self.names[row]: self.values[self.names[row]] for row in order}
        source = Swapped(tensors, self._parameters)
        fits = all(self.shapes[a] == self.shapes[b] for a, b in enumerate(order))
        try:
            self._piece.copy_weights(self.mine, source)
        except Exception as error:
            if fits:
                raise
            return str(error).partition("\n")[0] or type(error).__name__
        return ""

    def compare(self, first: int, second: int, *, train: bool) -> tuple[list[Departure], Tensor]:
        """Copy with two rows exchanged, and look at each stage in the order in which it ends.

        Returns the stages that can be compared, the logits last under the name "", and the logits
        themselves (SHOWN, 1000). The two rows have one shape.
        """
        self._look_in_order(train)
        self.copy(first, second)
        mine = stages(self.mine, self.my_names, self.images, train)
        found = [
            departure
            for departure in self._departures(mine, train)
            if departure.name in self._comparable[train]
        ]
        return found, mine[-1].output

    def right_logits(self, *, train: bool) -> Tensor:
        return self._right[train][-1].output

    def _look_in_order(self, train: bool) -> None:
        """Once for each mode: what torchvision's network computes, and how the copy compares."""
        if train in self._comparable:
            return
        self._right[train] = stages(self.theirs, self.names, self.images, train)
        self.theirs.load_state_dict(self.values)  # train mode moved its running statistics
        self.copy()
        mine = stages(self.mine, self.my_names, self.images, train)
        found = self._departures(mine, train)
        self.parity[train] = found[-1]
        # A module of the learner's may hold the same rows and yet end elsewhere, after a ReLU.
        self._comparable[train] = {d.name for d in found if not d.apart} | {""}

    def _departures(self, mine: list[Stage], train: bool) -> list[Departure]:
        own: dict[frozenset[int], list[Tensor]] = {}
        for stage in mine:
            own.setdefault(stage.holds, []).append(stage.output)
        found = []
        for name, holds, right in self._right[train]:
            outputs = [out for out in own.get(holds, []) if out.shape == right.shape]
            if holds and outputs and name:
                found.append(min((departure(name, o, right) for o in outputs), key=lambda d: d.gap))
        logits, right = mine[-1].output, self._right[train][-1].output
        return [*found, departure("", logits, right)]


def departure(name: str, output: Tensor, right: Tensor) -> Departure:
    if output.shape != right.shape or not bool(output.isfinite().all()):
        return Departure(name, math.inf, math.inf)
    gap = (output - right).abs().max().item()
    return Departure(name, gap, gap / max(right.abs().max().item(), 1e-12))


def stages(model: nn.Module, names: list[str], images: Tensor, train: bool) -> list[Stage]:
    """Each module's output on the images, in the order of their ending; the network's own last.

    names: of the rows of its ``state_dict``.
    """
    seen: list[Stage] = []

    def remember(name: str) -> Any:
        start = f"{name}." if name else ""
        holds = frozenset(row for row, own in enumerate(names) if own.startswith(start))

        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                # A copy: the ReLU that follows may work in place.
                seen.append(Stage(name, holds, output.detach().clone()))

        return hook

    handles = [module.register_forward_hook(remember(n)) for n, module in model.named_modules()]
    try:
        with torch.no_grad():
            model.train(train)(images)
    finally:
        for handle in handles:
            handle.remove()
    return seen


def one_of_each() -> Tensor:
    """The first test digit of each class: (10, 1, 28, 28)."""
    images, labels = digits("test")
    return torch.stack([images[int((labels == digit).nonzero()[0])] for digit in range(SHOWN)])


def enlarged(images: Tensor) -> Tensor:
    """Digits (n, 1, 28, 28) as the network takes images: (n, 3, 64, 64), in the middle."""
    large = images.repeat_interleave(2, -1).repeat_interleave(2, -2)  # (n, 1, 56, 56)
    return nn.functional.pad(large, (4, 4, 4, 4)).expand(-1, 3, -1, -1).contiguous()
