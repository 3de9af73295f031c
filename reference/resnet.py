"""Move 4, reuse: the whole of ResNet34, so exact that torchvision's weights fit into it.

Source: He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition"
(arXiv:1512.03385), table 1, and torchvision's ``models/resnet.py``, whose order of layers is the
order of its ``state_dict``.
"""

from collections.abc import Sequence
from itertools import zip_longest

import torch.nn.functional as F
from torch import Tensor, nn

from reference.batchnorm import BatchNorm2d
from reference.conv import AveragePool, Conv2d, MaxPool2d
from reference.mlp import Linear
from reference.residual import BlockGroup


class ResNet34(nn.Module):
    """ResNet34, or with other arguments any network of groups of residual blocks.

    In the order in which data flows, which is also the order of declaration:

        stem: 7x7 convolution without bias (3 channels -> ``out_features_per_group[0]``,
            stride 2, padding 3), batch norm, ReLU, 3x3 max pool (stride 2, padding 1)
        groups: one ``BlockGroup`` for each entry of the three lists, each fed by the one before
        head: average pool, linear layer with bias

    With the default arguments it has 21,797,672 parameters, and its ``state_dict`` has 218
    entries, whose shapes follow each other as in ``torchvision.models.resnet34``.
    """

    def __init__(
        self,
        n_blocks_per_group: Sequence[int] = [3, 4, 6, 3],
        out_features_per_group: Sequence[int] = [64, 128, 256, 512],
        first_strides_per_group: Sequence[int] = [1, 2, 2, 2],
        n_classes: int = 1000,
    ) -> None:
        """Create stem, groups and head.

        Args:
            n_blocks_per_group: number of residual blocks in each group.
            out_features_per_group: channels that come out of each group. The first entry is the
                number of channels of the stem too.
            first_strides_per_group: stride of the first block of each group.
            n_classes: number of logits.

        Raises:
            ValueError: the three lists differ in length.
        """
        super().__init__()
        feats = out_features_per_group[0]
        self.conv1 = Conv2d(3, feats, 7, stride=2, padding=3)
        self.bn1 = BatchNorm2d(feats)
        self.maxpool = MaxPool2d(3, stride=2, padding=1)
        groups = zip(
            n_blocks_per_group, out_features_per_group, first_strides_per_group, strict=True
        )
        self.group_names = []
        for number, (n_blocks, out_feats, first_stride) in enumerate(groups, start=1):
            name = f"layer{number}"  # torchvision's name for a group
            self.add_module(name, BlockGroup(n_blocks, feats, out_feats, first_stride))
            self.group_names.append(name)
            feats = out_feats
        self.avgpool = AveragePool()
        self.fc = Linear(feats, n_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Score each image for each class.

        Args:
            x: (batch, 3, height, width), usually 224x224; the average pool takes any size.

        Returns:
            (batch, n_classes): logits.
        """
        # Sizes at the line ends are those of ResNet34 at 224x224.
        x = F.relu(self.bn1(self.conv1(x)))  # (batch, 64, 112, 112)
        x = self.maxpool(x)  # (batch, 64, 56, 56)
        for name in self.group_names:
            x = self.get_submodule(name)(x)  # 64x56x56, 128x28x28, 256x14x14, 512x7x7
        x = self.avgpool(x)  # (batch, 512)
        return self.fc(x)  # (batch, 1000)


def copy_weights(mine: nn.Module, pretrained: nn.Module) -> nn.Module:
    """Copy all parameters and buffers of ``pretrained`` into ``mine``, by order.

    The first entry of one ``state_dict`` goes into the first of the other, and so on: names may
    differ, shapes and number of entries may not. ``pretrained`` is not changed, and afterwards
    the two share no memory.

    Two neighbours of the same shape that are declared in the wrong order can't be noticed here;
    comparing outputs does that.

    Args:
        mine: the model that is filled, in place.
        pretrained: the model that is read, of any class.

    Returns:
        ``mine``.

    Raises:
        ValueError: the number of entries differs, or a shape does. The message names the first
            row that departs, and ``mine`` is left as it was.
    """
    target, source = mine.state_dict(), pretrained.state_dict()
    my_rows = [(name, str(tuple(value.shape))) for name, value in target.items()]
    their_rows = [(name, str(tuple(value.shape))) for name, value in source.items()]
    rows = zip_longest(my_rows, their_rows, fillvalue=("no entry", "left"))
    for row, ((my_name, my_shape), (their_name, their_shape)) in enumerate(rows):
        if my_shape != their_shape:
            raise ValueError(
                f"row {row} of the state_dict departs: mine has {my_name} {my_shape}, "
                f"pretrained has {their_name} {their_shape} "
                f"({len(my_rows)} and {len(their_rows)} entries in all)"
            )
    # All rows agree, so nothing is half copied; load_state_dict copies values, not references.
    mine.load_state_dict(dict(zip(target, source.values(), strict=True)))
    return mine
