"""Mistakes of ``batchnorm``: how the running statistics and the counter move."""

from __future__ import annotations

import torch

from lessons.depth.batchnorm.mistakes import variance
from lessons.depth.batchnorm.steps import Steps, column, flat, unbiased
from lessons.mistakes import mistake

MOMENTUM = "depth#momentum-a-little-of-each-batch"
CHANNEL = "depth#each-channel-by-its-own-batch"


# --- momentum ----------------------------------------------------------------------------------


@mistake(claim="running-statistics", repair=MOMENTUM)
class momentum_reversed:
    """Your momentum is reversed: the old value gets the share that belongs to the batch.

    In PyTorch, momentum is the share of the new batch: 0.1 of the batch, 0.9 of the old value.
    `(1 - momentum) * running + momentum * batch`.
    """

    class BatchNorm2d(Steps):
        def move_mean(self, mean, momentum):
            super().move_mean(mean, 1 - momentum)

        def move_var(self, var, momentum):
            super().move_var(var, 1 - momentum)


@mistake(claim="running-statistics", repair=MOMENTUM)
class momentum_reversed_for_the_variance:
    """Your momentum is reversed for the running variance; the running mean is right.

    Both follow the same rule: `(1 - momentum) * running + momentum * batch`.
    """

    class BatchNorm2d(Steps):
        def move_var(self, var, momentum):
            super().move_var(var, 1 - momentum)


@mistake(claim="running-statistics", repair=MOMENTUM)
class momentum_reversed_for_the_mean:
    """Your momentum is reversed for the running mean; the running variance is right.

    Both follow the same rule: `(1 - momentum) * running + momentum * batch`.
    """

    class BatchNorm2d(Steps):
        def move_mean(self, mean, momentum):
            super().move_mean(mean, 1 - momentum)


@mistake(claim="running-statistics", repair=MOMENTUM)
class momentum_reversed_and_biased:
    """Your momentum is reversed, and your running variance takes the biased variance.

    The batch's share is momentum, the old value's is 1 - momentum. And what the running variance
    takes is divided by n - 1, not by n: var * n / (n - 1).
    """

    class BatchNorm2d(momentum_reversed.definitions["BatchNorm2d"]):
        update = variance.biased_running_variance.definitions["BatchNorm2d"].update


@mistake(claim="running-statistics", repair=MOMENTUM)
class variance_reversed_and_biased:
    """Your running variance is moved with momentum reversed, and takes the biased variance.

    The batch's share is momentum, as it is for your running mean. And what the running variance
    takes is divided by n - 1, not by n: var * n / (n - 1).
    """

    class BatchNorm2d(momentum_reversed_for_the_variance.definitions["BatchNorm2d"]):
        update = variance.biased_running_variance.definitions["BatchNorm2d"].update


@mistake(claim="running-statistics", repair=MOMENTUM)
class momentum_of_the_other_kind:
    """Your momentum is the share of the old value, with a default of 0.9.

    Other libraries define it so. Here it is the share of the new batch, 0.1 by default, and
    whoever builds your layer with momentum=0.25 wants 0.25 of the batch.
    """

    class BatchNorm2d(momentum_reversed.definitions["BatchNorm2d"]):
        def __init__(self, num_features, eps=1e-05, momentum=0.9):
            super().__init__(num_features, eps, momentum)


@mistake(claim="running-statistics", repair=MOMENTUM)
class momentum_fixed:
    """Your momentum is always 0.1, whatever the layer was built with.

    That is the default only. Keep the argument, `self.momentum = momentum`, and use it.
    """

    class BatchNorm2d(Steps):
        def __init__(self, num_features, eps=1e-05, momentum=0.1):
            super().__init__(num_features, eps, 0.1)


def _moving(move):
    """Both statistics moved by ``move(layer, old, batch's)``."""

    class BatchNorm2d(Steps):
        def move_mean(self, mean, momentum):
            self.running_mean = move(self, self.running_mean, mean)

        def move_var(self, var, momentum):
            self.running_var = move(self, self.running_var, var)

    return BatchNorm2d


@mistake(claim="running-statistics", repair=MOMENTUM)
class only_the_last_batch:
    """Your running statistics are those of the last batch: they are replaced, not moved.

    One batch is a small sample. Keep most of the old value and take a little of the new:
    `(1 - momentum) * running + momentum * batch`.
    """

    BatchNorm2d = _moving(lambda layer, old, batch: batch)


@mistake(claim="running-statistics", repair=MOMENTUM)
class only_the_last_batch_biased:
    """Your running statistics are those of the last batch, with the biased variance.

    Keep most of the old value and take a little of the new:
    `(1 - momentum) * running + momentum * batch`. And the batch's variance is taken with n - 1:
    var * n / (n - 1).
    """

    class BatchNorm2d(only_the_last_batch.definitions["BatchNorm2d"]):
        update = variance.biased_running_variance.definitions["BatchNorm2d"].update


@mistake(claim="running-statistics", repair=MOMENTUM)
class running_sum:
    """Your running statistics are sums: every batch is added whole.

    They grow with every batch and never settle. A running average keeps 1 - momentum of the old
    value and adds momentum of the batch's.
    """

    BatchNorm2d = _moving(lambda layer, old, batch: old + batch)


@mistake(claim="running-statistics", repair=MOMENTUM)
class old_value_kept_whole:
    """Your running statistics keep the whole old value and add momentum of the batch's.

    The shares have to add up to 1, or the sum grows and grows: take (1 - momentum) of the old
    value.
    """

    BatchNorm2d = _moving(lambda layer, old, batch: old + layer.momentum * batch)


