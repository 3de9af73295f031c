"""Kill a writer again and again: ``python -m tests.desk.killing WORKSPACE TIMES SEED``.

A process of its own, as a fork of a small one is quick. Prints the numbers that were told as done,
as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from lessons.course import COURSE
from tutor.progress import CheckEnded, HintTaken, Progress
from tutor.workspace import Workspace

READY = (0).to_bytes(4, "big")
MLP = COURSE.checkpoint("mlp")
TEXTS = [f"# version {number}\n" * (1 + 400 * number) for number in range(3)]


def write_on(workspace: Workspace, first: int, told: int) -> None:
    """What an app does, without end: a verdict, a save, a reset; each is told once it is done."""
    progress = Progress(workspace)
    number = first
    os.write(told, READY)
    while True:
        progress.add(HintTaken(checkpoint="mlp", number=number, at=time.time()))
        progress.add(
            CheckEnded(
                checkpoint="mlp", outcome="passed", whole=True, at=time.time(),
                sha256=f"{number:064x}", check="c",
            )
        )  # fmt: skip
        os.write(told, number.to_bytes(4, "big"))
        workspace.write(MLP, TEXTS[number % len(TEXTS)])
        number += 1
        if number % 7 == 0:
            workspace.reset(MLP)


def killed(workspace: Workspace, first: int, chance: random.Random) -> int:
    """Start a writer and kill it somewhere in its first three rounds; the last number it told."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            write_on(workspace, first, theirs)
        finally:
            os._exit(1)
    os.close(theirs)
    assert os.read(ours, 4) == READY
    last = first - 1
    for _ in range(chance.randrange(3)):
        last = int.from_bytes(os.read(ours, 4), "big")
    time.sleep(chance.uniform(0.0, 0.004))  # the instant is what is tried, not what is waited for
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, "it ended by itself"
    while data := os.read(ours, 4):
        last = int.from_bytes(data, "big")
    os.close(ours)
    return last


def main() -> None:
    workspace, times, chance = Workspace(Path(sys.argv[1])), int(sys.argv[2]), sys.argv[3]
    allowed = {text.encode() for text in TEXTS} | {workspace.read(MLP).data}
    acknowledged: set[int] = set()
    first = 1
    dice = random.Random(chance)
    for _ in range(times):
        last = killed(workspace, first, dice)
        acknowledged |= set(range(first, last + 1))
        first = last + 10  # what was begun but not told may be there or not
        assert workspace.read(MLP).data in allowed
    print(json.dumps(sorted(acknowledged)))


if __name__ == "__main__":
    main()
