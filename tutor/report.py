"""The report: what the learner has shown, move by move, what is missing, and the score.

The score is out of 100, and 100 is reached exactly when nothing is missing: then it says SHIP.
Hints, resets and mistake hunts are told and cost nothing.
"""

from __future__ import annotations

import time

import msgspec

from lessons.course import COURSE
from lessons.declare import Checkpoint, Claim, Lab, Move
from tutor.evidence import MatrixRow, command_for, matrix, proves
from tutor.progress import CheckEnded, Progress, WasReset
from tutor.recall import gates

CLAIM_POINTS, CHAPTER_POINTS, RECALL_POINTS = 60, 20, 20
RULE = (
    f"{CLAIM_POINTS} points for the claims of the checkpoints, where a file that passes all of "
    f"its claims at once counts as one more; {CHAPTER_POINTS} for the claims of the chapter that "
    f"are shown by evidence of their tier; {RECALL_POINTS} for recall questions that were right "
    "at least once. Rounded down. Hints and resets cost nothing. SHIP means that nothing is "
    "missing."
)


class ClaimReport(msgspec.Struct, frozen=True, kw_only=True):
    """A claim of a checkpoint. verdict: of its best run; "" without one. shown: it passed, on
    evidence of its tier. at: seconds since 1970. sha256: of the learner's file that ran."""

    id: str
    tier: str
    sentence: str
    shown: bool
    verdict: str = ""
    observed: str = ""
    at: float = 0.0
    sha256: str = ""


class CheckpointReport(msgspec.Struct, frozen=True, kw_only=True):
    """whole: one version of the file passed all claims that there are now at once."""

    id: str
    title: str
    whole: bool
    claims: tuple[ClaimReport, ...]
    checks: int
    hints_taken: int
    hints: int
    resets: int
    hunts: int
    hunts_found: int

    @property
    def shown(self) -> int:
        return sum(claim.shown for claim in self.claims)


class RecallReport(msgspec.Struct, frozen=True, kw_only=True):
    """right: questions that were right at least once, of ``total``. answers: given in all."""

    right: int
    total: int
    answers: int
    passed: bool


class LabReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the latest run of a lab that proves something showed; "" while there is none."""

    id: str
    title: str
    tier: str
    sentence: str = ""
    at: float = 0.0
    own: tuple[str, ...] = ()


class MoveReport(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    checkpoints: tuple[CheckpointReport, ...]
    labs: tuple[LabReport, ...]
    recall: RecallReport


class ChapterReport(msgspec.Struct, frozen=True, kw_only=True):
    """A claim of the chapter. state: shown, weaker (not of its tier), or not shown."""

    id: str
    tier: str
    sentence: str
    state: str
    source: str = ""
    observed: str = ""
    at: float = 0.0
    shown_by: tuple[str, ...] = ()


class Missing(msgspec.Struct, frozen=True):
    """Something that SHIP needs: what, and the command that shows it."""

    what: str
    command: str


class Points(msgspec.Struct, frozen=True):
    """``earned`` of ``needed`` pieces, worth ``most`` points in all."""

    earned: int
    needed: int
    most: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    at: float
    score: int
    ship: bool
    rule: str
    claims: Points
    chapter: Points
    recall: Points
    missing: tuple[Missing, ...]
    moves: tuple[MoveReport, ...]
    matrix: tuple[ChapterReport, ...]


def report(progress: Progress, now: float | None = None) -> Report:
    """What the learner has shown by now. now: seconds since 1970."""
    recall = _recall(progress)
    moves = tuple(_move(progress, move, recall[move.id]) for move in COURSE.moves)
    rows = tuple(_chapter(row) for row in matrix(progress))
    points = [point for move in moves for point in move.checkpoints]
    claims = Points(
        sum(point.shown + point.whole for point in points),
        sum(len(point.claims) + 1 for point in points),
        CLAIM_POINTS,
    )
    chapter = Points(sum(row.state == "shown" for row in rows), len(rows), CHAPTER_POINTS)
    questions = Points(
        sum(move.recall.right for move in moves),
        sum(move.recall.total for move in moves),
        RECALL_POINTS,
    )
    missing = tuple(_missing(moves, rows))
    return Report(
        at=time.time() if now is None else now,
        score=score((claims, chapter, questions)),
        ship=not missing,
        rule=RULE,
        claims=claims,
        chapter=chapter,
        recall=questions,
        missing=missing,
        moves=moves,
        matrix=rows,
    )


def score(parts: tuple[Points, ...]) -> int:
    """The points of all parts, rounded down; in whole numbers, so that 100 is 100."""
    common = 1
    for part in parts:
        common *= max(1, part.needed)
    scaled = sum(part.most * part.earned * common // max(1, part.needed) for part in parts)
    return scaled // common


def _move(progress: Progress, move: Move, recall: RecallReport) -> MoveReport:
    return MoveReport(
        id=move.id,
        title=move.title,
        checkpoints=tuple(_checkpoint(progress, point) for point in move.checkpoints),
        labs=tuple(_lab(progress, lab) for lab in move.labs),
        recall=recall,
    )


def _checkpoint(progress: Progress, point: Checkpoint) -> CheckpointReport:
    entries = progress.entries(point)
    now = {claim.id for claim in point.claims}
    hunts = progress.hunts(point.id)
    return CheckpointReport(
        id=point.id,
        title=point.title,
        # ``whole`` was said of the claims of its day; the course may have more by now.
        whole=any(
            isinstance(e, CheckEnded) and e.whole and now <= {*e.claims_passed} for e in entries
        ),
        claims=tuple(_claim(progress, point, claim) for claim in point.claims),
        checks=sum(isinstance(entry, CheckEnded) for entry in entries),
        hints_taken=progress.hints_taken(point),
        hints=len(point.hints),
        resets=sum(isinstance(entry, WasReset) for entry in entries),
        hunts=len(hunts),
        hunts_found=sum(entry.named and entry.exposed for entry in hunts),
    )


def _claim(progress: Progress, point: Checkpoint, claim: Claim) -> ClaimReport:
    best = progress.evidence(point).get(claim.id)
    if best is None:
        return ClaimReport(id=claim.id, tier=claim.tier.value, sentence=claim.sentence, shown=False)
    return ClaimReport(
        id=claim.id,
        tier=claim.tier.value,
        sentence=claim.sentence,
        shown=best.verdict == "passed" and proves(best.tier, claim.tier),
        verdict=best.verdict,
        observed=best.observed,
        at=best.at,
        sha256=best.sha256,
    )


def _lab(progress: Progress, lab: Lab) -> LabReport:
    shown = progress.lab_evidence(lab.id)
    if shown is None:
        return LabReport(id=lab.id, title=lab.title, tier=lab.tier.value)
    return LabReport(
        id=lab.id,
        title=lab.title,
        tier=shown.tier,
        sentence=shown.sentence,
        at=shown.at,
        own=tuple(shown.own),
    )


def _recall(progress: Progress) -> dict[str, RecallReport]:
    answers = progress.answers()
    return {
        gate.move: RecallReport(
            right=gate.right,
            total=gate.total,
            answers=sum(each.question.partition("/")[0] == gate.move for each in answers),
            passed=gate.passed,
        )
        for gate in gates(progress)
    }


def _chapter(row: MatrixRow) -> ChapterReport:
    best = row.showings[0] if row.showings else None
    return ChapterReport(
        id=row.claim.id,
        tier=row.claim.tier.value,
        sentence=row.claim.sentence,
        state=row.state,
        source=best.source if best else "",
        observed=best.observed if best else "",
        at=best.at if best else 0.0,
        shown_by=row.claim.shown_by,
    )


def _missing(moves: tuple[MoveReport, ...], rows: tuple[ChapterReport, ...]) -> list[Missing]:
    found = []
    for move in moves:
        for point in move.checkpoints:
            command = f"cnntutor check {point.id}"
            open_claims = [claim.id for claim in point.claims if not claim.shown]
            if open_claims:
                count = f"{len(open_claims)} claim{'' if len(open_claims) == 1 else 's'}"
                found.append(Missing(f"{point.id}, {count}: {', '.join(open_claims)}", command))
            elif not point.whole:
                found.append(Missing(f"{point.id}: all claims at once, by one file", command))
        if not move.recall.passed:
            left = move.recall.total - move.recall.right
            what = f"{left} question{'' if left == 1 else 's'} never right yet"
            found.append(Missing(f"recall of {move.title}: {what}", f"cnntutor recall {move.id}"))
    for row in rows:
        if row.state != "shown":
            need = f"needs {row.tier}" if row.state == "weaker" else "not shown"
            commands = " or ".join(dict.fromkeys(map(command_for, row.shown_by)))
            found.append(Missing(f"the chapter: {row.sentence} ({need})", commands))
    return found
