"""Many learners on one machine: memory of their apps and workers, latency, and whose verdict.

    python -m benchmarks.workshop 1 10 30       (some minutes; 30 learners need about 16 GB)

Each learner has a workspace, the tutor in a terminal of their own, 80x24, and so a worker of
their own, with a judge that waits. Once all are ready, memory is measured: of an app its USS (what
would be free if it ended) and PSS (with its share of what several use), and by how much less the
machine has to give, at rest and at the worst moment of the checks. (The kernel's figures of a
worker and what it forked count huge pages that they share more than once.)
Then all save a file at once; half of them wrote a right
``mlp.py``, the others one of three wrong ones. Each learner's progress must hold the verdict of
their own file. Prints a Markdown table.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

from lessons.course import COURSE
from lessons.declare import reference_path
from tutor.progress import ClaimShown, Progress
from tutor.starter import learners_imports
from tutor.workspace import Workspace

MLP = COURSE.checkpoint("mlp")
PATIENCE = 600.0


def answers() -> list[tuple[str, set[str]]]:
    """Files, and the claims that each must fail."""
    right = learners_imports(reference_path("mlp").read_text("utf-8"))
    return [
        (right, set()),
        (right.replace("self.linear2(x)  #", "self.linear2(x).softmax(1)  #"), {"raw-scores"}),
        (right, set()),
        (right.replace("optimizer.zero_grad()", "pass"), {"training-step"}),
        (right, set()),
        (right.replace("x = F.relu(self.linear1(x))", "x = self.linear1(x)"), {"same-outputs"}),
    ]


class Learner:
    """A tutor in a pseudo terminal, and a workspace."""

    def __init__(self, folder: Path, number: int) -> None:
        self.source, self.fails = answers()[number % len(answers())]
        self.workspace = Workspace(folder / str(number))
        self.workspace.create()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "LINES": "24", "COLUMNS": "80"}
            os.environ["HOME"] = str(folder)
            command = [sys.executable, "-m", "tutor", "--workspace", str(self.workspace.root)]
            os.execvp(command[0], command)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.seen = b""

    def press(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def shown(self) -> dict[str, str]:
        entries = Progress(self.workspace).entries(MLP)
        return {e.claim: e.verdict for e in entries if isinstance(e, ClaimShown)}

    def is_done(self) -> bool:
        return any(not isinstance(e, ClaimShown) for e in Progress(self.workspace).entries(MLP))

    def end(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        with contextlib.suppress(OSError):
            while os.read(self.terminal, 1 << 16):
                pass
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def take_in(learners: list[Learner], seconds: float) -> None:
    """Read what the terminals show, so that no app waits for us."""
    by = {learner.terminal: learner for learner in learners}
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for descriptor in select.select(list(by), [], [], left)[0]:
            by[descriptor].seen += os.read(descriptor, 1 << 16)


def wait(learners: list[Learner], text: bytes) -> None:
    end = time.monotonic() + PATIENCE
    while not all(text in learner.seen for learner in learners):
        if time.monotonic() > end:
            raise SystemExit(f"not every terminal showed {text!r}")
        take_in(learners, 0.2)


def memory(pid: int) -> tuple[float, float]:
    """USS and PSS of a process, MB."""
    fields: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        fields[name] = int(value.split()[0])
    private = fields["Private_Clean"] + fields["Private_Dirty"]
    return private / 1024, fields["Pss"] / 1024


def available() -> float:
    """GB that the machine has to give."""
    rows = Path("/proc/meminfo").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("MemAvailable")) / (1 << 20)


def try_out(count: int, folder: Path) -> str:
    before = available()
    learners = [Learner(folder, number) for number in range(count)]
    try:
        wait(learners, b"worker: ready")
        take_in(learners, 5.0)  # until workers have gathered their memory
        apps = [memory(learner.pid) for learner in learners]
        least = resting = available()
        for learner in learners:
            learner.press("n")
        wait(learners, b"not checked yet")
        begun = time.time()
        for learner in learners:
            learner.workspace.write(MLP, learner.source)
        end = time.monotonic() + PATIENCE
        while not all(learner.is_done() for learner in learners):
            if time.monotonic() > end:
                raise SystemExit("not every check ended")
            take_in(learners, 0.1)
            least = min(least, available())
        first, last = zip(*map(_times, learners), strict=True)
        mixed = sum(not _own(learner) for learner in learners)
        middle = [statistics.median(column) for column in zip(*apps, strict=True)]
        cells = [f"{value:.0f}" for value in middle]
        cells += [f"{1024 * (before - resting) / count:.0f}"]
        cells += [f"{before - now:.1f}" for now in (resting, least)]
        cells += [
            f"{statistics.median(times) - begun:.1f} ({max(times) - begun:.1f})"
            for times in (first, last)
        ]
        return f"{count} | {' | '.join(cells)} | {mixed}"
    finally:
        for learner in learners:
            learner.end()


def _times(learner: Learner) -> tuple[float, float]:
    """When the first verdict came, and the last of the claims that do not train."""
    quick = {claim.id for claim in MLP.claims if not claim.trains}
    entries = Progress(learner.workspace).entries(MLP)
    at = [e.at for e in entries if isinstance(e, ClaimShown) and e.claim in quick]
    return min(at), max(at)


def _own(learner: Learner) -> bool:
    """Whether the progress holds the verdict of the learner's own file."""
    failed = {claim for claim, verdict in learner.shown().items() if verdict == "failed"}
    return bool(failed) == bool(learner.fails) and learner.fails <= failed


def main() -> None:
    print(
        "learners | app USS, MB | app PSS | all of a learner | all, GB | while they check | "
        "first verdict, s (last learner's) | quick claims, s (last learner's) | verdicts mixed up"
        "\n---|---|---|---|---|---|---|---|---"
    )
    for count in map(int, sys.argv[1:] or ("1",)):
        with tempfile.TemporaryDirectory() as folder:
            print(try_out(count, Path(folder)), flush=True)
    print(f"\nLoad at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
