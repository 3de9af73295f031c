"""Rows of the groups that are missing, extra, swapped or misshapen."""

from __future__ import annotations

from torch import nn

from lessons.mistakes import mistake
from lessons.reuse.resnet.mistakes.parts import Built
from reference import resnet
from reference.batchnorm import BatchNorm2d
from reference.conv import Conv2d
from reference.residual import BlockGroup, ResidualBlock


def _projected(block, in_feats, out_feats, stride):
    block.downsample = nn.Sequential(Conv2d(in_feats, out_feats, 1, stride), BatchNorm2d(out_feats))


@mistake(claim="state-dict", repair="reuse#groups-and-their-strides")
class every_group_projects:
    """Your first block projects in every group, even where its shape stays the same.

    In ResNet34 the first group takes 64 channels and gives 64, with stride 1. Its right branch
    is the input itself, without weights. A 1x1 convolution belongs only where the shape changes.
    If your blocks know that, look at the strides: 2 for every group brings the same rows.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            made = super().group(n_blocks, in_feats, out_feats, first_stride)
            _projected(made[0], in_feats, out_feats, first_stride)
            return made


@mistake(claim="state-dict", repair="reuse#groups-and-their-strides")
class every_block_projects:
    """Every block of yours projects, even where its shape stays the same.

    A 1x1 convolution and batch norm stand in the right branch only where stride or channels
    change: in ResNet34 in the first block of groups 2, 3 and 4. Everywhere else the right branch
    is the input itself.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            made = super().group(n_blocks, in_feats, out_feats, first_stride)
            for number, block in enumerate(made):
                first = number == 0
                _projected(
                    block, in_feats if first else out_feats, out_feats, first_stride if first else 1
                )
            return made


@mistake(claim="state-dict", repair="reuse#groups-and-their-strides")
class first_group_strides:
    """Your first group has a projection; torchvision's has none.

    It comes of a stride of 2 there. The stem has halved the map twice before, so the first group
    keeps its size: it takes the first of `first_strides_per_group`, which is 1.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            stride = first_stride if self.group_names else 2
            return super().group(n_blocks, in_feats, out_feats, stride)


@mistake(claim="state-dict", repair="depth#a-group-of-blocks")
class every_block_strides:
    """Every block of yours takes its group's stride, not the first one only.

    So the later blocks of a group halve the map again, and project for it. Hand the stride to the
    first block. The others keep stride 1.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            first = ResidualBlock(in_feats, out_feats, first_stride)
            others = [
                ResidualBlock(out_feats, out_feats, first_stride) for _ in range(n_blocks - 1)
            ]
            return nn.Sequential(first, *others)


@mistake(claim="state-dict", repair="reuse#groups-and-their-strides")
class all_but_the_first_group_project:
    """Your groups after the first always project, even where the shape stays the same.

    "Not the first group" happens to be right for ResNet34's own widths and strides. The rule
    behind it is: a 1x1 convolution exactly where stride is not 1 or the channels change.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            made = super().group(n_blocks, in_feats, out_feats, first_stride)
            made[0].downsample = nn.Identity()
            if self.group_names:
                _projected(made[0], in_feats, out_feats, first_stride)
            return made


@mistake(claim="state-dict", repair="depth#when-the-shortcut-needs-a-projection")
class projection_by_stride_alone:
    """Your groups project only where the stride is not 1.

    Channels may change without a stride. Then left and right branch have different shapes and
    can't be added. Project where stride is not 1 or the channels change.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            made = super().group(n_blocks, in_feats, out_feats, first_stride)
            if first_stride == 1:
                made[0].downsample = nn.Identity()
            return made


@mistake(claim="state-dict", repair="depth#when-the-shortcut-needs-a-projection")
class projection_by_channels_alone:
    """Your groups project only where the channels change.

    A stride of 2 halves height and width even where the channels stay. Then left and right
    branch have different shapes. Project where stride is not 1 or the channels change.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            made = super().group(n_blocks, in_feats, out_feats, first_stride)
            if in_feats == out_feats:
                made[0].downsample = nn.Identity()
            return made


@mistake(claim="state-dict", repair="depth#when-the-shortcut-needs-a-projection")
class no_projection:
    """Your groups never project.

    Where stride or channels change, left and right branch differ in shape and can't be added.
    There the right branch is a 1x1 convolution with that stride, and a batch norm.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            made = super().group(n_blocks, in_feats, out_feats, first_stride)
            made[0].downsample = nn.Identity()
            return made


