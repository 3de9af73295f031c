"""Wrong answers to checkpoint ``residual``: the order in which a block's layers are declared."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import residual


class _Declares(residual.ResidualBlock):
    """The reference's block, its layers registered in the order that ``first`` lists."""

    first: tuple[str, ...] = ()

    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__(in_feats, out_feats, first_stride)
        layers = dict(self.named_children())
        order = [*self.first, *(name for name in layers if name not in self.first)]
        self._modules.clear()
        for name in order:
            self.add_module(name, layers[name])


@mistake(claim="order", repair="depth#the-order-of-declaration")
class right_branch_first:
    """Your block declares its right branch before the left one.

    Outputs don't depend on that. But weights are copied in the order of declaration, and trained
    ones come with the left branch first. Assign the left branch to `self` first.
    """

    class ResidualBlock(_Declares):
        first = ("downsample",)


@mistake(claim="order", repair="depth#the-order-of-declaration")
class batch_norms_last:
    """Your left branch declares its convolutions first, and its batch norms after them.

    Outputs don't depend on that. But weights are copied in the order of declaration: conv, bn,
    conv, bn, as the data flows.
    """

    class ResidualBlock(_Declares):
        first = ("conv1", "conv2", "bn1", "bn2")


@mistake(claim="order", repair="depth#the-order-of-declaration")
class batch_norms_first:
    """Your left branch declares its batch norms first, and its convolutions after them.

    Outputs don't depend on that. But weights are copied in the order of declaration: conv, bn,
    conv, bn, as the data flows.
    """

    class ResidualBlock(_Declares):
        first = ("bn1", "bn2", "conv1", "conv2")


@mistake(claim="order", repair="depth#the-order-of-declaration")
class all_batch_norms_last:
    """Your block declares all of its convolutions first, and all of its batch norms after them.

    Outputs don't depend on that. But weights are copied in the order of declaration: conv, bn,
    conv, bn of the left branch, then the projection's conv and bn.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            bn1, bn2, right = self.bn1, self.bn2, self.downsample
            del self.bn1, self.bn2, self.downsample
            if not isinstance(right, nn.Identity):
                self.projection = right[0]
            self.bn1, self.bn2 = bn1, bn2
            if not isinstance(right, nn.Identity):
                self.bn3 = right[1]

        def forward(self, x):
            left = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return F.relu(left + (self.bn3(self.projection(x)) if hasattr(self, "bn3") else x))


@mistake(claim="order", repair="depth#the-order-of-declaration")
class second_part_first:
    """Your left branch declares its second convolution and batch norm before the first.

    Outputs don't depend on that. But weights are copied in the order of declaration, and where
    the shapes are equal they land in the wrong layers without an error.
    """

    class ResidualBlock(_Declares):
        first = ("conv2", "bn2", "conv1", "bn1")


@mistake(claim="order", repair="depth#the-order-of-declaration")
class projection_in_between:
    """Your block declares the projection between the two parts of the left branch.

    Outputs don't depend on that. But weights are copied in the order of declaration: the whole
    left branch first, then the projection.
    """

    class ResidualBlock(_Declares):
        first = ("conv1", "bn1", "downsample")


@mistake(claim="order", repair="depth#the-order-of-declaration")
class layers_listed_twice:
    """Your block registers its layers twice, under two names.

    `self.conv1 = ...` registers a layer, and `self.left = nn.Sequential(self.conv1, ...)` does
    so again. Then `state_dict()` has too many rows for the weights that come. Keep one of the two.
    """

    class ResidualBlock(residual.ResidualBlock):
        def __init__(self, in_feats, out_feats, first_stride=1):
            super().__init__(in_feats, out_feats, first_stride)
            self.left = nn.Sequential(self.conv1, self.bn1, nn.ReLU(), self.conv2, self.bn2)