@mistake(claim="running-statistics", repair=MOMENTUM)
class batch_taken_whole:
    """Your running statistics take the batch's value whole and add it to a share of the old.

    The shares have to add up to 1: (1 - momentum) of the old value and momentum of the batch's.
    """

    BatchNorm2d = _moving(lambda layer, old, batch: (1 - layer.momentum) * old + batch)


@mistake(claim="running-statistics", repair=MOMENTUM)
class mean_of_all_batches:
    """Your running statistics are the plain mean of all batches so far; momentum is not used.

    Then the first batches, from before the network had learned much, count for as much as the
    last. With momentum they fade.
    """

    class BatchNorm2d(Steps):
        def update(self, mean, var, x):
            share = 1 / (self.num_batches_tracked.item() + 1)
            self.move_mean(flat(mean, x), share)
            self.move_var(unbiased(flat(var, x), x), share)


@mistake(claim="running-statistics", repair=MOMENTUM)
class first_batch_taken_whole:
    """Your running statistics take the first batch whole and use momentum from the second on.

    The contract has no exception for the first batch: it moves mean 0 and variance 1 by
    momentum, as every other.
    """

    BatchNorm2d = _moving(
        lambda layer, old, batch: (
            batch
            if layer.num_batches_tracked == 0
            else (1 - layer.momentum) * old + layer.momentum * batch
        )
    )


@mistake(claim="running-statistics", repair=MOMENTUM)
class never_updated:
    """Your running statistics never move.

    Eval mode then normalises by mean 0 and variance 1, that is, not at all. Each forward run in
    train mode has to assign to `self.running_mean` and `self.running_var`: a local variable of
    that name is forgotten.
    """

    BatchNorm2d = _moving(lambda layer, old, batch: old)


@mistake(claim="running-statistics", repair=MOMENTUM)
class variance_never_updated:
    """Your running variance never moves; the running mean is right.

    Eval mode then divides by the wrong deviation. Assign to `self.running_var` as you do to
    `self.running_mean`.
    """

    class BatchNorm2d(Steps):
        def move_var(self, var, momentum):
            """Nothing moves."""


@mistake(claim="running-statistics", repair=MOMENTUM)
class mean_never_updated:
    """Your running mean never moves; the running variance is right.

    Eval mode then subtracts the wrong mean. Assign to `self.running_mean` as you do to
    `self.running_var`.
    """

    class BatchNorm2d(Steps):
        def move_mean(self, mean, momentum):
            """Nothing moves."""


@mistake(claim="running-statistics", repair=CHANNEL)
class shape_of_keepdim:
    """Your running statistics turn into shape (1, channels, 1, 1) at the first batch.

    `keepdim=True` gives the batch's statistics that shape, and the running ones take it over.
    Then a saved state has other shapes than a new layer. Flatten them first:
    `mean.flatten()` is (channels,).
    """

    class BatchNorm2d(Steps):
        def update(self, mean, var, x):
            self.running_mean = self.running_mean.view(1, -1, 1, 1)
            self.running_var = self.running_var.view(1, -1, 1, 1)
            self.move_mean(mean, self.momentum)
            self.move_var(unbiased(var, x), self.momentum)

        def in_eval(self, x):
            mean, var = self.running_mean.flatten(), self.running_var.flatten()
            return self.normalise(x, column(mean), column(var))


@mistake(claim="running-statistics", repair=CHANNEL)
class shape_spread_out:
    """Your running statistics grow to shape (1, channels, 1, channels) at the first batch.

    (channels,) is added to (1, channels, 1, 1), and PyTorch makes every pair of them. Bring both
    to the same shape first: `mean.flatten()` is (channels,).
    """

    class BatchNorm2d(Steps):
        def update(self, mean, var, x):
            self.move_mean(mean, self.momentum)
            self.move_var(unbiased(var, x), self.momentum)

        def in_eval(self, x):
            return self.normalise(x, self.running_mean, self.running_var)


# --- the counter -------------------------------------------------------------------------------


def _counting(step):
    """A counter that goes up by ``step(x)``."""

    class BatchNorm2d(Steps):
        def count(self, x):
            self.num_batches_tracked += step(x)

    return BatchNorm2d


@mistake(claim="counter", repair=MOMENTUM)
class never_counted:
    """Your counter never moves in train mode.

    `num_batches_tracked` says how many batches the running statistics have seen. Add 1 in every
    forward run in train mode: `self.num_batches_tracked += 1`.
    """

    BatchNorm2d = _counting(lambda x: 0)


@mistake(claim="counter", repair=MOMENTUM)
class images_counted:
    """Your counter counts images, not batches.

    Add 1 for each forward run in train mode, whatever the size of the batch.
    """

    BatchNorm2d = _counting(lambda x: x.shape[0])


@mistake(claim="counter", repair=MOMENTUM)
class counted_twice:
    """Your counter goes up by 2 for each batch.

    Is there a second `+= 1`, one for each statistic perhaps? One for each forward run is meant.
    """

    BatchNorm2d = _counting(lambda x: 2)


@mistake(claim="counter", repair=MOMENTUM)
class counter_set_to_one:
    """Your counter is set to 1 in every batch; it should go up by 1.

    `= 1` and `=+ 1` both set it. `self.num_batches_tracked += 1` counts.
    """

    class BatchNorm2d(Steps):
        def count(self, x):
            self.num_batches_tracked = torch.tensor(1)


@mistake(claim="counter", repair=MOMENTUM)
class counter_becomes_a_float:
    """Your counter turns into a floating number at the first batch.

    `counter + 1.0` makes one. A counter stays whole: add 1.
    """

    class BatchNorm2d(Steps):
        def count(self, x):
            self.num_batches_tracked = self.num_batches_tracked + 1.0