@mistake(claim="state-dict", repair="depth#when-the-shortcut-needs-a-projection")
class projection_without_norm:
    """Your projections are a 1x1 convolution without its batch norm.

    Each convolution of the network has a batch norm behind it, that of the right branch too:
    five entries more.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            made = super().group(n_blocks, in_feats, out_feats, first_stride)
            if not isinstance(made[0].downsample, nn.Identity):
                made[0].downsample = made[0].downsample[:1]
            return made


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class right_branch_declared_first:
    """Your blocks declare the right branch before the left one.

    In torchvision's `state_dict` the projection comes last in its block: conv1, bn1, conv2, bn2,
    downsample. Assign the left branch first.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            made = super().group(n_blocks, in_feats, out_feats, first_stride)
            made[0]._modules = {
                name: made[0]._modules[name]
                for name in ("downsample", "conv1", "bn1", "conv2", "bn2")
            }
            return made


@mistake(claim="state-dict", repair="reuse#one-order-for-all")
class norms_declared_after_convolutions:
    """Your blocks declare both convolutions first and both batch norms after them.

    `state_dict` follows the order of declaration. Declare a block as data flows: convolution,
    batch norm, convolution, batch norm.
    """

    class ResNet34(Built):
        def group(self, *arguments):
            made = super().group(*arguments)
            for block in made:
                block._modules = {
                    name: block._modules[name]
                    for name in ("conv1", "conv2", "bn1", "bn2", "downsample")
                }
            return made


@mistake(claim="state-dict", repair="reuse#groups-and-their-strides")
class in_features_never_move_on:
    """Each group of yours takes the stem's channels, not those of the group before.

    After each group, its output channels are the input channels of the next: set
    `in_feats = out_feats` at the end of the loop.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            return BlockGroup(n_blocks, self.widths[0], out_feats, first_stride)


@mistake(claim="state-dict", repair="reuse#groups-and-their-strides")
class blocks_fixed:
    """Your network has 3, 4, 6 and 3 blocks whatever `n_blocks_per_group` says.

    The list is an argument so that other depths can be built: `[2, 2, 2, 2]` makes ResNet18.
    """

    class ResNet34(resnet.ResNet34):
        def __init__(self, n_blocks_per_group=None, *arguments, **named):
            super().__init__([3, 4, 6, 3], *arguments, **named)


@mistake(claim="state-dict", repair="depth#a-group-of-blocks")
class a_block_too_many:
    """Each group of yours has one block too many.

    `n_blocks` counts the first block, the one with the stride, too: one such block, then
    `n_blocks - 1` others.
    """

    class ResNet34(Built):
        def group(self, n_blocks, *others):
            return super().group(n_blocks + 1, *others)


@mistake(claim="state-dict", repair="depth#a-group-of-blocks")
class a_block_too_few:
    """Your groups of several blocks have one block too few.

    `range(1, n - 1)` gives n - 2 numbers. After the first block come `n_blocks - 1` others:
    `range(n_blocks - 1)`, or `range(1, n_blocks)`.
    """

    class ResNet34(Built):
        def group(self, n_blocks, *others):
            return super().group(max(1, n_blocks - 1), *others)


@mistake(claim="state-dict", repair="depth#a-group-of-blocks")
class one_block_a_group:
    """Each group of yours has a single block.

    `n_blocks_per_group` says how many there are: a first one with the stride, then
    `n_blocks - 1` others that keep the shape.
    """

    class ResNet34(Built):
        def group(self, n_blocks, *others):
            return super().group(1, *others)


@mistake(claim="state-dict", repair="depth#a-group-of-blocks")
class one_block_repeated:
    """Your groups repeat one block object instead of making new blocks.

    `[block] * n` is n times the same block, with the same weights. Make a new one each time:
    `[ResidualBlock(feats, feats) for _ in range(n)]`.
    """

    class ResNet34(Built):
        def group(self, n_blocks, in_feats, out_feats, first_stride):
            first = ResidualBlock(in_feats, out_feats, first_stride)
            again = ResidualBlock(out_feats, out_feats)
            return nn.Sequential(first, *[again] * (n_blocks - 1))


@mistake(claim="state-dict", repair="reuse#groups-and-their-strides")
class last_group_missing:
    """Your network lacks its last group.

    There is a group for each entry of the lists, four in ResNet34. `range(1, len(widths))` gives
    only three numbers.
    """

    class ResNet34(Built):
        def make_groups(self):
            super().make_groups()
            del self._modules[self.group_names.pop()]

        def make_head(self, feats, n_classes):
            super().make_head(self.widths[-2], n_classes)


@mistake(claim="state-dict", repair="reuse#groups-and-their-strides")
class first_group_missing:
    """Your network lacks its first group.

    The stem is not the first group: after its max pool all four groups follow. The first takes
    the stem's channels and keeps them.
    """

    class ResNet34(Built):
        def make_groups(self):
            super().make_groups()
            del self._modules[self.group_names.pop(0)]
