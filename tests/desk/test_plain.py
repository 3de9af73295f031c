"""The course as a dialogue of plain lines: the whole way of a learner, without a screen."""

from __future__ import annotations

import io

import pytest

from tests.desk.deskkit import MLP, verdict
from tutor.cli import dialogue, in_numbers
from tutor.progress import Progress
from tutor.runner import protocol


@pytest.fixture
def talk(call, here, monkeypatch):
    """Type these lines; the exit status and all that was printed."""

    def talking(*lines: str, status: int = 0) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        found, out, err = call("--plain")
        assert found == status
        assert "\x1b" not in out
        assert not dialogue.is_open()
        return out + err

    return talking


def failing():
    yield protocol.Started(number=1, sha256="", claims=tuple(claim.id for claim in MLP.claims))
    yield verdict(
        "raw-scores", "failed", observed="rows add up to 1", expected="any sum",
        mistake="softmax-in-forward", diagnosis="It ends in softmax.", why="Twice is too much.",
        repair="scaffold#logits-not-probabilities",
    )  # fmt: skip
    yield protocol.Done(number=1, outcome="failed", seconds=0.1)


def test_next_reads_the_board_then_shows_the_task(talk):
    told = talk("next", "", "q", "next")
    assert "Type next for the board of move 1, Scaffold" in told
    assert "# A small network, and the loop that trains it" in told
    assert "## Flatten keeps the batch apart" in told
    assert "2 of 14. Enter reads on" in told
    assert "Write two classes and two functions" in told
    assert "Write mlp.py (edit mlp opens it), then type check." in told


def test_pictures_of_digits_are_words(talk):
    told = talk("read scaffold", "q")
    assert "A picture: the digit 5, 28 by 28, by hand." in told
    assert "@@" not in told


def test_a_check_a_hint_and_the_repair_with_the_verbs_of_the_command_line(talk, worker, here):
    worker.answer = failing
    told = talk("check", "hint", "cnntutor show scaffold#logits-not-probabilities", "status")
    assert "x failed" in told or "✗ failed" in told
    assert "It ends in softmax. (softmax-in-forward)" in told
    assert "Hint 1 of" in told
    assert "The ten outputs are called logits" in " ".join(told.split())
    assert "next       cnntutor show mlp" in told
    assert Progress(here).hints_taken(MLP) == 1
    assert worker.closed


def test_what_passed_is_kept_and_the_next_start_goes_on(talk, worker):
    assert "8 of 8 claims passed" in talk("check mlp")
    assert "Type next for the board of move 2, Locality" in talk()


def test_recall_asks_line_by_line_without_a_terminal(talk):
    told = talk("recall scaffold", "?", "", "quit")
    assert "Which shape does the batch have then?" in " ".join(told.split())
    assert "missed" in told
    assert "Enter goes on, r reads it here" in told


def test_what_is_wrong_is_told_and_the_dialogue_goes_on(talk):
    told = talk("frob", "check nothing", 'show "', "edit nothing", "help", "help check", "quit")
    assert "No such command 'frob'" in told
    assert "no checkpoint 'nothing'" in told
    assert "that line can't be read" in told
    assert "edit NAME: your file" in told
    assert "Exit status: 0 passed, 1 failed" in told
    assert "Your progress is kept. `cnntutor` goes on from here." in told


def test_a_failing_editor_is_told_with_the_path(talk, monkeypatch, here):
    monkeypatch.setenv("VISUAL", "false --wait")
    told = talk("edit mlp")
    assert "false ended with status 1." in told
    assert str(here.file_of(MLP)) in told


def test_a_lab_is_steered_and_told_in_numbers(talk, worker):
    asked = []

    def answers():
        asked.append(worker.requests[-1].settings)
        yield protocol.Answering(number=1, settings=asked[-1], own={"conv": False})
        yield protocol.Picture(
            number=1, slot="map", title="map", height=2, width=3, images=[[0, 0, 1, 0, 0, 1]]
        )
        yield protocol.Drawn(number=1, seconds=0.1)

    worker.answer = answers
    told = talk("lab shapes", "size=8 kernel=2", "size=900", "")
    assert [(each["size"], each["kernel"]) for each in asked] == [(7, 3), (8, 2)]
    assert "map: 2 rows of 3 numbers" in told
    assert "row 1: 0, 0, 1" in told
    assert "the middle of what is bright lies at row 1.5, column 3.0" in " ".join(told.split())
    assert "900" in told


def test_numbers_say_what_pictures_show():
    image = [float(x >= 14) for _ in range(28) for x in range(28)]
    digit = protocol.Picture(
        number=1, slot="d", title="digit", height=28, width=28, images=[image], captions=["a 1"]
    )
    told = in_numbers.lines(digit)
    assert told[0] == "digit: 28 rows of 28 numbers"
    assert "row 14.5, column 21.5" in " ".join(told[1].split())
    assert told[3] == "    blocks 1: 0, 0, 0, 0.5, 1, 1, 1"
    curves = protocol.Curves(
        number=1, slot="c", title="race", x="step", y="loss", x_range=(0, 9), y_range=(0, 2),
        series={"plain": [(0.0, 2.3), (9.0, float("nan"))], "empty": []},
    )  # fmt: skip
    assert in_numbers.lines(curves)[1:] == [
        "    plain: at 0 2.3, at 9 nan",
        "    empty: no point yet",
    ]
    table = protocol.Table(
        number=1, slot="t", title="sizes", columns=["layer", "shape"], rows=[["conv", "5x5"]],
        marked=[0],
    )  # fmt: skip
    assert in_numbers.lines(table)[1] == "    conv (pointed out): shape 5x5"
