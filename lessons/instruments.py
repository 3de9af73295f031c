"""Models of our own making that a claim hands to the learner's functions.

They answer in a way the claim knows beforehand and write down how they were called.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class RecordingModel(nn.Module):
    """Reads its logits straight out of the image and keeps a record of each call.

    The first ``n_classes`` pixels of an image are its logits, so a batch made for it has a
    known number of right answers. ``calls`` holds (gradients on?, train mode?, batch size).
    """

    def __init__(self, n_classes: int = 10) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.scale = nn.Parameter(torch.ones(()))
        self.calls: list[tuple[bool, bool, int]] = []

    def forward(self, images: Tensor) -> Tensor:
        """(batch, 1, height, width) -> (batch, n_classes)"""
        self.calls.append((torch.is_grad_enabled(), self.training, len(images)))
        return images.flatten(1)[:, : self.n_classes] * self.scale
