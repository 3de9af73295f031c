"""The app's end of the worker: starts the parent, sends requests, hands out events.

Nothing here blocks the caller: a thread writes, a thread reads, and what comes is handed to the
callbacks on the reading thread.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias

from tutor.runner import installed, protocol
from tutor.runner.protocol import Done, Event, Leaving, Ready

OnEvent: TypeAlias = Callable[[Event], None]
_log = logging.getLogger(__name__)


class Client:
    """A worker of one's own. A context manager; thread-safe.

    log: where the worker's stderr goes; a temporary file if it is not given.
    judging, labs: the modules that judge and that find labs, for tests.

    on_ready is called once the worker holds torch, and on_left when it has left because nobody
    asked for anything; on the reading thread, as all callbacks are.
    """

    def __init__(
        self,
        log: Path | None = None,
        *,
        judging: str = "lessons.judging",
        labs: str = "lessons.labs",
    ) -> None:
        self.on_ready: Callable[[], None] | None = None
        self.on_left: Callable[[], None] | None = None
        self._log_path, self._modules = log, (judging, labs)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._retired: list[_Worker] = []  # that still have something to end
        self._closed = False

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ready(self) -> bool:
        """Whether the worker holds torch by now."""
        worker = self._worker
        return worker is not None and worker.ready and not worker.retired

    @property
    def pid(self) -> int | None:
        """The worker's process id, while there is one."""
        worker = self._worker
        return None if worker is None or worker.retired else worker.pid

    def next_number(self) -> int:
        return next(self._numbers)

    def start(self) -> None:
        """Start the worker if there is none; returns at once. OSError if it can't be started."""
        with self._lock:
            self._running()

    def _running(self) -> _Worker:
        if self._closed:
            raise RuntimeError("the client is closed")
        stamp = installed.stamp()
        if self._worker is not None and self._worker.stamp != stamp:
            self._worker.retire()  # what it holds is not what is installed by now
        self._retired = [worker for worker in self._retired if not worker.ended]
        if self._worker is not None and self._worker.retired:
            self._retired.append(self._worker)
            self._worker = None
        if self._worker is None:
            self._worker = _Worker(
                self._log_path, self._modules, stamp, self._got_ready, self._got_left
            )
        return self._worker

    def _got_ready(self) -> None:
        if self.on_ready is not None:
            self.on_ready()

    def _got_left(self) -> None:
        if self.on_left is not None:
            self.on_left()

    def submit(self, request: protocol.Check | protocol.OpenLab, on_event: OnEvent) -> None:
        """Send a request; ``on_event`` gets every event of its number, the last one included.

        The last is ``Done``, whatever happens to the worker.
        """
        with self._lock:
            while not self._running().submit(request, on_event):
                pass  # that worker ended just now

    def steer(self, request: protocol.SteerLab) -> None:
        """Give an open lab new settings. One that has ended does not hear it."""
        self._tell(request)

    def cancel(self, number: int) -> None:
        """Stop a check or a lab. It still ends with a ``Done``, which says so."""
        self._tell(protocol.Cancel(number=number))

    def _tell(self, request: protocol.SteerLab | protocol.Cancel) -> None:
        with self._lock:
            for worker in (self._worker, *self._retired):
                if worker is not None and worker.serves(request.number):
                    worker.send(request)

    def run(self, request: protocol.Check | protocol.OpenLab) -> Iterator[Event]:
        """Send a request and yield its events as they come; leaving early cancels it."""
        events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.submit(request, events.put)
        ended = False
        try:
            while not ended:
                event = events.get()
                ended = isinstance(event, Done)
                yield event
        finally:
            if not ended:
                self.cancel(request.number)

    def close(self) -> None:
        """End the worker and everything that it started."""
        with self._lock:
            self._closed = True
            workers = [self._worker, *self._retired]
        for worker in workers:
            if worker is not None:
                worker.close()


