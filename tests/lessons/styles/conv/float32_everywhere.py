"""Always float32, on the weight's device, whatever comes in."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def conv_output_size(size, kernel_size, stride=1, padding=0):
    if kernel_size > size + padding * 2:
        raise Exception("too small")
    return int(np.floor((size - kernel_size + 2 * padding) / stride)) + 1


class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        k = np.sqrt(1 / (in_channels * kernel_size**2))
        values = torch.FloatTensor(out_channels, in_channels, kernel_size, kernel_size)
        self.weight = nn.Parameter(values.uniform_(-float(k), float(k)), requires_grad=True)
        self.conf = {"stride": stride, "padding": padding}

    def forward(self, x):
        x = x.to(self.weight.device).float()
        return F.conv2d(x, self.weight.float(), **self.conf)


class MaxPool2d(nn.Module):
    def __init__(self, kernel_size, stride=None, padding=0):
        super(MaxPool2d, self).__init__()
        self.pool = nn.MaxPool2d(kernel_size, stride=stride, padding=padding)

    def forward(self, x):
        return self.pool(x.float())


class AveragePool(nn.Module):
    def forward(self, x):
        return torch.mean(x.float(), dim=[-2, -1])
