"""Every path that the tutor makes, in one place. Nothing here touches the disk.

A workspace is the learner's folder: their ``.py`` files, and ``.cnntutor/`` with the rest.
"""

from __future__ import annotations

from pathlib import Path

STATE = ".cnntutor"


def home_workspace() -> Path | None:
    """Where a workspace lies when nobody says otherwise; None when there is no telling the home."""
    try:
        return Path.home() / "cnntutor"
    except RuntimeError:  # no HOME, and a user id that the system doesn't know
        return None


def settings_file() -> Path | None:
    """The settings of this person on this machine; None when there is no telling the home."""
    import platformdirs

    try:
        return platformdirs.user_config_path("cnntutor") / "settings.toml"
    except RuntimeError:
        return None


def state_folder(root: Path) -> Path:
    return root / STATE


def progress_folder(root: Path) -> Path:
    return root / STATE / "progress"


def corrupt_folder(root: Path) -> Path:
    """Where progress files go that hold something else than progress."""
    return progress_folder(root) / "corrupt"


def kept_folder(root: Path) -> Path:
    """Where a reset puts the learner's file."""
    return root / STATE / "kept"


def starters_folder(root: Path) -> Path:
    """The starter that each of the learner's files began with."""
    return root / STATE / "starters"


def worker_log(root: Path) -> Path:
    """Where the worker writes what it has to say to whoever maintains it."""
    return root / STATE / "worker.log"
