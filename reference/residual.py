"""Move 3, depth: a block that adds what it computes to what it was given, and a group of them.

The sum gives the gradient a way back that passes through no weights, which is what makes a deep
stack trainable. Source: He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition"
(arXiv:1512.03385), section 3 and figure 2; shortcuts are its option B.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from reference.batchnorm import BatchNorm2d
from reference.conv import Conv2d


class ResidualBlock(nn.Module):
    """relu(left(x) + right(x)), two branches that start from the same input.

    Left branch: 3x3 convolution, batch norm, ReLU, 3x3 convolution, batch norm. The first
    convolution has stride ``first_stride``, the second has stride 1, and both have padding 1.

    Right branch: the input itself where it has the left branch's output shape, that is where
    ``first_stride`` is 1 and ``in_feats`` equals ``out_feats``. Everywhere else, and only there,
    a 1x1 convolution with stride ``first_stride`` and a batch norm.

    The left branch is declared first, each branch in the order in which data flows, because
    weights are copied in the order of declaration. No convolution has a bias.
    """

    def __init__(self, in_feats: int, out_feats: int, first_stride: int = 1) -> None:
        """Create both branches.

        Args:
            in_feats: channels of the input.
            out_feats: channels of the output.
            first_stride: 1 keeps height and width, 2 halves them (rounded up).
        """
        super().__init__()
        self.conv1 = Conv2d(in_feats, out_feats, 3, stride=first_stride, padding=1)
        self.bn1 = BatchNorm2d(out_feats)
        self.conv2 = Conv2d(out_feats, out_feats, 3, padding=1)
        self.bn2 = BatchNorm2d(out_feats)
        # The names are torchvision's; "downsample" also widens where the channels change.
        self.downsample: nn.Module = nn.Identity()
        if first_stride != 1 or in_feats != out_feats:
            self.downsample = nn.Sequential(
                Conv2d(in_feats, out_feats, 1, stride=first_stride),
                BatchNorm2d(out_feats),
            )

    def forward(self, x: Tensor) -> Tensor:
        """Add the two branches, then apply the last ReLU.

        Args:
            x: (batch, in_feats, height, width).

        Returns:
            (batch, out_feats, out_height, out_width), where the out sizes are height and width
            divided by ``first_stride`` and rounded up.
        """
        left = F.relu(self.bn1(self.conv1(x)))  # (batch, out_feats, out_height, out_width)
        left = self.bn2(self.conv2(left))  # (batch, out_feats, out_height, out_width)
        right = self.downsample(x)  # (batch, out_feats, out_height, out_width)
        return F.relu(left + right)  # after the sum, so that the left branch may also subtract


class BlockGroup(nn.Sequential):
    """``n_blocks`` residual blocks in a row, of which only the first changes the shape."""

    def __init__(self, n_blocks: int, in_feats: int, out_feats: int, first_stride: int = 1) -> None:
        """Create the blocks, each with parameters of its own.

        A group maps (batch, in_feats, height, width) to (batch, out_feats, out_height,
        out_width), where the out sizes are height and width divided by ``first_stride`` and
        rounded up.

        Args:
            n_blocks: number of blocks, the first one included; at least 1.
            in_feats: channels of the group's input.
            out_feats: channels of every block's output.
            first_stride: stride of the first block; the others have stride 1.
        """
        first = ResidualBlock(in_feats, out_feats, first_stride)
        rest = [ResidualBlock(out_feats, out_feats) for _ in range(n_blocks - 1)]
        super().__init__(first, *rest)
