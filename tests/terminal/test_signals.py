"""Ctrl+z and fg, ctrl+c, a crash, another editor: the terminal stays whole and nothing is lost."""

from __future__ import annotations

import base64
import shutil
import signal
import subprocess
import sys

import pytest

from tests.terminal.ptykit import ROOT, Terminal, end, environment_of

pytestmark = pytest.mark.long


def open_mlp(app: Terminal) -> None:
    app.wait("0 of 8 claims")
    app.press("n")
    app.wait("Write two classes")


def test_ctrl_z_sleeps_and_fg_wakes_with_the_screen_whole(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    environment = environment_of(home, {"PS1": "shell> ", "HISTFILE": ""})
    shell = Terminal(["bash", "--norc", "--noprofile", "-i"], environment, 80, 24)
    try:
        shell.wait("shell>")
        shell.press(f"cd {ROOT}; {sys.executable} -m tutor --workspace {home}/d\r")
        shell.wait("Welcome to cnntutor")
        shell.press("q")
        shell.wait("The chain of ideas")
        shell.press("\x1a")
        shell.wait(lambda text: "Stopped" in text)
        assert shell.raw.rfind(b"\x1b[?1049l") > shell.raw.rfind(b"\x1b[?1049h")
        assert shell.raw.rfind(b"\x1b[?25h") > shell.raw.rfind(b"\x1b[?25l")
        shell.press("echo aw''ake\r")
        shell.wait("awake")
        shell.press("fg\r")
        shell.wait(lambda text: "The chain of ideas" in text and "leave" in text)
        shell.press("q")
        shell.quiet()
        shell.press("echo status=$?\r")
        shell.wait("status=0")
        assert "Traceback" not in shell.text
    finally:
        end(shell)


@pytest.mark.parametrize("key", ["\x03", "\x11"], ids=["ctrl+c", "ctrl+q"])
def test_ctrl_c_leaves_cleanly_from_any_screen(terminal, tmp_path, key):
    app = terminal("--workspace", str(tmp_path / "desk"))
    open_mlp(app)
    app.press("2")
    app.wait("ctrl+s save")
    app.press("kept = 1  #")
    app.wait("kept = 1  #")
    app.press(key)
    assert app.ends() == 0
    assert b"Traceback" not in app.raw
    assert app.raw.rfind(b"\x1b[?1049l") > app.raw.rfind(b"\x1b[?1049h")


def test_unsaved_text_comes_back_after_a_crash_and_so_does_the_place(terminal, tmp_path):
    desk = tmp_path / "desk"
    app = terminal("--workspace", str(desk))
    open_mlp(app)
    app.press("2")
    app.wait("ctrl+s save")
    app.press("precious = 1  # ")
    app.wait("precious")
    app.wait(lambda _: any((desk / ".cnntutor" / "drafts").glob("mlp.*.py")))
    app.process.kill(signal.SIGKILL)
    app.ends()
    assert "precious" not in (desk / "mlp.py").read_text()
    app = terminal("--workspace", str(desk))
    app.wait("Your unsaved text is back")
    app.press("2")
    app.wait("precious = 1  # ")


def test_another_editor_gets_its_arguments_and_the_screen_comes_back(terminal, tmp_path):
    script = tmp_path / "my editor.sh"
    script.write_text('#!/bin/sh\necho "editing $1"; read line; echo "# $line $1" >> "$2"\n')
    script.chmod(0o755)
    app = terminal(
        "--workspace", str(tmp_path / "desk"), VISUAL=f"'{script}' --wait", EDITOR="false"
    )
    open_mlp(app)
    app.press("e")
    app.wait("editing --wait")
    app.press("done\r")
    app.wait("saved outside")
    assert (tmp_path / "desk" / "mlp.py").read_text().endswith("# done --wait\n")


def test_an_editor_that_fails_is_told_and_the_path_can_be_copied(terminal, tmp_path):
    desk = tmp_path / "desk"
    app = terminal("--workspace", str(desk), EDITOR="false")
    open_mlp(app)
    app.press("e")
    app.wait("false ended with status 1.")
    app.press("p")
    app.wait("Copied, if your terminal takes it")
    copied = app.raw.rpartition(b"\x1b]52;c;")[2].partition(b"\x07")[0]
    assert base64.b64decode(copied).decode().endswith(f":{desk}/mlp.py")


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed here")
def test_inside_tmux_the_editor_opens_beside_the_tutor(tmp_path):
    """A tmux server of its own: the tutor stays, the editor has a pane, and its save counts."""
    script = tmp_path / "editor.sh"
    script.write_text('#!/bin/sh\necho "# beside" >> "$1"; echo "editor pane"; sleep 60\n')
    script.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    desk = tmp_path / "desk"
    extra = {"EDITOR": str(script), "TERM": "xterm-256color"}
    server = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]
    command = [*server, "new-session", f"{sys.executable} -m tutor --workspace {desk}"]
    app = Terminal(command, environment_of(home, extra), 80, 50)
    try:
        app.wait("Welcome to cnntutor")
        app.press("q")
        open_mlp(app)
        app.press("e")
        app.wait("editor pane")
        app.wait(lambda _: (desk / "mlp.py").read_text().endswith("# beside\n"))
        app.wait("saved outside")
    finally:
        app.process.kill(signal.SIGKILL)
        subprocess.run([*server, "kill-server"], check=False, capture_output=True)
        end(app)
