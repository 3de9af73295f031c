"""Where the learner was, so that the next start opens there.

A few words in ``.cnntutor/place.json``, replaced whole at each change of screen. It is a
convenience: a file that is gone or spoilt means home, and nothing else hangs on it.
"""

from __future__ import annotations

import os

import msgspec

from tutor.workspace import Workspace
from tutor.writing import write_beside


class Place(msgspec.Struct, frozen=True):
    """screens: from home outwards, each as ``kind:name`` and, where it has one, ``@detail``."""

    screens: tuple[str, ...] = ()


def load(workspace: Workspace) -> tuple[str, ...]:
    """The screens above home, the innermost last; () when there is no telling."""
    try:
        data = (workspace.state / "place.json").read_bytes()
        return msgspec.json.decode(data, type=Place).screens
    except (OSError, msgspec.DecodeError):
        return ()


def save(workspace: Workspace, screens: tuple[str, ...]) -> str:
    """Write the place down; "" or why it could not be."""
    path = workspace.state / "place.json"
    try:
        os.replace(write_beside(path, msgspec.json.encode(Place(screens)), 0o600), path)
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""
