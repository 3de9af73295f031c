"""However the tutor ends, the terminal is as it was, and what was typed is kept."""

from __future__ import annotations

import os
import signal
import termios
import time
from pathlib import Path

import pytest

from tests.terminal.ptykit import ROOT
from tests.terminal.test_learner import cnntutor

pytestmark = pytest.mark.long
SWITCHES = (
    (b"\x1b[?1049h", b"\x1b[?1049l"),  # alternate screen
    (b"\x1b[?25l", b"\x1b[?25h"),  # cursor hidden
    (b"\x1b[?1000h", b"\x1b[?1000l"),  # mouse
    (b"\x1b[?1003h", b"\x1b[?1003l"),
    (b"\x1b[?2004h", b"\x1b[?2004l"),  # bracketed paste
    (b"\x1b[?1004h", b"\x1b[?1004l"),  # focus
    (b"\x1b[>1u", b"\x1b[<u"),  # key protocol
)
CRASH = """
from tutor.app import checkpoint
def broken(self):
    raise RuntimeError("broken on purpose")
checkpoint.CheckpointScreen.action_hint = broken
"""


def modes(app) -> list:
    """Echo, line mode and the rest, without what differs from moment to moment."""
    found = termios.tcgetattr(app.process.child_fd)
    return found[:6]


def assert_whole(app, before: list) -> None:
    for on, off in SWITCHES:
        assert app.raw.rfind(off) > app.raw.rfind(on) or on not in app.raw, (on, off)
    assert modes(app) == before


def worker_of(pid: int) -> int | None:
    """The worker's parent among the app's children."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == pid and b"tutor.runner.parent" in (entry / "cmdline").read_bytes():
                    return int(entry.name)
            except (FileNotFoundError, ProcessLookupError):
                continue
    return None


@pytest.fixture
def typing(terminal, tmp_path):
    """The app with unsaved text in its editor, and the terminal's modes before it began."""
    desk = tmp_path / "desk"
    cnntutor("init", str(desk))

    def start(**extra):
        app = terminal("--workspace", str(desk), **extra)
        before = modes(app)
        app.wait("0 of 8 claims")
        app.press("n")
        app.wait("Write two classes")
        app.press("2")
        app.wait("ctrl+s save")
        app.press("kept = 1 ")
        app.wait("kept = 1")
        return app, before, desk

    return start


def drafts(desk: Path) -> str:
    return "".join(p.read_text() for p in (desk / ".cnntutor").rglob("*") if p.is_file())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_after_a_signal(typing, number):
    app, before, desk = typing()
    worker = worker_of(app.process.pid)
    app.process.kill(number)
    app.ends()
    assert_whole(app, before)
    assert "kept = 1" in drafts(desk)
    assert worker is not None
    wait_until_gone(worker)


def test_after_a_crash_of_the_app(typing, tmp_path):
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "sitecustomize.py").write_text(CRASH)
    app, before, desk = typing(PYTHONPATH=f"{tmp_path / 'extra'}{os.pathsep}{ROOT}")
    app.press("\x1b")  # out of the editor
    app.wait(lambda text: "ctrl+s save" not in text)  # an h right behind would be alt+h
    app.press("h")
    assert app.ends() != 0
    assert b"broken on purpose" in app.raw
    assert_whole(app, before)
    assert "kept = 1" in drafts(desk)


def test_a_killed_worker_leaves_the_screen_alone(typing):
    app, before, desk = typing()
    worker = worker_of(app.process.pid)
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    wait_until_gone(worker)
    app.press("more = 2 ")
    app.wait("more = 2")
    app.press("\x13")  # save and check: another worker
    app.wait("could not run")
    app.press("\x11")
    assert app.ends() == 0
    assert_whole(app, before)
    assert "kept = 1 more = 2" in (desk / "mlp.py").read_text()


def test_a_lost_line_ends_app_and_worker_and_keeps_the_text(typing):
    app, _, desk = typing()
    worker = worker_of(app.process.pid)
    app.process.ptyproc.fileobj.close()  # the terminal is gone
    assert worker is not None
    wait_until_gone(app.process.pid)
    wait_until_gone(worker)
    assert "kept = 1" in drafts(desk)


def wait_until_gone(pid: int) -> None:
    """Until the process is no more, or no more than a line in its parent's list."""
    while True:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        time.sleep(0.01)
