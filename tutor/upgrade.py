"""A newer release of the course may have another starter: what changed, and never a change.

The workspace keeps the starter that each file began with. Three texts are looked at side by
side: that one, the starter of today, and the learner's file, which stays as it is.
"""

from __future__ import annotations

import difflib
from typing import Literal, NamedTuple

from lessons.course import COURSE
from lessons.declare import Checkpoint
from tutor.starter import starter
from tutor.workspace import Workspace, WorkspaceError

Yours = Literal["the old text", "the new text", "neither"]


class Change(NamedTuple):
    """One place where the starter changed. line: in the learner's file, where it is known."""

    was: tuple[str, ...]
    now: tuple[str, ...]
    yours: Yours
    line: int | None


def changed(workspace: Workspace) -> list[Checkpoint]:
    """Checkpoints whose starter is another than the one that the learner began with."""
    return [point for point in COURSE.checkpoints if changes(workspace, point)]


def changes(workspace: Workspace, checkpoint: Checkpoint) -> list[Change]:
    """What changed in a checkpoint's starter since the learner began, place by place."""
    base = workspace.base(checkpoint)
    if base is None:
        return []
    now = starter(checkpoint)
    try:
        yours = workspace.read(checkpoint).text
    except WorkspaceError:
        return []  # there is nothing of theirs to compare; `cnntutor init` writes today's
    return compared(base, now, yours)


def compared(base: str, now: str, yours: str) -> list[Change]:
    """The places where ``base`` and ``now`` differ, and what ``yours`` has there."""
    old, new, own = base.splitlines(), now.splitlines(), yours.splitlines()
    if own == new:
        return []
    found = []
    match = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for what, i1, i2, j1, j2 in match.get_opcodes():
        if what == "equal":
            continue
        # With a line around it, so that an insertion is looked for at its place.
        around = slice(max(0, i1 - 1), i2 + 1), slice(max(0, j1 - 1), j2 + 1)
        after, before = _place(new[around[1]], own), _place(old[around[0]], own)
        yours_has: Yours = "neither"
        if after is not None:
            yours_has = "the new text"
        elif before is not None:
            yours_has = "the old text"
        line = after if after is not None else before
        if line is not None:
            line += 1 if i1 else 0
        found.append(Change(tuple(old[i1:i2]), tuple(new[j1:j2]), yours_has, line))
    return found


def _place(wanted: list[str], lines: list[str]) -> int | None:
    """The number of the line, from 1, where the lines stand in that order; None if nowhere."""
    for start in range(len(lines) - len(wanted) + 1):
        if lines[start : start + len(wanted)] == wanted:
            return start + 1
    return None
