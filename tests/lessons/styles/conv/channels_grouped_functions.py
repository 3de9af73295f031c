"""Functions first, thin classes around them; __call__ left alone; one filter at a time."""

import torch
from torch import Tensor, nn
from torch.nn import Parameter
from torch.nn import functional as fun


def conv_output_size(size, kernel_size, stride=1, padding=0):
    left_over = size + padding + padding
    left_over -= kernel_size
    if left_over < 0:
        raise RuntimeError(f"{kernel_size=} is too large for {size=} and {padding=}")
    return (left_over + stride) // stride


def uniform(*shape: int, bound: float) -> Tensor:
    return torch.rand(shape).mul(2 * bound).sub(bound)


def one_map(x: Tensor, filter: Tensor, stride: int, padding: int) -> Tensor:
    return fun.conv2d(x, filter.unsqueeze(0), stride=stride, padding=padding)


def strongest(x: Tensor, kernel: int, stride: int, padding: int) -> Tensor:
    # rows first, then columns: the maximum of maxima
    lowest = torch.finfo(x.dtype).min
    x = fun.pad(x, (padding, padding, padding, padding), "constant", lowest)
    x = x.unfold(2, kernel, stride).max(-1).values
    return x.unfold(3, kernel, stride).max(-1).values


class Conv2d(nn.Module):
    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, padding: int = 0
    ):
        super().__init__()
        self.how = dict(stride=stride, padding=padding)
        area = kernel_size**2
        bound = (1 / in_channels / area) ** 0.5
        self.weight: Parameter = Parameter(
            uniform(out_channels, in_channels, kernel_size, kernel_size, bound=bound)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([one_map(x, filter, **self.how) for filter in self.weight], dim=1)


class MaxPool2d(nn.Module):
    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.how = (kernel_size, kernel_size if stride is None else stride, padding)

    def forward(self, x):
        return strongest(x, *self.how)


class AveragePool(nn.Module):
    forward = staticmethod(lambda x: x.mean(-1).mean(-1))
