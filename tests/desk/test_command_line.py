"""The commands: what they print, what they write, and how they end."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lessons.course import COURSE
from tests.desk.deskkit import verdict
from tutor.progress import Progress
from tutor.runner import protocol
from tutor.starter import starter
from tutor.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


# --- the frame --------------------------------------------------------------------------------


def test_version(call):
    from tutor import __version__

    assert call("--version") == (0, f"cnntutor {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frob"], "frob"),
        (["list", "--frob"], "--frob"),
        (["show"], "NAME"),
        (["show", "mpl"], "no checkpoint 'mpl'; there are: mlp"),
        (["show", "nowhere#there"], "no move 'nowhere'; there are: scaffold"),
        (["show", "scaffold#no-such-section"], "no-such-section"),
        (["check", "mlp", "--claim", "frob"], "no claim 'frob'; there are: parameters"),
        (["check", "mlp", "--seconds", "0"], "--seconds"),
        (["check", "mlp", "--seed", "x"], "--seed"),
        (["hint", "mlp", "--number", "99"], "there is no hint 99"),
        (["author", "check", "mpl"], "no checkpoint 'mpl'"),
    ],
)
def test_wrong_usage_is_2_and_one_line(call, here, arguments, words):
    status, out, err = call(*arguments)
    assert status == 2
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_help_lists_every_command(call):
    status, out, _ = call("--help")
    assert status == 0
    for name in ("init", "list", "show", "check", "hint", "reset", "status", "doctor", "author"):
        assert f"\n  {name} " in out


@pytest.mark.parametrize("name", ["check", "hint", "reset"])
def test_without_a_workspace_it_is_3_and_says_how_to_make_one(call, worker, name):
    status, out, err = call(name, "mlp")
    assert status == 3
    assert "cnntutor init" in err
    assert err.count("\n") == 1
    status, out, _ = call(name, "mlp", "--json")
    assert status == 3
    assert json.loads(out)["error"]["kind"] == "no-workspace"
    assert worker.requests == []


def test_without_a_terminal_it_is_a_dialogue_of_lines(call, here, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("quit\n"))
    status, out, _ = call()
    assert status == 0
    assert "in plain lines" in out
    assert "\x1b" not in out


def test_lines_fit_80_columns(call, here, worker):
    worker.answer = failing
    for arguments in (["list"], ["status"], ["show", "mlp"], ["hint", "mlp"], ["check", "mlp"]):
        _, out, _ = call(*arguments)
        for line in out.splitlines():
            assert len(line) <= 80 or str(here.root) in line, line


# --- the files --------------------------------------------------------------------------------


def test_init_writes_starters_and_leaves_what_is_there(call, home, mlp):
    place = Workspace(home / "cnntutor")
    status, out, _ = call("init")
    assert status == 0
    assert str(place.root) in out
    assert place.read(mlp).text == starter(mlp)
    place.write(mlp, "mine = 1\n")
    status, out, _ = call("init", "--json")
    assert json.loads(out) == {"workspace": str(place.root), "written": []}
    assert place.read(mlp).text == "mine = 1\n"


def test_init_takes_a_folder(call, tmp_path):
    assert call("init", "here/and there")[0] == 0
    assert (tmp_path / "here" / "and there" / "mlp.py").is_file()


def test_the_workspace_may_be_named_before_or_after_the_command(call, tmp_path, workspace):
    for arguments in (
        ["--workspace", workspace.root, "status", "--json"],
        ["status", "--json", "--workspace", workspace.root],
        ["--workspace", tmp_path / "other", "status", "--json", "--workspace", workspace.root],
    ):
        assert json.loads(call(*arguments)[1])["workspace"] == str(workspace.root)


def test_reset_tells_where_the_old_file_is(call, here, mlp):
    here.write(mlp, "mine = 1\n")
    status, out, _ = call("reset", "mlp", "--json")
    assert status == 0
    assert Path(json.loads(out)["kept"]).read_text() == "mine = 1\n"
    here.write(mlp, "mine = 2\n")
    _, out, _ = call("reset", "mlp.py")
    assert ".cnntutor/kept/mlp-" in out
    assert here.read(mlp).text == starter(mlp)


# --- the course -------------------------------------------------------------------------------


def test_list_and_status_follow_the_progress(call, here, worker):
    assert "0 of 8 claims  new" in call("list")[1]
    assert call("check", "mlp")[0] == 0
    assert "8 of 8 claims  passed" in call("list")[1]
    state = json.loads(call("status", "--json")[1])
    assert state["next"] == COURSE.checkpoints[1].id
    assert state["checkpoints"][0]["state"] == "passed"
    assert state["checkpoints"][0]["last_check"]["outcome"] == "passed"
    moves = json.loads(call("list", "--json")[1])["moves"]
    assert [move["id"] for move in moves] == ["scaffold", "locality", "depth", "reuse"]
    assert moves[0]["checkpoints"][0]["claims_passed"] == 8


def test_looking_writes_nothing(call, home):
    for arguments in (["list"], ["status"], ["show", "mlp"]):
        assert call(*arguments)[0] == 0
    assert list(home.iterdir()) == []


def test_show_tells_task_claims_and_what_was_shown(call, here, worker, mlp):
    worker.answer = failing
    call("check", "mlp")
    _, out, _ = call("show", "mlp")
    for claim in mlp.claims:
        assert claim.id in out
        assert claim.sentence in out
    assert "passed, file version" in out
    shown = json.loads(call("show", "mlp", "--json")[1])
    assert shown["claims"][0]["shown"]["verdict"] == "passed"
    assert [claim["tier"] for claim in shown["claims"]] == [c.tier.value for c in mlp.claims]


@pytest.fixture
def board(tmp_path, monkeypatch):
    from lessons import anchors

    text = (
        "# Board\nIntroduction.\n## One\n" + "word " * 40 + "\n```python\nx = 1\n```\n"
        "## Two\n```digit 1\n" + ("0" * 14 + "f" * 14 + "\n") * 28 + "```\n"
    )
    (tmp_path / "board.md").write_text(text)
    monkeypatch.setattr(anchors, "boards", lambda move: [tmp_path / "board.md"])


def test_show_prints_a_section_of_a_board(call, board):
    status, out, _ = call("show", "scaffold#one")
    assert status == 0
    assert out.startswith("## One\n\nword word")
    assert "    x = 1" in out
    assert "Two" not in out
    assert "@" * 14 in call("show", "scaffold#two")[1]


def test_hints_go_from_the_first_to_the_last(call, here, mlp):
    seen = [json.loads(call("hint", "mlp", "--json")[1])["number"] for _ in range(7)]
    assert seen == [1, 2, 3, 4, 5, 5, 5]
    assert "(the last one, again)" in call("hint", "mlp")[1]
    assert Progress(here).hints_taken(mlp) == 5
    assert "Hint 2 of 5" in call("hint", "mlp", "--number", "2")[1]


# --- check ------------------------------------------------------------------------------------


def failing():
    yield protocol.Started(number=1, sha256="", claims=("parameters", "raw-scores", "same-outputs"))
    yield verdict("parameters")
    yield protocol.Output(number=1, text="hello from ")
    yield verdict(
        "raw-scores",
        "failed",
        observed="every row adds up to 1",
        expected="rows that do not add up to 1",
        mistake="softmax-in-forward",
        diagnosis="Your output equals a network that ends in softmax.",
        why="F.cross_entropy takes the log-softmax by itself.",
        repair="scaffold#logits",
    )
    yield protocol.Output(number=1, text="the learner\n")
    yield verdict("same-outputs", "not-reached", observed="It needs raw-scores first.")
    yield protocol.Done(number=1, outcome="failed", seconds=0.25)


def test_check_passes(call, here, worker, mlp):
    status, out, err = call("check", "mlp")
    assert (status, err) == (0, "")
    for claim in mlp.claims:
        assert f"✓ passed        {claim.sentence}" in out
    assert "8 of 8 claims passed in 1.5 s." in out
    assert worker.requests[0].source == here.read(mlp).data
    assert worker.closed


def test_check_tells_a_failure_by_name(call, here, worker):
    worker.answer = failing
    status, out, err = call("check", "mlp")
    assert (status, err) == (1, "")
    for words in (
        "✗ failed        Logits are raw scores",
        "    seen       every row adds up to 1",
        "    expected   rows that do not add up to 1",
        "(softmax-in-forward)",
        "    why        F.cross_entropy takes",
        "    read       cnntutor show scaffold#logits",
        "· not reached   With the reference's weights",
        "1 of 3 claims passed",
    ):
        assert words in out
    heading = out.index("What your code printed")
    assert out.index("hello from the learner") > heading > out.index("not reached")


def test_check_json_is_the_object_of_the_contract(call, here, worker, mlp):
    def out_of_order():
        started, *verdicts, done = failing()
        return iter([started, *reversed(verdicts), done])

    worker.answer = out_of_order
    status, out, _ = call("check", "mlp", "--json")
    assert status == 1
    source = here.read(mlp)
    empty = {"observed": "", "expected": "", "mistake": None, "repair": None}
    assert json.loads(out) == {
        "checkpoint": "mlp",
        "outcome": "failed",
        "file": str(source.path),
        "sha256": source.sha256,
        "seconds": 0.25,
        "claims": [
            {"id": "parameters", "tier": "T3", "verdict": "passed", **empty},
            {
                "id": "raw-scores",
                "tier": "T1",
                "verdict": "failed",
                "observed": "every row adds up to 1",
                "expected": "rows that do not add up to 1",
                "mistake": "softmax-in-forward",
                "repair": "scaffold#logits",
            },
            {
                "id": "same-outputs",
                "tier": "T3",
                "verdict": "not-reached",
                **empty,
                "observed": "It needs raw-scores first.",
            },
        ],
        "error": None,
    }


def stopped(error="SyntaxError: line 3: invalid syntax\n  def f(:\n", kind="syntax-error"):
    done = protocol.Done(
        number=1, outcome="could-not-run", seconds=0.1, error_kind=kind, error=error
    )
    return lambda: iter([done])


def test_check_that_could_not_run_is_3_and_one_line(call, here, worker, mlp):
    worker.answer = stopped()
    status, out, err = call("check", "mlp")
    assert status == 3
    assert "syntax-error" in err
    assert "line 3: invalid syntax" in err
    assert err.count("\n") == 1
    assert "def f(:" in out
    status, out, _ = call("check", "mlp", "--json")
    assert status == 3
    result = json.loads(out)
    assert result["outcome"] == "could-not-run"
    assert result["error"]["kind"] == "syntax-error"
    assert [claim["id"] for claim in result["claims"]] == [claim.id for claim in mlp.claims]
    assert {claim["verdict"] for claim in result["claims"]} == {"could-not-run"}


def test_check_of_a_file_that_is_none_starts_no_worker(call, here, worker, mlp):
    here.file_of(mlp).write_bytes(b"#" * 10_000_000)
    status, out, err = call("check", "mlp", "--json")
    assert status == 3
    assert "10.0 MB" in err
    result = json.loads(out)
    assert result["sha256"] is None
    assert result["error"]["kind"] == "too-large"
    assert worker.requests == []


def test_a_worker_that_cannot_start(call, here, worker):
    def broken():
        raise OSError(11, "Resource temporarily unavailable")

    worker.answer = broken
    status, _, err = call("check", "mlp")
    assert status == 3
    assert "can't be started" in err


def test_check_sends_what_was_asked(call, here, worker):
    call("check", "mlp", "--claim", "learns", "--claim", "accuracy", "--seed", 5, "--seconds", 2.5)
    (request,) = worker.requests
    assert (request.claims, request.seed, request.seconds) == (("learns", "accuracy"), 5, 2.5)


def test_progress_survives_a_check_that_is_broken_off(call, here, worker, mlp):
    def broken_off():
        yield verdict("parameters")
        raise KeyboardInterrupt

    worker.answer = broken_off
    status, _, err = call("check", "mlp")
    assert status == 130
    assert "interrupted" in err
    assert worker.closed
    assert Progress(here).evidence(mlp)["parameters"].verdict == "passed"


def test_a_workspace_that_takes_no_progress_is_told(call, here, worker, monkeypatch):
    def read_only(*arguments, **more):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tutor.progress.os.fsync", read_only)
    status, _, err = call("check", "mlp")
    assert status == 0
    assert "can't be saved" in err
    assert "read-only" in err
    assert err.count("\n") == 1


def test_a_corrupt_progress_file_is_told_once(call, here, worker):
    call("check", "mlp")
    (log,) = (here.state / "progress").glob("*.jsonl")
    log.write_bytes(log.read_bytes() + b"\0\0\0\n")
    status, out, err = call("list")
    assert status == 0
    assert "8 of 8 claims  passed" in out
    assert str(here.state / "progress" / "corrupt") in err
    assert call("list")[2] == ""


# --- pipes, terminals, encodings --------------------------------------------------------------

FAKE_CLIENT = """
import sys, threading, types
from tutor.runner import protocol

