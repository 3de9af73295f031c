"""``report``: what you have shown, what is missing, and the score."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from tutor import marks
from tutor.cli.frame import command, emit, tell_notices
from tutor.cli.text import encoding, say, wrapped
from tutor.progress import Progress
from tutor.report import report
from tutor.report_text import Line, lines, markdown
from tutor.workspace import Workspace


@command("report")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print a Markdown document.")
def report_command(as_markdown: bool, workspace: Path | None, as_json: bool) -> int:
    """What you have shown, move by move, what is missing, and a score out of 100.

    Exit status: 0 nothing is missing (SHIP), 1 something is, 2 wrong usage, 3 could not run.
    """
    if as_markdown and as_json:
        raise click.UsageError("--markdown and --json don't go together")
    progress = Progress(Workspace.find(workspace))
    found = report(progress)
    if as_json:
        emit(msgspec.to_builtins(found))
    elif as_markdown:
        say(markdown(found))
    else:
        for line in lines(found):
            say(_told(line))
    tell_notices(progress)
    return 0 if found.ship else 1


def _told(line: Line) -> str:
    if not line.text:
        return ""
    lead = "    " * line.level
    if line.verdict:
        lead += f"{marks.signs(encoding()).mark(line.verdict)} "
    return wrapped(line.text, lead)
