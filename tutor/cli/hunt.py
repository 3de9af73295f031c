"""``hunt``: somebody's code with a mistake in it; say what is wrong, and see it exposed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from lessons.course import COURSE
from lessons.declare import Checkpoint
from tutor import hunting, marks
from tutor.cli import dialogue
from tutor.cli.frame import CouldNotRun, command, emit, existing, find_checkpoint, tell_notices
from tutor.cli.text import encoding, fields, say, wrapped
from tutor.progress import Progress
from tutor.runner import protocol

if TYPE_CHECKING:
    from lessons.hunt import Hunt


@command("hunt")
@click.argument("name", required=False, metavar="[CHECKPOINT]")
@click.option("--anyway", is_flag=True, help="Also in a checkpoint that you have not passed.")
@click.option(
    "--answer",
    "answer",
    type=(str, click.IntRange(min=1), str),
    metavar="TICKET NUMBER LETTER",
    help="Answer a hunt: what is wrong, and the claim that exposes it.",
)
def hunt_command(
    name: str | None,
    anyway: bool,
    answer: tuple[str, int, str] | None,
    workspace: Path | None,
    as_json: bool,
) -> int:
    """Find the mistake in somebody's code, name the claim that exposes it, and see it run.

    Without CHECKPOINT: the last one that you passed. Without a terminal, or with --json, the
    hunt is shown with a ticket, and answered with --answer.

    Exit status: 0 both were right, 1 not, 2 wrong usage, 3 could not run.
    """
    _, progress = existing(workspace)
    if answer is not None:
        status = _answer(progress, *answer, as_json)
    else:
        checkpoint = _checkpoint(progress, name)
        if not (anyway or progress.passed(checkpoint)):
            raise CouldNotRun(
                f"a hunt shows code of {checkpoint.id}, which you have not passed yet, so it "
                "would give much of the answer away. --anyway shows it all the same"
            )
        drawn = hunting.draw(checkpoint, progress)
        if as_json:
            emit(drawn.public())
            status = 0
        else:
            _say_hunt(drawn)
            status = _ask(progress, drawn) if dialogue.answers() else _say_how(drawn)
    tell_notices(progress)
    return status


def _checkpoint(progress: Progress, name: str | None) -> Checkpoint:
    if name is not None:
        return find_checkpoint(name)
    passed = [point for point in COURSE.checkpoints if progress.passed(point)]
    return passed[-1] if passed else COURSE.checkpoints[0]


def _say_hunt(drawn: Hunt) -> None:
    say(wrapped(f"Code of {drawn.checkpoint}. One mistake is in it; all else is right."))
    say()
    say("\n".join(f"    {line}".rstrip() for line in drawn.code.splitlines()))
    say()
    say("What is wrong with this code?")
    for number, says in enumerate(drawn.says, start=1):
        say(wrapped(says, f"  {number}. "))
    say("Which claim would expose it?")
    for letter, claim in zip("abcd", drawn.claims, strict=False):
        say(wrapped(claim.sentence, f"  {letter}. "))


def _say_how(drawn: Hunt) -> int:
    say()
    say(wrapped(f"Answer with: cnntutor hunt --answer {drawn.ticket} NUMBER LETTER"))
    return 0


def _ask(progress: Progress, drawn: Hunt) -> int:
    say()
    try:
        while True:
            number = input("What is wrong, 1 to 4: ").strip()
            if number.isdigit() and 1 <= int(number) <= len(drawn.says):
                break
        while True:
            letter = input("Which claim, a to d: ").strip()
            try:
                drawn.claim(letter)
                break
            except ValueError as error:
                say(wrapped(f"{str(error).capitalize()}."))
    except EOFError:
        say()
        return 0
    return _run(progress, drawn, int(number), letter, as_json=False)


def _answer(progress: Progress, ticket: str, number: int, letter: str, as_json: bool) -> int:
    try:
        drawn = hunting.from_ticket(ticket, progress)
        drawn.named(number)
        drawn.claim(letter)
    except (LookupError, ValueError, hunting.AlreadyHuntedError) as error:
        raise click.UsageError(str(error.args[0])) from error
    return _run(progress, drawn, number, letter, as_json)


def _run(progress: Progress, drawn: Hunt, number: int, letter: str, as_json: bool) -> int:
    """Run the claims on the code, write down what came of it, and tell it."""
    if not as_json:
        say()
        say("The claim runs on this code ...")
    outcome, error = _probe(drawn, number, letter)
    if outcome is None:
        raise CouldNotRun(f"the claim could not run: {error}")
    hunting.record(progress, drawn, outcome)
    if as_json:
        emit({"ticket": drawn.ticket, "right": outcome.right, **msgspec.to_builtins(outcome)})
    else:
        _say_outcome(outcome)
    return 0 if outcome.right else 1


def _probe(drawn: Hunt, number: int, letter: str) -> tuple[hunting.Outcome | None, str]:
    verdicts: dict[str, protocol.Verdict] = {}
    error = ""
    try:
        with dialogue.worker() as client:
            for event in client.run(hunting.request(client, drawn, letter)):
                if isinstance(event, protocol.Verdict):
                    verdicts[event.claim] = event
                elif isinstance(event, protocol.Done):
                    error = event.error or event.outcome
    except BrokenPipeError:
        raise
    except OSError as failure:
        return None, f"the worker can't be started: {failure.strerror}. See `cnntutor doctor`"
    return hunting.outcome(drawn, number, letter, verdicts), error


def _say_outcome(outcome: hunting.Outcome) -> None:
    signs = marks.signs(encoding())

    def lead(right: bool) -> str:
        return f"{signs.mark('passed' if right else 'failed')} "

    say()
    say(wrapped("You named it." if outcome.named else "It is something else.", lead(outcome.named)))
    say(fields([("wrong is", outcome.diagnosis), ("why", outcome.why)], indent=2))
    chosen, own = outcome.chosen, outcome.own
    told = "exposes it" if outcome.exposed else "does not see it"
    say(wrapped(f"The claim that you chose {told}.", lead(outcome.exposed)))
    say(fields(_rows(chosen), indent=2))
    if own.claim != chosen.claim:
        say("  What it breaks first:")
        say(fields(_rows(own), indent=2))
    say(fields([("read", f"cnntutor show {outcome.repair}")], indent=2))


def _rows(verdict: protocol.Verdict) -> list[tuple[str, str]]:
    rows = [
        ("ran", f"{verdict.claim}: {marks.word(verdict.verdict)}"),
        ("seen", verdict.observed),
        ("expected", verdict.expected),
    ]
    return [row for row in rows if row[1]]
