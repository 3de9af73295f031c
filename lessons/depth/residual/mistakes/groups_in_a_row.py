"""Wrong answers to checkpoint ``residual``: how a group's blocks follow each other."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference.residual import BlockGroup as Group
from reference.residual import ResidualBlock


@mistake(claim="group-shape", repair="depth#a-group-of-blocks")
class every_block_strided:
    """Every block of your group has the stride, so the map shrinks with each.

    With stride 2 and three blocks, height and width come out an eighth as large. Only the first
    block gets `first_stride`: the others are `ResidualBlock(out_feats, out_feats)`.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            rest = [ResidualBlock(out_feats, out_feats, first_stride) for _ in range(n_blocks - 1)]
            super().__init__(ResidualBlock(in_feats, out_feats, first_stride), *rest)


@mistake(claim="group-shape", repair="depth#a-group-of-blocks")
class all_blocks_alike:
    """All blocks of your group are made alike, with the first one's channels and stride.

    The second block gets `out_feats` channels from the first, not `in_feats`, and the stride has
    been taken already. Behind the first stand `ResidualBlock(out_feats, out_feats)`.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__(
                *(ResidualBlock(in_feats, out_feats, first_stride) for _ in range(n_blocks))
            )


@mistake(claim="group-shape", repair="depth#a-group-of-blocks")
class rest_reads_in_feats:
    """The blocks behind your first one are made for `in_feats` channels.

    They get what the first block gives, which has `out_feats` channels. Make them with
    `ResidualBlock(out_feats, out_feats)`.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            rest = [ResidualBlock(in_feats, out_feats) for _ in range(n_blocks - 1)]
            super().__init__(ResidualBlock(in_feats, out_feats, first_stride), *rest)


@mistake(claim="group-shape", repair="depth#a-group-of-blocks")
class last_block_changes_the_shape:
    """The last block of your group changes the shape, in place of the first.

    All blocks before it then work on the large map, and trained weights don't fit. The first
    block takes the stride and the new channels.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            rest = [ResidualBlock(in_feats, in_feats) for _ in range(n_blocks - 1)]
            super().__init__(*rest, ResidualBlock(in_feats, out_feats, first_stride))


@mistake(claim="group-shape", repair="depth#a-group-of-blocks")
class last_block_strided:
    """The last block of your group has the stride, in place of the first.

    All blocks before it then work on the large map, and trained weights don't fit. The first
    block takes the stride, together with the new channels.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            feats = [in_feats] + [out_feats] * n_blocks
            strides = [1] * (n_blocks - 1) + [first_stride]
            super().__init__(
                *(ResidualBlock(feats[n], out_feats, strides[n]) for n in range(n_blocks))
            )


@mistake(claim="group-shape", repair="depth#a-group-of-blocks")
class stride_never_handed_on:
    """Your group never hands `first_stride` on to its first block.

    So height and width stay as they are. Make the first block with `ResidualBlock(in_feats,
    out_feats, first_stride)`.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            rest = [ResidualBlock(out_feats, out_feats) for _ in range(n_blocks - 1)]
            super().__init__(ResidualBlock(in_feats, out_feats), *rest)


@mistake(claim="group-shape", repair="depth#a-group-of-blocks")
class stride_handed_to_the_rest:
    """Your group hands `first_stride` to all blocks but the first.

    It is the other way round: the first block takes the stride, and all others have stride 1.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            rest = [ResidualBlock(out_feats, out_feats, first_stride) for _ in range(n_blocks - 1)]
            super().__init__(ResidualBlock(in_feats, out_feats), *rest)


@mistake(claim="group-shape", repair="depth#a-group-of-blocks")
class group_stride_fixed_at_2:
    """The first block of your group has stride 2, whatever `first_stride` is.

    ResNet34's first group keeps the size, so its stride is 1. Hand the number on:
    `ResidualBlock(in_feats, out_feats, first_stride)`.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            rest = [ResidualBlock(out_feats, out_feats) for _ in range(n_blocks - 1)]
            super().__init__(ResidualBlock(in_feats, out_feats, 2), *rest)


@mistake(claim="group-shape", repair="depth#the-order-of-declaration")
class rest_declared_first:
    """Your group declares its first block after the others.

    Outputs don't depend on that. But weights are copied in the order of declaration, so the
    first block has to be assigned first.
    """

    class BlockGroup(nn.Module):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__()
            first, *rest = Group(n_blocks, in_feats, out_feats, first_stride)
            self.rest = nn.Sequential(*rest)
            self.first = first

        def forward(self, x):
            return self.rest(self.first(x))


@mistake(claim="group-shape", repair="depth#a-group-of-blocks")
class blocks_run_backwards:
    """Your group runs its blocks in reverse: the first one last.

    The first block changes the shape for all that follow, so it runs first.
    """

    class BlockGroup(nn.Module):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__()
            self.blocks = nn.ModuleList(Group(n_blocks, in_feats, out_feats, first_stride))

        def forward(self, x):
            for block in reversed(self.blocks):
                x = block(x)
            return x


@mistake(claim="group-shape", repair="depth#a-group-of-blocks")
class every_block_reads_the_input:
    """Each block of your group reads the group's input, not what the block before it gave.

    `out = block(x)` in a loop forgets the last `out`. Write `x = block(x)`.
    """

    class BlockGroup(nn.Module):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__()
            self.blocks = nn.ModuleList(Group(n_blocks, in_feats, out_feats, first_stride))

        def forward(self, x):
            for block in self.blocks:
                out = block(x)
            return out


@mistake(claim="group-shape", repair="depth#a-group-of-blocks")
class group_missing_return:
    """Your group's `forward` returns nothing.

    Without `return` a function gives None. After the last block, `return x`.
    """

    class BlockGroup(Group):
        def forward(self, x):
            super().forward(x)


@mistake(claim="group-values", repair="depth#a-group-of-blocks")
class only_the_first_block_runs:
    """Your group runs its first block only.

    The others are registered, but their results never come out. A `return` inside the loop ends
    it after one block: move it behind the loop.
    """

    class BlockGroup(Group):
        def forward(self, x):
            for block in self:
                return block(x)


@mistake(claim="group-values", repair="depth#a-group-of-blocks")
class last_block_never_runs:
    """Your group leaves out its last block.

    It is registered, but `forward` doesn't reach it. A range leaves out its end already:
    `range(n_blocks)` counts all of them.
    """

    class BlockGroup(Group):
        def forward(self, x):
            for block in list(self)[: max(1, len(self) - 1)]:
                x = block(x)
            return x


@mistake(claim="group-values", repair="depth#a-group-of-blocks")
class shortcut_around_the_group:
    """Your group adds its own input once more, as if it were a block.

    Each block has its shortcut already. The group only runs the blocks in a row.
    """

    class BlockGroup(Group):
        def forward(self, x):
            out = super().forward(x)
            return F.relu(out + x) if out.shape == x.shape else out


@mistake(claim="group-values", repair="depth#a-route-for-the-gradient")
class detached_between_blocks:
    """Your group cuts the gradient off between its blocks.

    A `.detach()`, `.data` or `torch.no_grad()` there drops the record, and only the last block
    learns. Hand each result on as it is.
    """

    class BlockGroup(Group):
        def forward(self, x):
            for block in self:
                x = block(x.detach())
            return x
