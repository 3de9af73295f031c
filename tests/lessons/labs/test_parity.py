"""Lab ``parity``: what two exchanged rows do is what they do to torchvision's own network."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torchvision.models import resnet34

import reference.resnet
from lessons.reuse.parity import LAB
from lessons.reuse.resnet.stages import role

RUN = "lessons.reuse.parity.lab"
STYLES = Path(__file__).resolve().parents[1] / "styles" / "resnet"
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3, 4))]


@pytest.fixture(scope="module")
def built():
    """Memory of a bench with seed 0, whose networks take a second to build."""
    return {}


def style(name):
    spec = importlib.util.spec_from_file_location(f"style_{name}", STYLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stages_of(values, images, train):
    """What torchvision's network computes with these values: each module's output, in order."""
    with torch.device("meta"):
        model = resnet34().to_empty(device="cpu")
    model.load_state_dict(values)
    seen = {}

    def remember(name):
        def hook(module, inputs, output):
            seen[name] = output.detach().clone()

        return hook

    for name, module in model.named_modules():
        if any(row.startswith(f"{name}.") for row in values):
            module.register_forward_hook(remember(name))
    with torch.no_grad():
        seen[""] = model.train(train)(images)
    return seen


@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_departure_is_that_of_torchvisions_own_network(bench, seed):
    made = bench(LAB, seed=seed)
    for settings in (
        {},
        {"mode": "train"},
        {"part": "stem", "row": 2},
        {"part": "layer4.1", "row": 2, "swap": "next row"},
        {"part": "layer3.0", "row": 13, "swap": "next block"},
        {"part": "layer1.0", "row": 7, "swap": "next block"},
    ):
        found = made.answer(RUN, **{**LAB.start, **settings})
        twins, train = made.memory["twins"], made.settings["mode"] == "train"
        if "with" not in found.figures:
            assert "changes places with nothing" in found.sentence
            continue
        names = list(twins.values)
        one, two = (names[int(found.figures[key])] for key in ("row", "with"))
        assert f"Rows {names.index(one)} and {names.index(two)}" in found.sentence
        swapped = {**twins.values, one: twins.values[two], two: twins.values[one]}
        right = stages_of(twins.values, twins.images, train)
        wrong = stages_of(swapped, twins.images, train)
        gaps = {name: (wrong[name] - out).abs().max().item() for name, out in right.items()}
        first = next(name for name, gap in gaps.items() if gap > 0)
        assert f"{role(first)} departs first" in found.sentence, settings
        assert found.figures["first gap"] == pytest.approx(gaps[first], rel=1e-2)
        assert found.figures["logits"] == pytest.approx(gaps[""], rel=1e-2)
        other = int((right[""].argmax(1) != wrong[""].argmax(1)).sum())
        assert abs(found.figures["another class"] - other) <= 1
        assert found.proves
        shares = made.drawn["stages"]["values"]
        assert all((share > 0) == (gaps[end_of(part)] > 0) for part, share in shares.items())

    for mode in ("train", "eval"):
        found = made.answer(RUN, swap="nothing", mode=mode)
        assert found.figures["logits"] < 1e-3
        assert "none of the 97 stages departs" in found.sentence
        assert not found.proves
    for line in ("torchvision 0 1 2 3 4 5 6 7 8 9", "course's    0 1 2 3 4 5 6 7 8 9"):
        assert line in made.drawn["about"]["text"]


def end_of(part):
    if part in ("stem", "head"):
        return {"stem": "bn1", "head": ""}[part]
    return part


def test_rows_of_two_shapes_are_refused(bench, built):
    made = bench(LAB, memory=built, swap="next row")
    found = made.answer(RUN)
    assert found.proves
    assert "copy_weights refuses" in found.sentence
    assert "row 60 of the state_dict departs" in made.drawn["about"]["text"]
    assert made.drawn["rows"]["marked"] == [2, 3]


def test_a_copy_that_takes_everything_proves_nothing(bench):
    def careless(mine, pretrained):
        for to, value in zip(
            mine.state_dict().values(), pretrained.state_dict().values(), strict=True
        ):
            if to.shape == value.shape:
                to.copy_(value)
        return mine

    piece = SimpleNamespace(ResNet34=reference.resnet.ResNet34, copy_weights=careless)
    found = bench(LAB, pieces={"resnet": piece}, swap="next row").answer(RUN)
    assert not found.proves
    assert "does not refuse" in found.sentence


def test_running_statistics_matter_in_eval_alone_and_counters_nowhere(bench, built):
    made = bench(LAB, memory=built, part="layer2.1", row=4, swap="next block")
    assert made.answer(RUN, mode="eval").proves
    found = made.answer(RUN, mode="train")
    assert not found.proves
    assert "in train mode batch norms take the batch's own statistics" in found.sentence
    found = made.answer(RUN, mode="eval", row=6)
    assert not found.proves
    assert "count batches" in found.sentence


def test_a_negative_variance_is_told_as_nan(bench, built):
    found = bench(LAB, memory=built, row=5).answer(RUN)
    assert "as it gives NaN, and 10 of 10 digits get no class" in found.sentence


@pytest.mark.parametrize("name", ["function_of_parts", "own_functional_layers"])
def test_a_network_built_otherwise_is_followed_as_far_as_its_modules_go(bench, name):
    made = bench(LAB, pieces={"resnet": style(name)}, own={"resnet": True})
    found = made.answer(RUN)
    assert found.proves
    assert "of group 2 departs first" in found.sentence
    assert "yours" in made.drawn["rows"]["columns"]
    assert made.answer(RUN, swap="nothing").figures["logits"] < 1e-3


class Strides(reference.resnet.ResNet34):
    def __init__(self):
        super().__init__(first_strides_per_group=[1, 2, 2, 1])


def test_a_network_that_differs_by_itself_proves_nothing_about_rows(bench):
    piece = SimpleNamespace(ResNet34=Strides, copy_weights=reference.resnet.copy_weights)
    made = bench(LAB, pieces={"resnet": piece})
    for swap in ("nothing", "same shape"):
        found = made.answer(RUN, swap=swap)
        assert not found.proves
        assert "Even with all rows in order" in found.sentence


def test_every_part_and_row_can_be_chosen(bench, built):
    made = bench(LAB, memory=built)
    for part in ("stem", "layer1.0", "layer2.0", "layer4.2", "head"):
        for swap in LAB.control("swap").choices[1:]:
            made.answer(RUN, part=part, row=LAB.control("row").choices[-1], swap=swap)


def test_the_lab_leaves_modules_in_place(bench, built):
    made = bench(LAB, memory=built)
    made.answer(RUN)
    twins = made.memory["twins"]
    assert not any(module._forward_hooks for module in twins.mine.modules())
    assert isinstance(twins.theirs, nn.Module)
    assert torch.equal(
        twins.theirs.state_dict()["bn1.running_mean"], twins.values["bn1.running_mean"]
    )
