"""A module of its own around the backbone; features under no_grad; eval in train_head alone."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy


class FeatureExtractor(nn.Module):
    def __init__(self, backbone, n_features, n_classes):
        super().__init__()
        self.classifier = nn.Linear(n_features, n_classes)
        self.backbone = backbone

    def forward(self, x):
        with torch.no_grad():
            features = self.backbone(x)
        return self.classifier(features)


def prepare_for_feature_extraction(model, n_classes):
    n_features = model.fc.weight.size(1)
    model.fc = nn.Identity()
    for p in model.parameters():
        p.requires_grad = False
        p.grad = None
    return FeatureExtractor(model, n_features, n_classes)


def head_optimizer(model, lr):
    return torch.optim.RMSprop(model.classifier.parameters(), lr)


def train_head(model, batches, optimizer):
    model.eval()
    losses = []
    for x, y in batches:
        loss = cross_entropy(model(x), y)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        losses += [loss.detach().cpu().item()]
    return losses
