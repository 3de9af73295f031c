"""A checkpoint in one line: what was found and of which text, or what goes on."""

from __future__ import annotations

from rich.style import Style

from lessons.declare import Checkpoint
from tutor.app import ink, keys
from tutor.app.checkrun import CheckRun
from tutor.marks import Signs, word


def status(
    checkpoint: Checkpoint, run: CheckRun, signs: Signs, *, stale: bool, dirty: bool, key: str
) -> tuple[str, Style | None]:
    """The line and its style. key: what checks from where the learner is now."""
    count = len(checkpoint.claims)
    if run.running:
        judged = sum(view.judged for view in run.claims.values())
        claim = checkpoint.claim(run.current).sentence if run.current else "starting"
        return f"checking {min(judged + 1, count)} of {count}: {claim}", ink.ACCENT
    if stale:
        how = f"{keys.name('editor.save')} saves and checks." if dirty else f"{key} checks."
        return f"~ stale: the text has changed since the last check. {how}", ink.WARNING
    if run.outcome == "could-not-run":
        lines = run.error.strip().splitlines()
        told = f"{signs.mark(run.outcome)} could not run: {lines[-1] if lines else ''}"
        return told, ink.VERDICT_STYLES[run.outcome]
    if run.outcome:
        told = f"{signs.mark(run.outcome)} {word(run.outcome)}: "
        told += f"{run.passed} of {count} claims passed in {run.seconds:.1f} s"
        if run.outcome == "passed":
            told += f". {keys.name('checkpoint.onward')} goes on."
        return told, ink.VERDICT_STYLES.get(run.outcome)
    if any(view.judged for view in run.claims.values()):
        return f"{run.passed} of {count} claims passed by this text, in an earlier session", None
    return f"not checked yet: {key} checks", None
