"""First paint and resident memory of the app against a minimal Textual app, in one run.

    python -m benchmarks.start            (nine starts of each, by turns; about a minute)

First paint: from the start of the process until the terminal, 80x24, holds the last line that
the screen draws. Resident memory: of the app's own process (the worker is another), once a
second has passed without output. Prints a Markdown table; docs/figures.md holds what it said.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 9
APPS = {
    "minimal": ([sys.executable, "-m", "benchmarks.minimal_app"], "everything is drawn"),
    "tutor": ([sys.executable, "-m", "tutor", "--workspace", "{workspace}"], "Reuse"),
}
_ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]")


def start(command: Sequence[str], shows: str) -> tuple[float, float, int]:
    """Seconds to first paint, resident MB, bytes written until all is quiet."""
    begun = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"TERM": "xterm-256color", "LINES": "24", "COLUMNS": "80"}
        os.environ.pop("NO_COLOR", None)
        os.execvp(command[0], list(command))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen = b""
    painted = 0.0
    # Quiet for a second, once painted, means settled.
    while select.select([terminal], [], [], 1.0 if painted else 30.0)[0]:
        data = os.read(terminal, 1 << 16)
        seen += data
        if not painted and shows.encode() in _ESCAPES.sub(b"", seen):
            painted = time.perf_counter() - begun
    if not painted:
        raise SystemExit(f"{' '.join(command)} never showed {shows!r}")
    status = Path(f"/proc/{child}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]
    os.kill(child, signal.SIGTERM)
    with contextlib.suppress(OSError):
        while os.read(terminal, 1 << 16):
            pass
    os.waitpid(child, 0)
    os.close(terminal)
    return painted, resident, len(seen)


def main() -> None:
    found: dict[str, list[tuple[float, float, int]]] = {name: [] for name in APPS}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(ROUNDS + 1):
            for name, (command, shows) in APPS.items():
                measured = start([part.format(workspace=folder) for part in command], shows)
                if turn:  # the first turn fills caches and makes the workspace
                    found[name].append(measured)
    middle = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)]
        for name, rows in found.items()
    }
    print(f"median of {ROUNDS} starts | minimal app | tutor | ratio\n---|---|---|---")
    for place, what in enumerate(("first paint, s", "resident, MB", "bytes written")):
        small, ours = middle["minimal"][place], middle["tutor"][place]
        print(f"{what} | {small:.3g} | {ours:.3g} | {ours / small:.2f}")


if __name__ == "__main__":
    main()
