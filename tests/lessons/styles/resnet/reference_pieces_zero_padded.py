"""The reference's blocks; a max pool that pads with zeros (after ReLU that is the same)."""

import itertools

import torch.nn.functional as F
from torch import nn

from reference.batchnorm import BatchNorm2d
from reference.conv import Conv2d
from reference.residual import ResidualBlock


class Stem(nn.Sequential):
    def __init__(self, width):
        super().__init__(Conv2d(3, width, 7, 2, 3), BatchNorm2d(width), nn.ReLU())

    def forward(self, x):
        return F.max_pool2d(F.pad(super().forward(x), (1, 1, 1, 1)), 3, 2)


class Body(nn.Sequential):
    def __init__(self, counts, widths, strides):
        before = itertools.chain(widths[:1], widths)
        super().__init__()
        for count, old, new, stride in zip(counts, before, widths, strides):
            self.append(ResidualBlock(old, new, stride))
            self.extend(ResidualBlock(new, new) for _ in range(1, count))


class ResNet34(nn.Module):
    def __init__(
        self,
        n_blocks_per_group=[3, 4, 6, 3],
        out_features_per_group=[64, 128, 256, 512],
        first_strides_per_group=[1, 2, 2, 2],
        n_classes=1000,
    ):
        nn.Module.__init__(self)
        self.stem = Stem(out_features_per_group[0])
        self.body = Body(n_blocks_per_group, out_features_per_group, first_strides_per_group)
        self.head = nn.Linear(out_features_per_group[-1], n_classes)

    def forward(self, image):
        maps = self.body(self.stem(image))
        rows = maps.reshape(*maps.shape[:2], -1)
        return self.head(rows.mean(2))


def _shapes(model):
    return [tuple(value.shape) for value in model.state_dict().values()]


def copy_weights(mine, pretrained):
    if _shapes(mine) != _shapes(pretrained):
        raise Exception("these two do not fit")
    values = iter(pretrained.state_dict().values())
    mine.load_state_dict({name: next(values) for name in mine.state_dict()})
    return mine
