"""Lab ``maps``: value and receptive field at the cursor are those of the trained network."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

import reference.conv
from lessons.locality import small_networks as small
from lessons.locality.maps import FILTERS, LAB
from lessons.locality.maps.lab import LAYERS
from reference.data import digits

pytestmark = pytest.mark.xdist_group("small networks")  # they train the same ones
RUN = "lessons.locality.maps.lab"
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3, 4))]
ENDS = {1: 2, 2: 5, 3: 8}


@pytest.fixture
def few(monkeypatch):
    """Few digits, for tests that look at what is drawn and not at what is learnt."""
    all_digits = {split: digits(split) for split in ("train", "test")}
    monkeypatch.setattr(
        small, "digits", lambda split: tuple(part[:480] for part in all_digits[split])
    )


def maps_of(made, digit, layer):
    image = digits("test")[0][small.EXAMPLES[digit]][None]
    with torch.no_grad():
        return made.memory["pupils"][small.AVERAGED].model[: ENDS[layer]](image)[0]


def looked_at(layer, row, column):
    """Which pixels reach a cell, found by the gradient where no weight and no pool hides any."""
    net = nn.Sequential(
        nn.Conv2d(1, 1, 5, padding=2, bias=False), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(1, 1, 5, padding=2, bias=False), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(1, 1, 3, padding=1, bias=False), nn.ReLU(),
    )  # fmt: skip
    for parameter in net.parameters():
        nn.init.ones_(parameter)
    image = torch.ones(1, 1, 28, 28, requires_grad=True)
    net[: ENDS[layer]](image)[0, 0, row, column].backward()
    rows, columns = (image.grad[0, 0] != 0).any(1), (image.grad[0, 0] != 0).any(0)
    return [int(side.nonzero()[end]) for side in (rows, columns) for end in (0, -1)]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_it_says_of_a_cell_holds_at_every_seed(bench, kept, seed):
    made = bench(LAB, seed=seed, memory=kept[seed])
    made.answer(RUN)
    for layer, digit in ((1, 5), (2, 3), (3, 8), (1, 0)):
        maps = maps_of(made, digit, layer)
        filter_ = int(maps.amax((1, 2)).argmax())
        side = maps.shape[-1]
        row, column = divmod(int(maps[filter_].argmax()), side)
        step = 28 // side
        settings = {"layer": layer, "digit": digit, "filter": filter_ + 1}
        found = made.answer(RUN, row=row * step, column=column * step, show="map", **settings)
        value = maps[filter_, row, column].item()
        assert found.proves
        assert f"Cell {row}, {column} of filter {filter_ + 1}'s map" in found.sentence
        assert f" is {value:.2f}. It comes from" in found.sentence
        assert f"it is still {value:.2f}." in found.sentence
        assert found.figures["strongest"] == pytest.approx(value)
        top, bottom, left, right = looked_at(layer, row, column)
        pixels = (bottom - top + 1) * (right - left + 1)
        assert f"It comes from {pixels} of 784 pixels" in found.sentence
        assert made.drawn["digit"]["frames"] == ((top, left, bottom - top + 1, right - left + 1),)
        assert made.drawn["main"]["frames"] == ((row, column, 1, 1),)
        assert (
            f" rows\n  {top} to {bottom}\n columns\n  {left} to {right}"
            in (made.drawn["about"]["text"])
        )

        found = made.answer(RUN, show="maps", **settings)
        silent = int((maps.amax((1, 2)) <= 0).sum())
        assert f"filter {filter_ + 1} of layer {layer} finds most" in found.sentence
        assert f"reaches {value:.2f}. {silent} of {len(maps)} maps stay at 0" in found.sentence
        assert not found.proves


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("layer", [1, 2, 3])
def test_each_cell_looks_at_what_the_gradient_says(layer):
    for cell in range(28 // LAYERS[layer].step):
        first, end = LAYERS[layer].looks_at(cell)
        assert looked_at(layer, cell, 0)[:2] == [first, end - 1]


@pytest.mark.usefixtures("few")
def test_every_setting_runs_and_fits(bench):
    made = bench(LAB)
    for show in LAB.control("show").choices:
        for layer, last in FILTERS.items():
            for filter_ in (1, last):
                for place in (0, 27):
                    made.answer(
                        RUN, show=show, layer=layer, filter=filter_, row=place, column=27 - place
                    )


@pytest.mark.usefixtures("few")
def test_the_filters_are_the_networks_weights(bench):
    made = bench(LAB, show="filters", filter=3)
    found = made.answer(RUN)
    weight = made.memory["pupils"][small.AVERAGED].model[0].weight
    assert f"200 weights from {weight.min():.2f} to {weight.max():.2f}" in found.sentence
    ((top, left, height, width),) = made.drawn["main"]["frames"]
    framed = made.drawn["main"]["images"][0, top : top + height, left : left + width]
    assert torch.equal(framed[::2, ::2], weight[2, 0].detach())
    assert f"{weight[2, 0, 0, 0]:+.2f}" in made.drawn["about"]["text"]
    found = made.answer(RUN, layer=3, filter=32)
    assert "32 filters of 16 x 3 x 3, 4,608 weights" in found.sentence


class Farsighted(reference.conv.Conv2d):
    """A convolution that adds what the whole image holds."""

    def forward(self, x):
        return super().forward(x) + x.mean((1, 2, 3), keepdim=True)


@pytest.mark.usefixtures("few")
def test_a_layer_that_looks_further_proves_nothing(bench):
    piece = SimpleNamespace(**{**vars(reference.conv), "Conv2d": Farsighted})
    found = bench(LAB, pieces={"conv": piece}).answer(RUN)
    assert not found.proves
    assert "looks further than a convolution should" in found.sentence
