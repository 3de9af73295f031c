"""Checkpoint ``residual``: a block that adds what it computes to its input, and a group of them."""

from lessons.declare import Checkpoint, Claim, Tier

CHECKPOINT = Checkpoint(
    id="residual",
    title="Residual blocks",
    task="""\
Write two classes in `residual.py`. The docstrings there hold the contract.

- `ResidualBlock(in_feats, out_feats, first_stride=1)`: relu(left(x) + right(x)).
  Left: 3x3 conv, batch norm, ReLU, 3x3 conv, batch norm; the stride is on the first conv.
  Right: the input itself, or, exactly when the shape changes, 1x1 conv and batch norm.
- `BlockGroup(n_blocks, in_feats, out_feats, first_stride=1)`: blocks in a row, of which only
  the first changes the shape.

No convolution has a bias. Declare the left branch first. Use your own `Conv2d` (`from conv
import Conv2d`) or `nn.Conv2d`, and `from batchnorm import BatchNorm2d` or `nn.BatchNorm2d`.
Name things as you like.
""",
    defines=("ResidualBlock", "BlockGroup"),
    claims=(
        Claim(
            id="layers",
            sentence="The left branch has two 3x3 convolutions and two batch norms.",
            tier=Tier.T3,
            signature="(out, in, 3, 3) and (out, out, 3, 3), no bias; a batch norm of its own each",
        ),
        Claim(
            id="projection",
            sentence="A projection stands exactly where the shape changes.",
            tier=Tier.T3,
            signature="stride or channels change: a 1x1 conv and a batch norm; else nothing",
            needs=("layers",),
        ),
        Claim(
            id="order",
            sentence="Parameters and buffers follow the data, left branch first.",
            tier=Tier.T3,
            signature="conv, bn, conv, bn of the left branch, then conv, bn of the projection",
            needs=("projection",),
        ),
        Claim(
            id="branches-add",
            sentence="The two branches are added, and one ReLU follows the sum.",
            tier=Tier.T2,
            signature="left 3 and right -1 give 2; left -3 and right 1 give 0",
            needs=("projection",),
        ),
        Claim(
            id="eval-values",
            sentence="In eval mode, with copied weights, the outputs agree.",
            tier=Tier.T3,
            signature="blocks of every kind agree with the reference, images not square",
            needs=("projection",),
        ),
        Claim(
            id="train-values",
            sentence="In train mode, outputs and running statistics agree.",
            tier=Tier.T3,
            signature="outputs, and each batch norm's statistics after one batch",
            needs=("projection",),
        ),
        Claim(
            id="gradient-route",
            sentence="The sum gives the gradient a route past the left branch.",
            tier=Tier.T2,
            signature="left branch at zero: the gradient arrives whole, through the ReLU alone",
            needs=("projection",),
        ),
        Claim(
            id="group-blocks",
            sentence="A group holds n_blocks blocks, each with weights of its own.",
            tier=Tier.T3,
            signature="1, 2, 3 and 5 blocks: so many blocks' tensors, none of them shared",
            needs=("projection",),
        ),
        Claim(
            id="group-shape",
            sentence="Only the first block of a group changes the shape.",
            tier=Tier.T2,
            signature="stride and new channels in the first block, all others keep the shape",
            needs=("group-blocks",),
        ),
        Claim(
            id="group-values",
            sentence="With copied weights a group's outputs agree.",
            tier=Tier.T3,
            signature="outputs in eval and in train, and the input's gradient",
            needs=("eval-values", "train-values", "gradient-route", "group-shape"),
        ),
    ),
    hints=(
        "Draw it first. `x` goes into two branches, their results have the same shape and are "
        "added, and ReLU comes last. Write the left branch as five layers in a row, in "
        "`__init__`, each assigned to `self`.",
        "Both 3x3 convolutions have padding 1, so only the stride changes height and width. The "
        "first maps `in_feats` to `out_feats` with `first_stride`, the second `out_feats` to "
        "`out_feats` with stride 1. `nn.Conv2d` needs `bias=False`.",
        "The input can be added as it is when its shape is the left branch's: `first_stride == 1 "
        "and in_feats == out_feats`. If either is untrue: a 1x1 convolution with the same "
        "stride, then a batch norm, no ReLU. `nn.Identity()` stands for no change.",
        "A group: one `ResidualBlock(in_feats, out_feats, first_stride)`, then `n_blocks - 1` "
        "times a new `ResidualBlock(out_feats, out_feats)`. `nn.Sequential(*blocks)` registers "
        "them and runs them in a row.",
        """\
Both in code:

```python
class ResidualBlock(nn.Module):
    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__()
        self.left = nn.Sequential(
            Conv2d(in_feats, out_feats, 3, stride=first_stride, padding=1),
            BatchNorm2d(out_feats),
            nn.ReLU(),
            Conv2d(out_feats, out_feats, 3, padding=1),
            BatchNorm2d(out_feats),
        )
        self.right = nn.Identity()
        if first_stride != 1 or in_feats != out_feats:
            self.right = nn.Sequential(
                Conv2d(in_feats, out_feats, 1, stride=first_stride),
                BatchNorm2d(out_feats),
            )

    def forward(self, x):
        return F.relu(self.left(x) + self.right(x))


class BlockGroup(nn.Module):
    def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
        super().__init__()
        blocks = [ResidualBlock(in_feats, out_feats, first_stride)]
        for _ in range(n_blocks - 1):
            blocks.append(ResidualBlock(out_feats, out_feats))
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(x)
```
""",
    ),
    seconds=20.0,
)
