"""The appendix from the keys in a real terminal: found below the moves, its labs steered."""

from __future__ import annotations

import pytest

DOWN, RIGHT, END = "\x1b[B", "\x1b[C", "\x1b[F"


def row(text: str) -> str:
    """The row at the cursor."""
    return next((line for line in text.splitlines() if line.startswith("> ")), "")


def open_lab(screen, name: str) -> None:
    """By way of home's last row and the list of labs."""
    screen.wait(lambda text: "> " in text and "next" in text)
    screen.press(END)
    screen.wait(lambda text: "lab" in row(text) and "never required" in text)
    screen.press("x")
    titles = {"views": "Memory and views", "nan": "The hunt for a NaN", "rungs": "The data ladder"}
    for step, title in titles.items():
        screen.wait(lambda text, wanted=title: wanted in row(text))
        if step == name:
            break
        screen.press(DOWN)
    screen.press("\r")


@pytest.mark.parametrize(
    ("columns", "rows", "extra"),
    [(80, 24, {}), (120, 40, {"TERM": "linux", "NO_COLOR": "1"})],
    ids=["80x24", "120x40, no unicode, no colour"],
)
def test_views_lights_an_element_in_both_and_takes_a_prediction(
    terminal, tmp_path, columns, rows, extra
):
    screen = terminal("--workspace", str(tmp_path / "desk"), columns=columns, rows=rows, **extra)
    open_lab(screen, "views")
    text = screen.wait("0 bytes copied")
    assert text.count("[8]") == 2
    screen.press(RIGHT)
    screen.wait(lambda text: text.count("[9]") == 2)
    screen.press("v")
    text = screen.wait("as_strided((6, 4), (1, 6))")
    assert text.count("[19") == 2
    screen.press("p")
    text = screen.wait("Which number is")
    assert "[?]" in text
    assert "[19" not in text
    screen.press("19\r")
    screen.wait("You said 19: right.")
    assert screen.text.isascii() == (extra.get("TERM") == "linux")
    screen.press("q")
    screen.wait(lambda text: "Memory and views" in row(text) and "shown" in row(text))
    screen.press("\x11")
    assert screen.ends() == 0


def test_nan_finds_what_was_broken_where_it_was_broken(terminal, tmp_path):
    screen = terminal("--workspace", str(tmp_path / "desk"))
    open_lab(screen, "nan")
    screen.wait("finds none: choose one")
    screen.press(DOWN)
    text = screen.wait("With a variance of 0 in layer2.1")
    assert any(line.startswith(" > ") and "layer2.1.bn1" in line for line in text.splitlines())
    screen.press(RIGHT)
    screen.wait("names layer2.2.bn1")
    screen.press(DOWN)
    screen.wait("names layer2.2.log")
    screen.press("\x11")
    assert screen.ends() == 0


def test_rungs_tells_what_is_here(terminal, tmp_path):
    environment = {"CNNTUTOR_DATA": str(tmp_path / "data"), "TORCH_HOME": str(tmp_path / "torch")}
    screen = terminal("--workspace", str(tmp_path / "desk"), **environment)
    open_lab(screen, "rungs")
    screen.wait("784 numbers")
    screen.press(DOWN + DOWN)
    screen.wait("CIFAR-10: an image has 3,072 numbers")
    screen.press("v")
    screen.wait("cnntutor data fetch cifar10")
    screen.press("\x11")
    assert screen.ends() == 0
