"""The quieter panes of a checkpoint: the task, what the code printed, the hints taken."""

from __future__ import annotations

import socket
from pathlib import Path

from rich.segment import Segment
from textual.strip import Strip

from lessons.declare import Checkpoint
from tutor.app import ink, keys, labdraw
from tutor.app.checkrun import CheckRun
from tutor.app.strips import StripView

WIDEST = 88
CURVES_HIGH = 14  # rows of a plot among what was printed


def place_of(path: Path) -> str:
    """``host:path``, as scp and editors on another machine take it."""
    return f"{socket.gethostname()}:{path}"


class TaskPane(StripView):
    """What to write, and where the file lies."""

    def __init__(self, checkpoint: Checkpoint, id: str = "task") -> None:
        super().__init__(id=id)
        self.checkpoint = checkpoint
        self._kept: tuple[int, list[Strip]] = (0, [])

    def draw(self, width: int) -> list[Strip]:
        if self._kept[0] == width:
            return self._kept[1]
        signs = self.tutor.signs
        measure = min(width - 2, WIDEST)
        path = self.tutor.workspace.file_of(self.checkpoint)
        strips = ink.markdown(self.checkpoint.task, measure, signs)
        strips.append(ink.blank())
        strips += ink.labelled("Your file", place_of(path), measure, signs)
        told = (
            f"{keys.name('checkpoint.pane-code')} opens it here, "
            f"{keys.name('checkpoint.external')} in your own editor, "
            f"{keys.name('checkpoint.copy_path')} copies its place. Each save is checked at once."
        )
        strips += ink.paragraph(told, measure, signs, indent=10)
        margin = Strip([Segment(" ")])
        self._kept = (width, [Strip.join([margin, strip]) for strip in strips])
        return self._kept[1]


class OutputPane(StripView):
    """What the learner's code printed, and what the judge drew."""

    def __init__(self) -> None:
        super().__init__(id="output")
        self.run: CheckRun | None = None

    def draw(self, width: int) -> list[Strip]:
        run = self.run
        signs = self.tutor.signs
        if run is None or not (run.output or run.drawings or run.error):
            told = "Nothing printed. What your code prints during a check stands here."
            return ink.paragraph(told, width, signs, style=ink.DIM)
        strips: list[Strip] = []
        if run.error:
            title = f"could not run: {run.error_kind.replace('-', ' ')}"
            strips += ink.paragraph(title, width, signs, style=ink.VERDICT_STYLES["could-not-run"])
            strips += ink.paragraph(run.error, width, signs)
        for drawing in run.drawings:
            drawn = labdraw.block(drawing, width, self.tutor.ink)
            high = max(drawn.high, CURVES_HIGH) if drawn.grows else drawn.high
            strips += [*drawn.draw(min(width, drawn.most), high), ink.blank()]
        if run.cut:
            told = f"({run.cut} characters before these are not shown)"
            strips += ink.paragraph(told, width, signs, style=ink.DIM)
        if run.output:
            strips += ink.paragraph("Printed by your code:", width, signs, style=ink.BOLD)
            strips += ink.paragraph(run.output.expandtabs(), width, signs)
        return strips


class HintsPane(StripView):
    """The hints taken so far, the newest last."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(id="hints")
        self.checkpoint = checkpoint
        self.starts: list[int] = []

    @property
    def taken(self) -> int:
        return min(self.tutor.progress.hints_taken(self.checkpoint), len(self.checkpoint.hints))

    def draw(self, width: int) -> list[Strip]:
        signs = self.tutor.signs
        hints = self.checkpoint.hints
        taken = self.taken
        measure = min(width - 2, WIDEST)
        strips: list[Strip] = []
        self.starts = []
        for number, hint in enumerate(hints[:taken], start=1):
            self.starts.append(len(strips))
            head = f"Hint {number} of {len(hints)}"
            strips += ink.paragraph(head, measure, signs, style=ink.ACCENT)
            strips += [*ink.markdown(hint, measure, signs), ink.blank()]
        if taken < len(hints):
            left = len(hints) - taken
            what = "the first hint, a nudge" if not taken else "the next hint"
            key, are = keys.name("checkpoint.hint"), "is" if left == 1 else "are"
            told = f"{key} gives {what}. {left} {are} left; the last is code."
        else:
            told = "These are all the hints."
        strips += ink.paragraph(told, measure, signs, style=ink.DIM)
        margin = Strip([Segment(" ")])
        return [Strip.join([margin, strip]) for strip in strips]

    def show_newest(self) -> None:
        self.redraw()
        if self.starts:
            self.scroll_to_line(self.starts[-1])
