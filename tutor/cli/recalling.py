"""A recall session at a terminal: a question, a line typed, what came of it, the way to repair."""

from __future__ import annotations

import click

from lessons.course import COURSE
from lessons.recall import DONT_KNOW, Asked, Judged, Unreadable
from tutor import marks
from tutor.cli.course import moment
from tutor.cli.text import encoding, fields, markdown, say, wrapped
from tutor.recall import Gate, Recall, Standing


class Stopped(Exception):
    """The learner has had enough."""


class Session:
    """Asks one question after the other until none is left or the learner leaves."""

    def __init__(self, recall: Recall, move: str | None) -> None:
        self.recall, self.move = recall, move
        self.right = self.missed = 0

    def run(self, wanted: list[Standing]) -> int:
        if not wanted:
            say(wrapped(nothing(self.recall, self.move)))
            return 0
        questions = "a question" if len(wanted) == 1 else f"{len(wanted)} questions"
        say(wrapped(f"{questions.capitalize()} from memory. {DONT_KNOW} says that you don't know."))
        say("Leave with ctrl+d.")
        try:
            asked = 0
            while wanted:
                for standing in wanted:
                    asked += 1
                    self._ask(asked, self.recall.ask(standing.question))
                wanted = self.recall.returning(self.move)  # what was missed may be back by now
        except Stopped:
            say()
        self._sum_up()
        return 1 if self.missed else 0

    def _ask(self, number: int, asked: Asked) -> None:
        move = COURSE.part(asked.move)
        say()
        say(f"{number}. {move.title}")
        say(markdown(asked.page()))
        say()
        say(wrapped(asked.how))
        judged = self._told(asked) if asked.told else self._typed(asked)
        say()
        say_judged(judged)
        if judged.right:
            self.right += 1
            return
        self.missed += 1
        say()
        if judged.repair.startswith("lab:"):
            self._line("Enter goes on: ")
        elif self._line("Enter goes on, r reads it here: ").strip().casefold() == "r":
            self._read(judged.repair)

    def _typed(self, asked: Asked) -> Judged:
        while True:
            try:
                return self.recall.answer(asked, self._line("> "))
            except Unreadable as error:
                say(wrapped(str(error)))

    def _told(self, asked: Asked) -> Judged:
        words = ""
        while not words.strip():
            words = self._line("> ")
        points = self.recall.tell(asked, words)
        said = set()
        unknown = words.strip() == DONT_KNOW
        if not unknown:
            say()
            say("Which of these did you say?")
            for number, point in enumerate(points, start=1):
                say(wrapped(point, f"  {number}. "))
                if self._yes("     Said it? y or n: "):
                    said.add(number)
        return self.recall.judge_points(asked, said)

    def _yes(self, prompt: str) -> bool:
        while True:
            answer = self._line(prompt).strip().casefold()
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")

    def _read(self, repair: str) -> None:
        from tutor.cli.show import show_command

        say()
        click.get_current_context().invoke(show_command, name=repair)
        self._line("Enter goes on: ")

    def _line(self, prompt: str) -> str:
        try:
            return input(prompt)
        except EOFError:
            raise Stopped from None

    def _sum_up(self) -> None:
        say()
        told = f"{self.right} right, {self.missed} missed."
        reached = self.move or self.recall.moves_reached()[-1]
        told += f" {gate_line(self.recall.gate(reached))}"
        say(wrapped(told))
        following = self.recall.next_time(self.move)
        if following is not None:
            say(wrapped(f"The next question comes back on {moment(following)}."))


def gate_line(gate: Gate) -> str:
    """How a gate stands, in a sentence."""
    if gate.passed:
        return f"The gate of {gate.move} is passed: all {gate.total} were right once."
    return f"Of {gate.move}, {gate.right} of {gate.total} were right at least once."


def nothing(recall: Recall, move: str | None) -> str:
    following = recall.next_time(move)
    told = "Nothing is due."
    if following is not None:
        return f"{told} The next question comes back on {moment(following)}."
    return f"{told} Nothing was answered yet."


def say_judged(judged: Judged) -> None:
    signs = marks.signs(encoding())
    sign = signs.mark("passed" if judged.right else "failed")
    say(f"{sign} {'right' if judged.right else 'missed'}")
    first, _, rest = judged.answer.partition("\n")
    if first.startswith("- "):
        first, rest = "", judged.answer
    if first:
        say(fields([("answer", first)], indent=2))
    if rest.strip():
        say(_indented(markdown(rest.strip())))
    rows = [("why", judged.why)] if judged.why else []
    if not judged.right:
        rows.append(("try" if judged.repair.startswith("lab:") else "read", way_to(judged.repair)))
    if rows:
        say(fields(rows, indent=2))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def way_to(repair: str) -> str:
    """The command that shows what a miss leads to."""
    kind, _, name = repair.partition(":")
    return f"cnntutor lab {name}" if kind == "lab" else f"cnntutor show {repair}"
