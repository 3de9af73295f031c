"""The lab's process: loads the learner's own files and runs the lab on them, again and again.

It stands where a check's subject stands: what it runs may patch, close or crash everything here,
and that costs this process only. Its keeper believes no more of it than drawings.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import time
import traceback
from importlib import import_module
from typing import Any

from tutor.runner import containment, subject_process


def main(line: int, output: int, parent: int) -> None:
    """Serve the keeper until it hangs up. Never returns."""
    subject_process.live(line, output, parent, _serve)


def _serve(descriptor: int) -> None:
    import torch

    from tutor.runner import lab_line, protocol, wire

    torch.set_num_threads(1)
    line = wire.Line(descriptor, lab_line.read_order)
    # A child that the learner's code forks must not speak with the keeper.
    os.register_at_fork(after_in_child=line.close)
    line.send(protocol.encode(lab_line.Heard()))
    order = line.receive()
    if order is None:
        return
    sys.argv = [order.module]
    clock = Clock(order.trace, order.seconds)
    subject_process.shut_in(order.folder)
    containment.limit(subject_process.MEMORY, int(order.seconds) + 5, subject_process.LARGEST_FILE)
    try:
        _answer(line, order, clock)
    except BaseException as error:  # noqa: BLE001 - whatever the learner's code raised
        kind, message = told(error, order.earlier)
        details = "" if kind != "internal" else "".join(traceback.format_exception(error))
        failed = lab_line.Failed(
            kind=kind, message=_plain(message), details=_plain(details[-8000:])
        )
        line.send(protocol.encode(failed))


def _answer(line: Any, order: Any, clock: Clock) -> None:
    """Load the learner's files, then answer to one choice of settings after the other."""
    from lessons.surroundings import plain_state, seed_randomness
    from tutor.runner import loading
    from tutor.runner.lab_bench import LineBench, Superseded

    me = os.getpid()
    clock.begin()
    for name, source in order.earlier.items():
        loading.prime_linecache(f"<earlier>/{name}.py", source)
    loading.serve_pieces(order.pieces, order.earlier)
    for name in order.earlier:
        import_module(name)
    run = import_module(order.module).run
    bench = LineBench(line, order, clock.hold)
    while os.getpid() == me:
        plain_state()
        seed_randomness(order.seed)
        clock.begin()
        bench.begin()
        begun = time.perf_counter()
        try:
            run(bench)
            bench.end(time.perf_counter() - begun)
        except Superseded:
            continue
        finally:
            clock.end()
        if not bench.wait():
            return


class Clock:
    """Sees to it that the place where the code is gets written down just before its time is up."""

    def __init__(self, trace: str, seconds: float) -> None:
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._seconds = self._left = seconds
        self._since = 0.0

    def begin(self) -> None:
        """An answer begins, with time of its own."""
        os.truncate(self._trace, 0)
        containment.limit_cpu(int(self._seconds) + 5)
        self._left = self._seconds
        self._run()

    def _run(self) -> None:
        self._since = time.monotonic()
        # A thread of C code, which no loop can stop.
        faulthandler.dump_traceback_later(subject_process.just_before(self._left), file=self._trace)

    def end(self) -> None:
        faulthandler.cancel_dump_traceback_later()

    def hold(self, held: bool) -> None:
        """The answer begins to wait, or goes on with what time it has left."""
        if held:
            self.end()
            self._left -= time.monotonic() - self._since
        else:
            self._run()


def told(error: BaseException, earlier: dict[str, bytes]) -> tuple[str, str]:
    """Kind and sentence for whatever ended a run: the learner's line, if one of theirs raised."""
    from lessons.workbench import learner_error

    what = learner_error(error, "")
    if what.kind == "MemoryError":
        return "memory", "the lab asks for more memory than it may use"
    if isinstance(error, SyntaxError) and (error.filename or "").startswith("<earlier>"):
        return "syntax-error", f"your {what.where}: {what.message}"
    named = type(error).__name__
    text = f"{named}: {what.message}" if what.message else named
    if what.where:
        from tutor.runner import loading

        return "raised", f"your {loading.place(error, '')}: {text}"
    here = os.path.dirname(__file__)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.dirname(frame.filename) != here  # the bench only says what the lab did
    ]
    at = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
    files = " and ".join(f"{name}.py" for name in earlier)
    ran = f"; it ran on your own {files}" if files else ""
    return "internal", f"a fault of the lab's own: {text}{at}{ran}"


def _plain(text: str) -> str:
    """Without lone surrogates, which can't be sent."""
    return text.encode("utf-8", "backslashreplace").decode()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
