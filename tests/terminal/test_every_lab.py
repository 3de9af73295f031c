"""Every lab from the keys in a real terminal: opened, steered, held, left."""

from __future__ import annotations

import re
from functools import partial

import pytest

from lessons.course import COURSE
from tests.processes import descendants, without_waiting
from tests.terminal.test_lab_terminal import DOWN, RIGHT, row

SMALL, LARGE = (80, 24), (120, 40)
LEFT = "\x1b[D"
TRAIN = ("pooling", "race")  # at their first settings, so this waits for the end of one only
STEER = {  # keys, the value that they set, and words of the answer; for others any answer will do
    "shift": (RIGHT, "[5]", "Moved by 5 pixels, this 5 changes"),
    "shapes": (RIGHT, "[8]", "of 8 pixels"),
    "pooling": ("v", "[windows]", "window"),
    "race": (LEFT, "[20]", "the plain stack of 20 layers"),
    "route": (RIGHT + RIGHT, "[skip]", "the shortcut is the route"),
    "modes": ("v", "[mates]", "in eval mode"),
    "parity": (RIGHT, "[layer2.2]", "of block 3 of group 2 departs first"),
    "maps": (RIGHT, "[16]", "Cell 14, 16 of filter 1's map"),
    "features": ("v", "[cache]", "times as many steps a second"),
}
STYLES = re.compile(rb"\x1b\[([0-9;]*)m")


def answered(text: str, lab) -> bool:
    """Whether the whole answer is there, with its sentence."""
    lines = text.splitlines()
    return f"{lab.tier.value} {lab.tier.word}" in lines[0] and lines[-2].strip() + lines[-3] != ""


def working(pid: int) -> set[int]:
    """The processes that a process started, and those that these started, but for what waits."""
    return without_waiting(descendants(pid))


@pytest.mark.long
@pytest.mark.apart
@pytest.mark.parametrize(
    ("extra", "waits_for", "sizes"),
    [({}, "race", (SMALL, LARGE)), ({"NO_COLOR": "1"}, "pooling", (LARGE, SMALL))],
    ids=["80x24, then 120x40", "120x40, then 80x24, no colour"],
)
def test_every_lab_runs_from_the_keys(terminal, tmp_path, extra, waits_for, sizes):
    """In each lab the terminal takes the other size, once it was steered."""
    first, second = sizes
    screen = terminal(
        "--workspace", str(tmp_path / "desk"), columns=first[0], rows=first[1], **extra
    )
    screen.wait("worker: ready")
    screen.press("x")
    for place, lab in enumerate(COURSE.labs):
        if place:
            screen.press(DOWN)
        screen.wait(lambda text, name=lab.id: f" {name} " in row(text))
        before = working(screen.process.pid)
        screen.press("\r")
        keys, value, told = STEER.get(lab.id, ("", "", ""))
        if lab.id in TRAIN and lab.id != waits_for:
            hold(screen)
            value, told, whole = "paused", "", False
        else:
            screen.wait(lambda text, lab=lab: answered(text, lab))
            screen.press(keys)
            whole = True
        steered = partial(shows, lab, value, told, whole)
        screen.wait(steered)
        assert screen.screen.outside == []
        screen.resize(*second)
        screen.wait(lambda text, steered=steered: has_keys(text) and steered(text))
        screen.quiet()
        assert has_keys(screen.text)
        assert steered(screen.text)
        screen.press("q")
        screen.wait("Labs: experiments that you steer")
        screen.wait(lambda _, before=before: working(screen.process.pid) <= before)
        screen.resize(*first)
        screen.wait(has_keys)
        screen.quiet()
        screen.screen.outside.clear()  # what was under way for the other size
    assert colours(screen.raw) == set() if extra else b"38;5" in colours(screen.raw)
    screen.press("\x11")
    assert screen.ends() == 0


def has_keys(text: str) -> bool:
    """Whether the terminal's last row, whatever its size, is the keys'."""
    return "back" in text.split("\n")[-1]


def shows(lab, value: str, told: str, whole: bool, text: str) -> bool:
    """Whether the lab has that value and says that, in a whole answer if it must be one."""
    return value in text and told in words(text) and (answered(text, lab) or not whole)


def colours(raw: bytes) -> set[bytes]:
    """What the styles in it say of colour: 38;5 for one of 256, 31 for the terminal's own red."""
    return {
        found[0]
        for style in STYLES.findall(raw)
        for found in re.finditer(rb"\b(?:[34]8;[25]|[349][0-7])\b", style)
    }


def words(text: str) -> str:
    """The screen's text without its line breaks."""
    return " ".join(text.split())


def hold(screen) -> None:
    """Work that takes long tells the time left, is held, goes a step on, and steers while held."""
    screen.wait("s left")
    screen.press(" ")
    screen.wait(lambda text: "paused" in text.splitlines()[0])
    screen.quiet()
    held = screen.text
    screen.press(".")
    screen.wait(lambda text: text != held and "paused" in text.splitlines()[0])
