"""Tells at once when a file in a folder was saved, where the system can; nobody polls for it.

Linux's inotify sees what is written on this machine, on a network file system too, and a file
only when its writer is done with it. What another machine writes it does not see, so whoever
uses this still looks at the file now and then.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

_CLOSE_WRITE, _MOVED_TO, _DELETE = 0x08, 0x80, 0x200


class FolderWatch:
    """Calls ``noticed`` in the running event loop after each change in the folder, until closed."""

    def __init__(self, folder: Path, noticed: Callable[[], None]) -> None:
        self._noticed = noticed
        self._descriptor = _watching(folder)
        if self._descriptor is not None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        assert self._descriptor is not None
        os.read(self._descriptor, 1 << 16)  # what it was is found out by looking
        self._noticed()

    def close(self) -> None:
        if self._descriptor is not None:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None


def _watching(folder: Path) -> int | None:
    """A descriptor that is readable after a change in the folder; None where there is none."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0:
        return None  # the user has as many as they may
    changes = _CLOSE_WRITE | _MOVED_TO | _DELETE
    if libc.inotify_add_watch(descriptor, os.fsencode(folder), changes) < 0:
        os.close(descriptor)
        return None
    return int(descriptor)
