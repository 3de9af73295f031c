"""A process that runs a learner's code, seen from the trusted side: started, heard, outlived.

What it is asked, and what its answers mean, is its users' business: ``remote.py`` for a check's
subject, ``lab_keeper.py`` for a lab.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from tutor.runner import containment, deaths, family, wire
from tutor.runner.printed import Printed

NO_TIME = 3600.0  # a wait that has no limit yet
LOOK = 0.2  # seconds between two looks at how many processes there are, and how large


class ProcessGone(Exception):
    """The process ended, hung up or talks nonsense. kind and message are for the learner."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind, self.message = kind, message


class OutOfBounds(BaseException):
    """The code and what it started are too many or too large: end it all.

    No ``except Exception`` on its way may stop it. kind and message are for the learner.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind, self.message = kind, message


class Contained:
    """One process after the other, each with a line to us and its output on a pipe.

    entry: the module whose ``main(line, output, parent)`` the process runs. fork: fork it, else
    start it afresh. printed: gets what it prints. open_line: makes our end of the line.
    """

    def __init__(
        self,
        entry: ModuleType,
        *,
        fork: bool,
        printed: Printed,
        open_line: Callable[[int], wire.Line] = wire.Line,
    ) -> None:
        self._entry, self._fork, self._printed, self._open_line = entry, fork, printed, open_line
        self._output, self._output_end = os.pipe()
        os.set_blocking(self._output, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)
        self.line: wire.Line | None = None
        self.inbox: list[Any] = []
        self._pid = 0
        self._exit: int | None = None
        self._watch: int | None = None  # a descriptor that is readable when the process has ended
        self._look_at = 0.0
        self._usual = 0

    # --- its life -----------------------------------------------------------------------------

    def start(self) -> None:
        """Start the process; it has nothing of the learner's yet."""
        ours, theirs = socket.socketpair()
        self.line = self._open_line(ours.detach())
        self._exit, me = None, os.getpid()
        self._look_at = time.monotonic() + LOOK
        if self._fork:
            self._pid = os.fork()
            if self._pid == 0:
                self._entry.main(theirs.fileno(), self._output_end, me)
        else:
            numbers = (theirs.fileno(), self._output_end)
            command = [sys.executable, "-P", "-m", self._entry.__name__]
            process = subprocess.Popen(
                [*command, *map(str, (*numbers, me))], stdin=subprocess.DEVNULL, pass_fds=numbers
            )
            self._pid = process.pid
            process.returncode = 0  # we reap it ourselves
        theirs.close()
        self._selector.register(self.line.descriptor, selectors.EVENT_READ)
        self._usual = max(self._usual, family.memory(self._pid))
        self._watch = containment.watch(self._pid)
        if self._watch is not None:
            self._selector.register(self._watch, selectors.EVENT_READ)

    def let_go(self) -> None:
        """Forget the process. What is left of it ends with us."""
        self.inbox.clear()
        if self.line is not None:
            self._selector.unregister(self.line.descriptor)
            self.line.close()
            self.line = None
        if self._watch is not None:
            self._selector.unregister(self._watch)
            os.close(self._watch)
            self._watch = None

    def gone(self, patience: float = 0.2) -> ProcessGone:
        """End the process if it has not ended by itself, and say what it was."""
        status = self._status(patience)
        if status is None:
            os.kill(self._pid, signal.SIGKILL)
            self._status(NO_TIME)
            kind, message = "crash", deaths.HUNG_UP
        else:
            kind, message = deaths.told(status)
        self.hear()
        self.let_go()
        return ProcessGone(kind, message)

    def garbled(self) -> ProcessGone:
        """It said what is no message: end it."""
        return self.gone(patience=0.0)

    def _status(self, patience: float) -> int | None:
        """How the process ended; None if it runs on after ``patience`` seconds."""
        end = time.monotonic() + patience
        while self._exit is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._exit = status
                break
            left = end - time.monotonic()
            if left <= 0:
                return None
            with selectors.DefaultSelector() as selector:
                if self._watch is not None:
                    selector.register(self._watch, selectors.EVENT_READ)
                selector.select(left if self._watch is not None else min(left, 0.005))
        return self._exit

    # --- the line -----------------------------------------------------------------------------

    def listen(self, descriptor: int) -> None:
        """Let ``wait`` come back for this descriptor too."""
        self._selector.register(descriptor, selectors.EVENT_READ)

    def send(self, data: bytes) -> None:
        assert self.line is not None
        try:
            self.line.send(data)
        except OSError:
            raise self.gone() from None

    def wait(self, seconds: float) -> set[int]:
        """Wait until something happens, and take it in. Returns the descriptors to be read.

        Messages are in ``inbox`` then. ProcessGone when there will be no more. OutOfBounds when
        the process and its own have become too much.
        """
        assert self.line is not None
        seconds = min(seconds, LOOK if self._watch is not None else 0.05)
        seconds = max(0.0, self._printed.patience(seconds))
        ready = {key.fd for key, _ in self._selector.select(seconds)}
        self._look()
        if self._output in ready:
            self._hear_once()
        else:
            self._printed.flush()
        if self.line.descriptor in ready:
            try:
                messages = self.line.arrived()
            except (wire.Malformed, OSError):
                raise self.garbled() from None
            if messages is None:
                raise self.gone()
            self.inbox += messages
        elif self._ended(ready):
            raise self.gone()
        return ready

    def _look(self) -> None:
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK
        if (excess := family.excess(self._usual)) is not None:
            raise OutOfBounds(*excess)

    def _ended(self, ready: set[int]) -> bool:
        if self._watch is not None:
            return self._watch in ready
        return self._status(0.0) is not None

    # --- output -------------------------------------------------------------------------------

    def hear(self) -> None:
        """Take what was printed up to now, as much as a pipe may hold."""
        for _ in range(16):
            if not self._hear_once():
                return

    def _hear_once(self) -> bool:
        try:
            data = os.read(self._output, 1 << 16)
        except BlockingIOError:
            return False
        self._printed.feed(data)
        return bool(data)
