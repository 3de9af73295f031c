"""Whether what a worker runs is still what is installed."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("lessons", "reference", "tutor/runner")

Stamp = frozenset[tuple[str, int, int]]


def stamp() -> Stamp:
    """Changes when the course, the worker's own code or torch does; costs some 300 ``stat``."""
    files = [path for part in PARTS for path in _python_files(str(ROOT / part))]
    torch = importlib.util.find_spec("torch")  # finds, does not import
    if torch is not None and torch.origin is not None:
        files.append(os.path.join(os.path.dirname(torch.origin), "version.py"))
    found = set()
    for path in files:
        try:
            at = os.stat(path)
        except FileNotFoundError:
            continue  # an upgrade is going on; the next look sees its end
        found.add((path, at.st_mtime_ns, at.st_size))
    return frozenset(found)


def _python_files(folder: str) -> Iterator[str]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _python_files(entry.path)
        elif entry.name.endswith(".py"):
            yield entry.path
