"""Wrong ways to copy weights from one network into another."""

from __future__ import annotations

import copy

import torch

from lessons.mistakes import mistake
from lessons.reuse.resnet.mistakes.parts import copy_all, fits, pairs

# --- what goes where ---------------------------------------------------------------------------


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class by_name:
    """Your copy goes by name: it raises an error where the names differ.

    `load_state_dict(pretrained.state_dict())` wants the same names on both sides. Yours may be
    called otherwise. Pair my names with their values first: `dict(zip(mine_state, values))`.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        mine.load_state_dict(pretrained.state_dict())
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class by_name_if_there:
    """Your copy goes by name, and leaves out every name that it does not find.

    With `strict=False`, or an `if name in ...`, rows whose names differ are not copied and
    nobody hears of it. Copy by order: the first row into the first, and so on.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        mine.load_state_dict(pretrained.state_dict(), strict=False)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class parameters_only:
    """Your copy takes the parameters and leaves out the buffers.

    `parameters()` does not list running means, running variances and counters. In eval mode they
    count as much as weights do. `state_dict` lists both.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        with torch.no_grad():
            for target, source in zip(mine.parameters(), pretrained.parameters(), strict=True):
                target.copy_(source)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class copied_without_no_grad:
    """Your copy writes into parameters while PyTorch keeps track of them for gradients.

    That is an error. Put the loop under `with torch.no_grad():`, or go through
    `mine.state_dict()`, whose tensors may be written to. It lists the buffers, too.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        for target, source in zip(mine.parameters(), pretrained.parameters(), strict=True):
            target.copy_(source)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class buffers_only:
    """Your copy takes the buffers and leaves out the parameters.

    Weights and biases are parameters. `state_dict` lists both kinds, in one order.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
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
        fits(mine, pretrained)
        for name, (target, source) in zip(mine.state_dict(), pairs(mine, pretrained), strict=True):
            if name.endswith("weight"):
                target.copy_(source)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class counters_left_out:
    """Your copy leaves out the counters `num_batches_tracked`.

    They are entries of `state_dict` like any other, of type int64 and shape (). Copy all.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        for target, source in pairs(mine, pretrained):
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
        fits(mine, pretrained)
        kept = {name for name, _ in mine.named_buffers() if "running" in name}
        for name, (target, source) in zip(mine.state_dict(), pairs(mine, pretrained), strict=True):
            if name not in kept:
                target.copy_(source)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class copied_the_other_way:
    """Your copy goes from `mine` to `pretrained`.

    It overwrites the trained weights with random ones. `mine` is what is filled.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        copy_all(pretrained, mine)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class nothing_copied:
    """Your copy leaves `mine` as it was.

    `a = b` in a loop only gives the name `a` to another tensor, and a changed dictionary from
    `state_dict()` changes no network. Use `mine.load_state_dict(...)`, or `a.copy_(b)` under
    `torch.no_grad()`.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class another_model_filled:
    """Your copy fills a copy of `mine`, not `mine` itself.

    Whoever called the function still holds the old one. Work on `mine` in place, without
    `deepcopy`.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        return copy_all(copy.deepcopy(mine), pretrained)


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class pretrained_returned:
    """Your function returns `pretrained` and leaves `mine` as it was.

    The point is your own network with trained weights in it.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        return pretrained


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class filled_but_not_returned:
    """Your function fills `mine` and returns nothing.

    The docstring promises `mine`, so that one can write `model = copy_weights(ResNet34(), theirs)`.
    Add `return mine` as the last line.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        copy_all(mine, pretrained)


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class load_report_returned:
    """Your function returns what `load_state_dict` returns, not `mine`.

    That is a report of missing and unexpected keys. Call it in a line of its own, and then
    `return mine`.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        copy_all(mine, pretrained)
        return mine.load_state_dict(mine.state_dict())


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class dictionary_returned:
    """Your function returns a dictionary of tensors, not `mine`.

    `mine` is filled, but what comes back is a `state_dict`. Return the module.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        return copy_all(mine, pretrained).state_dict()


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class sorted_by_name:
    """Your copy sorts the names first, so it does not go by order.

    The alphabet knows nothing of the order in which data flows. Take the entries of both
    `state_dict`s as they come.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
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
        fits(mine, pretrained)
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
        fits(mine, pretrained)
        for target, source in list(pairs(mine, pretrained))[:-1]:
            target.copy_(source)
        return mine


@mistake(claim="copy-by-order", repair="reuse#copying-weights")
class head_left_out:
    """Your copy leaves out the last two entries, the head.

    With the head, yours gives torchvision's scores, and only then can the two be compared. A new
    head for a new task comes later.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        for target, source in list(pairs(mine, pretrained))[:-2]:
            target.copy_(source)
        return mine


# --- two networks, two memories ----------------------------------------------------------------


def _sharing(takes):
    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        for target, source in pairs(mine, pretrained):
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
        fits(mine, pretrained)
        copy_all(mine, pretrained)
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
        fits(mine, pretrained)
        return copy_all(mine, pretrained).requires_grad_(False)


@mistake(claim="copy-apart", repair="reuse#copying-weights")
class pretrained_frozen:
    """After your copy, the parameters of `pretrained` no longer require gradients.

    It is only to be read. Use `torch.no_grad()` around the copy instead of `requires_grad_`.
    """

    def copy_weights(mine, pretrained):
        fits(mine, pretrained)
        pretrained.requires_grad_(False)
        return copy_all(mine, pretrained)
