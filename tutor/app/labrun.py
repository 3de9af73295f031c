"""An open lab as the app sees it: what it draws, what it found, whether it still computes.

Nothing here draws. Events come in on the client's reader thread and wait until the app drains
them. The newest settings win; a lab that could not go on is opened anew by the next ones.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from lessons.declare import Lab, Setting
from tutor import labbing
from tutor.progress import Progress
from tutor.runner import protocol
from tutor.workspace import Workspace

MOST_OUTPUT = 20_000


class LabClient(Protocol):
    """What a lab needs of the runner's client."""

    def next_number(self) -> int: ...
    def submit(
        self, request: protocol.OpenLab, on_event: Callable[[protocol.Event], None]
    ) -> None: ...
    def steer(self, request: protocol.SteerLab) -> None: ...
    def cancel(self, number: int) -> None: ...


class LabRun:
    """One lab, from its opening to its end. ``notify`` is called when there is news."""

    def __init__(
        self,
        lab: Lab,
        client: LabClient,
        workspace: Workspace,
        progress: Progress,
        notify: Callable[[], None],
    ) -> None:
        self.lab, self.notify = lab, notify
        self._client, self._workspace, self._progress = client, workspace, progress
        self.settings: dict[str, Setting] = lab.start
        self.seed = 0
        self.with_own = True
        self.pace: protocol.Pace = "run"
        self._lock = threading.Lock()
        self._waiting: list[protocol.Event] = []
        self._told = False
        self._number: int | None = None
        self._clear()

    def _clear(self) -> None:
        self.own: dict[str, bool] = {}
        self.answered: dict[str, Setting] | None = None
        self.drawings: dict[str, protocol.Drawing] = {}
        self._fresh: dict[str, None] = {}  # slots drawn in this answer, in order
        self.finding: protocol.Finding | None = None
        self.error_kind = self.error = ""
        self.output = ""
        self.answering = False
        self.since = time.monotonic()
        self.work: tuple[int, int] | None = None

    # --- steering -----------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        return self._number is not None

    @property
    def computing(self) -> bool:
        """Whether what is drawn is not yet the whole answer to the settings."""
        return self.open and (self.answering or self.settings != self.answered)

    def start(self) -> None:
        """Open the lab with the settings as they are; one that is open is closed first."""
        self.close()
        self._clear()
        self.pace = "run"
        request = labbing.request(
            self._client,
            self._workspace,
            self._progress,
            self.lab,
            self.settings,
            seed=self.seed,
            own=self.with_own,
        )
        self._number = request.number
        recorder = labbing.Recorder(self._progress, request)

        def on_event(event: protocol.Event) -> None:
            try:
                recorder.event(event)
            finally:
                self._deliver(event)

        try:
            self._client.submit(request, on_event)
        except OSError as error:
            self._number = None
            self.error_kind = "internal"
            self.error = f"The worker can't be reached: {error}."

    def steer(self, settings: Mapping[str, Setting]) -> None:
        """Ask for an answer to these settings; opens the lab again if it could not go on."""
        self.settings = dict(settings)
        self.pace = "run"
        if self.open:
            self._tell()
        else:
            self.start()

    def go(self, pace: protocol.Pace) -> None:
        """Pause, make a step, or go on."""
        self.pace = "pause" if pace == "step" else pace
        if self._number is not None:
            self._tell(pace)

    def _tell(self, pace: protocol.Pace | None = None) -> None:
        assert self._number is not None
        self._client.steer(
            protocol.SteerLab(number=self._number, settings=self.settings, pace=pace or self.pace)
        )

    def close(self) -> None:
        """End the lab and all its work; its events are no longer listened to."""
        if self._number is not None:
            self._client.cancel(self._number)
            self._number = None

    # --- events -------------------------------------------------------------------------------

    def _deliver(self, event: protocol.Event) -> None:
        """On the reader thread: keep the event, and say once that there is news."""
        with self._lock:
            self._waiting.append(event)
            tell, self._told = not self._told, True
        if tell:
            self.notify()

    def drain(self) -> set[str]:
        """In the app: take in what has come. Returns which kinds of thing changed."""
        with self._lock:
            events, self._waiting, self._told = self._waiting, [], False
        return {
            self._take(event)
            for event in events
            if self._number is not None and getattr(event, "number", None) == self._number
        } - {""}

    def _take(self, event: protocol.Event) -> str:
        match event:
            case protocol.Answering():
                self.answering, self.answered, self.own = True, event.settings, event.own
                self._fresh, self.work = {}, None
                self.since = time.monotonic()
                return "began"
            case protocol.Working():
                self.work = (event.done, event.of)
                return "working"
            case protocol.Finding():
                self.finding = event
                return "finding"
            case protocol.Drawn():
                self.answering = False
                self.pace = "run"
                self.drawings = {slot: self.drawings[slot] for slot in self._fresh}
                return "drawn"
            case protocol.Output():
                self.output = (self.output + event.text)[-MOST_OUTPUT:]
                return "output"
            case protocol.Done():
                self._number = None
                self.answering = False
                self.error_kind, self.error = event.error_kind or "", event.error
                return "done"
            case (
                protocol.Words()
                | protocol.Picture()
                | protocol.Curves()
                | protocol.Bars()
                | protocol.Table()
            ):
                self.drawings[event.slot] = event
                self._fresh.setdefault(event.slot)
                return "drawing"
        return ""
