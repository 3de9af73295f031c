"""A lab from the keys in a real terminal: found at home, steered, predicted, left."""

from __future__ import annotations

import pytest

from lessons.course import COURSE

DOWN, RIGHT = "\x1b[B", "\x1b[C"


def row(text: str) -> str:
    """The row at the cursor."""
    return next((line for line in text.splitlines() if line.startswith("> ")), "")


def go_to(screen, *rows: str) -> None:
    """Go down a list, row by row; the last one is where to end."""
    for name in rows:
        screen.press(DOWN)
        screen.wait(lambda text, wanted=name: f" {wanted}" in row(text))


def go_to_locality(screen) -> None:
    screen.wait(lambda text: "board" in row(text))
    go_to(screen, "mlp", "2  Locality")


def open_shapes(screen) -> None:
    """By way of the list of labs, when there are several."""
    go_to_locality(screen)
    screen.press("x")
    labs = [lab.id for lab in COURSE.labs]
    if len(labs) > 1:
        screen.wait(lambda text: f" {labs[0]}" in row(text))
        go_to(screen, *labs[1 : labs.index("shapes") + 1])
        screen.press("\r")


@pytest.mark.parametrize(
    "extra",
    [{}, {"TERM": "linux", "NO_COLOR": "1"}],
    ids=["80x24 and 120x40", "no unicode, no colour"],
)
def test_shapes_is_steered_and_predicted_by_keys(terminal, tmp_path, extra):
    screen = terminal("--workspace", str(tmp_path / "desk"), **extra)
    open_shapes(screen)
    screen.wait("by the rule 4, and a real")
    assert "7 + 2*1 - 3) // 2 + 1" in screen.text
    if not extra:
        screen.resize(120, 40)
    screen.press(RIGHT)
    text = screen.wait(lambda text: "padding 1: in a row of 8 pixels" in text)
    assert "size [8]" in text
    assert "never looked at: last 1" in text
    screen.press("y")
    screen.wait("How large is the side of the map?")
    screen.wait(lambda text: "Counted" not in text and "conv_output_size" not in text)
    screen.press("4\r")
    screen.wait("You said 4: right.")
    assert screen.text.isascii() == (extra.get("TERM") == "linux")
    screen.press("q")
    screen.wait("shapes     shown")
    screen.press("q")
    screen.wait("next")
    screen.press("q")
    assert screen.ends() == 0


def test_a_board_leads_to_its_labs(terminal, tmp_path):
    screen = terminal("--workspace", str(tmp_path / "desk"))
    go_to_locality(screen)
    screen.press("b")
    screen.wait("Board: Locality")
    screen.press("x")
    several = len(next(move.labs for move in COURSE.moves if move.id == "locality")) > 1
    screen.wait("Labs: experiments that you steer" if several else "Counted")
    screen.press("q")
    screen.wait("Board: Locality")
    screen.press("\x11")
    assert screen.ends() == 0
