"""Terminal kinds x colours x sizes x encodings, every screen: readable, and nothing outside.

One process for each kind of terminal; inside it every scene is played and resized.
"""

from __future__ import annotations

import re
from itertools import cycle

import pytest

from tests.app.scenes import SCENES
from tests.terminal.ptykit import Staged

pytestmark = [pytest.mark.long, pytest.mark.apart]

SMALLEST, WIDE, WIDEST = (80, 24), (120, 40), (250, 80)
WIDER = {"xterm truecolor": (WIDE, WIDEST), "tmux without colour": (WIDE,), "vt100, ascii": (WIDE,)}
LATIN = {"PYTHONIOENCODING": "latin-1", "LANG": "C"}
KINDS = {
    "xterm truecolor": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    "xterm 256, over ssh": {"TERM": "xterm-256color", "SSH_CONNECTION": "1 2 3 4"},
    "tmux without colour": {"TERM": "tmux-256color", "TMUX": "", "NO_COLOR": "1"},
    "screen, latin-1": {"TERM": "screen", **LATIN},
    "linux console": {"TERM": "linux"},
    "vt100, ascii": {"TERM": "vt100", "PYTHONIOENCODING": "ascii", "LANG": "C"},
}
STYLE = re.compile(rb"\x1b\[([\d;]*)m")
COLOUR = re.compile(rb"(?:^|;)(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;[25];[\d;]+)(?=;|$)")


def resized(app: Staged, columns: int, rows: int) -> None:
    """The terminal has that size, and the app has drawn for it."""
    if (app.screen.columns, app.screen.lines) == (columns, rows):
        return
    app.resize(columns, rows)
    app.order()
    app.quiet(0.05)
    app.screen.outside.clear()  # what was under way for the size before
    app.order(redraw=True)


def look(app: Staged, name: str) -> None:
    """What the terminal holds is the screen's contract, and the last row has the keys."""
    text = " ".join(app.text.split())
    missing = [told for told in SCENES[name].holds if told not in text]
    assert not missing, (
        f"{name} at {app.screen.columns}x{app.screen.lines} lacks {missing}:\n{app.text}"
    )
    assert not app.screen.outside, (name, app.screen.outside[:3])
    assert app.text.split("\n")[-1].strip(), f"{name} has no keys in its last row:\n{app.text}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_screen_is_readable_in_every_terminal(staged, kind):
    extra = KINDS[kind]
    app = staged(**extra)
    for name in SCENES:
        resized(app, *SMALLEST)
        app.order(scene=name)
        app.quiet(0.05)
        look(app, name)
        for size in WIDER.get(kind, ()):
            resized(app, *size)
            look(app, name)
    styles = set(STYLE.findall(app.raw))
    if "NO_COLOR" in extra:
        assert not any(COLOUR.search(codes) for codes in styles)
    if "COLORTERM" not in extra:
        assert not any(b"8;2;" in codes for codes in styles)
    if "PYTHONIOENCODING" in extra or kind == "linux console":
        assert app.raw.isascii()
    assert b"\x1b[?1000h" not in app.raw  # no mouse reports


def test_typing_goes_on_while_the_terminal_is_too_small(staged):
    app = staged()
    app.order(scene="code")
    app.resize(60, 20)
    app.wait("cnntutor needs 80 columns")
    app.press("# r c h q")
    app.order()
    resized(app, 80, 24)
    assert "# r c h q" in app.text
    look(app, "code")


def test_a_small_terminal_gets_a_notice_while_anything_runs(staged):
    app = staged()
    for name, size in zip(SCENES, cycle([(79, 24), (80, 23), (20, 5)])):
        app.order(scene=name)
        resized(app, *size)
        text = " ".join(app.text.split())
        assert "cnntutor needs 80 columns and 24 rows" in text, f"{name} {size}\n{app.text}"
        assert not app.screen.outside, (name, size, app.screen.outside[:3])
        resized(app, 80, 24)
        look(app, name)
