"""One image at a time, device and type taken from the input, complex control flow."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def conv_output_size(size, kernel_size, stride=1, padding=0):
    """-> int"""
    if not all(isinstance(n, int) for n in (size, kernel_size, stride, padding)):
        raise TypeError
    n_out = (size - kernel_size + 2 * padding + stride) / stride
    if n_out < 1:
        raise ValueError
    return math.trunc(n_out)


class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        k = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        self.stride = stride
        self.padding = padding
        std = 1 / math.sqrt(in_channels * k[0] * k[1])
        self.weight = nn.Parameter(torch.zeros(out_channels, in_channels, *k))
        with torch.no_grad():
            for row in self.weight:
                row.uniform_(-std, std)

    def forward(self, x):
        weight = self.weight.to(device=x.device, dtype=x.dtype)
        maps = []
        for image in x:
            maps.append(F.conv2d(image, weight, stride=self.stride, padding=self.padding))
        return torch.stack(maps)


class MaxPool2d(nn.Module):
    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.pool = lambda x: F.max_pool2d(
            x, kernel_size, stride if stride is not None else kernel_size, padding, ceil_mode=False
        )

    def forward(self, x):
        return torch.stack([self.pool(image) for image in x])


class AveragePool(nn.Module):
    def forward(self, x):
        out = torch.zeros(x.shape[0], x.shape[1], device=x.device, dtype=x.dtype)
        for n in range(x.shape[0]):
            for c in range(x.shape[1]):
                out[n, c] = x[n, c].mean()
        return out
