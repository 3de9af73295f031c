"""Wrong answers to checkpoint ``residual``: what is computed inside the branches."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import residual
from reference.batchnorm import BatchNorm2d
from reference.conv import Conv2d


@mistake(claim="eval-values", repair="depth#the-left-branch")
class no_relu_between:
    """Your left branch has no ReLU between its two parts.

    Two convolutions in a row without one are a single linear map: the second adds nothing that
    the first could not do. The order is conv, bn, ReLU, conv, bn. If `F.relu(left)` is there,
    keep what it gives: `left = F.relu(left)`.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = self.bn2(self.conv2(self.bn1(self.conv1(x))))
            return F.relu(left + self.downsample(x))


@mistake(claim="eval-values", repair="depth#the-left-branch")
class conv_relu_bn:
    """Your left branch runs ReLU before its first batch norm: conv, ReLU, bn.

    Batch norm decides which half of the numbers is negative, and ReLU then cuts that half away.
    The order is conv, bn, ReLU.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = self.bn1(F.relu(self.conv1(x)))
            left = self.bn2(self.conv2(left))
            return F.relu(left + self.downsample(x))


@mistake(claim="eval-values", repair="depth#the-left-branch")
class conv_relu_bn_twice:
    """Your left branch runs ReLU before both of its batch norms: conv, ReLU, bn, twice.

    The order is conv, bn, ReLU, conv, bn. There is one ReLU inside the branch, between its
    parts.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = self.bn1(F.relu(self.conv1(x)))
            left = self.bn2(F.relu(self.conv2(left)))
            return F.relu(left + self.downsample(x))


@mistake(claim="eval-values", repair="depth#the-left-branch")
class relu_before_the_last_batch_norm:
    """Your left branch has a ReLU between its second convolution and its second batch norm.

    The order is conv, bn, ReLU, conv, bn. There is one ReLU inside the branch, between its
    parts.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = F.relu(self.bn1(self.conv1(x)))
            left = self.bn2(F.relu(self.conv2(left)))
            return F.relu(left + self.downsample(x))


@mistake(claim="eval-values", repair="depth#the-left-branch")
class leaky_relu_between:
    """Your left branch has a leaky ReLU between its two parts.

    It lets a hundredth of each negative value through. The contract asks for ReLU, which lets
    nothing through.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = F.leaky_relu(self.bn1(self.conv1(x)))
            return F.relu(self.bn2(self.conv2(left)) + self.downsample(x))


@mistake(claim="eval-values", repair="depth#the-left-branch")
class relu6_between:
    """Your left branch has ReLU6 between its two parts.

    It cuts off at 6 what is larger, and no gradient passes there. The contract asks for ReLU:
    `F.relu`.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = F.relu6(self.bn1(self.conv1(x)))
            return F.relu(self.bn2(self.conv2(left)) + self.downsample(x))


@mistake(claim="eval-values", repair="depth#the-left-branch")
class dropout_in_eval_mode_too:
    """Your block is random in both modes, as with `F.dropout(x)`.

    `F.dropout` does not know the block's mode, and drops numbers in eval mode as well. The
    contract has no dropout: the left branch is conv, bn, ReLU, conv, bn.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = F.dropout(F.relu(self.bn1(self.conv1(x))), 0.2)
            return F.relu(self.bn2(self.conv2(left)) + self.downsample(x))


@mistake(claim="train-values", repair="depth#the-left-branch")
class dropout_between:
    """Your block is random in train mode, as with dropout, and steady in eval mode.

    Dropout is a good guard elsewhere. The contract has none: the left branch is conv, bn, ReLU,
    conv, bn.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = F.dropout(F.relu(self.bn1(self.conv1(x))), 0.2, self.training)
            return F.relu(self.bn2(self.conv2(left)) + self.downsample(x))


@mistake(claim="eval-values", repair="depth#the-left-branch")
class first_batch_norm_never_run:
    """Your left branch skips its first batch norm.

    It is declared, but `forward` doesn't call it. The order is conv, bn, ReLU, conv, bn.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = self.bn2(self.conv2(F.relu(self.conv1(x))))
            return F.relu(left + self.downsample(x))


@mistake(claim="eval-values", repair="depth#the-left-branch")
class stride_on_the_second:
    """Your left branch has its stride on the second convolution.

    The output's shape is the same, its values are not, and the first convolution computes a map
    larger than it need be. The first one has `first_stride`, the second stride 1.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv1.stride, self.conv2.stride = 1, first_stride


@mistake(claim="eval-values", repair="depth#the-left-branch")
class stride_on_both:
    """Both convolutions of your left branch have the stride, so it shrinks twice.

    With stride 2, height and width come out a quarter as large, and the projection's half as
    large: they can't be added. The first has `first_stride`, the second stride 1.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv2.stride = first_stride


@mistake(claim="eval-values", repair="depth#the-left-branch")
class stride_fixed_at_1:
    """Your block never uses `first_stride`: all of its convolutions have stride 1.

    Height and width stay as they are. The first 3x3 convolution takes the stride, and so does
    the projection.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv1.stride = 1
            if not isinstance(self.downsample, nn.Identity):
                self.downsample[0].stride = 1


@mistake(claim="eval-values", repair="depth#the-left-branch")
class stride_fixed_at_2:
    """Your block takes stride 2 wherever `first_stride` is not 1, even where it is 3.

    With `first_stride=3` its output is too large. Hand the number itself on to the convolutions:
    `stride=first_stride`.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, min(first_stride, 2))


