"""What the networks of the labs ``shift`` and ``pooling`` reach, and what their training takes.

    python -m benchmarks.locality_labs [--seeds N] [--batch N] [--lr X] [--passes N]

Every figure is least | median | most over the seeds; accuracy is that of the 2,000 test digits,
moved right by 0 to 8 pixels. Seconds are CPU time on one thread.
"""

import argparse
import importlib
import statistics
import time
from typing import Any

import torch

from lessons.locality import small_networks as small
from lessons.locality.pooling.lab import MANY, changes
from reference.data import digits


class QuietBench:
    """A bench that draws nothing."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.settings: dict[str, Any] = {}
        self.memory: dict[str, Any] = {}
        self.own = {"mlp": False, "conv": False}

    def piece(self, checkpoint_id: str) -> Any:
        return importlib.import_module(f"reference.{checkpoint_id}")

    def nothing(self, *what: Any, **more: Any) -> None:
        pass

    words = picture = curves = bars = table = finding = progress = nothing


def spread(values: list[float], digits: int = 1) -> str:
    """Return least, median and most."""
    three = (min(values), statistics.median(values), max(values))
    return " | ".join(f"{value:.{digits}f}" for value in three)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--batch", type=int, default=small.BATCH)
    parser.add_argument("--lr", type=float, default=small.LEARNING_RATE)
    parser.add_argument("--passes", type=int, default=small.PASSES)
    chosen = parser.parse_args()
    small.BATCH, small.LEARNING_RATE, small.PASSES = chosen.batch, chosen.lr, chosen.passes
    torch.set_num_threads(1)
    images, _ = digits("test")
    benches = [QuietBench(seed) for seed in range(chosen.seeds)]
    shifted = (small.MLP, small.FLATTENED, small.AVERAGED)
    for name in (*shifted, small.AT_ONCE, small.STRONGEST):
        training, measuring = [], []
        for bench in benches:
            begun = time.process_time()
            small.trained(bench, [name])
            training.append(time.process_time() - begun)
        size = sum(p.numel() for p in small.trained(benches[0], [name])[0].parameters())
        print(f"{name}: {size:,} parameters, training {spread(training)} s")
        for pixels in range(9) if name in shifted else (0,):
            begun = time.process_time()
            reached = [100 * small.right(bench, name, pixels) for bench in benches]
            measuring.append((time.process_time() - begun) / len(benches))
            print(f"  moved by {pixels}: {spread(reached)} %")
        print(f"  measuring at one shift: {statistics.median(measuring):.2f} s")
    for kernel in (2, 3):
        stages = zip(*(changes(b, images[:MANY], kernel, None) for b in benches), strict=True)
        names = ("first maps", f"after max pooling {kernel} x {kernel}", "last maps", "averages")
        for name, values in zip(names, stages, strict=True):
            print(f"moved by one pixel, {name}: {spread(list(values), 0)} % changes")


if __name__ == "__main__":
    main()
