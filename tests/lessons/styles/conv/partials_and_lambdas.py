"""Lambdas, functools.partial, a class made by type(), star import, keyword-only options."""
from functools import partial
from torch.nn import *
import torch
import torch.nn.functional as F

conv_output_size = lambda size, kernel_size, stride=1, padding=0: (
    (size + 2 * padding - kernel_size) // stride + 1 if size + 2 * padding >= kernel_size else 0
)


class _Conv(Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, *, groups=1, bias=False):
        super().__init__()
        assert not bias
        k = groups / (in_channels * kernel_size**2)
        draw = torch.rand(out_channels, in_channels // groups, kernel_size, kernel_size)
        self.weight = Parameter(draw * 2 * k**0.5 - k**0.5)
        self.apply_conv = partial(F.conv2d, stride=stride, padding=padding, groups=groups)

    def forward(self, x):
        return self.apply_conv(x, self.weight)


Conv2d = partial(_Conv, bias=False)
AveragePool = lambda: Sequential(AdaptiveAvgPool2d(1), Flatten())


def _pool_init(self, kernel_size, stride=None, padding=0):
    Module.__init__(self)
    self.window = dict(kernel_size=kernel_size, stride=stride, padding=padding)


MaxPool2d = type(
    "MaxPool2d",
    (Module,),
    {"__init__": _pool_init, "forward": lambda self, x: F.max_pool2d(x, **self.window)},
)
