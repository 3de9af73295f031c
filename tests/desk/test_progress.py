"""Progress: what was written is read back, by whoever wrote it, whatever happened meanwhile."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.course import COURSE
from tutor import paths
from tutor.progress import (
    CheckEnded,
    ClaimShown,
    HintTaken,
    Progress,
    WasReset,
    encode,
    parse,
)
from tutor.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


def shown(claim="parameters", verdict="passed", at=1.0, **more) -> ClaimShown:
    more = {"sha256": "ab" * 32, "check": "c1", "tier": "T3", **more}
    return ClaimShown(checkpoint="mlp", claim=claim, verdict=verdict, at=at, **more)


def ended(outcome="passed", at=2.0, whole=False, sha256="ab" * 32) -> CheckEnded:
    return CheckEnded(
        checkpoint="mlp", outcome=outcome, at=at, whole=whole, sha256=sha256, check="c1"
    )


def hint(number: int, at: float = 1.0) -> HintTaken:
    return HintTaken(checkpoint="mlp", number=number, at=at)


def logs(workspace: Workspace) -> list[Path]:
    return sorted(paths.progress_folder(workspace.root).glob("*.jsonl"))


def write_log(workspace: Workspace, data: bytes, name="a.jsonl") -> Path:
    folder = paths.progress_folder(workspace.root)
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


# --- the format -------------------------------------------------------------------------------

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
times = st.floats(min_value=0, max_value=4e9)
entries = st.one_of(
    st.builds(
        ClaimShown,
        checkpoint=text,
        at=times,
        claim=text,
        tier=text,
        verdict=st.sampled_from(["passed", "failed", "not-reached", "could-not-run"]),
        sha256=text,
        check=text,
        observed=text,
        mistake=st.none() | text,
    ),
    st.builds(
        CheckEnded,
        checkpoint=text,
        at=times,
        outcome=st.sampled_from(["passed", "failed", "could-not-run"]),
        sha256=text,
        check=text,
        claims_passed=st.lists(text, max_size=3).map(tuple),
        whole=st.booleans(),
        error_kind=st.none() | text,
    ),
    st.builds(HintTaken, checkpoint=text, at=times, number=st.integers(1, 99)),
    st.builds(WasReset, checkpoint=text, at=times, kept=text),
)


@given(st.lists(entries, max_size=5))
def test_what_is_written_is_read(written):
    log = parse(b"".join(map(encode, written)))
    assert log.entries == written
    assert (log.newer, log.corrupt) == (0, 0)


@given(st.lists(entries, min_size=1, max_size=4), st.data())
def test_a_log_cut_anywhere_keeps_its_whole_lines(written, data):
    whole = b"".join(map(encode, written))
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    log = parse(cut)
    assert log.entries == written[: cut.count(b"\n")]
    assert (log.newer, log.corrupt) == (0, 0)


@given(st.binary(max_size=60))
def test_no_bytes_end_the_program(data):
    parse(data)


@settings(max_examples=25)
@given(st.lists(entries, max_size=4), st.integers(0, 3))
def test_sessions_merge(tmp_path_factory, written, split):
    workspace = Workspace(tmp_path_factory.mktemp("desk"))
    workspace.create()
    one, two = Progress(workspace), Progress(workspace)
    for entry in written[:split]:
        one.add(entry)
    for entry in written[split:]:
        two.add(entry)
    one.refresh()
    two.refresh()
    assert one._entries == two._entries or len({e.at for e in written}) < len(written)
    assert set(one._entries) == set(two._entries) == set(written)
    assert not one.notices


# --- what is asked of it ----------------------------------------------------------------------


def test_a_new_learner(workspace, mlp):
    progress = Progress(workspace)
    assert progress.state(mlp) == "new"
    assert progress.evidence(mlp) == {}
    assert progress.hints_taken(mlp) == 0
    assert progress.next_checkpoint() == mlp
    assert logs(workspace) == []  # looking writes nothing


def test_evidence_is_the_latest_passing_showing_else_the_latest(workspace, mlp):
    progress = Progress(workspace)
    for entry in (
        shown(at=3.0, check="late pass"),
        shown(at=2.0, check="early pass"),
        shown(at=4.0, verdict="failed"),
        shown("learns", "not-reached", at=1.0),
        shown("learns", "failed", at=2.0),
    ):
        progress.add(entry)
    assert progress.evidence(mlp)["parameters"].check == "late pass"
    assert progress.evidence(mlp)["learns"].verdict == "failed"
    assert progress.state(mlp) == "started"


def test_what_was_finished_stays_finished(workspace, mlp):
    progress = Progress(workspace)
    progress.add(ended(whole=False))
    assert not progress.passed(mlp)  # one claim was asked for, and passed
    progress.add(ended(whole=True, sha256="cd" * 32))
    progress.add(ended("failed", at=9.0))
    progress.add(WasReset(checkpoint="mlp", kept="x.py", at=10.0))
    again = Progress(workspace)
    assert again.passed(mlp)
    assert again.state(mlp) == "passed"
    assert again.passed_versions(mlp) == {"cd" * 32}
    assert again.next_checkpoint() is COURSE.checkpoints[1]


def test_hints_count_up(workspace, mlp):
    progress = Progress(workspace)
    for number in (1, 3, 2):
        progress.add(hint(number))
    assert Progress(workspace).hints_taken(mlp) == 3


def test_another_sessions_entries_come_with_refresh(workspace, mlp):
    mine, theirs = Progress(workspace), Progress(workspace)
    theirs.add(hint(2))
    assert mine.hints_taken(mlp) == 0
    mine.refresh()
    assert mine.hints_taken(mlp) == 2
    theirs.add(hint(4))
    mine.refresh()
    assert mine.hints_taken(mlp) == 4


# --- damage -----------------------------------------------------------------------------------


def test_a_torn_last_line_is_no_damage(workspace, mlp):
    write_log(workspace, encode(hint(1)) + encode(hint(2))[:-9])
    progress = Progress(workspace)
    assert progress.hints_taken(mlp) == 1
    assert progress.notices == []


@pytest.mark.parametrize(
    "damage",
    [b"garbage\n", b"\0" * 400, b"\xff\xfe\n", b'{"type":"HintTaken"}\n', b"[]\n", b"x"],
)
def test_a_corrupt_file_is_kept_aside_and_told_and_the_rest_of_it_counts(workspace, mlp, damage):
    write_log(workspace, encode(hint(1)) + damage, "bad.jsonl")
    write_log(workspace, encode(ended(whole=True)), "good.jsonl")
    progress = Progress(workspace)
    aside = paths.corrupt_folder(workspace.root) / "bad.jsonl"
    assert aside.read_bytes() == encode(hint(1)) + damage
    assert [path.name for path in logs(workspace)] == ["good.jsonl"]
    (notice,) = progress.notices
    assert str(aside) in notice
    assert "still count: 1" in notice
    later = Progress(workspace)
    assert later.notices == []
    for each in (progress, later):
        assert each.hints_taken(mlp) == 1
        assert each.passed(mlp)


def test_two_corrupt_files_of_one_name_are_both_kept(workspace):
    for _ in range(2):
        write_log(workspace, b"garbage\n")
        Progress(workspace)
    assert len(list(paths.corrupt_folder(workspace.root).iterdir())) == 2


def test_a_session_whose_file_is_moved_aside_loses_nothing(workspace, mlp):
    progress = Progress(workspace)
    progress.add(hint(1))
    (path,) = logs(workspace)
    with path.open("ab") as file:
        file.write(b"garbage\n")
    Progress(workspace)
    progress.add(hint(2))
    progress.add(hint(3))
    again = Progress(workspace)
    assert {e.number for e in again.entries(mlp)} == {1, 2, 3}


def test_a_corrupt_file_that_cannot_be_moved_is_read_where_it_is(workspace, mlp, monkeypatch):
    path = write_log(workspace, encode(hint(1)) + b"garbage\n")
    with monkeypatch.context() as broken:
        broken.setattr(os, "rename", raising(errno.EROFS))
        progress = Progress(workspace)
    assert path.exists()
    assert progress.hints_taken(mlp) == 1
    assert "can't be moved aside" in progress.notices[0]


def test_entries_of_a_newer_version_are_kept_and_skipped(workspace, mlp):
    newer = (
        b'{"type":"LabSteered","checkpoint":"mlp","at":1.0,"v":1}\n'
        b'{"type":"HintTaken","checkpoint":"mlp","at":1.0,"v":2,"number":"third"}\n'
    )
    path = write_log(workspace, newer + encode(hint(1)))
    progress = Progress(workspace)
    assert path.read_bytes() == newer + encode(hint(1))
    assert progress.hints_taken(mlp) == 1
    (notice,) = progress.notices
    assert "newer cnntutor (2)" in notice
    progress.refresh()
    assert progress.notices == [notice]


# --- a disk that takes no more ----------------------------------------------------------------


def raising(number: int):
    def fail(*arguments, **more):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("call", "number", "words"),
    [
        ("write", errno.ENOSPC, "disk is full"),
        ("fsync", errno.EDQUOT, "quota"),
        ("open", errno.EROFS, "read-only"),
        ("open", errno.EACCES, "permission"),
    ],
)
def test_what_cannot_be_written_counts_and_is_written_later(
    workspace, mlp, monkeypatch, call, number, words
):
    progress = Progress(workspace)
    with monkeypatch.context() as broken:
        broken.setattr(os, call, raising(number))
        progress.add(hint(1))
        progress.add(hint(2))
        assert progress.hints_taken(mlp) == 2
        (notice,) = progress.notices  # told once
        assert words in notice
    progress.add(hint(3))
    assert progress.notices == []
    again = Progress(workspace)
    assert again.notices == []
    assert {e.number for e in again.entries(mlp)} == {1, 2, 3}
    assert len(again.entries(mlp)) == 3


def test_a_line_cut_by_a_full_disk_is_no_damage(workspace, mlp, monkeypatch):
    progress = Progress(workspace)
    progress.add(hint(1))
    write = os.write
    calls = []

    def partly(descriptor, data):
        calls.append(1)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, bytes(data)[:10])

    with monkeypatch.context() as broken:
        broken.setattr(os, "write", partly)
        progress.add(hint(2))
    progress.add(hint(3))
    again = Progress(workspace)
    assert again.notices == []
    assert {e.number for e in again.entries(mlp)} == {1, 2, 3}


def test_a_workspace_that_was_never_made_is_not_made_by_progress(tmp_path, mlp):
    progress = Progress(Workspace(tmp_path / "none"))
    progress.add(hint(1))
    assert progress.hints_taken(mlp) == 1
    assert "can't be saved" in progress.notices[0]
    assert not (tmp_path / "none").exists()


# --- other processes --------------------------------------------------------------------------

WRITER = """
import sys, time
from pathlib import Path
from tutor.progress import HintTaken, Progress
from tutor.workspace import Workspace

