"""Runs ``rungs``: sizes, sample images, and the accuracy of two models on what is here."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lessons.extra.rungs.holding import CLASSES, RUNGS, here, how_to_get, images_of, state
from lessons.labs import Bench
from lessons.locality.small_networks import the
from reference.data import Split, batches

EACH, EACH_TESTED = 200, 100  # images of each class, to learn from and to be tested on
PASSES, BATCH, LEARNING_RATE = 5, 32, 0.003
CHUNK = 8  # steps from one look at the bench to the next
SIDE = 28  # of a drawn image: the middle of a larger one
MOST_BARS = 4  # beside which the losses have room
LINEAR, NETWORK = "linear", "small network"


def run(bench: Bench) -> None:
    name = str(bench.settings["rung"])
    show = bench.settings["show"]
    if show == "sizes":
        sizes(bench, name)
    elif not here(name):
        absent(bench, name)
    elif show == "images":
        some_images(bench, name)
    else:
        accuracies(bench, name)


def absent(bench: Bench, name: str) -> None:
    sizes_table(bench, name)
    bench.words("how", how_to_get(name))
    bench.finding(f"{RUNGS[name].title}: nothing to be seen here.", {}, proves=False)


def data(bench: Bench, name: str, split: Split) -> tuple[Tensor, Tensor]:
    """The rung's images, read once."""
    key = f"{name}/{split}"
    if key not in bench.memory:
        bench.memory[key] = images_of(name, split, EACH if split == "train" else EACH_TESTED)
    return bench.memory[key]


# --- sizes ---------------------------------------------------------------------------------------


def sizes(bench: Bench, name: str) -> None:
    sizes_table(bench, name)
    bench.bars(
        "numbers",
        "Numbers in one image",
        {facts.title: float(facts.numbers) for facts in RUNGS.values()},
        log=True,
    )
    one, first = RUNGS[name], RUNGS["digits"]
    times = f", {one.numbers / first.numbers:.3g} times a digit's" if one != first else ""
    weights = one.numbers * one.classes
    bench.finding(
        f"{one.title}: an image has {one.numbers:,} numbers{times}. One linear layer from them to"
        f" {one.classes:,} classes has {weights:,} weights.",
        {"numbers": float(one.numbers), "weights": float(weights)},
        proves=False,
    )


def sizes_table(bench: Bench, name: str) -> None:
    rows = [
        [
            facts.title,
            str(facts.channels),
            f"{facts.side} x {facts.side}",
            f"{facts.classes:,}",
            f"{facts.images:,}",
            state(rung),
        ]
        for rung, facts in RUNGS.items()
    ]
    columns = ["rung", "channels", "size", "classes", "to learn from", "on this machine"]
    bench.table("sizes", "The ladder", columns, rows, [list(RUNGS).index(name)])


# --- images --------------------------------------------------------------------------------------


def some_images(bench: Bench, name: str) -> None:
    """Two images of the rung; of a photograph its grey and its red."""
    images, labels = data(bench, name, "test")
    at = int(bench.settings["image"])
    facts = RUNGS[name]
    if facts.channels == 1:
        pair = torch.cat([images[at], images[at + 1]])
        captions = tuple(CLASSES[name][int(labels[at + n])] for n in (0, 1))
        if name == "digits":
            captions = tuple(the(int(digit)) for digit in captions)
        title = f"Images {at} and {at + 1} of {facts.title}"
    else:
        pair = torch.stack([images[at].mean(0), images[at][0]])
        captions = (f"{CLASSES[name][int(labels[at])]}, grey", "its red channel")
        title = f"The middle of image {at} of {facts.title}"
    cut = (facts.side - SIDE) // 2
    pair = pair[:, cut : cut + SIDE, cut : cut + SIDE]
    bench.picture("images", title + ": " + " and ".join(captions), pair)
    size = f"{facts.channels} x {facts.side} x {facts.side}"
    bench.finding(
        f"{title}: {' and '.join(captions)}. An image is {size} numbers.",
        {"numbers": float(facts.numbers)},
        proves=False,
    )


# --- accuracy ------------------------------------------------------------------------------------


def model_of(bench: Bench, kind: str, channels: int, side: int) -> nn.Module:
    """(batch, channels, side, side) -> (batch, 10), of the learner's pieces where they passed."""
    mlp, conv = bench.piece("mlp"), bench.piece("conv")
    torch.manual_seed(bench.seed)
    if kind == LINEAR:
        return nn.Sequential(nn.Flatten(), mlp.Linear(channels * side**2, 10))
    return nn.Sequential(
        conv.Conv2d(channels, 8, 5, padding=2),
        nn.ReLU(),
        conv.MaxPool2d(2),  # (batch, 8, 14 or 16, ...)
        conv.Conv2d(8, 16, 5, padding=2),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(4),  # (batch, 16, 4, 4), whatever the size was
        nn.Flatten(),
        mlp.Linear(256, 10),
    )


def measured(bench: Bench, name: str, kind: str, part: int) -> float:
    """Train one of the models on the rung and return its accuracy; kept once it is done."""
    key = f"{name}/{kind}"
    if key not in bench.memory:
        mlp, facts = bench.piece("mlp"), RUNGS[name]
        model = model_of(bench, kind, facts.channels, facts.side)
        optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
        images, labels = data(bench, name, "train")
        order = torch.Generator().manual_seed(bench.seed)
        bench.memory.setdefault(f"{name}/losses", {}).pop(kind, None)  # of a run that was ended
        steps = [b for _ in range(PASSES) for b in batches(images, labels, BATCH, order)]
        for start in range(0, len(steps), CHUNK):
            bench.progress(part * len(steps) + start, 2 * len(steps))
            losses = mlp.train(model, steps[start : start + CHUNK], optimizer)
            learned(bench, name, kind, float(start + CHUNK), losses, len(steps))
        tested = batches(*data(bench, name, "test"), 500)
        bench.memory[key] = 100 * mlp.accuracy(model, tested)
    return bench.memory[key]


def learned(
    bench: Bench, name: str, kind: str, step: float, losses: list[float], steps: int
) -> None:
    """Draw the losses so far, of both models on this rung."""
    lines = bench.memory.setdefault(f"{name}/losses", {})
    if losses:
        lines.setdefault(kind, []).append((step, sum(losses) / len(losses)))
    bench.curves(
        "learning",
        f"Loss on {RUNGS[name].title}",
        lines,
        x="step",
        y="loss",
        x_range=(0.0, float(steps)),
        y_range=(0.0, 2.5),
    )


def accuracies(bench: Bench, name: str) -> None:
    flat, small = (measured(bench, name, kind, n) for n, kind in enumerate((LINEAR, NETWORK)))
    bars = {
        f"{facts.title}, {kind}": bench.memory[f"{rung}/{kind}"]
        for rung, facts in RUNGS.items()
        for kind in (LINEAR, NETWORK)
        if f"{rung}/{kind}" in bench.memory
    }
    count = len(data(bench, name, "train")[0])
    if len(bars) <= MOST_BARS:
        learned(bench, name, LINEAR, 0.0, [], PASSES * -(-count // BATCH))
    bench.bars("right", "Test images right, in % (guessing: 10)", bars)
    missing = [facts.title for rung, facts in RUNGS.items() if not here(rung)]
    if missing:
        bench.words("missing", "Not on this machine: " + ", ".join(missing) + ".")
    bench.finding(
        f"{RUNGS[name].title}: after {PASSES} passes over {count:,} images the linear model has"
        f" {flat:.1f} % of the test images right, the small network {small:.1f} %.",
        {"linear": flat, "network": small, "images": float(count)},
    )
