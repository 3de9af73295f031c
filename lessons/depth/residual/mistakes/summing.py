"""Wrong answers to checkpoint ``residual``: how a block brings its two branches together."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import residual


class _Joins(residual.ResidualBlock):
    """A block whose branches come together as ``join`` says."""

    def left(self, x):
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))

    def join(self, left, right):
        raise NotImplementedError

    def forward(self, x):
        return self.join(self.left(x), self.downsample(x))


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class no_skip:
    """Your output equals a block without its shortcut: the left branch alone, then ReLU.

    The right branch may be there, but it is not added. Without it each block has to rebuild all
    that it was given. Return relu(left(x) + right(x)).
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(left)


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class left_branch_alone:
    """Your output equals the left branch alone: neither the shortcut nor the last ReLU is there.

    `forward` has three steps more after the left branch: run the right branch on x, add the two,
    and apply ReLU to the sum.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return left


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class left_branch_never_added:
    """Your output equals a block without its left branch: the shortcut alone, then ReLU.

    Nothing that the two convolutions compute comes out. Return relu(left(x) + right(x)).
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(right)


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class branches_multiplied:
    """Your output equals a block that multiplies its branches.

    A left branch of 0 should leave the input as it is. In a product it wipes it out, and the
    gradient with it. Add them: `left + right`.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(left * right)


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class shortcut_subtracted:
    """Your output equals a block that subtracts the shortcut from the left branch.

    The input should pass with its own sign, and the left branch adds what has to change. Write
    `left + right`.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(left - right)


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class left_branch_subtracted:
    """Your output equals a block that subtracts the left branch from the shortcut.

    It could learn that way, with weights of the other sign, but trained weights would act the
    wrong way round. Write `left + right`.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(right - left)


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class branches_averaged:
    """Your output equals a block that averages its branches.

    Half of the input is lost in each block: after 16 blocks, 1/65,536 of it would be left. Add
    the branches and divide by nothing.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu((left + right) / 2)


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class branches_concatenated:
    """Your block lays its branches side by side in place of adding them.

    `torch.cat` makes twice as many channels. The sum keeps their number: `left + right`.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(torch.cat([left, right], dim=1))


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class larger_branch_taken:
    """Your output equals a block that keeps the larger of its branches at each place.

    The left branch is meant to correct the input, up or down, so both count: `left + right`.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(torch.maximum(left, right))


@mistake(claim="branches-add", repair="depth#relu-after-the-sum")
class relu_before_the_sum:
    """Your output equals a block that adds the shortcut after the last ReLU.

    relu(left) is never negative, so the left branch could only add and never take away. Add
    first, then ReLU: relu(left(x) + right(x)).
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(left) + right


@mistake(claim="branches-add", repair="depth#relu-after-the-sum")
class left_branch_ends_in_relu:
    """Your left branch ends in a ReLU, besides the one after the sum.

    Then what it adds is never negative, and it can never take away from the input. The branch
    ends with its second batch norm: conv, bn, ReLU, conv, bn.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(F.relu(left) + right)


@mistake(claim="branches-add", repair="depth#relu-after-the-sum")
class relu_on_both_branches:
    """Your output equals a sum of two ReLUs: one on each branch, before they are added.

    Then neither branch can take away from the other. Add first, then one ReLU: relu(left(x) +
    right(x)).
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(left) + F.relu(right)


@mistake(claim="branches-add", repair="depth#relu-after-the-sum")
class no_final_relu:
    """Your output equals a block without the ReLU after the sum.

    It comes out with negative values. Put ReLU around the sum: relu(left(x) + right(x)). If
    `F.relu(out)` is there, return what it gives: `return F.relu(out)`.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return left + right


@mistake(claim="branches-add", repair="depth#relu-after-the-sum")
class leaky_relu_after_the_sum:
    """Your output equals a block with leaky ReLU after the sum.

    It lets a hundredth of each negative value through. The contract asks for ReLU, which lets
    nothing through.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.leaky_relu(left + right)


@mistake(claim="branches-add", repair="depth#relu-after-the-sum")
class relu6_after_the_sum:
    """Your output equals a block with ReLU6 after the sum.

    It cuts off at 6 what is larger, and no gradient passes there. Other networks have it, to keep
    numbers small. The contract asks for ReLU: `F.relu`.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu6(left + right)


@mistake(claim="branches-add", repair="depth#relu-after-the-sum")
class relu_on_the_projection:
    """Your projection ends in a ReLU.

    It is a 1x1 convolution and a batch norm, nothing more. A ReLU there would cut away the
    negative half before the sum. The only ReLU outside the left branch follows the sum.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            projected = not isinstance(self.downsample, nn.Identity)
            return F.relu(left + (F.relu(right) if projected else right))


@mistake(claim="branches-add", repair="depth#relu-after-the-sum")
class relu_on_the_shortcut:
    """Your output equals a block with a ReLU on its shortcut, the input's included.

    The shortcut passes its numbers on as they are, negative ones too. The only ReLU outside the
    left branch follows the sum.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(left + F.relu(right))


