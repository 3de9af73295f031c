"""The recall gate: which questions are due, what an answer changes, when a move's gate is passed.

The progress log holds every answer. What is due is worked out anew from it by fsrs, a card for
each question, so that two sessions merge without a lock. A gate is passed when each question of
its move was answered right at least once.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

from lessons.course import COURSE
from lessons.declare import Move
from lessons.recall import Asked, Judged, ask, from_ticket, questions_of
from tutor.progress import Progress, RecallAnswered, RecallTold

if TYPE_CHECKING:
    from fsrs import Scheduler

AGAIN, GOOD = 1, 3  # fsrs's ratings
BACK_AFTER = 5  # minutes until a missed question comes back
LONGEST = 365  # days until the best known one does
LATEST = 4_102_444_800.0  # 2100: a clock that says more is wrong, and fsrs can't count there
TRIES = 20  # to draw other numbers than last time

State = Literal["new", "missed", "right"]


class Standing(NamedTuple):
    """How a question stands.

    state: its last answer. ever: it was answered right at least once. due: from when on it is
    to be asked, in seconds since 1970; 0 for a new one.
    """

    question: str
    move: str
    state: State
    ever: bool
    due: float


class Gate(NamedTuple):
    """How a move's gate stands: questions answered right at least once, of how many."""

    move: str
    right: int
    total: int

    @property
    def passed(self) -> bool:
        return self.total > 0 and self.right == self.total


class AlreadyAnsweredError(Exception):
    """A ticket counts once: its answer is known by now."""


def gates(progress: Progress, moves: Iterable[Move] = COURSE.moves) -> list[Gate]:
    """Each move's gate, in the order of the moves. The appendix has one too, if asked for."""
    ever = {entry.question for entry in progress.answers() if entry.right}
    found = []
    for move in moves:
        names = questions_of(move.id)
        found.append(Gate(move.id, len(ever & set(names)), len(names)))
    return found


