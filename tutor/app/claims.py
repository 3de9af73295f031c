"""The claims with their verdicts, and beside them all there is to say about one."""

from __future__ import annotations

from rich.style import Style
from textual.strip import Strip

from lessons import anchors
from lessons.declare import Checkpoint, Claim
from tutor.app import ink, keys, losscurve
from tutor.app.checkrun import CheckRun, ClaimView
from tutor.app.rows import Row, Rows
from tutor.app.strips import StripView
from tutor.marks import Signs, word

COLUMN = 16  # mark and word
RUNNING = Style(color="cyan", bold=True)


def state_words(view: ClaimView, stale: bool, signs: Signs) -> tuple[str, Style | None]:
    """Mark and word of a claim's state. A verdict of another text is called stale."""
    if view.state == "running":
        return "> running", RUNNING
    if view.state == "waiting":
        return "  waiting", ink.DIM
    if not view.judged:
        return "  not checked", ink.DIM
    if stale:
        return f"~ stale {signs.mark(view.state)}", ink.DIM
    return f"{signs.mark(view.state)} {word(view.state)}", ink.VERDICT_STYLES.get(view.state)


class ClaimRows(Rows):
    """The claims in order. The cursor follows the check until the learner moves it."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(id="claim-rows")
        self.checkpoint = checkpoint
        self.run: CheckRun | None = None
        self.stale = False
        self.follows = True

    def rows(self, width: int) -> list[Row]:
        return [Row(claim.id, self._lines(claim, width)) for claim in self.checkpoint.claims]

    def _lines(self, claim: Claim, width: int) -> tuple[Strip, ...]:
        signs = self.tutor.signs
        view = self.run.claims.get(claim.id) if self.run is not None else None
        words, style = state_words(view or ClaimView(), self.stale, signs)
        text = f"{claim.tier.value} {claim.sentence}"
        body = ink.paragraph(text, width, signs, indent=COLUMN)
        head = ink.line([(words.ljust(COLUMN), style)], signs)
        first = Strip.join([head, body[0].crop(COLUMN)])
        rest = [
            Strip.join([ink.line([("   ", None)], signs), strip]).crop(0, width)
            for strip in body[1:]
        ]
        return (first, *rest)

    def draw(self, width: int) -> list[Strip]:
        strips = super().draw(width)
        height = len(strips)
        most = max(4, (self.screen.size.height - 4) * 3 // 5)
        self.set_height(min(height, most))
        return strips

    def follow(self) -> None:
        """Put the cursor where the learner would look now."""
        if not self.follows or self.run is None:
            return
        current = self.run.current
        trains = bool(current) and self.checkpoint.claim(current).trains
        target = current if trains else self.run.first_failed
        if not target and self.run.outcome == "passed":
            target = next((name for name in reversed(list(self.run.losses))), "")
        if target:
            self.go_to(target)

    def _step(self, step: int) -> None:
        self.follows = False
        super()._step(step)

    def action_page(self, step: int) -> None:
        """Pages are turned in the text below: the list is short, the text may not be."""
        for detail in self.screen.query(Detail):
            detail.action_page(step)


class Detail(StripView):
    """The claim under the cursor: what was seen, what is wrong with it, and where to mend it."""

    can_focus = False

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(id="detail")
        self.checkpoint = checkpoint
        self.run: CheckRun | None = None
        self.key = ""
        self.stale = False

    def show_claim(self, key: str) -> None:
        if key != self.key:
            self.key = key
            self.top = 0
        self.redraw()

    def draw(self, width: int) -> list[Strip]:
        if self.run is None or not self.key:
            return []
        view = self.run.claims.get(self.key, ClaimView())
        series = self.run.losses.get(self.key)
        if series is not None and view.state in ("running", "passed"):
            seen = self._seen(view, width)
            room = max(6, self.size.height - len(seen))
            return [*losscurve.draw(series, width, room, self.tutor.signs), *seen]
        strips: list[Strip] = []
        if self.run.error and not view.judged:
            strips += self._error(width)
        strips += self._verdict(view, width)
        if series is not None:
            strips += [ink.blank(), *losscurve.draw(series, width, 12, self.tutor.signs)]
        return strips

    def _error(self, width: int) -> list[Strip]:
        assert self.run is not None
        signs = self.tutor.signs
        kind = self.run.error_kind.replace("-", " ")
        head = ink.paragraph(
            f"{signs.mark('could-not-run')} could not run: {kind}",
            width,
            signs,
            style=ink.VERDICT_STYLES["could-not-run"],
        )
        return [*head, *ink.paragraph(self.run.error, width, signs), ink.blank()]

    def _verdict(self, view: ClaimView, width: int) -> list[Strip]:
        signs = self.tutor.signs
        claim = self.checkpoint.claim(self.key)
        verdict = view.verdict
        strips: list[Strip] = []
        if self.stale and view.judged:
            told = (
                "Stale: the text has changed since this was judged. "
                f"{keys.name('checkpoint.check')} checks it again."
            )
            strips += ink.paragraph(told, width, signs, style=ink.WARNING)
        if verdict is None or not view.judged:
            strips += ink.labelled("Expected", claim.signature, width, signs)
            if claim.needs:
                strips += ink.labelled("Needs", ", ".join(claim.needs), width, signs)
            return strips
        if verdict.diagnosis:
            style = ink.VERDICT_STYLES.get(view.state)
            strips += ink.paragraph(verdict.diagnosis, width, signs, style=style)
        if verdict.repair:
            key = keys.name("checkpoint.board")
            told = f"press {key} for the board: {repair_heading(verdict.repair)}"
            strips += ink.labelled("Repair", told, width, signs, style=ink.ACCENT)
        strips += self._seen(view, width)
        strips += ink.labelled("Expected", verdict.expected or claim.signature, width, signs)
        if verdict.why:
            strips += ink.labelled("Why", verdict.why, width, signs)
        if view.earlier and view.state != "passed":
            told = f"Seen in an earlier session. {keys.name('checkpoint.check')} checks again."
            strips += ink.paragraph(told, width, signs)
        return strips

    def _seen(self, view: ClaimView, width: int) -> list[Strip]:
        if view.verdict is None or not view.verdict.observed:
            return []
        return ink.labelled("Seen", view.verdict.observed, width, self.tutor.signs)


def repair_heading(link: str) -> str:
    """The heading that a repair link leads to, or the link itself if it leads nowhere."""
    try:
        return anchors.find(link).heading or link
    except LookupError:
        return link
