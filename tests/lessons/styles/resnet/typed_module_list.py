"""Type annotations, dataclass of settings, nn.ModuleList; parameters and buffers copied apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Plan:
    blocks: int
    inputs: int
    outputs: int
    stride: int


class Unit(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(
            inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False
        )
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.convolution(x))


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.units = nn.ModuleList([Unit(inputs, outputs, 3, stride), Unit(outputs, outputs, 3)])
        self.shortcut: Unit | None = None
        if stride > 1 or inputs != outputs:
            self.shortcut = Unit(inputs, outputs, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.units[1](F.relu(self.units[0](x)))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class ResNet34(nn.Module):
    def __init__(
        self,
        n_blocks_per_group: Sequence[int] = [3, 4, 6, 3],
        out_features_per_group: Sequence[int] = [64, 128, 256, 512],
        first_strides_per_group: Sequence[int] = [1, 2, 2, 2],
        n_classes: int = 1000,
    ) -> None:
        super().__init__()
        out = list(out_features_per_group)
        plans = map(Plan, n_blocks_per_group, out[:1] + out[:-1], out, first_strides_per_group)
        self.stem = Unit(3, out[0], 7, 2)
        self.groups = nn.ModuleList(nn.ModuleList(self._blocks(plan)) for plan in plans)
        self.scores = nn.Linear(out[-1], n_classes)

    @staticmethod
    def _blocks(plan: Plan) -> Iterable[Block]:
        yield Block(plan.inputs, plan.outputs, plan.stride)
        for _ in range(plan.blocks - 1):
            yield Block(plan.outputs, plan.outputs, 1)

    def features(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.stem(x)), kernel_size=3, stride=2, padding=1)
        for group in self.groups:
            for block in group:
                x = block(x)
        return x.mean((-2, -1))

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.features(x))


def copy_weights(mine: nn.Module, pretrained: nn.Module) -> nn.Module:
    def rows(model: nn.Module) -> list[list[Tensor]]:
        return [list(model.parameters()), list(model.buffers())]

    for ours, theirs in zip(rows(mine), rows(pretrained)):
        if len(ours) != len(theirs):
            raise ValueError(f"{len(ours)} tensors, not {len(theirs)}")
        for number, (a, b) in enumerate(zip(ours, theirs)):
            if a.shape != b.shape:
                raise ValueError(f"tensor {number}: {tuple(a.shape)}, not {tuple(b.shape)}")
    with torch.no_grad():
        for ours, theirs in zip(rows(mine), rows(pretrained)):
            for a, b in zip(ours, theirs):
                a.copy_(b)
    return mine
