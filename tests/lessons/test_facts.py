"""The contract: what pages state holds, and what does not hold or is tied to nothing is told."""

from pathlib import Path

import pytest
import torch

from lessons import facts
from lessons.facts import Facts, agrees, check_page, numbers
from lessons.reuse import facts as reuse
from reference.resnet import ResNet34


@pytest.fixture(scope="module")
def checked():
    torch.manual_seed(0)
    return facts.check()


def test_every_number_and_rule_on_the_pages_holds(checked):
    count, problems = checked
    assert problems == []
    assert count > 200


def page(tmp_path: Path, text: str, *quotes) -> list[str]:
    """What is wrong with a page of that text and these (quote, proof) pairs."""
    path = tmp_path / "board.md"
    path.write_text(text, encoding="utf-8")
    told = Facts()
    for quote, proof in quotes:
        told.prove(quote, proof)
    return [problem.problem for problem in check_page("move", path, told.all)]


def test_a_number_that_is_tied_to_nothing_is_told(tmp_path):
    text = "There are 218 rows, and 36 norms."
    found = page(tmp_path, text, ("There are 218 rows", lambda _: 218))
    assert len(found) == 1
    assert "36 is tied to no code" in found[0]


def test_a_number_that_does_not_hold_is_told_with_what_it_is(tmp_path):
    found = page(tmp_path, "There are 217 rows.", ("There are 217 rows", lambda _: 218))
    assert "says 217, and it is 218" in found[0]


def test_a_rule_that_does_not_hold_is_told(tmp_path):
    found = page(tmp_path, "No bias anywhere.", ("No bias anywhere", lambda: False))
    assert "does not hold" in found[0]


def test_a_proof_that_breaks_off_proves_nothing(tmp_path):
    found = page(tmp_path, "There are 2.", ("There are 2", lambda _: 1 / 0))
    assert "breaks off: ZeroDivisionError" in found[0]


def test_given_numbers_reach_the_proof_and_the_last_ones_are_compared(tmp_path):
    text = "28 x 28 = 784 numbers"
    assert page(tmp_path, text, ("28 x 28 = 784", lambda a, b, _: a * b)) == []
    assert page(tmp_path, text, ("28 x 28 = 784", lambda a, b, _: a + b)) != []


def test_a_quote_may_be_wrapped_and_skip_what_lies_between(tmp_path):
    text = "There are 3 groups\nof blocks, some of\nwhich have 4 blocks."
    quote = ("3 groups of ... have 4 blocks", lambda *said: said == (3, 4))
    assert page(tmp_path, text, quote) == []


def test_drawn_digits_and_link_targets_are_no_numbers_of_the_text(tmp_path):
    text = "```digit 5\n0012\n```\nSee [this](depth#card-use-batchnorm2d-1).\n"
    assert page(tmp_path, text) == []


@pytest.mark.parametrize(
    ("written", "found", "right"),
    [
        ("21,797,672", 21797672, True),
        ("21,797,672", 21797673, False),
        ("0.35", 0.3487, True),
        ("0.34", 0.3487, False),
        ("91", 91.4, True),
        ("91", 92, False),
        ("-3.2", -3.24, True),
    ],
)
def test_numbers_agree_to_the_digits_that_are_shown(written, found, right):
    assert agrees(written, found) is right


def test_numbers_are_read_as_pages_write_them():
    text = "(batch, 64, 7x7), 21,797,672 of -0.5; conv1, bn2.weight, 1-2, layer1.0: 0.9^10"
    assert numbers(text) == ["64", "7", "7", "21,797,672", "-0.5", "1", "2", "0.9", "10"]


def test_the_measured_figure_must_stand_in_its_row(monkeypatch, tmp_path):
    figures = tmp_path / "figures.md"
    figures.write_text("## One\nof 20 seeds\n\n| net | % |\n|---|---|\n| flat | 91.04 |\n")
    monkeypatch.setattr(facts, "FIGURES", figures)
    told = Facts()
    told.measured("91.0 % of 20 trainings", "flat")
    told.measured("92 % here", "flat")
    told.measured("91 % there", "round")
    path = tmp_path / "board.md"
    path.write_text("91.0 % of 20 trainings, 92 % here, 91 % there")
    first, second = (problem.problem for problem in check_page("move", path, told.all))
    assert "says 92, and docs/figures.md has no such figure" in first
    assert "is no row of docs/figures.md" in second


def test_a_reference_that_changes_breaks_the_contract(monkeypatch):
    """Another plan, and the board of move 4 is told to be wrong about it."""
    other = ResNet34([3, 4, 6, 4]).eval()
    monkeypatch.setattr(reuse, "_model", lambda: other)
    board = next(path for path in facts.anchors.boards("reuse") if path.name == "board.md")
    told = [problem.problem for problem in check_page("reuse", board, reuse.FACTS.all)]
    assert any("21,797,672" in problem for problem in told)
    assert any("group 4" in problem for problem in told)


def test_a_batch_norm_with_another_momentum_breaks_the_contract(monkeypatch):
    from lessons.depth import facts as depth
    from reference.batchnorm import BatchNorm2d

    class Slower(BatchNorm2d):
        def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.01) -> None:
            super().__init__(num_features, eps, momentum)

    monkeypatch.setattr(depth, "BatchNorm2d", Slower)
    board = next(path for path in facts.anchors.boards("depth") if path.name == "board.md")
    told = [problem.problem for problem in check_page("depth", board, depth.FACTS.all)]
    assert any("0.1 by default" in problem for problem in told)
