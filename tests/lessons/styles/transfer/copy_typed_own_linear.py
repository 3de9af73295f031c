"""import torch as t, annotations, a deepcopy, the last linear layer by a scan, own Linear."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator

import torch as t
from mlp import Linear
from torch import nn

Batch = tuple[t.Tensor, t.Tensor]


def _last_linear(model: nn.Module) -> str:
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not names:
        raise ValueError("no linear layer")
    return names[-1]


def prepare_for_feature_extraction(model: nn.Module, n_classes: int) -> nn.Module:
    model = copy.deepcopy(model)
    name = _last_linear(model)
    old = model.get_submodule(name)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    parent, _, leaf = name.rpartition(".")
    new = Linear(old.weight.shape[-1], n_classes)
    setattr(model.get_submodule(parent), leaf, new.to(old.weight.device, old.weight.dtype))
    return model.train(False)


def _trainable(model: nn.Module) -> Iterator[t.Tensor]:
    yield from (p for p in model.parameters() if p.requires_grad)


def head_optimizer(model: nn.Module, lr: float) -> t.optim.Optimizer:
    return t.optim.AdamW(_trainable(model), lr=lr, weight_decay=0.01)


def train_head(
    model: nn.Module, batches: Iterable[Batch], optimizer: t.optim.Optimizer
) -> list[float]:
    def step(images: t.Tensor, labels: t.Tensor) -> float:
        optimizer.zero_grad()
        log_probabilities = model(images).log_softmax(-1)
        loss = -log_probabilities.gather(1, labels[:, None]).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    model.eval()
    return [step(images, labels) for images, labels in batches]
