"""A helper module for convolution and batch norm; the group is a Sequential that grows."""
import torch.nn.functional as F
from batchnorm import BatchNorm2d
from conv import Conv2d
from torch import nn


class ConvNorm(nn.Module):
    def __init__(self, n_in, n_out, k, stride=1):
        super().__init__()
        self.conv = Conv2d(n_in, n_out, k, stride, k // 2)
        self.norm = BatchNorm2d(n_out)

    def forward(self, x):
        return self.norm(self.conv(x))


class ResidualBlock(nn.Module):
    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__()
        self.a = ConvNorm(in_feats, out_feats, 3, first_stride)
        self.b = ConvNorm(out_feats, out_feats, 3)
        keeps = (in_feats, first_stride) == (out_feats, 1)
        self.c = nn.Sequential() if keeps else ConvNorm(in_feats, out_feats, 1, first_stride)

    def forward(self, x):
        return F.relu(self.b(F.relu(self.a(x))).add(self.c(x)))


class BlockGroup(nn.Sequential):
    def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
        super().__init__()
        for i in range(n_blocks):
            block = ResidualBlock(
                in_feats if i == 0 else out_feats, out_feats, first_stride if i == 0 else 1
            )
            self.add_module(f"block{i}", block)
