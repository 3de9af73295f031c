"""Casts to float32 and to the parameters' device; losses as detached tensors."""

import torch
import torch.nn.functional as F
from torch import nn

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Linear(nn.Module):
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        sf = 1 / (in_features**0.5)
        weight = sf * (2 * torch.rand(out_features, in_features) - 1)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(sf * (2 * torch.rand(out_features) - 1)) if bias else None

    def forward(self, x):
        x = x.float().to(self.weight.device) @ self.weight.float().T
        if self.bias is not None:
            x = x + self.bias.float()
        return x


class SimpleMLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear1 = Linear(in_features=28 * 28, out_features=100)
        self.relu = nn.ReLU()
        self.linear2 = Linear(in_features=100, out_features=10)

    def forward(self, x):
        return self.linear2(self.relu(self.linear1(self.flatten(x))))


def train(model, batches, optimizer):
    loss_list = []
    for imgs, labels in batches:
        imgs = imgs.to(DEVICE)
        labels = labels.to(DEVICE)
        logits = model(imgs)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        loss_list.append(loss.detach())
    return loss_list


def accuracy(model, batches):
    num_correct, total = 0, 0
    mode = model.training
    model.eval()
    for imgs, labels in batches:
        with torch.inference_mode():
            logits = model(imgs)
        num_correct += torch.sum(torch.argmax(logits, dim=1) == labels).item()
        total += imgs.shape[0]
    model.train(mode)
    return num_correct / total
