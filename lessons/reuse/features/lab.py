"""A race of two frozen backbones, what a cache of features saves, and what train mode undoes."""

from __future__ import annotations

import textwrap
import time
from typing import Any

import torch
from torch import Tensor, nn

from lessons.labs import Bench
from lessons.reuse.features.stock import (
    CLASSES,
    FEATURES,
    Task,
    cache,
    old_logits,
    pretrained,
    snapshot,
    task,
    untrained,
    whose_code,
)

STEPS, LEARNING_RATE = 200, 0.01
EVERY = 5  # steps from one point of a curve to the next
AHEAD = 20.0  # points of accuracy that are no matter of chance
BATCH = 32
KEPT = 1e-3  # what features may change by and still count as the same
SLOW_STEPS = 6  # through the whole backbone, to be timed
THAWED, LOOK = 30, 5  # batches in train mode, and from one point of the curve to the next
OLD = 100  # canvases of 0 to 4 that are asked at each point
CHANCE = 100 / CLASSES
LOOKS = {
    "alike": lambda images: images,
    "faint": lambda images: images * 0.3,
    "negative": lambda images: 1 - images,
}


def run(bench: Bench) -> None:
    {"race": race, "cache": caching, "thaw": thaw}[str(bench.settings["show"])](bench)


# --- a head -------------------------------------------------------------------------------------


class OnFeatures(nn.Module):
    """A network that has nothing but a head: its images are features (n, 128)."""

    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(FEATURES, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.flatten(x))


