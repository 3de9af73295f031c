"""What the stacks of the lab ``race`` reach with each of its settings, and what that takes.

    python -m benchmarks.depth_race [--kind linear|convolution] [--depth N ...] [--seeds N]

A row is one setting: test accuracy of the plain stack and of its residual twin in %, least | median
| most of the seeds; the gradient of the first layer before the first step, medians; how many of the
runs diverged; CPU seconds of both on one thread, median.
"""

import argparse
import itertools
import statistics
import time
from typing import NamedTuple

import torch

from benchmarks.locality_labs import QuietBench, spread
from lessons.depth.race.stacks import CONVOLUTION, LINEAR, Runner


class Run(NamedTuple):
    """One stack's race. diverged: whether its loss stopped being a number."""

    accuracy: float
    gradient: float
    diverged: bool
    seconds: float


def run(kind: str, depth: int, norm: bool, he: bool, residual: bool, seed: int) -> Run:
    begun = time.process_time()
    runner = Runner(QuietBench(seed), kind, depth, norm=norm, he=he, residual=residual)
    while not runner.ended:
        runner.go_on()
    seconds = time.process_time() - begun
    return Run(runner.accuracy, runner.first[0], runner.diverged is not None, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=(LINEAR, CONVOLUTION), default=LINEAR)
    parser.add_argument("--depth", type=int, nargs="+", default=[6, 10, 20, 34])
    parser.add_argument("--norm", choices=("off", "on"), nargs="+", default=["off", "on"])
    parser.add_argument("--init", choices=("default", "He"), nargs="+", default=["default", "He"])
    parser.add_argument("--seeds", type=int, default=5)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    print(
        "| layers | batch norm | first values | plain % | residual % | gradients | diverged | s |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for depth, norm, init in itertools.product(chosen.depth, chosen.norm, chosen.init):
        both = [
            [
                run(chosen.kind, depth, norm == "on", init == "He", residual, seed)
                for seed in range(chosen.seeds)
            ]
            for residual in (False, True)
        ]
        reached = [spread([one.accuracy for one in runs]).replace("|", "\\|") for runs in both]
        medians = [f"{statistics.median(one.gradient for one in runs):.2g}" for runs in both]
        diverged = [f"{sum(one.diverged for one in runs)}" for runs in both]
        seconds = statistics.median(a.seconds + b.seconds for a, b in zip(*both, strict=True))
        cells = [str(depth), norm, init, *reached, ", ".join(medians), ", ".join(diverged)]
        print(f"| {' | '.join(cells)} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
