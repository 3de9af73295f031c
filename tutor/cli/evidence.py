"""``evidence``: the claims of the chapter, and what the learner's own runs have shown of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from tutor import evidence, marks
from tutor.cli.frame import command, emit, tell_notices
from tutor.cli.text import encoding, fields, say, wrapped
from tutor.progress import Progress
from tutor.workspace import Workspace

MARKS = {"shown": "passed", "weaker": "could-not-run", "not shown": "not-reached"}


@command("evidence")
def evidence_command(workspace: Path | None, as_json: bool) -> int:
    """The claims of the chapter, and what your own runs have shown of each."""
    progress = Progress(Workspace.find(workspace))
    rows = evidence.matrix(progress)
    if as_json:
        emit({"claims": [_object(row) for row in rows]})
        return 0
    signs = marks.signs(encoding())
    for row in rows:
        claim = row.claim
        lead = f"{signs.mark(MARKS[row.state])} {row.state:<10} {claim.tier.value} "
        say(wrapped(claim.sentence, lead))
        told = [("method", claim.method), ("look for", claim.signature)]
        told += [("shown", _shown(showing)) for showing in row.showings]
        if row.state != "shown":
            told.append(("show it", ", ".join(map(evidence.command_for, claim.shown_by))))
        say(fields(told, indent=4))
    say(
        wrapped(
            "T1 look, T2 change one thing and watch what follows, T3 match exactly. A look "
            "never proves a claim that needs T2 or T3."
        )
    )
    tell_notices(progress)
    return 0


def _shown(showing: evidence.Showing) -> str:
    day = datetime.fromtimestamp(showing.at).strftime("%Y-%m-%d %H:%M")
    whose = f"your file {showing.own[:8]}" if showing.own else "the reference's code"
    weak = "" if showing.proves else f" ({showing.tier} only: not of the tier it needs)"
    return f"{showing.observed} [{showing.source}, {day}, {whose}]{weak}"


def _object(row: evidence.MatrixRow) -> dict[str, object]:
    claim = msgspec.to_builtins(row.claim)
    return {**claim, "state": row.state, "showings": msgspec.to_builtins(row.showings)}
