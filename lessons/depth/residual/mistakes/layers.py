"""Wrong answers to checkpoint ``residual``: which layers a block has, and how it keeps them."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import residual
from reference.batchnorm import BatchNorm2d
from reference.conv import Conv2d


@mistake(claim="layers", repair="depth#the-left-branch")
class layers_not_kept:
    """Your block keeps none of the layers that its `__init__` makes.

    Either they stand in local variables (`conv1 = ...`), which are gone when `__init__` ends:
    write `self.conv1 = ...`. Or a second `super().__init__()` has wiped what was registered
    before it: call it once, first of all.
    """

    class ResidualBlock(nn.Module):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__()
            self.block = residual.ResidualBlock(in_feats, out_feats, first_stride)
            super().__init__()

        def forward(self, x):
            return self.block(x)


@mistake(claim="layers", repair="depth#the-left-branch")
class layers_in_a_list:
    """Your layers stand in a plain Python list, so the block does not register them.

    A module looks into its attributes, not into lists. Training, saving and copying weights all
    pass them by. Use `nn.Sequential`, `nn.ModuleList`, or an attribute for each layer.
    """

    class ResidualBlock(nn.Module):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__()
            self.layers = [residual.ResidualBlock(in_feats, out_feats, first_stride)]

        def forward(self, x):
            self.layers[0].train(self.training)
            return self.layers[0](x)


@mistake(claim="layers", repair="depth#the-left-branch")
class left_branch_in_a_list:
    """The layers of your left branch stand in a plain Python list, so none is registered.

    The projection is registered and the left branch is not. A module looks into its attributes,
    not into lists. Use `nn.Sequential(...)`, or an attribute for each layer.
    """

    class ResidualBlock(nn.Module):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__()
            block = residual.ResidualBlock(in_feats, out_feats, first_stride)
            self.right = block.downsample
            self.left = [block.conv1, block.bn1, nn.ReLU(), block.conv2, block.bn2]

        def forward(self, x):
            left = x
            for layer in self.left:
                left = layer.train(self.training)(left)
            return F.relu(left + self.right(x))


@mistake(claim="layers", repair="depth#the-left-branch")
class layers_made_in_forward:
    """Your `forward` makes new layers each time, so their weights are new each time.

    What a layer has learned is gone with the next call, and the optimizer never sees it. Make
    the layers once, in `__init__`, assign them to `self`, and only call them in `forward`.
    """

    class ResidualBlock(nn.Module):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__()
            self.sizes = (in_feats, out_feats, first_stride)

        def forward(self, x):
            return residual.ResidualBlock(*self.sizes).train(self.training)(x)


@mistake(claim="layers", repair="depth#the-left-branch")
class super_init_missing:
    """Your block assigns layers before `super().__init__()` has run.

    That call makes the register which assigned layers are written into. Put it on the first line
    of `__init__`.
    """

    class ResidualBlock(nn.Module):
        def __init__(self, in_feats, out_feats, first_stride=1):
            self.conv1 = Conv2d(in_feats, out_feats, 3, stride=first_stride, padding=1)


@mistake(claim="layers", repair="depth#the-left-branch")
class convolutions_with_bias:
    """Your convolutions have a bias.

    The batch norm behind each subtracts the mean, and the bias with it. So a bias does nothing,
    and trained weights bring none along. `nn.Conv2d` has one unless you say `bias=False`.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv1 = nn.Conv2d(in_feats, out_feats, 3, first_stride, 1)
            self.conv2 = nn.Conv2d(out_feats, out_feats, 3, 1, 1)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample[0] = nn.Conv2d(in_feats, out_feats, 1, first_stride)


@mistake(claim="layers", repair="depth#the-left-branch")
class left_branch_with_bias:
    """The convolutions of your left branch have a bias.

    The batch norm behind each subtracts the mean, and the bias with it. So a bias does nothing,
    and trained weights bring none along. Say `bias=False` there too, as in the projection.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv1 = nn.Conv2d(in_feats, out_feats, 3, first_stride, 1)
            self.conv2 = nn.Conv2d(out_feats, out_feats, 3, 1, 1)


@mistake(claim="layers", repair="depth#when-the-shortcut-needs-a-projection")
class projection_with_bias:
    """The 1x1 convolution of your projection has a bias.

    The batch norm behind it subtracts the mean, and the bias with it. So it does nothing, and
    trained weights bring none along. Say `bias=False` there too.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample[0] = nn.Conv2d(in_feats, out_feats, 1, first_stride)


