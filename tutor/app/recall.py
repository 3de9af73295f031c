"""The recall gate: one question at a time, answered from memory; a miss leads to its repair."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import TextArea

from lessons.course import COURSE
from lessons.recall import DONT_KNOW, Asked, Judged, Unreadable
from tutor.app import ink, keys
from tutor.app.claims import repair_heading
from tutor.app.editor import Editor
from tutor.app.screen import TutorScreen
from tutor.app.strips import Lines, Rule, StripView
from tutor.recall import Gate, Recall

WIDEST = 88
TOLD_LINES = 4  # rows to tell something in; a typed answer has one


class Answer(Editor, inherit_bindings=False):
    """Where the answer is typed: plain text, and Enter gives it."""

    BINDINGS: ClassVar = [*TextArea.BINDINGS, *keys.bindings("answer")]

    class Given(Message):
        """Enter was pressed."""

    def __init__(self) -> None:
        super().__init__(id="answer", code=False)

    async def _on_key(self, event: events.Key) -> None:
        if event.key in ("enter", "escape"):
            event.stop()
            event.prevent_default()
            self.post_message(self.Given() if event.key == "enter" else self.Left())
            return
        await super()._on_key(event)

    def action_give(self) -> None:
        self.post_message(self.Given())


class Page(StripView):
    """The question; below it, once an answer was given, what came of it."""

    def __init__(self) -> None:
        super().__init__(id="text")
        self.asked: Asked | None = None
        self.given = ""
        self.judged: Judged | None = None
        self.said: list[bool] | None = None  # of the key points, as far as judged
        self.closing: list[str] = []
        self.answer_at = 0

    def draw(self, width: int) -> list[Strip]:
        measure = min(width - 2, WIDEST)
        signs = self.tutor.signs
        strips: list[Strip] = []
        if self.asked is None:
            for text in self.closing:
                strips += [*ink.paragraph(text, measure, signs), ink.blank()]
        else:
            strips += ink.markdown(self.asked.page(), measure, signs)
            self.answer_at = len(strips) + 1
            if self.said is not None:
                strips += [ink.blank(), *self._given(measure), *self._points(measure)]
            elif self.judged is not None:
                strips += [ink.blank(), *self._given(measure)]
            if self.judged is not None:
                strips += self._judged(self.judged, measure)
        margin = Strip([Segment(" ")])
        return [Strip.join([margin, strip]) for strip in strips]

    def _given(self, width: int) -> list[Strip]:
        return ink.labelled("You", self.given, width, self.tutor.signs)

    def _points(self, width: int) -> list[Strip]:
        """Each key point with what the learner said of it; the one asked about has a sign."""
        assert self.asked is not None
        assert self.said is not None
        signs = self.tutor.signs
        strips = ink.paragraph("Which of these did you say?", width, signs, style=ink.BOLD)
        for number, point in enumerate(self.asked.points):
            if number < len(self.said):
                verdict = "passed" if self.said[number] else "failed"
                mark, style = signs.mark(verdict), ink.VERDICT_STYLES[verdict]
            else:
                now = number == len(self.said) and self.judged is None
                mark, style = (">", ink.ACCENT) if now else (" ", Style())
            lines = ink.markdown(point, width - 4, signs)
            head = Strip([Segment(f" {mark}  ", style)])
            rest = Strip([Segment("    ")])
            strips += [Strip.join([rest if at else head, line]) for at, line in enumerate(lines)]
        return strips

    def _judged(self, judged: Judged, width: int) -> list[Strip]:
        signs = self.tutor.signs
        verdict = "passed" if judged.right else "failed"
        told = f"{signs.mark(verdict)} {'right' if judged.right else 'missed'}"
        strips = ink.paragraph(told, width, signs, style=ink.VERDICT_STYLES[verdict])
        if self.said is None:
            strips += self._marked("Answer", judged.answer, width)
        if judged.why:
            strips += self._marked("Why", judged.why, width)
        if not judged.right:
            strips += ink.labelled("Read", where(judged.repair), width, signs, style=ink.ACCENT)
        return strips

    def _marked(self, label: str, text: str, width: int) -> list[Strip]:
        """Markdown beside a label."""
        column = 10
        lines = ink.markdown(text, width - column, self.tutor.signs)
        head = Strip([Segment(label.ljust(column), ink.BOLD)])
        rest = Strip([Segment(" " * column)])
        return [Strip.join([rest if at else head, line]) for at, line in enumerate(lines)]


def where(repair: str) -> str:
    """What a repair link leads to, in words."""
    kind, _, name = repair.partition(":")
    if kind == "lab":
        return f"the lab: {COURSE.lab(name).title}"
    return f"the board: {repair_heading(repair)}"


class RecallScreen(TutorScreen):
    """Asks what is due of a move, then what comes back of the others.

    recall: asks, judges and writes down; it holds the clock.
    """

    CSS_PATH = "recall.tcss"
    place = "recall"
    BINDINGS = keys.bindings("recall", "everywhere")

    def __init__(self, move_id: str, recall: Recall) -> None:
        super().__init__()
        self.move_id = move_id
        self.recall = recall
        self.right = self.missed = 0
        self.read = False  # the repair of this miss was opened

    # --- what is on the screen -----------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        yield Page()
        yield Rule()
        yield Lines(id="how")
        yield Answer()

    @property
    def page(self) -> Page:
        return self.query_one(Page)

    @property
    def answer(self) -> Answer:
        return self.query_one(Answer)

    @property
    def stage(self) -> str:
        """asking, points (to be judged one by one), judged, or done."""
        page = self.page
        if page.asked is None:
            return "done"
        if page.judged is not None:
            return "judged"
        return "asking" if page.said is None else "points"

    def title_parts(self) -> tuple[str, str]:
        asked = self.page.asked
        move_id = self.move_id if asked is None else asked.move
        move = COURSE.part(move_id)
        gate = self.recall.gate(move_id)
        return f"Recall: {move.title}", f"{gate.right} of {gate.total} right once"

    def footer_pairs(self) -> list[tuple[str, str]]:
        return footer(self.stage, self.page.judged, self.read)

    def whereabouts(self) -> str:
        return f"recall:{self.move_id}"

    def small_words(self) -> list[str]:
        return [f"Recall: {self.right} right, {self.missed} missed."]

    def on_mount(self) -> None:
        super().on_mount()
        self.next_question()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self.page.asked is None:
            self.next_question()  # something may have come back meanwhile

    def draw_body(self) -> None:
        self._lay_out()
        self.page.redraw()
        self._draw_how()

    def _lay_out(self) -> None:
        asked = self.page.asked
        asking = self.stage == "asking"
        self.answer.display = asking
        self.query_one(Rule).display = asking
        self.query_one("#how").display = asking
        height = TOLD_LINES if asked is not None and asked.told else 1
        if self.answer.styles.height is None or self.answer.styles.height.value != height:
            self.answer.styles.height = height

    def _draw_how(self) -> None:
        asked = self.page.asked
        if asked is not None:
            strip = ink.line([(f" {asked.how}", ink.DIM)], self.tutor.signs)
            self.query_one("#how", Lines).show([strip])

    # --- asking --------------------------------------------------------------------------------

    def next_question(self) -> None:
        """Ask what is due next, or say that nothing is."""
        self.tutor.progress.refresh()
        page = self.page
        page.judged, page.said, page.given, page.top = None, None, "", 0
        self.read = False
        waiting = [*self.recall.due(self.move_id), *self.recall.returning()]
        page.asked = self.recall.ask(waiting[0].question) if waiting else None
        page.closing = [] if waiting else self._last_words()
        self.tell("")
        self.answer.set_text("")
        self.refresh_all()
        (self.answer if waiting else page).focus()

    def _last_words(self) -> list[str]:
        told = [gate_words(self.recall.gate(self.move_id))]
        if self.right or self.missed:
            told.insert(0, f"{self.right} right, {self.missed} missed.")
        following = self.recall.next_time()
        if following is None:
            return told
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(following))
        return [*told, f"Nothing is due now. The next question comes back on {when}."]

    def on_answer_given(self) -> None:
        asked = self.page.asked
        if asked is None or self.stage != "asking":
            return
        given = self.answer.text
        try:
            if not given.strip():
                raise Unreadable(f"There is no answer yet. {DONT_KNOW} says that you don't know.")
            self._take(asked, given)
        except Unreadable as error:
            self.tell(str(error), ink.WARNING)

    def _take(self, asked: Asked, given: str) -> None:
        page = self.page
        if not asked.told:
            judged = self.recall.answer(asked, given)
            page.given = given.strip()
            self._show_judged(judged)
            return
        self.recall.tell(asked, given)
        page.given, page.said = given.strip(), []
        if given.strip() == DONT_KNOW:
            page.said = [False] * len(asked.points)
            self._show_judged(self.recall.judge_points(asked, set()))
        else:
            self._show_result()

    def action_said(self, yes: bool) -> None:
        """The learner judges the key point at the cursor."""
        page = self.page
        if self.stage != "points" or page.said is None or page.asked is None:
            return
        page.said.append(yes)
        if len(page.said) < len(page.asked.points):
            self.refresh_all()
            return
        said = {number for number, each in enumerate(page.said, start=1) if each}
        self._show_judged(self.recall.judge_points(page.asked, said))

    def _show_judged(self, judged: Judged) -> None:
        self.page.judged = judged
        self.right += judged.right
        self.missed += not judged.right
        self._show_result()

    def _show_result(self) -> None:
        """What came of the answer, in view even below a long question."""
        self.tell("")
        self.page.focus()
        self.refresh_all()
        self.call_after_refresh(self._result_into_view)

    def _result_into_view(self) -> None:
        page = self.page
        page.redraw()
        page.scroll_to_line(min(page.answer_at, page.highest_top))

    # --- what the keys do ----------------------------------------------------------------------

    def action_onward(self) -> None:
        """After a miss to its repair, and then on; else on at once."""
        judged = self.page.judged
        if self.stage == "judged" and judged is not None:
            if judged.right or self.read:
                self.next_question()
            else:
                self.action_repair()
        elif self.stage == "done":
            self.next_question()

    def action_skip(self) -> None:
        if self.stage == "judged":
            self.next_question()

    def action_repair(self) -> None:
        judged = self.page.judged
        if self.stage != "judged" or judged is None:
            return
        self.read = True
        self.draw_footer()
        self.open(judged.repair)

    def open(self, repair: str) -> None:
        """Open what a repair link leads to."""
        kind, _, name = repair.partition(":")
        if kind == "lab":
            self.tutor.open_lab(COURSE.lab(name))
        else:
            self.tutor.open_board(repair)

    def on_editor_left(self) -> None:
        self.action_back()


def footer(stage: str, judged: Judged | None, read: bool) -> list[tuple[str, str]]:
    """What the keys do at this stage."""
    if stage == "asking":
        give, back = keys.footer("answer")
        return [give, (f"{DONT_KNOW} enter", "I don't know"), back]
    pairs = {action.run: (action.shown, action.label) for action in keys.of("recall")}
    rest = keys.footer("recall", tuple(action.id for action in keys.of("recall")))
    if stage == "points":
        return [pairs["said(True)"], pairs["said(False)"], *rest]
    if stage == "done":
        return rest
    if judged is not None and not judged.right and not read:
        what = "open it" if judged.repair.startswith("lab:") else "read it"
        return [("enter", what), pairs["skip"], *rest]
    return [pairs["onward"], pairs["repair"], *rest]


def gate_words(gate: Gate) -> str:
    """How a gate stands, in a sentence."""
    title = COURSE.part(gate.move).title
    if gate.passed:
        return f"The gate of {title} is passed: all {gate.total} questions were right once."
    left = gate.total - gate.right
    questions = "question was" if left == 1 else "questions were"
    return f"{title}: {left} {questions} not right yet; they come back until they are."
