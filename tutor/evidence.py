"""The evidence matrix: what the learner's own runs have shown of the chapter's claims.

Evidence counts only when it is of the tier that the claim needs. A look proves what needs a
look; it never proves what needs an intervention or an exact match.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from lessons.course import COURSE
from lessons.declare import ChapterClaim, Tier
from tutor.progress import Progress

State = Literal["shown", "weaker", "not shown"]


class Showing(msgspec.Struct, frozen=True):
    """Something that one of the learner's runs showed.

    source: ``checkpoint/claim`` or ``lab:id``. own: SHA-256 of the learner's file that ran, ""
    where it was the reference's code. at: seconds since the epoch.
    """

    source: str
    tier: str
    observed: str
    at: float
    own: str
    proves: bool


class MatrixRow(msgspec.Struct, frozen=True):
    """A claim of the chapter and what was shown of it, the strongest and latest first."""

    claim: ChapterClaim
    showings: tuple[Showing, ...]

    @property
    def state(self) -> State:
        """weaker: there is evidence, but not of the tier that the claim needs."""
        if any(showing.proves for showing in self.showings):
            return "shown"
        return "weaker" if self.showings else "not shown"


def matrix(progress: Progress) -> list[MatrixRow]:
    """A row for each claim of the chapter."""
    return [_row(claim, progress) for claim in COURSE.claims]


def proves(shown: str, needed: Tier) -> bool:
    """Whether evidence of one tier ("T1" to "T3") proves a claim that needs the other."""
    return shown in set(Tier) and (needed is Tier.T1 or shown == needed)


def command_for(source: str) -> str:
    """The command that can show what a source shows: ``checkpoint/claim`` or ``lab:id``."""
    kind, _, rest = source.partition(":")
    return f"cnntutor lab {rest}" if kind == "lab" else f"cnntutor check {source.split('/')[0]}"


def _row(claim: ChapterClaim, progress: Progress) -> MatrixRow:
    found = [_showing(source, claim, progress) for source in claim.shown_by]
    showings = [showing for showing in found if showing is not None]
    showings.sort(key=lambda showing: (showing.proves, showing.at), reverse=True)
    return MatrixRow(claim, tuple(showings))


def _showing(source: str, claim: ChapterClaim, progress: Progress) -> Showing | None:
    kind, _, lab_id = source.partition(":")
    if kind == "lab":
        lab = progress.lab_evidence(lab_id)
        if lab is None:
            return None
        own = next(iter(lab.own.values()), "")
        counts = proves(lab.tier, claim.tier)
        return Showing(source, lab.tier, lab.sentence, lab.at, own, counts)
    checkpoint_id, _, claim_id = source.partition("/")
    shown = progress.evidence(COURSE.checkpoint(checkpoint_id)).get(claim_id)
    if shown is None or shown.verdict != "passed":
        return None
    counts = proves(shown.tier, claim.tier)
    return Showing(source, shown.tier, shown.observed, shown.at, shown.sha256, counts)