@mistake(claim="eval-values", repair="depth#the-left-branch")
class left_branch_not_strided:
    """Your projection has the stride, but the left branch has none.

    So the two come out in different sizes and can't be added. The first 3x3 convolution needs
    `stride=first_stride` too.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv1.stride = 1


@mistake(claim="eval-values", repair="depth#when-the-shortcut-needs-a-projection")
class projection_not_strided:
    """Your left branch has the stride, but the projection has none.

    So the two come out in different sizes and can't be added. The 1x1 convolution needs
    `stride=first_stride` too.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample[0].stride = 1


@mistake(claim="eval-values", repair="depth#when-the-shortcut-needs-a-projection")
class projection_padded:
    """Your projection has padding 1, as the 3x3 convolutions have.

    A 1x1 window needs none: the padding makes its result larger than the left branch's, and the
    two can't be added.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if not isinstance(self.downsample, nn.Identity):
                self.downsample[0].padding = 1


@mistake(claim="eval-values", repair="depth#when-the-shortcut-needs-a-projection")
class projection_of_averages:
    """Your projection averages neighbouring pixels before its 1x1 convolution.

    Some later networks do. Here the 1x1 convolution itself has the stride, so it reads every
    second pixel (with stride 2) and leaves the others out.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if first_stride != 1:
                self.downsample = nn.Sequential(
                    nn.AvgPool2d(first_stride, ceil_mode=True),
                    Conv2d(in_feats, out_feats, 1),
                    BatchNorm2d(out_feats),
                )


@mistake(claim="eval-values", repair="depth#the-left-branch")
class first_without_padding:
    """The first convolution of your left branch has no padding.

    A 3x3 window then fits at fewer places, and the map loses two rows and two columns. With
    `padding=1` it keeps them, so that the branches can be added.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv1.padding = 0


@mistake(claim="eval-values", repair="depth#the-left-branch")
class second_without_padding:
    """The second convolution of your left branch has no padding.

    A 3x3 window then fits at fewer places, and the map loses two rows and two columns. With
    `padding=1` it keeps them, so that the branches can be added.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv2.padding = 0


@mistake(claim="eval-values", repair="depth#the-left-branch")
class left_branch_without_padding:
    """The 3x3 convolutions of your left branch have no padding.

    Each then loses two rows and two columns of the map, and the branches can't be added. With
    `padding=1` a 3x3 window keeps the size.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.conv1.padding = self.conv2.padding = 0


@mistake(claim="eval-values", repair="depth#the-left-branch")
class first_convolution_runs_twice:
    """Your `forward` uses the first convolution twice and the second one never.

    Both are declared, so this is probably a typing slip: `self.conv1` where `self.conv2`
    should stand.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = self.bn2(self.conv1(F.relu(self.bn1(self.conv1(x)))))
            return F.relu(left + self.downsample(x))


@mistake(claim="eval-values", repair="depth#the-left-branch")
class second_reads_the_input:
    """Your second convolution reads the block's input, so what the first gave is lost.

    Hand on what the line before made: `left = relu(bn1(conv1(x)))`, then `left =
    bn2(conv2(left))`.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            F.relu(self.bn1(self.conv1(x)))
            return F.relu(self.bn2(self.conv2(x)) + self.downsample(x))


@mistake(claim="train-values", repair="depth#the-left-branch")
class left_branch_run_twice:
    """Your block runs its left branch twice in one `forward`.

    The output is right, but each batch norm sees the batch twice: its running statistics move
    twice and its counter counts 2. Run the branch once and keep the result in a variable.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return super().forward(x)


def _functional(norm, x, training):
    return F.batch_norm(
        x, norm.running_mean, norm.running_var, norm.weight, norm.bias, training, norm.momentum
    )


@mistake(claim="train-values", repair="depth#train-and-eval-differ")
class running_statistics_in_training:
    """Your block normalises by running statistics in train mode too.

    In train mode a batch norm uses the batch's own mean and variance. `F.batch_norm` does so
    with `training=self.training` only. Or call the layers themselves: `self.bn1(x)`.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = F.relu(_functional(self.bn1, self.conv1(x), False))
            left = _functional(self.bn2, self.conv2(left), False)
            if isinstance(self.downsample, nn.Identity):
                return F.relu(left + x)
            return F.relu(left + _functional(self.downsample[1], self.downsample[0](x), False))


@mistake(claim="train-values", repair="depth#train-and-eval-differ")
class batches_not_counted:
    """Your batch norms' counters stand still in train mode.

    `F.batch_norm` doesn't count batches in `num_batches_tracked`. The layer does, so call it:
    `self.bn1(x)`.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = F.relu(_functional(self.bn1, self.conv1(x), self.training))
            left = _functional(self.bn2, self.conv2(left), self.training)
            if isinstance(self.downsample, nn.Identity):
                return F.relu(left + x)
            right = _functional(self.downsample[1], self.downsample[0](x), self.training)
            return F.relu(left + right)
