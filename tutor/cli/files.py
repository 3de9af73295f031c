"""``init`` and ``reset``: the learner's files come and go, and nothing is lost."""

from __future__ import annotations

import time
from pathlib import Path

import click

from lessons.course import COURSE
from tutor.cli.frame import command, emit, existing, find_checkpoint, tell_notices
from tutor.cli.text import say
from tutor.progress import WasReset
from tutor.workspace import Workspace


@command("init")
@click.argument("directory", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
def init_command(directory: Path | None, workspace: Path | None, as_json: bool) -> int:
    """Make a workspace with a starter for every checkpoint. Existing files stay as they are."""
    place = Workspace.find(directory or workspace)
    written = place.create()
    if as_json:
        emit({"workspace": str(place.root), "written": [str(path) for path in written]})
        return 0
    say(f"Workspace {place.root}")
    for checkpoint in COURSE.checkpoints:
        path = place.file_of(checkpoint)
        what = "written" if path in written else "was there already, and stays as it is"
        say(f"  {path.name:<14} {what}")
    first = COURSE.checkpoints[0].id
    say(f"Next: cd {place.root}, then `cnntutor`, or `cnntutor show {first}` for plain lines.")
    return 0


@command("reset")
@click.argument("name")
def reset_command(name: str, workspace: Path | None, as_json: bool) -> int:
    """Put the starter back in place of your file, of which a copy is kept."""
    checkpoint = find_checkpoint(name)
    place, progress = existing(workspace)
    kept = place.reset(checkpoint)
    entry = WasReset(checkpoint=checkpoint.id, at=time.time(), kept=str(kept) if kept else "")
    progress.add(entry)
    path = place.file_of(checkpoint)
    if as_json:
        emit({"checkpoint": checkpoint.id, "file": str(path), "kept": str(kept) if kept else None})
    else:
        say(f"{path} is the starter again.")
        say(f"Your file is kept as {kept}" if kept else "There was no file of yours to keep.")
    tell_notices(progress)
    return 0
