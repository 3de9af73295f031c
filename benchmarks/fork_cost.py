"""What a fork of a process that holds torch costs, before and after its memory is gathered.

    python -m benchmarks.fork_cost       (about ten seconds)

Prints a Markdown table: medians of 15 forks that end at once, in ms of CPU time.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
from pathlib import Path

from tutor.runner import hugepages

FORKS = 15


def fork() -> tuple[float, float]:
    """CPU seconds of a fork, in the parent and in the child."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    child = os.fork()
    if child == 0:
        os._exit(0)
    _, _, spent = os.wait4(child, 0)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_stime - before.ru_stime, spent.ru_stime + spent.ru_utime


def row(name: str) -> str:
    parent, child = zip(*(fork() for _ in range(FORKS)), strict=True)
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    held = int(fields["RssAnon"].split()[0]) / 1024
    times = [f"{1000 * statistics.median(times):.1f}" for times in (parent, child)]
    return f"{name} | {' | '.join(times)} | {held:.0f}"


def main() -> None:
    from lessons import judging

    judging.preload()
    gc.collect()
    gc.freeze()
    print("pages | parent, ms | child, ms | private memory, MB\n---|---|---|---")
    print(row("small"))
    for _ in hugepages.gather():
        pass
    print(row("gathered"))


if __name__ == "__main__":
    main()
