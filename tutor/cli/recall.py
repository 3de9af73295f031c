"""``recall``: questions answered from memory, line by line at a terminal, or by a program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from lessons.course import COURSE
from lessons.recall import DONT_KNOW, Asked, Judged, Unreadable
from tutor.cli import dialogue
from tutor.cli.frame import command, emit, existing, tell_notices
from tutor.cli.recalling import Session, nothing, say_judged
from tutor.cli.text import markdown, say, wrapped
from tutor.recall import AlreadyAnsweredError, Gate, Recall, Standing, gates


class Given(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One line of ``--answers``: an answer to a ticket, or the points that a told one had."""

    ticket: str
    answer: str | None = None
    points: list[int] | None = None


@command("recall")
@click.argument("move", required=False, metavar="[MOVE]")
@click.option("--due", "only_due", is_flag=True, help="Only what comes back; nothing new.")
@click.option("--all", "everything", is_flag=True, help="Every question, due or not.")
@click.option(
    "--answer",
    "answered",
    type=(str, str),
    multiple=True,
    metavar="TICKET ANSWER",
    help="Answer a question that was listed; repeatable.",
)
@click.option(
    "--points",
    "pointed",
    type=(str, str),
    multiple=True,
    metavar="TICKET 1,2",
    help="The key points that a told answer had; repeatable.",
)
@click.option(
    "--answers",
    "stream",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help='Answers as JSON lines, {"ticket": ..., "answer": ...}; - is standard input.',
)
def recall_command(
    move: str | None,
    only_due: bool,
    everything: bool,
    answered: tuple[tuple[str, str], ...],
    pointed: tuple[tuple[str, str], ...],
    stream: TextIO | None,
    workspace: Path | None,
    as_json: bool,
) -> int:
    """Answer questions from memory: those that are due, and new ones.

    Without a terminal, or with --json, the questions are listed with a ticket each, and answered
    with --answer or --answers. Without MOVE: the moves that you have reached.

    Exit status: 0 nothing was missed, 1 something was, 2 wrong usage, 3 could not run.
    """
    if move is not None and move not in [known.id for known in COURSE.parts]:
        known = ", ".join(each.id for each in COURSE.parts)
        raise click.UsageError(f"no move '{move}'; there are: {known}")
    if only_due and everything:
        raise click.UsageError("--due and --all don't go together")
    given = [*_options(answered, pointed), *(_lines(stream) if stream is not None else [])]
    _, progress = existing(workspace)
    recall = Recall(progress)
    if given:
        status = _answer_all(recall, given, as_json)
    else:
        wanted = _wanted(recall, move, only_due, everything)
        if as_json or not dialogue.answers():
            status = _list(recall, move, wanted, as_json)
        else:
            status = Session(recall, move).run(wanted)
    tell_notices(progress)
    return status


def _wanted(recall: Recall, move: str | None, only_due: bool, everything: bool) -> list[Standing]:
    if everything:
        return recall.standings(move)
    return recall.returning(move) if only_due else recall.due(move)


# --- for programs -------------------------------------------------------------------------------


def _options(
    answered: Iterable[tuple[str, str]], pointed: Iterable[tuple[str, str]]
) -> Iterator[Given]:
    for ticket, answer in answered:
        yield Given(ticket=ticket, answer=answer)
    for ticket, text in pointed:
        yield Given(ticket=ticket, points=_points(text))


def _points(text: str) -> list[int]:
    """``1,3`` -> [1, 3]; ``none`` and the like are no points."""
    if not re.fullmatch(r"[\d,; ]*|none", text.strip().casefold()):
        raise click.UsageError(f"--points takes numbers like 1,3 or none, not '{text}'")
    return [int(number) for number in re.findall(r"\d+", text)]


