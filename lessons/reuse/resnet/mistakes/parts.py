"""The reference's network in three steps, so that a mistake can replace one of them."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from reference import resnet
from reference.batchnorm import BatchNorm2d
from reference.conv import AveragePool, Conv2d, MaxPool2d
from reference.mlp import Linear
from reference.residual import BlockGroup

DEFAULTS = ([3, 4, 6, 3], [64, 128, 256, 512], [1, 2, 2, 2])


class Parts(resnet.ResNet34):
    """``forward`` of the reference as stem, groups and head."""

    def stem(self, x):
        return self.maxpool(self.before_pool(x))

    def before_pool(self, x):
        return F.relu(self.bn1(self.conv1(x)))

    def groups(self, x):
        for name in self.group_names:
            x = self.get_submodule(name)(x)
        return x

    def head(self, x):
        return self.fc(self.avgpool(x))

    def forward(self, x):
        return self.head(self.groups(self.stem(x)))


class Built(Parts):
    """``__init__`` of the reference in steps. Each is given what it needs, and the lists stay
    within reach under ``blocks``, ``widths`` and ``strides``."""

    def __init__(
        self,
        n_blocks_per_group=DEFAULTS[0],
        out_features_per_group=DEFAULTS[1],
        first_strides_per_group=DEFAULTS[2],
        n_classes=1000,
    ):
        nn.Module.__init__(self)
        self.blocks, self.widths = n_blocks_per_group, out_features_per_group
        self.strides, self.n_classes = first_strides_per_group, n_classes
        self.group_names = []
        self.make_stem(self.widths[0])
        self.make_groups()
        self.make_head(self.widths[-1], n_classes)

    def make_stem(self, feats):
        self.conv1 = Conv2d(3, feats, 7, stride=2, padding=3)
        self.bn1 = BatchNorm2d(feats)
        self.maxpool = MaxPool2d(3, stride=2, padding=1)

    def make_groups(self):
        feats = self.widths[0]
        lists = zip(self.blocks, self.widths, self.strides, strict=True)
        for number, (n_blocks, out_feats, first_stride) in enumerate(lists, start=1):
            name = f"layer{number}"
            self.add_module(name, self.group(n_blocks, feats, out_feats, first_stride))
            self.group_names.append(name)
            feats = out_feats

    def group(self, n_blocks, in_feats, out_feats, first_stride):
        return BlockGroup(n_blocks, in_feats, out_feats, first_stride)

    def make_head(self, feats, n_classes):
        self.avgpool = AveragePool()
        self.fc = Linear(feats, n_classes)


def blocks_of(network):
    """All residual blocks of a network, in order."""
    return [block for name in network.group_names for block in network.get_submodule(name)]


def with_bias(conv):
    """The same convolution with a bias, as ``nn.Conv2d`` has one by default."""
    out_channels, in_channels, size, _ = conv.weight.shape
    return nn.Conv2d(in_channels, out_channels, size, conv.stride, conv.padding)


def fits(mine, pretrained):
    """Refuse what does not fit, as the reference does, so that a mistake is wrong only in what
    it is about."""
    shapes = [value.shape for value in mine.state_dict().values()]
    if shapes != [value.shape for value in pretrained.state_dict().values()]:
        raise ValueError("they do not fit")


def pairs(mine, pretrained):
    return zip(mine.state_dict().values(), pretrained.state_dict().values(), strict=True)


def copy_all(mine, pretrained):
    for target, source in pairs(mine, pretrained):
        target.copy_(source)
    return mine
