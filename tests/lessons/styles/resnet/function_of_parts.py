"""ResNet34 is a function that returns an nn.Sequential; blocks add with torch.add."""

from collections import OrderedDict

import torch as t
from torch import nn


class Add(nn.Module):
    def __init__(self, main, side):
        super().__init__()
        self.main, self.side = main, side

    def forward(self, x):
        return t.add(self.main(x), self.side(x)).clamp(min=0)


def conv_bn(i, o, k, s):
    return [nn.Conv2d(i, o, k, s, k // 2, bias=False), nn.BatchNorm2d(o)]


def block(i, o, s):
    main = nn.Sequential(*conv_bn(i, o, 3, s), nn.ReLU(True), *conv_bn(o, o, 3, 1))
    side = nn.Sequential(*conv_bn(i, o, 1, s)) if (i, 1) != (o, s) else nn.Identity()
    return Add(main, side)


def ResNet34(
    n_blocks_per_group=[3, 4, 6, 3],
    out_features_per_group=[64, 128, 256, 512],
    first_strides_per_group=[1, 2, 2, 2],
    n_classes=1000,
):
    width = out_features_per_group[0]
    parts = OrderedDict(stem=nn.Sequential(*conv_bn(3, width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)))
    blocks = []
    for n, o, s in zip(n_blocks_per_group, out_features_per_group, first_strides_per_group):
        for k in range(n):
            blocks.append(block(width, o, s if k == 0 else 1))
            width = o
    parts["blocks"] = nn.Sequential(*blocks)  # no groups at all
    parts["pool"] = nn.AdaptiveAvgPool2d(1)
    parts["flat"] = nn.Flatten()
    parts["head"] = nn.Linear(width, n_classes)
    return nn.Sequential(parts)


def copy_weights(mine, pretrained):
    a, b = mine.state_dict(), pretrained.state_dict()
    keys = list(zip(a, b, strict=True))
    if any(a[k].size() != b[l].size() for k, l in keys):
        raise RuntimeError("sizes differ")
    mine.load_state_dict(OrderedDict((k, b[l].clone()) for k, l in keys), strict=True)
    return mine