class Recall:
    """Asks and judges, and writes down what came of it.

    clock: seconds since 1970. seeds: draws what the numbers of a question come from.
    """

    def __init__(
        self,
        progress: Progress,
        clock: Callable[[], float] = time.time,
        seeds: Callable[[], int] = lambda: secrets.randbelow(2**31),
    ) -> None:
        self.progress = progress
        self._clock = clock
        self._seeds = seeds

    # --- what is due ---------------------------------------------------------------------------

    def gate(self, move_id: str) -> Gate:
        return next(iter(gates(self.progress, [COURSE.part(move_id)])))

    def standings(self, move_id: str | None = None) -> list[Standing]:
        """How each question stands, of one move or of all, in the order of the course."""
        answers = _by_question(self.progress.answers())
        moves = [move.id for move in COURSE.parts if move_id in (None, move.id)]
        found = []
        scheduler = _scheduler() if answers else None
        for move in moves:
            for name in questions_of(move):
                given = answers.get(name, [])
                if not given or scheduler is None:
                    found.append(Standing(name, move, "new", False, 0.0))
                    continue
                state: State = "right" if given[-1].right else "missed"
                ever = any(entry.right for entry in given)
                found.append(Standing(name, move, state, ever, _due(scheduler, given)))
        return found

    def returning(self, move_id: str | None = None) -> list[Standing]:
        """Questions answered before that are due again, the longest due first."""
        now = self._clock()
        found = [s for s in self.standings(move_id) if s.state != "new" and s.due <= now]
        return sorted(found, key=lambda standing: standing.due)

    def new(self, move_id: str | None = None) -> list[Standing]:
        """Questions never answered: the move's; without one, those of the moves begun so far."""
        moves = self.moves_reached() if move_id is None else [move_id]
        return [s for s in self.standings(move_id) if s.state == "new" and s.move in moves]

    def due(self, move_id: str | None = None) -> list[Standing]:
        """What is to be asked now: what comes back, then what is new."""
        return [*self.returning(move_id), *self.new(move_id)]

    def moves_reached(self) -> list[str]:
        """The moves up to the first that has a checkpoint left to pass."""
        found = []
        for move in COURSE.moves:
            found.append(move.id)
            if not all(self.progress.passed(point) for point in move.checkpoints):
                break
        return found

    def next_time(self, move_id: str | None = None) -> float | None:
        """When the next question that waits comes back; None if none does."""
        now = self._clock()
        waiting = [s.due for s in self.standings(move_id) if s.state != "new" and s.due > now]
        return min(waiting, default=None)

    # --- asking and judging --------------------------------------------------------------------

    def ask(self, name: str) -> Asked:
        """Ask a question with numbers drawn anew, others than the last time where that can be."""
        before = [entry.seed for entry in self.progress.answers() if entry.question == name]
        last = ask(name, before[-1]).page() if before else ""
        asked = ask(name, self._seeds())
        for _ in range(TRIES):
            if asked.page() != last and asked.seed not in before:
                break
            asked = ask(name, self._seeds())
        return asked

    def from_ticket(self, ticket: str) -> Asked:
        """The question of that ticket, if it was not answered yet. LookupError: there is none."""
        asked = from_ticket(ticket)
        if any((e.question, e.seed) == (asked.question, asked.seed) for e in self._answers()):
            raise AlreadyAnsweredError(
                f"{ticket} was answered already, and counts once. Ask for the questions again: "
                "the same one comes with other numbers."
            )
        return asked

    def answer(self, asked: Asked, given: str) -> Judged:
        """Judge an answer and write it down. Unreadable: nothing was judged or written."""
        judged = asked.judge(given)
        self._write(asked, judged.right, given)
        return judged

    def tell(self, asked: Asked, words: str) -> tuple[str, ...]:
        """Commit what the learner tells in their own words; then its key points may be seen."""
        told = words.strip()
        if self.told(asked) is None:
            self.progress.add(
                RecallTold(
                    question=asked.question, seed=asked.seed, told=told[:2000], at=self._clock()
                )
            )
        return asked.points

    def told(self, asked: Asked) -> str | None:
        """What was committed for this asking; None if nothing was."""
        entry = self.progress.told(asked.question, asked.seed)
        return None if entry is None else entry.told

    def judge_points(self, asked: Asked, said: set[int]) -> Judged:
        """Take the learner's own judgement, counted from 1, and write it down.

        ValueError when nothing was told before: the key points were not to be seen yet.
        """
        told = self.told(asked)
        if told is None:
            raise ValueError(f"{asked.ticket} was not told yet")
        judged = asked.judge_points(said)
        self._write(asked, judged.right, told)
        return judged

    def _write(self, asked: Asked, right: bool, given: str) -> None:
        self.progress.add(
            RecallAnswered(
                question=asked.question,
                seed=asked.seed,
                right=right,
                rating=GOOD if right else AGAIN,
                given=given.strip()[:2000],
                at=self._clock(),
            )
        )

    def _answers(self) -> list[RecallAnswered]:
        return self.progress.answers()


# --- the schedule -------------------------------------------------------------------------------


def _by_question(answers: Iterable[RecallAnswered]) -> dict[str, list[RecallAnswered]]:
    """The answers to each question in order of time; each asking counts once, its first answer."""
    found: dict[str, dict[int, RecallAnswered]] = {}
    for entry in sorted(
        answers, key=lambda entry: (entry.at, entry.seed, entry.right, entry.rating)
    ):
        found.setdefault(entry.question, {}).setdefault(entry.seed, entry)
    return {question: list(by_seed.values()) for question, by_seed in found.items()}


def _scheduler() -> Scheduler:
    """fsrs as it comes, but without chance: the same log gives the same schedule everywhere."""
    from datetime import timedelta

    from fsrs import Scheduler

    back = (timedelta(minutes=BACK_AFTER),)
    return Scheduler(
        learning_steps=back, relearning_steps=back, maximum_interval=LONGEST, enable_fuzzing=False
    )


def _due(scheduler: Scheduler, answers: list[RecallAnswered]) -> float:
    """When the question comes back, in seconds since 1970."""
    from datetime import UTC, datetime

    from fsrs import Card, Rating

    def moment(at: float) -> datetime:
        return datetime.fromtimestamp(min(max(at, 0.0), LATEST), UTC)

    card = Card(card_id=0, due=moment(answers[0].at))
    for entry in answers:
        rating = entry.rating if AGAIN <= entry.rating <= 4 else GOOD if entry.right else AGAIN
        card, _ = scheduler.review_card(card, Rating(rating), moment(entry.at))
    return card.due.timestamp()
