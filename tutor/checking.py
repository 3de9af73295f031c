"""A check on its way out, and what came of it on its way into the progress.

The app and the command line both send and record through here, so they share everything.
"""

from __future__ import annotations

import time
import uuid
from typing import Protocol

from lessons.course import COURSE
from lessons.declare import Checkpoint
from tutor.progress import CheckEnded, ClaimShown, Progress
from tutor.runner import protocol
from tutor.workspace import Workspace, WorkspaceError


class Numbers(Protocol):
    """All that is needed of the client here: numbers that it has not used yet."""

    def next_number(self) -> int: ...


def request(
    client: Numbers,
    workspace: Workspace,
    progress: Progress,
    checkpoint: Checkpoint,
    *,
    seed: int = 0,
    claims: tuple[str, ...] = (),
    seconds: float = 0.0,
) -> protocol.Check:
    """The check of the learner's file as it is now. WorkspaceError when there is none to check."""
    source = workspace.read(checkpoint)
    return protocol.Check(
        number=client.next_number(),
        checkpoint=checkpoint.id,
        path=str(source.path),
        source=source.data,
        sha256=source.sha256,
        earlier=earlier_pieces(workspace, progress, checkpoint),
        claims=claims,
        seed=seed,
        seconds=seconds,
    )


def earlier_pieces(
    workspace: Workspace, progress: Progress, checkpoint: Checkpoint
) -> dict[str, bytes]:
    """The learner's own files, as they are now, of the earlier checkpoints that they passed.

    In place of one that is not passed yet, or gone, the worker takes the reference's. When a
    slip in an old file is what breaks the new one, the judge finds out and says so.
    """
    pieces = {}
    for earlier in COURSE.checkpoints:
        if earlier.id == checkpoint.id:
            break
        if not progress.passed(earlier):
            continue
        try:
            pieces[earlier.id] = workspace.read(earlier).data
        except WorkspaceError:
            continue  # told where that file itself is checked
    return pieces


class Recorder:
    """Writes a check's verdicts into the progress as they arrive."""

    def __init__(self, progress: Progress, request: protocol.Check) -> None:
        self._progress = progress
        self._request = request
        self._check = uuid.uuid4().hex[:12]
        self._passed: list[str] = []

    def event(self, event: protocol.Event) -> None:
        """Take an event of any kind; verdicts and the end are recorded, the rest is let go."""
        if isinstance(event, protocol.Verdict):
            if event.verdict == "passed":
                self._passed.append(event.claim)
            self._progress.add(
                ClaimShown(
                    checkpoint=self._request.checkpoint,
                    at=time.time(),
                    claim=event.claim,
                    tier=event.tier,
                    verdict=event.verdict,
                    sha256=self._request.sha256,
                    check=self._check,
                    observed=event.observed,
                    mistake=event.mistake,
                )
            )
        elif isinstance(event, protocol.Done) and not event.cancelled:
            claims = COURSE.checkpoint(self._request.checkpoint).claims
            self._progress.add(
                CheckEnded(
                    checkpoint=self._request.checkpoint,
                    at=time.time(),
                    outcome=event.outcome,
                    sha256=self._request.sha256,
                    check=self._check,
                    claims_passed=tuple(self._passed),
                    whole=event.outcome == "passed" and {c.id for c in claims} <= {*self._passed},
                    error_kind=event.error_kind,
                )
            )
