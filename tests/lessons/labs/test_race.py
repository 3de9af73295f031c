"""Lab ``race``: the plain stack stays behind, and what is said can be measured beside it."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

import reference.batchnorm
import reference.conv
import reference.mlp
from lessons.depth.race import LAB, stacks
from lessons.depth.race import lab as race
from reference.data import digits

RUN = "lessons.depth.race.lab"
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3, 4))]
NAMES = (race.PLAIN, race.RESIDUAL)
LINEAR, CONVOLUTION = stacks.LINEAR, stacks.CONVOLUTION


def by_hand(model, images, residual):
    """What the stack gives, from its tensors alone."""
    if isinstance(model, stacks.ConvStack):
        x, apply = F.avg_pool2d(images, 2), lambda x, w, b: F.conv2d(x, w, padding=1)
    else:
        x, apply = images.reshape(len(images), -1), F.linear
    layers = [(layer.weight, getattr(layer, "bias", None)) for layer in model.layers]
    x = apply(x, *layers[0]).relu()
    for one, two in zip(layers[1:-1:2], layers[2:-1:2], strict=True):
        left = apply(apply(x, *one).relu(), *two)
        x = (left + x).relu() if residual else left.relu()
    return F.linear(x.mean((2, 3)) if x.dim() == 4 else x, *layers[-1])


def share_right(runner):
    images, labels = digits("test")
    runner.model.eval()
    with torch.no_grad():
        said = torch.cat([runner.model(part).argmax(1) for part in images.split(250)])
    return 100 * (said == labels).float().mean().item()


def raced(made, **settings):
    chosen = {**LAB.start, **settings}
    return made.memory["races"][
        chosen["kind"], chosen["depth"], chosen["norm"], chosen["init"] == "He"
    ]


@pytest.fixture
def few(monkeypatch):
    """Few digits, for tests that look at what is drawn and not at what is learnt."""
    all_digits = {split: digits(split) for split in ("train", "test")}
    many = {"train": 64, "test": 16}
    monkeypatch.setattr(
        stacks, "digits", lambda split: tuple(part[: many[split]] for part in all_digits[split])
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_claim_holds_at_every_seed(bench, seed):
    made = bench(LAB, seed=seed)
    found = made.answer(RUN)
    plain, residual = (raced(made)[name] for name in NAMES)
    for name, runner in zip(NAMES, (plain, residual), strict=True):
        reached = found.figures[f"{name}: test digits right, %"]
        assert reached == pytest.approx(share_right(runner), abs=0.06)
        assert f"{reached:.1f} %" in found.sentence
        assert len(made.drawn[name]["series"]["loss"]) == 50
        at_start = stacks.Runner(made, LINEAR, 34, norm=False, he=False, residual=name != "plain")
        images, labels = stacks.train_batches(made)[0]
        loss = F.cross_entropy(by_hand(at_start.model, images, name != "plain"), labels)
        (grad,) = torch.autograd.grad(loss, at_start.model.layers[0].weight)
        gradient = found.figures[f"{name}: first layer's gradient"]
        assert gradient == pytest.approx(grad.norm().item(), rel=1e-3)
        assert f"{gradient:.2g}" in found.sentence
        assert made.drawn["gradients"]["values"][f"{name} 1"] == gradient
    assert found.proves
    assert share_right(plain) < 15
    assert share_right(residual) > 70
    assert plain.first[0] < 1e-10
    assert residual.first[0] > 0.1

    hurts = made.answer(RUN, init="He")  # where the skips hurt
    plain, residual = (raced(made, init="He")[name] for name in NAMES)
    assert not hurts.proves
    assert hurts.sentence.startswith("Here the shortcuts hurt")
    assert f"diverged at step {residual.diverged}," in hurts.sentence
    assert plain.diverged is None
    assert not math.isfinite(residual.model.layers[0].weight.detach().sum())
    assert residual.first[0] > 100 * plain.first[0]
    assert f"diverged at step {residual.diverged}" in made.drawn["residual"]["title"]


@pytest.mark.long
def test_with_batch_norm_the_plain_stack_learns_something_and_its_twin_much_more(bench):
    made = bench(LAB, norm=True)
    found = made.answer(RUN)
    assert found.proves
    plain, residual = (share_right(raced(made, norm=True)[name]) for name in NAMES)
    assert found.figures["plain: test digits right, %"] == pytest.approx(plain, abs=0.06)
    assert 15 < plain < residual - 20
    assert "BN(W2" in made.drawn["about"]["text"]


@pytest.mark.long
def test_a_shallow_stack_needs_no_skips(bench):
    made = bench(LAB, depth=6, norm=True)
    found = made.answer(RUN)
    assert not found.proves
    assert "no clear difference" in found.sentence
    assert found.figures["plain: test digits right, %"] > 80


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", [LINEAR, CONVOLUTION])
def test_the_twins_differ_in_the_sum_alone(bench, kind):
    made = bench(LAB, seed=3)
    images = digits("test")[0][:3]
    twins = [
        stacks.build(made, kind, 10, norm=False, he=False, residual=residual)
        for residual in (False, True)
        if torch.manual_seed(7)
    ]
    for one, two in zip(*(list(twin.parameters()) for twin in twins), strict=True):
        assert torch.equal(one, two)
    for twin in twins:
        expected = by_hand(twin, images, twin.residual)
        assert torch.allclose(twin(images), expected, atol=1e-6)
    assert not torch.allclose(twins[0](images), twins[1](images), atol=1e-3)


@pytest.mark.usefixtures("few")
def test_every_setting_runs_and_each_control_changes_what_is_drawn(bench):
    made = bench(LAB)
    seen = set()
    for kind, depth in ((LINEAR, 34), (LINEAR, 6), (CONVOLUTION, 6)):
        for norm, init, step in itertools.product(
            (False, True), ("default", "He"), ("first", "last")
        ):
            made.answer(RUN, kind=kind, depth=depth, norm=norm, init=init, step=step)
            seen.add(str(made.drawn))
            done, of = made.steps[-1]
            assert done == of
    assert len(seen) == 24


@pytest.mark.usefixtures("few")
def test_the_race_goes_on_where_a_key_press_ended_it(bench):
    whole, cut = bench(LAB, depth=10), bench(LAB, depth=10)
    whole.answer(RUN)

    class Replaced(Exception):
        pass

    times = 0

    def end():
        nonlocal times
        times += 1
        if times in (5, 9):
            raise Replaced

    cut.before_drawing = end
    for _ in range(2):
        with pytest.raises(Replaced):
            cut.answer(RUN)
    assert raced(cut, depth=10)["plain"].done > 0
    cut.answer(RUN)
    for name in NAMES:
        one, two = (raced(b, depth=10)[name] for b in (whole, cut))
        assert one.points == two.points, "no step was taken twice"
        for a, b in zip(one.model.parameters(), two.model.parameters(), strict=True):
            assert torch.equal(a, b)
    before = len(whole.steps)
    whole.answer(RUN, step="last")
    assert len(whole.steps) == before, "what has run is not run again"


@pytest.mark.usefixtures("few")
def test_it_runs_on_the_learners_pieces_and_says_so(bench):
    used = []

    def mine(module, name):
        class Mine(getattr(module, name)):
            def __init__(self, *sizes, **more):
                used.append(name)
                super().__init__(*sizes, **more)

        return SimpleNamespace(**{**vars(module), name: Mine})

    pieces = {
        "mlp": mine(reference.mlp, "Linear"),
        "conv": mine(reference.conv, "Conv2d"),
        "batchnorm": mine(reference.batchnorm, "BatchNorm2d"),
    }
    made = bench(LAB, depth=6, pieces=pieces, own={"mlp": True, "batchnorm": True})
    made.answer(RUN)
    assert set(used) == {"Linear"}
    assert made.drawn["about"]["text"].endswith("Code: your own mlp.py.")
    made.answer(RUN, kind=CONVOLUTION, norm=True)
    assert set(used) == {"Linear", "Conv2d", "BatchNorm2d"}
    assert "your own mlp.py and batchnorm.py, the course's conv.py" in made.drawn["about"]["text"]


@pytest.mark.parametrize(
    ("plain", "residual", "words"),
    [
        ((10.0, None), (88.2, None), "no better than guessing"),
        ((60.0, None), (88.2, None), "its residual twin 88.2 %; at first the plain stack's"),
        ((86.0, None), (88.2, None), "There is no clear difference"),
        ((80.0, None), (88.2, None), "There is a difference of 8.2 points"),
        ((88.2, None), (17.5, None), "Here the shortcuts hurt"),
        ((22.0, None), (10.0, 3), "the residual stack of 34 layers diverged at step 3"),
        ((10.0, 5), (88.2, None), "diverged at step 5, the residual one gets 88.2 %"),
        ((10.0, 5), (10.0, 3), "diverged at step 5, the residual one at step 3."),
    ],
)
def test_the_sentence_says_what_came_of_the_two(plain, residual, words):
    runners = [
        SimpleNamespace(accuracy=right, diverged=diverged, first=[1e-13], steps=250)
        for right, diverged in (plain, residual)
    ]
    assert words in race.sentence("stack of 34 layers", *runners)
