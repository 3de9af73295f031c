"""Which optimizer and batch size lift the reference above 85 % in one pass, and how reliably.

    python -m benchmarks.one_pass             every setting, 20 seeds each (about 90 s)
    python -m benchmarks.one_pass --wrong     two settings, with wrong variants beside them

A seed sets the initial values and shuffles the shipped digits. One thread; times are CPU time of
the training pass alone. Prints Markdown tables; ``docs/figures.md`` holds what they said.
"""

import argparse
import time
from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch import nn

from reference.data import batches, digits
from reference.mlp import Linear, SimpleMLP, accuracy, train

Train = Callable[[nn.Module, Iterable, torch.optim.Optimizer], list[float]]
CHOSEN = ("Adam", 0.002, 32)
PLAIN = ("SGD", 0.1, 16)
SETTINGS = [
    *(("SGD", lr, size) for size in (16, 32, 64) for lr in (0.1, 0.2, 0.3, 0.5)),
    *(("Adam", lr, size) for size in (16, 32, 64) for lr in (0.001, 0.002, 0.003)),
]


def train_wrongly(zero: bool = True, step: bool = True, loss=F.cross_entropy) -> Train:
    """Return a training pass that leaves something out, or uses another loss."""

    def run(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            value = loss(model(images), labels)
            if zero:
                optimizer.zero_grad()
            value.backward()
            if step:
                optimizer.step()
            losses.append(value.item())
        return losses

    return run


def nll_of_softmax(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of what has been through a softmax already."""
    return F.cross_entropy(logits.softmax(dim=1), labels)


def no_relu() -> nn.Module:
    """Return the network without what makes it more than one linear map."""
    return nn.Sequential(nn.Flatten(), Linear(784, 100), Linear(100, 10))


def log_softmax() -> nn.Module:
    """Return the network with a log-softmax at its end."""
    return nn.Sequential(SimpleMLP(), nn.LogSoftmax(dim=1))


WRONG: list[tuple[str, Callable[[], nn.Module], Train]] = [
    ("the reference", SimpleMLP, train),
    ("no ReLU", no_relu, train),
    ("ReLU after the logits", lambda: nn.Sequential(SimpleMLP(), nn.ReLU()), train),
    ("softmax before cross-entropy", SimpleMLP, train_wrongly(loss=nll_of_softmax)),
    ("log-softmax before cross-entropy", log_softmax, train),
    ("gradients never zeroed", SimpleMLP, train_wrongly(zero=False)),
    ("never a step", SimpleMLP, train_wrongly(step=False)),
]


def measure(build, train, setting, seeds: int) -> str:
    """Train once a seed; return one row: accuracy (least, median, most) and seconds."""
    name, lr, size = setting
    images, labels = digits("train")
    test = batches(*digits("test"), 500)
    reached, seconds = [], []
    for seed in range(seeds):
        torch.manual_seed(seed)
        model = build()
        optimizer = getattr(torch.optim, name)(model.parameters(), lr=lr)
        order = batches(images, labels, size, torch.Generator().manual_seed(seed))
        start = time.process_time()
        train(model, order, optimizer)
        seconds.append(time.process_time() - start)
        reached.append(100 * accuracy(model, test))
    least, middle, most = min(reached), sorted(reached)[seeds // 2], max(reached)
    second = sorted(seconds)[seeds // 2]
    return f"{least:.1f} | {middle:.1f} | {most:.1f} | {second:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--wrong", action="store_true", help="wrong variants")
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    columns = "least % | median % | most % | seconds |"
    if options.wrong:
        for setting in (CHOSEN, PLAIN):
            print(f"| {setting} | {columns}\n|---|---|---|---|---|")
            for label, build, how in WRONG:
                print(f"| {label} | {measure(build, how, setting, options.seeds)}", flush=True)
    else:
        print(f"| optimizer | lr | batch | {columns}\n|---|---|---|---|---|---|---|")
        for setting in SETTINGS:
            name, lr, size = setting
            row = measure(SimpleMLP, train, setting, options.seeds)
            print(f"| {name} | {lr} | {size} | {row}", flush=True)


if __name__ == "__main__":
    main()