class _Worker:
    """One parent process, its two threads, and the requests that it still has to answer."""

    def __init__(
        self,
        log: Path | None,
        modules: tuple[str, str],
        stamp: installed.Stamp,
        on_ready: Callable[[], None],
        on_left: Callable[[], None],
    ) -> None:
        self.ready = self.ended = False
        self.retired = False  # takes no request any more
        self.stamp = stamp
        self._on_ready, self._on_left = on_ready, on_left
        self._lock = threading.Lock()
        self._open: dict[int, tuple[OnEvent, float]] = {}
        self._to_send: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._closing = False
        # Ours, so that it goes even when the worker is killed.
        self._scratch = tempfile.mkdtemp(prefix="cnntutor-")
        self._errors: BinaryIO = (
            tempfile.TemporaryFile() if log is None else log.open("ab+")  # noqa: SIM115
        )
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tutor.runner.parent", *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
            env={**worker_environment(), "CNNTUTOR_SCRATCH": self._scratch},
        )
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, name="worker-reader", daemon=True)
        self._writer = threading.Thread(target=self._write, name="worker-writer", daemon=True)
        self._reader.start()
        self._writer.start()

    def submit(self, request: protocol.Check | protocol.OpenLab, on_event: OnEvent) -> bool:
        """Take a request; False when this worker takes none any more."""
        with self._lock:
            if self.retired:
                return False
            self._open[request.number] = (on_event, time.monotonic())
        self.send(request)
        return True

    def serves(self, number: int) -> bool:
        with self._lock:
            return number in self._open

    def send(self, request: protocol.Request) -> None:
        self._to_send.put(protocol.encode(request))

    def retire(self) -> None:
        """Take no more requests, and hang up when those that are open have ended."""
        with self._lock:
            self.retired = True
            if not self._open:
                self._to_send.put(None)

    def _write(self) -> None:
        stream = self._process.stdin
        assert stream is not None
        # A broken pipe is the worker's end, which the reader sees and tells.
        with contextlib.suppress(BrokenPipeError), stream:
            while (data := self._to_send.get()) is not None:
                stream.write(data)
                stream.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        frames = protocol.FrameBuffer()
        with stream:
            while data := os.read(stream.fileno(), 1 << 16):
                for body in frames.feed(data):
                    self._hand_out(protocol.decode_event(body))
        self._has_ended()

    def _hand_out(self, event: Event) -> None:
        if isinstance(event, Ready):
            self.ready = True
            self._call(self._on_ready)
            return
        if isinstance(event, Leaving):
            self.retire()
            self._call(self._on_left)
            return
        with self._lock:
            on_event, _ = self._open.get(event.number, (None, 0.0))
            if isinstance(event, Done):
                self._open.pop(event.number, None)
                if self.retired and not self._open:
                    self._to_send.put(None)
        if on_event is not None:
            self._call(on_event, event)

    def _call(self, function: Callable[..., None], *arguments: Event) -> None:
        try:
            function(*arguments)
        except Exception:  # noqa: BLE001
            # One callback's fault must not silence all others.
            _log.exception("a callback of the worker's client failed")

    def _has_ended(self) -> None:
        """Tell everyone who still waits."""
        with self._lock:
            self.ended = self.retired = True
            waiting, self._open = self._open, {}
        self._to_send.put(None)
        status = self._process.wait()
        told = (
            f"the worker ended unexpectedly ({_how(status)}); the next one asked for starts another"
        )
        if words := self._last_words():
            told += f". Its last words: {words}"
        self._errors.close()
        shutil.rmtree(self._scratch, ignore_errors=True)
        now = time.monotonic()
        for number, (on_event, since) in waiting.items():
            self._call(
                on_event,
                Done(
                    number=number,
                    outcome="could-not-run",
                    seconds=now - since,
                    error_kind=None if self._closing else "internal",
                    error="" if self._closing else told,
                    cancelled=self._closing,
                ),
            )

    def _last_words(self) -> str:
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 2000))
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    def close(self) -> None:
        """Hang up; the worker kills what it started and leaves. If it does not, it is killed."""
        self._closing = True
        if not self.ready:
            self._process.kill()  # it has started nothing yet, and would hear us only later
        self._to_send.put(None)
        try:
            self._process.wait(3.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if threading.current_thread() is not self._reader:
            self._reader.join()


def _how(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    known = {member.value: member.name for member in signal.Signals}
    return known.get(-status, f"signal {-status}")


def worker_environment() -> dict[str, str]:
    """Our own, with this package's place on the path when it is not an installed one.

    The worker runs with ``-P``: a ``random.py`` in the learner's folder is not to be imported.
    """
    environment = dict(os.environ)
    root = str(Path(__file__).resolve().parents[2])
    if root not in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        before = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{root}{os.pathsep}{before}" if before else root
    return environment
