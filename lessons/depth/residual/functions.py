"""Which functions stand in a block, read off at single numbers: after the sum, and inside."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lessons.activations import NUMBERS, is_relu, judge_relu
from lessons.depth.residual.pieces import Block, Place, load, parts_of, plain_part
from lessons.trial import UNJUDGED, Trial
from lessons.workbench import LearnerError, Ref

NUMBERS_BLOCK = Block(2 * len(NUMBERS) + 1, 2 * len(NUMBERS) + 1, 1)


def function_after_the_sum(t: Trial, model: Ref, places: Mapping[str, Place]) -> None:
    """Write down whether it is a ReLU. model: a ``NUMBERS_BLOCK``."""
    judge_relu(t, "after the sum", *_Numbers(t, model, places).after_the_sum())


def function_between_the_parts(t: Trial, model: Ref, places: Mapping[str, Place]) -> None:
    """Write down whether it is a ReLU, if one follows the sum. model: a ``NUMBERS_BLOCK``."""
    numbers = _Numbers(t, model, places)
    if all(is_relu(made) for made in numbers.after_the_sum()):
        judge_relu(t, "between the two parts of the left branch", *numbers.between_the_parts())


class _Numbers:
    """A block in which numbers are sent to one place, to read off what is made of them there.

    Each number has two channels, and one channel more is always 1.
    """

    def __init__(self, t: Trial, model: Ref, places: Mapping[str, Place]) -> None:
        self._t, self._model, self._places = t, model, places
        self.dtype = getattr(torch, t.dtype)
        self.numbers = torch.tensor(NUMBERS, dtype=self.dtype).repeat(2)

    def after_the_sum(self) -> tuple[Tensor, Tensor]:
        made = []
        for share in (1.0, 0.25):
            second = self._plain()
            second["bias"][:-1] = share * self.numbers
            made.append(self._run(self._plain(), second, (1 - share) * self.numbers))
        return made[0][: len(NUMBERS)], made[1][: len(NUMBERS)]

    def between_the_parts(self) -> tuple[Tensor, Tensor]:
        """Right if a ReLU follows the sum: one half of the channels gives what is positive there,
        the other what is negative."""
        made = []
        for way in ("bias", "convolution"):
            first, second = self._plain(), self._plain()
            if way == "bias":
                first["bias"][:] = torch.cat([self.numbers, torch.full((1,), 5.0)])
            else:
                first["convolution"][:-1, -1, 1, 1] = self.numbers
            channel = torch.arange(len(self.numbers))
            sign = torch.ones(len(NUMBERS), dtype=self.dtype)
            second["convolution"][channel, channel, 1, 1] = torch.cat([sign, -sign])
            positive, negative = self._run(first, second, 0 * self.numbers).chunk(2)
            made.append(positive - negative)
        return made[0], made[1]

    def _plain(self) -> dict[str, Tensor]:
        return plain_part(NUMBERS_BLOCK.out_feats, self.dtype)

    def _run(self, first: dict[str, Tensor], second: dict[str, Tensor], x: Tensor) -> Tensor:
        one, two = parts_of([NUMBERS_BLOCK])
        load(self._t, self._model, self._places, {one.name: first, two.name: second})
        channels = torch.cat([x, torch.ones(1, dtype=self.dtype)])
        images = channels[None, :, None, None].expand(1, -1, 3, 3).contiguous()
        try:
            out = self._t.subject.forward(self._model, images, False)
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
            out = None
        if out is None or out.shape != images.shape:  # the claims about values say so
            return torch.full_like(self.numbers, torch.nan)
        return out[0, :-1, 1, 1]
