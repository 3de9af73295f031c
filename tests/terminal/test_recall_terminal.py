"""Recall in a real terminal: by the app's keys, and line by line from the command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.long


def cnntutor(*arguments: str) -> str:
    command = [sys.executable, "-m", "tutor", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("extra", [{}, {"TERM": "vt100", "NO_COLOR": "1"}], ids=str)
def test_a_question_is_missed_read_and_kept(terminal, tmp_path, extra):
    desk = tmp_path / "desk"
    app = terminal("--workspace", str(desk), **extra)
    app.wait("next  mlp")
    app.press("r")
    app.wait("Recall: Scaffold")
    app.wait("Type a shape")
    app.press("1")
    app.wait(lambda text: "\n 1" in text)
    before = len(app.raw)
    app.press("x")
    app.wait(lambda text: "\n 1x" in text)
    assert len(app.raw) - before < 200  # a key sends little over a slow line
    app.press("1\r")
    text = app.wait("missed")
    assert "Dimension 0 counts the images" in " ".join(text.split())
    app.press("\r")
    app.wait("The first layer wants the numbers of an image")
    app.press("q")
    app.wait("enter next question")
    app.press("\r")
    app.wait("A network has two linear layers")
    app.press("\x1b")
    app.wait("next  mlp")
    app.press("q")
    assert app.ends() == 0
    status = json.loads(cnntutor("status", "--workspace", str(desk), "--json"))
    assert status["recall"]["gates"][0]["right"] == 0
    listed = json.loads(cnntutor("recall", "--workspace", str(desk), "--json"))["questions"]
    assert "scaffold/rows" not in [question["question"] for question in listed]


def test_the_command_asks_line_by_line(terminal, tmp_path):
    desk = tmp_path / "desk"
    cnntutor("init", str(desk))
    app = terminal("recall", "depth", "--workspace", str(desk))
    app.wait("What changes in a")
    app.press("the statistics\r")
    app.wait("Said it? y or n")
    app.press("y\r")
    app.press("y\r")
    app.press("n\r")
    app.wait("missed")
    app.wait("Enter goes on")
    app.press("\x04")
    app.wait("0 right, 1 missed.")
    assert app.ends() == 1
