"""Questions that are answered from memory, and how an answer is judged. No torch in here.

A move's questions stand in ``lessons/<move>/recall.py`` as ``QUESTIONS``. Each kind below asks in
its own way, and ``ask(seed)`` makes what is shown: numbers and the order of choices come from the
seed, right answers from a formula. An ``Asked`` tells nothing of its answer until it is judged:
``public`` is all that may be shown before.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from lessons import answers
from lessons.answers import BLANK, Unreadable
from lessons.course import COURSE

__all__ = [
    "Asked",
    "Complete",
    "Judged",
    "Order",
    "Predict",
    "Question",
    "Tell",
    "Unreadable",
    "Which",
    "find",
    "questions_of",
]

Value = int | float | tuple[int, ...]

DONT_KNOW = "?"
LETTERS = "ab"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an answer. answer: the right one. why: the reason. repair: where to read."""

    right: bool
    answer: str
    why: str
    repair: str


@dataclass(frozen=True)
class Asked:
    """One question as it is asked once.

    text: the question. choices: (label, text) pairs in the order shown; a choice is code where
    its text begins with a fence. how: what to type. points: what a told answer is compared with.
    The fields that begin with ``_``, and ``points``, must not be shown before an answer is given.
    """

    question: str
    seed: int
    kind: str
    text: str
    how: str
    choices: tuple[tuple[str, str], ...] = ()
    points: tuple[str, ...] = field(default=(), repr=False)
    _answer: str = field(default="", repr=False)
    _why: str = field(default="", repr=False)
    _repair: str = field(default="", repr=False)
    _is_right: Callable[[str], bool] = field(default=lambda given: False, repr=False)

    @property
    def ticket(self) -> str:
        """Names the question together with its numbers."""
        return f"{self.question}@{self.seed}"

    @property
    def move(self) -> str:
        return self.question.partition("/")[0]

    @property
    def told(self) -> bool:
        """Whether it is answered in free words, which the learner judges by themselves."""
        return self.kind == "tell"

    def page(self) -> str:
        """The question and its choices in Markdown."""
        blocks = [self.text]
        numbered: list[str] = []
        for label, text in self.choices:
            if text.startswith("```"):
                blocks.append(f"**{label}**\n{text}")
            else:
                numbered.append(f"{label}. {text}")
        return "\n\n".join([*blocks, *(["\n".join(numbered)] if numbered else [])])

    def public(self) -> dict[str, object]:
        """What a program may know before it answers."""
        return {
            "ticket": self.ticket,
            "question": self.question,
            "kind": self.kind,
            "text": self.text,
            "choices": dict(self.choices),
            "how": self.how,
        }

    def judge(self, given: str) -> Judged:
        """Judge a typed answer (not a told one). Unreadable: it is no answer at all yet."""
        if self.told:
            raise ValueError("what is told is judged point by point")
        if not given.strip():
            raise Unreadable(f"There is no answer yet. {self.how}")
        return self._judged(given.strip() != DONT_KNOW and self._is_right(given))

    def judge_points(self, said: set[int]) -> Judged:
        """Judge a told answer by the key points that were in it, counted from 1."""
        return self._judged(said >= set(range(1, len(self.points) + 1)))

    def _judged(self, right: bool) -> Judged:
        return Judged(right=right, answer=self._answer, why=self._why, repair=self._repair)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question of a move.

    id: names it in the learner's progress, so it stays; it must not tell the answer.
    text: what is asked, in Markdown. repair: ``move#anchor``, or ``lab:ID``, for who missed it.
    """

    id: str
    text: str
    repair: str

    @property
    def kind(self) -> str:
        return type(self).__name__.lower()

    def ask(self, move: str, seed: int) -> Asked:
        """The question as that seed makes it."""
        name = f"{move}/{self.id}"
        return self._ask(name, seed, Random(f"{name}@{seed}"))

    def _ask(self, name: str, seed: int, draw: Random) -> Asked:
        raise NotImplementedError


def written(value: Value) -> str:
    """A right answer as people read it."""
    if isinstance(value, tuple):
        return f"({', '.join(map(str, value))})"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return f"{int(value):,}"


class Predict(Question, frozen=True, kw_only=True):
    """Predict a number or a shape.

    draw: the numbers of one asking, by name; ``text`` is formatted with them. formula: the right
    answer from these. why: the way there, from these and ``answer``. tolerance: how far off a
    number may be.
    """

    draw: Callable[[Random], dict[str, Any]]
    formula: Callable[..., Value]
    why: Callable[..., str]
    tolerance: float = 0.0

    def _ask(self, name: str, seed: int, draw: Random) -> Asked:
        values = self.draw(draw)
        right = self.formula(**values)
        answer = written(right)

        def is_right(given: str) -> bool:
            if isinstance(right, tuple):
                return answers.is_shape(given, right)
            return answers.is_number(given, right, self.tolerance)

        shape = isinstance(right, tuple)
        return Asked(
            question=name,
            seed=seed,
            kind=self.kind,
            text=self.text.format(**values),
            how="Type a shape, like 3x5." if shape else "Type a number; a product will do, too.",
            _answer=answer,
            _why=self.why(**values, answer=answer),
            _repair=self.repair,
            _is_right=is_right,
        )


class Order(Question, frozen=True, kw_only=True):
    """Put steps in order.

    steps: in a right order. before: pairs of steps, counted from 0, of which the first must come
    first; without any, the order given is the only right one.
    """

    steps: tuple[str, ...]
    why: str
    before: tuple[tuple[int, int], ...] = ()

    def works(self, found: tuple[int, ...]) -> bool:
        """Whether the steps can be taken in that order."""
        pairs = self.before or tuple((step, step + 1) for step in range(len(self.steps) - 1))
        return all(found.index(first) < found.index(then) for first, then in pairs)

    def _ask(self, name: str, seed: int, draw: Random) -> Asked:
        shown = list(range(len(self.steps)))
        while self.works(tuple(shown)):
            draw.shuffle(shown)

        def is_right(given: str) -> bool:
            places = answers.order(given, len(shown))
            return self.works(tuple(shown[place] for place in places))

        numbers = [shown.index(step) + 1 for step in range(len(shown))]
        order = " ".join(map(str, numbers))
        steps = zip(numbers, self.steps, strict=True)
        listed = "\n".join(f"- {number}: {step}" for number, step in steps)
        return Asked(
            question=name,
            seed=seed,
            kind=self.kind,
            text=self.text,
            how="Type the numbers in their order, like 3 1 2.",
            choices=tuple((str(at), self.steps[step]) for at, step in enumerate(shown, start=1)),
            _answer=f"{order}\n\n{listed}",
            _why=self.why,
            _repair=self.repair,
            _is_right=is_right,
        )


class Which(Question, frozen=True, kw_only=True):
    """Which of two code fragments is right, and why.

    because: the true reason. others: reasons that sound well and are wrong.
    """

    right: str
    wrong: str
    because: str
    others: tuple[str, ...]
    why: str

    def _ask(self, name: str, seed: int, draw: Random) -> Asked:
        fragments = [self.right, self.wrong]
        reasons = [self.because, *self.others]
        draw.shuffle(fragments)
        draw.shuffle(reasons)
        letter = LETTERS[fragments.index(self.right)]
        number = reasons.index(self.because) + 1
        choices = [
            *zip(LETTERS, (f"```python\n{code}\n```" for code in fragments), strict=True),
            *((str(at), reason) for at, reason in enumerate(reasons, start=1)),
        ]
        return Asked(
            question=name,
            seed=seed,
            kind=self.kind,
            text=self.text,
            how="Type the letter of the code and the number of the reason, like a3.",
            choices=tuple(choices),
            _answer=f"{letter}{number}. {self.because}",
            _why=self.why,
            _repair=self.repair,
            _is_right=lambda given: (
                answers.letter_and_number(given, LETTERS, len(reasons)) == (letter, number)
            ),
        )


class Complete(Question, frozen=True, kw_only=True):
    """Complete a line of code, in which ``____`` stands for what is missing.

    accepts: what may stand there, the usual form first.
    """

    line: str
    accepts: tuple[str, ...]
    why: str

    def _ask(self, name: str, seed: int, draw: Random) -> Asked:
        return Asked(
            question=name,
            seed=seed,
            kind=self.kind,
            text=f"{self.text}\n```python\n{self.line}\n```",
            how=f"Type what stands for {BLANK}, or the whole line.",
            _answer=f"`{self.line.replace(BLANK, self.accepts[0])}`",
            _why=self.why,
            _repair=self.repair,
            _is_right=lambda given: answers.is_code(given, self.line, self.accepts),
        )


class Tell(Question, frozen=True, kw_only=True):
    """Tell in one's own words, then compare with the key points. All of them make it right."""

    points: tuple[str, ...]

    def _ask(self, name: str, seed: int, draw: Random) -> Asked:
        return Asked(
            question=name,
            seed=seed,
            kind=self.kind,
            text=self.text,
            how="Tell it in a sentence or two; then you compare it with the key points.",
            points=self.points,
            _answer="\n".join(f"- {point}" for point in self.points),
            _repair=self.repair,
        )


