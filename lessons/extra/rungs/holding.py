"""The rungs of lab ``rungs``: what is known of each, and its images where they are here."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lessons.holdings import find
from lessons.ladder import rung
from reference.data import Split, choose, cifar10, digits, fashion_mnist
from reference.packed import packed


class Facts(NamedTuple):
    """What an image of a rung is, and how many there are to learn from. side: in pixels; of
    ImageNet's photographs, what a network is shown of them."""

    title: str
    channels: int
    side: int
    classes: int
    images: int

    @property
    def numbers(self) -> int:
        return self.channels * self.side**2


RUNGS = {
    "digits": Facts("Digits", 1, 28, 10, 8_000),
    "fashion-mnist": Facts("Fashion-MNIST", 1, 28, 10, 60_000),
    "cifar10": Facts("CIFAR-10", 3, 32, 10, 50_000),
    "imagenet": Facts("ImageNet", 3, 224, 1000, 1_281_167),
}

CLASSES = {
    "digits": tuple("0123456789"),
    "fashion-mnist": (
        *("T-shirt", "trousers", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "boot"),
    ),
    "cifar10": (
        *("plane", "car", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
}


def here(name: str) -> bool:
    """Whether the rung's images are on this machine. ImageNet's never are: its weights may be."""
    return name != "imagenet" and find(rung(name)) is not None


def state(name: str) -> str:
    """What of the rung is on this machine, in a word or two."""
    if name == "imagenet":
        return "its weights" if find(rung("resnet34")) is not None else "absent"
    return "here" if here(name) else "absent"


def images_of(name: str, split: Split, each: int) -> tuple[Tensor, Tensor]:
    """The first so many images of each class: (N, channels, side, side) from 0 to 1, and labels.

    LookupError: the rung is not on this machine.
    """
    holding = find(rung(name)) if name != "imagenet" else None
    if holding is None:
        raise LookupError(f"{name} is not on this machine")
    if holding.packed:
        return packed(split, holding.path(holding.files[0]), each)
    if name == "cifar10":
        return cifar10(split, holding.folder, each)
    images, labels = digits(split) if name == "digits" else fashion_mnist(split, holding.folder)
    chosen = torch.from_numpy(choose(labels.numpy(), each))
    return images[chosen], labels[chosen]


def how_to_get(name: str) -> str:
    if name == "imagenet":
        return (
            "ImageNet's images are not part of the course. Weights learned on them are:\n"
            "cnntutor data fetch resnet34, or a kit."
        )
    return f"{RUNGS[name].title} is not on this machine: cnntutor data fetch {name}, or a kit."