@mistake(claim="layers", repair="depth#the-left-branch")
class batch_norm_used_twice:
    """Your left branch uses one batch norm twice.

    The two convolutions give different numbers, with different means and variances. One layer
    would remember a mixture of both, and fit neither. Make a second batch norm.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            del self.bn2

        def forward(self, x):
            left = self.bn1(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return F.relu(left + self.downsample(x))


@mistake(claim="layers", repair="depth#the-left-branch")
class batch_norm_used_everywhere:
    """Your block uses one batch norm for all of its convolutions, the projection's included.

    Each convolution gives numbers with a mean and a variance of their own. One layer would
    remember a mixture, and fit none. Make one batch norm for each convolution.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            del self.bn2
            if not isinstance(self.downsample, nn.Identity):
                self.downsample = self.downsample[0]

        def forward(self, x):
            left = self.bn1(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            right = self.downsample(x)
            if right is not x:
                right = self.bn1(right)
            return F.relu(left + right)


@mistake(claim="layers", repair="depth#the-left-branch")
class batch_norm_missing:
    """Your left branch has one batch norm only.

    Each of its two convolutions is followed by a batch norm: conv, bn, ReLU, conv, bn.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.bn2 = nn.Identity()


@mistake(claim="layers", repair="depth#the-left-branch")
class no_batch_norms:
    """Your block has no batch norms.

    Each convolution is followed by one: conv, bn, ReLU, conv, bn on the left, conv, bn in a
    projection. They keep the numbers of a deep stack at a steady size.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.bn1 = self.bn2 = nn.Identity()
            if not isinstance(self.downsample, nn.Identity):
                self.downsample = self.downsample[0]


@mistake(claim="layers", repair="depth#the-left-branch")
class batch_norms_without_affine:
    """Your batch norms have no scale and no shift of their own.

    `affine=False` leaves them out. They are learned, and trained weights bring values for them.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.bn1 = nn.BatchNorm2d(out_feats, affine=False)
            self.bn2 = nn.BatchNorm2d(out_feats, affine=False)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample[1] = nn.BatchNorm2d(out_feats, affine=False)


@mistake(claim="layers", repair="depth#the-left-branch")
class batch_norms_without_statistics:
    """Your batch norms remember no statistics.

    `track_running_stats=False` leaves out the running mean and variance. In eval mode an image's
    answer would depend on the images beside it, and trained statistics have no place to go.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.bn1 = nn.BatchNorm2d(out_feats, track_running_stats=False)
            self.bn2 = nn.BatchNorm2d(out_feats, track_running_stats=False)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample[1] = nn.BatchNorm2d(out_feats, track_running_stats=False)


@mistake(claim="layers", repair="depth#the-left-branch")
class batch_norm_of_in_feats:
    """Your first batch norm has `in_feats` channels, but it gets `out_feats` of them.

    It stands behind the first convolution, which turns `in_feats` channels into `out_feats`. All
    batch norms of a block have `out_feats` channels.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.bn1 = BatchNorm2d(in_feats)


@mistake(claim="layers", repair="depth#the-left-branch")
class batch_norm_before_the_convolution:
    """Your left branch normalises before each convolution: bn, ReLU, conv, bn, ReLU, conv.

    Such a block exists, under the name of pre-activation. ResNet34 is made of the other kind:
    conv, bn, ReLU, conv, bn. Its weights fit that order only.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.bn1 = BatchNorm2d(in_feats)

        def forward(self, x):
            left = self.conv1(F.relu(self.bn1(x)))
            left = self.conv2(F.relu(self.bn2(left)))
            return left + self.downsample(x)


@mistake(claim="layers", repair="depth#when-the-shortcut-needs-a-projection")
class projections_batch_norm_of_in_feats:
    """The batch norm of your projection has `in_feats` channels, but it gets `out_feats`.

    It stands behind the 1x1 convolution, which turns `in_feats` channels into `out_feats`. All
    batch norms of a block have `out_feats` channels.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample[1] = BatchNorm2d(in_feats)


@mistake(claim="layers", repair="depth#when-the-shortcut-needs-a-projection")
class projection_normalised_first:
    """Your projection runs its batch norm before its convolution.

    The other way round: first the 1x1 convolution, then a batch norm of `out_feats` channels. So
    both branches end in a batch norm, and are of a similar size when they are added.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample = nn.Sequential(BatchNorm2d(in_feats), self.downsample[0])


@mistake(claim="layers", repair="depth#the-left-branch")
class second_convolution_reads_in_feats:
    """Your second 3x3 convolution is made for `in_feats` channels, but it gets `out_feats`.

    It reads what the first one gives, so it maps `out_feats` channels to `out_feats`. That shows
    only where the two numbers differ.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv2 = Conv2d(in_feats, out_feats, 3, padding=1)


@mistake(claim="layers", repair="depth#the-left-branch")
class channels_change_in_the_second:
    """Your left branch changes the channels in its second convolution.

    The first one does it, in_feats -> out_feats, together with the stride. The second one maps
    out_feats -> out_feats.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv1 = Conv2d(in_feats, in_feats, 3, stride=first_stride, padding=1)
            self.bn1 = BatchNorm2d(in_feats)
            self.conv2 = Conv2d(in_feats, out_feats, 3, padding=1)


@mistake(claim="layers", repair="depth#the-left-branch")
class one_convolution_only:
    """Your left branch has one convolution only.

    It has two: conv, bn, ReLU, conv, bn. With a single one there is no ReLU inside the branch,
    and what it adds is a linear map of its input.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            del self.conv2, self.bn2

        def forward(self, x):
            return F.relu(self.bn1(self.conv1(x)) + self.downsample(x))


@mistake(claim="layers", repair="depth#the-left-branch")
class bottleneck:
    """Your left branch is a bottleneck: a 1x1, a 3x3 and another 1x1 convolution.

    That is the block of ResNet50 and of larger ones. The block of ResNet34 has two 3x3
    convolutions.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv1 = Conv2d(in_feats, out_feats, 1)
            self.conv2 = Conv2d(out_feats, out_feats, 3, stride=first_stride, padding=1)
            self.conv3 = Conv2d(out_feats, out_feats, 1)
            self.bn3 = BatchNorm2d(out_feats)

        def forward(self, x):
            left = F.relu(self.bn1(self.conv1(x)))
            left = F.relu(self.bn2(self.conv2(left)))
            return F.relu(self.bn3(self.conv3(left)) + self.downsample(x))


@mistake(claim="layers", repair="depth#the-left-branch")
class larger_windows:
    """The convolutions of your left branch look through windows of 5x5.

    They are 3x3, with padding 1. Two in a row see 5x5 pixels already, with 18 weights for each
    pair of channels in place of 25.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv1 = Conv2d(in_feats, out_feats, 5, stride=first_stride, padding=2)
            self.conv2 = Conv2d(out_feats, out_feats, 5, padding=2)
