"""import torch as t, unfold and einsum in place of conv2d, -inf by hand, annotations."""

from __future__ import annotations

import math

import torch as t
from torch import nn


def conv_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    answer = math.floor((size + 2 * padding - (kernel_size - 1) - 1) / stride + 1)
    assert answer > 0, "kernel does not fit"
    return answer


def _windows(x: t.Tensor, k: int, stride: int) -> t.Tensor:
    return x.unfold(2, k, stride).unfold(3, k, stride)  # (b, c, oh, ow, k, k)


class Conv2d(nn.Module):
    weight: nn.Parameter

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__()
        fan_in = in_channels * kernel_size**2
        self.weight = nn.Parameter(t.empty(out_channels, in_channels, kernel_size, kernel_size))
        nn.init.uniform_(self.weight, -(fan_in**-0.5), fan_in**-0.5)
        self._step, self._pad = stride, padding

    def forward(self, x: t.Tensor) -> t.Tensor:
        p = self._pad
        x = t.nn.functional.pad(x, (p, p, p, p))
        return t.einsum("bchwij,ocij->bohw", _windows(x, self.weight.shape[-1], self._step), self.weight)


class MaxPool2d(nn.Module):
    def __init__(self, kernel_size: int, stride: int | None = None, padding: int = 0) -> None:
        super().__init__()
        self.k = kernel_size
        self.step = stride or kernel_size
        self.pad = nn.ConstantPad2d(padding, -math.inf)

    def forward(self, x: t.Tensor) -> t.Tensor:
        return _windows(self.pad(x), self.k, self.step).amax(dim=(-1, -2))


class AveragePool(nn.Module):
    def forward(self, x: t.Tensor) -> t.Tensor:
        return t.einsum("bchw->bc", x) / (x.size(-1) * x.size(-2))
