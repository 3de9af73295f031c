"""Mistakes of ``batchnorm``: which variance the running variance takes."""

from __future__ import annotations

import torch

from lessons.depth.batchnorm.steps import Steps, column, flat, unbiased
from lessons.mistakes import mistake

TWO = "depth#two-variances"


@mistake(claim="running-statistics", repair=TWO)
class biased_running_variance:
    """Your running variance takes the biased variance: divided by n, not by n - 1.

    A batch's own variance, divided by n, comes out a little too small for all the images there
    are. So the running one takes var * n / (n - 1). For this batch's output, n is right.
    """

    class BatchNorm2d(Steps):
        def update(self, mean, var, x):
            self.move_mean(flat(mean, x), self.momentum)
            self.move_var(flat(var, x), self.momentum)


def _bessel(count):
    """The variance corrected for another number of values than those of a channel."""

    class BatchNorm2d(Steps):
        def update(self, mean, var, x):
            n = count(x)
            self.move_mean(flat(mean, x), self.momentum)
            self.move_var(flat(var, x) * n / (n - 1), self.momentum)

    return BatchNorm2d


@mistake(claim="running-statistics", repair=TWO)
class corrected_by_the_images:
    """Your running variance is corrected by n / (n - 1) with n the number of images.

    n counts the values that the variance was taken of: images x height x width, which is
    `x.numel() / x.shape[1]`.
    """

    BatchNorm2d = _bessel(lambda x: x.shape[0])


@mistake(claim="running-statistics", repair=TWO)
class corrected_by_the_places:
    """Your running variance is corrected by n / (n - 1) with n the pixels of one image.

    n counts the values that the variance was taken of: images x height x width, which is
    `x.numel() / x.shape[1]`.
    """

    BatchNorm2d = _bessel(lambda x: x.shape[2] * x.shape[3])


@mistake(claim="running-statistics", repair=TWO)
class corrected_by_all_values:
    """Your running variance is corrected by n / (n - 1) with n all values of the batch.

    Each channel has a variance of its own, taken of images x height x width values. That is
    `x.numel() / x.shape[1]`, without the channels.
    """

    BatchNorm2d = _bessel(lambda x: x.numel())


@mistake(claim="running-statistics", repair=TWO)
class corrected_twice:
    """Your running variance is corrected twice: an unbiased variance times n / (n - 1) again.

    `x.var()` divides by n - 1 already, unless it is told `unbiased=False`. Correct once.
    """

    class BatchNorm2d(Steps):
        def update(self, mean, var, x):
            self.move_mean(flat(mean, x), self.momentum)
            self.move_var(unbiased(unbiased(flat(var, x), x), x), self.momentum)


@mistake(claim="running-statistics", repair=TWO)
class corrected_the_wrong_way:
    """Your running variance is multiplied by (n - 1) / n: the fraction is upside down.

    The unbiased variance is the larger one: var * n / (n - 1).
    """

    class BatchNorm2d(Steps):
        def update(self, mean, var, x):
            n = x.numel() / x.shape[1]
            self.move_mean(flat(mean, x), self.momentum)
            self.move_var(flat(var, x) * (n - 1) / n, self.momentum)


@mistake(claim="running-statistics", repair=TWO)
class running_std:
    """Your running variance is moved towards the standard deviation.

    It holds variances, as the name says: the root is taken when it is used, not before it is
    kept.
    """

    class BatchNorm2d(Steps):
        def move_var(self, var, momentum):
            super().move_var(torch.sqrt(var), momentum)


@mistake(claim="running-statistics", repair=TWO)
class running_biased_std:
    """Your running variance is moved towards the standard deviation, and the biased one.

    It holds variances, as the name says: the root is taken when it is used. And it takes the
    unbiased one, var * n / (n - 1).
    """

    class BatchNorm2d(biased_running_variance.definitions["BatchNorm2d"]):
        def move_var(self, var, momentum):
            super().move_var(torch.sqrt(var), momentum)


@mistake(claim="running-statistics", repair=TWO)
class eps_in_the_running_variance:
    """Your running variance is moved towards var + eps.

    eps guards the division and nothing else. Kept here, it would be added twice in eval mode.
    """

    class BatchNorm2d(Steps):
        def move_var(self, var, momentum):
            super().move_var(var + self.eps, momentum)


@mistake(claim="running-statistics", repair=TWO)
class deviation_from_the_running_mean:
    """Your running variance is taken around the running mean, not around the batch's mean.

    The batch's variance is the mean of (x - mean)^2 with the batch's own mean. Around any other
    number it comes out larger.
    """

    class BatchNorm2d(Steps):
        def update(self, mean, var, x):
            self.move_mean(flat(mean, x), self.momentum)
            var = (x - column(self.running_mean)).square().mean((0, 2, 3))
            self.move_var(unbiased(var, x), self.momentum)
