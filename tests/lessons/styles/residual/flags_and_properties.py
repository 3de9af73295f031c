"""Decides in `forward` by what is there; the shortcut runs first, though it is declared last."""
import torch
import torch.nn as nn
from batchnorm import BatchNorm2d as BN
from conv import Conv2d as Conv


class ResidualBlock(nn.Module):
    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__()
        self.first = nn.Sequential(Conv(in_feats, out_feats, 3, first_stride, 1), BN(out_feats))
        self.second = nn.Sequential(Conv(out_feats, out_feats, 3, padding=1), BN(out_feats))
        self.shortcut = None
        if self.changes(in_feats, out_feats, first_stride):
            self.shortcut = nn.Sequential(Conv(in_feats, out_feats, 1, first_stride), BN(out_feats))

    @staticmethod
    def changes(in_feats, out_feats, first_stride):
        return not (in_feats == out_feats and first_stride == 1)

    @property
    def has_projection(self):
        return self.shortcut is not None

    def forward(self, x):
        residual = self.shortcut(x) if self.has_projection else x.clone()
        x = self.first(x)
        x = torch.relu(x)
        x = self.second(x)
        residual.add_(x) if not residual.requires_grad else None
        if residual.requires_grad:
            residual = residual + x
        return torch.relu(residual)


class BlockGroup(nn.Module):
    def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
        super().__init__()
        self.n_blocks = n_blocks
        for i in range(n_blocks):
            setattr(self, f"block_{i}", ResidualBlock(in_feats, out_feats, first_stride))
            in_feats, first_stride = out_feats, 1

    def forward(self, x):
        for i in range(self.n_blocks):
            x = getattr(self, f"block_{i}")(x)
        return x
