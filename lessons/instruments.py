"""Models and optimizers of our own making that a claim hands to the learner's functions.

They answer in a way the claim knows beforehand and write down how they were called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.values import network_values
from reference.resnet import ResNet34


class RecordingModel(nn.Module):
    """Reads its logits straight out of the image and keeps a record of each call.

    The first ``n_classes`` pixels of an image are its logits, so a batch made for it has a
    known number of right answers. ``calls`` holds (gradients on?, train mode?, batch size).
    """

    def __init__(self, n_classes: int = 10) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.scale = nn.Parameter(torch.ones(()))
        self.calls: list[tuple[bool, bool, int]] = []

    def forward(self, images: Tensor) -> Tensor:
        """(batch, 1, height, width) -> (batch, n_classes)"""
        self.calls.append((torch.is_grad_enabled(), self.training, len(images)))
        return images.flatten(1)[:, : self.n_classes] * self.scale


class TinyNetwork(nn.Module):
    """A network as small as they come, for training functions: linear, ReLU, linear.

    Its parameters are filled by ``Subject.load``. Train and eval mode compute the same.
    """

    def __init__(self, inputs: int, hidden: int, classes: int, dtype: str = "float32") -> None:
        super().__init__()
        kind = getattr(torch, dtype)
        self.linear1 = nn.Linear(inputs, hidden, dtype=kind)
        self.linear2 = nn.Linear(hidden, classes, dtype=kind)

    def forward(self, images: Tensor) -> Tensor:
        """(batch, 1, height, width) -> (batch, classes)"""
        return self.linear2(F.relu(self.linear1(images.flatten(1))))


class Shelf(nn.Module):
    """Nothing but tensors under given names, for functions that copy a ``state_dict``.

    rows: (name, kind, shape) each, in order; a dotted name makes modules, as "conv.weight"
    does. kind: parameter, buffer, or counter (an int64 buffer). All are zero at first.
    """

    def __init__(
        self, rows: Sequence[tuple[str, str, Sequence[int]]], dtype: str = "float32"
    ) -> None:
        super().__init__()
        for path, kind, shape in rows:
            *outer, name = path.split(".")
            place: nn.Module = self
            for part in outer:
                if part not in dict(place.named_children()):
                    place.add_module(part, nn.Module())
                place = place.get_submodule(part)
            number = torch.int64 if kind == "counter" else getattr(torch, dtype)
            values = torch.zeros(tuple(shape), dtype=number)
            if kind == "parameter":
                place.register_parameter(name, nn.Parameter(values))
            else:
                place.register_buffer(name, values)


def pretrained_resnet(seed: int, dtype: str = "float32") -> nn.Module:
    """The reference's ResNet34, all of whose weights and statistics are random and count.

    It is what torchvision's resnet34 is, entry by entry (``tests/reference/test_resnet.py``).
    """
    with torch.device("meta"):  # no initial values, as all are replaced
        model = ResNet34()
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    generator = torch.Generator().manual_seed(seed)
    values = network_values(shapes, generator, getattr(torch, dtype))
    model.load_state_dict(values, assign=True)
    return model


class RecordingSGD(torch.optim.SGD):
    """``torch.optim.SGD`` that keeps a record of what happened to it, in order.

    ``calls`` holds "step", "zero_grad", and "backward" when a gradient reached its parameters.
    """

    def __init__(self, parameters: list[Tensor], lr: float) -> None:
        super().__init__(parameters, lr=lr)
        self.calls: list[str] = []
        parameters[-1].register_hook(self._backward)

    def _backward(self, gradient: Tensor) -> None:
        self.calls.append("backward")

    def step(self, closure: Callable[[], float] | None = None) -> Any:
        self.calls.append("step")
        return super().step(closure)

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.calls.append("zero_grad")
        super().zero_grad(set_to_none)


RECORDING = (RecordingModel, RecordingSGD)
