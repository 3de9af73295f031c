"""Cuts the network into its children and chains them anew; Adagrad; a while loop."""

from collections import OrderedDict

import torch
from torch import nn


def prepare_for_feature_extraction(model, n_classes):
    *body, old_head = model.children()
    backbone = nn.Sequential(*body)
    backbone.requires_grad_(False)
    return nn.Sequential(
        OrderedDict(
            backbone=backbone,
            flatten=nn.Flatten(),
            head=nn.Linear(old_head.in_features, n_classes),
        )
    ).eval()


def head_optimizer(model, lr):
    return torch.optim.Adagrad(params=[*model.head.parameters()], lr=lr)


def train_head(model, batches, optimizer):
    model.backbone.eval()
    losses = []
    stream = iter(batches)
    while (batch := next(stream, None)) is not None:
        images, labels = batch
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
