"""Unsaved text, kept in ``.cnntutor/drafts`` so that leaving, a crash or a lost line costs nothing.

A draft's name tells the file it belongs to, the version it was begun on and the app that wrote
it: ``mlp.1a2b3c4d5e6f.4711.py``. Its content is the text alone, so it can be rescued by hand.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import NamedTuple

from lessons.declare import Checkpoint
from tutor import paths
from tutor.workspace import Workspace


class Draft(NamedTuple):
    path: Path
    base: str  # the first 12 digits of the SHA-256 of the file's text it was begun on
    text: str
    at: float


def folder(workspace: Workspace) -> Path:
    return workspace.state / "drafts"


def keep(workspace: Workspace, checkpoint: Checkpoint, base: str, text: str) -> Path:
    """Write the draft; OSError when it can't be written."""
    here = folder(workspace)
    here.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = here / f"{checkpoint.id}.{base[:12]}.{os.getpid()}.py"
    _write(path, text)
    for other in here.glob(f"{checkpoint.id}.*.{os.getpid()}.py"):
        if other != path:
            other.unlink(missing_ok=True)
    return path


def newest(workspace: Workspace, checkpoint: Checkpoint) -> Draft | None:
    """The draft written last, by this app or another; None if there is none that can be read."""
    found = []
    for path in folder(workspace).glob(f"{checkpoint.id}.*.*.py"):
        parts = path.name.split(".")
        if len(parts) != 4:
            continue
        try:
            data = path.read_bytes()
            found.append(Draft(path, parts[1], data.decode("utf-8"), path.stat().st_mtime))
        except (OSError, UnicodeDecodeError):
            continue  # it stays where it is; a draft is only ever removed once its text is safe
    return max(found, key=lambda draft: draft.at, default=None)


def drop(workspace: Workspace, checkpoint: Checkpoint, *adopted: Path) -> None:
    """Remove this app's draft and those it took over: their text is in the file now."""
    own = folder(workspace).glob(f"{checkpoint.id}.*.{os.getpid()}.py")
    for path in {*own, *adopted}:
        path.unlink(missing_ok=True)


def keep_aside(workspace: Workspace, checkpoint: Checkpoint, text: str) -> Path:
    """Put a text where resets keep their copies; OSError when that can't be written."""
    here = paths.kept_folder(workspace.root)
    here.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    path = here / f"{checkpoint.id}-{time.strftime('%Y%m%d-%H%M%S')}-{digest}.py"
    _write(path, text)
    return path


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        with open(part, "wb") as file:
            file.write(text.encode("utf-8", "surrogatepass"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
