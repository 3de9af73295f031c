"""What the board of move 3 says about the sums of residual blocks, measured on the reference.

    python -m benchmarks.residual_board

A small network of residual blocks learns the shipped digits in one pass (Adam, 0.002, batches of
32), and once more with the sums left out: relu(left) in place of relu(left + right). Accuracy on
the test digits, least | median | most of 5 seeds; a seed draws initial values and shuffles.
"""

from __future__ import annotations

import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.board_figures import spread
from benchmarks.one_pass import CHOSEN
from reference.batchnorm import BatchNorm2d
from reference.conv import AveragePool, Conv2d
from reference.data import batches, digits
from reference.mlp import Linear, accuracy, train
from reference.residual import ResidualBlock

SEEDS = 5
FEATS = 8


class WithoutSum(ResidualBlock):
    """A block that forgets its shortcut."""

    def forward(self, x: Tensor) -> Tensor:
        left = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(left)))


def network(block: type[ResidualBlock], blocks: int) -> nn.Module:
    """(batch, 1, 28, 28) -> (batch, 10), by way of maps of 14x14."""
    return nn.Sequential(
        Conv2d(1, FEATS, 3, stride=2, padding=1),
        BatchNorm2d(FEATS),
        nn.ReLU(),
        *(block(FEATS, FEATS) for _ in range(blocks)),
        AveragePool(),
        Linear(FEATS, 10),
    )


def main() -> None:
    images, labels = digits("train")
    test = list(batches(*digits("test"), 500))
    name, lr, size = CHOSEN
    for blocks in (16, 1):
        for block in (ResidualBlock, WithoutSum):
            found, start = [], time.process_time()
            for seed in range(SEEDS):
                torch.manual_seed(seed)
                model = network(block, blocks)
                order = batches(images, labels, size, torch.Generator().manual_seed(seed))
                train(model, order, getattr(torch.optim, name)(model.parameters(), lr=lr))
                found.append(accuracy(model, test))
            seconds = (time.process_time() - start) / SEEDS
            print(f"{blocks} blocks, {block.__name__}: {spread(found)} ({seconds:.0f} s each)")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