@mistake(claim="branches-add", repair="depth#relu-after-the-sum")
class relu_on_the_added_input:
    """Your block adds relu(x) where it should add x.

    Where the shortcut is the input, the input passes as it is, negative numbers too. Blocks
    often stand behind a ReLU, which hides this, but a block must not rely on it.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            identity = isinstance(self.downsample, nn.Identity)
            return F.relu(left + (F.relu(right) if identity else right))


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class input_changed_before_the_branches:
    """Your block puts its input through ReLU before both branches see it.

    `F.relu_(x)` and `nn.ReLU(inplace=True)` overwrite the tensor that they get. If that is the
    block's input, the shortcut has lost its negative numbers too. Both branches start from x.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            return super().forward(F.relu_(x))


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class input_overwritten:
    """Your shortcut starts from the left branch's result, because `x` was overwritten.

    After `x = self.conv1(x)` the input is gone, and `x + x` is added up in the end. Give the
    left branch a name of its own: `left = self.conv1(x)`, and keep `x` for the shortcut.
    """

    class ResidualBlock(_Joins):
        def forward(self, x):
            x = self.left(x)
            return F.relu(x + self.downsample(x))


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class projection_behind_the_left_branch:
    """Your block runs its right branch on the left branch's result, one after the other.

    The two start from the same input and run side by side. Their results are added:
    relu(left(x) + right(x)).
    """

    class ResidualBlock(_Joins):
        def forward(self, x):
            return F.relu(self.downsample(self.left(x)))


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class shortcut_around_the_second_part:
    """Your shortcut goes around the second convolution only.

    It starts from what the first part gives. It should start from the block's input and go
    around the whole left branch.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            first = F.relu(self.bn1(self.conv1(x)))
            return F.relu(self.bn2(self.conv2(first)) + first)


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class shortcut_added_twice:
    """Your output equals a block that adds its shortcut twice.

    Each block would double its input: after 16 blocks it would be 65,536 times as large. Add
    the shortcut once.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(left + right + right)


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class shortcut_halved:
    """Your output equals a block that adds half of its shortcut.

    Half of the input is lost in each block: after 16 blocks, 1/65,536 of it would be left. Add
    the shortcut as it is.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(left + 0.5 * right)


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class left_branch_added_twice:
    """Your output equals a block that adds its left branch twice.

    Its batch norm learns how large the branch should be, so a factor adds nothing, and trained
    weights would act twice as much as they should. Add it once.
    """

    class ResidualBlock(_Joins):
        def join(self, left, right):
            return F.relu(left + left + right)


@mistake(claim="branches-add", repair="depth#the-left-branch")
class second_part_never_run:
    """Your left branch stops after its first part: conv, bn, ReLU.

    The second convolution and its batch norm are there, but `forward` doesn't call them.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            return F.relu(F.relu(self.bn1(self.conv1(x))) + self.downsample(x))


@mistake(claim="branches-add", repair="depth#the-left-branch")
class batch_norms_exchanged:
    """Your two batch norms of the left branch stand in each other's place.

    The one declared first works behind the second convolution. Weights are copied in the order
    of declaration, so each lands in the wrong one. Exchange them in `__init__` or in `forward`.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = self.bn1(self.conv2(F.relu(self.bn2(self.conv1(x)))))
            return F.relu(left + self.downsample(x))


@mistake(claim="branches-add", repair="depth#the-left-branch")
class first_batch_norm_runs_twice:
    """Your `forward` uses the first batch norm twice and the second one never.

    Both are declared, so this is probably a typing slip: `self.bn1` where `self.bn2` should
    stand.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            left = self.bn1(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return F.relu(left + self.downsample(x))


@mistake(claim="branches-add", repair="depth#when-the-shortcut-needs-a-projection")
class none_called:
    """Your block calls None where its shortcut is the input itself.

    None can mark that there is no projection, but then `forward` has to ask: `right = x if
    self.projection is None else self.projection(x)`. Or put `nn.Identity()` there, which gives
    back what it gets, so that it can be called without asking.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            if isinstance(self.downsample, nn.Identity):
                self.downsample = None


@mistake(claim="branches-add", repair="depth#a-block-adds-to-what-it-was-given")
class missing_return:
    """Your block's `forward` returns nothing.

    Without `return` a function gives None. The last line should be `return F.relu(left +
    right)`.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            super().forward(x)
