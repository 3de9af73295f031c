"""The small networks of this move's labs, the digits they look at, and their training.

A lab is asked anew at each key, in the middle of a training too. So what has been trained stays in
the bench's memory, and the next run goes on from there. How the setting was chosen stands in
``docs/labs.md``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lessons.declare import listed
from lessons.labs import Bench
from reference.data import batches, digits

MLP, FLATTENED, AVERAGED = "SimpleMLP", "maps flattened", "maps averaged"
AT_ONCE, STRONGEST = "averaged at once", "strongest of each map"

PASSES, BATCH, LEARNING_RATE = 2, 32, 0.006
CHUNK = 10  # steps from one look at the bench to the next
LAST_MAPS = 32

# For each digit the first of the test images whose ink lies in columns 4 to 19 (from 0): moved
# right by up to 8 pixels it is still whole.
EXAMPLES = (133, 2, 51, 19, 21, 343, 122, 18, 40, 20)


def shift(images: Tensor, pixels: int) -> Tensor:
    """Move images to the right: what leaves is lost, paper comes in."""
    moved = torch.zeros_like(images)
    moved[..., pixels:] = images[..., : images.shape[-1] - pixels]
    return moved


def data(bench: Bench, split: str) -> tuple[Tensor, Tensor]:
    """The digits that ship with the course, read once."""
    if split not in bench.memory:
        bench.memory[split] = digits("train" if split == "train" else "test")
    return bench.memory[split]


def example(bench: Bench, digit: int) -> Tensor:
    """The image of a digit that the labs show: (1, 1, 28, 28)."""
    images, _ = data(bench, "test")
    return images[EXAMPLES[digit]][None]


def the(digit: int) -> str:
    """A digit with its article."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def two_digits(value: float) -> str:
    """A size of any magnitude, in two digits; written out from 100 to 999,999."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if 100 <= abs(rounded) < 1e6 else f"{value:.2g}"


def whose(own: Mapping[str, bool]) -> str:
    """Whose code runs, short."""
    mine = [name for name, is_own in own.items() if is_own]
    others = [name for name, is_own in own.items() if not is_own]
    parts = [f"your own {listed(mine)}"] if mine else []
    parts += [f"the course's {listed(others)}"] if others else []
    return f"Code: {', '.join(parts)}."


def build(bench: Bench, name: str) -> nn.Module:
    """One of the networks with its first values, from the learner's pieces where they passed."""
    conv, mlp = bench.piece("conv"), bench.piece("mlp")
    if name == MLP:
        return mlp.SimpleMLP()
    if name == AT_ONCE:
        return nn.Sequential(
            conv.Conv2d(1, LAST_MAPS, 5, padding=2),  # (batch, 32, 28, 28)
            nn.ReLU(),
            conv.AveragePool(),  # (batch, 32)
            mlp.Linear(LAST_MAPS, 10),
        )
    ends: dict[str, Callable[[], list[nn.Module]]] = {
        FLATTENED: lambda: [nn.Flatten(), mlp.Linear(LAST_MAPS * 7 * 7, 10)],
        AVERAGED: lambda: [conv.AveragePool(), mlp.Linear(LAST_MAPS, 10)],
        STRONGEST: lambda: [conv.MaxPool2d(7), nn.Flatten(), mlp.Linear(LAST_MAPS, 10)],
    }
    return nn.Sequential(
        conv.Conv2d(1, 8, 5, padding=2),  # (batch, 8, 28, 28)
        nn.ReLU(),
        conv.MaxPool2d(2),  # (batch, 8, 14, 14)
        conv.Conv2d(8, 16, 5, padding=2),  # (batch, 16, 14, 14)
        nn.ReLU(),
        conv.MaxPool2d(2),  # (batch, 16, 7, 7)
        conv.Conv2d(16, LAST_MAPS, 3, padding=1),  # (batch, 32, 7, 7)
        nn.ReLU(),
        *ends[name](),
    )


def first_maps(model: nn.Module, images: Tensor) -> Tensor:
    """Maps of the first convolution and its ReLU: (batch, 8, 28, 28)."""
    assert isinstance(model, nn.Sequential)
    with torch.no_grad():
        return model[:2](images)


def last_maps(model: nn.Module, images: Tensor) -> Tensor:
    """Maps of the last convolution and its ReLU: (batch, 32, 7, 7)."""
    assert isinstance(model, nn.Sequential)
    with torch.no_grad():
        return model[:8](images)


class Pupil:
    """A network on its way through its two passes."""

    def __init__(self, bench: Bench, name: str) -> None:
        torch.manual_seed(bench.seed)
        self.model = build(bench, name)
        self.losses: list[tuple[float, float]] = []
        self._optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self._train: Callable[..., list[float]] = bench.piece("mlp").train
        images, labels = data(bench, "train")
        order = torch.Generator().manual_seed(bench.seed)
        self._batches = [b for _ in range(PASSES) for b in batches(images, labels, BATCH, order)]
        self.done, self.of = 0, len(self._batches)

    def go_on(self) -> None:
        """Take some steps."""
        some = self._batches[self.done : self.done + CHUNK]
        losses = self._train(self.model, some, self._optimizer)
        self.done += len(some)
        self.losses.append((float(self.done), sum(losses) / len(losses)))
        if self.done == self.of:
            self._batches = []  # they hold a copy of all images


def trained(bench: Bench, names: Sequence[str]) -> list[nn.Module]:
    """Networks by name, trained now if they haven't been before."""
    pupils: dict[str, Pupil] = bench.memory.setdefault("pupils", {})
    if any(name not in pupils or pupils[name].done < pupils[name].of for name in names):
        _train(bench, names, pupils)
    return [pupils[name].model for name in names]


def _train(bench: Bench, names: Sequence[str], pupils: dict[str, Pupil]) -> None:
    """Train in the slots ``main`` and ``about``, which the lab then draws over."""
    drawn = -1.0
    for name in names:
        if name not in pupils:
            pupils[name] = Pupil(bench, name)
        while pupils[name].done < pupils[name].of:
            pupils[name].go_on()
            there = [n for n in names if n in pupils]
            steps = pupils[name].of
            did = sum(_cost(n) * pupils[n].done for n in there)
            bench.progress(did, steps * sum(_cost(n) for n in names))
            if time.monotonic() - drawn < 0.2:
                continue
            bench.curves(
                "main",
                "Loss while training",
                {n: pupils[n].losses for n in there},
                x="step",
                y="loss",
                x_range=(0, steps),
                y_range=(0, 2.5),
            )
            if drawn < 0:
                bench.words(
                    "about",
                    f"First, {PASSES} passes over the 8,000 training digits for each network.\n"
                    + whose(bench.own),
                )
            drawn = time.monotonic()


def _cost(name: str) -> int:
    """What a step takes, in steps of SimpleMLP, roughly."""
    return 1 if name == MLP else 5


def right(bench: Bench, name: str, pixels: int) -> float:
    """Share of the shipped test digits, moved right, that a trained network gets right."""
    known: dict[tuple[str, int], float] = bench.memory.setdefault("right", {})
    if (name, pixels) not in known:
        (model,) = trained(bench, [name])
        images, labels = data(bench, "test")
        measure: Any = bench.piece("mlp").accuracy
        known[name, pixels] = measure(model, batches(shift(images, pixels), labels, 100))
    return known[name, pixels]
