"""``list``, ``status`` and ``hint``: the course and how far the learner is in it."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import click

from lessons.course import COURSE
from lessons.declare import Checkpoint, Move
from tutor import marks
from tutor.cli.frame import command, emit, existing, find_checkpoint, tell_notices
from tutor.cli.text import encoding, fields, markdown, say, width, wrapped
from tutor.progress import CheckEnded, HintTaken, Progress
from tutor.recall import Recall, gates
from tutor.workspace import Workspace


@command("list")
def list_command(workspace: Path | None, as_json: bool) -> int:
    """The moves, their checkpoints, and what of them has passed."""
    progress = Progress(Workspace.find(workspace))
    if as_json:
        emit(
            {
                "moves": [_move_object(progress, move) for move in COURSE.moves],
                "appendix": [_move_object(progress, move) for move in COURSE.appendix],
            }
        )
        return 0
    for move in COURSE.parts:
        say(headline(move))
        if not move.checkpoints:
            say("    no checkpoint yet")
        for checkpoint in move.checkpoints:
            say(f"  {state_mark(progress, checkpoint)} {_row(progress, checkpoint)}")
    tell_notices(progress)
    return 0


def headline(move: Move) -> str:
    """A move's line in a list; the appendix is told apart."""
    if move in COURSE.appendix:
        return f"Appendix, never required  {move.title}"
    return f"Move {COURSE.number(move)}  {move.title}"


def _row(progress: Progress, checkpoint: Checkpoint) -> str:
    count = f"{len(shown(progress, checkpoint))} of {len(checkpoint.claims)} claims"
    right = f"{count:>15}  {progress.state(checkpoint):<7}"
    room = width() - 4 - 13 - len(right) - 1
    title = checkpoint.title
    if len(title) > room:
        title = title[: room - 3] + "..."
    return f"{checkpoint.id:<12} {title:<{room}} {right}".rstrip()


def _move_object(progress: Progress, move: Move) -> dict[str, object]:
    return {
        "id": move.id,
        "title": move.title,
        "why": move.why,
        "checkpoints": [
            {
                "id": checkpoint.id,
                "title": checkpoint.title,
                "state": progress.state(checkpoint),
                "claims": len(checkpoint.claims),
                "claims_passed": len(shown(progress, checkpoint)),
            }
            for checkpoint in move.checkpoints
        ],
    }


def shown(progress: Progress, checkpoint: Checkpoint) -> list[str]:
    """Ids of the checkpoint's claims that a run of the learner's has passed."""
    evidence = progress.evidence(checkpoint)
    passed = {claim for claim, entry in evidence.items() if entry.verdict == "passed"}
    return [claim.id for claim in checkpoint.claims if claim.id in passed]


def state_mark(progress: Progress, checkpoint: Checkpoint) -> str:
    verdict = "passed" if progress.passed(checkpoint) else "not-reached"
    return marks.signs(encoding()).mark(verdict)


@command("status")
def status_command(workspace: Path | None, as_json: bool) -> int:
    """Where your workspace is, how far you are, and where to go on."""
    place = Workspace.find(workspace)
    progress = Progress(place)
    following = progress.next_checkpoint()
    if as_json:
        emit(
            {
                "workspace": str(place.root),
                "exists": place.exists(),
                "next": following.id if following else None,
                "checkpoints": [_status_object(progress, point) for point in COURSE.checkpoints],
                "recall": _recall_object(progress),
                "notices": progress.notices,
            }
        )
        return 0
    passed = sum(progress.passed(checkpoint) for checkpoint in COURSE.required)
    rows = [
        ("workspace", str(place.root) if place.exists() else f"{place.root} (not made yet)"),
        ("passed", f"{passed} of {len(COURSE.required)} checkpoints"),
    ]
    rows += [
        (checkpoint.id, _status_line(progress, checkpoint)) for checkpoint in COURSE.checkpoints
    ]
    rows.append(("recall", _recall_line(progress)))
    if not place.exists():
        rows.append(("next", "cnntutor init"))
    elif following:
        rows.append(("next", f"cnntutor show {following.id}"))
    else:
        rows.append(("next", "nothing is left: every checkpoint has passed"))
    say(fields(rows))
    tell_notices(progress)
    return 0


def _status_object(progress: Progress, checkpoint: Checkpoint) -> dict[str, object]:
    last = _last_check(progress, checkpoint)
    return {
        "id": checkpoint.id,
        "state": progress.state(checkpoint),
        "claims_passed": shown(progress, checkpoint),
        "claims": len(checkpoint.claims),
        "hints_taken": progress.hints_taken(checkpoint),
        "last_check": None
        if last is None
        else {"outcome": last.outcome, "at": last.at, "sha256": last.sha256},
    }


def _status_line(progress: Progress, checkpoint: Checkpoint) -> str:
    count = f"{len(shown(progress, checkpoint))} of {len(checkpoint.claims)} claims shown"
    words = [progress.state(checkpoint), count]
    if checkpoint not in COURSE.required:
        words.append("extra")
    hints = progress.hints_taken(checkpoint)
    if hints:
        words.append(f"hint {hints} of {len(checkpoint.hints)} taken")
    last = _last_check(progress, checkpoint)
    if last is not None:
        words.append(f"last check {marks.word(last.outcome)} on {moment(last.at)}")
    return ", ".join(words)


def _recall_object(progress: Progress) -> dict[str, object]:
    return {
        "due": len(Recall(progress).returning()),
        "gates": [
            {"move": g.move, "right": g.right, "questions": g.total, "passed": g.passed}
            for g in gates(progress)
        ],
    }


def _recall_line(progress: Progress) -> str:
    words = [
        f"{gate.move} {'passed' if gate.passed else f'{gate.right} of {gate.total}'}"
        for gate in gates(progress)
    ]
    due = len(Recall(progress).returning())
    return ", ".join(words) + (f"; {due} due again" if due else "")


def _last_check(progress: Progress, checkpoint: Checkpoint) -> CheckEnded | None:
    ended = [e for e in progress.entries(checkpoint) if isinstance(e, CheckEnded)]
    return ended[-1] if ended else None


def moment(at: float) -> str:
    """A time as people write it, in their own zone."""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")


@command("hint")
@click.argument("name")
@click.option("--number", type=click.IntRange(min=1), help="That hint, instead of the next one.")
def hint_command(name: str, number: int | None, workspace: Path | None, as_json: bool) -> int:
    """The next hint for a checkpoint, from a nudge to code."""
    checkpoint = find_checkpoint(name)
    _, progress = existing(workspace)
    total = len(checkpoint.hints)
    if number is not None and number > total:
        raise click.UsageError(f"{checkpoint.id} has {total} hints, so there is no hint {number}")
    taken = progress.hints_taken(checkpoint)
    if number is None:
        number = min(taken + 1, total)
    last_again = number == taken == total
    if number > taken:
        progress.add(HintTaken(checkpoint=checkpoint.id, at=time.time(), number=number))
    text = checkpoint.hints[number - 1]
    if as_json:
        emit({"checkpoint": checkpoint.id, "number": number, "of": total, "hint": text})
    else:
        note = " (the last one, again)" if last_again else ""
        say(f"Hint {number} of {total} for {checkpoint.id}{note}")
        say()
        say(markdown(text))
        if number < total:
            say()
            say(wrapped(f"The next one: cnntutor hint {checkpoint.id}"))
    tell_notices(progress)
    return 0
