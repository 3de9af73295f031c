"""A small new task: which colour a handwritten digit has. And a backbone that suits it."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from lessons.instruments import PretrainedNetwork
from lessons.reuse.transfer.network import Pretrained, Size, is_statistic
from lessons.trial import Trial

# Chosen by measurement (docs/figures.md): SGD and Adam reach 0.91 at least under 20 seeds.
COLOURS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 1.0, 0.0))
LEARNERS = Size((16, 64), 7, len(COLOURS))
STEPS, BATCH_SIZE, TESTED = 80, 16, 400
LEARNING_RATES = (0.1, 1.0, 10.0)  # later ones for optimizers that move slowly, as Adadelta
GOAL = 0.5


def coloured(t: Trial, digits: Tensor) -> tuple[Tensor, Tensor]:
    """Digits (n, 1, 28, 28) in red, green, blue or yellow (n, 3, 28, 28), and which of them."""
    labels = t.randint(0, len(COLOURS), len(digits))
    return digits * torch.tensor(COLOURS)[labels][:, :, None, None], labels


def settle(network: Pretrained, images: Tensor) -> None:
    """Give the network the running statistics that these images have in it, in place.

    Its weights are random, but then its features at least vary from image to image.
    """
    own = PretrainedNetwork(LEARNERS.widths, LEARNERS.old_classes)
    own.load_state_dict(copy.deepcopy(network.values))
    for module in own.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the plain mean over all batches
    with torch.no_grad():
        own(images)
    network.values.update(
        {name: value for name, value in own.state_dict().items() if is_statistic(name)}
    )
