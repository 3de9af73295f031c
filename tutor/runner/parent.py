"""The warm parent: holds torch, starts a judge for each check, and sees that it ends.

``python -m tutor.runner.parent [JUDGING [LABS]]`` reads requests on stdin and writes events on
stdout. The modules stand in for ``lessons.judging`` and ``lessons.labs``; tests use it. With
CNNTUTOR_START=spawn, and anywhere but on Linux, judges are fresh processes instead of forks. One
judge waits ready for the next check. An open lab has a keeper in place of the judge.
"""

from __future__ import annotations

import os
import sys
import time

_BEGUN = time.monotonic()
# Before torch is imported: several threads in a parent and its forks hang (docs/runner.md).
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"
# The course runs on the CPU; a GPU in sight would start threads in every backward pass.
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import contextlib  # noqa: E402
import gc  # noqa: E402
import selectors  # noqa: E402
import shutil  # noqa: E402
import signal  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import traceback  # noqa: E402
from collections import deque  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from importlib import import_module, metadata  # noqa: E402
from pathlib import Path  # noqa: E402
from types import FrameType  # noqa: E402
from typing import Any, BinaryIO  # noqa: E402

from lessons.course import COURSE  # noqa: E402
from tutor.runner import containment, deaths, hugepages, protocol  # noqa: E402

GRACE = 0.15  # seconds past the limit until a judge that is late is ended
IDLE = 900.0  # seconds without a request until the memory is given back
QUICK = 0.5  # seconds of a claim that may be run once more, on the reference, beforehand
PATIENCE = 60.0  # seconds that may pass until a check's limit begins to count


class Job:
    """A judge or a lab's keeper that runs, and what it serves."""

    def __init__(self, pid: int, events: int, folder: Path, errors: BinaryIO) -> None:
        self.pid, self.events, self.folder, self.errors = pid, events, folder, errors
        self.requests: BinaryIO | None = None  # where a judge is asked, and a lab steered
        self.frames = protocol.FrameBuffer()
        self.number: int | None = None
        self.limit = 0.0
        self.begun = time.monotonic()
        self.due = float("inf")
        self.counting = self.done = False
        self.sources: dict[str, bytes] = {}
        self.checkpoint = ""
        self.again: protocol.Check | None = None  # what to ask another, should this one be dead
        self.quick: set[str] = set()  # claims that took little time

    def take(self, request: protocol.Check | protocol.OpenLab) -> None:
        """Note what is served, and the time that it may take."""
        self.number, self.begun = request.number, time.monotonic()
        if isinstance(request, protocol.Check):
            self.sources = {request.path: request.source}
            self.checkpoint = request.checkpoint
        if isinstance(request, protocol.OpenLab):
            self.limit = float("inf")  # open until it is closed; its keeper limits each answer
        else:
            self.limit = request.seconds or COURSE.checkpoint(request.checkpoint).seconds
        self.due = self.begun + PATIENCE

    def ask(self, request: protocol.Message) -> None:
        assert self.requests is not None
        try:
            self.requests.write(protocol.encode(request))
            self.requests.flush()
        except BrokenPipeError:
            pass  # it died; the end of its events tells

    def last_words(self) -> str:
        """The end of what the judge wrote to its stderr."""
        self.errors.seek(0)
        return self.errors.read()[-2000:].decode("utf-8", "replace").strip()


