"""Models and optimizers of our own making that a claim hands to the learner's functions.

They answer in a way the claim knows beforehand and write down how they were called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.planted import LargeNumbers, PlantedNetwork
from lessons.values import network_values
from reference.resnet import ResNet34


class Calls(list[tuple[bool, bool, int]]):
    """A record of calls. A copy of the model that keeps it writes into the same record, so that
    code which measures a deep copy is seen as well."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Calls:
        return self


class RecordingModel(nn.Module):
    """Reads its logits straight out of the image and keeps a record of each call.

    The first ``n_classes`` pixels of an image are its logits, so a batch made for it has a
    known number of right answers. ``calls`` holds (gradients on?, train mode?, batch size).
    """

    def __init__(self, n_classes: int = 10) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.scale = nn.Parameter(torch.ones(()))
        self.calls = Calls()

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


class PretrainedNetwork(nn.Module):
    """A small residual network built as torchvision builds its own, to be reused.

    torch.nn's layers under torchvision's names, every step a module, the last one ``fc``: code
    that looks for ``model.fc``, for the last child or for the last ``nn.Linear`` finds the head.
    Its tensors are filled by ``Subject.load``.
    """

    def __init__(self, widths: tuple[int, int] = (6, 9), n_classes: int = 7) -> None:
        super().__init__()
        first, last = widths
        self.conv1 = nn.Conv2d(3, first, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = nn.Sequential(PretrainedBlock(first, first, 1))
        self.layer2 = nn.Sequential(PretrainedBlock(first, last, 2))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(last, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 3, height, width) -> (batch, n_classes)"""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.avgpool(self.layer2(self.layer1(x)))
        return self.fc(x.flatten(1))


class PretrainedBlock(nn.Module):
    """A residual block of ``PretrainedNetwork``."""

    def __init__(self, in_feats: int, out_feats: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_feats, out_feats, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_feats)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out_feats, out_feats, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_feats)
        self.downsample = None
        if stride != 1 or in_feats != out_feats:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_feats, out_feats, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_feats),
            )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, in_feats, height, width) -> (batch, out_feats, height / stride, ...)"""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + shortcut)


class RecordingSGD(torch.optim.SGD):
    """``torch.optim.SGD`` that keeps a record of what happened to it, in order.

    It holds those of ``parameters`` that require gradients. ``calls`` holds "step", "zero_grad",
    and "backward" when a gradient reached its parameters.
    """

    def __init__(self, parameters: list[Tensor], lr: float) -> None:
        parameters = [parameter for parameter in parameters if parameter.requires_grad]
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


RECORDING = (RecordingModel, RecordingSGD, PlantedNetwork)

# Kept in modules of their own.
__all__ = ["LargeNumbers", "PlantedNetwork"]