class Client:
    def __init__(self, log=None): pass
    def __enter__(self): return self
    def __exit__(self, *reason): pass
    def next_number(self): return 1
    def run(self, request):
        yield protocol.Verdict(number=1, claim="parameters", tier="T3", verdict="passed")
        threading.Event().wait()

sys.modules["tutor.runner.client"] = types.ModuleType("tutor.runner.client")
sys.modules["tutor.runner.client"].Client = Client
from tutor.__main__ import main
sys.exit(main())
"""


def python(*arguments, **more):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        **more,
    )


def test_ctrl_c_ends_a_check_without_a_traceback(here):
    with python("-c", FAKE_CLIENT, "check", "mlp", env={"PYTHONIOENCODING": "utf-8"}) as process:
        for line in process.stdout:
            if b"passed" in line:  # the verdict is out, and the check goes on
                process.send_signal(signal.SIGINT)
                break
        _, err = process.communicate()
    assert process.returncode == 130
    assert err.strip() == b"cnntutor: interrupted"


def test_a_reader_that_leaves_ends_it_quietly(here):
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        [sys.executable, "-m", "tutor", "show", "mlp"],
        stdout=writer,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    os.close(writer)
    assert process.returncode == 141
    assert process.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_into_a_full_disk(here):
    with open("/dev/full", "wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "tutor", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
    assert process.returncode == 3
    assert process.stderr.startswith(b"cnntutor: the output can't be written: No space left")
    assert process.stderr.count(b"\n") == 1


def test_a_terminal_that_only_has_ascii(here):
    with python("-m", "tutor", "show", "mlp", env={"PYTHONIOENCODING": "ascii"}) as process:
        out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert out.isascii()
    assert b"\n  . Parameters are registered" in out
