"""The figures that the appendix's board of the data ladder names: two models on the digits.

    python -m benchmarks.appendix_board

Trains what lab ``rungs`` trains, by its own code, for five seeds; the middle one stands on the
board.
"""

from __future__ import annotations

from statistics import median
from typing import Any

from lessons.extra.rungs import LAB
from lessons.extra.rungs.lab import LINEAR, NETWORK, measured

SEEDS = 5


class Quiet:
    """As much of a bench as the training needs."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.settings = LAB.start
        self.memory: dict[str, Any] = {}

    def piece(self, checkpoint_id: str) -> Any:
        from importlib import import_module

        return import_module(f"reference.{checkpoint_id}")

    def progress(self, done: int, of: int) -> None:
        """Nobody waits for it."""

    def curves(self, *drawing: Any, **more: Any) -> None:
        """Nobody looks."""


def main() -> None:
    for kind in (LINEAR, NETWORK):
        right = [measured(Quiet(seed), "digits", kind, 0) for seed in range(SEEDS)]  # type: ignore[arg-type]
        told = ", ".join(f"{value:.1f}" for value in sorted(right))
        print(f"{kind:15} {median(right):.1f} %  ({told})", flush=True)


if __name__ == "__main__":
    main()
