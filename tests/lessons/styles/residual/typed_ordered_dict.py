"""Type annotations everywhere, named layers in OrderedDicts, an own ReLU with `where`."""
from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn


class Rectifier(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, x, torch.zeros_like(x))


class ResidualBlock(nn.Module):
    in_feats: int
    out_feats: int

    def __init__(self, in_feats: int, out_feats: int, first_stride: int = 1) -> None:
        nn.Module.__init__(self)
        self.in_feats, self.out_feats = in_feats, out_feats
        conv = {"bias": False}
        self.main = nn.Sequential(
            OrderedDict(
                conv_a=nn.Conv2d(in_feats, out_feats, (3, 3), (first_stride,) * 2, (1, 1), **conv),
                norm_a=nn.BatchNorm2d(out_feats),
                act_a=Rectifier(),
                conv_b=nn.Conv2d(out_feats, out_feats, (3, 3), padding="same", **conv),
                norm_b=nn.BatchNorm2d(out_feats),
            )
        )
        self.shape_changes: bool = first_stride != 1 or in_feats != out_feats
        if self.shape_changes:
            self.proj: nn.Module = nn.Sequential(
                OrderedDict(
                    conv=nn.Conv2d(in_feats, out_feats, 1, first_stride, **conv),
                    norm=nn.BatchNorm2d(out_feats),
                )
            )
        self.act = Rectifier()

    def forward(self, x: Tensor) -> Tensor:
        skip: Tensor = self.proj(x) if self.shape_changes else x
        return self.act(skip + self.main(x))


class BlockGroup(nn.Module):
    def __init__(
        self, n_blocks: int, in_feats: int, out_feats: int, first_stride: int = 1
    ) -> None:
        super().__init__()
        feats = [in_feats] + [out_feats] * n_blocks
        strides = [first_stride] + [1] * (n_blocks - 1)
        self.stack = nn.ModuleList(
            ResidualBlock(a, b, s) for a, b, s in zip(feats[:-1], feats[1:], strides)
        )

    def forward(self, x: Tensor) -> Tensor:
        for block in self.stack:
            x = block(x)
        return x
