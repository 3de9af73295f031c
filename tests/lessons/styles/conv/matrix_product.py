"""im2col: F.unfold and one matrix product; own mixin; no annotations, tuples inside."""

from math import sqrt

import torch.nn.functional as F
from torch import empty, nn


def conv_output_size(size, kernel_size, stride=1, padding=0):
    total = 2 * padding + size
    return None if total < kernel_size else 1 + (total - kernel_size) // stride


class _Window:
    """What all windows have in common."""

    def window(self, k, s, p):
        self.k, self.s, self.p = k, s, p
        return self

    def out(self, x):
        return [conv_output_size(n, self.k, self.s, self.p) for n in x.shape[-2:]]


class Conv2d(nn.Module, _Window):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        nn.Module.__init__(self)
        self.window(kernel_size, stride, padding)
        shape = out_channels, in_channels, kernel_size, kernel_size
        self.weight = nn.Parameter(empty(*shape))
        self.reset_parameters()

    def reset_parameters(self):
        limit = 1 / sqrt(self.weight[0].numel())
        self.weight.data.uniform_(-limit, limit)

    def forward(self, x):
        columns = F.unfold(x, self.k, stride=self.s, padding=self.p)  # (b, c*k*k, places)
        out = self.weight.flatten(1) @ columns
        return out.view(len(x), -1, *self.out(x))


class MaxPool2d(nn.Module, _Window):
    def __init__(self, kernel_size, stride=None, padding=0):
        nn.Module.__init__(self)
        self.window(kernel_size, kernel_size if stride is None else stride, padding)

    def forward(self, x):
        lowest = x.detach().min()  # as low as any value there is: it never wins alone
        x = F.pad(x, (self.p,) * 4, value=lowest.item())
        b, c, h, w = x.shape
        columns = F.unfold(x.reshape(b * c, 1, h, w), self.k, stride=self.s)
        size = [(n - self.k) // self.s + 1 for n in (h, w)]
        return columns.max(dim=1)[0].reshape(b, c, *size)


class AveragePool(nn.Module):
    def forward(self, x):
        return F.avg_pool2d(x, x.shape[2:])[:, :, 0, 0]