class Parent:
    """The loop between the client and the judges.

    judging, labs: names of the modules that judge, and that find labs. fork: fork judges, else
    start them afresh.
    """

    def __init__(self, requests: int, events: int, judging: str, labs: str, *, fork: bool) -> None:
        self._requests, self._events = requests, events
        self._judging_name, self._labs_name, self._fork = judging, labs, fork
        self._judging: Any = None
        self._labs: Any = None
        self._jobs: dict[int, Job] = {}  # by the descriptor of their events
        self._spare: Job | None = None
        self._selector = selectors.DefaultSelector()
        self._chores: deque[Iterator[None]] = deque()  # for when nothing else is to be done
        self._prepared: set[tuple[str, str]] = set()  # checkpoint and claim
        self._idle = float(os.environ.get("CNNTUTOR_IDLE_SECONDS", IDLE))
        given = os.environ.pop("CNNTUTOR_SCRATCH", None)
        self._folder = Path(given or tempfile.mkdtemp(prefix="cnntutor-"))

    def get_ready(self) -> None:
        """Load all that checks use, and say so."""
        containment.become_subreaper()
        if self._fork:
            import torch

            torch.set_num_threads(1)
            self._judging = import_module(self._judging_name)
            self._judging.preload()
            self._labs = import_module(self._labs_name)
            import_module("tutor.runner.judge")
            import_module("tutor.runner.lab_bench")
            gc.collect()
            gc.freeze()  # so that a fork's collector does not touch, and copy, what we share
            self._chores += [hugepages.gather(), self._get_one_ready()]
        else:
            self._spare = self._spawned()
        version = metadata.version("torch")
        self._tell(protocol.Ready(torch=version, seconds=time.monotonic() - _BEGUN))

    def serve(self) -> None:
        """Serve until the client hangs up."""
        frames = protocol.FrameBuffer()
        self._selector.register(self._requests, selectors.EVENT_READ)
        leave_at = time.monotonic() + self._idle
        while True:
            if self._jobs:
                leave_at = time.monotonic() + self._idle
            due = min((job.due for job in self._jobs.values()), default=leave_at)
            wait = None if due == float("inf") else max(0.0, due - time.monotonic())
            unused = bool(self._chores) and not self._jobs
            ready = self._selector.select(0.0 if unused else wait)
            if unused and not ready:
                self._do_chores()
            elif not ready and not self._jobs and time.monotonic() >= leave_at:
                leave_at = float("inf")
                # What the client sent before it heard this is served; then it hangs up.
                self._tell(protocol.Leaving())
            for key, _ in ready:
                if key.fd != self._requests:
                    # Unless a request heard just now ended it; its descriptor may be another's.
                    job = self._jobs.get(key.fd)
                    if job is not None and job is key.data:
                        self._hear(job)
                    continue
                data = os.read(self._requests, 1 << 16)
                if not data:
                    return
                for body in frames.feed(data):
                    self._handle(protocol.decode_request(body))
            now = time.monotonic()
            for job in [job for job in self._jobs.values() if job.due <= now]:
                self._overdue(job)

    def _do_chores(self) -> None:
        """A little of what makes the next check faster."""
        try:
            next(self._chores[0])
        except StopIteration:
            self._chores.popleft()
            gc.freeze()

    def _learn_from(self, job: Job) -> None:
        """After a check: let its next ones find what its quick claims see on the reference."""
        new = {claim for claim in job.quick if (job.checkpoint, claim) not in self._prepared}
        if new and self._fork:
            self._prepared |= {(job.checkpoint, claim) for claim in new}
            self._chores.append(self._judging.prepare(job.checkpoint, new))

    def clear_up(self) -> None:
        """Kill everything, leave nothing behind."""
        containment.kill_descendants()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _tell(self, event: protocol.Message) -> None:
        self._write(protocol.encode(event))

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._events, rest) :]

    # --- requests -----------------------------------------------------------------------------

    def _handle(self, request: protocol.Request) -> None:
        if isinstance(request, protocol.Cancel):
            for job in list(self._jobs.values()):
                if job.number == request.number and not job.done:
                    self._end(job)
                    self._made_up(job, None, "", cancelled=True)
            return
        if isinstance(request, protocol.SteerLab):
            self._steer(request)
            return
        try:
            job = self._start(request)
        except (OSError, KeyError) as error:
            traceback.print_exc()
            told = error.args[0] if isinstance(error, KeyError) else error
            self._tell(
                protocol.Done(
                    number=request.number,
                    outcome="could-not-run",
                    seconds=0.0,
                    error_kind="internal",
                    error=f"it could not be started: {told}",
                )
            )
            return
        self._jobs[job.events] = job
        self._selector.register(job.events, selectors.EVENT_READ, job)

    def _steer(self, request: protocol.SteerLab) -> None:
        """Hand new settings on to the lab's keeper; one that has ended gets none."""
        for job in self._jobs.values():
            if job.number == request.number and not job.done:
                job.ask(request)

    def _start(self, request: protocol.Check | protocol.OpenLab) -> Job:
        if isinstance(request, protocol.OpenLab) and self._fork:
            return self._forked(request)
        waited, self._spare = self._ready_one(), None
        job = waited or self._new_judge()
        if waited is not None and isinstance(request, protocol.Check):
            job.again = request
        job.take(request)
        job.ask(request)
        if not self._fork:
            self._spare = self._new_judge()  # which takes its time to get ready
        return job

    def _ready_one(self) -> Job | None:
        """The judge that waits, if nothing has killed it meanwhile."""
        spare = self._spare
        if spare is None or os.waitpid(spare.pid, os.WNOHANG)[0] == 0:
            return spare
        self._forget(spare)
        return None

    def _get_one_ready(self) -> Iterator[None]:
        """Fork a judge that waits for the next check; it finds all that was prepared up to now."""
        if self._fork and self._spare is None:
            try:
                self._spare = self._forked()
            except OSError:
                traceback.print_exc()  # the next check tries again, and says so
        yield

    def _new_judge(self) -> Job:
        return self._forked() if self._fork else self._spawned()

    def _forked(self, lab: protocol.OpenLab | None = None) -> Job:
        """A judge that waits for its request, or the keeper of a lab."""
        from tutor.runner import judge, lab_keeper

        folder = Path(tempfile.mkdtemp(dir=self._folder))
        ours, theirs = os.pipe()
        errors = tempfile.TemporaryFile()  # noqa: SIM115
        job = Job(0, ours, folder, errors)
        parent = os.getpid()
        requests, asking = os.pipe()
        job.requests = os.fdopen(asking, "wb")
        job.pid = os.fork()
        if job.pid == 0:
            try:
                os.dup2(errors.fileno(), 2)
                os.dup2(2, 1)
                if lab is not None:
                    lab_keeper.forked(lab, requests, theirs, folder, self._labs, parent)
                else:
                    judge.forked(requests, theirs, folder, self._judging, parent)
            except BaseException:  # noqa: BLE001 - nothing of the parent's may run on in here
                traceback.print_exc()
            finally:
                os._exit(0)
        os.close(theirs)
        os.close(requests)
        if lab is not None:
            job.take(lab)
        return job

    def _spawned(self) -> Job:
        """A judge that is no fork: it gets ready and waits for its request."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        ours, theirs = os.pipe()
        errors = tempfile.TemporaryFile()  # noqa: SIM115
        command = [sys.executable, "-P", "-m", "tutor.runner.judge"]
        arguments = [
            *(str(theirs), str(folder)),
            *(self._judging_name, self._labs_name, str(os.getpid())),
        ]
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE,
            stdout=errors,
            stderr=errors,
            pass_fds=[theirs],
        )
        process.returncode = 0  # reaped by us, with all that it starts
        os.close(theirs)
        job = Job(process.pid, ours, folder, errors)
        job.requests = process.stdin  # type: ignore[assignment]
        return job

    # --- judges -------------------------------------------------------------------------------

    def _hear(self, job: Job) -> None:
        data = os.read(job.events, 1 << 20)
        if not data:
            self._end(job)
            if job.again is not None and not job.counting:
                self._handle(job.again)
            elif not job.done:
                words = job.last_words()
                self._made_up(job, "internal", f"the judge's process died. {words}".strip())
            return
        for body in job.frames.feed(data):
            event = protocol.decode_event(body)
            if isinstance(event, protocol.Started):
                job.counting = True
                job.due = time.monotonic() + job.limit + GRACE
            elif isinstance(event, protocol.Verdict):
                if event.verdict in ("passed", "failed") and event.seconds < QUICK:
                    job.quick.add(event.claim)
            elif isinstance(event, protocol.Done):
                job.done = True
                self._learn_from(job)
                job.due = time.monotonic() + 1.0  # to leave
                self._report(job)
            self._write(protocol.frame(body))

    def _report(self, job: Job) -> None:
        """Put what a judge wrote to its stderr into our own, which is the client's log."""
        if words := job.last_words():
            print(words, file=sys.stderr, flush=True)

    def _overdue(self, job: Job) -> None:
        trace = job.folder / "where"
        where = "" if job.done else deaths.where_it_was(trace, job.sources)
        self._end(job)
        if job.done:
            return
        if job.counting:
            self._made_up(job, "time-limit", deaths.took_too_long(job.limit, where))
        else:
            words = job.last_words()
            self._made_up(
                job, "internal", f"the check did not begin within {PATIENCE:g} s. {words}"
            )

    def _end(self, job: Job) -> None:
        """Kill the judge with all that it started, and clear up after it."""
        self._selector.unregister(job.events)
        del self._jobs[job.events]
        keep = {other.pid for other in (*self._jobs.values(), self._spare) if other}
        containment.kill_descendants(keep)
        self._forget(job)
        self._chores.append(self._get_one_ready())

    def _forget(self, job: Job) -> None:
        os.close(job.events)
        if job.requests is not None:
            with contextlib.suppress(BrokenPipeError):  # what was not read any more
                job.requests.close()
        shutil.rmtree(job.folder, ignore_errors=True)

    def _made_up(self, job: Job, kind: str | None, error: str, *, cancelled: bool = False) -> None:
        """A ``Done`` in the place of the judge's own."""
        self._report(job)
        assert job.number is not None
        self._tell(
            protocol.Done(
                number=job.number,
                outcome="could-not-run",
                seconds=time.monotonic() - job.begun,
                error_kind=kind,
                error=error,
                cancelled=cancelled,
            )
        )


def main(judging: str = "lessons.judging", labs: str = "lessons.labs") -> None:
    requests, events = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    fork = containment.LINUX and os.environ.get("CNNTUTOR_START") != "spawn"
    parent = Parent(requests, events, judging, labs, fork=fork)
    try:
        parent.get_ready()
        parent.serve()
    except BrokenPipeError:
        pass  # the client is gone
    finally:
        parent.clear_up()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
