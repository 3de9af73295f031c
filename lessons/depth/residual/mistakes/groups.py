"""Wrong answers to checkpoint ``residual``: the blocks that a group keeps."""

from __future__ import annotations

from torch import nn

from lessons.mistakes import mistake
from reference.residual import BlockGroup as Group
from reference.residual import ResidualBlock


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class one_block_too_few:
    """Your group has one block too few.

    The first block is one of the `n_blocks`, so `n_blocks - 1` follow it. `range(1, n_blocks -
    1)` gives two less than n_blocks, because a range leaves out its end. Use `range(n_blocks -
    1)`.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            rest = [ResidualBlock(out_feats, out_feats) for _ in range(1, n_blocks - 1)]
            super().__init__(ResidualBlock(in_feats, out_feats, first_stride), *rest)


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class one_block_too_many:
    """Your group has one block too many.

    The first block is one of the `n_blocks`. So `n_blocks - 1` more follow it, not `n_blocks`.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            rest = [ResidualBlock(out_feats, out_feats) for _ in range(n_blocks)]
            super().__init__(ResidualBlock(in_feats, out_feats, first_stride), *rest)


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class first_block_only:
    """Your group has its first block only, whatever `n_blocks` is.

    Behind it stand `n_blocks - 1` more, each a new `ResidualBlock(out_feats, out_feats)`.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__(ResidualBlock(in_feats, out_feats, first_stride))


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class always_two_blocks:
    """Your group has two blocks, whatever `n_blocks` is.

    The first block is followed by `n_blocks - 1` more, so by none when `n_blocks` is 1.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            first = ResidualBlock(in_feats, out_feats, first_stride)
            super().__init__(first, ResidualBlock(out_feats, out_feats))


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class one_block_repeated:
    """Your group repeats one block object, so its blocks share their weights.

    `[block] * (n_blocks - 1)`, or `(Block(),) * (n_blocks - 1)`, makes one block and lists it
    several times. Make a new one each time: `[Block() for _ in range(n_blocks - 1)]`.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            rest = (ResidualBlock(out_feats, out_feats),) * (n_blocks - 1)
            super().__init__(ResidualBlock(in_feats, out_feats, first_stride), *rest)


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class first_block_repeated:
    """Your group is its first block, listed `n_blocks` times.

    `[block] * n_blocks` makes one block and lists it several times, so all share their weights,
    and each of them changes the shape. Make each block anew.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__(*[ResidualBlock(in_feats, out_feats, first_stride)] * n_blocks)


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class one_block_looped:
    """Your group has one second block and runs it again and again.

    Then all blocks behind the first share their weights. A group of n_blocks has weights for
    each of them: make `n_blocks - 1` blocks in `__init__`.
    """

    class BlockGroup(nn.Module):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__()
            self.first = ResidualBlock(in_feats, out_feats, first_stride)
            self.times = n_blocks - 1
            self.other = ResidualBlock(out_feats, out_feats)

        def forward(self, x):
            x = self.first(x)
            for _ in range(self.times):
                x = self.other(x)
            return x


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class blocks_in_a_list:
    """Your blocks stand in a plain Python list, so the group does not register them.

    A module looks into its attributes, not into lists. Training, saving and copying weights all
    pass them by. Use `nn.Sequential(*blocks)` or `nn.ModuleList(blocks)`.
    """

    class BlockGroup(nn.Module):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__()
            self.blocks = list(Group(n_blocks, in_feats, out_feats, first_stride))

        def forward(self, x):
            for block in self.blocks:
                x = block.train(self.training)(x)
            return x


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class rest_in_a_list:
    """All blocks behind your first one stand in a plain list and are not registered.

    A module looks into its attributes, not into lists. Training, saving and copying weights all
    pass them by. Use `nn.Sequential(*blocks)` or `nn.ModuleList(blocks)`.
    """

    class BlockGroup(nn.Module):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__()
            self.first, *self.rest = Group(n_blocks, in_feats, out_feats, first_stride)

        def forward(self, x):
            x = self.first(x)
            for block in self.rest:
                x = block.train(self.training)(x)
            return x


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class blocks_not_kept:
    """Your group keeps none of the blocks that its `__init__` makes.

    Either they stand in local variables (`blocks = ...`), which are gone when `__init__` ends:
    write `self.blocks = nn.Sequential(*blocks)`. Or a second `super().__init__()` has wiped what
    was registered before it: call it once, first of all.
    """

    class BlockGroup(nn.Module):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__()
            self.blocks = Group(n_blocks, in_feats, out_feats, first_stride)
            super().__init__()

        def forward(self, x):
            return self.blocks(x)


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class group_left_empty:
    """Your group holds nothing, and gives back its input unchanged.

    An `nn.Sequential` runs what its `__init__` was given: `super().__init__(*blocks)`. If that
    is called a second time, or without the blocks, it ends up empty.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__()
            for number, block in enumerate(Group(n_blocks, in_feats, out_feats, first_stride)):
                self.add_module(str(number), block)
            super().__init__()


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class blocks_registered_twice:
    """Your group registers its blocks twice, under two names.

    `self.first = ...` registers a block, and `self.blocks = nn.Sequential(self.first, ...)` does
    so again. Then `state_dict()` has too many rows for the weights that come. Keep one of the two.
    """

    class BlockGroup(nn.Module):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__()
            self.blocks = Group(n_blocks, in_feats, out_feats, first_stride)
            self.list = nn.ModuleList(self.blocks)

        def forward(self, x):
            return self.blocks(x)


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class first_block_registered_twice:
    """Your group registers its first block twice, under two names.

    `self.first = ...` registers a block, and a Sequential or ModuleList that holds it does so
    again. Then `state_dict()` has too many rows for the weights that come. Keep one of the two.
    """

    class BlockGroup(nn.Module):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__()
            blocks = Group(n_blocks, in_feats, out_feats, first_stride)
            self.first = blocks[0]
            self.blocks = blocks

        def forward(self, x):
            return self.blocks(x)


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class group_super_init_missing:
    """Your group assigns blocks before `super().__init__()` has run.

    That call makes the register which assigned blocks are written into. Put it on the first line
    of `__init__`.
    """

    class BlockGroup(nn.Module):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            self.blocks = Group(n_blocks, in_feats, out_feats, first_stride)


@mistake(claim="group-blocks", repair="depth#a-group-of-blocks")
class list_not_unpacked:
    """Your group hands a list to `nn.Sequential`, which takes its layers one by one.

    Put a star before the list, so that each block in it becomes an argument of its own:
    `nn.Sequential(*blocks)`, or `super().__init__(*blocks)` in a subclass of it.
    """

    class BlockGroup(nn.Sequential):
        def __init__(self, n_blocks, in_feats, out_feats, first_stride=1):
            super().__init__(list(Group(n_blocks, in_feats, out_feats, first_stride)))
