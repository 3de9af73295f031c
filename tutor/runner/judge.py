"""The judge: one process for one check. It runs the claims and says what came of them.

It reaches the learner's code only through a ``RemoteSubject``, and it alone writes events.
The time limit is held twice: here, while we wait for the subject, and by the parent, which ends
a judge that is late because it is busy itself.
"""

from __future__ import annotations

import hashlib
import os
import select
import sys
import time
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import Tensor

from lessons.course import COURSE
from lessons.pieces import pieces_of
from lessons.subject import SubjectDied
from lessons.trial import Curves
from tutor.imports import in_use
from tutor.runner import containment, deaths, lab_keeper, protocol
from tutor.runner.contained import OutOfBounds
from tutor.runner.loading import Unloadable
from tutor.runner.printed import Printed, visible
from tutor.runner.remote import RemoteSubject, SparedSubject, TimeIsUp


class Judge:
    """Serves one request and writes its events to a descriptor.

    judging: the module that judges, ``lessons.judging``. folder: ours alone, for the scratch
    folder of the code and for notes; whoever made it removes it.
    """

    def __init__(self, events: int, folder: Path, judging: Any, *, fork: bool) -> None:
        self._events, self._folder, self._judging = events, folder, judging
        self._number = 0
        self._started = 0.0
        self._claim: str | None = None
        self._stuck: tuple[str, str] | None = None
        self._checkpoint = ""
        self._open: set[str] = set()  # claims that have not passed yet
        self._printed = Printed(lambda text: self._say(protocol.Output, text=text))
        self.subject = RemoteSubject(fork=fork, printed=self._printed)

    def _say(self, message: type[protocol.Message], **fields: Any) -> None:
        # The learner's words reach a terminal only with their control characters made visible.
        clean = {name: visible(it) if isinstance(it, str) else it for name, it in fields.items()}
        data = protocol.encode(message(number=self._number, **clean))
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._events, rest) :]

    # --- what ``lessons.judging`` shows ---------------------------------------------------------

    def claim_started(self, claim_id: str) -> None:
        self._printed.flush()
        self._claim = claim_id
        self._say(protocol.ClaimStarted, claim=claim_id)

    def judged(self, judged: Any) -> None:
        self._printed.flush()
        self._claim = None
        if judged.verdict == "could-not-run" and self._stuck is None:
            self._stuck = (judged.error_kind or "internal", judged.observed)
        if judged.verdict == "passed":
            self._open.discard(judged.claim)
        fields = protocol.Verdict.__struct_fields__
        self._say(
            protocol.Verdict, **{name: getattr(judged, name) for name in fields if name != "number"}
        )

    def loss(self, claim_id: str, step: int, steps: int, loss: float, accuracy: float) -> None:
        self._say(
            protocol.Loss, claim=claim_id, step=step, steps=steps, loss=loss, accuracy=accuracy
        )

    def picture(self, title: str, images: Tensor, signed: bool) -> None:
        _, height, width = images.shape
        rows = images.flatten(1).tolist()
        self._say(
            protocol.Picture, title=title, height=height, width=width, images=rows, signed=signed
        )

    def table(
        self, title: str, columns: list[str], rows: list[list[str]], marked: list[int]
    ) -> None:
        shown = [[visible(cell) for cell in row] for row in rows]
        self._say(protocol.Table, title=title, columns=columns, rows=shown, marked=marked)

    def curves(self, curves: Curves) -> None:
        self._say(protocol.Curves, slot="", **curves._asdict())

    # --- requests -----------------------------------------------------------------------------

    def serve(self, request: protocol.Check) -> None:
        """Run one check; the last event is ``Done``."""
        self._number = request.number
        self._started = time.monotonic()
        try:
            self._check(request)
        except Exception as error:  # noqa: BLE001 - a fault of ours; the learner is told so
            traceback.print_exc()
            self._done("internal", f"a fault of the tutor's own: {_brief(error)}")

    def _check(self, request: protocol.Check) -> None:
        seconds = request.seconds or COURSE.checkpoint(request.checkpoint).seconds
        scratch = self._folder / "scratch"
        scratch.mkdir()
        trace = self._folder / "where"
        pieces = pieces_of(COURSE, request.checkpoint) | request.earlier.keys()
        order = {
            "source": request.source,
            "path": request.path,
            "name": request.checkpoint,
            "pieces": sorted(pieces - {request.checkpoint}),
            "earlier": request.earlier,
            "folder": str(scratch),
            "trace": str(trace),
        }
        digest = hashlib.sha256(request.source).hexdigest()
        claims = self._claims(request.checkpoint, request.claims)
        try:
            self.subject.load(order, seconds, lambda: self._start(digest, claims))
            self._judging.judge(
                request.checkpoint,
                self.subject,
                filename=Path(request.path).name,
                seed=request.seed,
                claims=request.claims,
                show=self,
                spared=self._spared(request, order),
            )
        except Unloadable as error:
            self._done(error.kind, error.message)
        except SubjectDied as died:
            self._done(died.kind, f"while the file was being loaded, {died.message}")
        except TimeIsUp:
            containment.kill_descendants()
            where = deaths.where_it_was(trace, {request.path: request.source})
            self._ended("time-limit", deaths.took_too_long(seconds, where))
        except OutOfBounds as much:
            containment.kill_descendants()
            self._ended(much.kind, much.message)
        else:
            self._done(*(self._stuck or (None, "")))

    def _spared(self, request: protocol.Check, order: dict[str, Any]) -> dict[str, SparedSubject]:
        """The learner's code without one of their earlier files, and without any of them."""
        used = in_use([request.source], request.earlier)
        without = [{name} for name in used] + ([set(used)] if len(used) > 1 else [])
        return {
            " and ".join(f"{name}.py" for name in sorted(names)): SparedSubject(
                self.subject,
                order | {"earlier": {n: s for n, s in request.earlier.items() if n not in names}},
            )
            for names in without
        }

    def _ended(self, kind: str, message: str) -> None:
        """Say that the check was ended in the middle of a claim, and why."""
        self.subject.hear()
        if self._claim is not None:
            tier = self._judging.lesson(self._checkpoint).checkpoint.claim(self._claim).tier
            self._say(
                protocol.Verdict,
                claim=self._claim,
                tier=tier.value,
                verdict="could-not-run",
                observed=message,
            )
        self._done(kind, message)

    def _claims(self, checkpoint: str, claims: tuple[str, ...]) -> tuple[str, ...]:
        self._checkpoint = checkpoint
        return tuple(claim.id for claim in self._judging.lesson(checkpoint).wanted(claims))

    def _start(self, sha256: str, claims: tuple[str, ...]) -> None:
        waited = time.monotonic() - self._started
        self._started += waited
        self._open = set(claims)
        self._say(protocol.Started, sha256=sha256, claims=claims, seconds=waited)

    def _done(self, error_kind: str | None, error: str) -> None:
        """End everything that the check started, then say how it went."""
        containment.kill_descendants()
        self.subject.hear()
        self._printed.flush()
        outcome: protocol.Outcome = "failed" if self._open else "passed"
        self._say(
            protocol.Done,
            outcome="could-not-run" if error_kind else outcome,
            seconds=time.monotonic() - self._started,
            error_kind=error_kind,
            error=error,
        )


