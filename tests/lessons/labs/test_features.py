"""Lab ``features``: accuracies, caches and damage are those that can be measured beside it."""

from __future__ import annotations

import copy
import importlib.util
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

import reference.resnet
from lessons.reuse.features import LAB, stock
from lessons.reuse.features.lab import STEPS
from reference.backbone import features, pretrained_backbone, quarter_resnet34, settle
from reference.mlp import Linear, accuracy, train

RUN = "lessons.reuse.features.lab"
STYLES = Path(__file__).resolve().parents[1] / "styles"
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3, 4))]


@pytest.fixture(scope="module")
def memories():
    """Memory of a bench by seed: features are computed once for all tests."""
    return defaultdict(dict)


@pytest.fixture
def kept_here(memories):
    return memories[0]


@pytest.fixture
def few(monkeypatch):
    """Few canvases, for tests of what other code does."""
    monkeypatch.setattr(stock, "TESTED", 40)


def style(checkpoint, name):
    path = STYLES / checkpoint / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"style_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def measured(known, asked, seed):
    """The four accuracies, on the reference's own networks with a head of its own, in %."""
    found = {}
    torch.manual_seed(seed)
    for name, model in (
        ("pretrained", pretrained_backbone()),
        ("random", settle(quarter_resnet34(), known.images)),
    ):
        pair = [features(model, part.images) for part in (known, asked)]
        mean, deviation = pair[0].mean(0), pair[0].std(0) + 1e-6
        for how in ("raw", "standardised"):
            x, y = pair if how == "raw" else [(f - mean) / deviation for f in pair]
            head = Linear(128, 5)
            train(head, [(x, known.labels)] * STEPS, torch.optim.Adam(head.parameters(), 0.01))
            found[f"{name}, {how}"] = 100 * accuracy(head, [(y, asked.labels)])
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_pretrained_features_win_by_far_at_every_seed(bench, memories, seed):
    made = bench(LAB, seed=seed, memory=memories[seed])
    found = made.answer(RUN)
    figures = found.figures
    assert found.proves
    for how in ("raw", "standardised"):
        assert figures[f"pretrained, {how}"] - figures[f"random, {how}"] >= 30
    assert f"get {figures['pretrained, raw']:.1f} % of 500" in found.sentence
    assert f"random ones {figures['random, raw']:.1f} %" in found.sentence
    lines = made.drawn["main"]["series"]
    assert lines["pretrained"][-1] == (STEPS, figures["pretrained, raw"])
    assert lines["random"][-1] == (STEPS, figures["random, raw"])
    if seed == 0:
        known, asked = made.memory["tasks"]["labelled", 50], made.memory["tasks"]["asked", 0]
        for name, value in measured(known, asked, seed).items():
            assert figures[name] == pytest.approx(value, abs=6), name
    made.answer(RUN, scale="standardised")
    lines = made.drawn["main"]["series"]
    assert lines["pretrained"][-1] == (STEPS, figures["pretrained, standardised"])


def test_few_labels_are_enough(bench, kept_here):
    found = bench(LAB, memory=kept_here, labels=10).answer(RUN)
    assert found.proves
    assert "10 labels a class" in found.sentence


def test_features_are_computed_once_and_never_for_other_weights(bench, kept_here):
    made = bench(LAB, memory=kept_here)
    made.answer(RUN)
    cache = made.memory["cache"]
    computed = cache.computed
    made.answer(RUN, scale="standardised")
    assert cache.computed == computed
    model = made.memory["pretrained"]
    images = made.memory["tasks"]["labelled", 50].images[:4]
    first = cache.features(model, images, lambda *_: None)
    assert torch.allclose(first, features(pretrained_backbone(), images), atol=1e-4)
    other = copy.deepcopy(model)
    with torch.no_grad():
        next(other.parameters()).mul_(1.5)
    assert not torch.allclose(cache.features(other, images, lambda *_: None), first)
    assert cache.computed == computed + 8


def test_a_cache_is_right_in_eval_alone(bench, kept_here):
    made = bench(LAB, memory=kept_here, show="cache")
    found = made.answer(RUN)
    assert found.figures["cached"] > found.figures["through"]
    times = found.figures["cached"] / found.figures["through"]
    assert f"{times:.0f} times as many steps" in found.sentence
    assert found.figures["eval"] < 1e-4
    assert found.figures["train"] > 0.1
    assert f"change by up to {found.figures['train']:.2g}" in found.sentence
    assert [row[-1] for row in made.drawn["table"]["rows"]] == ["yes", "no"]
    assert not found.proves


@pytest.mark.parametrize("seed", SEEDS)
def test_thawed_statistics_forget_what_looks_otherwise(bench, memories, seed):
    made = bench(LAB, seed=seed, memory=memories[seed], show="thaw")
    found = made.answer(RUN)
    before, thawed = found.figures["before"], found.figures["in train mode"]
    assert before > 90
    assert found.figures["in eval mode"] == before
    assert thawed < 50
    assert found.figures["weights changed"] == 0
    assert f"in train mode {thawed:.1f} %: no weight has changed" in found.sentence
    if seed == 0:  # again: what the run did to the statistics was undone
        assert made.answer(RUN).figures == found.figures


def test_images_that_look_alike_do_no_harm(bench, kept_here):
    found = bench(LAB, memory=kept_here, show="thaw", looks="alike").answer(RUN)
    assert found.figures["in train mode"] > 90
    assert "these images look like those it knows" in found.sentence


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("network", "training"),
    [
        ("function_of_parts", "sequential_children"),
        ("own_functional_layers", "wrapper_no_grad"),
        ("typed_module_list", "features_first"),
        ("one_class_in_place", "stays_in_eval_head_of_its_own"),
    ],
)
def test_code_written_otherwise_runs(bench, network, training):
    pieces = {"resnet": style("resnet", network), "transfer": style("transfer", training)}
    made = bench(LAB, pieces=pieces, own={"resnet": True, "transfer": True}, labels=10)
    found = made.answer(RUN)
    # 40 canvases tell little: only that the trained backbone is there, in whole.
    assert found.figures["pretrained, raw"] > found.figures["random, raw"]
    assert made.answer(RUN, show="cache").figures["train"] > 0.1
    images = made.memory["tasks"]["labelled", 10].images[:4]
    given = made.memory["pretrained"].eval()(images)
    assert torch.allclose(given, features(pretrained_backbone(), images), atol=1e-4)


class Wide(reference.resnet.ResNet34):
    """Its stem has 64 channels, whatever the arguments say."""

    def __init__(self, blocks, widths, strides=(1, 2, 2, 2), n_classes=1000):
        super().__init__(blocks, widths, strides, n_classes)
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)


@pytest.mark.usefixtures("few")
def test_a_stem_of_fixed_width_is_told_and_the_courses_network_runs(bench):
    piece = SimpleNamespace(ResNet34=Wide, copy_weights=reference.resnet.copy_weights)
    own = {"resnet": True, "transfer": True}
    for show in ("race", "cache", "thaw"):
        made = bench(LAB, pieces={"resnet": piece}, own=own, labels=10, show=show)
        made.answer(RUN)
        told = " ".join(made.drawn["about"]["text"].split())
        assert "does not take its widths from its arguments alone" in told
        assert "your own transfer.py, the course's resnet.py" in told


def test_every_setting_runs_and_fits(bench, kept_here):
    made = bench(LAB, memory=kept_here)
    made.answer(RUN, show="thaw", looks="faint")
    made.answer(RUN, show="cache", labels=10)
    assert isinstance(made.memory["pretrained"], nn.Module)
