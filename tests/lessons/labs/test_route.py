"""Lab ``route``: what a cut leaves of the gradient, measured again from the blocks' own layers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import reference.residual
from lessons.depth.route import LAB
from lessons.depth.route import lab as route
from reference.data import digits

RUN = "lessons.depth.route.lab"
NAMES = {"nothing": "nothing cut", "left": "left cut", "skip": "skip cut"}


def measured_by_hand(seed, blocks, cut):
    """Gradient norms at the first block's input and behind the last, by another way to cut."""
    start = seed * 16 % 1984
    images, labels = (part[start : start + 16] for part in digits("test"))
    torch.manual_seed(seed)
    stem = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
    stack = [reference.residual.ResidualBlock(8, 8) for _ in range(blocks)]
    head = nn.Linear(8, 10)
    x = entered = stem(F.avg_pool2d(images, 2)).detach().requires_grad_()
    for block in stack:
        left = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))
        x = F.relu(
            (left.detach() if cut == "left" else left) + (x.detach() if cut == "skip" else x)
        )
    loss = F.cross_entropy(head(x.mean((2, 3))), labels)
    back, goes_in = torch.autograd.grad(loss, (entered, x))
    return back.norm().item(), goes_in.norm().item()


@pytest.mark.parametrize("seed", range(5))
def test_the_skips_carry_it_far_at_every_seed(bench, seed):
    made = bench(LAB, seed=seed)
    for cut, name in NAMES.items():
        found = made.answer(RUN, cut=cut)
        back, goes_in = measured_by_hand(seed, 16, cut)
        assert found.figures[name] == pytest.approx(back, rel=1e-3)
        assert found.figures["goes in"] == pytest.approx(goes_in, rel=1e-3)
        assert f"{found.figures[name]:.2g}" in found.sentence
        assert f"{found.figures['goes in']:.2g}" in found.sentence
        assert found.proves == (cut == "skip"), "it takes both cuts to compare"
        assert len(made.drawn["input"]["images"]) == 1 + list(NAMES).index(cut)
    assert found.figures["left cut"] > 100 * found.figures["skip cut"]
    assert found.figures["left cut"] > found.figures["goes in"] / 10
    assert "the shortcut is the route" in found.sentence
    assert made.answer(RUN, blocks=24).proves
    for blocks in (1, 2):
        few = made.answer(RUN, blocks=blocks)
        assert not few.proves
        assert "both are ways back" in few.sentence


def test_a_cut_changes_no_value_and_nothing_is_given_away_before_it_is_cut(bench):
    made = bench(LAB, blocks=4)
    made.answer(RUN, show="blocks")
    ways, _ = made.memory["ways"][4]
    assert ways["nothing"].loss == ways["left"].loss == ways["skip"].loss
    assert list(made.drawn["blocks"]["series"]) == ["nothing cut"]
    made.answer(RUN, cut="skip")
    assert list(made.drawn["blocks"]["series"]) == list(NAMES.values())
    (line,) = (made.drawn["blocks"]["series"][name] for name in ("left cut",))
    assert [10**y for _, y in line] == pytest.approx(ways["left"].norms[::-1])
    assert made.drawn["left"]["values"]["skip cut"] == ways["skip"].norm


class InPieces(nn.Module):
    """A block in another style: its left branch is one Sequential, its skip comes first."""

    def __init__(self, in_feats, out_feats, first_stride=1):
        super().__init__()
        inner = reference.residual.ResidualBlock(in_feats, out_feats, first_stride)
        self.left = nn.Sequential(inner.conv1, inner.bn1, nn.ReLU(), inner.conv2, inner.bn2)

    def forward(self, x):
        y = x
        y = y + self.left(x)
        return torch.clamp(y, min=0)


class Scaled(reference.residual.ResidualBlock):
    """A block that hands its first convolution something else than its input."""

    def forward(self, x):
        return super().forward(x * 1.0001)


def test_a_block_in_another_style_is_cut_as_well(bench):
    pieces = {"residual": SimpleNamespace(ResidualBlock=InPieces)}
    made = bench(LAB, cut="skip", pieces=pieces, own={"residual": True})
    found = made.answer(RUN)
    assert found.proves
    assert found.figures["skip cut"] == pytest.approx(measured_by_hand(0, 16, "skip")[0], rel=1e-3)
    assert "your own residual.py" in made.drawn["about"]["text"]


def test_a_block_that_can_not_be_cut_is_told_and_the_courses_runs(bench):
    pieces = {"residual": SimpleNamespace(ResidualBlock=Scaled)}
    made = bench(LAB, cut="skip", pieces=pieces, own={"residual": True})
    assert made.answer(RUN).proves
    assert "the course's residual.py" in made.drawn["about"]["text"]


def test_every_setting_fits_and_draws_something_else(bench):
    made = bench(LAB)
    seen = set()
    for show in ("input", "blocks"):
        for blocks in LAB.control("blocks").choices:
            for cut in NAMES:
                made.answer(RUN, show=show, blocks=blocks, cut=cut)
                seen.add(str(made.drawn))
    assert len(seen) == 36


def test_loss_that_a_cut_would_change_proves_nothing(bench, monkeypatch):
    real = route.measured

    def other(bench, piece, blocks):
        ways = real(bench, piece, blocks)
        return ways | {"skip": ways["skip"]._replace(loss=9.0)}

    monkeypatch.setattr(route, "measured", other)
    found = bench(LAB).answer(RUN, cut="skip")
    assert not found.proves
    assert "shows nothing" in found.sentence
