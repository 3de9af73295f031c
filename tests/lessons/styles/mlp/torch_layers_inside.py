"""SimpleMLP from torch.nn's own layers, addmm in Linear, closure for the optimizer."""

import torch
from torch import nn


class _Base(nn.Module):
    @staticmethod
    def draw(*shape, bound):
        return nn.Parameter(torch.zeros(*shape).uniform_(-bound, bound))


class Linear(_Base):
    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        bound = torch.tensor(in_features).rsqrt().item()
        self.weight = self.draw(out_features, in_features, bound=bound)
        self.bias = self.draw(out_features, bound=bound) if bias else None

    def forward(self, x):
        leading = x.shape[:-1]
        rows = x.reshape(-1, x.shape[-1])
        if self.bias is None:
            out = torch.mm(rows, self.weight.t())
        else:
            out = torch.addmm(self.bias, rows, self.weight.t())
        return out.reshape(*leading, -1)


class SimpleMLP(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(1), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))


def train(model, batches, optimizer):
    losses = []
    for batch in batches:
        images, labels = batch[0], batch[1]

        def closure():
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            losses.append(loss.item())
            return loss

        optimizer.step(closure)
    return losses


def accuracy(model, batches):
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    total = sum(len(labels) for _, labels in batches)
    right = sum((model(images).topk(1).indices[:, 0] == labels).sum() for images, labels in batches)
    torch.set_grad_enabled(before)
    return (right / total).item()
