"""Filters and maps in a real terminal: opened from a checkpoint, a cursor, and the way back."""

from __future__ import annotations

import re

import pytest

DOWN, RIGHT = "\x1b[B", "\x1b[C"


@pytest.mark.parametrize(
    "extra",
    [{}, pytest.param({"TERM": "linux", "NO_COLOR": "1"}, marks=pytest.mark.long)],
    ids=["80x24 and 120x40", "no unicode, no colour"],
)
def test_the_cursor_shows_value_and_field(terminal, tmp_path, extra):
    screen = terminal("--workspace", str(tmp_path / "desk"), **extra)
    screen.wait(lambda text: re.search(r"^> +board", text, re.MULTILINE))
    screen.press(DOWN)
    screen.wait(lambda text: re.search(r"^> +mlp", text, re.MULTILINE))
    screen.press("\r")
    screen.wait("mlp: A small network")
    screen.press("g")
    text = screen.wait("Cell 14, 15 of filter 1's map in layer 1 is")
    for wanted in ("row [14]", "column [15]", "12 to 16", "13 to 17", "Filter 1's map", "27"):
        assert wanted in text
    if not extra:
        screen.resize(120, 40)
    screen.press(DOWN + RIGHT)
    text = screen.wait("Cell 15, 16 of filter 1's map")
    assert "13 to 17" in text
    assert "14 to 18" in text
    screen.press("l")
    screen.wait("Cell 7, 8 of filter 1's map in layer 2")
    screen.press("v")
    screen.wait(">1: 0-")
    screen.press("v")
    screen.wait(lambda text: re.search(r"[-+]\d\.\d\d [-+]\d\.\d\d [-+]\d\.\d\d", text))
    assert screen.text.isascii() == (extra.get("TERM") == "linux")
    if "NO_COLOR" in extra:
        assert not re.search(rb"\x1b\[[0-9;]*(?:3|4)8;[25]", screen.raw)
    screen.press("q")
    screen.wait("mlp: A small network")
    screen.press("\x11")
    assert screen.ends() == 0
