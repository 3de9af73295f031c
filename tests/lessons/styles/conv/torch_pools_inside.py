"""torch.nn's pools inside or as base, kaiming with a=sqrt(5), a helper class between."""

import math

import torch
from torch import nn


class _Layer(nn.Module):
    def extra_repr(self):
        return ", ".join(f"{k}={v}" for k, v in vars(self).items() if isinstance(v, int))


def conv_output_size(size, kernel_size, stride=1, padding=0):
    steps, _ = divmod(size + 2 * padding - kernel_size, stride)
    return steps + 1  # 0 or less: no place


class Conv2d(_Layer):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.bias = None
        self.register_parameter(
            "weight",
            nn.Parameter(torch.empty(out_channels, in_channels, kernel_size, kernel_size)),
        )
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))

    def forward(self, x):
        return torch.conv2d(x, self.weight, self.bias, (self.stride,) * 2, (self.padding,) * 2)


class MaxPool2d(nn.MaxPool2d):
    pass


class AveragePool(_Layer):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten())

    def forward(self, x):
        return self.net(x)
