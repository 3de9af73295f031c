"""The keeper of an open lab: one process for one lab. It runs none of it.

It hands the learner's settings on to the lab's process, checks what comes back, holds the time
limit of each answer, and says in one sentence what it was when the process can't go on.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from lessons.course import COURSE
from lessons.declare import Setting
from tutor.runner import containment, deaths, lab_line, lab_process, protocol, wire
from tutor.runner.contained import NO_TIME, Contained, OutOfBounds, ProcessGone
from tutor.runner.printed import Printed, visible
from tutor.runner.protocol import OpenLab, SteerLab


class Closed(BaseException):
    """Nobody steers this lab any more."""


class Late(Exception):
    """An answer took longer than its limit."""


class Stopped(Exception):
    """The process says that it can't go on."""

    def __init__(self, failed: lab_line.Failed) -> None:
        super().__init__(failed.message)
        self.failed = failed


def _kind(word: str) -> str:
    """The kind of a failure, whatever the process called it."""
    return word if word in ("syntax-error", "memory", "raised") else "internal"


class Keeper:
    """Serves one lab and writes its events to a descriptor.

    requests: where settings come from. labs: the module that finds labs, ``lessons.labs``.
    folder: ours alone; whoever made it removes it.
    """

    def __init__(
        self, events: int, requests: int, folder: Path, labs: ModuleType, *, fork: bool
    ) -> None:
        self._events, self._requests, self._folder, self._labs = events, requests, folder, labs
        self._frames = protocol.FrameBuffer()
        self._number = 0
        self._begun = time.perf_counter()
        self._limit = 0.0
        self._deadline = time.monotonic() + NO_TIME
        self._left = 0.0  # seconds of an answer that is held
        self._own: dict[str, bool] = {}
        self._asked: dict[str, Setting] = {}  # what the process was told last
        self._answered: dict[str, Setting] = {}  # what it answers, or answered last
        self._idle = False
        self._may_tell = False  # it took in all that it was told
        self._newest: SteerLab | None = None
        self._printed = Printed(lambda text: self._say(protocol.Output(number=0, text=text)))
        self._process = Contained(
            lab_process,
            fork=fork,
            printed=self._printed,
            open_line=lambda line: wire.Line(line, lab_line.read_told, lab_line.LARGEST),
        )

    def _say(self, event: Any) -> None:
        rest = memoryview(protocol.encode(msgspec.structs.replace(event, number=self._number)))
        while rest:
            rest = rest[os.write(self._events, rest) :]

    # --- the lab's life -----------------------------------------------------------------------

    def serve(self, request: OpenLab, came: Iterable[bytes] = ()) -> None:
        """Keep the lab open until nobody steers it or it can't go on; the last event is ``Done``.

        came: requests that came right behind the first.
        """
        self._number = request.number
        for body in came:
            self._take(body)
        try:
            self._serve(request)
        except Closed:
            containment.kill_descendants()
        except ProcessGone as gone:
            self._done(gone.kind, f"the lab's process is gone: {gone.message}")
        except Stopped as stopped:
            print(stopped.failed.details, end="", file=sys.stderr, flush=True)
            self._done(_kind(stopped.failed.kind), stopped.failed.message)
        except Late:
            self._late(request)
        except OutOfBounds as much:
            self._done(much.kind, much.message)
        except Exception as error:  # noqa: BLE001 - a fault of ours; the learner is told so
            traceback.print_exc()
            self._done("internal", f"a fault of the tutor's own: {type(error).__name__}: {error}")

    def _serve(self, request: OpenLab) -> None:
        lab, module = self._labs.find(request.lab)
        self._limit = request.seconds or lab.seconds
        self._own = {name: name in request.earlier for name in lab.uses}
        scratch = self._folder / "scratch"
        scratch.mkdir()
        pieces = {point.id for point in COURSE.checkpoints} | {*lab.uses} | request.earlier.keys()
        self._process.start()
        self._process.listen(self._requests)
        while not self._may_tell:
            self._wait()
        self._begun = time.perf_counter()
        self._say(protocol.Started(number=0, sha256="", claims=()))
        self._asked = request.settings
        self._restart_clock()
        self._tell(
            lab_line.Order(
                module=module,
                uses=lab.uses,
                pieces=tuple(sorted(pieces)),
                earlier=request.earlier,
                settings=request.settings,
                seed=request.seed,
                seconds=self._limit,
                folder=str(scratch),
                trace=str(self._folder / "where"),
            )
        )
        while True:
            self._steer()
            self._wait()

    def _wait(self) -> None:
        """Wait until something happens, and take it in."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Late
        if self._requests in self._process.wait(left):
            data = os.read(self._requests, 1 << 16)
            if not data:
                raise Closed
            for body in self._frames.feed(data):
                self._take(body)
        while self._process.inbox:
            self._hear(self._process.inbox.pop(0))

    def _restart_clock(self) -> None:
        self._deadline = time.monotonic() + self._limit

    def _stop_clock(self) -> None:
        self._deadline = time.monotonic() + NO_TIME

    # --- from the learner to the lab ----------------------------------------------------------

    def _take(self, body: bytes) -> None:
        request = protocol.decode_request(body)
        assert isinstance(request, SteerLab)
        self._newest = request

    def _steer(self) -> None:
        """Tell the process the newest settings, once it has taken in what it was told before.

        So one that does not listen is never told more than the line can hold.
        """
        if not self._may_tell or self._newest is None:
            return
        steer, self._newest = self._newest, None
        if self._idle and steer.settings == self._answered:
            return
        self._asked, self._may_tell = steer.settings, False
        if self._idle:
            self._restart_clock()
        self._tell(steer)

    def _tell(self, message: protocol.Message) -> None:
        self._process.send(protocol.encode(message))

    # --- from the lab to the learner ----------------------------------------------------------

    def _hear(self, told: lab_line.Told) -> None:
        match told:
            case lab_line.Heard():
                self._may_tell = True
            case lab_line.Held(held=True):
                self._left = max(0.0, self._deadline - time.monotonic())
                self._stop_clock()
            case lab_line.Held():
                self._deadline = time.monotonic() + self._left
            case lab_line.Failed():
                raise Stopped(told)
            case _:
                self._pass_on(told)

    def _pass_on(self, told: Any) -> None:
        self._process.hear()
        self._printed.flush()
        match told:
            case protocol.Answering():
                self._idle, self._answered = False, told.settings
                self._restart_clock()
                told = lab_line.cleaned(told, own=self._own)
            case protocol.Finding():
                told = lab_line.cleaned(told, own=self._own)
            case protocol.Drawn():
                self._idle = True
                if self._asked == self._answered:
                    self._stop_clock()
                else:
                    self._restart_clock()
            case _:
                told = lab_line.cleaned(told)
        self._say(told)

    # --- the end ------------------------------------------------------------------------------

    def _late(self, request: OpenLab) -> None:
        containment.kill_descendants()
        sources = {f"<earlier>/{name}.py": data for name, data in request.earlier.items()}
        where = deaths.where_it_was(self._folder / "where", sources)
        message = f"the answer took longer than its limit of {self._limit:g} s"
        if where:
            message += f"; it was then at your {where}"
        self._done("time-limit", message)

    def _done(self, kind: str, message: str) -> None:
        """End everything that the lab started, then say why."""
        containment.kill_descendants()
        self._process.hear()
        self._printed.flush()
        self._say(
            protocol.Done(
                number=0,
                outcome="could-not-run",
                seconds=time.perf_counter() - self._begun,
                error_kind=kind,
                error=visible(message),
            )
        )


def forked(
    request: OpenLab, requests: int, events: int, folder: Path, labs: ModuleType, parent: int
) -> None:
    """What a keeper does that the parent forked."""
    containment.end_with(parent)
    containment.close_all_but({0, 1, 2, requests, events})
    # Held until the end, as everything in it dies when it is let go of.
    namespace = containment.PidNamespace.enter()
    Keeper(events, requests, folder, labs, fork=True).serve(request)
    del namespace
