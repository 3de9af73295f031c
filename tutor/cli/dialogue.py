"""Whether a dialogue goes on, and what its commands share then: one worker, numbers for pictures.

A command asks here instead of looking at the terminal itself, so the same functions serve the
command line, where each call stands alone, and the dialogue of ``plain.py``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutor.runner.client import Client


class _State:
    open = False
    client: Client | None = None


_state = _State()


def is_open() -> bool:
    return _state.open


def answers() -> bool:
    """Whether somebody answers what is asked: at a terminal, or in a dialogue."""
    return _state.open or (sys.stdin.isatty() and sys.stdout.isatty())


@contextmanager
def begin() -> Iterator[None]:
    """Commands called inside are part of a dialogue."""
    _state.open = True
    try:
        yield
    finally:
        _state.open = False
        client, _state.client = _state.client, None
        if client is not None:
            client.close()


def warm() -> None:
    """Start the dialogue's worker, so that a first check need not wait for it."""
    with worker() as client:
        try:
            client.start()
        except OSError:
            return  # the first check or lab says so, with what to do


@contextmanager
def worker() -> Iterator[Client]:
    """A worker: for this command alone, or in a dialogue the one that stays warm."""
    from tutor.runner.client import Client

    if not _state.open:
        with Client() as client:
            yield client
        return
    if _state.client is None:
        _state.client = Client()
    yield _state.client
