"""Lab ``shapes``: what it counts is what PyTorch makes, at every choice of the controls."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch
from torch import nn

import reference.conv
from lessons.locality.shapes import LAB, MOST_PLACES
from lessons.locality.shapes import lab as shapes

NAMES = ("size", "kernel", "stride", "padding")
EVERY = list(itertools.product(*(LAB.control(name).choices for name in NAMES)))


def answered(bench, **settings):
    """The bench after one answer."""
    made = bench(LAB, **settings)
    shapes.run(made)
    assert len(made.findings) == 1
    return made


def torch_side(size, kernel, stride, padding):
    """The side of PyTorch's own map; 0 where it refuses."""
    layer = nn.Conv2d(1, 1, kernel, stride, padding)
    try:
        return layer(torch.zeros(1, 1, size, size)).shape[-1]
    except RuntimeError:
        return 0


def test_every_choice_is_counted_right_and_proved(bench):
    for chosen in EVERY:
        made = answered(bench, **dict(zip(NAMES, chosen, strict=True)))
        found, side = made.findings[0], torch_side(*chosen)
        assert found.proves
        assert found.figures["places"] == side
        assert found.figures.get("map", 0) == found.figures.get("formula", 0) == side
        assert str(side) in found.sentence or "fits nowhere" in found.sentence
        assert ("map" in made.drawn) == (side > 0)


def test_the_largest_drawings_fit_side_by_side_into_80_columns(bench):
    made = answered(bench, size=8, kernel=1, stride=1, padding=2, predict=True, guess=99)
    widths = [made.drawn[slot]["images"].shape[-1] for slot in ("grid", "map")]
    assert widths == [2 * MOST_PLACES + 1] * 2
    for chosen in EVERY:
        made = answered(bench, **dict(zip(NAMES, chosen, strict=True)), predict=True, guess=99)
        lines = made.drawn["rule"]["text"].splitlines()
        assert max(map(len, lines)) <= 78 - sum(widths) - 4, lines
        assert len(lines) <= 14


@pytest.mark.parametrize("number", [1, 2, 4, 5, 16, 17, 144])
def test_the_window_slides_along_the_rows_and_the_map_fills(bench, number):
    made = answered(bench, size=7, kernel=3, stride=2, padding=1, window=number)
    row, column = divmod((number - 1) % 16, 4)
    grid = made.drawn["grid"]["images"][0][:-2:2, :-1:2]
    bright = (grid > 0.6).nonzero()
    assert bright.min(0).values.tolist() == [2 * row, 2 * column]
    assert bright.max(0).values.tolist() == [2 * row + 2, 2 * column + 2]
    cells = made.drawn["map"]["images"][0][:-2:2, :-1:2]
    assert cells.flatten().argmax() == 4 * row + column
    assert (cells == 0.5).sum() == 4 * row + column


def test_nothing_gives_the_size_away_before_it_is_predicted(bench):
    made = answered(bench, predict=True)
    assert set(made.drawn) == {"grid", "rule"}
    assert not made.findings[0].proves
    assert made.findings[0].figures == {}
    other = answered(bench, predict=True, window=3)
    assert (made.drawn["grid"]["images"] == other.drawn["grid"]["images"]).all()
    nowhere = answered(bench, predict=True, size=3, kernel=5, padding=0)
    assert nowhere.drawn["grid"]["captions"] == made.drawn["grid"]["captions"]


@pytest.mark.parametrize(("guess", "word"), [(4, "right"), (3, "it is 4"), (0, "it is 4")])
def test_a_prediction_is_answered(bench, guess, word):
    made = answered(bench, predict=True, guess=guess)
    assert f"You said {guess}: {word}." in made.drawn["rule"]["text"]
    assert made.findings[0].proves


def test_code_that_counts_wrong_is_told_and_proves_nothing(bench):
    wrong = SimpleNamespace(
        conv_output_size=lambda size, kernel, stride, padding: size, Conv2d=reference.conv.Conv2d
    )
    made = answered(bench, own={"conv": True}, pieces={"conv": wrong})
    assert not made.findings[0].proves
    assert "the rule says 7" in made.findings[0].sentence
    assert "your own conv.py" in made.drawn["rule"]["text"]