class Whole(nn.Module):
    """A backbone and a head."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.fc = nn.Linear(FEATURES, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.backbone(x))


class Training:
    """A new head on a network, by the code of checkpoint ``transfer``: the same at first for the
    same seed."""

    def __init__(self, bench: Bench, network: nn.Module) -> None:
        self._piece: Any = bench.piece("transfer")
        torch.manual_seed(bench.seed)
        self.model: nn.Module = self._piece.prepare_for_feature_extraction(network, CLASSES)
        self._optimizer = self._piece.head_optimizer(self.model, LEARNING_RATE)

    def go_on(self, batches: list[tuple[Tensor, Tensor]]) -> None:
        self._piece.train_head(self.model, batches, self._optimizer)

    def right(self, images: Tensor, labels: Tensor) -> float:
        """Accuracy in %."""
        with torch.no_grad():
            return percent(self.model(images), labels)


def percent(logits: Tensor, labels: Tensor) -> float:
    return 100 * (logits.argmax(1) == labels).float().mean().item()


# --- race -----------------------------------------------------------------------------------------


def race(bench: Bench) -> None:
    """Accuracy on the new task against the step, on both frozen backbones."""
    each, scale = int(bench.settings["labels"]), str(bench.settings["scale"])
    known, asked = task(bench, "labelled", each), task(bench, "asked")
    draw_race(bench, {})
    bench.words(
        "table",
        f"First, the features of {len(known.labels) + len(asked.labels):,} canvases in two"
        " backbones.",
    )
    reached: dict[tuple[str, str], list[tuple[float, float]]] = {}
    models = {"pretrained": pretrained(bench), "random": untrained(bench, known.images)}
    for name, model in models.items():
        found = [
            cache(bench).features(model, part.images, bench.progress) for part in (known, asked)
        ]
        mean, deviation = found[0].mean(0), found[0].std(0) + 1e-6
        for how in ("raw", "standardised"):
            pair = found if how == "raw" else [(f - mean) / deviation for f in found]
            reached[name, how] = head_alone(bench, pair, known, asked)
            if how == scale:
                draw_race(bench, {n: line for (n, h), line in reached.items() if h == scale})
    last = {key: line[-1][1] for key, line in reached.items()}
    bench.table(
        "table",
        f"Right after {STEPS} steps of the same head, in %",
        ("backbone", "raw", "standardised"),
        [[name, *(f"{last[name, how]:.1f}" for how in ("raw", "standardised"))] for name in models],
    )
    told = "The random backbone's running statistics come from these images."
    told = f"{told} {whose_code(bench)}"
    bench.words("about", textwrap.fill(told, 31))
    say_race(bench, last, each, scale, len(asked.labels))


def head_alone(
    bench: Bench, pair: list[Tensor], known: Task, asked: Task
) -> list[tuple[float, float]]:
    """Train a head on features; accuracy after each few steps."""
    training = Training(bench, OnFeatures())
    line = [(0.0, training.right(pair[1], asked.labels))]
    for step in range(EVERY, STEPS + 1, EVERY):
        training.go_on([(pair[0], known.labels)] * EVERY)
        line.append((float(step), training.right(pair[1], asked.labels)))
        bench.progress(step, STEPS)
    return line


def draw_race(bench: Bench, lines: dict[str, list[tuple[float, float]]]) -> None:
    bench.curves(
        "main",
        "Canvases of 5 to 9 right",
        # First, so that the other lines lie on it.
        {"chance": [(0.0, CHANCE), (float(STEPS), CHANCE)], **lines},
        x="step",
        y="%",
        x_range=(0, STEPS),
        y_range=(0, 100),
    )


def say_race(
    bench: Bench, last: dict[tuple[str, str], float], each: int, scale: str, tested: int
) -> None:
    other = "raw" if scale == "standardised" else "standardised"
    gaps = {how: last["pretrained", how] - last["random", how] for how in (scale, other)}
    figures = {f"{name}, {how}": value for (name, how), value in last.items()}
    figures |= {"labels": float(each), "chance": CHANCE}
    told = (
        f"With {each} labels a class and {STEPS} steps of the head alone, frozen pretrained"
        f" features get {last['pretrained', scale]:.1f} % of {tested} canvases right, frozen"
        f" random ones {last['random', scale]:.1f} %"
    )
    ahead = (
        f"{gaps[scale]:.0f} points ahead with {scale} features, {gaps[other]:.0f} with {other} ones"
    )
    if min(gaps.values()) >= AHEAD:
        bench.finding(f"{told}: {ahead}.", figures)
    else:
        bench.finding(f"{told}: {ahead}, which is not clear.", figures, proves=False)


# --- cache ----------------------------------------------------------------------------------------


def caching(bench: Bench) -> None:
    """Steps a second through the backbone and on kept features; and whether they may be kept."""
    known = task(bench, "labelled", int(bench.settings["labels"]))
    model = pretrained(bench)
    kept = cache(bench).features(model, known.images, bench.progress)
    before = snapshot(model)
    try:
        through, alone = speeds(bench, model, known, kept)
        gaps = {mode: among_others(model, known.images, train=mode == "train")
                for mode in ("eval", "train")}  # fmt: skip
    finally:
        model.load_state_dict(before)
        model.eval()
    bench.bars(
        "main",
        f"Steps of the head, {BATCH} canvases each",
        {"through 34 layers": through, "on cached features": alone},
        unit="a second",
        log=True,
    )
    bench.table(
        "table",
        "One canvas among 31 others, and among 31 different ones",
        ("mode", "its features differ by up to", "may be kept"),
        [[mode, f"{gap:.2g}", "yes" if gap < KEPT else "no"] for mode, gap in gaps.items()],
        marked=[1],
    )
    told = (
        f"{cache(bench).computed} canvases have gone through a backbone so far. Features are kept"
        f" by the hash of weights and images. {whose_code(bench)}"
    )
    bench.words("about", textwrap.fill(told, 76))
    figures = {"through": through, "cached": alone, **gaps}
    told = (
        f"On cached features the head takes {alone / through:.0f} times as many steps a second."
        f" In eval a canvas's features stay the same among other canvases, in train they change by"
        f" up to {gaps['train']:.2g}"
    )
    if gaps["eval"] < KEPT < gaps["train"]:
        bench.finding(f"{told}: they can be kept in eval mode alone.", figures, proves=False)
    else:
        bench.finding(
            f"Among other canvases a canvas's features change by {gaps['eval']:.2g} in eval and by"
            f" {gaps['train']:.2g} in train: look at your batch norms.",
            figures,
            proves=False,
        )


def speeds(bench: Bench, model: nn.Module, known: Task, kept: Tensor) -> tuple[float, float]:
    """Steps a second of a head: behind the backbone, and on its kept features."""
    slow, batches = Training(bench, Whole(model)), cut(known.images, known.labels)
    begun = time.perf_counter()
    for step in range(SLOW_STEPS):
        slow.go_on([batches[step % len(batches)]])
        bench.progress(step + 1, SLOW_STEPS)
    through = SLOW_STEPS / (time.perf_counter() - begun)
    quick, rows = Training(bench, OnFeatures()), cut(kept, known.labels)
    begun = time.perf_counter()
    quick.go_on([rows[step % len(rows)] for step in range(STEPS)])
    return through, STEPS / (time.perf_counter() - begun)


def cut(images: Tensor, labels: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Batches of canvases of all classes."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    parts = zip(images[order].split(BATCH), labels[order].split(BATCH), strict=True)
    return [part for part in parts if len(part[1]) == BATCH] or [(images, labels)]


def among_others(model: nn.Module, images: Tensor, *, train: bool) -> float:
    """How far the features of a canvas are apart in two batches that share no other."""
    half = min(BATCH, (len(images) + 1) // 2)
    one, two = images[:half], torch.cat([images[:1], images[half : 2 * half - 1]])
    with torch.no_grad():
        model.train(train)
        gap = (model(one)[0] - model(two)[0]).abs().max().item()
    model.eval()
    return gap


# --- thaw -----------------------------------------------------------------------------------------


def thaw(bench: Bench) -> None:
    """The digits 0 to 4 with the old head, while new images pass in train and in eval mode."""
    known = task(bench, "labelled", 50)
    old = task(bench, "old")
    looks = str(bench.settings["looks"])
    new = LOOKS[looks](known.images)
    model = pretrained(bench)
    before = snapshot(model)
    reached: dict[str, list[tuple[float, float]]] = {}
    try:
        for mode in ("eval", "train"):
            model.load_state_dict(before)
            reached[f"in {mode} mode"] = line = [(0.0, still_known(bench, model, old, 0))]
            for batch in range(1, THAWED + 1):
                done = THAWED * (mode == "train") + batch
                some = torch.arange(batch * 10, batch * 10 + 10) % len(new)
                with torch.no_grad():
                    model.train(mode == "train")(new[some])
                if batch % LOOK == 0:
                    line.append((float(batch), still_known(bench, model, old, done)))
                    draw_thaw(bench, reached, looks)
                bench.progress(done, 2 * THAWED)
        moved = [
            name
            for name, value in model.state_dict().items()
            if not torch.equal(value, before[name])
        ]
        learnt = {name for name, _ in model.named_parameters()}
    finally:
        model.load_state_dict(before)
        model.eval()
    draw_thaw(bench, reached, looks)
    weights = sum(name in learnt for name in moved)
    told = (
        f"After {THAWED} batches in train mode {weights} of {len(learnt)} weights have changed, and"
        f" {len(moved) - weights} of {len(before) - len(learnt)} buffers: means, variances,"
        f" counters. {whose_code(bench)}"
    )
    bench.words("about", textwrap.fill(told, 76))
    say_thaw(bench, reached, looks, weights)


def still_known(bench: Bench, model: nn.Module, old: Task, done: int) -> float:
    """Accuracy on 0 to 4, in %, in eval mode. Where nothing has changed, the cache knows it."""
    features = cache(bench).features(
        model, old.images[:OLD], lambda *_: bench.progress(done, 2 * THAWED)
    )
    return percent(old_logits(bench, features), old.labels[:OLD])


def draw_thaw(bench: Bench, lines: dict[str, list[tuple[float, float]]], looks: str) -> None:
    bench.curves(
        "main",
        "Digits 0 to 4 right, old head",
        lines,
        x=f"batches of 10, {said(looks)}",
        y="%",
        x_range=(0, THAWED),
        y_range=(0, 100),
    )


def say_thaw(
    bench: Bench, reached: dict[str, list[tuple[float, float]]], looks: str, weights: int
) -> None:
    first = reached["in train mode"][0][1]
    after = {name: line[-1][1] for name, line in reached.items()}
    figures = {"before": first, "weights changed": float(weights), **after}
    told = (
        f"Before, {first:.1f} % of the digits 0 to 4 are right. After {THAWED} batches of"
        f" {said(looks)} images in eval mode {after['in eval mode']:.1f} %, in train mode"
        f" {after['in train mode']:.1f} %"
    )
    lost = first - after["in train mode"]
    if lost > 5:
        end = "no weight has changed, but the running statistics have"
    else:
        end = "these images look like those it knows; take others"
    bench.finding(f"{told}: {end}.", figures, proves=False)


def said(looks: str) -> str:
    """What new images look like, as it stands before a noun."""
    return "similar" if looks == "alike" else looks
