"""A hunt on its way: drawing it anew, running the claim that was named, writing down the outcome.

The app and the command line both go through here.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from lessons.course import COURSE
from lessons.declare import Checkpoint
from tutor.progress import HuntEnded, Progress
from tutor.runner import protocol
from tutor.starter import learners_imports

if TYPE_CHECKING:
    from lessons.hunt import Hunt
    from tutor.checking import Numbers

TRIES = 40  # to draw a mistake that was not found yet


class AlreadyHuntedError(Exception):
    """A ticket counts once: its answer is known by now."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a hunt.

    named: the right thing was said. exposed: the claim that the learner chose fails on the code,
    or can't even be reached because a claim that it needs fails. chosen: that claim's verdict.
    own: the verdict of the claim that the mistake breaks first.
    """

    named: bool
    exposed: bool
    mistake: str
    diagnosis: str
    why: str
    repair: str
    chosen: protocol.Verdict
    own: protocol.Verdict

    @property
    def right(self) -> bool:
        return self.named and self.exposed


def draw(
    checkpoint: Checkpoint,
    progress: Progress,
    seeds: Callable[[], int] = lambda: secrets.randbelow(2**31),
) -> Hunt:
    """A hunt drawn anew: a mistake that was not found yet, where there is one."""
    from lessons import hunt  # reads all mistakes' texts, so only when it is wanted

    done = progress.hunts(checkpoint.id)
    found = {entry.mistake for entry in done if entry.named and entry.exposed}
    last = done[-1].mistake if done else ""
    seed = seeds()
    for _ in range(TRIES):
        first = hunt.order(checkpoint.id, seed)[0]
        if first not in found and first != last:
            break
        seed = seeds()
    return hunt.draw(checkpoint.id, seed)


def from_ticket(ticket: str, progress: Progress) -> Hunt:
    """The hunt of that ticket, if it did not end yet. LookupError: there is none."""
    from lessons import hunt

    drawn = hunt.from_ticket(ticket)
    if any(entry.seed == drawn.seed for entry in progress.hunts(drawn.checkpoint)):
        raise AlreadyHuntedError(
            f"{ticket} was answered already, and counts once. Ask for another hunt."
        )
    return drawn


def request(client: Numbers, drawn: Hunt, letter: str) -> protocol.Check:
    """The check of the hunted code: the chosen claim, and the one that the mistake breaks."""
    variant = drawn.reveal()
    source = learners_imports(variant.file).encode()
    return protocol.Check(
        number=client.next_number(),
        checkpoint=drawn.checkpoint,
        path=COURSE.checkpoint(drawn.checkpoint).filename,
        source=source,
        sha256=hashlib.sha256(source).hexdigest(),
        claims=tuple({drawn.claim(letter).id: None, variant.claim: None}),
    )


def outcome(
    drawn: Hunt, number: int, letter: str, verdicts: dict[str, protocol.Verdict]
) -> Outcome | None:
    """What came of it; None when the claims could not be run to their end."""
    variant = drawn.reveal()
    chosen, own = verdicts.get(drawn.claim(letter).id), verdicts.get(variant.claim)
    if chosen is None or own is None:
        return None
    return Outcome(
        named=drawn.named(number),
        exposed=chosen.verdict in ("failed", "not-reached"),
        mistake=variant.mistake,
        diagnosis=variant.diagnosis,
        why=variant.why,
        repair=variant.repair,
        chosen=chosen,
        own=own,
    )


def record(progress: Progress, drawn: Hunt, ended: Outcome, at: float | None = None) -> None:
    """Write down how it ended."""
    progress.add(
        HuntEnded(
            hunted=drawn.checkpoint,
            seed=drawn.seed,
            mistake=ended.mistake,
            claim=ended.chosen.claim,
            named=ended.named,
            exposed=ended.exposed,
            at=time.time() if at is None else at,
        )
    )
