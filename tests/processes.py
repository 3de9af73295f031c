"""Processes of the runner's, as tests look at them."""

from __future__ import annotations

import contextlib
from collections.abc import Set
from pathlib import Path

from tutor.runner import containment


def without_waiting(pids: Set[int]) -> set[int]:
    """Those of the processes that are not the judge that waits for a check, or its children."""
    judges = {pid for pid in pids if _name(pid) == containment.READY}
    children = containment.family_tree()
    return set(pids) - judges.union(*(children(judge) for judge in judges))


def descendants(pid: int) -> set[int]:
    """The processes that a process started, and those that these started."""
    children = containment.family_tree()
    found: set[int] = set()
    todo = [pid]
    while todo:
        born = children(todo.pop())
        found.update(born)
        todo += born
    return found


def _name(pid: int) -> str:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""  # it has ended
