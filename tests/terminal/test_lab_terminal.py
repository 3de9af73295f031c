"""A lab from the keys in a real terminal: found at home, steered, predicted, left."""

from __future__ import annotations

import pytest

from lessons.course import COURSE

UP, DOWN, RIGHT = "\x1b[A", "\x1b[B", "\x1b[C"


def row(text: str) -> str:
    """The row at the cursor."""
    return next((line for line in text.splitlines() if line.startswith("> ")), "")


def open_lab(screen, name: str) -> None:
    """Go down the list at home to a lab, and open it."""
    screen.wait("next")
    while f" {name} " not in row(screen.text):
        before = row(screen.text)
        screen.press(DOWN)
        screen.wait(lambda text, before=before: row(text) not in ("", before))
    screen.press("\r")


@pytest.mark.parametrize(
    ("columns", "rows", "extra"),
    [(80, 24, {}), (80, 24, {"NO_COLOR": "1"}), (120, 40, {}), (80, 24, {"TERM": "linux"})],
    ids=["80x24", "no colour", "120x40", "no unicode"],
)
def test_shapes_is_steered_and_predicted_by_keys(terminal, tmp_path, columns, rows, extra):
    screen = terminal("--workspace", str(tmp_path / "desk"), columns=columns, rows=rows, **extra)
    open_lab(screen, "shapes")
    screen.wait("a real map has 4 x 4.")
    assert "7 + 2*1 - 3) // 2 + 1" in screen.text
    screen.press(RIGHT + RIGHT + UP)
    text = screen.wait(lambda text: "A window of 4, stride 2, padding 1: of 9 pixels" in text)
    assert "size [9]" in text
    assert "never looked at: the last 1" in text
    screen.press("y")
    screen.wait("How large is the side of the map?")
    assert "Counted" not in screen.text
    screen.press("4\r")
    screen.wait("You said 4: right.")
    marks = screen.text.encode("ascii", "ignore" if extra.get("TERM") != "linux" else "strict")
    assert marks
    screen.press("q")
    screen.wait("next")
    screen.wait("shapes     shown")
    screen.press("q")
    assert screen.ends() == 0


def test_a_board_leads_to_its_labs(terminal, tmp_path):
    screen = terminal("--workspace", str(tmp_path / "desk"))
    screen.wait("next")
    while "Locality" not in row(screen.text):
        before = row(screen.text)
        screen.press(DOWN)
        screen.wait(lambda text, before=before: row(text) not in ("", before))
    screen.press("b")
    screen.wait("Board: Locality")
    screen.press("x")
    several = len(next(move.labs for move in COURSE.moves if move.id == "locality")) > 1
    screen.wait("Labs: experiments that you steer" if several else "Counted")
    screen.press("q")
    screen.wait("Board: Locality")
    screen.press("\x11")
    assert screen.ends() == 0
