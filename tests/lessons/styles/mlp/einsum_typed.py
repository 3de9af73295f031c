"""import torch as t, type annotations, einsum, uniform_ in place, inference_mode."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch as t
from torch import nn

Batch = tuple[t.Tensor, t.Tensor]


class Linear(nn.Module):
    weight: nn.Parameter
    bias: nn.Parameter | None

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        super().__init__()
        limit = 1 / math.sqrt(in_features)
        self.weight = nn.Parameter(t.empty(out_features, in_features))
        self.bias = nn.Parameter(t.empty(out_features)) if bias else None
        with t.no_grad():
            for parameter in self.parameters():
                parameter.uniform_(-limit, limit)

    def forward(self, x: t.Tensor) -> t.Tensor:
        y = t.einsum("...i,oi->...o", x, self.weight)
        if self.bias is not None:
            y += self.bias
        return y


class SimpleMLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.in_to_hidden = Linear(28 * 28, 100)
        self.hidden_to_out = Linear(100, 10)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: t.Tensor) -> t.Tensor:
        return self.hidden_to_out(self.act(self.in_to_hidden(x.view(x.shape[0], -1))))


def train(model: nn.Module, batches: Iterable[Batch], optimizer: t.optim.Optimizer) -> list[float]:
    def step(images: t.Tensor, labels: t.Tensor) -> float:
        loss = t.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    optimizer.zero_grad()
    return [step(images, labels) for images, labels in batches]


@t.inference_mode()
def accuracy(model: nn.Module, batches: Iterable[Batch]) -> float:
    mode = model.training
    try:
        model.train(False)
        results = t.cat([model(x).argmax(-1).eq(y) for x, y in batches])
        return results.float().mean().item()
    finally:
        model.train(mode)
