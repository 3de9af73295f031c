"""Real terminals: the tutor's process in a pty, and a screen that a learner would see."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pexpect
import pyte
from pyte.modes import IRM
from pyte.screens import Char
from wcwidth import wcwidth

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds until a condition that never comes fails the test


class Eyes(pyte.Screen):
    """A screen that notes what a program draws past its edges."""

    def __init__(self, columns: int, rows: int) -> None:
        self.outside: list[str] = []
        super().__init__(columns, rows)

    def draw(self, data: str) -> None:
        x, y = self.cursor.x, self.cursor.y
        if x + len(data) <= self.columns and IRM not in self.mode and all(map(_is_plain, data)):
            # As the library does, for what is most of all that comes: letters one column wide.
            attributes, line = self.cursor.attrs, self.buffer[y]
            for column, letter in enumerate(
                data.translate(self.g1_charset if self.charset else self.g0_charset), start=x
            ):
                line[column] = _char(attributes, letter)
            self.cursor.x = x + len(data)
            self.dirty.add(y)
            return
        for letter in data:
            if self.cursor.x >= self.columns and unicodedata.category(letter) != "Mn":
                self.outside.append(f"{letter!r} past column {self.columns}, row {self.cursor.y}")
            super().draw(letter)


@cache
def _is_plain(letter: str) -> bool:
    return wcwidth(letter) == 1


@cache
def _char(attributes: Char, letter: str) -> Char:
    return attributes._replace(data=letter)


class Terminal:
    """What runs in the terminal, and what its screen shows."""

    def __init__(self, command: list[str], environment: dict[str, str], columns: int, rows: int):
        self.screen = Eyes(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.process = pexpect.spawn(
            command[0], command[1:], env=environment, dimensions=(rows, columns), timeout=PATIENCE
        )
        self.raw = b""

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def _read(self, seconds: float) -> bool:
        """Take in what comes within ``seconds``; False when the process has ended."""
        try:
            data = self.process.read_nonblocking(1 << 16, timeout=seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.raw += data
        self._stream.feed(data)
        return True

    def wait(self, holds: Callable[[str], bool] | str) -> str:
        """Wait until the screen holds a text, or a condition on all its text is true."""
        if isinstance(holds, str):
            wanted = holds
            condition: Callable[[str], bool] = lambda text: wanted in text  # noqa: E731
        else:
            condition = holds
        for _ in range(PATIENCE * 10):
            if condition(self.text):
                return self.text
            if not self._read(0.1):
                break
        told = f"the screen never showed {holds!r}:\n{self.text}"
        raise AssertionError(told)

    def press(self, keys: str) -> None:
        self.process.send(keys)

    def quiet(self, seconds: float = 0.4) -> None:
        """Until nothing has come for that long."""
        came = -1
        while len(self.raw) != came:
            came = len(self.raw)
            if not self._read(seconds):
                return

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        self.process.setwinsize(rows, columns)

    def ends(self) -> int:
        """Wait for the process to end; its exit status."""
        while self._read(0.1):
            pass
        self.process.wait()
        return self.process.exitstatus if self.process.exitstatus is not None else -1


class Staged(Terminal):
    """The app with a client that plays what it is ordered; see ``stage.py``.

    folder: an empty one for it alone, with a short path.
    """

    def __init__(self, folder: Path, columns: int = 80, rows: int = 24, **extra: str):
        home = folder / "home"
        config = home / ".config" / "cnntutor"
        config.mkdir(parents=True)
        (config / "settings.toml").write_text('redraws = 30\nwelcome = "off"\n')
        for name in ("orders", "answers"):
            os.mkfifo(folder / name)
        command = [sys.executable, "-m", "tests.terminal.stage", str(home / "cnntutor")]
        super().__init__(
            [*command, str(folder)], environment_of(home, extra), columns=columns, rows=rows
        )
        self._answers = os.open(folder / "answers", os.O_RDONLY | os.O_NONBLOCK)
        self.wait("next")
        self._orders = open(folder / "orders", "w")  # noqa: SIM115

    def order(self, **order: object) -> None:
        """Have it obeyed; what the screen does meanwhile is taken in."""
        print(json.dumps(order), file=self._orders, flush=True)
        told = b""
        while not told.endswith(b"\n"):
            ready, _, _ = select.select([self._answers, self.process.child_fd], [], [], PATIENCE)
            assert ready, f"{order} is not obeyed:\n{self.text}"
            if self.process.child_fd in ready:
                assert self._read(0), f"the app ended:\n{self.text}"
            else:
                came = os.read(self._answers, 1 << 16)
                assert came, f"the app has closed its end:\n{self.text}"
                told += came
        assert json.loads(told) == "", json.loads(told)

    def spends(self, act: Callable[[], object]) -> int:
        """The bytes that the app writes because of that, until it is quiet; some must come."""
        self.quiet(0.1)
        before = len(self.raw)
        act()
        for _ in range(PATIENCE * 10):
            if len(self.raw) > before or not self._read(0.1):
                break
        self.quiet(0.3)
        assert len(self.raw) > before, f"nothing was drawn:\n{self.text}"
        return len(self.raw) - before

    def close(self) -> None:
        os.close(self._answers)
        self._orders.close()


def environment_of(home: Path, extra: dict[str, str]) -> dict[str, str]:
    """What the program finds in its environment, and nothing of the developer's."""
    base = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
    }
    return {**base, **extra}


def end(one: Terminal) -> None:
    """Whatever it does: it and its pipes are gone after this."""
    if one.process.isalive():
        one.process.kill(signal.SIGKILL)
    one.process.close(force=True)
    if isinstance(one, Staged):
        one.close()
