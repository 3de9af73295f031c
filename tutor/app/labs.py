"""All labs, by move: to choose one from a board or a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable

from rich.style import Style

from lessons.course import COURSE
from lessons.declare import Lab
from tutor.app import ink, keys
from tutor.app.rows import Row, Rows
from tutor.app.screen import TutorScreen
from tutor.app.strips import Rule, StripView
from tutor.marks import Signs
from tutor.progress import Progress


def lab_row(lab: Lab, progress: Progress, signs: Signs, width: int) -> Row:
    """A lab in one line: whether a run of the learner's has shown it, and its title if it fits."""
    shown = progress.lab_evidence(lab.id) is not None
    style = ink.VERDICT_STYLES["passed"] if shown else None
    parts: list[tuple[str, Style | None]] = [
        (f"  {signs.mark('passed') if shown else ' '}  ", style),
        (f"{lab.id:<11}", None),
        (f"{'shown' if shown else 'lab':<10}", style),
        (lab.title if 26 + len(lab.title) <= width else "", None),
    ]
    return Row(f"lab:{lab.id}", (ink.line(parts, signs),))


class LabRows(Rows):
    def rows(self, width: int) -> list[Row]:
        found: list[Row] = []
        for move in COURSE.parts:
            if move.labs:
                head = ink.line(
                    [(f"{COURSE.number(move)}  {move.title}", ink.ACCENT)], self.tutor.signs
                )
                found.append(Row("", (head,)))
                found += [
                    lab_row(lab, self.tutor.progress, self.tutor.signs, width) for lab in move.labs
                ]
        return found


class AboutLab(StripView):
    """The question of the lab under the cursor, and what it has shown."""

    can_focus = False
    key = ""

    def draw(self, width: int) -> list:
        if not self.key:
            return []
        lab = COURSE.lab(self.key.partition(":")[2])
        signs = self.tutor.signs
        strips = ink.paragraph(f"{lab.tier.value}  {lab.question}", width, signs, style=ink.BOLD)
        evidence = self.tutor.progress.lab_evidence(lab.id)
        told = evidence.sentence if evidence is not None else "nothing yet"
        return [*strips, *ink.labelled("Shown", told, width, signs)]


class LabsScreen(TutorScreen):
    """The list of labs, with the cursor at a move's first."""

    CSS_PATH = "lab.tcss"
    place = "labs"
    BINDINGS = keys.bindings("labs", "everywhere")

    def __init__(self, move_id: str) -> None:
        super().__init__()
        self.move_id = move_id

    def body(self) -> Iterable[StripView]:
        yield LabRows(id="labs")
        yield Rule()
        yield AboutLab(id="about")

    def title_parts(self) -> tuple[str, str]:
        return "Labs: experiments that you steer", ""

    def whereabouts(self) -> str:
        return f"labs:{self.move_id}"

    def on_mount(self) -> None:
        super().on_mount()
        rows = self.query_one(LabRows)
        rows.focus()
        move = COURSE.part(self.move_id)
        if move.labs:
            self.call_after_refresh(rows.go_to, f"lab:{move.labs[0].id}")

    def draw_body(self) -> None:
        rows = self.query_one(LabRows)
        rows.redraw()
        self._about(rows.key)

    def _about(self, key: str) -> None:
        about = self.query_one(AboutLab)
        about.key = key
        about.redraw()

    def on_rows_moved(self, message: Rows.Moved) -> None:
        self._about(message.key)

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        self.tutor.open_lab(COURSE.lab(message.key.partition(":")[2]))

    def action_choose(self) -> None:
        self.query_one(LabRows).action_choose()
