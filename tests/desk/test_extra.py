"""The appendix: shown apart, never required, and what its boards say is so."""

from __future__ import annotations

import json
import re

import pytest
import torch
from torch import nn

from lessons import anchors
from lessons.course import COURSE
from lessons.declare import board_path
from lessons.judging import describe
from lessons.recall import questions_of
from reference import strides
from reference.resnet import ResNet34
from tutor.progress import CheckEnded, ClaimShown, Progress, RecallAnswered
from tutor.recall import Recall, gates
from tutor.workspace import Workspace

EXTRA = COURSE.part("extra")
BOARDS = {name: board_path("extra", name).read_text("utf-8") for name in EXTRA.boards}


@pytest.fixture
def progress(tmp_path):
    workspace = Workspace(tmp_path / "desk")
    workspace.create()
    return Progress(workspace)


def passes(progress, points):
    for point in points:
        for claim in point.claims:
            progress.add(
                ClaimShown(
                    checkpoint=point.id, claim=claim.id, tier=claim.tier.value, verdict="passed",
                    sha256="a", check="c", at=1.0,
                )
            )  # fmt: skip
        progress.add(
            CheckEnded(
                checkpoint=point.id, outcome="passed", sha256="a", check="c", whole=True, at=1.0
            )
        )


# --- never required ----------------------------------------------------------------------------


def test_the_appendix_is_no_move_and_comes_last():
    assert EXTRA in COURSE.appendix
    assert EXTRA not in COURSE.moves
    assert COURSE.parts[-1] == EXTRA
    assert not set(EXTRA.checkpoints) & set(COURSE.required)
    assert set(EXTRA.checkpoints) < set(COURSE.checkpoints)


def test_nothing_of_the_chapter_is_shown_by_the_appendix():
    labs = {f"lab:{lab.id}" for lab in EXTRA.labs}
    points = {point.id for point in EXTRA.checkpoints}
    for source in [s for part in (*COURSE.claims, *COURSE.concepts) for s in part.shown_by]:
        assert source not in labs
        assert source.partition("/")[0] not in points


def test_next_and_all_passed_do_not_ask_for_it(progress):
    assert progress.next_checkpoint() is COURSE.required[0]
    passes(progress, COURSE.required)
    assert progress.next_checkpoint() is None


def test_passing_it_brings_nobody_further(progress):
    passes(progress, EXTRA.checkpoints)
    assert progress.next_checkpoint() is COURSE.required[0]
    assert Recall(progress).moves_reached() == ["scaffold"]


def test_its_questions_come_when_asked_for_and_return_when_they_were_answered(progress):
    recall = Recall(progress, clock=lambda: 10_000.0)
    assert not [s for s in recall.new() if s.move == "extra"]
    assert len(recall.new("extra")) == len(questions_of("extra")) >= 8
    assert "extra" not in [gate.move for gate in gates(progress)]
    assert not recall.gate("extra").passed
    question = recall.new("extra")[0].question
    progress.add(RecallAnswered(question=question, seed=1, right=False, rating=1, at=1.0))
    assert question in [s.question for s in recall.returning()]


@pytest.mark.parametrize("as_json", [False, True])
def test_list_shows_it_apart(call, here, as_json):
    out = call("list", *(["--json"] if as_json else []))[1]
    if as_json:
        listed = json.loads(out)
        assert [move["id"] for move in listed["appendix"]] == ["extra"]
        assert "extra" not in [move["id"] for move in listed["moves"]]
    else:
        assert "Appendix, never required" in out
        assert out.index("Appendix") > out.index("transfer")


# --- what its boards say -----------------------------------------------------------------------


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_is_at_most_90_lines_and_its_blocks_fit_into_80_columns(name):
    text = BOARDS[name]
    assert len(text.splitlines()) <= 90
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert max((len(line) for block in blocks for line in block.splitlines()), default=0) <= 76


@pytest.mark.parametrize("name", BOARDS)
def test_every_link_on_a_board_leads_somewhere(name):
    for link in re.findall(r"\]\(([^)]*)\)", BOARDS[name]):
        assert anchors.find(link).heading


def test_boards_of_the_moves_lead_to_the_notes_for_practice():
    links = [
        link
        for move in ("depth", "reuse")
        for path in anchors.boards(move)
        for link in re.findall(r"\]\((extra#[^)]*)\)", path.read_text("utf-8"))
    ]
    assert len(links) >= 3
    assert {anchors.find(link).board.name for link in links} == {"practice.md"}


@pytest.mark.parametrize("point", EXTRA.checkpoints, ids=lambda point: point.id)
def test_its_declarations_are_in_order(point):
    assert describe(point.id)[1] == []


def test_windows_that_are_written_in_place():
    x = torch.ones(6)
    x.as_strided((4, 3), (1, 1)).mul_(2)
    assert x.tolist() == [2, 4, 8, 8, 4, 2]
    assert "2 4 8 8 4 2" in BOARDS["strides.md"]


def test_what_windows_of_a_digit_cost():
    image = torch.zeros(1, 1, 28, 28)
    windows = strides._windows(image, (5, 5), (1, 1))
    assert (image.nbytes, windows.numel(), windows.contiguous().nbytes) == (3136, 14400, 57600)
    for number in ("3,136", "14,400", "57,600"):
        assert number in BOARDS["strides.md"]


def test_numbers_of_the_ladder():
    assert 3 * 224 * 224 == 150_528
    assert 150_528 * 1000 == 150_528_000  # "150.5 million"
    with torch.device("meta"):
        assert sum(p.numel() for p in ResNet34().parameters()) == 21_797_672  # "21.8 million"


class Kept(nn.Sequential):
    """The board's own way to keep batch norms in eval."""

    def train(self, mode=True):
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def test_batch_norms_that_stay_in_eval():
    model = Kept(nn.Conv2d(1, 2, 3), nn.Sequential(nn.BatchNorm2d(2), nn.Dropout()))
    assert model.train() is model
    assert model.training
    assert not model[1][0].training
    assert model[1][1].training


def test_an_optimizer_loaded_after_layers_changed_places_belongs_to_the_wrong_ones():
    first, other = (nn.ModuleDict(), nn.ModuleDict())
    for model, names in ((first, "ab"), (other, "ba")):
        for name in names:
            model[name] = nn.Linear(4, 4)
    other.load_state_dict(first.state_dict())
    before = torch.optim.Adam(first.parameters())
    first["a"](torch.ones(1, 4)).sum().backward()
    before.step()
    after = torch.optim.Adam(other.parameters())
    after.load_state_dict(before.state_dict())
    moved = after.state[other["b"].weight]["exp_avg"]
    assert torch.equal(moved, before.state[first["a"].weight]["exp_avg"])
