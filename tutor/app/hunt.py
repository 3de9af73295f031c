"""The mistake hunt: somebody's code, two questions, and then the probe is run for real."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from lessons.declare import Checkpoint
from tutor import hunting
from tutor.app import ink, keys
from tutor.app.claims import repair_heading
from tutor.app.screen import TutorScreen
from tutor.app.strips import StripView
from tutor.marks import word
from tutor.runner import protocol

if TYPE_CHECKING:
    from lessons.hunt import Hunt

WIDEST = 96  # columns; longer lines are hard to read


class Page(StripView):
    """The code and the questions; below them, once the probe has run, what it showed."""

    def __init__(self) -> None:
        super().__init__(id="text")
        self.drawn: Hunt | None = None
        self.said = 0  # which of what could be wrong, counted from 1; 0 while nothing was said
        self.letter = ""
        self.words: list[str] = []  # in place of a hunt, while none is open
        self.outcome: hunting.Outcome | None = None
        self.questions_at = self.result_at = 0

    def draw(self, width: int) -> list[Strip]:
        measure = min(width - 2, WIDEST)
        signs = self.tutor.signs
        strips: list[Strip] = []
        if self.drawn is None:
            for text in self.words:
                strips += [*ink.paragraph(text, measure, signs), ink.blank()]
        else:
            strips += self._hunt(self.drawn, measure)
            if self.outcome is not None:
                self.result_at = len(strips) + 1
                strips += [ink.blank(), *self._result(self.outcome, measure)]
        margin = Strip([Segment(" ")])
        return [Strip.join([margin, strip]) for strip in strips]

    def _hunt(self, drawn: Hunt, width: int) -> list[Strip]:
        signs = self.tutor.signs
        strips = ink.markdown(f"```python\n{drawn.code}\n```", width, signs)
        self.questions_at = len(strips)
        strips += [ink.blank(), ink.line([("What is wrong with this code?", ink.BOLD)], signs)]
        for number, says in enumerate(drawn.says, start=1):
            strips += self._choice(str(number), says, number == self.said, width)
        strips.append(ink.line([("Which claim would expose it?", ink.BOLD)], signs))
        for letter, claim in zip("abcd", drawn.claims, strict=False):
            strips += self._choice(letter, claim.sentence, letter == self.letter, width)
        return strips

    def _choice(self, label: str, text: str, chosen: bool, width: int) -> list[Strip]:
        lines = ink.markdown(text, width - 5, self.tutor.signs)
        style = ink.ACCENT if chosen else None
        head = Strip([Segment(f"{'>' if chosen else ' '} {label}  ", style or ink.KEY)])
        rest = Strip([Segment(" " * 5)])
        return [Strip.join([rest if at else head, line]) for at, line in enumerate(lines)]

    def _result(self, outcome: hunting.Outcome, width: int) -> list[Strip]:
        strips = self._told(outcome.named, "You named it.", "It is something else.", width)
        strips += self._marked("Wrong is", outcome.diagnosis, width)
        strips += self._marked("Why", outcome.why, width)
        strips.append(ink.blank())
        same = outcome.chosen.claim == outcome.own.claim
        right = "The claim that you chose exposes it:" if same else "Your claim exposes it, too:"
        strips += self._told(outcome.exposed, right, "The claim that you chose: ", width)
        strips += self._probe(outcome.chosen, width)
        if not same:
            strips += ink.paragraph("What it breaks first:", width, self.tutor.signs)
            strips += self._probe(outcome.own, width)
        link = repair_heading(outcome.repair)
        return [*strips, *ink.labelled("Read", link, width, self.tutor.signs, style=ink.ACCENT)]

    def _told(self, right: bool, yes: str, no: str, width: int) -> list[Strip]:
        signs = self.tutor.signs
        verdict = "passed" if right else "failed"
        told = f"{signs.mark(verdict)} {yes if right else no}"
        return ink.paragraph(told, width, signs, style=ink.VERDICT_STYLES[verdict])

    def _probe(self, verdict: protocol.Verdict, width: int) -> list[Strip]:
        """A claim's verdict on this code, as the worker gave it."""
        signs = self.tutor.signs
        name = f"{verdict.claim}: {word(verdict.verdict)}"
        strips = ink.labelled(
            "Ran", name, width, signs, style=ink.VERDICT_STYLES.get(verdict.verdict)
        )
        if verdict.observed:
            strips += ink.labelled("Seen", verdict.observed, width, signs)
        if verdict.expected:
            strips += ink.labelled("Expected", verdict.expected, width, signs)
        return strips

    def _marked(self, label: str, text: str, width: int) -> list[Strip]:
        column = 10
        lines = ink.markdown(text, width - column, self.tutor.signs)
        head = Strip([Segment(label.ljust(column), ink.BOLD)])
        rest = Strip([Segment(" " * column)])
        return [Strip.join([rest if at else head, line]) for at, line in enumerate(lines)]


