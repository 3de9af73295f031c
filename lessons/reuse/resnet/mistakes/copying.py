"""Wrong ways to copy weights from one network into another."""

from __future__ import annotations

import copy
from itertools import zip_longest

import torch

from lessons.mistakes import mistake


def _fits(mine, pretrained):
    """Refuse what does not fit, as the reference does, so that a mistake is wrong only in what
    it is about."""
    shapes = [value.shape for value in mine.state_dict().values()]
    if shapes != [value.shape for value in pretrained.state_dict().values()]:
        raise ValueError("they do not fit")


def _pairs(mine, pretrained):
    return zip(mine.state_dict().values(), pretrained.state_dict().values(), strict=True)


def _copy(mine, pretrained):
    for target, source in _pairs(mine, pretrained):
        target.copy_(source)
    return mine


# --- what goes where ---------------------------------------------------------------------------


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class by_name:
    """Your copy goes by name: it raises an error where the names differ.

    `load_state_dict(pretrained.state_dict())` wants the same names on both sides. Yours may be
    called otherwise. Pair my names with their values first: `dict(zip(mine_state, values))`.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        mine.load_state_dict(pretrained.state_dict())
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class by_name_if_there:
    """Your copy goes by name, and leaves out every name that it does not find.

    With `strict=False`, or an `if name in ...`, rows whose names differ are not copied and
    nobody hears of it. Copy by order: the first row into the first, and so on.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        mine.load_state_dict(pretrained.state_dict(), strict=False)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class parameters_only:
    """Your copy takes the parameters and leaves out the buffers.

    `parameters()` does not list running means, running variances and counters. In eval mode they
    count as much as weights do. `state_dict` lists both.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        with torch.no_grad():
            for target, source in zip(mine.parameters(), pretrained.parameters(), strict=True):
                target.copy_(source)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class buffers_only:
    """Your copy takes the buffers and leaves out the parameters.

    Weights and biases are parameters. `state_dict` lists both kinds, in one order.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        for target, source in zip(mine.buffers(), pretrained.buffers(), strict=True):
            target.copy_(source)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class weights_only:
    """Your copy takes only entries whose name ends in "weight".

    Biases, running statistics and counters belong to a network as well. Take every entry of
    `state_dict`.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        for name, (target, source) in zip(mine.state_dict(), _pairs(mine, pretrained), strict=True):
            if name.endswith("weight"):
                target.copy_(source)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class counters_left_out:
    """Your copy leaves out the counters `num_batches_tracked`.

    They are entries of `state_dict` like any other, of type int64 and shape (). Copy all.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        for target, source in _pairs(mine, pretrained):
            if target.ndim:
                target.copy_(source)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class running_statistics_left_out:
    """Your copy leaves out the running means and variances.

    In eval mode each batch norm uses them, so without them all is off, though every weight is
    right. Copy all entries of `state_dict`.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        kept = {name for name, _ in mine.named_buffers() if "running" in name}
        for name, (target, source) in zip(mine.state_dict(), _pairs(mine, pretrained), strict=True):
            if name not in kept:
                target.copy_(source)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class copied_the_other_way:
    """Your copy goes from `mine` to `pretrained`.

    It overwrites the trained weights with random ones. `mine` is what is filled.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        _copy(pretrained, mine)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class nothing_copied:
    """Your copy leaves `mine` as it was.

    `a = b` in a loop only gives the name `a` to another tensor, and a changed dictionary from
    `state_dict()` changes no network. Use `mine.load_state_dict(...)`, or `a.copy_(b)` under
    `torch.no_grad()`.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class another_model_filled:
    """Your copy fills a copy of `mine`, not `mine` itself.

    Whoever called the function still holds the old one. Work on `mine` in place, without
    `deepcopy`.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        return _copy(copy.deepcopy(mine), pretrained)


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class pretrained_returned:
    """Your function returns `pretrained` and leaves `mine` as it was.

    The point is your own network with trained weights in it.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        return pretrained


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class filled_but_not_returned:
    """Your function fills `mine` and returns nothing.

    The docstring promises `mine`, so that one can write `model = copy_weights(ResNet34(), theirs)`.
    Add `return mine` as the last line.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        _copy(mine, pretrained)


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class load_report_returned:
    """Your function returns what `load_state_dict` returns, not `mine`.

    That is a report of missing and unexpected keys. Call it in a line of its own, and then
    `return mine`.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        _copy(mine, pretrained)
        return mine.load_state_dict(mine.state_dict())


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class dictionary_returned:
    """Your function returns a dictionary of tensors, not `mine`.

    `mine` is filled, but what comes back is a `state_dict`. Return the module.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        return _copy(mine, pretrained).state_dict()


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class sorted_by_name:
    """Your copy sorts the names first, so it does not go by order.

    The alphabet knows nothing of the order in which data flows. Take the entries of both
    `state_dict`s as they come.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        target, source = mine.state_dict(), pretrained.state_dict()
        for my_name, their_name in zip(sorted(target), sorted(source), strict=True):
            target[my_name].copy_(source[their_name])
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class by_shape:
    """Your copy takes, for each row of mine, the first row of pretrained that has its shape.

    Many rows have the same shape, and all of them get the first one's values. Go by order; the
    shapes are only a check.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        source = pretrained.state_dict().values()
        for target in mine.state_dict().values():
            target.copy_(next(value for value in source if value.shape == target.shape))
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class last_entry_left_out:
    """Your copy leaves out the last entry.

    `range(len(...) - 1)`, or a slice `[:-1]`, ends one too early. The last row is the head's bias.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        for target, source in list(_pairs(mine, pretrained))[:-1]:
            target.copy_(source)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class head_left_out:
    """Your copy leaves out the last two entries, the head.

    With the head, yours gives torchvision's scores, and only then can the two be compared. A new
    head for a new task comes later.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        for target, source in list(_pairs(mine, pretrained))[:-2]:
            target.copy_(source)
        return mine


