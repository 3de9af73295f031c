"""Freezes module by module and thaws the head again; half of the work in a loop over children;
gradients by torch.autograd.grad; eval through apply."""

import torch
from torch import Tensor, nn


def prepare_for_feature_extraction(model: nn.Module, n_classes: int) -> nn.Module:
    name, last = list(model.named_children())[-1]
    setattr(model, name, nn.Linear(last.in_features, n_classes).to(last.weight))
    for child in model.children():
        child.requires_grad_(False)
    getattr(model, name).requires_grad_(True)
    return model.apply(lambda module: module.eval())


def head_optimizer(model: nn.Module, lr: float) -> torch.optim.Optimizer:
    params = [p for p in model.parameters() if p.requires_grad is True]
    optimizer = torch.optim.Adam(params)
    for group in optimizer.param_groups:
        group["lr"] = lr
    return optimizer


def train_head(model, batches, optimizer) -> list[float]:
    model.eval()
    head: list[Tensor] = [p for p in model.parameters() if p.requires_grad]
    history: list[Tensor] = []
    for x, y in batches:
        loss = nn.CrossEntropyLoss()(model(x), y)
        for p, g in zip(head, torch.autograd.grad(loss, head), strict=True):
            p.grad = g
        optimizer.step()
        history.append(loss.detach())
    return [loss.item() for loss in history]
