"""Packs a part of a data set into one file, in a process of its own, as it takes torch.

    python -m tutor.runner.packer RUNG FOLDER FORM EACH OUT

FORM is "packed" or "original": what of it the folder holds.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from lessons.ladder import rung
from reference.data import choose
from reference.packed import NAMES, pack


def arrays_of(rung_id: str, folder: Path, form: str) -> dict[str, np.ndarray]:
    """A data set's four arrays: out of its packed file, or read by torchvision."""
    if form == "packed":
        with np.load(folder / rung(rung_id).packed, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in NAMES}
    from torchvision import datasets

    kind = {
        "mnist": datasets.MNIST,
        "fashion-mnist": datasets.FashionMNIST,
        "cifar10": datasets.CIFAR10,
    }[rung_id]
    found = {}
    for split in ("train", "test"):
        data = kind(folder, train=split == "train", download=False)
        found[f"{split}_images"] = np.asarray(data.data, dtype=np.uint8)
        found[f"{split}_labels"] = np.asarray(data.targets, dtype=np.uint8)
    return found


def part(arrays: dict[str, np.ndarray], each: int) -> dict[str, np.ndarray]:
    """The first ``each`` images of each class, in both splits."""
    found = {}
    for split in ("train", "test"):
        chosen = choose(arrays[f"{split}_labels"], each)
        for kind in ("images", "labels"):
            found[f"{split}_{kind}"] = np.ascontiguousarray(arrays[f"{split}_{kind}"][chosen])
    return found


def main(rung_id: str, folder: str, form: str, each: str, out: str) -> int:
    Path(out).write_bytes(pack(part(arrays_of(rung_id, Path(folder), form), int(each))))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
