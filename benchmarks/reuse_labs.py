"""What the labs ``features`` and ``parity`` find under several seeds, and what they cost.

    python -m benchmarks.reuse_labs [--seeds N]

Every figure is least | median | most over the seeds. Seconds are CPU time on one thread, the import
of torch and torchvision not included.
"""

import argparse
import time
from typing import Any

import torch
import torchvision.models  # noqa: F401 - so that no lab's time holds its import

from benchmarks.locality_labs import QuietBench, spread
from lessons.reuse.features import LAB as FEATURES
from lessons.reuse.features import lab as features
from lessons.reuse.parity import LAB as PARITY
from lessons.reuse.parity import lab as parity


class Noting(QuietBench):
    """Keeps the figures of the last finding."""

    def finding(self, sentence: str, figures: dict[str, float], *, proves: bool = True) -> None:
        self.figures = dict(figures)


def run(bench: Noting, lab: Any, declared: Any, **settings: Any) -> tuple[dict[str, float], float]:
    """The figures under these settings, and the CPU seconds that they took."""
    bench.settings = {**declared.start, **settings}
    bench.own = dict.fromkeys(declared.uses, False)
    began = time.process_time()
    lab.run(bench)
    return bench.figures, time.process_time() - began


def table(title: str, runs: list[tuple[dict[str, float], float]], names: list[str]) -> None:
    print(title)
    for name in names:
        print(f"  {name}: {spread([figures[name] for figures, _ in runs])}")
    print(f"  seconds: {spread([seconds for _, seconds in runs])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    torch.set_num_threads(1)
    benches = [Noting(seed) for seed in seeds]
    for each in (50, 10):
        runs = [run(bench, features, FEATURES, labels=each) for bench in benches]
        names = [f"{which}, {how}" for how in ("raw", "standardised")
                 for which in ("pretrained", "random")]  # fmt: skip
        table(f"features, race, {each} labels a class: % right", runs, names)
    runs = [run(bench, features, FEATURES, show="cache") for bench in benches]
    table("features, cache: steps a second, differences", runs, list(runs[0][0]))
    for looks in ("alike", "faint", "negative"):
        runs = [run(bench, features, FEATURES, show="thaw", looks=looks) for bench in benches]
        names = ["before", "in eval mode", "in train mode"]
        table(f"features, thaw, {looks}: % of 0 to 4 right", runs, names)
    firsts, nexts = [], []
    for seed in seeds:
        bench = Noting(seed)
        firsts.append(run(bench, parity, PARITY))
        nexts.append(run(bench, parity, PARITY, part="2.3"))
    names = ["first gap", "logits", "another class"]
    table("parity, first answer", firsts, names)
    table("parity, another pair of rows", nexts, names)


if __name__ == "__main__":
    main()