def _brief(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}, line {frame.lineno})"


def forked(requests: int, events: int, folder: Path, judging: Any, parent: int) -> None:
    """What a judge does that the parent forked: it gets ready, and serves the first request."""
    containment.name_this(containment.READY)
    containment.end_with(parent)
    containment.close_all_but({0, 1, 2, requests, events})
    # Held until the end, as everything in it dies when it is let go of.
    namespace = containment.PidNamespace.enter()
    judge = Judge(events, folder, judging, fork=True)
    judge.subject.start()
    if not select.select([requests], [], [], 0)[0]:  # there is time for it
        judge.subject.rehearse(judging.__name__)
        judging.rehearse()
    request, _ = _first(requests)
    assert isinstance(request, protocol.Check)
    containment.name_this("cnntutor-judge")
    judge.serve(request)
    del namespace


def main(events: int, folder: str, judging: str, labs: str, parent: int) -> None:
    """A judge in a process of its own: gets ready, then waits for a request on its stdin.

    For a lab it is the keeper.
    """
    containment.end_with(parent)
    namespace = containment.PidNamespace.enter()
    judge = Judge(events, Path(folder), import_module(judging), fork=False)
    judge.subject.start()
    import_module(judging).preload()
    request, more = _first(0)
    if isinstance(request, protocol.Check):
        judge.serve(request)
    else:
        assert isinstance(request, protocol.OpenLab)
        keeper = lab_keeper.Keeper(events, 0, Path(folder), import_module(labs), fork=False)
        keeper.serve(request, more)
    del namespace
    os._exit(0)


def _first(requests: int) -> tuple[protocol.Request, Iterator[bytes]]:
    """The first request, and the bodies of what came right behind it. Ends with the parent."""
    frames = protocol.FrameBuffer()
    while data := os.read(requests, 1 << 16):
        bodies = frames.feed(data)
        for body in bodies:
            return protocol.decode_request(body), bodies
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
