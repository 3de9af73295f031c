"""The subject's process: loads the learner's file and answers the judge's requests.

Everything here may be patched, closed or crashed by the code that it runs. That costs this
process, never the judge: nothing it says is more than an answer to a request.
"""

from __future__ import annotations

import faulthandler
import io
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import Any

from tutor.runner import containment, deaths, sandbox

MEMORY = 2 << 30  # bytes that the learner's code may use above what torch needs
LARGEST_FILE = 64 << 20


def main(line: int, output: int, parent: int) -> None:
    """Serve the judge until it hangs up. Never returns."""
    live(line, output, parent, _serve)


def live(line: int, output: int, parent: int, serve: Callable[[int], None]) -> None:
    """Be a process that may run a learner's code, and ``serve``. Never returns.

    line: the descriptor to speak on, which ``serve`` gets. output: where stdout and stderr go.
    """
    containment.die_with_parent(parent)
    containment.name_this("cnntutor-code")
    os.setsid()
    os.nice(5)  # the judge's timers and the learner's keys come first
    _own_descriptors(line, output)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    faulthandler.enable(all_threads=False)  # a crash says where, among the code's output
    me = os.getpid()
    try:
        serve(line)
    except OSError:
        os._exit(deaths.LINE_LOST)
    except BaseException:  # noqa: BLE001 - told below; the judge sees the exit status
        if os.getpid() == me:  # in a child that the learner's code forked there is no line
            traceback.print_exc()
            os._exit(1)
    finally:
        os._exit(0)  # no exit handlers, no threads waited for


def _own_descriptors(line: int, output: int) -> None:
    """Nothing in, output to the judge's pipe, and no other descriptor than the line."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    containment.close_all_but({0, 1, 2, line})
    # closefd=False: code that closes sys.stdout does not close what a crash is told on.
    sys.stdin = sys.__stdin__ = open(0, closefd=False)  # type: ignore[misc]  # noqa: SIM115
    sys.stdout = sys.__stdout__ = _writer(1)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _writer(2)  # type: ignore[misc]


def _writer(descriptor: int) -> Any:
    """Unbuffered, so that what was printed before a crash is not lost with it."""
    raw = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(
        raw,
        encoding="utf-8",
        errors="backslashreplace",
        write_through=True,
    )


def _serve(descriptor: int) -> None:
    # Torch is there already in a fork; in a process of its own this is the long part.
    import torch

    from lessons.workbench import LearnerError, Workbench
    from tutor.runner import loading, wire

    torch.set_num_threads(1)
    me = os.getpid()
    line = wire.Line(descriptor)
    # A child that the learner's code forks must not answer the judge.
    os.register_at_fork(after_in_child=line.close)
    line.send(wire.pack("here"))
    order = line.receive()
    if order is not None and order[0] == "rehearse":
        sys.modules[order[1]].rehearse()
        order = line.receive()
    if order is None:
        return
    told: dict[str, Any] = order[1]
    _prepare(told)
    try:
        module = loading.load(
            told["source"], told["path"], told["name"], told["pieces"], told["earlier"]
        )
    except loading.Unloadable as error:
        line.send(wire.pack("unloadable", error.kind, error.message))
        return
    bench = Workbench(module.__dict__, told["path"])
    line.send(wire.pack("loaded"))

    def step(seen: Any) -> None:
        line.send(wire.pack("step", seen))

    while os.getpid() == me and (message := line.receive()) is not None:
        _, request, arguments, steps = message
        try:
            answer = bench.answer(request, arguments, step if steps else None)
            reply = wire.pack("answer", answer)
        except LearnerError as error:
            message = error.message + sandbox.hint(error.message)
            reply = wire.pack("error", error.kind, _plain(message), _plain(error.where))
        except wire.Unsendable as error:
            reply = wire.pack("error", "answer", _plain(str(error)), "")
        except MemoryError:
            reply = wire.pack(
                "error", "MemoryError", "it asks for more memory than there is for it", ""
            )
        line.send(reply)


def _plain(text: str) -> str:
    """Without lone surrogates, which can't be sent."""
    return text.encode("utf-8", "backslashreplace").decode()


def _prepare(told: dict[str, Any]) -> None:
    """Limits and a folder of its own, just before the learner's code comes in."""
    seconds = told["seconds"]
    sys.argv = [told["path"]]
    # Just before the limit a thread of C code, which no loop can stop, writes down where we are.
    trace = os.open(told["trace"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    shut_in(told["folder"])
    faulthandler.dump_traceback_later(just_before(seconds), exit=False, file=trace)
    containment.limit(MEMORY, int(seconds) + 5, LARGEST_FILE)


def just_before(seconds: float) -> float:
    """When to write down where the code is, so that it is written when the limit comes, on a
    busy machine too."""
    return max(seconds - min(0.2, seconds / 5), 0.01)


def shut_in(folder: str) -> None:
    """From here on this process writes in ``folder`` only, where its temporary files go too."""
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    containment.limit_processes()
    sandbox.close_in(folder)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
