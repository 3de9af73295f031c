"""The command ``cnntutor`` itself: its commands by name, its errors, its exit status.

0 passed (or done), 1 failed, 2 wrong usage, 3 could not run, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from tutor import __version__
from tutor.cli.text import OutputLost, degrade_gracefully

# Where each command is, so that none is imported before it is called.
COMMANDS = {
    "init": "files",
    "list": "course",
    "show": "show",
    "changes": "files",
    "check": "check",
    "hint": "course",
    "lab": "lab",
    "evidence": "evidence",
    "recall": "recall",
    "hunt": "hunt",
    "report": "report",
    "reset": "files",
    "settings": "settings",
    "status": "course",
    "doctor": "doctor",
    "data": "data",
    "kit": "kit",
    "author": "author",
}

PIPE_CLOSED = 141  # as if SIGPIPE had ended us, which is what the shell expects


class PipeClosed(Exception):
    """Whoever read our output has left."""


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"tutor.cli.{COMMANDS[cmd_name]}")
        return getattr(module, f"{cmd_name}_command")

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:  # click would end with 1, which means "failed"
            raise PipeClosed from error


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Your folder (default: the nearest workspace above the current one, else ~/cnntutor).",
)
@click.option("--slow", is_flag=True, help="For a slow line (by itself over SSH).")
@click.option(
    "--plain", is_flag=True, help="A dialogue of plain lines (by itself without a terminal)."
)
@click.version_option(__version__, prog_name="cnntutor", message="%(prog)s %(version)s")
@click.pass_context
def cnntutor(ctx: click.Context, workspace: Path | None, slow: bool, plain: bool) -> int | None:
    """A terminal tutor for convolutional networks, from flat pixels to ResNet34.

    Without a command it opens the tutor in the terminal.
    """
    ctx.obj = workspace
    asked = {name: "on" for name, wanted in (("slow", slow), ("plain", plain)) if wanted}
    return open_tutor(workspace, asked) if ctx.invoked_subcommand is None else None


def open_tutor(workspace: Path | None, asked: dict[str, str]) -> int:
    """The app, or the dialogue where no screen can be drawn. asked: settings of this start."""
    from tutor import paths, terminal
    from tutor.settings import SettingsFile

    settings = SettingsFile(paths.settings_file(), asked)
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty()  # Textual draws on the latter
    if terminal.is_plain(settings.settings, at_terminal, os.environ):
        from tutor.cli.plain import Plain
        from tutor.workspace import Workspace

        return Plain(Workspace.find(workspace), settings, run).run()
    terminal.prepare(settings.settings)
    from tutor.app.app import run as run_app

    return run_app(workspace, settings)


def drop_output() -> None:
    """What is still in the buffer must not raise once more when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit status; every error is one line on stderr."""
    degrade_gracefully(sys.stdout, sys.stderr)
    try:
        status = cnntutor.main(args=arguments, prog_name="cnntutor", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except (PipeClosed, BrokenPipeError):
        drop_output()
        return PIPE_CLOSED
    except OutputLost as error:
        drop_output()
        click.echo(f"cnntutor: {error.format_message()}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("cnntutor: interrupted", err=True)
        return 130
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "cnntutor"
        message = error.format_message().strip().rstrip(".")
        click.echo(f"cnntutor: {message}. See `{command} --help`.", err=True)
        return error.exit_code
    except click.ClickException as error:
        click.echo(f"cnntutor: {error.format_message()}", err=True)
        return error.exit_code
