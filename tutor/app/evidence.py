"""The evidence matrix: each claim, its tier, and what the learner's own runs have shown."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.style import Style
from textual.strip import Strip

from lessons.course import COURSE
from lessons.declare import Checkpoint, Claim
from tutor.app import ink, keys
from tutor.app.rows import Row, Rows
from tutor.app.screen import TutorScreen
from tutor.app.strips import Rule, StripView
from tutor.evidence import MatrixRow, matrix
from tutor.marks import word
from tutor.progress import ClaimShown
from tutor.workspace import WorkspaceError

TIERS = "T1 look   T2 change one thing and watch   T3 match exactly"


def when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


class Matrix(Rows):
    """A row for each claim of the chapter, then one for each claim of each checkpoint."""

    def rows(self, width: int) -> list[Row]:
        signs = self.tutor.signs
        found = [Row("", (ink.line([("The claims of the chapter", ink.ACCENT)], signs),))]
        for row in matrix(self.tutor.progress):
            found.append(Row(f"chapter/{row.claim.id}", (self._chapter_line(row, width),)))
        for point in COURSE.checkpoints:
            found.append(Row("", (ink.blank(),)))
            evidence = self.tutor.progress.evidence(point)
            sha256 = self._current(point)
            title = f"{point.id}: {point.title}"
            found.append(Row("", (ink.line([(title, ink.ACCENT)], signs),)))
            found += [
                self._row(point, claim, evidence.get(claim.id), sha256, width)
                for claim in point.claims
            ]
        return found

    def _chapter_line(self, row: MatrixRow, width: int) -> Strip:
        verdict = {"shown": "passed", "weaker": "could-not-run"}.get(row.state, "")
        mark = self.tutor.signs.mark(verdict) if verdict else " "
        parts: list[tuple[str, Style | None]] = [
            (f"{mark} {row.state:<14}", ink.VERDICT_STYLES.get(verdict)),
            (f"{row.claim.tier.value}  ", ink.BOLD),
            (f"{row.claim.id:<16}", None),
        ]
        if row.showings:
            latest = row.showings[0]
            parts.append((f"{when(latest.at)}  {latest.own[:8] or 'reference'}", None))
        else:
            parts.append((f"show it: {', '.join(row.claim.shown_by)}", ink.DIM))
        return ink.line(parts, self.tutor.signs).crop(0, width)

    def _current(self, point: Checkpoint) -> str:
        """The hash of the file as it is now; "" when it can't be read."""
        try:
            return self.tutor.workspace.read(point).sha256
        except WorkspaceError:
            return ""

    def _row(
        self, point: Checkpoint, claim: Claim, entry: ClaimShown | None, sha256: str, width: int
    ) -> Row:
        return Row(f"{point.id}/{claim.id}", (self._line(claim, entry, sha256, width),))

    def _line(self, claim: Claim, entry: ClaimShown | None, sha256: str, width: int) -> Strip:
        signs = self.tutor.signs
        verdict = entry.verdict if entry is not None else ""
        style = ink.VERDICT_STYLES.get(verdict)
        mark = signs.mark(verdict) if verdict else " "
        name = word(verdict) if verdict else "not shown"
        parts: list[tuple[str, Style | None]] = [
            (f"{mark} {name:<14}", style),
            (f"{claim.tier.value}  ", ink.BOLD),
            (f"{claim.id:<16}", None),
        ]
        if entry is not None:
            version = "current" if entry.sha256 == sha256 else "older text"
            parts.append((f"{when(entry.at)}  {entry.sha256[:8]}  {version:<10}", None))
        else:
            parts.append((" " * 38, None))
        if width >= 120:
            shown = entry.observed if entry is not None else ""
            parts.append((f"  {shown or 'expected: ' + claim.signature}", ink.DIM))
        return ink.line(parts, signs).crop(0, width)


class About(StripView):
    """All that is known of the claim under the cursor."""

    can_focus = False
    key = ""

    def draw(self, width: int) -> list[Strip]:
        point_id, _, claim_id = self.key.partition("/")
        if not claim_id:
            return []
        if point_id == "chapter":
            return self._chapter(claim_id, width)
        point = COURSE.checkpoint(point_id)
        claim = point.claim(claim_id)
        entry = self.tutor.progress.evidence(point).get(claim_id)
        signs = self.tutor.signs
        strips = ink.paragraph(
            f"{claim.tier.value}  {claim.sentence}", width, signs, style=ink.BOLD
        )
        strips += ink.labelled("Expected", claim.signature, width, signs)
        if entry is None:
            return [*strips, *ink.labelled("Shown", "nothing yet", width, signs)]
        shown = entry.observed or word(entry.verdict)
        if entry.mistake:
            shown += f" (mistake: {entry.mistake})"
        strips += ink.labelled("Shown", shown, width, signs)
        told = f"{when(entry.at)}, on the file with SHA-256 {entry.sha256[:12]}"
        return [*strips, *ink.labelled("When", told, width, signs)]

    def _chapter(self, claim_id: str, width: int) -> list[Strip]:
        row = next(row for row in matrix(self.tutor.progress) if row.claim.id == claim_id)
        claim, signs = row.claim, self.tutor.signs
        strips = ink.paragraph(
            f"{claim.tier.value}  {claim.sentence}", width, signs, style=ink.BOLD
        )
        strips += ink.labelled("Method", claim.method, width, signs)
        if not row.showings:
            strips += ink.labelled("Expected", claim.signature, width, signs)
            sources = ", ".join(claim.shown_by)
            return [*strips, *ink.labelled("Shown", f"nothing yet; {sources} can", width, signs)]
        best = row.showings[0]
        strips += ink.labelled("Shown", best.observed, width, signs)
        whose = f"your file {best.own[:12]}" if best.own else "the reference's code"
        told = f"{when(best.at)}, by {best.source} on {whose}, tier {best.tier}"
        if not best.proves:
            told += f": a look, and the claim needs {claim.tier.value}"
        return [*strips, *ink.labelled("When", told, width, signs)]


class EvidenceScreen(TutorScreen):
    CSS_PATH = "evidence.tcss"
    place = "evidence"
    BINDINGS = keys.bindings("evidence", "everywhere")

    def __init__(self, checkpoint: Checkpoint | None = None) -> None:
        """checkpoint: whose claims to show first; the chapter's without one."""
        super().__init__()
        self.checkpoint = checkpoint

    def body(self) -> Iterable[StripView]:
        yield Matrix(id="matrix")
        yield Rule()
        yield About(id="about")

    def title_parts(self) -> tuple[str, str]:
        return "Evidence: what your own runs have shown", TIERS if self.size.width >= 120 else ""

    def whereabouts(self) -> str:
        return "evidence:"

    def on_mount(self) -> None:
        super().on_mount()
        matrix = self.query_one(Matrix)
        matrix.focus()
        if self.checkpoint is not None:
            # By way of the last one, so that all of them are in view.
            for claim in (self.checkpoint.claims[-1], self.checkpoint.claims[0]):
                self.call_after_refresh(matrix.go_to, f"{self.checkpoint.id}/{claim.id}")

    def draw_body(self) -> None:
        self.tutor.progress.refresh()
        matrix = self.query_one(Matrix)
        matrix.redraw()
        self._about(matrix.key)
        if self.size.width < 120:
            self.tell(TIERS, ink.DIM)

    def _about(self, key: str) -> None:
        about = self.query_one(About)
        about.key = key
        about.redraw()

    def on_rows_moved(self, message: Rows.Moved) -> None:
        self._about(message.key)

    def action_report(self) -> None:
        self.tutor.open_report()
