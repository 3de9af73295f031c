"""What the app sends over the line at 80x24, counted byte by byte in a pty.

    python -m tests.terminal.bytes_table      prints the table of docs/terminal.md

The largest of several occasions counts, as a learner on a slow line waits for that one.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.app.appkit import MLP
from tests.terminal.ptykit import Staged, Terminal, end, environment_of

DOWN, PAGE_DOWN, ENTER = "\x1b[B", "\x1b[6~", "\r"
IDLE = 1.0  # seconds that a screen is watched; the file is looked at three times meanwhile


class Row(NamedTuple):
    what: str
    goal: int
    measured: int
    where: str  # the occasion that cost most


def start(slow: bool) -> int:
    """The whole command with its real worker, until that is ready and all is quiet."""
    extra = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"} if slow else {}
    with tempfile.TemporaryDirectory() as folder:
        environment = environment_of(Path(folder), extra)
        for _ in ("a first start, with its welcome", "any other"):
            command = [sys.executable, "-m", "tutor", "--workspace", f"{folder}/desk"]
            app = Terminal(command, environment, 80, 24)
            try:
                app.wait("worker: ready")
                app.quiet()
                app.press("\x11")
                written = len(app.raw)
                app.ends()
            finally:
                end(app)
    return written


def measured_in(app: Staged) -> Iterator[Row]:
    def most(what: str, goal: int, occasions: dict[str, int]) -> Row:
        where = max(occasions, key=lambda name: occasions[name])
        return Row(what, goal, occasions[where], where)

    def pressed(keys: str) -> int:
        return app.spends(lambda: app.press(keys))

    app.order(scene="home")
    opened = {}
    idle = {}
    for name, key in {
        "board": "b", "checkpoint": "n", "labs": "x", "matrix": "m", "recall": "r",
        "report": "s", "settings": "o", "help": "?",
    }.items():  # fmt: skip
        opened[name] = pressed(key)
        idle[name] = _idle(app)
        app.order(scene="home")
    idle["home"] = _idle(app)

    moves = {}
    for name in ("home", "claims-unchecked", "evidence", "settings", "labs"):
        app.order(scene=name)
        moves[name] = max(pressed(DOWN) for _ in range(2))

    app.order(scene="board")
    pages = {f"page {number}": pressed(PAGE_DOWN) for number in range(2, 8)}

    app.order(scene="checking")
    claims = [claim.id for claim in MLP.claims[:4]]
    verdicts = {claim: app.spends(lambda c=claim: app.order(verdict_of=c)) for claim in claims}
    app.order(scene="training")
    update = {f"step {41 + step}": app.spends(lambda: app.order(losses=1)) for step in range(3)}
    app.order(scene="training")
    training = app.spends(lambda: app.order(losses=150, rate=30))

    app.order(scene="code")
    typed = {"arrow": pressed(DOWN)}
    for name, key in {"x": "x", "(": "(", "backspace": "\x7f", "end of a docstring": '"'}.items():
        typed[name] = pressed(key)
    app.press("\x1b")
    idle["checkpoint with a draft"] = _idle(app)

    yield most("moving the selection in any list", 600, moves)
    yield most("one update of a live curve", 400, update)
    yield Row("30 updates a second for 5 s", 40_000, training, "training")
    yield most("turning a page of a board", 15_000, pages)
    yield most("opening a screen", 15_000, opened)
    yield most("a verdict arriving", 1_000, verdicts)
    yield most("typing a character in the editor", 1_500, typed)
    yield most("idle for a second, any screen", 0, idle)


def _idle(app: Staged) -> int:
    app.quiet()
    before = len(app.raw)
    app.quiet(IDLE)
    return len(app.raw) - before


def rows(app: Staged) -> Iterator[Row]:
    yield Row("start to a settled home screen", 12_000, start(slow=False), "second start")
    yield Row("the same on a slow line", 8_000, start(slow=True), "second start")
    yield from measured_in(app)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="stage") as folder:
        app = Staged(Path(folder))
        try:
            print("| at 80x24 | goal, B | measured, B | most at |\n|---|---|---|---|")
            for row in rows(app):
                print(f"| {row.what} | {row.goal:,} | {row.measured:,} | {row.where} |")
        finally:
            end(app)


if __name__ == "__main__":
    main()