# --- which questions there are ------------------------------------------------------------------


def questions_of(move_id: str) -> dict[str, Question]:
    """The questions of a move by their whole name, ``move/question``, in their order."""
    module = importlib.import_module(f"lessons.{move_id}.recall")
    questions: tuple[Question, ...] = module.QUESTIONS
    return {f"{move_id}/{question.id}": question for question in questions}


def find(name: str) -> Question:
    """The question of that whole name. LookupError says what there is."""
    move_id = name.partition("/")[0]
    if move_id not in [move.id for move in COURSE.parts]:
        known = ", ".join(move.id for move in COURSE.parts)
        raise LookupError(f"no move '{move_id}'; there are: {known}")
    questions = questions_of(move_id)
    if name not in questions:
        raise LookupError(f"no question '{name}'; there are: {', '.join(questions)}")
    return questions[name]


def ask(name: str, seed: int) -> Asked:
    """Ask the question of that whole name. LookupError when there is none."""
    return find(name).ask(name.partition("/")[0], seed)


def from_ticket(ticket: str) -> Asked:
    """The question that a ticket names, with the same numbers. LookupError says what is wrong."""
    name, _, seed = ticket.partition("@")
    if not (seed.isascii() and seed.isdigit() and len(seed) < 16):
        raise LookupError(f"'{ticket}' is no ticket; one looks like scaffold/rows@123")
    return ask(name, int(seed))
