"""A terminal that can only print lines gets lines, and not one escape sequence."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("extra", [{"TERM": "dumb"}, {}], ids=["dumb", "--plain"])
def test_the_dialogue_is_lines_alone(terminal, tmp_path, extra):
    arguments = ["--workspace", str(tmp_path / "desk"), *([] if extra else ["--plain"])]
    app = terminal(*arguments, LANG="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", **extra)
    app.wait("cnntutor>")
    app.press("next\r")
    app.wait("1 of 14. Enter reads on")
    app.press("q\r")
    app.wait("Type next for the task of mlp")
    app.press("hint\r")
    app.wait("Hint 1 of 5 for mlp")
    app.press("frob\r")
    app.wait("No such command 'frob'")
    app.press("\x04")
    assert app.ends() == 0
    assert b"\x1b" not in app.raw
    assert app.raw.isascii()
    assert (tmp_path / "desk" / "mlp.py").is_file()
