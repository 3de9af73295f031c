"""Wrong answers to checkpoint ``transfer``: a frozen backbone that changes all the same.

The classic trap: running statistics are no parameters, so freezing does not hold them.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import transfer


def _in_the_mode_that_it_has(model, batches, optimizer):
    """``train_head`` without a word about train and eval."""
    losses = []
    for images, labels in batches:
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@mistake(claim="backbone-unchanged", repair="reuse#frozen-is-not-eval")
class backbone_left_in_train_mode:
    """Your backbone is frozen, but it trains on in train mode: its running statistics moved.

    They are no parameters, so `requires_grad` does not hold them. In train mode every batch norm
    moves them with each batch, and what was learned before is gone. Call `model.eval()` before
    the loop, and no `model.train()` after it: a linear head computes the same in both modes.
    (`model.training = False` reaches the outermost module only, and `model.eval` without brackets
    does nothing.)
    """

    def train_head(model, batches, optimizer):
        return _in_the_mode_that_it_has(model.train(), batches, optimizer)


@mistake(claim="backbone-unchanged", repair="reuse#frozen-is-not-eval")
class only_the_stem_in_eval:
    """Your backbone is in eval mode in its first batch norm only.

    All others still move their running statistics with each batch. `model.eval()` reaches every
    module inside.
    """

    def train_head(model, batches, optimizer):
        model.train()
        model.bn1.eval()
        return _in_the_mode_that_it_has(model, batches, optimizer)


@mistake(claim="backbone-unchanged", repair="reuse#frozen-is-not-eval")
class only_the_groups_in_eval:
    """Your backbone's first batch norm is still in train mode, unlike all the others.

    A loop over `layer1`, `layer2`, ... leaves out the stem. `model.eval()` reaches every module
    inside.
    """

    def train_head(model, batches, optimizer):
        model.eval()
        model.bn1.train()
        return _in_the_mode_that_it_has(model, batches, optimizer)


@mistake(claim="backbone-unchanged", repair="reuse#frozen-is-not-eval")
class back_to_train_mode_in_the_loop:
    """Your backbone goes back to train mode after the first step.

    There is a `model.train()` inside the loop, as in a loop that trains everything. From the
    second batch on the running statistics move. Leave it out.
    """

    def train_head(model, batches, optimizer):
        model.eval()
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            model.train()
        return losses


@mistake(claim="backbone-unchanged", repair="reuse#frozen-is-not-eval")
class momentum_zero:
    """Your batch norms keep their averages, but they still run in train mode and count batches.

    With a momentum of 0 the running mean and variance stay. But the features are made with each
    batch's own mean and variance, which are not those that the backbone learned with. Call
    `model.eval()` instead.
    """

    def train_head(model, batches, optimizer):
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 0.0
        return _in_the_mode_that_it_has(model.train(), batches, optimizer)


@mistake(claim="training-steps", repair="reuse#frozen-is-not-eval")
class batch_statistics_used:
    """Your backbone keeps its running statistics, but does not use them.

    It runs in train mode with `track_running_stats` off, or its statistics are put back in the
    end. So each image's features depend on the images beside it, in training only. Call
    `model.eval()` instead.
    """

    def train_head(model, batches, optimizer):
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.track_running_stats = False
        return _in_the_mode_that_it_has(model.train(), batches, optimizer)


@mistake(claim="backbone-unchanged", repair="reuse#frozen-is-not-eval")
class statistics_reset_in_training:
    """Your `train_head` resets the running statistics.

    They were learned with the weights and belong to them: without them the features are others.
    Leave `reset_running_stats` away, and call `model.eval()`.
    """

    def train_head(model, batches, optimizer):
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
        return transfer.train_head(model, batches, optimizer)


@mistake(claim="backbone-unchanged", repair="reuse#freeze-then-replace")
class thawed_in_training:
    """Your `train_head` thaws the backbone.

    Then every step computes gradients for all of it, which takes most of the time, and the next
    optimizer that is made will change it. Leave `requires_grad` as it is.
    """

    def train_head(model, batches, optimizer):
        model.requires_grad_(True)
        return transfer.train_head(model, batches, optimizer)


@mistake(claim="backbone-unchanged", repair="reuse#freeze-then-replace")
class everything_trained:
    """Your `train_head` thaws the backbone and trains all of it.

    It makes an optimizer of its own for the whole model. The head alone is to learn, with the
    optimizer that comes in.
    """

    def train_head(model, batches, optimizer):
        model.requires_grad_(True)
        everything = torch.optim.SGD(model.parameters(), lr=1e-3)
        return transfer.train_head(model, batches, everything)


@mistake(claim="backbone-unchanged", repair="reuse#the-optimizer-holds-the-head-alone")
class weights_decayed_by_hand:
    """Your step shrinks every parameter of the model, the frozen ones too.

    Decay that is written by hand does not ask for `requires_grad`. Leave it away, or give the
    head's optimizer a `weight_decay`.
    """

    def train_head(model, batches, optimizer):
        model.eval()
        losses = []
        for images, labels in batches:
            losses += transfer.train_head(model, [(images, labels)], optimizer)
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.mul_(1 - 1e-3)
        return losses
