"""Lab ``modes``: what it says of batch norm is what PyTorch's own layer does."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

import reference.batchnorm
from lessons.depth.modes import LAB
from lessons.depth.modes import lab as modes

RUN = "lessons.depth.modes.lab"
MATES = LAB.control("mates").choices


def torchs(made, momentum, batches):
    """PyTorch's layer after the same batches, and what each left it with."""
    layer = nn.BatchNorm2d(1, momentum=momentum)
    images, _ = modes.data(made)
    went = [(layer.running_mean.item(), layer.running_var.item())]
    for batch in images.split(32)[:batches]:
        layer(batch)
        went.append((layer.running_mean.item(), layer.running_var.item()))
    return layer, went


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mates", MATES)
def test_the_claim_holds_at_every_seed(bench, seed, mates):
    made = bench(LAB, seed=seed, show="mates", mates=mates)
    found = made.answer(RUN)
    layer, _ = torchs(made, 0.1, 50)
    image = modes.image_of(made)
    company = torch.cat([image, modes.mates_of(made)])
    assert len(company) == 8
    assert not any(torch.equal(image[0], other) for other in company[1:])
    with torch.no_grad():
        layer.eval()
        at_rest = (layer(image)[0] - layer(company)[0]).abs().max().item()
        before = layer.running_mean.item()
        layer.train()
        among = layer(company)[0]
        moved = abs(layer.running_mean.item() - before)
        gap = (layer(image)[0] - among).abs().max().item()
    assert at_rest < 1e-6
    assert gap > 0.01
    assert found.figures["train: largest difference"] == pytest.approx(gap, rel=1e-3)
    assert found.figures["train: running mean moved by"] == pytest.approx(moved, rel=1e-2)
    assert found.figures["eval: largest difference"] == pytest.approx(at_rest, abs=1e-6)
    assert found.figures["eval: running mean moved by"] == 0
    for figure in (gap, moved):
        assert f"{figure:.2g}" in found.sentence
    assert found.proves
    assert f"alone or among {modes.TOLD[mates]}" in made.drawn["gaps"]["title"].lower()


@pytest.mark.parametrize("momentum", LAB.control("momentum").choices)
def test_the_running_statistics_creep_as_pytorchs(bench, momentum):
    made = bench(LAB, seed=2, momentum=momentum)
    for batches in (0, 1, 50):
        found = made.answer(RUN, batches=batches)
        _, went = torchs(made, momentum, batches)
        for place, name in enumerate(("mean", "variance")):
            drawn = [value for _, value in made.drawn[name]["series"]["running"]]
            assert drawn == pytest.approx([pair[place] for pair in went], abs=1e-5)
            assert found.figures[f"running {name}"] == drawn[-1]
            assert len(made.drawn[name]["series"]["batch's"]) == batches
        assert not found.proves, "it shows one mode only"
    assert f"{went[-1][1]:.3f}" in found.sentence
    images, _ = modes.data(made)
    left = abs(went[-1][1] - images.var().item()) / abs(1 - images.var().item())
    assert f"{100 * left:.2g} % of the variance's way is left" in found.sentence


@pytest.mark.parametrize("seed", range(5))
def test_a_batch_of_one(bench, seed):
    made = bench(LAB, seed=seed, show="one")
    for size in LAB.control("size").choices:
        found = made.answer(RUN, size=size)
        row = next(row for row in made.drawn["sizes"]["rows"] if row[0] == f"{size} x {size}")
        assert made.drawn["sizes"]["marked"] == [made.drawn["sizes"]["rows"].index(row)]
        if size == 1:
            assert "train mode refuses it" in found.sentence
            assert row[2] == "refused"
            assert "ValueError" in made.drawn["about"]["text"]
            continue
        assert "normalised by itself" in found.sentence
        assert found.figures["train: difference"] < found.figures["eval: difference"] / 10
        assert f"{found.figures['train: difference']:.2g}" == row[2]
        assert f"{found.figures['eval: difference']:.2g}" == row[3]


def test_momentum_and_batches_act_on_what_eval_answers(bench):
    made = bench(LAB, show="mates", batches=0)
    made.answer(RUN)
    raw = made.drawn["outputs"]["images"][2]
    assert torch.allclose(raw, nn.functional.avg_pool2d(modes.image_of(made), 2)[0, 0], atol=1e-4)
    made.answer(RUN, batches=50)
    assert not torch.allclose(made.drawn["outputs"]["images"][2], raw, atol=0.1)


class AlwaysTheBatch(reference.batchnorm.BatchNorm2d):
    """A layer that has one mode only."""

    def forward(self, x):
        self.training = True
        return super().forward(x)


def test_a_layer_without_an_eval_mode_proves_nothing(bench):
    pieces = {"batchnorm": SimpleNamespace(BatchNorm2d=AlwaysTheBatch)}
    made = bench(LAB, show="mates", pieces=pieces, own={"batchnorm": True})
    found = made.answer(RUN)
    assert not found.proves
    assert "in eval mode both should be 0" in found.sentence
    assert "your own batchnorm.py" in made.drawn["about"]["text"]


def test_every_view_fits_with_every_momentum(bench):
    made = bench(LAB)
    for show in LAB.control("show").choices:
        for momentum in LAB.control("momentum").choices:
            made.answer(RUN, show=show, momentum=momentum, batches=2)
