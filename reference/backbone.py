"""Move 4, reuse: a small ResNet34 that has learned to find a digit anywhere on a cluttered canvas.

It ships with the course, so that a learner without a network can reuse what another run learned:
channels a quarter as wide as ResNet34's, the same blocks in the same order, trained on the digits
0 to 4 by ``scripts/train_backbone.py``. The digits 5 to 9 it has never seen. Data, recipe,
accuracy and licence stand in ``backbone/CARD.md``.

Source of the canvases: Mnih, Heess, Graves and Kavukcuoglu, "Recurrent Models of Visual
Attention" (arXiv:1406.6247), section 4.1, "cluttered translated MNIST".
"""

import copy
import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from reference.data import read_verified
from reference.resnet import ResNet34

BACKBONE_FILE = Path(__file__).parent / "backbone" / "quarter_resnet34.npz"
BACKBONE_SHA256 = "420ea6fd143036239402719903005116f55a74d69f5f2f156a38f2fddd08faf4"

BLOCKS = [3, 4, 6, 3]
WIDTHS = [16, 32, 64, 128]  # a quarter of ResNet34's 64, 128, 256, 512
N_CLASSES = 5  # the digits 0 to 4

CANVAS = 64  # pixels a side
SCRAPS = 6
SCRAP = 8  # pixels a side


def quarter_resnet34(n_classes: int = N_CLASSES) -> ResNet34:
    """Return a new ResNet34 of a quarter of the width, with random weights: 128 features."""
    return ResNet34(BLOCKS, WIDTHS, n_classes=n_classes)


def pretrained_backbone() -> ResNet34:
    """Return the network that ships, in eval mode: (batch, 3, 64, 64) -> (batch, 5) logits.

    Its head tells the digits 0 to 4; ``copy_weights`` takes its weights into any network of the
    same shapes.

    Raises:
        ValueError: the file is not the one that was shipped.
        FileNotFoundError: the file is gone.
    """
    content = read_verified(BACKBONE_FILE, BACKBONE_SHA256, "install cnntutor again")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        values = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    model = quarter_resnet34()
    model.load_state_dict(values)  # float16 on disk, float32 in the model
    return model.eval()


def canvases(images: Tensor, generator: torch.Generator) -> Tensor:
    """Put each digit somewhere on an empty canvas, among scraps torn from the other digits.

    Args:
        images: (N, 1, 28, 28), from 0 (paper) to 1 (ink), at least 2 of them.
        generator: draws every place and every scrap.

    Returns:
        (N, 3, 64, 64): three equal channels, as a network for photographs expects. They share
        their memory; call ``contiguous`` before writing into them.
    """
    n = len(images)

    def draw(low: int, high: int, *shape: int) -> list:
        return torch.randint(low, high, shape, generator=generator).tolist()

    places = draw(0, CANVAS - 28 + 1, n, 2)
    targets = draw(0, CANVAS - SCRAP + 1, n, SCRAPS, 2)
    others = draw(1, n, n, SCRAPS)
    # A digit's ink lies in the 20x20 pixels of the middle: 4 to 23.
    origins = draw(4, 24 - SCRAP + 1, n, SCRAPS, 2)
    canvas = torch.zeros(n, 1, CANVAS, CANVAS)
    for i in range(n):
        for (top, left), other, (y, x) in zip(targets[i], others[i], origins[i], strict=True):
            scrap = images[(i + other) % n, :, y : y + SCRAP, x : x + SCRAP]
            put(canvas[i], scrap, top, left)
        put(canvas[i], images[i], *places[i])
    return canvas.expand(-1, 3, -1, -1)


def put(canvas: Tensor, piece: Tensor, top: int, left: int) -> None:
    """Lay a piece (1, height, width) on a canvas (1, CANVAS, CANVAS), in place: ink stays ink."""
    place = canvas[:, top : top + piece.shape[1], left : left + piece.shape[2]]
    torch.maximum(place, piece, out=place)


def features(model: nn.Module, images: Tensor, batch_size: int = 100) -> Tensor:
    """Return what the network hands to its head ``fc``, for each image, in eval mode.

    In eval mode an image's features depend on that image alone, so they can be computed once and
    kept. The model is not changed.

    Args:
        model: a ResNet34 of any width.
        images: (N, 3, height, width).
        batch_size: images at a time; it bounds the memory and changes nothing else.

    Returns:
        (N, features), without a graph.
    """
    backbone = copy.deepcopy(model).eval()
    backbone.fc = nn.Identity()
    with torch.no_grad():
        return torch.cat([backbone(part) for part in images.split(batch_size)])


def settle(model: nn.Module, images: Tensor, batch_size: int = 100) -> nn.Module:
    """Give every batch norm the statistics that these images have in it, in place.

    A network with random weights has running statistics that fit nothing, and in eval mode its
    maps then grow from layer to layer. With statistics of its own it is a fair opponent.

    Args:
        model: any network with batch norms that have ``momentum`` and running statistics.
        images: (N, 3, height, width), at least two.

    Returns:
        ``model``, in eval mode.
    """
    norms: list[Any] = [m for m in model.modules() if hasattr(m, "running_mean")]
    momenta = [norm.momentum for norm in norms]
    model.train()
    with torch.no_grad():
        for number, part in enumerate(images.split(batch_size), start=1):
            for norm in norms:
                norm.momentum = 1 / number  # so that the average over all batches is a plain mean
            model(part)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return model.eval()
