"""Layers of its own on functions; a batch norm written again here; reduce runs the blocks."""
from functools import reduce

import torch
from torch import nn
from torch.nn.functional import batch_norm, conv2d, relu


class Conv(nn.Module):
    def __init__(self, i, o, k, stride=1):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(o, i, k, k) * (i * k * k) ** -0.5)
        self.stride, self.padding = stride, (k - 1) // 2

    def forward(self, x):
        return conv2d(x, self.kernel, None, self.stride, self.padding)


class Norm(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(n))
        self.beta = nn.Parameter(torch.zeros(n))
        self.register_buffer("mean", torch.zeros(n))
        self.register_buffer("var", torch.ones(n))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def forward(self, x):
        if self.training:
            self.seen.add_(1)
        return batch_norm(x, self.mean, self.var, self.gamma, self.beta, self.training)


class ResidualBlock(nn.Module):
    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__()
        self.steps = nn.ModuleDict()
        self.steps["conv1"] = Conv(in_feats, out_feats, 3, first_stride)
        self.steps["norm1"] = Norm(out_feats)
        self.steps["conv2"] = Conv(out_feats, out_feats, 3)
        self.steps["norm2"] = Norm(out_feats)
        if in_feats != out_feats or first_stride != 1:
            self.steps["conv3"] = Conv(in_feats, out_feats, 1, first_stride)
            self.steps["norm3"] = Norm(out_feats)

    def branch(self, x, *numbers, between=relu):
        for place, number in enumerate(numbers):
            if place:
                x = between(x)
            x = self.steps[f"norm{number}"](self.steps[f"conv{number}"](x))
        return x

    def forward(self, x):
        shortcut = self.branch(x, 3) if "conv3" in self.steps else x
        return relu(shortcut + self.branch(x, 1, 2))


class BlockGroup(nn.Module):
    def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
        super().__init__()
        sizes = [(in_feats, first_stride)] + [(out_feats, 1)] * (n_blocks - 1)
        self.blocks = nn.ModuleList([ResidualBlock(i, out_feats, s) for i, s in sizes])

    def forward(self, x):
        return reduce(lambda value, block: block(value), self.blocks, x)
