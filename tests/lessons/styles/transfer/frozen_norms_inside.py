"""torchvision's FrozenBatchNorm2d in place of the batch norms, so modes do not matter."""
import torch
from torch import nn
from torchvision.ops.misc import FrozenBatchNorm2d


def freeze_norms(module):
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(child.num_features, eps=child.eps)
            frozen.load_state_dict(child.state_dict())
            setattr(module, name, frozen)
        else:
            freeze_norms(child)


def prepare_for_feature_extraction(model, n_classes):
    freeze_norms(model)
    model.requires_grad_(False)
    model.fc = nn.Linear(model.fc.in_features, n_classes)
    return model


def head_optimizer(model, lr):
    return torch.optim.SGD(model.fc.parameters(), lr=lr, momentum=0.9)


def train_head(model, batches, optimizer):
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
