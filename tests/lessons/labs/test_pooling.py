"""Lab ``pooling``: what it says is what can be measured beside it, at every seed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import reference.conv
from lessons.locality import small_networks as small
from lessons.locality.pooling import LAB
from reference.data import digits

pytestmark = pytest.mark.xdist_group("small networks")  # they train the same ones
RUN = "lessons.locality.pooling.lab"
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2, 3, 4))]


@pytest.fixture
def few(monkeypatch):
    """Few digits, for tests that look at what is drawn and not at what is learnt."""
    all_digits = {split: digits(split) for split in ("train", "test")}
    monkeypatch.setattr(
        small, "digits", lambda split: tuple(part[:480] for part in all_digits[split])
    )


def shown(digit):
    return digits("test")[0][small.EXAMPLES[digit]][None]


def network(made):
    return made.memory["pupils"][small.AVERAGED].model


def maps_of(made, image, layers):
    with torch.no_grad():
        return network(made)[:layers](image)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_claims_hold_at_every_seed(bench, kept, seed):
    made = bench(LAB, seed=seed, memory=kept[seed])
    fired = 0
    for digit, filter_, kernel in ((3, 1, 2), (0, 2, 3), (7, 5, 2), (9, 8, 3), (5, 3, 2)):
        settings = {"digit": digit, "filter": filter_, "kernel": kernel}
        found = made.answer(RUN, show="map", **settings)
        values = maps_of(made, shown(digit), 2)[:, filter_ - 1 : filter_]
        pooled = F.max_pool2d(values, kernel)
        means = F.avg_pool2d(values, kernel)
        assert found.figures["windows"] == pooled.numel()
        assert found.figures["fired"] == int((pooled > 0).sum())
        assert found.figures["strongest kept"] == pytest.approx(pooled.max().item())
        assert found.proves == bool((pooled > 0).any())
        fired += found.proves
        if not found.proves:
            continue
        there = means.flatten()[pooled.argmax()].item()
        assert f"{pooled.max().item():.2f}; the mean of its window is {there:.2f}" in (
            found.sentence
        )
        near = made.answer(RUN, show="windows", **settings)
        over = pooled > 0
        assert f"In {int(over.sum())} of the {pooled.numel()} windows" in near.sentence
        assert f"{pooled[over].mean().item():.2f} on average" in near.sentence
        assert near.proves
    assert fired >= 4

    for digit in (3, 8):
        found = made.answer(RUN, show="average", digit=digit)
        averages = maps_of(made, shown(digit), 8).mean((2, 3))[0]
        assert found.proves
        assert found.figures["largest"] == pytest.approx(averages.max().item(), rel=1e-5)
        assert found.figures["map"] == int(averages.argmax()) + 1
        bars = made.drawn["averages"]["values"]
        for name, value in bars.items():
            index = int(name.removeprefix("map ")) - 1
            assert value == pytest.approx(averages[index].item(), rel=1e-4)
        assert list(bars.values()) == sorted(averages.tolist(), reverse=True)[: len(bars)]

    images = digits("test")[0][:500]
    for kernel in (2, 3):
        found = made.answer(RUN, show="moved", kernel=kernel)
        stages = []
        for x in (images, F.pad(images, (1, 0))[..., :28]):
            first, last = maps_of(made, x, 2), maps_of(made, x, 8)
            stages.append((first, F.max_pool2d(first, kernel), last, last.mean((2, 3))))
        expected = [
            (100 * (b - a).abs().sum() / a.abs().sum()).item() for a, b in zip(*stages, strict=True)
        ]
        names = ("first maps", "after max pooling", "last maps", "averages")
        for name, value in zip(names, expected, strict=True):
            assert found.figures[name] == pytest.approx(value, rel=1e-3)
            assert f"{found.figures[name]:.0f} %" in found.sentence
        assert found.proves
        a, b, c, d = expected
        assert b < 0.85 * a, "max pooling forgives a part of it"
        assert d < 0.5 * c, "averaging forgets most of it"

    found = made.answer(RUN, show="places")
    images, labels = digits("test")
    early, late = list(found.figures.values())[:2]
    for name, figure in ((small.AT_ONCE, early), (small.AVERAGED, late)):
        with torch.no_grad():
            said = made.memory["pupils"][name].model(images).argmax(1)
        assert figure == pytest.approx(100 * (said == labels).float().mean().item(), abs=0.11)
        assert f"{figure:.1f} %" in found.sentence
    assert early < 60 < 85 < late
    assert found.proves


@pytest.mark.usefixtures("few")
def test_the_marks_stand_where_a_window_was_won(bench):
    made = bench(LAB, show="windows")
    for kernel, count in ((2, 4), (3, 3)):
        made.answer(RUN, kernel=kernel)
        lines = [line for line in made.drawn["main"]["text"].splitlines() if "-" not in line]
        assert len(lines) == kernel * count
        width = count * (3 * kernel + 1) - 1
        for top in range(0, len(lines), kernel):
            rows = [line[:width].split("|") for line in lines[top : top + kernel]]
            for at in range(count):
                window = "".join(row[at] for row in rows)
                cells = window.replace("(", " ").replace(")", " ").split()
                assert len(cells) == kernel**2
                numbers = [int(cell) for cell in cells if cell != "."]
                winners = [int(part[0]) for part in window.split("(")[1:]]
                assert winners == ([max(numbers)] if numbers else [])


@pytest.mark.usefixtures("few")
def test_the_picture_of_the_winners_holds_one_a_window(bench):
    made = bench(LAB, digit=0)
    for kernel in (2, 3):
        made.answer(RUN, kernel=kernel)
        values, won, pooled = made.drawn["main"]["images"]
        windows = won.reshape(24 // kernel, kernel, 24 // kernel, kernel)
        assert int((windows > 0).sum((1, 3)).max()) == 1
        assert torch.equal(windows.amax((1, 3)), pooled[::kernel, ::kernel])
        assert torch.equal(won[won > 0], values[won > 0])


@pytest.mark.usefixtures("few")
def test_each_control_changes_what_is_drawn(bench):
    made = bench(LAB)
    other = {"filter": 2, "digit": 4, "kernel": 3}
    matters = {
        "map": ("filter", "digit", "kernel"),
        "windows": ("filter", "digit", "kernel"),
        "average": ("digit",),
        "moved": ("filter", "digit", "kernel"),
    }
    seen = set()
    for show, controls in matters.items():
        made.answer(RUN, **{**LAB.start, "show": show})
        before = str(made.drawn)
        seen.add(before)
        for control in controls:
            made.answer(RUN, **{**LAB.start, "show": show, control: other[control]})
            assert str(made.drawn) != before, (show, control)
    assert len(seen) == len(matters)


@pytest.mark.usefixtures("few")
def test_every_setting_runs(bench):
    made = bench(LAB)
    for show in LAB.controls[3].choices:
        for kernel in (2, 3):
            for digit in (0, 1, 9):
                for filter_ in (1, 8):
                    made.answer(RUN, show=show, kernel=kernel, digit=digit, filter=filter_)


@pytest.mark.usefixtures("few")
def test_a_filter_that_finds_nothing_is_told(bench):
    made = bench(LAB)
    made.answer(RUN)
    with torch.no_grad():
        network(made)[0].weight[3] = -1.0
    for show in ("map", "windows"):
        for kernel in (2, 3):
            found = made.answer(RUN, filter=4, show=show, kernel=kernel)
            assert not found.proves
            assert "finds nothing" in found.sentence


class Mean(nn.Module):
    """An average where a maximum should be."""

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.kernel_size = kernel_size

    def forward(self, x):
        return F.avg_pool2d(x, self.kernel_size)


class Corner(nn.Module):
    """The first place of each map where its mean should be."""

    def forward(self, x):
        return x[:, :, 0, 0]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("name", "wrong", "show"),
    [
        ("MaxPool2d", Mean, "map"),
        ("MaxPool2d", Mean, "windows"),
        ("AveragePool", Corner, "average"),
    ],
)
def test_another_kind_of_pooling_proves_nothing(bench, name, wrong, show):
    pieces = {"conv": SimpleNamespace(**{**vars(reference.conv), name: wrong})}
    assert not bench(LAB, show=show, pieces=pieces).answer(RUN).proves
