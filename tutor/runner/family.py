"""How many processes a learner's code has become, and how much memory they hold together.

A limit of the kernel's bounds one process; a family of them is looked at from outside. Whoever
waits for the code looks here now and then.
"""

from __future__ import annotations

import os

from tutor.runner import containment

MOST_PROCESSES = 32
MOST_MEMORY = 3 << 30  # bytes that the family may take together above what torch holds
_PAGE = os.sysconf("SC_PAGE_SIZE")


def excess(usual: int) -> tuple[str, str] | None:
    """What the descendants of this process have too much of, as an error's kind and a sentence.

    usual: bytes that a process of theirs holds without doing anything. None while they keep
    within bounds, and where the system does not list them.
    """
    family = _family()
    if len(family) > MOST_PROCESSES:
        return "processes", f"the code started more than {MOST_PROCESSES} processes"
    # Not the proportional shares, which the kernel works out so long that a fork bomb is faster.
    if sum(max(0, memory(pid) - usual) for pid in family) > MOST_MEMORY:
        told = f"the code and the processes that it started use more than {MOST_MEMORY >> 30} GB"
        return "memory", f"{told} of memory"
    return None


def _family() -> list[int]:
    """Descendants of this process, at least as many as are too many, at the price of a look at
    each."""
    if not containment.LINUX:
        return []
    children = containment.family_tree()
    found: list[int] = []
    todo = [os.getpid()]
    while todo and len(found) <= MOST_PROCESSES:
        born = children(todo.pop())
        found += born
        todo += born
    return found


def memory(pid: int) -> int:
    """Bytes that a process holds, without those of files. A page of two processes counts twice."""
    fields = _read(f"/proc/{pid}/statm").split()
    return (int(fields[1]) - int(fields[2])) * _PAGE if len(fields) > 2 else 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # it ended, or the kernel keeps no such list