progress = Progress(Workspace(Path(sys.argv[1])))
first, last = int(sys.argv[2]), int(sys.argv[3])
for number in range(first, last):
    progress.add(HintTaken(checkpoint="mlp", number=number, at=time.time()))
    print(number, flush=True)
"""


def writer(workspace: Workspace, first: int, last: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(workspace.root), str(first), str(last)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


@pytest.mark.parametrize("seen", [1, 7, 40])
def test_sigkill_loses_nothing_that_was_acknowledged(workspace, mlp, seen):
    with writer(workspace, 1, 1_000_000) as process:
        last = 0
        for line in process.stdout:
            last = int(line)
            if last == seen:
                process.send_signal(signal.SIGKILL)
                break
        last = max([last, *(int(line) for line in process.stdout if line.endswith("\n"))])
    progress = Progress(workspace)
    assert progress.notices == []
    numbers = {entry.number for entry in progress.entries(mlp)}
    assert numbers >= set(range(1, last + 1))


def test_two_sessions_at_once_lose_nothing(workspace, mlp):
    with writer(workspace, 1, 101) as one, writer(workspace, 101, 201) as two:
        mine = Progress(workspace)
        mine.add(hint(201))
        one.communicate()
        two.communicate()
    mine.refresh()
    assert {entry.number for entry in mine.entries(mlp)} == set(range(1, 202))
    assert mine.notices == []
