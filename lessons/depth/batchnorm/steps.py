"""The reference's forward in four steps, each of which a mistake can get wrong by itself."""

from __future__ import annotations

import torch
from torch import Tensor

from reference import batchnorm


class Steps(batchnorm.BatchNorm2d):
    """Behaves as the reference does.

    dims: over which the batch's statistics are taken. detached: which of them, "mean" and "var",
    are cut off from the graph.
    """

    dims: tuple[int, ...] = (0, 2, 3)
    detached: tuple[str, ...] = ()

    def forward(self, x: Tensor) -> Tensor:
        return self.in_train(x) if self.training else self.in_eval(x)

    def in_train(self, x: Tensor) -> Tensor:
        mean, var = self.statistics(x)
        with torch.no_grad():
            self.update(mean, var, x)
            self.count(x)
        return self.normalise(
            x,
            mean.detach() if "mean" in self.detached else mean,
            var.detach() if "var" in self.detached else var,
        )

    def in_eval(self, x: Tensor) -> Tensor:
        return self.normalise(x, column(self.running_mean), column(self.running_var))

    def statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """This batch's mean and biased variance, of shapes that combine with x."""
        return x.mean(self.dims, keepdim=True), x.var(self.dims, unbiased=False, keepdim=True)

    def update(self, mean: Tensor, var: Tensor, x: Tensor) -> None:
        """Move the running statistics; gradients are off."""
        self.move_mean(flat(mean, x), self.momentum)
        self.move_var(unbiased(flat(var, x), x), self.momentum)

    def move_mean(self, mean: Tensor, momentum: float) -> None:
        self.running_mean = (1 - momentum) * self.running_mean + momentum * mean

    def move_var(self, var: Tensor, momentum: float) -> None:
        self.running_var = (1 - momentum) * self.running_var + momentum * var

    def count(self, x: Tensor) -> None:
        self.num_batches_tracked += 1

    def normalise(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        return self.scale_and_shift((x - mean) / torch.sqrt(var + self.eps))

    def scale_and_shift(self, x: Tensor) -> Tensor:
        return x * column(self.weight) + column(self.bias)


def column(values: Tensor) -> Tensor:
    """(channels,) -> (1, channels, 1, 1)"""
    return values[None, :, None, None]


def flat(statistic: Tensor, x: Tensor) -> Tensor:
    """A statistic as one value a channel, whatever it was taken over: (channels,)."""
    return statistic.expand_as(x).mean((0, 2, 3))


def unbiased(var: Tensor, x: Tensor) -> Tensor:
    """The variance divided by n - 1, from the one divided by n, for n values a channel."""
    n = x.numel() / x.shape[1]
    return var * n / (n - 1)
