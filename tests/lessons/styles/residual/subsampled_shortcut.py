"""The stride by slicing before a 1x1 convolution of stride 1; zero-initialised last scale; He init."""
import torch
from torch import nn
import torch.nn.functional as F


class ResidualBlock(nn.Module):
    expansion = 1

    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__()
        self.step = first_stride
        self.conv_a = nn.Conv2d(in_feats, out_feats, 3, padding="same", bias=False)
        self.norm_a = nn.BatchNorm2d(out_feats)
        self.conv_b = nn.Conv2d(out_feats, out_feats, 3, padding="same", bias=False)
        self.norm_b = nn.BatchNorm2d(out_feats)
        if first_stride - 1 or in_feats - out_feats:
            self.mix = nn.Conv2d(in_feats, out_feats, (1, 1), bias=False)
            self.mix_norm = nn.BatchNorm2d(out_feats)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(self.norm_b.weight)

    def thin(self, x):
        return x[..., :: self.step, :: self.step]

    def forward(self, x):
        y = F.relu(self.norm_a(self.thin(self.conv_a(x))))
        y = self.norm_b(self.conv_b(y))
        if hasattr(self, "mix"):
            x = self.mix_norm(self.mix(self.thin(x)))
        return F.relu(y + x)


def BlockGroup(n_blocks, in_feats, out_feats, first_stride=1):
    return nn.Sequential(
        ResidualBlock(in_feats, out_feats, first_stride),
        *[ResidualBlock(out_feats, out_feats) for _ in range(n_blocks - 1)],
    )
