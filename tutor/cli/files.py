"""``init`` and ``reset``: the learner's files come and go, and nothing is lost."""

from __future__ import annotations

import time
from pathlib import Path

import click

from lessons.course import COURSE
from tutor.cli.frame import command, emit, existing, find_checkpoint, tell_notices
from tutor.cli.text import say, wrapped
from tutor.progress import WasReset
from tutor.upgrade import Change, changed, changes
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


@command("changes")
@click.argument("name", required=False)
@click.option("--seen", is_flag=True, help="Say no more of these changes.")
def changes_command(name: str | None, seen: bool, workspace: Path | None, as_json: bool) -> int:
    """What a newer course changed in the starters, beside your files, which stay as they are."""
    place, progress = existing(workspace)
    chosen = [find_checkpoint(name)] if name else changed(place)
    found = {checkpoint: changes(place, checkpoint) for checkpoint in chosen}
    if as_json:
        emit({"changes": {c.id: [it._asdict() for it in each] for c, each in found.items()}})
    elif not any(found.values()):
        say("The starters are those that your files began with.")
    for checkpoint, each in found.items():
        if each and not as_json:
            _say_changes(place.file_of(checkpoint), checkpoint.id, each)
        if seen:
            place.note_starter(checkpoint)
    tell_notices(progress)
    return 0


def _say_changes(path: Path, name: str, each: list[Change]) -> None:
    places = "one place" if len(each) == 1 else f"{len(each)} places"
    say(f"{path.name}: the starter changed in {places}. Your file was not touched.")
    for change in each:
        say()
        at = f", line {change.line}" if change.line else ""
        where = {
            "the old text": f"Your file has the old text{at}.",
            "the new text": f"Your file has the new text already{at}.",
            "neither": "Your file has a text of your own there.",
        }
        say(wrapped(where[change.yours], "  "))
        for sign, lines in (("-", change.was), ("+", change.now)):
            for line in lines:
                say(f"    {sign} {line}".rstrip())
    say()
    say(wrapped(f"Take over by hand what you want, then: cnntutor changes {name} --seen"))
