"""A real terminal, 80x24: the tutor's process in a pty, and a screen that a learner would see."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pyte
import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds until a condition that never comes fails the test


class Terminal:
    """What runs in the terminal, and what its screen shows."""

    def __init__(self, command: list[str], environment: dict[str, str], columns: int, rows: int):
        self.screen = pyte.Screen(columns, rows)
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

    def ends(self) -> int:
        """Wait for the process to end; its exit status."""
        while self._read(0.1):
            pass
        self.process.wait()
        return self.process.exitstatus if self.process.exitstatus is not None else -1


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """terminal(*arguments, columns=80, rows=24, **environment): `cnntutor arguments` in a pty."""
    started: list[Terminal] = []

    def start(*arguments: str, columns: int = 80, rows: int = 24, **extra: str) -> Terminal:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path / "home"),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            **extra,
        }
        (tmp_path / "home").mkdir(exist_ok=True)
        command = [sys.executable, "-m", "tutor", *arguments]
        started.append(Terminal(command, environment, columns, rows))
        return started[-1]

    yield start
    for one in started:
        if one.process.isalive():
            one.process.kill(signal.SIGKILL)
        one.process.close(force=True)
