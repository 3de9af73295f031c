"""The highest rung of the data ladder that lies here, for the claims of move 4. Runs in the judge.

With ImageNet's weights (and CIFAR-10) on this machine the evidence comes from them, without them
from the backbone that ships and from the digits. Files that turn out to be damaged are passed over
with a word: a learner's check must not end because of them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from lessons import holdings
from lessons.ladder import rung
from reference import backbone, data, imagenet
from reference.packed import packed


class Trained(NamedTuple):
    """A trained network, and images that it was trained for.

    rung: where it comes from. told: the same in words. arguments: of ``ResNet34``. names: of the
    images. classes: of the logits.
    """

    rung: str
    told: str
    network: nn.Module
    arguments: tuple[list[int], list[int], list[int], int]
    names: list[str]
    images: Tensor
    classes: list[str]


def trained() -> Trained:
    """ImageNet's ResNet34 and photographs, or else the backbone that ships and canvases."""
    network = imagenet_network()
    if network is not None:
        names, images = imagenet.photographs()
        arguments = ([3, 4, 6, 3], [64, 128, 256, 512], [1, 2, 2, 2], 1000)
        told = "ImageNet's weights, photographs"
        classes = imagenet.class_names()
        return Trained("resnet34", told, network, arguments, names, images, classes)
    pixels, labels = data.digits("test")
    chosen = [int((labels == digit).nonzero()[0]) for digit in range(backbone.N_CLASSES)]
    images = backbone.canvases(pixels[chosen], torch.Generator().manual_seed(0))
    return Trained(
        "backbone",
        "the weights that ship, digits on canvases",
        backbone.pretrained_backbone(),
        (backbone.BLOCKS, backbone.WIDTHS, [1, 2, 2, 2], backbone.N_CLASSES),
        [f"a {digit}" for digit in range(backbone.N_CLASSES)],
        images,
        [str(digit) for digit in range(backbone.N_CLASSES)],
    )


def imagenet_network() -> nn.Module | None:
    """torchvision's ResNet34 with ImageNet's weights; None where they are not, or not whole."""
    holding = holdings.find(rung("resnet34"))
    if holding is None:
        return None
    (file,) = holding.files
    try:
        return imagenet.imagenet_resnet34(holding.path(file), file.digest.removeprefix("sha256:"))
    except (OSError, ValueError):
        return None  # `cnntutor data` tells what is wrong with it


def cifar10(split: data.Split, each: int) -> tuple[Tensor, Tensor] | None:
    """So many photographs of each class; None where CIFAR-10 is not here, or not whole."""
    holding = holdings.find(rung("cifar10"))
    if holding is None:
        return None
    try:
        if not holding.packed:
            return data.cifar10(split, holding.folder, each)
        if holdings.check(holding.rung).state != "whole":
            return None
        return packed(split, holding.path(holding.files[0]), each)
    except (OSError, ValueError, RuntimeError):
        return None  # likewise
