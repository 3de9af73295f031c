"""Fixes float32; max pool before ReLU (they commute); pads by hand; .data in copy_weights."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Norm(nn.BatchNorm2d):
    def forward(self, x):
        return super().forward(x.float())


class Conv(nn.Module):
    def __init__(self, i, o, k, s=1):
        super().__init__()
        self.s = s
        self.p = (k - 1) // 2
        self.weight = nn.Parameter(torch.randn(o, i, k, k, dtype=torch.float32) * (2 / (i * k * k)) ** 0.5)

    def forward(self, x):
        return F.conv2d(F.pad(x.float(), [self.p] * 4), self.weight.float(), None, self.s)


class Res(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.c1, self.b1 = Conv(i, o, 3, s), Norm(o)
        self.c2, self.b2 = Conv(o, o, 3), Norm(o)
        self.project = s != 1 or i != o
        if self.project:
            self.c3, self.b3 = Conv(i, o, 1, s), Norm(o)

    def forward(self, x):
        h = self.b2(self.c2(F.relu(self.b1(self.c1(x)))))
        if self.project:
            x = self.b3(self.c3(x))
        return torch.relu_(h.add(x))


class ResNet34(nn.Module):
    def __init__(self, n_blocks_per_group=[3, 4, 6, 3], out_features_per_group=[64, 128, 256, 512],
                 first_strides_per_group=[1, 2, 2, 2], n_classes=1000):
        super().__init__()
        self.c, self.b = Conv(3, 64, 7, 2), Norm(64)
        i = 64
        self.names = []
        for g in range(4):
            for k in range(n_blocks_per_group[g]):
                s = first_strides_per_group[g] if k == 0 else 1
                setattr(self, f"g{g}b{k}", Res(i, out_features_per_group[g], s))
                self.names.append(f"g{g}b{k}")
                i = out_features_per_group[g]
        self.out = nn.Linear(i, n_classes)

    def forward(self, x):
        x = self.b(self.c(x))
        x = torch.relu(F.max_pool2d(x, (3, 3), (2, 2), (1, 1)))
        for name in self.names:
            x = getattr(self, name)(x)
        x = x.flatten(2).sum(-1) / (x.shape[2] * x.shape[3])
        return F.linear(x, self.out.weight.float(), self.out.bias.float())


def copy_weights(mine, pretrained):
    a, b = mine.state_dict(), pretrained.state_dict()
    if len(a) != len(b):
        raise ValueError("lengths")
    for (na, va), (nb, vb) in zip(a.items(), b.items()):
        if va.shape != vb.shape:
            raise ValueError(f"{na} {va.shape} {nb} {vb.shape}")
    for va, vb in zip(a.values(), b.values()):
        va.data[...] = vb.data.detach().clone()
    return mine
