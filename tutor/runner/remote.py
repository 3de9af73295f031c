"""The judge's handle on the subject's process: starts it, asks it, hears it, outlives it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from lessons.subject import SubjectDied
from lessons.workbench import LearnerError
from tutor.runner import answers, subject_process, wire
from tutor.runner.contained import NO_TIME, Contained, ProcessGone
from tutor.runner.loading import Unloadable
from tutor.runner.printed import Printed


class TimeIsUp(BaseException):
    """The check's time limit passed. No ``except Exception`` on its way may stop it."""


class RemoteSubject:
    """Answers requests as ``lessons.subject.Answerer`` says, from a process of its own.

    When that process dies, the request raises ``SubjectDied`` and the next one starts another.

    fork: fork the process, else start it afresh. printed: gets what the code prints.
    """

    def __init__(self, *, fork: bool, printed: Printed) -> None:
        self._fork = fork
        self._process = Contained(subject_process, fork=fork, printed=printed)
        self._order: dict[str, Any] = {}
        self._deadline = time.monotonic() + NO_TIME

    # --- the life of the process --------------------------------------------------------------

    def start(self) -> None:
        """Start the process; it has nothing of the learner's yet."""
        self._process.start()

    def rehearse(self, judging: str) -> None:
        """Let the process, while it waits, do a little of what it will do.

        judging: the module that has such a rehearsal, ``lessons.judging``.
        """
        self._send("rehearse", judging)

    def hear(self) -> None:
        """Take what was printed up to now, as much as a pipe may hold."""
        self._process.hear()

    def load(self, order: dict[str, Any], seconds: float, started: Callable[[], None]) -> None:
        """Have the process load the learner's file. Unloadable if it can't be.

        seconds: the check's limit; it counts from here on, and ``started`` is told.
        """
        if self._process.line is None:
            self.start()
        self._deadline = time.monotonic() + NO_TIME  # it may have waited long for its order
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
            self._process.let_go()
            raise Unloadable(kind, message)

    def _restart(self) -> None:
        self.start()
        self._expect({"here"})
        try:
            self._load()
        except Unloadable as error:
            raise SubjectDied("crash", f"loaded a second time, it fails: {error.message}") from None

    # --- requests -----------------------------------------------------------------------------

    def __call__(
        self, request: str, arguments: dict[str, Any], on_step: Callable[[Any], None] | None = None
    ) -> Any:
        if self._process.line is None:
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
            self._process.let_go()  # it goes on training; nobody would listen
            raise

    def _send(self, *message: Any) -> None:
        if self._process.inbox:  # it spoke without being asked
            raise self._garbled()
        try:
            self._process.send(wire.pack(*message))
        except ProcessGone as gone:
            raise SubjectDied(gone.kind, gone.message) from None

    def _expect(self, words: Collection[str]) -> list[Any]:
        """The next message, which must begin with one of ``words``; output is heard meanwhile."""
        while not self._process.inbox:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeIsUp
            try:
                self._process.wait(left)
            except ProcessGone as gone:
                raise SubjectDied(gone.kind, gone.message) from None
        message = self._process.inbox.pop(0)
        if message[0] not in words:
            raise self._garbled()
        self._process.hear()
        return message

    def _garbled(self) -> SubjectDied:
        gone = self._process.garbled()
        return SubjectDied(gone.kind, gone.message)


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
