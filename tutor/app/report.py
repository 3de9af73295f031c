"""The report: what the learner has shown, what is missing, and the score."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from textual.strip import Strip

from tutor.app import ink, keys
from tutor.app.screen import TutorScreen
from tutor.app.strips import StripView
from tutor.report import Report, report
from tutor.report_text import Line, lines

WIDEST = 110  # columns; longer lines are hard to read


class Page(StripView):
    """The report's lines."""

    report: Report | None = None

    def draw(self, width: int) -> list[Strip]:
        if self.report is None:
            return []
        strips: list[Strip] = []
        for line in lines(self.report):
            strips += self._line(line, min(width - 1, WIDEST))
        margin = Strip([Segment(" ")])
        return [Strip.join([margin, strip]) for strip in strips]

    def _line(self, line: Line, width: int) -> list[Strip]:
        if not line.text:
            return [ink.blank()]
        signs = self.tutor.signs
        style = ink.BOLD if line.heading else None
        if not line.verdict:
            return ink.paragraph(line.text, width, signs, style=style, indent=3 * line.level)
        lead = f"{' ' * 3 * line.level}{signs.mark(line.verdict)} "
        strips = ink.paragraph(line.text, width, signs, style=style, indent=len(lead))
        head = Segment(lead, ink.VERDICT_STYLES.get(line.verdict))
        return [Strip([head, *list(strips[0])[1:]]), *strips[1:]]


class ReportScreen(TutorScreen):
    place = "report"
    BINDINGS = keys.bindings("everywhere")

    def body(self) -> Iterable[StripView]:
        yield Page(id="text")

    def title_parts(self) -> tuple[str, str]:
        found = self.query_one(Page).report
        return "Report", "" if found is None else f"{found.score} of 100"

    def whereabouts(self) -> str:
        return "report:"

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Page).focus()

    def draw_body(self) -> None:
        self.tutor.progress.refresh()
        page = self.query_one(Page)
        page.report = report(self.tutor.progress, self.tutor.clock())
        page.redraw()
        self.draw_frame()
        self.tell("cnntutor report prints this, --markdown as a document.", ink.DIM)
