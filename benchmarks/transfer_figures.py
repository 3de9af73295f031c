"""The figures that the board of move 4 names about transfer, measured on the reference.

    python -m benchmarks.transfer_figures
    python -m benchmarks.transfer_figures --learns    the claim `learns`, optimizer by optimizer

A small residual network learns the digits 0 to 4; its backbone is then frozen, and a new head
learns 5 to 9, or the same as negatives. A figure is least, median and most over 20 seeds (two
minutes).
"""

import argparse
import copy

import torch
from torch import Tensor, nn

from benchmarks.board_figures import spread
from lessons.instruments import PretrainedNetwork
from lessons.judging import lesson
from lessons.mistakes import reference_namespace
from lessons.subject import Subject
from lessons.trial import Trial, run_claim
from lessons.workbench import Workbench
from reference.data import batches, digits
from reference.mlp import accuracy, train
from reference.transfer import head_optimizer, prepare_for_feature_extraction, train_head

SEEDS = 20
BATCH_SIZE = 16
NEW = 80 * BATCH_SIZE  # images of the new task: 80 steps
OPTIMIZERS = ("Adam", "AdamW", "SGD", "RMSprop", "Adagrad", "NAdam", "RAdam", "Adamax", "Adadelta")


def task(split: str, low: int) -> tuple[Tensor, Tensor]:
    """The five digits from ``low`` on, in three equal channels, labels 0 to 4."""
    images, labels = digits(split)
    chosen = (labels >= low) & (labels < low + 5)
    return images[chosen].expand(-1, 3, -1, -1), labels[chosen] - low


def new_head(model: nn.Module, order: list, *, trap: bool) -> nn.Module:
    """A copy of the model with a trained head; ``trap``: in train mode all the while."""
    model = prepare_for_feature_extraction(copy.deepcopy(model), 5)
    if not trap:
        train_head(model, order, head_optimizer(model, lr=0.01))
    else:
        train(model.train(), order, head_optimizer(model, lr=0.01))
    return model


def learns(optimizer: str) -> list[float]:
    """What the reference reaches in the claim ``learns`` with one of torch's optimizers."""
    namespace = reference_namespace("transfer")
    namespace["head_optimizer"] = lambda model, lr: getattr(torch.optim, optimizer)(
        [p for p in model.parameters() if p.requires_grad], lr
    )
    reached = []
    for seed in range(SEEDS):
        curve: list[float] = []
        subject = Subject(Workbench(namespace).answer, seed)
        on_loss = lambda *point, curve=curve: curve.append(point[-1])  # noqa: E731
        run_claim(
            lesson("transfer").functions["learns"], Trial(subject, "learns", seed, on_loss=on_loss)
        )
        reached.append(curve[-1])
    return reached


def figures() -> None:
    """Print every figure of the board."""
    old, old_test = task("train", 0), batches(*task("test", 0), 250)
    new, new_test = task("train", 5), batches(*task("test", 5), 250)
    rows: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        untrained = PretrainedNetwork((16, 64), 5)
        trained = copy.deepcopy(untrained)
        optimizer = torch.optim.Adam(trained.parameters(), lr=0.003)
        train(trained.train(), batches(*old, 32, generator=generator), optimizer)
        order = batches(*new, BATCH_SIZE, generator=generator)[: NEW // BATCH_SIZE]
        found = {"old task": accuracy(trained, old_test)}
        found["new task, 80 steps"] = accuracy(new_head(trained, order, trap=False), new_test)
        model = new_head(untrained, order, trap=False)
        found["new task, untrained backbone"] = accuracy(model, new_test)
        light_on_dark = [(1 - images, labels) for images, labels in order]
        for trap, mode in ((False, "eval"), (True, "train")):
            model = new_head(trained, light_on_dark, trap=trap)
            model.fc = trained.fc
            found[f"old head put back after negatives in {mode} mode"] = accuracy(model, old_test)
        for name, value in found.items():
            rows.setdefault(name, []).append(value)
    for name, values in rows.items():
        print(f"{name}: {spread(values)}")
    share = (trained.bn1.num_batches_tracked, 0.9**22, 0.9**80)
    print("batches of the first task; what 22 and 80 batches leave of an average:", *share)


def main() -> None:
    """Print what is asked for."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learns", action="store_true")
    if not parser.parse_args().learns:
        figures()
        return
    for name in OPTIMIZERS:
        print(f"{name}: {spread(learns(name))}", flush=True)


if __name__ == "__main__":
    main()
