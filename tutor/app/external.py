"""The learner's own editor: ``$VISUAL``, then ``$EDITOR``, with whatever arguments they hold."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

NARROWEST = 80


class EditorError(Exception):
    """The editor could not be opened; ``str()`` says why and what to do."""


def command(setting: str = "", environ: Mapping[str, str] | None = None) -> list[str]:
    """The editor's command line. EditorError when none is set or it can't be read.

    setting: what the settings name; it goes before the environment's.
    """
    environ = os.environ if environ is None else environ
    wanted = {"The setting editor": setting}
    wanted |= {f"${name}": environ.get(name, "") for name in ("VISUAL", "EDITOR")}
    for name, value in wanted.items():
        if not value.strip():
            continue
        try:
            return shlex.split(value)
        except ValueError as error:
            raise EditorError(f"{name} can't be read ({error}): {value}") from error
    raise EditorError(
        "Neither $VISUAL nor $EDITOR is set. Press 2 for the built-in editor, or start again "
        "with, say, EDITOR=nano."
    )


def in_tmux(environ: Mapping[str, str] | None = None) -> bool:
    return bool((os.environ if environ is None else environ).get("TMUX"))


def split_command(editor: list[str], path: Path, width: int, height: int) -> list[str]:
    """Open the editor beside the tutor where both get a full screen, else below it."""
    beside = width > 2 * NARROWEST
    direction = "-h" if beside else "-v"
    shell = shlex.join([*editor, str(path)])
    return ["tmux", "split-window", direction, "-c", str(path.parent), shell]


def split(editor: list[str], path: Path, width: int, height: int) -> None:
    """Ask tmux for the split; EditorError when it refuses."""
    asked = split_command(editor, path, width, height)
    try:
        done = subprocess.run(
            asked, check=False, capture_output=True, text=True, timeout=5, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EditorError(f"tmux can't be asked for a split: {error}") from error
    if done.returncode:
        raise EditorError(f"tmux made no split: {done.stderr.strip() or done.returncode}")


def run(editor: list[str], path: Path) -> None:
    """Run the editor in this terminal until it ends; EditorError when it fails."""
    try:
        done = subprocess.run([*editor, str(path)], check=False)
    except OSError as error:
        raise EditorError(f"{editor[0]} can't be started: {error.strerror}.") from error
    if done.returncode:
        raise EditorError(f"{editor[0]} ended with status {done.returncode}.")
