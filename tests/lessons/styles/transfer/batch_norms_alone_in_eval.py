"""Only the batch norms go to eval, the rest trains on in train mode; freezing by name."""

import torch
import torch.nn as nn
import torch.nn.functional as F


def freeze_bn(m):
    if isinstance(m, nn.modules.batchnorm._BatchNorm):
        m.eval()


def prepare_for_feature_extraction(model, n_classes):
    model.fc = nn.Linear(in_features=model.fc.in_features, out_features=n_classes, bias=True)
    for name, p in model.named_parameters():
        if not name.startswith("fc."):
            p.requires_grad = False
    return model


def head_optimizer(model, lr):
    weight, bias = (p for n, p in model.named_parameters() if n in ("fc.weight", "fc.bias"))
    return torch.optim.SGD([{"params": [weight]}, {"params": [bias], "momentum": 0.5}], lr=lr)


def train_head(model, batches, optimizer):
    model.train()
    model.apply(freeze_bn)
    losses = []
    for images, labels in batches:
        with torch.enable_grad():
            loss = F.cross_entropy(input=model(images), target=labels)
            loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses
