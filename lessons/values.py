"""Random weights for a whole network, such that each of its tensors counts."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor


def network_values(
    shapes: Mapping[str, tuple[int, ...]],
    generator: torch.Generator,
    dtype: torch.dtype = torch.float64,
) -> dict[str, Tensor]:
    """A value for each entry of a network's ``state_dict``, told apart by its name and shape.

    Nothing keeps a default that would hide a mistake: scales of batch norms have both signs (a
    max pool before a negative scale is another function than one behind it), shifts, running
    means and biases are not 0, running variances not 1, counters not 0. All are float32 numbers,
    whatever ``dtype``, which makes them four times faster to draw.
    """

    def uniform(shape: tuple[int, ...], low: float, high: float) -> Tensor:
        return torch.empty(shape).uniform_(low, high, generator=generator).to(dtype)

    def normal(shape: tuple[int, ...], deviation: float) -> Tensor:
        return torch.empty(shape).normal_(0.0, deviation, generator=generator).to(dtype)

    values = {}
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            values[name] = torch.randint(3, 50, shape, generator=generator)
        elif name.endswith("running_var"):
            values[name] = uniform(shape, 0.5, 1.5)
        elif len(shape) >= 2:  # of a convolution or a linear layer
            values[name] = normal(shape, 1 / math.sqrt(math.prod(shape[1:])))
        elif name.endswith("weight"):
            signs = uniform(shape, -0.5, 1.0).sign()  # two of three are positive
            values[name] = uniform(shape, 0.5, 1.5) * signs
        else:
            values[name] = normal(shape, 0.5)
    return values
