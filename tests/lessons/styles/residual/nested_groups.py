"""A group is a first block and a smaller group; a skip wrapper; ReLU as clamp."""
import torch
from batchnorm import BatchNorm2d
from conv import Conv2d
from torch import nn


class Plus(nn.Module):
    """Adds what a function gives to what another one gives."""

    def __init__(self, f, g):
        super().__init__()
        self.f = f
        self.g = g

    def forward(self, x):
        return torch.stack([self.f(x), self.g(x)]).sum(dim=0)


def same(x):
    return x


class ResidualBlock(nn.Module):
    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__()

        class Clamp(nn.Module):
            def forward(self, x):
                return x.clamp(min=0)

        f = nn.Sequential(
            Conv2d(in_feats, out_feats, 3, first_stride, 1), BatchNorm2d(out_feats), Clamp(),
            Conv2d(out_feats, out_feats, 3, 1, 1), BatchNorm2d(out_feats),
        )
        if first_stride == 1 and in_feats == out_feats:
            g = same
        else:
            g = nn.Sequential(Conv2d(in_feats, out_feats, 1, first_stride), BatchNorm2d(out_feats))
        self.body = nn.Sequential(Plus(f, g), Clamp())

    def forward(self, x):
        return self.body(x)


class BlockGroup(nn.Module):
    def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
        super().__init__()
        self.head = ResidualBlock(in_feats, out_feats, first_stride)
        self.tail = BlockGroup(n_blocks - 1, out_feats, out_feats) if n_blocks > 1 else same

    def forward(self, x):
        return self.tail(self.head(x))
