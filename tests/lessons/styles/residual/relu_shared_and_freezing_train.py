"""One ReLU module for all blocks; `train` overridden (and calling super); input cloned; asserts."""
import torch
from torch import nn

RELU = nn.ReLU()


class ResidualBlock(nn.Module):
    def __init__(self, in_feats: int, out_feats: int, first_stride: int = 1):
        super().__init__()
        self.left = nn.Sequential(
            nn.Conv2d(in_feats, out_feats, 3, first_stride, 1, bias=False), nn.BatchNorm2d(out_feats), RELU,
            nn.Conv2d(out_feats, out_feats, 3, 1, 1, bias=False), nn.BatchNorm2d(out_feats),
        )
        self.relu = RELU
        self.right = None
        if not (first_stride == 1) or not (in_feats == out_feats):
            self.right = nn.Sequential(nn.Conv2d(in_feats, out_feats, 1, first_stride, 0, bias=False), nn.BatchNorm2d(out_feats))
        self.uses_batch = True

    def train(self, mode: bool = True):
        self.uses_batch = mode
        return super().train(mode)

    def forward(self, x):
        assert self.uses_batch == self.training
        shortcut = x.clone()
        if self.right is not None:
            shortcut = self.right(shortcut)
        x = self.left(x)
        x += shortcut
        return self.relu(x)


class BlockGroup(nn.Module):
    def __init__(self, n_blocks: int, in_feats: int, out_feats: int, first_stride: int = 1):
        super().__init__()
        assert n_blocks >= 1
        self.first = ResidualBlock(in_feats, out_feats, first_stride)
        self.rest = nn.ModuleList([ResidualBlock(out_feats, out_feats, 1) for _ in range(n_blocks)][1:])

    def train(self, mode=True):
        super().train(mode)
        return self

    def forward(self, x):
        x = self.first(x)
        for block in self.rest:
            x = block(x)
        return x
