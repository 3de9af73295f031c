"""Fetches rungs of the data ladder: starts the process that does it, and hears how far it is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lessons.ladder import Rung
from tutor.runner.client import worker_environment


class Progress(NamedTuple):
    """How far a download is, in bytes; ``of`` is 0 while nobody knows."""

    file: str
    done: int
    of: int


class FetchFailed(Exception):
    """A fetch that can't be done. kind: no-network, broken-off, damaged, ...; and in words."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind, self.message = kind, message

    def __str__(self) -> str:
        return self.message


def fetch(rung: Rung, folder: Path) -> Iterator[Progress]:
    """Fetch a rung into a data folder. FetchFailed when it can't be done.

    An iterator that is closed early, or an interrupt, ends the process; what came is kept.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tutor.runner.fetcher", rung.id, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=worker_environment(),
    )
    assert process.stdout is not None
    said: deque[str] = deque(maxlen=1)
    try:
        for line in process.stdout:
            try:
                told = json.loads(line)
            except ValueError:
                said.append(line.strip() or "no word")
                continue
            if "error" in told:
                raise FetchFailed(told["error"], told["message"])
            if "ended" in told:
                return
            yield Progress(told["file"], told["done"], told["of"])
        why = said[0] if said else f"it ended with status {process.wait()} and no word"
        raise FetchFailed("internal", f"the fetching process failed: {why}")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
