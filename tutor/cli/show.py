"""``show``: a checkpoint's task and claims, a move's board, or one section of it."""

from __future__ import annotations

from pathlib import Path

import click

from lessons.course import COURSE
from lessons.declare import Checkpoint, Claim, Move, board_path
from tutor import marks
from tutor.cli.course import moment
from tutor.cli.frame import command, emit, find_checkpoint, tell_notices
from tutor.cli.text import encoding, fields, markdown, say, wrapped
from tutor.progress import ClaimShown, Progress
from tutor.workspace import Workspace


@command("show")
@click.argument("name", metavar="NAME")
def show_command(name: str, workspace: Path | None, as_json: bool) -> int:
    """A checkpoint's task and claims, a move's board, or a section of it (MOVE#SECTION).

    `cnntutor show cards`: the six cards, one for each thing to carry away.
    """
    if name == "cards":
        return _show_cards(as_json)
    move = next((move for move in COURSE.parts if move.id == name.partition("#")[0]), None)
    if move is not None:
        return _show_board(move, name, as_json)
    if "#" in name:
        known = ", ".join(move.id for move in COURSE.parts)
        raise click.UsageError(f"no move '{name.partition('#')[0]}'; there are: {known}")
    checkpoint = find_checkpoint(name)
    place = Workspace.find(workspace)
    progress = Progress(place)
    if as_json:
        emit(_object(place, progress, checkpoint))
        return 0
    _print(place, progress, checkpoint)
    tell_notices(progress)
    return 0


def _show_board(move: Move, link: str, as_json: bool) -> int:
    """The whole board, or the section that the link names."""
    from lessons import anchors

    anchor = link.partition("#")[2]
    if anchor:
        try:
            found = anchors.find(link)
        except LookupError as error:
            raise click.UsageError(str(error.args[0])) from error
        parts = anchors.parts(found.board.read_text(encoding="utf-8"))
        texts = [part.text for part in parts if part.slug == anchor]
    else:
        paths = [board_path(move.id, board) for board in move.boards]
        texts = [path.read_text(encoding="utf-8") for path in paths]
        if not texts:
            raise click.UsageError(f"the move '{move.id}' has no board yet")
    if as_json:
        emit({"link": link, "markdown": "\n\n".join(texts)})
    else:
        say("\n\n".join(markdown(text) for text in texts))
    return 0


def _show_cards(as_json: bool) -> int:
    from lessons import anchors

    found = {
        f"{move.id}#{card.slug}": card.text
        for move in COURSE.moves
        for card in anchors.cards(move.id)
    }
    if as_json:
        emit({"cards": [{"link": link, "markdown": text} for link, text in found.items()]})
    else:
        say("\n\n".join(markdown(text) for text in found.values()))
    return 0


def _object(place: Workspace, progress: Progress, checkpoint: Checkpoint) -> dict[str, object]:
    evidence = progress.evidence(checkpoint)
    claims = []
    for claim in checkpoint.claims:
        entry = evidence.get(claim.id)
        claims.append(
            {
                "id": claim.id,
                "sentence": claim.sentence,
                "tier": claim.tier.value,
                "signature": claim.signature,
                "needs": list(claim.needs),
                "shown": None
                if entry is None
                else {
                    "verdict": entry.verdict,
                    "observed": entry.observed,
                    "at": entry.at,
                    "sha256": entry.sha256,
                },
            }
        )
    return {
        "checkpoint": checkpoint.id,
        "title": checkpoint.title,
        "move": COURSE.move_of(checkpoint.id).id,
        "file": str(place.file_of(checkpoint)),
        "state": progress.state(checkpoint),
        "task": checkpoint.task,
        "claims": claims,
        "hints": len(checkpoint.hints),
        "hints_taken": progress.hints_taken(checkpoint),
    }


def _print(place: Workspace, progress: Progress, checkpoint: Checkpoint) -> None:
    move = COURSE.move_of(checkpoint.id)
    say(f"{checkpoint.id}: {checkpoint.title}")
    rows = [
        ("appendix", f"{move.title}, never required")
        if move in COURSE.appendix
        else ("move", f"{COURSE.number(move)}, {move.title}"),
        ("file", str(place.file_of(checkpoint))),
        ("state", progress.state(checkpoint)),
    ]
    if move.boards:
        rows.append(("read first", f"cnntutor show {move.id}"))
    say(fields(rows))
    say()
    say(markdown(checkpoint.task))
    say()
    say("Claims")
    evidence = progress.evidence(checkpoint)
    for claim in checkpoint.claims:
        _print_claim(claim, evidence.get(claim.id))
    say()
    say(
        fields(
            [
                ("check", f"cnntutor check {checkpoint.id}"),
                ("hints", f"cnntutor hint {checkpoint.id} ({len(checkpoint.hints)} in all)"),
            ]
        )
    )


def _print_claim(claim: Claim, entry: ClaimShown | None) -> None:
    sign = marks.signs(encoding()).mark(entry.verdict if entry else "not-reached")
    say(wrapped(claim.sentence, f"  {sign} "))
    if entry is None:
        shown = "nothing yet"
    else:
        shown = f"{marks.word(entry.verdict)}, file version {entry.sha256[:8]}, {moment(entry.at)}"
    rows = [
        ("id", f"{claim.id} ({claim.tier.value}, {claim.tier.word})"),
        ("look for", claim.signature),
        ("shown", shown),
    ]
    say(fields(rows, indent=6))
