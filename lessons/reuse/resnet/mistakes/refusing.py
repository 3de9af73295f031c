"""What a copy does when the two networks do not fit."""

from __future__ import annotations

from itertools import zip_longest

import torch

from lessons.mistakes import mistake
from lessons.reuse.resnet.mistakes.parts import copy_all, fits


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class mismatches_skipped:
    """Your copy silently skips rows whose shapes differ.

    Then a part of the network keeps its random values and nobody hears of it. Raise a
    `ValueError` that names the row.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict().values(), pretrained.state_dict().values()
        for a, b in zip(target, source, strict=False):
            if a.shape == b.shape:
                a.copy_(b)
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class nothing_compared:
    """Your copy compares nothing before it begins.

    `zip` ends with the shorter list, so entries left over go unnoticed. And where PyTorch meets
    shapes that don't fit, half of `mine` is overwritten. First compare the number of entries and
    all shapes.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict().values(), pretrained.state_dict().values()
        for a, b in zip(target, source, strict=False):
            a.copy_(b)
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class the_last_row_decides:
    """Your copy refuses only when the last row does not fit.

    A flag that is set anew in each turn of the loop remembers the last turn alone. Raise the error
    where a row does not fit, or ask `all(...)` of them.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict().values(), pretrained.state_dict().values()
        for a, b in zip(target, source, strict=False):
            fits = a.shape == b.shape
        if len(target) != len(source) or not fits:
            raise ValueError("a shape differs")
        for a, b in zip(target, source, strict=True):
            a.copy_(b)
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class shapes_compared_in_any_order:
    """Your copy compares which shapes there are, not where they stand.

    Two rows in the other order have the same shapes between them, and still neither fits where it
    goes. Compare row by row, in order.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict().values(), pretrained.state_dict().values()
        if sorted(tuple(a.shape) for a in target) != sorted(tuple(b.shape) for b in source):
            raise ValueError("the shapes differ")
        for a, b in zip(target, source, strict=True):
            a.copy_(b)
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class number_of_entries_not_compared:
    """Your copy compares shapes, but not the number of entries.

    `zip` ends with the shorter list. What is left over on either side goes unnoticed. Compare
    the lengths too, or use `zip(..., strict=True)`.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict().values(), pretrained.state_dict().values()
        for a, b in zip(target, source, strict=False):
            if a.shape != b.shape:
                raise ValueError("a shape differs")
        for a, b in zip(target, source, strict=False):
            a.copy_(b)
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class entries_left_in_pretrained:
    """Your copy does not notice when `pretrained` has entries left over.

    Every row of `mine` is filled, but the networks are not the same. Compare the numbers of
    entries.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict(), list(pretrained.state_dict().values())
        if len(source) < len(target):
            raise ValueError("pretrained has too few entries")
        for a, b in zip(target.values(), source, strict=False):
            if a.shape != b.shape:
                raise ValueError("a shape differs")
        mine.load_state_dict(dict(zip(target, source, strict=False)))
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class entries_left_in_mine:
    """Your copy does not notice when `mine` has entries left over.

    The rows at its end keep their random values. Compare the numbers of entries.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict().values(), pretrained.state_dict().values()
        both = list(zip_longest(target, source))
        if any(a is None or (b is not None and a.shape != b.shape) for a, b in both):
            raise ValueError("they do not fit")
        for a, b in both:
            if b is not None:
                a.copy_(b)
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class half_copied:
    """Your copy raises its error too late: by then, rows that do fit are overwritten.

    A loop that compares and copies row by row does that, and `load_state_dict` too: it copies
    what fits and then tells of shapes that don't. Compare all rows first, and only then copy.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict(), pretrained.state_dict()
        if len(target) != len(source):
            raise ValueError("another number of entries")
        for a, b in zip(target.values(), source.values(), strict=True):
            if a.shape != b.shape:
                raise ValueError("a shape differs")
            a.copy_(b)
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class half_copied_to_the_end:
    """Your copy notices a wrong number of entries only after it has copied what fits.

    `zip(..., strict=True)` raises at the end of the shorter list, when all before it is
    overwritten. Compare all rows first, and only then copy.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict().values(), pretrained.state_dict().values()
        for a, b in zip(target, source, strict=True):
            if a.shape != b.shape:
                raise ValueError("a shape differs")
            a.copy_(b)
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class only_the_number_compared:
    """Your copy compares the number of entries, but not their shapes.

    A row of one number then spreads over a row of five without an error. And where PyTorch
    refuses, half of `mine` is overwritten. Compare all shapes first.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict(), pretrained.state_dict()
        if len(target) != len(source):
            raise ValueError("another number of entries")
        return copy_all(mine, pretrained)


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class only_the_sizes_compared:
    """Your copy reshapes rows: it takes any with the same number of values.

    A weight of (4, 6) is not one of (6, 4) in another form: its numbers belong elsewhere.
    Compare shapes, not `numel()`.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict(), pretrained.state_dict()
        sizes = [value.numel() for value in target.values()]
        if sizes != [value.numel() for value in source.values()]:
            raise ValueError("sizes differ")
        for a, b in zip(target.values(), source.values(), strict=True):
            a.copy_(b.reshape(a.shape))
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class refuses_by_printing:
    """Your function copies nothing when something does not fit, and says so to nobody.

    A `print` or a bare `return` lets the program go on with random weights. Raise a `ValueError`
    that names the row.
    """

    def copy_weights(mine, pretrained):
        try:
            fits(mine, pretrained)
        except ValueError:
            return mine
        return copy_all(mine, pretrained)


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class shapes_assigned:
    """Your copy puts rows of any shape in: it replaces tensors instead of filling them.

    `p.data = value` takes whatever it is given, also another shape. Compare shapes first, and
    copy values.
    """

    def copy_weights(mine, pretrained):
        target = [*mine.named_parameters(), *mine.named_buffers()]
        theirs = dict(zip(mine.state_dict(), pretrained.state_dict().values(), strict=True))
        for name, value in target:
            value.data = theirs[name].clone()
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class only_parameters_compared:
    """Your copy compares parameters only, so missing buffers go unnoticed.

    `parameters()` lists no running statistics. Compare the two `state_dict`s, which list all.
    """

    def copy_weights(mine, pretrained):
        shapes = [value.shape for value in mine.parameters()]
        if shapes != [value.shape for value in pretrained.parameters()]:
            raise ValueError("they do not fit")
        with torch.no_grad():
            for a, b in zip(mine.parameters(), pretrained.parameters(), strict=True):
                a.copy_(b)
            for a, b in zip(mine.buffers(), pretrained.buffers(), strict=False):
                a.copy_(b)
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class mismatches_of_shape_skipped:
    """Your copy silently skips rows whose shapes differ; another number of entries it refuses.

    Then a part of the network keeps its random values and nobody hears of it. Raise a
    `ValueError` that names the row.
    """

    def copy_weights(mine, pretrained):
        target, source = mine.state_dict(), pretrained.state_dict()
        if len(target) != len(source):
            raise ValueError("another number of entries")
        for a, b in zip(target.values(), source.values(), strict=True):
            if a.shape == b.shape:
                a.copy_(b)
        return mine
