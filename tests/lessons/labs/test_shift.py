"""Lab ``shift``: what it says is what can be measured beside it, at every seed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import reference.conv
from lessons.locality import small_networks as small
from lessons.locality.shift import LAB
from reference.data import digits

pytestmark = pytest.mark.xdist_group("small networks")  # they train the same ones
RUN = "lessons.locality.shift.lab"
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3, 4))]
NAMES = (small.MLP, small.FLATTENED, small.AVERAGED)


def moved_by(images, pixels):
    """Images moved to the right, in another way than the lab does it."""
    return F.pad(images, (pixels, 0))[..., :28]


def share_right(model, pixels):
    images, labels = digits("test")
    with torch.no_grad():
        said = torch.cat([model(part).argmax(1) for part in moved_by(images, pixels).split(250)])
    return 100 * (said == labels).float().mean().item()


def networks(made):
    return {name: made.memory["pupils"][name].model for name in NAMES}


@pytest.fixture
def few(monkeypatch):
    """Few digits, for tests that look at what is drawn and not at what is learnt."""
    all_digits = {split: digits(split) for split in ("train", "test")}
    monkeypatch.setattr(
        small, "digits", lambda split: tuple(part[:480] for part in all_digits[split])
    )


def test_the_examples_are_the_first_that_stay_whole():
    images, labels = digits("test")
    ink = images[:, 0].sum(1) > 0  # (N, 28): columns with ink
    whole = ~ink[:, :4].any(1) & ~ink[:, 20:].any(1)
    for digit, index in enumerate(small.EXAMPLES):
        assert index == int(((labels == digit) & whole).nonzero()[0])
        assert moved_by(images[index], 8).sum() == pytest.approx(images[index].sum())
        assert not images[index, 0, :3].any(), "these rows are not drawn"
        assert not images[index, 0, 27:].any()


@pytest.mark.parametrize("digit", range(10))
def test_vector_counts_the_inputs_that_changed(bench, digit):
    made = bench(LAB, digit=digit)
    images, labels = digits("train")
    image = digits("test")[0][small.EXAMPLES[digit]]
    for pixels in (0, 1, 4, 8):
        found = made.answer(RUN, shift=pixels)
        moved = moved_by(image, pixels)
        changed = int((moved != image).sum())
        far = (moved - image).square().sum().sqrt().item()
        away = (images[labels != digit] - moved).square().sum((1, 2, 3)).sqrt()
        assert found.figures["changed"] == changed
        assert found.figures["itself"] == pytest.approx(far, rel=1e-4)
        assert found.figures["other"] == pytest.approx(away.min().item(), rel=1e-4)
        assert found.proves == (pixels > 0 and away.min().item() < far)
        assert f"{changed} of" in found.sentence or pixels == 0
        drawing = made.drawn["main"]
        assert int(drawing["images"][2].sum()) == changed, "all that changed is drawn"
        assert f"{changed} of 784 changed" in drawing["captions"]


def test_vector_trains_nothing_and_proves_at_the_start(bench):
    made = bench(LAB)
    assert made.answer(RUN).proves
    assert not made.steps
    assert "pupils" not in made.memory


@pytest.mark.parametrize("seed", SEEDS)
def test_the_claims_hold_at_every_seed(bench, kept, seed):
    made = bench(LAB, seed=seed, memory=kept[seed])
    found = made.answer(RUN, show="accuracy")  # at 4 pixels
    models = networks(made)
    for name, model in models.items():
        right, unmoved = share_right(model, 4), share_right(model, 0)
        assert found.figures[name] == pytest.approx(right, abs=0.11)
        assert found.figures[f"{name} at 0"] == pytest.approx(unmoved, abs=0.11)
        assert f"{found.figures[name]:.1f} %" in found.sentence
        assert made.drawn["main"]["series"][name][4][1] == found.figures[name]
    mlp, flattened, averaged = (found.figures[name] for name in NAMES)
    assert mlp < 35
    assert mlp + 15 < flattened
    assert flattened + 15 < averaged
    assert averaged > 85
    assert found.proves
    assert found.figures[f"{small.AVERAGED} at 0"] < found.figures[f"{small.FLATTENED} at 0"]
    assert "points behind flattened" in found.sentence

    for pixels in (3, 5, 6, 7, 8):
        assert made.answer(RUN, shift=pixels).proves
    unmoved = made.answer(RUN, shift=0)
    assert not unmoved.proves
    assert "costs" in unmoved.sentence

    for digit in range(10):  # the same filter, the same strokes
        image = digits("test")[0][small.EXAMPLES[digit]][None]
        found = made.answer(RUN, show="map", digit=digit, shift=3)
        layer = models[small.AVERAGED][0]
        with torch.no_grad():
            before = F.conv2d(image, layer.weight, padding=2).relu()
            after = F.conv2d(moved_by(image, 3), layer.weight, padding=2).relu()
        gap = (before[..., :23] - after[..., 3:26]).abs().max().item()
        assert gap < 1e-5
        assert found.figures["difference"] < 1e-5
        assert found.proves
        assert f"{before.max().item():.2f}" in found.sentence

    stays = 0
    for digit in range(10):
        image = digits("test")[0][small.EXAMPLES[digit]][None]
        found = made.answer(RUN, show="logits", digit=digit, shift=4)
        with torch.no_grad():
            logits = {name: model(moved_by(image, 4))[0] for name, model in models.items()}
        for name, values in logits.items():
            others = values[torch.arange(10) != digit]
            lead = (values[digit] - others.max()).item()
            assert found.figures[f"{name} says"] == int(values.argmax())
            assert found.figures[f"{name} lead"] == pytest.approx(lead, abs=1e-4)
            assert f"-> {found.figures[f'{name} lead']:.1f}" in found.sentence
        stays += found.figures[f"{small.AVERAGED} says"] == digit
        if found.proves:
            assert logits[small.AVERAGED].argmax() == digit != logits[small.MLP].argmax()
    assert stays >= 8, "the digits that the lab shows are no bad examples"


@pytest.mark.usefixtures("few")
def test_each_control_changes_what_is_drawn(bench):
    made = bench(LAB)
    for show in LAB.controls[2].choices:
        made.answer(RUN, show=show, shift=4, digit=5)
        at_four = str(made.drawn)
        made.answer(RUN, shift=5)
        assert str(made.drawn) != at_four or show == "accuracy", "in sentence and words at least"
        if show != "accuracy":  # that one is over all digits
            made.answer(RUN, shift=4, digit=6)
            assert str(made.drawn) != at_four


@pytest.mark.usefixtures("few")
def test_every_setting_runs(bench):
    made = bench(LAB)
    for show in ("map", "logits", "accuracy"):
        for digit in (0, 1, 9):
            for pixels in (0, 1, 8):
                made.answer(RUN, show=show, digit=digit, shift=pixels)


@pytest.mark.usefixtures("few")
def test_training_goes_on_where_a_key_press_ended_it(bench):
    whole, cut = bench(LAB, show="map"), bench(LAB, show="map")
    whole.answer(RUN)

    class Replaced(Exception):
        pass

    times = 0

    def end():
        nonlocal times
        times += 1
        if times in (2, 4):
            raise Replaced

    cut.before_drawing = end
    for _ in range(2):
        with pytest.raises(Replaced):
            cut.answer(RUN)
    done = cut.memory["pupils"][small.AVERAGED].done
    assert done > 0
    cut.steps.clear()
    cut.answer(RUN)
    one, two = (b.memory["pupils"][small.AVERAGED] for b in (whole, cut))
    assert len(one.losses) == len(two.losses), "no step was taken twice"
    for a, b in zip(one.model.parameters(), two.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert whole.steps[-1][0] == whole.steps[-1][1]


class Drifting(reference.conv.Conv2d):
    """A layer whose answer depends on the place."""

    def forward(self, x):
        return super().forward(x) + 0.01 * torch.arange(x.shape[-1])


@pytest.mark.usefixtures("few")
def test_a_map_that_does_not_move_along_proves_nothing(bench):
    pieces = {"conv": SimpleNamespace(**{**vars(reference.conv), "Conv2d": Drifting})}
    made = bench(LAB, show="map", pieces=pieces)
    found = made.answer(RUN)
    assert not found.proves
    assert "not the same map" in found.sentence


@pytest.mark.usefixtures("few")
def test_it_runs_on_the_learners_pieces_and_says_so(bench):
    used = []

    class Mine(reference.conv.Conv2d):
        def __init__(self, *sizes, **more):
            used.append(sizes)
            super().__init__(*sizes, **more)

    pieces = {"conv": SimpleNamespace(**{**vars(reference.conv), "Conv2d": Mine})}
    made = bench(LAB, show="map", own={"conv": True}, pieces=pieces)
    made.answer(RUN)
    assert used
    assert "your own conv.py" in made.drawn["about"]["text"]
    assert "the course's mlp.py" in made.drawn["about"]["text"]


def test_the_networks_differ_in_their_end_alone(bench):
    made = bench(LAB)
    flattened, averaged = (small.build(made, n) for n in (small.FLATTENED, small.AVERAGED))
    assert isinstance(flattened, nn.Sequential)
    assert isinstance(averaged, nn.Sequential)
    shapes = [[tuple(p.shape) for p in net[:8].parameters()] for net in (flattened, averaged)]
    assert shapes[0] == shapes[1]
    images = digits("test")[0][:2]
    assert small.last_maps(averaged, images).shape == (2, 32, 7, 7)
    assert [tuple(net(images).shape) for net in (flattened, averaged)] == [(2, 10), (2, 10)]
