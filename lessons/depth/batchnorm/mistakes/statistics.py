"""Mistakes of ``batchnorm``: what comes out in train mode."""

from __future__ import annotations

import torch

from lessons.depth.batchnorm.steps import Steps, column, unbiased
from lessons.mistakes import mistake

CHANNEL = "depth#each-channel-by-its-own-batch"
TWO = "depth#two-variances"
MODES = "depth#train-and-eval-differ"


# --- over what the statistics are taken --------------------------------------------------------


@mistake(claim="train-values", repair=CHANNEL)
class statistics_per_image:
    """Your output equals a layer that takes mean and variance of each image by itself.

    That is instance norm. Batch norm takes them over the whole batch: a channel's values in all
    images together, `dim=(0, 2, 3)`. Without the 0 the images stay apart.
    """

    class BatchNorm2d(Steps):
        dims = (2, 3)


@mistake(claim="train-values", repair=CHANNEL)
class statistics_per_place:
    """Your output equals a layer that takes mean and variance over the images only.

    `dim=0` keeps every pixel apart: one mean for each place. A channel has one mean for all
    images and all places: `dim=(0, 2, 3)`.
    """

    class BatchNorm2d(Steps):
        dims = (0,)


@mistake(claim="train-values", repair=CHANNEL)
class statistics_of_the_whole_tensor:
    """Your output equals a layer with one mean and one variance for all channels together.

    `x.mean()` without `dim` takes everything. Each channel has statistics of its own:
    `x.mean(dim=(0, 2, 3))`, of shape (channels,).
    """

    class BatchNorm2d(Steps):
        dims = (0, 1, 2, 3)


@mistake(claim="train-values", repair=CHANNEL)
class statistics_over_channels:
    """Your output equals a layer that takes mean and variance over each image's channels too.

    That is layer norm, dimensions (1, 2, 3): one mean an image. Batch norm has one mean a
    channel, over all images: `dim=(0, 2, 3)`.
    """

    class BatchNorm2d(Steps):
        dims = (1, 2, 3)


@mistake(claim="train-values", repair=CHANNEL)
class statistics_across_channels:
    """Your output equals a layer that takes mean and variance across the channels of a pixel.

    `dim=1` is the channels: they are what should stay apart. Average over all the others,
    `dim=(0, 2, 3)`: images, rows and columns.
    """

    class BatchNorm2d(Steps):
        dims = (1,)


@mistake(claim="train-values", repair=CHANNEL)
class channels_taken_last:
    """Your output equals a layer that takes the last dimension for the channels.

    Images here are (batch, channels, height, width), so channels are dimension 1. What is left
    to average over is `dim=(0, 2, 3)`; you averaged over (0, 1, 2).
    """

    class BatchNorm2d(Steps):
        dims = (0, 1, 2)


@mistake(claim="train-values", repair=CHANNEL)
class median_for_mean:
    """Your mean is the median: the value in the middle, not the sum divided by the number.

    The values of a channel come out around 0 only if their own mean is subtracted. Take
    `x.mean(dim=(0, 2, 3))`.
    """

    class BatchNorm2d(Steps):
        def statistics(self, x):
            median = x.transpose(0, 1).flatten(1).median(dim=1).values
            return column(median), super().statistics(x)[1]


@mistake(claim="train-values", repair=CHANNEL)
class statistics_not_reshaped:
    """Your statistics of shape (channels,) meet x as if they belonged to its width.

    PyTorch lines shapes up from the right. (channels,) against (batch, channels, height, width)
    fails, or, where width equals channels, goes wrong in silence. Give them the shape
    (1, channels, 1, 1): `mean[None, :, None, None]`.
    """

    class BatchNorm2d(Steps):
        def statistics(self, x):
            return x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)

        def update(self, mean, var, x):
            super().update(column(mean), column(var), x)

        def in_eval(self, x):
            return self.normalise(x, self.running_mean, self.running_var)


