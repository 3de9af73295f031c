"""Pairs of a first task and a new one that were tried for the backbone that ships.

    python -m benchmarks.backbone_pairs              digits alone
    python -m benchmarks.backbone_pairs --cifar10    from CIFAR-10, which has to be installed

For each pair a quarter-width ResNet34 learns the first task; then heads are trained and measured
as in ``benchmarks.backbone``, with 50 labels a class.
"""

import argparse

import torch
from torch import Tensor

from benchmarks.backbone import SEEDS, contrast, labelled, tell
from lessons.reuse.real import cifar10
from reference.backbone import quarter_resnet34
from reference.data import batches, digits
from reference.mlp import accuracy, train
from reference.resnet import ResNet34

EACH = 50
BATCH_SIZE = 64
LEARNING_RATE = 0.002

Task = tuple[Tensor, Tensor]


def learned(first: Task, tested: Task, passes: int, n_classes: int) -> ResNet34:
    """A network that learned the first task."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = quarter_resnet34(n_classes)
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    steps = passes * -(-len(first[1]) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(passes):
        for batch in batches(*first, BATCH_SIZE, generator):
            train(model.train(), [batch], optimizer)
            schedule.step()
    print(f"  first task: {accuracy(model, batches(*tested, 200)):.4f}", flush=True)
    return model.eval()


def part_of(split: str, low: int, high: int) -> Task:
    """The centred digits from ``low`` to ``high - 1``, in three equal channels."""
    images, labels = digits(split)  # type: ignore[arg-type]
    chosen = (labels >= low) & (labels < high)
    return images[chosen].expand(-1, 3, -1, -1), labels[chosen] - low


def compare(model: ResNet34, new: Task, tested: Task) -> None:
    """Heads for the new task under each seed."""
    runs = []
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        chosen = labelled(*new, EACH, torch.Generator().manual_seed(seed))
        runs.append(contrast(model, new[0][chosen], new[1][chosen], *tested))
    tell(runs)


def main() -> None:
    """Print what is asked for."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cifar10", action="store_true")
    if parser.parse_args().cifar10:
        first, tested = cifar10("train", 1000), cifar10("test", 100)
        if first is None or tested is None:
            raise SystemExit("CIFAR-10 is not here, or not whole: see `cnntutor data`")
        print("CIFAR-10 -> centred digits 0 to 8")
        model = learned(first, tested, passes=5, n_classes=10)
        compare(model, part_of("train", 0, 9), part_of("test", 0, 9))
    else:
        print("centred digits 0 to 4 -> centred digits 5 to 9")
        model = learned(part_of("train", 0, 5), part_of("test", 0, 5), passes=4, n_classes=5)
        compare(model, part_of("train", 5, 10), part_of("test", 5, 10))


if __name__ == "__main__":
    main()
