"""Mistakes of ``batchnorm``: the values that a new layer starts with."""

from __future__ import annotations

import torch

from lessons.mistakes import mistake
from reference import batchnorm

KEEPS = "depth#what-a-batch-norm-layer-keeps"


def _starts(**values):
    """The reference with other initial values, each made from the number of channels."""

    class BatchNorm2d(batchnorm.BatchNorm2d):
        def __init__(self, num_features, eps=1e-05, momentum=0.1):
            super().__init__(num_features, eps, momentum)
            for name, make in values.items():
                getattr(self, name).data = make(num_features)

    return BatchNorm2d


@mistake(claim="initial-values", repair=KEEPS)
class running_var_zero:
    """Your running variance starts at 0; it should start at 1.

    A new layer in eval mode then divides by the root of eps alone: values grow 316 times. With
    mean 0 and variance 1 it leaves its input as it is.
    """

    BatchNorm2d = _starts(running_var=torch.zeros)


@mistake(claim="initial-values", repair=KEEPS)
class running_mean_one:
    """Your running mean starts at 1; it should start at 0.

    Mean 0 and variance 1 leave the input as it is, so that is where both begin.
    """

    BatchNorm2d = _starts(running_mean=torch.ones)


@mistake(claim="initial-values", repair=KEEPS)
class weight_zero:
    """Your weight starts at 0; it should start at 1.

    A scale of 0 makes every output 0, and nothing that comes before the layer gets a gradient.
    """

    BatchNorm2d = _starts(weight=torch.zeros)


@mistake(claim="initial-values", repair=KEEPS)
class bias_one:
    """Your bias starts at 1; it should start at 0.

    A new layer gives each channel mean 0. The shift is learned from there.
    """

    BatchNorm2d = _starts(bias=torch.ones)


@mistake(claim="initial-values", repair=KEEPS)
class weight_and_bias_swapped:
    """Your weight starts at 0 and your bias at 1: it should be the other way round.

    The scale is 1 and the shift is 0, so that a new layer only normalises.
    """

    BatchNorm2d = _starts(weight=torch.zeros, bias=torch.ones)


@mistake(claim="initial-values", repair=KEEPS)
class affine_random:
    """Your weight and bias start at random values.

    A linear layer needs that, to tell its units apart. Here the channels differ already. The
    weight starts at 1, the bias at 0.
    """

    BatchNorm2d = _starts(weight=torch.randn, bias=torch.randn)


@mistake(claim="initial-values", repair=KEEPS)
class weight_random:
    """Your weight starts at random values; it should be 1 for every channel.

    A linear layer needs random weights, to tell its units apart. Here the channels differ
    already, and 1 keeps what was normalised as it is.
    """

    BatchNorm2d = _starts(weight=torch.rand)


@mistake(claim="initial-values", repair=KEEPS)
class affine_never_set:
    """Your weight and bias are never set: `torch.empty` only reserves memory.

    What lies there by chance may be zero, huge, or nan. Use `torch.ones` for the weight and
    `torch.zeros` for the bias.
    """

    BatchNorm2d = _starts(weight=torch.empty, bias=torch.empty)


@mistake(claim="initial-values", repair=KEEPS)
class counter_starts_at_one:
    """Your counter starts at 1; it should start at 0.

    A new layer has seen no batch.
    """

    BatchNorm2d = _starts(num_batches_tracked=lambda channels: torch.tensor(1))
