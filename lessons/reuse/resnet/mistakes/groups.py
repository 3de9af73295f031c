"""Strides, and what blocks compute."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from lessons.reuse.resnet.mistakes.parts import Built, Parts, blocks_of


def _strides(strides):
    """A network that takes other strides than it is told: ``strides(list)``. The projections
    stay where they were, so that no row changes."""

    class ResNet34(Built):
        def make_groups(self):
            super().make_groups()
            for name, stride in zip(self.group_names, strides(list(self.strides)), strict=True):
                block = self.get_submodule(name)[0]
                block.conv1.stride = stride
                if not isinstance(block.downsample, nn.Identity):
                    block.downsample[0].stride = stride
                elif stride != 1:
                    block.downsample = nn.MaxPool2d(1, stride)

    return ResNet34


@mistake(claim="groups", repair="reuse#groups-and-their-strides")
class strides_ignored:
    """Your groups have stride 1, whatever `first_strides_per_group` says.

    Then the map never shrinks. Hand each group its own stride: its first block takes it, in the
    left branch and in the projection.
    """

    ResNet34 = _strides(lambda strides: [1] * len(strides))


@mistake(claim="stem", repair="reuse#groups-and-their-strides")
class stride_also_in_the_first_group:
    """Your first group has stride 2; it should have the stride that the list says, 1.

    The stem has halved the map twice before. The first of `first_strides_per_group` is 1 in
    ResNet34, so the first group keeps 56x56.
    """

    ResNet34 = _strides(lambda strides: [2, *strides[1:]])


@mistake(claim="groups", repair="reuse#groups-and-their-strides")
class strides_fixed:
    """Your strides are 1, 2, 2, 2 whatever `first_strides_per_group` says.

    That is the default. With the list, other networks can be built: take each stride from it.
    """

    ResNet34 = _strides(lambda strides: [1, 2, 2, 2])


@mistake(claim="groups", repair="reuse#groups-and-their-strides")
class strides_one_group_late:
    """Your groups take the stride of the group before.

    Group 2 gets the first stride, group 3 the second. Go through the lists together, with `zip`,
    or use the same index for all three.
    """

    ResNet34 = _strides(lambda strides: [1, *strides[:-1]])


@mistake(claim="groups", repair="reuse#groups-and-their-strides")
class strides_backwards:
    """Your groups take the strides in reversed order.

    The first stride belongs to the first group, right behind the stem.
    """

    ResNet34 = _strides(lambda strides: strides[::-1])


@mistake(claim="groups", repair="depth#the-left-branch")
class stride_on_the_second_convolution:
    """Your blocks stride in their second convolution; it should be the first.

    Shapes come out right, values don't. The map has to be halved before the second convolution:
    its trained weights were learned on the smaller map.
    """

    class ResNet34(Built):
        def group(self, *arguments):
            made = super().group(*arguments)
            first = made[0]
            first.conv1.stride, first.conv2.stride = first.conv2.stride, first.conv1.stride
            return made


@mistake(claim="groups", repair="depth#when-the-shortcut-needs-a-projection")
class stride_missing_in_the_projection:
    """Your projections have no stride, so the two branches differ in shape.

    The 1x1 convolution of the right branch takes the same stride as the left branch's first
    convolution.
    """

    class ResNet34(Built):
        def group(self, *arguments):
            made = super().group(*arguments)
            if not isinstance(made[0].downsample, nn.Identity):
                made[0].downsample[0].stride = 1
            return made


@mistake(claim="groups", repair="reuse#groups-and-their-strides")
class a_group_left_out:
    """Your `forward` leaves out the last group.

    It is there in `__init__`, so `state_dict` looks right. Go through all groups in `forward`.
    """

    class ResNet34(Parts):
        def groups(self, x):
            for name in self.group_names[:-1]:
                x = self.get_submodule(name)(x)
            return x


@mistake(claim="groups", repair="depth#a-block-adds-to-what-it-was-given")
class blocks_without_shortcut:
    """Your output equals a network whose blocks do not add their input.

    Then it is a plain stack. Each block gives ReLU of left branch plus right branch.
    """

    class ResNet34(Parts):
        def groups(self, x):
            for block in blocks_of(self):
                left = F.relu(block.bn1(block.conv1(x)))
                x = F.relu(block.bn2(block.conv2(left)))
            return x


@mistake(claim="groups", repair="depth#when-the-shortcut-needs-a-projection")
class identity_blocks_without_shortcut:
    """Your output equals a network whose blocks add only a projection, never the input itself.

    Where the shape stays the same, the right branch is the input. It has to be added there too.
    """

    class ResNet34(Parts):
        def groups(self, x):
            for block in blocks_of(self):
                left = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))
                bare = isinstance(block.downsample, nn.Identity)
                x = F.relu(left if bare else left + block.downsample(x))
            return x


@mistake(claim="groups", repair="depth#relu-after-the-sum")
class relu_before_the_sum:
    """Your output equals a network whose blocks apply the last ReLU before the sum.

    Each block is ReLU(left + right): add first. Otherwise a block can only add, never subtract.
    """

    class ResNet34(Parts):
        def groups(self, x):
            for block in blocks_of(self):
                left = F.relu(block.bn1(block.conv1(x)))
                x = F.relu(block.bn2(block.conv2(left))) + block.downsample(x)
            return x


@mistake(claim="groups", repair="depth#relu-after-the-sum")
class relu_on_both_sides_of_the_sum:
    """Your output equals a network whose blocks apply ReLU before the sum and again after it.

    The left branch ends with its second batch norm, so that it can subtract as well as add. One
    ReLU follows the sum: ReLU(left + right).
    """

    class ResNet34(Parts):
        def groups(self, x):
            for block in blocks_of(self):
                left = F.relu(block.bn1(block.conv1(x)))
                x = F.relu(F.relu(block.bn2(block.conv2(left))) + block.downsample(x))
            return x


@mistake(claim="groups", repair="depth#relu-after-the-sum")
class no_relu_after_the_sum:
    """Your output equals a network whose blocks have no ReLU after the sum.

    Each block is ReLU(left + right), and the next block expects that nothing is negative.
    """

    class ResNet34(Parts):
        def groups(self, x):
            for block in blocks_of(self):
                left = F.relu(block.bn1(block.conv1(x)))
                x = block.bn2(block.conv2(left)) + block.downsample(x)
            return x


@mistake(claim="groups", repair="depth#the-left-branch")
class no_relu_inside_blocks:
    """Your output equals a network whose blocks have no ReLU between their convolutions.

    The left branch is convolution, batch norm, ReLU, convolution, batch norm.
    """

    class ResNet34(Parts):
        def groups(self, x):
            for block in blocks_of(self):
                left = block.bn2(block.conv2(block.bn1(block.conv1(x))))
                x = F.relu(left + block.downsample(x))
            return x


@mistake(claim="groups", repair="reuse#groups-and-their-strides")
class a_group_in_the_middle_left_out:
    """Your `forward` leaves out a group in the middle, the third.

    Its channels are then missing for the next group. Each group's output is the next one's input.
    """

    class ResNet34(Parts):
        def groups(self, x):
            for number, name in enumerate(self.group_names, start=1):
                if number != 3:
                    x = self.get_submodule(name)(x)
            return x