def _lines(stream: TextIO) -> Iterator[Given]:
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            given = msgspec.json.decode(line.encode(), type=Given)
        except msgspec.DecodeError as error:
            raise click.UsageError(f"line {number} of the answers: {error}") from error
        if (given.answer is None) == (given.points is None):
            raise click.UsageError(
                f'line {number} of the answers: it takes "answer" or "points", one of the two'
            )
        yield given


def _list(recall: Recall, move: str | None, wanted: list[Standing], as_json: bool) -> int:
    asked = [(standing, recall.ask(standing.question)) for standing in wanted]
    if as_json:
        emit(
            {
                "questions": [
                    {**each.public(), "move": standing.move, "state": standing.state}
                    for standing, each in asked
                ],
                "next_due": recall.next_time(move),
                "gates": [_gate_object(gate) for gate in gates(recall.progress)],
            }
        )
        return 0
    for _, each in asked:
        say(f"{each.ticket} ({each.kind})")
        say(markdown(each.page()))
        say(wrapped(each.how, "    "))
        say()
    if asked:
        say(wrapped("Answer with: cnntutor recall --answer TICKET ANSWER"))
    else:
        say(wrapped(nothing(recall, move)))
    return 0


def _gate_object(gate: Gate) -> dict[str, object]:
    return {
        "move": gate.move,
        "right": gate.right,
        "questions": gate.total,
        "passed": gate.passed,
    }


def _answer_all(recall: Recall, given: list[Given], as_json: bool) -> int:
    results = [_result(recall, each) for each in given]
    if as_json:
        shown = [_gate_object(gate) for gate in gates(recall.progress)]
        emit({"results": results, "gates": shown})
    else:
        for result in results:
            _say_result(result)
    if any(result["error"] for result in results):
        return 2
    return 1 if any(result["right"] is False for result in results) else 0


def _result(recall: Recall, given: Given) -> dict[str, Any]:
    """What came of one answer. ``right`` is None while nothing was judged."""
    result: dict[str, Any] = {"ticket": given.ticket, "right": None, "error": None}
    try:
        asked = recall.from_ticket(given.ticket)
        if given.points is not None:
            judged = _judge_points(recall, asked, given.points)
        elif asked.told and (given.answer or "").strip() != DONT_KNOW:
            if not (given.answer or "").strip():
                raise Unreadable(f"There is no answer yet. {asked.how}")
            points = recall.tell(asked, given.answer or "")
            return {**result, "points": list(points), "next": "points"}
        elif asked.told:
            recall.tell(asked, DONT_KNOW)
            judged = recall.judge_points(asked, set())
        else:
            judged = recall.answer(asked, given.answer or "")
    except (LookupError, AlreadyAnsweredError, Unreadable) as error:
        return {**result, "error": str(error.args[0])}
    return {**result, **msgspec.to_builtins(judged), "due": _due(recall, asked)}


def _judge_points(recall: Recall, asked: Asked, points: list[int]) -> Judged:
    if not asked.told:
        raise Unreadable(f"{asked.ticket} has no key points. {asked.how}")
    if recall.told(asked) is None:
        raise Unreadable(f"Answer {asked.ticket} first, in your own words; then judge the points.")
    last = len(asked.points)
    if any(not 1 <= point <= last for point in points):
        raise Unreadable(f"{asked.ticket} has the key points 1 to {last}.")
    return recall.judge_points(asked, set(points))


def _due(recall: Recall, asked: Asked) -> float:
    standings = recall.standings(asked.move)
    return next(s.due for s in standings if s.question == asked.question)


def _say_result(result: dict[str, Any]) -> None:
    say(result["ticket"])
    if result["error"]:
        say(wrapped(result["error"], "    "))
    elif result["right"] is None:
        say(wrapped("Compare with these key points:", "    "))
        for number, point in enumerate(result["points"], start=1):
            say(wrapped(point, f"    {number}. "))
        say(wrapped(f"then: cnntutor recall --points {result['ticket']} 1,2", "    "))
    else:
        keys = ("right", "answer", "why", "repair")
        say_judged(Judged(**{key: result[key] for key in keys}))
    say()
