"""Wrong answers to checkpoint ``residual``: where a projection stands, and what it is made of."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import residual
from reference.batchnorm import BatchNorm2d
from reference.conv import Conv2d


class _Chooses(residual.ResidualBlock):
    """A block with a projection where ``projects`` says so."""

    def projects(self, in_feats, out_feats, first_stride):
        raise NotImplementedError

    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__(in_feats, out_feats, first_stride)
        self.downsample = nn.Identity()
        if self.projects(in_feats, out_feats, first_stride):
            self.downsample = nn.Sequential(
                Conv2d(in_feats, out_feats, 1, stride=first_stride), BatchNorm2d(out_feats)
            )


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class stride_two_by_default:
    """Your block takes a stride of 2 where none is given.

    The signature says `first_stride=1`: most blocks keep the height and width. The few that halve
    them are told so, `first_stride=2`.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=2):
            super().__init__(in_feats, out_feats, first_stride)


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_always:
    """Your block always has a projection, even where the input could be added as it is.

    Where stride and channels stay, the shortcut is the input itself. That costs no weights, and
    the gradient passes it untouched. Ask: `first_stride != 1 or in_feats != out_feats`.
    """

    class ResidualBlock(_Chooses):
        def projects(self, in_feats, out_feats, first_stride):
            return True


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_never:
    """Your block never has a projection, so it fails wherever the shape changes.

    The left branch then gives other channels, or another height and width, than the input has,
    and the two can't be added. There the shortcut is a 1x1 convolution and a batch norm.
    """

    class ResidualBlock(_Chooses):
        def projects(self, in_feats, out_feats, first_stride):
            return False


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_by_stride_alone:
    """Your block has a projection only where the stride is not 1.

    New channels with stride 1 need one too: (batch, 3, h, w) can't be added to (batch, 5, h, w).
    Ask: `first_stride != 1 or in_feats != out_feats`.
    """

    class ResidualBlock(_Chooses):
        def projects(self, in_feats, out_feats, first_stride):
            return first_stride != 1


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_by_channels_alone:
    """Your block has a projection only where the channels change.

    A stride needs one too, because the left branch comes out smaller than the input. Ask:
    `first_stride != 1 or in_feats != out_feats`.
    """

    class ResidualBlock(_Chooses):
        def projects(self, in_feats, out_feats, first_stride):
            return in_feats != out_feats


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_only_when_both:
    """Your block has a projection only where stride and channels both change.

    Either is enough to change the shape, so ask with `or`, not with `and`: `first_stride != 1 or
    in_feats != out_feats`. ResNet34 changes both at once, so it would hide this.
    """

    class ResidualBlock(_Chooses):
        def projects(self, in_feats, out_feats, first_stride):
            return first_stride != 1 and in_feats != out_feats


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_for_more_channels:
    """Your block has a projection for a stride and for more channels, not for fewer.

    Fewer channels are another shape too. Compare with `!=`, not with `<`: `first_stride != 1 or
    in_feats != out_feats`.
    """

    class ResidualBlock(_Chooses):
        def projects(self, in_feats, out_feats, first_stride):
            return first_stride != 1 or in_feats < out_feats


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_for_stride_two:
    """Your block has a projection for a stride of 2, not for a larger one.

    Every stride but 1 changes height and width. Ask: `first_stride != 1 or in_feats !=
    out_feats`.
    """

    class ResidualBlock(_Chooses):
        def projects(self, in_feats, out_feats, first_stride):
            return first_stride == 2 or in_feats != out_feats


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_the_other_way_round:
    """Your block has a projection where the shape stays, and none where it changes.

    The condition is the wrong way round, or the two things that follow from it are. Make the
    projection where `first_stride != 1 or in_feats != out_feats`.
    """

    class ResidualBlock(_Chooses):
        def projects(self, in_feats, out_feats, first_stride):
            return first_stride == 1 and in_feats == out_feats


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_without_batch_norm:
    """Your projection has no batch norm.

    It is a 1x1 convolution and a batch norm, so that both branches are of a similar size when
    they are added.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample = self.downsample[0]


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_with_the_left_batch_norm:
    """Your projection uses a batch norm of the left branch a second time.

    The two branches have different means and variances, and one layer would remember a mixture.
    Give the projection a batch norm of its own.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample = self.downsample[0]

        def forward(self, x):
            left = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            right = self.downsample(x)
            return F.relu(left + (right if right is x else self.bn2(right)))


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class batch_norm_on_the_identity:
    """Your shortcut has a batch norm even where it is the input itself.

    There nothing at all stands in the way: the input is added as it is. A batch norm belongs
    behind a convolution, so in the shortcut only behind the projection's.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if isinstance(self.downsample, nn.Identity):
                self.downsample = BatchNorm2d(out_feats)


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_of_3x3:
    """Your projection is a 3x3 convolution.

    It is 1x1: it mixes the channels of one place, and so changes their number, without looking
    at the neighbours. That leaves nine times fewer weights.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample[0] = Conv2d(in_feats, out_feats, 3, first_stride, 1)


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class projection_reads_out_feats:
    """Your projection is made for `out_feats` channels, but it gets `in_feats`.

    It reads the block's input, not the left branch's result. So it maps `in_feats` channels to
    `out_feats`.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample[0] = Conv2d(out_feats, out_feats, 1, first_stride)


@mistake(claim="projection", repair="depth#when-the-shortcut-needs-a-projection")
class shortcut_padded_with_zeros:
    """Your shortcut takes every n-th pixel and fills new channels with zeros.

    The paper has that too, as option A. ResNet34's trained weights are of option B: where the
    shape changes, a 1x1 convolution with the stride, and a batch norm.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.downsample = nn.Identity()
            self.first_stride, self.new = first_stride, out_feats - in_feats

        def forward(self, x):
            left = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            right = x[:, :, :: self.first_stride, :: self.first_stride]
            return F.relu(left + F.pad(right, (0, 0, 0, 0, 0, self.new)))


@mistake(claim="projection", repair="depth#the-left-branch")
class third_convolution:
    """Your block has a third 3x3 convolution, with a batch norm.

    The left branch has two. ResNet34 counts on it: 16 blocks of two convolutions, the stem and
    the head make its 34 layers with weights.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv3 = Conv2d(out_feats, out_feats, 3, padding=1)
            self.bn3 = BatchNorm2d(out_feats)

        def forward(self, x):
            left = F.relu(self.bn1(self.conv1(x)))
            left = F.relu(self.bn2(self.conv2(left)))
            return F.relu(self.bn3(self.conv3(left)) + self.downsample(x))
