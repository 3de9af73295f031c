"""A checkpoint's checks as the app sees them: what ran, on which text, and what came of it.

Nothing here draws. Events come in on the client's reader thread and wait until the app drains
them; a check that was replaced by a newer one is not listened to any more, though what it had
shown by then is in the progress.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from lessons.declare import Checkpoint
from tutor import checking
from tutor.app.losscurve import LossSeries
from tutor.progress import ClaimShown, Progress
from tutor.runner import protocol
from tutor.workspace import Workspace, WorkspaceError

MOST_OUTPUT = 200_000
MOST_DRAWINGS = 8


class ClientLike(Protocol):
    """What the app needs of the runner's client."""

    on_ready: Callable[[], None] | None
    on_left: Callable[[], None] | None

    @property
    def ready(self) -> bool: ...
    def start(self) -> None: ...
    def next_number(self) -> int: ...
    def submit(
        self,
        request: protocol.Check | protocol.OpenLab,
        on_event: Callable[[protocol.Event], None],
    ) -> None: ...
    def steer(self, request: protocol.SteerLab) -> None: ...
    def cancel(self, number: int) -> None: ...
    def close(self) -> None: ...


@dataclass
class ClaimView:
    """One claim as it stands. state: "" (not checked), waiting, running, or a verdict."""

    state: str = ""
    verdict: protocol.Verdict | None = None
    earlier: bool = False  # from an earlier session, so without its diagnosis

    @property
    def judged(self) -> bool:
        return self.state not in ("", "waiting", "running")


@dataclass
class CheckRun:
    """The latest check of one checkpoint. ``sha256`` is the hash of the text it judges."""

    checkpoint: Checkpoint
    notify: Callable[[], None]
    sha256: str = ""
    number: int | None = None
    running: bool = False
    outcome: str = ""
    error_kind: str = ""
    error: str = ""
    seconds: float = 0.0
    output: str = ""
    cut: int = 0
    claims: dict[str, ClaimView] = field(default_factory=dict)
    losses: dict[str, LossSeries] = field(default_factory=dict)
    drawings: list[protocol.Drawing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[protocol.Event] = []
        self._told = False
        self._cancel: Callable[[int], None] | None = None
        self._clear("")

    # --- a check and its end -------------------------------------------------------------------

    def start(self, client: ClientLike, workspace: Workspace, progress: Progress) -> None:
        """Check the file as it is now. A check that still runs is cancelled first."""
        self.stop()
        try:
            request = checking.request(client, workspace, progress, self.checkpoint)
        except WorkspaceError as error:
            self._clear("")
            self._end("could-not-run", "file", str(error))
            return
        self._clear("waiting")
        self.sha256 = request.sha256
        self.number = request.number
        self.running = True
        self._cancel = client.cancel
        recorder = checking.Recorder(progress, request)

        def on_event(event: protocol.Event) -> None:
            try:
                recorder.event(event)
            finally:
                self._deliver(event)

        try:
            client.submit(request, on_event)
        except OSError as error:
            self._end("could-not-run", "internal", f"The worker can't be reached: {error}.")

    def stop(self) -> None:
        """Cancel the check that runs, if one does; its events are no longer listened to."""
        if self.running and self.number is not None and self._cancel is not None:
            self._cancel(self.number)
        self.running = False
        self.number = None

    def seed(self, shown: list[ClaimShown], sha256: str) -> None:
        """Before the first check: what earlier sessions saw of the very text that is there now."""
        if self.outcome or self.running or any(view.judged for view in self.claims.values()):
            return
        for entry in shown:
            if entry.sha256 != sha256 or entry.claim not in self.claims:
                continue
            verdict = protocol.Verdict(
                number=0,
                claim=entry.claim,
                tier=entry.tier,
                verdict=entry.verdict,
                observed=entry.observed,
                mistake=entry.mistake,
            )
            self.claims[entry.claim] = ClaimView(entry.verdict, verdict, earlier=True)
            self.sha256 = sha256

    # --- events --------------------------------------------------------------------------------

    def _deliver(self, event: protocol.Event) -> None:
        """On the reader thread: keep the event, and say once that there is news."""
        with self._lock:
            self._waiting.append(event)
            tell = not self._told
            self._told = True
        if tell:
            self.notify()

    def drain(self) -> set[str]:
        """In the app: take in what has come. Returns which kinds of thing changed."""
        with self._lock:
            events, self._waiting = self._waiting, []
            self._told = False
        changed: set[str] = set()
        for event in events:
            if getattr(event, "number", None) == self.number and self.number is not None:
                changed.add(self._take(event))
        return changed - {""}

    def _take(self, event: protocol.Event) -> str:
        match event:
            case protocol.Started():
                if event.sha256:
                    self.sha256 = event.sha256
                return "claims"
            case protocol.ClaimStarted():
                self._view(event.claim).state = "running"
                return "claims"
            case protocol.Verdict():
                view = self._view(event.claim)
                view.state, view.verdict, view.earlier = event.verdict, event, False
                return "claims"
            case protocol.Loss():
                self.losses.setdefault(event.claim, LossSeries()).add(event)
                return "loss"
            case protocol.Picture() | protocol.Table() | protocol.Curves():
                self.drawings = [*self.drawings, event][-MOST_DRAWINGS:]
                return "output"
            case protocol.Output():
                self.output += event.text
                if len(self.output) > MOST_OUTPUT:
                    self.cut += len(self.output) - MOST_OUTPUT
                    self.output = self.output[-MOST_OUTPUT:]
                return "output"
            case protocol.Done():
                if event.cancelled:
                    self._clear("")
                    self.running = False
                else:
                    self.seconds = event.seconds
                    self._end(event.outcome, event.error_kind or "", event.error)
                return "done"
        return ""

    def _view(self, claim: str) -> ClaimView:
        return self.claims.setdefault(claim, ClaimView())

    def _clear(self, state: str) -> None:
        self.claims = {claim.id: ClaimView(state) for claim in self.checkpoint.claims}
        self.losses, self.drawings, self.output, self.cut = {}, [], "", 0
        self.outcome = self.error_kind = self.error = ""
        self.sha256 = ""
        self.seconds = 0.0

    def _end(self, outcome: str, kind: str, error: str) -> None:
        self.outcome, self.error_kind, self.error = outcome, kind, error
        self.running = False
        for view in self.claims.values():
            if not view.judged:
                view.state = ""

    # --- asking --------------------------------------------------------------------------------

    def stale(self, sha256: str) -> bool:
        """Whether what is known was said of another text than the one with that hash."""
        known = any(view.judged for view in self.claims.values()) or bool(self.outcome)
        return known and bool(self.sha256) and self.sha256 != sha256

    @property
    def passed(self) -> int:
        return sum(view.state == "passed" for view in self.claims.values())

    @property
    def current(self) -> str:
        """The claim that is being judged, or ""."""
        return next((name for name, view in self.claims.items() if view.state == "running"), "")

    @property
    def first_failed(self) -> str:
        """The claim to look at first: one that failed, else one that could not run."""
        for wanted in ("failed", "could-not-run"):
            for name, view in self.claims.items():
                if view.state == wanted:
                    return name
        return ""
