"""A check is sent with what the learner has passed, and its verdicts are kept as they come."""

import hashlib

import msgspec
import pytest

from lessons import course
from lessons.declare import Checkpoint, Claim, Course, Move, Tier
from tests.desk.deskkit import all_passed, verdict
from tutor import checking, progress
from tutor.checking import Recorder, request
from tutor.progress import CheckEnded, Progress
from tutor.runner import protocol


class Numbers:
    def next_number(self) -> int:
        return 7


@pytest.fixture
def store(workspace):
    return Progress(workspace)


def test_the_request_carries_the_file_as_it_is(workspace, store, mlp):
    workspace.write(mlp, "x = 1\n")
    check = request(Numbers(), workspace, store, mlp, seed=3, claims=("learns",), seconds=2.0)
    assert check == protocol.Check(
        number=7,
        checkpoint="mlp",
        path=str(workspace.file_of(mlp)),
        source=b"x = 1\n",
        sha256=hashlib.sha256(b"x = 1\n").hexdigest(),
        claims=("learns",),
        seed=3,
        seconds=2.0,
    )


def test_verdicts_are_recorded_as_they_arrive(workspace, store, mlp):
    check = request(Numbers(), workspace, store, mlp)
    recorder = Recorder(store, check)
    *events, done = all_passed()
    for event in events:
        recorder.event(event)
    evidence = Progress(workspace).evidence(mlp)  # as another session sees it, before the end
    assert evidence.keys() == {claim.id for claim in mlp.claims}
    assert {entry.sha256 for entry in evidence.values()} == {check.sha256}
    assert not store.passed(mlp)
    recorder.event(done)
    assert Progress(workspace).passed(mlp)


def test_passing_some_claims_is_not_passing_the_checkpoint(workspace, store, mlp):
    recorder = Recorder(store, request(Numbers(), workspace, store, mlp, claims=("parameters",)))
    recorder.event(verdict("parameters"))
    recorder.event(protocol.Done(number=7, outcome="passed", seconds=0.1))
    assert not store.passed(mlp)
    assert store.state(mlp) == "started"


def test_a_cancelled_check_has_no_end(workspace, store, mlp):
    recorder = Recorder(store, request(Numbers(), workspace, store, mlp))
    recorder.event(protocol.Done(number=7, outcome="could-not-run", seconds=0, cancelled=True))
    assert not [e for e in store.entries(mlp) if isinstance(e, CheckEnded)]


def test_a_failure_is_recorded_with_its_mistake(workspace, store, mlp):
    recorder = Recorder(store, request(Numbers(), workspace, store, mlp))
    recorder.event(verdict("raw-scores", "failed", mistake="softmax", observed="rows add up to 1"))
    recorder.event(protocol.Done(number=7, outcome="failed", seconds=0.2))
    shown = store.evidence(mlp)["raw-scores"]
    assert (shown.mistake, shown.observed) == ("softmax", "rows add up to 1")


@pytest.fixture
def conv(monkeypatch, mlp) -> Checkpoint:
    """A second checkpoint after mlp."""
    conv = msgspec.structs.replace(
        mlp,
        id="conv",
        defines=("Conv2d",),
        claims=(Claim(id="values", sentence="It is so.", tier=Tier.T1, signature="so"),),
    )
    move = Move(id="scaffold", title="Scaffold", why="", checkpoints=(mlp, conv))
    two = Course(version=1, moves=(move,), concepts=())
    for module in (course, checking, progress):
        monkeypatch.setattr(module, "COURSE", two)
    return conv


def test_earlier_pieces_go_along_once_they_passed(workspace, store, mlp, conv):
    workspace.write(mlp, "mine = 1\n")
    assert checking.earlier_pieces(workspace, store, conv) == {}
    recorder = Recorder(store, request(Numbers(), workspace, store, mlp))
    for event in all_passed():
        recorder.event(event)
    assert checking.earlier_pieces(workspace, store, conv) == {"mlp": b"mine = 1\n"}
    assert checking.earlier_pieces(workspace, store, mlp) == {}
    workspace.write(mlp, "changed = 1\n")
    assert checking.earlier_pieces(workspace, store, conv) == {"mlp": b"changed = 1\n"}
    workspace.file_of(mlp).unlink()
    assert checking.earlier_pieces(workspace, store, conv) == {}
