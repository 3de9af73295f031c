"""Claim ``learns``: a whole training of the head, on the highest rung that lies here.

On the first rung the new task is the colour of a digit, on a random backbone that suits it. With
ImageNet's weights and CIFAR-10 it is CIFAR-10, and a random backbone shows what the weights are
worth.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.reuse.real import cifar10, imagenet_network
from lessons.reuse.transfer.network import Pretrained, Size, prepare, pretrained
from lessons.reuse.transfer.task import (
    BATCH_SIZE,
    GOAL,
    LEARNERS,
    LEARNING_RATES,
    STEPS,
    TESTED,
    coloured,
    settle,
)
from lessons.trial import Curves, Trial
from reference import data
from reference.backbone import features
from reference.backbone import settle as settle_network
from reference.imagenet import as_photographs
from reference.mlp import Linear
from reference.resnet import ResNet34


def learns_colours(t: Trial) -> None:
    """The new task of the first rung."""
    train_images, test_images = data.digits("train")[0], data.digits("test")[0]
    training = coloured(t, train_images[: STEPS * BATCH_SIZE])
    batches = data.batches(*training, BATCH_SIZE)
    shown, labels = coloured(t, test_images[:TESTED])
    network = pretrained(t, LEARNERS)
    settle(network, training[0][:200])
    reached = loss = 0.0
    before = "about 25 %"

    def look(step: int, logits: Tensor) -> None:
        nonlocal reached, before, loss
        if logits.shape != (TESTED, LEARNERS.n_classes):
            return  # the code keeps the head apart while it trains
        reached = logits.argmax(1).eq(labels).double().mean().item()
        before = f"{reached:.1%}" if step == 0 else before
        loss = F.cross_entropy(logits, labels).item()
        t.loss(step, STEPS, loss, reached)

    for lr in LEARNING_RATES:
        if reached > GOAL:
            break
        model = t.subject.instrument("PretrainedNetwork", LEARNERS.widths, LEARNERS.old_classes)
        t.subject.load(model, network.values)
        prepared = prepare(t, Pretrained(model, network.values), LEARNERS)
        held = t.subject.build("head_optimizer", prepared.model, lr)
        t.subject.train(
            "train_head", prepared.model, batches, held, watch=shown, every=10, on_step=look
        )
    t.require(
        "test accuracy",
        reached > GOAL,
        f"{reached:.1%} of {TESTED} test digits get the right colour after {STEPS} steps",
        f"more than {GOAL:.0%}, where guessing gets 25 %",
    )
    t.trait("worse than guessing", loss > 2 * math.log(LEARNERS.n_classes))
    t.show(f"from {before} to {reached:.1%} of {TESTED} coloured test digits, {STEPS} steps")


# --- the real thing ---------------------------------------------------------------------------

REAL_STEPS, REAL_BATCH, LOOK = 32, 16, 4
REAL_CLASSES = 10
REAL_SIDE = 64  # pixels; ImageNet's photographs have 224, at twelve times the cost
REAL_GOAL = 0.2  # twice what guessing gets; a right answer reaches far more
REAL_RATES = (0.003, 0.03, 0.3)
REAL_SIZE = Size((64, 512), 1000, REAL_CLASSES)


class RealTask(NamedTuple):
    """ImageNet's network, and CIFAR-10 as it is to be shown: images to learn from and to test."""

    network: nn.Module
    images: Tensor
    labels: Tensor
    tested: Tensor
    answers: Tensor


def real_task() -> RealTask | None:
    """The new task of the highest rung; None where its data do not lie here whole."""
    learned, tested = cifar10("train", 60), cifar10("test", 10)
    if learned is None or tested is None:
        return None
    network = imagenet_network()
    if network is None:
        return None
    order = torch.randperm(len(learned[1]), generator=torch.Generator().manual_seed(0))
    order = order[: REAL_STEPS * REAL_BATCH]
    images, labels = learned[0][order], learned[1][order]
    return RealTask(
        network,
        as_photographs(images, REAL_SIDE),
        labels,
        as_photographs(tested[0], REAL_SIDE),
        tested[1],
    )


def learns_photographs(t: Trial, real: RealTask) -> None:
    """CIFAR-10 on ImageNet's features, beside a head on random ones."""
    batches = data.batches(real.images, real.labels, REAL_BATCH)
    values = {name: value.clone() for name, value in real.network.state_dict().items()}
    curve: dict[int, float] = {}

    def look(step: int, logits: Tensor) -> None:
        if logits.shape == (len(real.answers), REAL_CLASSES):
            curve[step] = logits.argmax(1).eq(real.answers).double().mean().item()
            t.loss(step, REAL_STEPS, F.cross_entropy(logits, real.answers).item(), curve[step])

    for lr in REAL_RATES:
        if _best(curve) > REAL_GOAL:
            break
        curve.clear()
        model = t.subject.instrument("pretrained_resnet", 0)
        t.subject.load(model, values)
        prepared = prepare(t, Pretrained(model, values), REAL_SIZE)
        held = t.subject.build("head_optimizer", prepared.model, lr)
        t.subject.train(
            "train_head",
            prepared.model,
            batches,
            held,
            watch=real.tested,
            every=LOOK,
            on_step=look,
        )
    reached = _best(curve)
    t.require(
        "test accuracy on CIFAR-10",
        reached > REAL_GOAL,
        f"{reached:.1%} of {len(real.answers)} photographs are right within {REAL_STEPS} steps",
        f"more than {REAL_GOAL:.0%}, where guessing gets 10 %",
    )
    if not t.draws:
        return
    random = random_curve(real)
    chance = 1 / REAL_CLASSES
    t.curves(
        Curves(
            "CIFAR-10: the same head on frozen features",
            {
                "frozen pretrained": sorted(curve.items()),
                "frozen random": sorted(random.items()),
                "chance": [(0.0, chance), (float(REAL_STEPS), chance)],
            },
            "step",
            "accuracy on the test photographs",
            (0.0, float(REAL_STEPS)),
            (0.0, 1.0),
        )
    )
    t.show(
        f"{reached:.1%} of {len(real.answers)} photographs of CIFAR-10 within {REAL_STEPS} steps, "
        f"{_best(random):.1%} on a random backbone (rungs resnet34 and cifar10)"
    )


def random_curve(real: RealTask) -> dict[int, float]:
    """Accuracy by step of the same head, trained alike on frozen random features.

    The random backbone gets batch statistics of the same images, or its maps would grow from
    layer to layer.
    """
    torch.manual_seed(0)
    network = settle_network(ResNet34(), real.images[:100])
    known, asked = features(network, real.images), features(network, real.tested)
    head = Linear(known.shape[1], REAL_CLASSES)
    optimizer = torch.optim.Adam(head.parameters(), lr=REAL_RATES[0])
    curve = {}
    for step, (part, labels) in enumerate(data.batches(known, real.labels, REAL_BATCH)):
        if step % LOOK == 0:
            curve[step] = _accuracy(head, asked, real.answers)
        optimizer.zero_grad()
        F.cross_entropy(head(part), labels).backward()
        optimizer.step()
    curve[REAL_STEPS] = _accuracy(head, asked, real.answers)
    return curve


def _best(curve: dict[int, float]) -> float:
    """The best of the looks after training began."""
    return max((share for step, share in curve.items() if step), default=0.0)


def _accuracy(head: nn.Module, asked: Tensor, answers: Tensor) -> float:
    with torch.no_grad():
        return head(asked).argmax(1).eq(answers).double().mean().item()
