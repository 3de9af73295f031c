"""CPU time of a warm mlp check against a cold pytest run of the same assertions, in one run.

    python -m benchmarks.check_cost       (about half a minute)

The claim that trains is left out of both. Warm: the CPU time of the worker's parent with all its
ended children, and of this process, over 20 checks after the first and after what the parent does
in its idle time. Cold: of a whole
``python -m pytest`` with its children. Prints a Markdown table.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.cold_mlp import CLAIMS
from lessons.declare import reference_path
from tutor.runner import protocol
from tutor.runner.client import Client

CHECKS = 20
COLD_RUNS = 3
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(process: int | None) -> float:
    """CPU seconds of a process and of all children that it has waited for."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS


def settled(process: int | None) -> float:
    """The same, once a process does nothing more: the worker prepares itself while it is idle."""
    while True:
        before = cpu_of(process)
        time.sleep(1.0)
        if (after := cpu_of(process)) == before:
            return after


def warm() -> tuple[float, float]:
    """CPU seconds and wall seconds of one warm check."""
    source = reference_path("mlp").read_bytes()
    walls = []
    with Client() as client:
        for number in range(CHECKS + 1):
            if number == 1:
                worker = settled(client.pid)
                own = time.process_time()
            begun = time.perf_counter()
            *_, done = client.run(
                protocol.Check(
                    number=client.next_number(),
                    checkpoint="mlp",
                    path="mlp.py",
                    source=source,
                    sha256="",
                    claims=tuple(CLAIMS),
                )
            )
            walls.append(time.perf_counter() - begun)
            if not isinstance(done, protocol.Done) or done.outcome != "passed":
                raise SystemExit(f"the check should pass: {done}")
        spent = cpu_of(client.pid) - worker + time.process_time() - own
    return spent / CHECKS, statistics.median(walls[1:])


def cold() -> tuple[float, float]:
    """CPU seconds and wall seconds of one cold pytest run."""
    costs, walls = [], []
    for _ in range(COLD_RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "benchmarks/cold_mlp.py"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        walls.append(time.perf_counter() - begun)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(costs), statistics.median(walls)


def main() -> None:
    cold_cpu, cold_wall = cold()
    warm_cpu, warm_wall = warm()
    print("mlp without the claim that trains | cold pytest | warm check | ratio\n---|---|---|---")
    print(f"CPU, s | {cold_cpu:.3f} | {warm_cpu:.3f} | 1/{cold_cpu / warm_cpu:.0f}")
    print(f"wall, s | {cold_wall:.3f} | {warm_wall:.3f} | 1/{cold_wall / warm_wall:.0f}")


if __name__ == "__main__":
    main()
