"""Lab ``nan``: each fault is found where it was planted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lessons.extra.nan import LAB, PLACES
from lessons.extra.nan.lab import BLOCKS

RUN = "lessons.extra.nan.lab"


@pytest.fixture(scope="module")
def healthy():
    return {}


@pytest.mark.parametrize("place", ["layer1.0", "layer2.1", "layer3.5", "layer4.2"])
@pytest.mark.parametrize(
    ("fault", "found"),
    [("variance", "{}.bn1"), ("log", "{}.log"), ("rate 1e22", "{}.conv2")],
)
def test_a_fault_is_found_where_it_was_planted(bench, healthy, place, fault, found):
    made = bench(LAB, place=place, fault=fault, memory=healthy)
    sentence = made.answer(RUN)
    assert sentence.proves
    assert f" names {found.format(place)}: " in sentence.sentence
    around = made.drawn["around"]
    assert [around["rows"][n][1] for n in around["marked"]] == [found.format(place)]
    assert sentence.figures["behind"] >= 5
    line = made.drawn["sizes"]["series"]
    assert len(line["with the fault"]) < sentence.figures["modules"]


def test_batch_norms_scale_a_large_rate_away(bench, healthy):
    found = bench(LAB, fault="rate 1e6", memory=healthy).answer(RUN)
    assert found.proves
    assert "every output is finite" in found.sentence


def test_a_network_in_order_proves_nothing(bench, healthy):
    found = bench(LAB, memory=healthy).answer(RUN)
    assert not found.proves
    assert "finds none" in found.sentence


@pytest.mark.parametrize("answer", [None, "layer4.2", ""])
def test_a_finder_that_is_wrong_is_told(bench, healthy, answer):
    wrong = SimpleNamespace(find_first_nonfinite=lambda model, x: answer)
    made = bench(LAB, fault="log", own={"hooks": True}, pieces={"hooks": wrong}, memory=healthy)
    found = made.answer(RUN)
    assert not found.proves
    assert f"your hooks.py answers {answer!r}" in found.sentence


def test_every_block_can_be_chosen():
    assert len(PLACES) == sum(BLOCKS) == 16
