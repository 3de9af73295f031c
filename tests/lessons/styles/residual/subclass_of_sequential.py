"""The block is a Sequential of its left branch, and the shortcut hangs on it."""
import torch
from torch.nn import BatchNorm2d, Conv2d, Identity, ReLU, Sequential


class ResidualBlock(Sequential):
    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__(
            Conv2d(in_feats, out_feats, 3, first_stride, 1, bias=False),
            BatchNorm2d(out_feats),
            ReLU(),
            Conv2d(out_feats, out_feats, 3, 1, 1, bias=False),
            BatchNorm2d(out_feats),
        )
        if first_stride == 1 and in_feats == out_feats:
            shortcut = Identity()
        else:
            shortcut = Sequential(
                Conv2d(in_feats, out_feats, 1, first_stride, bias=False), BatchNorm2d(out_feats)
            )
        self.add_module("shortcut", shortcut)

    def forward(self, input):
        *left, shortcut = self
        output = input
        for module in left:
            output = module(output)
        total = output + shortcut(input)
        return (total + total.abs()) / 2


class BlockGroup(Sequential):
    def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
        blocks = [ResidualBlock(in_feats, out_feats, first_stride)]
        blocks.extend(ResidualBlock(out_feats, out_feats) for _ in range(1, n_blocks))
        super().__init__(*blocks)