# --- two networks, two memories ----------------------------------------------------------------


def _sharing(takes):
    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        for target, source in _pairs(mine, pretrained):
            target.copy_(source)
        for kind in ("named_parameters", "named_buffers"):
            rows = zip(getattr(mine, kind)(), getattr(pretrained, kind)(), strict=True)
            for (_, target), (_, source) in rows:
                if takes(source, kind):
                    target.data = source.data
        return mine

    return copy_weights


@mistake(claim="copy-apart", repair="reuse#copying-weights")
class memory_shared:
    """Your copy shares all its tensors with `pretrained`: there is one set of numbers for both.

    `a.data = b.data` and `load_state_dict(..., assign=True)` hand over the tensor itself.
    Training yours would change the other. Copy the values: `a.copy_(b)`, or `load_state_dict`
    without `assign`.
    """

    copy_weights = _sharing(lambda source, kind: True)


@mistake(claim="copy-apart", repair="reuse#copying-weights")
class parameters_shared:
    """Your copy shares its parameters with `pretrained`; the buffers are its own.

    `p.data = q.data` hands over the tensor itself, so training yours changes the other. Copy the
    values: `p.data.copy_(q.data)`.
    """

    copy_weights = _sharing(lambda source, kind: "param" in kind)


@mistake(claim="copy-apart", repair="reuse#copying-weights")
class buffers_shared:
    """Your copy shares its buffers with `pretrained`; the parameters are its own.

    A batch in train mode moves running statistics in place. Then it moves the other network's
    too. Copy the values: `b.copy_(c)`.
    """

    copy_weights = _sharing(lambda source, kind: "buffer" in kind)


@mistake(claim="copy-apart", repair="reuse#copying-weights")
class pretrained_changed:
    """Your function copies, and then changes `pretrained`.

    It is only to be read: others may use it. Take nothing out of it and set nothing in it.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        _copy(mine, pretrained)
        for value in pretrained.state_dict().values():
            value.zero_()
        return mine


@mistake(claim="copy-apart", repair="reuse#copying-weights")
class frozen_by_the_copy:
    """After your copy, the parameters of `mine` no longer require gradients.

    `nn.Parameter(value, requires_grad=False)` or `requires_grad_(False)` freezes them. A copy
    changes values and nothing else; freezing is a step of its own.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        return _copy(mine, pretrained).requires_grad_(False)


@mistake(claim="copy-apart", repair="reuse#copying-weights")
class pretrained_frozen:
    """After your copy, the parameters of `pretrained` no longer require gradients.

    It is only to be read. Use `torch.no_grad()` around the copy instead of `requires_grad_`.
    """

    def copy_weights(mine, pretrained):
        _fits(mine, pretrained)
        pretrained.requires_grad_(False)
        return _copy(mine, pretrained)


# --- what does not fit -------------------------------------------------------------------------


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
        pairs = list(zip_longest(target, source))
        if any(a is None or (b is not None and a.shape != b.shape) for a, b in pairs):
            raise ValueError("they do not fit")
        for a, b in pairs:
            if b is not None:
                a.copy_(b)
        return mine


@mistake(claim="copy-refuses", repair="reuse#when-rows-do-not-fit")
class half_copied:
    """Your copy stops with an error in the middle: the rows before it are overwritten.

    Whoever catches the error holds half of one network and half of another. Compare all rows
    first, and only then copy.
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
        return _copy(mine, pretrained)


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
            _fits(mine, pretrained)
        except ValueError:
            return mine
        return _copy(mine, pretrained)


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
