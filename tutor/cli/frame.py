"""What the commands share: their options, finding a checkpoint, and saying that it can't be."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lessons.course import COURSE
from lessons.declare import Checkpoint
from tutor.cli.text import say
from tutor.progress import Progress
from tutor.workspace import Workspace, WorkspaceError


class CouldNotRun(click.ClickException):
    """The command could not do its work; the message says why and what to do."""

    exit_code = 3


def command(name: str, *, workspace: bool = True) -> Callable[[Callable[..., int]], click.Command]:
    """A command with ``--workspace`` (unless it needs none) and ``--json``.

    A WorkspaceError becomes one line on stderr and exit status 3, with ``--json`` an object too.
    """

    def wrap(function: Callable[..., int]) -> click.Command:
        @functools.wraps(function)
        @click.pass_context
        def guarded(ctx: click.Context, /, **options: Any) -> int:
            if workspace:
                options["workspace"] = options["workspace"] or ctx.find_object(Path)
            try:
                return function(**options)
            except WorkspaceError as error:
                if options["as_json"]:
                    emit({"error": {"kind": error.kind, "message": str(error)}})
                raise CouldNotRun(str(error)) from error

        result = click.command(name)(guarded)
        result.params.append(
            click.Option(["--json", "as_json"], is_flag=True, help="Print JSON, for programs.")
        )
        if workspace:
            result.params.append(
                click.Option(
                    ["--workspace"],
                    type=click.Path(path_type=Path),
                    metavar="DIR",
                    help="Your folder (default: the nearest above, else ~/cnntutor).",
                )
            )
        return result

    return wrap


def find_checkpoint(name: str) -> Checkpoint:
    """The checkpoint of that name, which may also be its file's."""
    try:
        return COURSE.checkpoint(name.removesuffix(".py"))
    except KeyError as error:
        raise click.UsageError(str(error.args[0])) from error


def existing(directory: Path | None) -> tuple[Workspace, Progress]:
    """The workspace and its progress, for a command that makes no sense without one."""
    workspace = Workspace.find(directory)
    if not workspace.exists():
        raise WorkspaceError(
            f"There is no workspace at {workspace.root}. Make it with `cnntutor init`, or name "
            "another with --workspace DIR.",
            "no-workspace",
        )
    return workspace, Progress(workspace)


def emit(value: object) -> None:
    """One JSON document on stdout, readable in every encoding."""
    say(json.dumps(value, indent=2))


def tell_notices(progress: Progress) -> None:
    """What the learner must know about their progress files, on stderr."""
    for notice in progress.notices:
        click.echo(f"cnntutor: {notice}", err=True)
