"""The first start: one screen on what this is, how long it takes, where files lie, which keys."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from textual.strip import Strip

from lessons.course import COURSE
from tutor.app import ink, keys
from tutor.app.home import short
from tutor.app.screen import TutorScreen
from tutor.app.strips import StripView

WIDEST = 88


class Words(StripView):
    def draw(self, width: int) -> list[Strip]:
        signs = self.tutor.signs
        measure = min(width - 2, WIDEST)
        moves = ", ".join(f"{n} {move.title}" for n, move in enumerate(COURSE.moves, start=1))
        files = ", ".join(point.filename for point in COURSE.checkpoints[:2])
        about = [
            "You build networks that see: from flat pixels to a ResNet34, in PyTorch. You write "
            "the code, the tutor runs it and says what it shows. A wrong answer is told by its "
            "name, with the page that helps; a right one passes in any style.",
            "",
        ]
        strips = [line for text in about for line in ink.paragraph(text, measure, signs)]
        strips += ink.labelled("Moves", moves, measure, signs)
        strips += ink.labelled(
            "How long",
            "Give it two hours or more. Stop at any time: you come back to where you were.",
            measure,
            signs,
        )
        where = f"{short(self.tutor.workspace.root)}: {files} and so on, yours to edit anywhere."
        strips += ink.labelled("Files", where, measure, signs)
        strips += [ink.blank(), ink.line([("Three keys", ink.BOLD)], signs)]
        for id, told in (
            ("welcome.begin", "goes on: to the next page, or into your code."),
            ("everywhere.back", "goes back, and from home it leaves the tutor."),
            ("everywhere.help", "shows every key that works where you are."),
        ):
            strips.append(ink.line([(f"    {keys.name(id):<6}", ink.KEY), (told, None)], signs))
        first = COURSE.checkpoints[0].filename
        lead = (
            f"A first check, in two minutes: {keys.name('welcome.begin')} opens {first} as it is, "
            "with nothing written in it yet, and you see how it is judged. Or read the first page "
            f"before that: {keys.name('welcome.board')}."
        )
        strips += [ink.blank(), *ink.paragraph(lead, measure, signs)]
        margin = Strip([Segment(" ")])
        return [ink.blank(), *[Strip.join([margin, strip]) for strip in strips]]


class WelcomeScreen(TutorScreen):
    """Stands above home once; whatever is chosen, q leads home."""

    CSS_PATH = "board.tcss"
    place = "welcome"
    BINDINGS = keys.bindings("welcome", "everywhere")

    def body(self) -> Iterable[StripView]:
        yield Words(id="text")

    def title_parts(self) -> tuple[str, str]:
        return "Welcome to cnntutor", self.tutor.worker_word

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Words).focus()

    def draw_body(self) -> None:
        self.query_one(Words).redraw()

    def action_begin(self) -> None:
        """The guided first check: the starter, as it is."""
        self.tutor.guiding = True
        self.app.pop_screen()
        self.tutor.open_checkpoint(COURSE.checkpoints[0])

    def action_board(self) -> None:
        self.app.pop_screen()
        self.tutor.open_board(COURSE.moves[0].id)
