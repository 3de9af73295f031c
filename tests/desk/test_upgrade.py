"""A newer release of the course: finished work stays, and what changed in a starter is shown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.course import COURSE
from tests.desk.test_progress import ended, hint, shown
from tutor import upgrade
from tutor.cli.run import run
from tutor.progress import Progress
from tutor.starter import starter
from tutor.upgrade import compared

MLP = COURSE.checkpoint("mlp")
OLD = starter(MLP)
NEW = OLD.replace("no probabilities", "no probability").replace(
    "class SimpleMLP", "# A note of the newer course.\nclass SimpleMLP"
)


@pytest.fixture
def newer(workspace, monkeypatch):
    """The workspace as it was, under a course whose starter for mlp changed."""
    monkeypatch.setattr(upgrade, "starter", lambda point: NEW if point is MLP else starter(point))
    monkeypatch.setattr(
        "tutor.workspace.starter", lambda point: NEW if point is MLP else starter(point)
    )
    return workspace


def test_nothing_changed_nothing_is_said(workspace, capsys) -> None:
    assert upgrade.changed(workspace) == []
    assert run(["changes", "--workspace", str(workspace.root)]) == 0
    assert "those that your files began with" in capsys.readouterr().out


def test_a_changed_starter_is_shown_and_the_file_stays(newer, capsys) -> None:
    mine = OLD.replace("raise NotImplementedError", "return 1  # mine", 1)
    newer.write(MLP, mine)
    newer.create()  # as every start does
    assert newer.read(MLP).text == mine
    assert upgrade.changed(newer) == [MLP]
    assert run(["changes", "mlp", "--workspace", str(newer.root)]) == 0
    out = capsys.readouterr().out
    assert "Your file was not touched" in out
    assert "+ # A note of the newer course." in out
    assert "Your file has the old text, line" in out
    assert newer.read(MLP).text == mine
    assert run(["changes", "--seen", "--json", "--workspace", str(newer.root)]) == 0
    (change,) = json.loads(capsys.readouterr().out)["changes"]["mlp"]
    assert change["now"] == ["# A note of the newer course."]
    assert upgrade.changed(newer) == []
    assert newer.read(MLP).text == mine


def test_whoever_took_it_over_or_wrote_their_own_is_told_so() -> None:
    base, now = "a\nb\nc\nd\ne\n", "a\nb\nB\nc\nd\nE\n"
    first, second = compared(base, now, "a\nb\nB\nc\nd\nmine\n")
    assert (first.yours, first.line) == ("the new text", 3)
    assert (second.yours, second.line) == ("neither", None)
    assert compared(base, now, now) == []
    first, second = compared(base, now, base)
    assert (first.yours, second.yours) == ("the old text", "the old text")


lines = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=8).map("\n".join)


@given(lines, lines, lines)
def test_every_change_is_told_and_nothing_else(base, now, yours) -> None:
    found = compared(base, now, yours)
    if base.splitlines() == now.splitlines() or yours.splitlines() == now.splitlines():
        assert found == []
        return
    assert found
    for change in found:
        assert change.was != change.now
        assert (change.line is None) == (change.yours == "neither")


def test_a_reset_begins_with_the_new_starter(newer) -> None:
    newer.reset(MLP)
    newer.write(MLP, NEW + "mine = 1\n")
    assert upgrade.changed(newer) == []


def test_a_workspace_of_before_knows_no_old_starter(newer) -> None:
    for path in (newer.state / "starters").iterdir():
        path.unlink()
    assert upgrade.changed(newer) == []
    newer.create()
    assert upgrade.changed(newer) == []
    assert newer.base(MLP) == NEW  # from here on it is known


def test_finished_work_stays_when_claims_come_and_go(workspace, mlp) -> None:
    progress = Progress(workspace)
    progress.add(shown("a-claim-of-before"))
    progress.add(ended(whole=True))
    later = Progress(workspace)
    assert later.passed(mlp)
    assert later.state(mlp) == "passed"
    assert run(["status", "--workspace", str(workspace.root)]) == 0
    assert run(["evidence", "--workspace", str(workspace.root)]) == 0


def test_a_clock_that_jumps_back_loses_nothing(workspace, mlp) -> None:
    """Entries are put in order by their times; what was passed or taken stays whatever they say."""
    progress = Progress(workspace)
    progress.add(shown(verdict="passed", at=2e9))
    progress.add(ended(whole=True, at=2e9))
    progress.add(hint(2, at=2e9))
    again = Progress(workspace)
    again.add(shown(verdict="failed", at=1.0))
    again.add(ended("failed", at=1.0))
    again.add(hint(3, at=1.0))
    for each in (again, Progress(workspace)):
        assert each.passed(mlp)
        assert each.hints_taken(mlp) == 3
        assert each.evidence(mlp)["parameters"].verdict == "passed"
        assert each.notices == []
