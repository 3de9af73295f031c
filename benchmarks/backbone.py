"""What the backbone that ships is worth: a new head on it, and the same head on random features.

    python -m benchmarks.backbone

The new task is the digits 5 to 9, which the backbone has never seen, on canvases as it knows
them. A seed draws the labelled digits, all canvases, the random network and the head's initial
values. Both networks are frozen; the random one gets batch statistics from the labelled images.
Features go into the head as they are, or standardised by the labelled images' mean and deviation.
"""

import time

import torch
from torch import Tensor

from benchmarks.board_figures import spread
from reference.backbone import canvases, features, pretrained_backbone, quarter_resnet34, settle
from reference.data import digits
from reference.mlp import Linear, accuracy, train
from reference.resnet import ResNet34

SEEDS = 5
STEPS = 200
LEARNING_RATE = 0.01
LABELS = (50, 10)  # of each class


def labelled(images: Tensor, labels: Tensor, each: int, generator: torch.Generator) -> Tensor:
    """Indices of ``each`` digits of each class, drawn at random."""
    order = torch.randperm(len(labels), generator=generator)
    return torch.cat([order[labels[order] == label][:each] for label in labels.unique()])


def head_accuracy(known: Tensor, labels: Tensor, asked: Tensor, answers: Tensor) -> float:
    """Train a linear head on features (N, 128), all in each step; accuracy on other features."""
    head = Linear(known.shape[1], int(labels.max()) + 1)
    train(head, [(known, labels)] * STEPS, torch.optim.Adam(head.parameters(), LEARNING_RATE))
    return accuracy(head, [(asked, answers)])


def measure(seed: int, each: int) -> dict[str, float]:
    """Accuracy of the four heads under one seed, and the CPU seconds they took."""
    began = time.process_time()
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    images, labels = new_task("train")
    chosen = labelled(images, labels, each, generator)
    known, labels = canvases(images[chosen], generator), labels[chosen]
    images, answers = new_task("test")
    asked = canvases(images, generator)
    found = contrast(pretrained_backbone(), known, labels, asked, answers)
    return {**found, "seconds": time.process_time() - began}


def contrast(
    pretrained: ResNet34, known: Tensor, labels: Tensor, asked: Tensor, answers: Tensor
) -> dict[str, float]:
    """Accuracy of four heads: on a frozen backbone's features and on random ones, each of them
    as they are and standardised."""
    found = {}
    rival = settle(quarter_resnet34(), known)
    for name, model in (("pretrained", pretrained), ("random", rival)):
        raw, raw_asked = features(model, known), features(model, asked)
        mean, deviation = raw.mean(0), raw.std(0) + 1e-6
        found[f"{name}, raw"] = head_accuracy(raw, labels, raw_asked, answers)
        standard, standard_asked = (raw - mean) / deviation, (raw_asked - mean) / deviation
        found[f"{name}, standardised"] = head_accuracy(standard, labels, standard_asked, answers)
    return found


def new_task(split: str) -> tuple[Tensor, Tensor]:
    """The digits 5 to 9 that ship, with labels 0 to 4."""
    images, labels = digits(split)
    return images[labels >= 5], labels[labels >= 5] - 5


def main() -> None:
    """Print a table for each number of labels."""
    torch.set_num_threads(1)
    for each in LABELS:
        runs = [measure(seed, each) for seed in range(SEEDS)]
        seconds = sum(run.pop("seconds") for run in runs)
        print(f"{each} labels a class, {SEEDS} seeds, {seconds:.0f} s of CPU time")
        tell(runs)


def tell(runs: list[dict[str, float]]) -> None:
    """Print what the runs reached, and by how much pretrained features are better."""
    for name in runs[0]:
        print(f"  {name}: {spread([run[name] for run in runs])}")
    for kind in ("raw", "standardised"):
        gaps = [run[f"pretrained, {kind}"] - run[f"random, {kind}"] for run in runs]
        print(f"  gain, {kind}: {spread(gaps)}", flush=True)


if __name__ == "__main__":
    main()
