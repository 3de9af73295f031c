"""In place wherever that is harmless; layers in a ModuleList; blocks added one by one."""
from torch import nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__()
        self.layers = nn.ModuleList()
        self.layers.append(nn.Conv2d(in_feats, out_feats, 3, first_stride, 1, bias=False))
        self.layers.append(nn.BatchNorm2d(out_feats))
        self.layers.append(nn.Conv2d(out_feats, out_feats, 3, 1, 1, bias=False))
        self.layers.append(nn.BatchNorm2d(out_feats))
        if not (first_stride == 1 and in_feats == out_feats):
            self.layers.append(nn.Conv2d(in_feats, out_feats, 1, first_stride, bias=False))
            self.layers.append(nn.BatchNorm2d(out_feats))

    def forward(self, x):
        c1, n1, c2, n2, *right = self.layers
        h = n2(c2(F.relu_(n1(c1(x)))))
        for layer in right:
            x = layer(x)
        h += x
        return F.relu_(h)


class BlockGroup(nn.ModuleList):
    def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
        super().__init__()
        while len(self) < n_blocks:
            self.append(ResidualBlock(in_feats, out_feats, first_stride))
            in_feats, first_stride = out_feats, 1

    def forward(self, x):
        for i in range(len(self)):
            x = self[i](x)
        return x
