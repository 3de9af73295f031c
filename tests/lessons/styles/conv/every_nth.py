"""Stride by keeping every n-th place of the full map; a pool that repeats the edge."""

import torch
import torch.nn.functional as F
from torch import nn


def conv_output_size(size, kernel_size, stride=1, padding=0):
    return len(range(0, size + 2 * padding - kernel_size + 1, stride))


class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        self.every = slice(None, None, stride)
        self.border = padding
        spread = torch.distributions.Uniform(-1.0, 1.0)
        values = spread.sample((out_channels, in_channels, kernel_size, kernel_size))
        self.weight = nn.Parameter(values * values[0].numel() ** -0.5)

    def forward(self, x):
        b = self.border
        full = F.conv2d(F.pad(x, [b] * 4), self.weight)
        return full[..., self.every, self.every]


class MaxPool2d(nn.Module):
    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.window = (kernel_size, kernel_size)
        self.every = slice(None, None, kernel_size if stride is None else stride)
        self.border = padding

    def forward(self, x):
        if self.border:
            # a copy of the edge is in each window that it is copied into, so it changes nothing
            x = F.pad(x, [self.border] * 4, mode="replicate")
        return F.max_pool2d(x, self.window, stride=1)[..., self.every, self.every]


class AveragePool(nn.Module):
    def forward(self, x):
        n, c = x.shape[:2]
        return x.reshape(n, c, -1).mean(-1)