class HuntScreen(TutorScreen):
    """Hunts in the code of one checkpoint, one after the other."""

    place = "hunt"
    BINDINGS = keys.bindings("hunt", "everywhere")

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.checkpoint = checkpoint
        self.number: int | None = None  # of the check that runs
        self._lock = threading.Lock()
        self._news: list[protocol.Event] = []
        self._verdicts: dict[str, protocol.Verdict] = {}

    def body(self) -> Iterable[StripView]:
        yield Page()

    @property
    def page(self) -> Page:
        return self.query_one(Page)

    @property
    def stage(self) -> str:
        """closed (the code would give the checkpoint away), asking, running, or done."""
        if self.page.drawn is None:
            return "closed"
        if self.number is not None:
            return "running"
        return "done" if self.page.outcome is not None else "asking"

    def title_parts(self) -> tuple[str, str]:
        done = self.tutor.progress.hunts(self.checkpoint.id)
        found = sum(entry.named and entry.exposed for entry in done)
        told = f"{found} found of {len(done)}" if done else ""
        return f"Mistake hunt: {self.checkpoint.id}", told

    def whereabouts(self) -> str:
        return f"hunt:{self.checkpoint.id}"

    def footer_pairs(self) -> list[tuple[str, str]]:
        return footer(self.stage)

    def on_mount(self) -> None:
        super().on_mount()
        self.page.focus()
        if self.tutor.progress.passed(self.checkpoint):
            self.next_hunt()
        else:
            name = self.checkpoint.id
            self.page.words = [
                f"A hunt shows code of {name} with one mistake in it, and all else in it is right.",
                f"You have not passed {name} yet, so it would give much of the answer away. "
                f"{keys.name('hunt.anyway')} shows it all the same, "
                f"{keys.name('everywhere.back')} goes back.",
            ]
            self.refresh_all()

    def draw_body(self) -> None:
        self.page.redraw()

    def next_hunt(self) -> None:
        """Draw another one."""
        page = self.page
        page.drawn = hunting.draw(self.checkpoint, self.tutor.progress)
        page.said, page.letter, page.outcome, page.top = 0, "", None, 0
        self.tell("One mistake is in this code. All else in the file is right.", ink.DIM)
        self.refresh_all()

    # --- the answers ---------------------------------------------------------------------------

    def action_say(self, number: str) -> None:
        """What is wrong, or which claim exposes it: may be changed until the probe runs."""
        page = self.page
        if self.stage != "asking" or page.drawn is None:
            return
        if number.isdigit():
            if int(number) > len(page.drawn.says):
                return
            page.said = int(number)
        elif "abcd".index(number) < len(page.drawn.claims):
            page.letter = number
        self.tell(self._wanted(), ink.DIM)
        self.refresh_all()
        self.page.scroll_to_line(page.questions_at)

    def _wanted(self) -> str:
        page = self.page
        if page.said and page.letter:
            return "Enter runs the claim on this code. Until then you can change your mind."
        if page.said:
            return "Now the claim: a to d."
        return "And what is wrong: 1 to 4."

    def action_onward(self) -> None:
        page = self.page
        if self.stage == "done":
            self.next_hunt()
        elif self.stage == "asking":
            if page.said and page.letter:
                self._run()
            else:
                missing = "what is wrong (1 to 4)" if not page.said else "the claim (a to d)"
                self.tell(f"Say first {missing}.", ink.WARNING)
                page.scroll_to_line(page.questions_at)

    def action_anyway(self) -> None:
        if self.stage == "closed":
            self.next_hunt()

    def action_repair(self) -> None:
        if self.page.outcome is not None:
            self.tutor.open_board(self.page.outcome.repair)

    # --- the probe -----------------------------------------------------------------------------

    def _run(self) -> None:
        page = self.page
        assert page.drawn is not None
        client = self.tutor.client
        message = hunting.request(client, page.drawn, page.letter)
        self.number, self._verdicts = message.number, {}
        self.tell("The claim runs on this code ...", ink.ACCENT)
        self.draw_footer()
        tell = self.tutor.tell_lab_news

        def deliver(event: protocol.Event) -> None:
            """On the reader thread, also after this screen is gone."""
            with self._lock:
                self._news.append(event)
            tell(self)

        try:
            client.submit(message, deliver)
        except OSError as error:
            self._failed(f"The worker can't be reached: {error}. `cnntutor doctor` looks into it.")

    def lab_news(self) -> None:
        with self._lock:
            events, self._news = self._news, []
        for event in events:
            if self.number is None or getattr(event, "number", None) != self.number:
                continue
            if isinstance(event, protocol.Verdict):
                self._verdicts[event.claim] = event
            elif isinstance(event, protocol.Done):
                self._ended(event)

    def _ended(self, done: protocol.Done) -> None:
        page = self.page
        self.number = None
        assert page.drawn is not None
        outcome = hunting.outcome(page.drawn, page.said, page.letter, self._verdicts)
        if outcome is None:
            self._failed(f"The claim could not run: {done.error or done.outcome}. Enter tries it.")
            return
        page.outcome = outcome
        hunting.record(self.tutor.progress, page.drawn, outcome, self.tutor.clock())
        self.tell("")
        self.refresh_all()
        self.call_after_refresh(self._result_into_view)

    def _result_into_view(self) -> None:
        self.page.redraw()
        self.page.scroll_to_line(self.page.result_at)

    def _failed(self, why: str) -> None:
        self.number = None
        self.tell(why, ink.WARNING)
        self.draw_footer()

    def action_back(self) -> None:
        if self.number is not None:
            self.tutor.client.cancel(self.number)
            self.number = None
        super().action_back()


def footer(stage: str) -> list[tuple[str, str]]:
    """What the keys do at this stage."""
    pairs = {action.run: (action.shown, action.label) for action in keys.of("hunt")}
    rest = keys.footer("hunt", tuple(action.id for action in keys.of("hunt")))
    if stage == "closed":
        return [pairs["anyway"], *rest]
    more = ("pgdn", "more")
    if stage == "asking":
        return [("1-4", "what is wrong"), ("a-d", "which claim"), ("enter", "run it"), more, *rest]
    if stage == "running":
        return [more, *rest]
    return [("enter", "next hunt"), pairs["repair"], more, *rest]