@mistake(claim="train-values", repair=CHANNEL)
class reshaped_to_the_batch:
    """Your values for each channel are reshaped to (channels, 1, 1, 1), so they meet the images.

    Dimension 0 of x is the batch, the channels are dimension 1. Give mean, variance, weight and
    bias the shape (1, channels, 1, 1): `mean[None, :, None, None]`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            values = (v.flatten() for v in (mean, var, self.weight, self.bias))
            mean, var, weight, bias = (v[:, None, None, None] for v in values)
            return (x - mean) / torch.sqrt(var + self.eps) * weight + bias


@mistake(claim="train-values", repair=CHANNEL)
class affine_not_reshaped:
    """Your weight and bias of shape (channels,) meet x as if they belonged to its width.

    PyTorch lines shapes up from the right. (channels,) against (batch, channels, height, width)
    fails, or, where width equals channels, goes wrong in silence. Give them the shape
    (1, channels, 1, 1): `self.weight[None, :, None, None]`.
    """

    class BatchNorm2d(Steps):
        def scale_and_shift(self, x):
            return x * self.weight + self.bias


@mistake(claim="train-values", repair=CHANNEL)
class nothing_reshaped:
    """Neither your statistics nor your weight and bias are reshaped to meet x.

    PyTorch lines shapes up from the right, so (channels,) is taken for the width. That fails,
    or, where width equals channels, goes wrong in silence. Give all four the shape
    (1, channels, 1, 1), with `[None, :, None, None]`.
    """

    class BatchNorm2d(statistics_not_reshaped.definitions["BatchNorm2d"]):
        def scale_and_shift(self, x):
            return x * self.weight + self.bias


# --- which statistics --------------------------------------------------------------------------


@mistake(claim="train-values", repair=MODES)
class running_statistics_in_train:
    """Your layer normalises by the running statistics in train mode too.

    They belong to eval mode. In train mode the batch at hand is normalised by its own mean and
    variance, and moves the running ones for later.
    """

    class BatchNorm2d(Steps):
        def in_train(self, x):
            mean, var = self.running_mean, self.running_var
            super().in_train(x)
            return self.normalise(x, column(mean), column(var))


@mistake(claim="train-values", repair=MODES)
class updated_statistics_in_train:
    """In train mode your layer moves the running statistics and then normalises by them.

    They belong to eval mode. In train mode the batch at hand is normalised by its own mean and
    variance.
    """

    class BatchNorm2d(Steps):
        def in_train(self, x):
            super().in_train(x)
            return self.in_eval(x)


@mistake(claim="train-values", repair=MODES)
class modes_swapped:
    """Your two modes are swapped: train mode does what eval mode should do.

    `self.training` is True in train mode. Look at your `if`: a `not` too many or too few.
    """

    class BatchNorm2d(Steps):
        def forward(self, x):
            return self.in_eval(x) if self.training else self.in_train(x)


@mistake(claim="train-values", repair=MODES)
class always_as_in_eval:
    """Your layer does in train mode what it does in eval mode: batches leave no trace.

    It normalises by the running statistics and never moves them, so they stay at 0 and 1. Where
    `self.training` is True, use this batch's statistics, and move the running ones.
    """

    class BatchNorm2d(Steps):
        def forward(self, x):
            return self.in_eval(x)


@mistake(claim="train-values", repair=TWO)
class unbiased_in_forward:
    """Your output is normalised by the unbiased variance: divided by n - 1, not by n.

    `x.var()` does that unless told otherwise. For normalising this batch, the plain mean of the
    squares is meant: `x.var(dim=(0, 2, 3), unbiased=False)`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return super().normalise(x, mean, unbiased(var, x) if self.training else var)


@mistake(claim="train-values", repair=CHANNEL)
class nothing_returned:
    """Your `forward` returns nothing.

    What it has worked out is lost when it ends. The last line has to begin with `return`.
    """

    class BatchNorm2d(Steps):
        def forward(self, x):
            super().forward(x)
