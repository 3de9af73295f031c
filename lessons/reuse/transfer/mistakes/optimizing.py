"""Wrong answers to checkpoint ``transfer``: ``head_optimizer``."""

from __future__ import annotations

import copy
from itertools import chain

import torch

from lessons.mistakes import mistake
from reference import transfer

_NOTED = []  # a global that a learner put the old head's parameters into


def _head(model):
    return [p for p in model.parameters() if p.requires_grad]


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class whole_model_in_the_optimizer:
    """Your optimizer holds the whole model.

    Today that does no harm: what is frozen has no gradient, and a step passes it by. But once
    somebody thaws it, the next step changes it unasked. Hand over the head's parameters only.
    """

    def head_optimizer(model, lr):
        return torch.optim.Adam(model.parameters(), lr=lr)


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class backbone_in_the_optimizer:
    """Your optimizer holds the backbone instead of the head.

    The test is the wrong way round. Keep the parameters whose `requires_grad` is True.
    """

    def head_optimizer(model, lr):
        return torch.optim.Adam([p for p in model.parameters() if not p.requires_grad], lr=lr)


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class only_the_weight_held:
    """Your optimizer holds the head's weight, but not its bias.

    What no optimizer holds never changes. The head has two parameters, and both learn.
    """

    def head_optimizer(model, lr):
        return torch.optim.Adam([p for p in _head(model) if p.ndim == 2], lr=lr)


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class only_the_bias_held:
    """Your optimizer holds the head's bias, but not its weight.

    The last entry of `model.parameters()` is the bias. The weight comes before it, and both
    belong to the head.
    """

    def head_optimizer(model, lr):
        return torch.optim.Adam(list(model.parameters())[-1:], lr=lr)


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class last_group_held_too:
    """Your optimizer holds the last group of the backbone as well as the head.

    The head alone learns here. Keep the parameters whose `requires_grad` is True.
    """

    def head_optimizer(model, lr):
        return torch.optim.Adam(chain(model.layer2.parameters(), _head(model)), lr=lr)


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class old_head_in_the_optimizer:
    """Your optimizer holds the old head, not the new one.

    It was noted before the new head took its place. Take the parameters from the model that
    `head_optimizer` is given: those are the ones that it uses now.
    """

    def prepare_for_feature_extraction(model, n_classes):
        _NOTED[:] = model.fc.parameters()
        return transfer.prepare_for_feature_extraction(model, n_classes)

    def head_optimizer(model, lr):
        return torch.optim.Adam(_NOTED, lr=lr)


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class copies_in_the_optimizer:
    """Your optimizer holds copies of the head's parameters.

    It changes the copies, and the model never hears of it. `clone`, `deepcopy` and
    `torch.tensor` make copies. Hand over the parameters themselves.
    """

    def head_optimizer(model, lr):
        return torch.optim.Adam(copy.deepcopy(_head(model)), lr=lr)


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class layer_handed_over:
    """Your optimizer is handed something else than a list of parameters.

    A layer such as `model.fc` is no list, and neither is `parameters` without its brackets. Call
    it: `torch.optim.Adam(model.fc.parameters(), lr=lr)`.
    """

    def head_optimizer(model, lr):
        return torch.optim.Adam(model.fc, lr=lr)


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class learning_rate_ignored:
    """Your optimizer does not use the learning rate that it is given.

    It has one of its own. Pass it on by name: `torch.optim.Adam(parameters, lr=lr)`.
    """

    def head_optimizer(model, lr):
        return torch.optim.Adam(_head(model))


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class backbone_thawed_again:
    """Your `head_optimizer` thaws the whole model and holds all of it.

    A call such as `model.requires_grad_(True)` undoes the freezing. Leave the model as
    `prepare_for_feature_extraction` made it, and take what requires gradients.
    """

    def head_optimizer(model, lr):
        return torch.optim.Adam(model.requires_grad_(True).parameters(), lr=lr)


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class no_optimizer_returned:
    """Your `head_optimizer` makes an optimizer, but does not return it.

    Without `return` the caller gets None.
    """

    def head_optimizer(model, lr):
        transfer.head_optimizer(model, lr)


@mistake(claim="optimizer", repair="reuse#the-optimizer-holds-the-head-alone")
class parameters_returned:
    """Your `head_optimizer` returns the parameters, not an optimizer that holds them.

    Wrap the list: `torch.optim.Adam(parameters, lr=lr)`.
    """

    def head_optimizer(model, lr):
        return _head(model)


@mistake(claim="learns", repair="reuse#the-optimizer-holds-the-head-alone")
class loss_climbs:
    """Your optimizer moves up the loss instead of down.

    `maximize=True`, a minus sign before the loss, or a negative learning rate does that. Each
    step then makes the right class less likely.
    """

    def head_optimizer(model, lr):
        return torch.optim.Adam(_head(model), lr=lr, maximize=True)
