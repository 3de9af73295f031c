"""A learner's file may import what came before it and what its answer stands on, no answer."""

import pytest

from lessons.course import COURSE
from lessons.pieces import pieces_of


@pytest.mark.parametrize(
    ("checkpoint", "pieces"),
    [
        ("mlp", set()),
        ("conv", {"mlp"}),
        ("residual", {"mlp", "conv", "batchnorm"}),
        ("batchnorm", {"mlp", "conv"}),  # residual's module holds the answer
        ("resnet", {"mlp", "conv", "residual", "batchnorm"}),
        ("transfer", {"mlp", "conv", "residual", "batchnorm", "resnet"}),
    ],
)
def test_no_piece_hands_over_the_answer(checkpoint, pieces):
    assert pieces_of(COURSE, checkpoint) == pieces
