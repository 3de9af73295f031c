"""Wrong answers to checkpoint ``residual``: routes of the gradient that are cut."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import residual


class _Cuts(residual.ResidualBlock):
    """A block that has methods for its branches."""

    def left(self, x):
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))


@mistake(claim="gradient-route", repair="depth#a-route-for-the-gradient")
class shortcut_detached:
    """Your shortcut is cut off from the gradient.

    `.detach()`, `.data` and `.item()` give numbers without a record, so nothing flows back
    through them. Outputs are right, but the route past the left branch, which the shortcut is
    there for, is closed. Add the shortcut's result as it is.
    """

    class ResidualBlock(_Cuts):
        def forward(self, x):
            return F.relu(self.left(x) + self.downsample(x).detach())


@mistake(claim="gradient-route", repair="depth#a-route-for-the-gradient")
class projection_without_gradient:
    """Your projection runs without gradients, so it never learns.

    Inside `with torch.no_grad():` no record is kept, and nothing flows back. The projection has
    weights to learn, and it is a route for the gradient. Run it as you run the left branch.
    """

    class ResidualBlock(_Cuts):
        def forward(self, x):
            with torch.no_grad():
                right = self.downsample(x)
            return F.relu(self.left(x) + right)


@mistake(claim="gradient-route", repair="depth#a-route-for-the-gradient")
class projection_reads_a_detached_input:
    """Your projection reads a detached input: it learns, but no gradient passes through it.

    What lies before the block is then reached through the left branch alone. Hand x itself to
    the projection.
    """

    class ResidualBlock(_Cuts):
        def forward(self, x):
            projected = not isinstance(self.downsample, nn.Identity)
            return F.relu(self.left(x) + self.downsample(x.detach() if projected else x))


@mistake(claim="gradient-route", repair="depth#a-route-for-the-gradient")
class left_branch_detached:
    """Your left branch is cut off from the gradient, so its weights never learn.

    `.detach()`, `.data` and `torch.no_grad()` keep no record, so nothing flows back through
    them. Add the branch's result as it is.
    """

    class ResidualBlock(_Cuts):
        def forward(self, x):
            return F.relu(self.left(x).detach() + self.downsample(x))


@mistake(claim="gradient-route", repair="depth#a-route-for-the-gradient")
class left_branch_reads_a_detached_input:
    """Your left branch reads a detached input.

    Its own weights learn, but what lies before the block gets the shortcut's share of the
    gradient only. Hand x itself to both branches.
    """

    class ResidualBlock(_Cuts):
        def forward(self, x):
            return F.relu(self.left(x.detach()) + self.downsample(x))


@mistake(claim="gradient-route", repair="depth#a-route-for-the-gradient")
class first_part_detached:
    """The first part of your left branch is cut off from the gradient, so it never learns.

    Between the two parts something drops the record: `.detach()`, `.data`, or `torch.no_grad()`
    around the first. Hand the first part's result on as it is.
    """

    class ResidualBlock(_Cuts):
        def forward(self, x):
            first = F.relu(self.bn1(self.conv1(x))).detach()
            return F.relu(self.bn2(self.conv2(first)) + self.downsample(x))


@mistake(claim="gradient-route", repair="depth#a-route-for-the-gradient")
class no_gradient_at_all:
    """Your block keeps no record at all, so nothing in it or before it can learn.

    `@torch.no_grad()` on `forward`, or a `.detach()` at its end, drops the record. Both are for
    measuring, and the caller decides that. Leave them out here.
    """

    class ResidualBlock(residual.ResidualBlock):
        def forward(self, x):
            return super().forward(x).detach()


@mistake(claim="gradient-route", repair="depth#a-route-for-the-gradient")
class added_into_the_input:
    """Your block adds the left branch into its input, in place.

    `x += left` overwrites x, which the backward pass still needs, and it changes a tensor that
    belongs to the caller. Make a new one: `left + x`.
    """

    class ResidualBlock(_Cuts):
        def forward(self, x):
            left = self.left(x)
            if not isinstance(self.downsample, nn.Identity):
                return F.relu(left + self.downsample(x))
            x += left
            return F.relu(x)


@mistake(claim="gradient-route", repair="depth#a-route-for-the-gradient")
class projection_frozen:
    """The weights of your projection don't require gradients, so they never learn.

    `requires_grad_(False)`, or `requires_grad=False`, freezes them. The projection starts at
    random values and has to learn as all the rest does.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.downsample.requires_grad_(False)
