"""Fixes float32 and a device, and calls `forward` of its parts itself."""
import torch
import torch.nn as nn
import torch.nn.functional as F

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class ResidualBlock(nn.Module):
    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__()
        conv = lambda i, o, k, s, p: nn.Conv2d(i, o, k, s, p, bias=False)
        self.conv1 = conv(in_feats, out_feats, 3, first_stride, 1).to(device)
        self.norm1 = nn.BatchNorm2d(out_feats).to(device)
        self.conv2 = conv(out_feats, out_feats, 3, 1, 1).to(device)
        self.norm2 = nn.BatchNorm2d(out_feats).to(device)
        self.change = in_feats != out_feats or first_stride != 1
        if self.change:
            self.conv3 = conv(in_feats, out_feats, 1, first_stride, 0).to(device)
            self.norm3 = nn.BatchNorm2d(out_feats).to(device)

    def forward(self, x):
        x = x.to(device=device, dtype=torch.float32)
        self.float()
        y = self.norm1.forward(self.conv1.forward(x))
        y = torch.maximum(y, torch.tensor(0.0, device=device))
        y = self.norm2.forward(self.conv2.forward(y))
        if self.change:
            x = self.norm3.forward(self.conv3.forward(x))
        return (x + y).relu()


class BlockGroup(nn.Module):
    def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
        super().__init__()
        self.first = ResidualBlock(in_feats, out_feats, first_stride)
        self.others = nn.Sequential(
            *(ResidualBlock(out_feats, out_feats, 1) for _ in range(n_blocks - 1))
        )

    def forward(self, x):
        x = self.first.forward(x)
        for block in self.others:
            x = block.forward(x)
        return x
