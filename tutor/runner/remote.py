"""The judge's handle on the subject's process: starts it, asks it, hears it, outlives it."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from typing import Any

from lessons.subject import SubjectDied
from lessons.workbench import LearnerError
from tutor.runner import answers, containment, deaths, subject_process, wire
from tutor.runner.loading import Unloadable
from tutor.runner.printed import Printed

_NO_TIME = 3600.0  # a wait that has no limit yet


class TimeIsUp(BaseException):
    """The check's time limit passed. No ``except Exception`` on its way may stop it."""


class RemoteSubject:
    """Answers requests as ``lessons.subject.Answerer`` says, from a process of its own.

    When that process dies, the request raises ``SubjectDied`` and the next one starts another.

    fork: fork the process, else start it afresh. printed: gets what the code prints.
    """

    def __init__(self, *, fork: bool, printed: Printed) -> None:
        self._fork, self._printed = fork, printed
        self._output, self._output_end = os.pipe()
        os.set_blocking(self._output, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)
        self._order: dict[str, Any] = {}
        self._deadline = time.monotonic() + _NO_TIME
        self._line: wire.Line | None = None
        self._inbox: list[list[Any]] = []
        self._pid = 0
        self._exit: int | None = None
        self._watch: int | None = None  # a descriptor that is readable when the process has ended

    # --- the life of the process --------------------------------------------------------------

    def start(self) -> None:
        """Start the process; it has nothing of the learner's yet."""
        ours, theirs = socket.socketpair()
        self._line = wire.Line(ours.detach())
        self._exit, me = None, os.getpid()
        if self._fork:
            self._pid = os.fork()
            if self._pid == 0:
                subject_process.main(theirs.fileno(), self._output_end, me)
        else:
            numbers = (theirs.fileno(), self._output_end)
            command = [sys.executable, "-P", "-m", "tutor.runner.subject_process"]
            process = subprocess.Popen(
                [*command, *map(str, (*numbers, me))], stdin=subprocess.DEVNULL, pass_fds=numbers
            )
            self._pid = process.pid
            process.returncode = 0  # we reap it ourselves
        theirs.close()
        self._selector.register(self._line.descriptor, selectors.EVENT_READ)
        self._watch = containment.watch(self._pid)
        if self._watch is not None:
            self._selector.register(self._watch, selectors.EVENT_READ)

    def load(self, order: dict[str, Any], seconds: float, started: Callable[[], None]) -> None:
        """Have the process load the learner's file. Unloadable if it can't be.

        seconds: the check's limit; it counts from here on, and ``started`` is told.
        """
        if self._line is None:
            self.start()
        self._expect({"here"})
        self._order = order
        started()
        self._deadline = time.monotonic() + seconds
        self._load()

    @property
    def seconds_left(self) -> float:
        """Seconds until the check's limit."""
        return self._deadline - time.monotonic()

    def another(self) -> RemoteSubject:
        """One of the same kind, with nothing loaded, whose output nobody hears."""
        return RemoteSubject(fork=self._fork, printed=Printed(lambda text: None))

    def _load(self) -> None:
        left = self._deadline - time.monotonic()
        self._send("load", {**self._order, "seconds": left})
        answer = self._expect({"loaded", "unloadable"})
        if answer[0] == "unloadable":
            kind, message = _texts(answer[1:], 2)
            if kind not in ("syntax-error", "memory"):
                kind = "import-error"
            self._let_go()
            raise Unloadable(kind, message)

    def _restart(self) -> None:
        self.start()
        self._expect({"here"})
        try:
            self._load()
        except Unloadable as error:
            raise SubjectDied("crash", f"loaded a second time, it fails: {error.message}") from None

    def _let_go(self) -> None:
        """Forget the process. What is left of it ends with the check."""
        self._inbox.clear()
        if self._line is not None:
            self._selector.unregister(self._line.descriptor)
            self._line.close()
            self._line = None
        if self._watch is not None:
            self._selector.unregister(self._watch)
            os.close(self._watch)
            self._watch = None

    def _gone(self, patience: float = 0.2) -> SubjectDied:
        """The process ended, hung up or talks nonsense: end it, and say what it was."""
        status = self._status(patience)
        if status is None:
            os.kill(self._pid, signal.SIGKILL)
            self._status(_NO_TIME)
            kind, message = "crash", deaths.HUNG_UP
        else:
            kind, message = deaths.told(status)
        self.hear()
        self._let_go()
        return SubjectDied(kind, message)

    def _garbled(self) -> SubjectDied:
        return self._gone(patience=0.0)

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

    # --- requests -----------------------------------------------------------------------------

    def __call__(
        self, request: str, arguments: dict[str, Any], on_step: Callable[[Any], None] | None = None
    ) -> Any:
        if self._line is None:
            self._restart()
        self._send("ask", request, arguments, on_step is not None)
        while True:
            word, *parts = self._expect({"answer", "step", "error"})
            if word == "error":
                raise LearnerError(*_texts(parts, 3))
            if len(parts) != 1:
                raise self._garbled()
            if word == "answer":
                if not answers.fits(request, parts[0]):
                    raise self._garbled()
                return parts[0]
            if on_step is None or not answers.is_step(parts[0]):
                raise self._garbled()
            self._step(on_step, parts[0])

    def _step(self, on_step: Callable[[Any], None], seen: Any) -> None:
        try:
            on_step(seen)
        except BaseException:
            self._let_go()  # it goes on training; nobody would listen
            raise

    def _send(self, *message: Any) -> None:
        assert self._line is not None
        data = wire.pack(*message)
        if self._inbox:  # it spoke without being asked
            raise self._garbled()
        try:
            self._line.send(data)
        except OSError:
            raise self._gone() from None

    def _expect(self, words: Collection[str]) -> list[Any]:
        """The next message, which must begin with one of ``words``; output is heard meanwhile."""
        while not self._inbox:
            self._wait()
        message = self._inbox.pop(0)
        if message[0] not in words:
            raise self._garbled()
        self.hear()
        return message

    def _wait(self) -> None:
        """Wait until something happens, and take it in."""
        assert self._line is not None
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeIsUp
        if self._watch is None:
            left = min(left, 0.05)
        ready = {key.fd for key, _ in self._selector.select(self._printed.patience(left))}
        if self._output in ready:
            self._hear_once()
        else:
            self._printed.flush()
        if self._line.descriptor in ready:
            try:
                messages = self._line.arrived()
            except (wire.Malformed, OSError):
                raise self._garbled() from None
            if messages is None:
                raise self._gone()
            self._inbox += messages
        elif self._ended(ready):
            raise self._gone()

    def _ended(self, ready: Collection[int]) -> bool:
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


class SparedSubject:
    """The learner's code once more, in a process of its own, with other earlier pieces.

    beside: the subject of the same check, whose time limit holds for this one too. The process
    is started at the first request; what it prints was heard before.
    """

    def __init__(self, beside: RemoteSubject, order: dict[str, Any]) -> None:
        self._beside, self._order = beside, order
        self._subject: RemoteSubject | None = None

    def __call__(
        self, request: str, arguments: dict[str, Any], on_step: Callable[[Any], None] | None = None
    ) -> Any:
        if self._subject is None:
            self._subject = self._beside.another()
            try:
                self._subject.load(self._order, self._beside.seconds_left, lambda: None)
            except Unloadable as error:
                raise SubjectDied("crash", error.message) from None
        return self._subject(request, arguments, on_step)


def _texts(parts: list[Any], count: int) -> list[str]:
    """``count`` short texts, whatever came."""
    texts = [str(part)[:2000] for part in parts[:count]]
    return texts + [""] * (count - len(texts))
