"""The stacks that race, and the run of one of them.

How width, learning rate and number of steps were chosen stands in ``docs/labs.md``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.labs import Bench
from reference.data import batches, digits

WIDTH, CHANNELS = 64, 8
LINEAR, CONVOLUTION = "linear", "convolution"
BATCH = 32
PARTS = 8  # in which the test digits are measured, so that a key is heard between two


class Stack(nn.Module):
    """Layers: one in, blocks of two, one out. Residual or not, all values are the same.

    layers: ``depth`` of them; the last gives the logits. norms: one behind each of the others.
    """

    def __init__(self, layers: list[nn.Module], norms: list[nn.Module], *, residual: bool) -> None:
        super().__init__()
        self.residual = residual
        self.layers, self.norms = nn.ModuleList(layers), nn.ModuleList(norms)

    def enter(self, images: Tensor) -> Tensor:
        """Images (batch, 1, 28, 28) as the first layer takes them."""
        raise NotImplementedError

    def step(self, place: int, x: Tensor) -> Tensor:
        """One layer and its batch norm."""
        raise NotImplementedError

    def leave(self, x: Tensor) -> Tensor:
        """What the last layer takes: (batch, features)."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.step(0, self.enter(x)))
        for place in range(1, len(self.layers) - 1, 2):
            left = self.step(place + 1, F.relu(self.step(place, x)))
            x = F.relu(left + x if self.residual else left)
        return self.layers[-1](self.leave(x))  # (batch, 10)


class LinearStack(Stack):
    """Of linear layers: (batch, WIDTH) between any two."""

    def enter(self, images: Tensor) -> Tensor:
        return images.flatten(1)

    def step(self, place: int, x: Tensor) -> Tensor:
        x = self.layers[place](x)
        return self.norms[place](x[:, :, None, None])[:, :, 0, 0]  # it knows four dimensions

    def leave(self, x: Tensor) -> Tensor:
        return x


class ConvStack(Stack):
    """Of 3x3 convolutions: (batch, CHANNELS, 14, 14) between any two, averaged at the end."""

    def enter(self, images: Tensor) -> Tensor:
        return F.avg_pool2d(images, 2)

    def step(self, place: int, x: Tensor) -> Tensor:
        return self.norms[place](self.layers[place](x))

    def leave(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))


def build(bench: Bench, kind: str, depth: int, *, norm: bool, he: bool, residual: bool) -> Stack:
    """A stack of the learner's pieces where they passed. The same seed draws the same values."""
    linear, many = bench.piece("mlp").Linear, depth - 1
    layers: list[nn.Module]
    if kind == LINEAR:
        sizes = [28 * 28, *[WIDTH] * many, 10]
        layers = [linear(a, b) for a, b in itertools.pairwise(sizes)]
    else:
        conv = bench.piece("conv").Conv2d
        layers = [conv(CHANNELS if at else 1, CHANNELS, 3, padding=1) for at in range(many)]
        layers.append(linear(CHANNELS, 10))
    if he:
        for layer in layers:
            nn.init.kaiming_normal_(layer.get_parameter("weight"), nonlinearity="relu")
            for bias in (values for values in layer.parameters() if values.dim() == 1):
                nn.init.zeros_(bias)
    features = WIDTH if kind == LINEAR else CHANNELS
    new_norm: Callable[[], nn.Module] = nn.Identity
    if norm:
        batchnorm = bench.piece("batchnorm").BatchNorm2d
        new_norm = lambda: batchnorm(features)  # noqa: E731
    made = LinearStack if kind == LINEAR else ConvStack
    return made(layers, [new_norm() for _ in range(many)], residual=residual)


def train_batches(bench: Bench) -> list[tuple[Tensor, Tensor]]:
    """One pass over the shipped digits, in the seed's order; all stacks see the same."""
    if "batches" not in bench.memory:
        order = torch.Generator().manual_seed(bench.seed)
        bench.memory["batches"] = batches(*digits("train"), BATCH, order)
    return bench.memory["batches"]


def test_batches(bench: Bench) -> list[tuple[Tensor, Tensor]]:
    """The test digits in parts of the same size."""
    if "parts" not in bench.memory:
        images, labels = digits("test")
        bench.memory["parts"] = batches(images, labels, len(images) // PARTS)
    return bench.memory["parts"]


class Runner:
    """A stack on its way through one pass over the digits, and then over the test digits.

    done, of: pieces of work; of them ``steps`` are training. points: mean loss of a few steps at a
    time. first, last: gradient norm of each layer's weight on the same batch, before the first step
    and after the last. diverged: the step whose loss was no longer a finite number; there the stack
    stops.
    """

    def __init__(
        self, bench: Bench, kind: str, depth: int, *, norm: bool, he: bool, residual: bool
    ) -> None:
        torch.manual_seed(bench.seed)
        self.model = build(bench, kind, depth, norm=norm, he=he, residual=residual)
        values = self.model.parameters()
        self._optimizer: torch.optim.Optimizer
        if kind == LINEAR:
            self._optimizer, self._chunk = torch.optim.SGD(values, lr=0.05), 5
        else:
            self._optimizer, self._chunk = torch.optim.Adam(values, lr=0.001), 2
        self._train = bench.piece("mlp").train
        self._measure = bench.piece("mlp").accuracy
        self._batches, self._tests = train_batches(bench), test_batches(bench)
        self.steps = len(self._batches)
        self.done, self.of = 0, self.steps + len(self._tests)
        self.points: list[tuple[float, float]] = []
        self.diverged: int | None = None
        self._right: list[float] = []
        self.first = self._gradients()
        self.last: list[float] = []

    @property
    def ended(self) -> bool:
        return self.done >= self.of

    @property
    def accuracy(self) -> float:
        """On the test digits, in %."""
        return 100 * sum(self._right) / max(1, len(self._right))

    def go_on(self) -> None:
        """Take some steps; after the last one, measure."""
        if self.done >= self.steps:
            self._right.append(self._measure(self.model, [self._tests[self.done - self.steps]]))
            self.done += 1
            return
        some = self._batches[self.done : self.done + self._chunk]
        losses = self._train(self.model, some, self._optimizer)
        finite = losses
        if not all(map(math.isfinite, losses)):
            wrong = next(n for n, loss in enumerate(losses) if not math.isfinite(loss))
            self.diverged, finite = self.done + wrong + 1, losses[:wrong]
        if finite:
            self.points.append((self.done + len(finite), sum(finite) / len(finite)))
        self.done += len(some)
        if self.diverged is not None:
            self.done = self.steps
        elif self.done >= self.steps:
            self.last = self._gradients()

    def _gradients(self) -> list[float]:
        """Gradient norm of each layer's weight; nothing is changed but batch norm's memory."""
        images, labels = self._batches[0]
        self.model.train()
        weights = [layer.get_parameter("weight") for layer in self.model.layers]
        loss = F.cross_entropy(self.model(images), labels)
        return [float(grad.norm()) for grad in torch.autograd.grad(loss, weights)]
