"""Runs ``modes``: one batch norm layer, what it remembers, and what an answer depends on."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.labs import Bench
from lessons.locality.small_networks import whose
from reference.data import digits

BATCH = 32
MOST = 50  # batches, on the axis
MATES = 7
SAME = 1e-5  # outputs lie around 1: what rounding may do
CLEAR = 0.01  # a difference that is no rounding
SIZES = (1, 2, 4, 7, 14, 28)
TOLD = {
    "digits": "7 other digits",
    "ones": "7 ones",
    "blank": "7 blank pages",
    "negatives": "7 negatives of digits",
}


def run(bench: Bench) -> None:
    trained = taught(bench)
    show = bench.settings["show"]
    if show == "creep":
        creep(bench, trained)
    elif show == "mates":
        mates(bench, trained)
    else:
        one(bench, trained)


# --- the layer ------------------------------------------------------------------------------


class Taught(NamedTuple):
    """The layer after some batches in train mode, and the way its running statistics went.

    running_means, running_variances: at the start, then after each batch. means, variances: of
    each batch, the variance unbiased.
    """

    layer: nn.Module
    running_means: list[float]
    running_variances: list[float]
    means: list[float]
    variances: list[float]


def data(bench: Bench) -> tuple[Tensor, Tensor]:
    """The shipped test digits, in the seed's order: (2000, 1, 28, 28)."""
    if "digits" not in bench.memory:
        images, labels = digits("test")
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(bench.seed))
        bench.memory["digits"] = (images[order], labels[order])
    return bench.memory["digits"]


def taught(bench: Bench) -> Taught:
    """A new layer that has seen as many batches as the settings say."""
    momentum, many = float(bench.settings["momentum"]), int(bench.settings["batches"])
    images, _ = data(bench)
    layer = bench.piece("batchnorm").BatchNorm2d(1, momentum=momentum)
    layer.train()
    found = Taught(layer, [mean_of(layer)], [variance_of(layer)], [], [])
    for batch in images.split(BATCH)[:many]:
        with torch.no_grad():
            layer(batch)
        found.running_means.append(mean_of(layer))
        found.running_variances.append(variance_of(layer))
        found.means.append(batch.mean().item())
        found.variances.append(batch.var().item())
    return found


def mean_of(layer: nn.Module) -> float:
    return layer.state_dict()["running_mean"].item()


def variance_of(layer: nn.Module) -> float:
    return layer.state_dict()["running_var"].item()


class Answer(NamedTuple):
    """What the layer gave, and how far that run moved its running mean."""

    output: Tensor
    moved: float


def answer(bench: Bench, trained: Taught, batch: Tensor, *, train: bool) -> Answer:
    """Run a copy of the layer: the next question finds it as it was."""
    layer = bench.piece("batchnorm").BatchNorm2d(1, momentum=float(bench.settings["momentum"]))
    layer.load_state_dict(trained.layer.state_dict())
    layer.train(train)
    before = mean_of(layer)
    with torch.no_grad():
        output = layer(batch)
    return Answer(output, abs(mean_of(layer) - before))


# --- creep ----------------------------------------------------------------------------------


def creep(bench: Bench, trained: Taught) -> None:
    """Running statistics against those of the batches."""
    images, _ = data(bench)
    parts = (
        ("mean", trained.running_means, trained.means, images.mean().item(), (0, 0.2)),
        ("variance", trained.running_variances, trained.variances, images.var().item(), (0, 1)),
    )
    for name, running, of_batches, _, y_range in parts:
        bench.curves(
            name,
            name.capitalize(),
            {
                "running": list(enumerate(running)),
                "batch's": list(enumerate(of_batches, start=1)),
            },
            x="batches",
            y="value",
            x_range=(0, MOST),
            y_range=y_range,
        )
    momentum, many = float(bench.settings["momentum"]), int(bench.settings["batches"])
    bench.words(
        "about",
        f"running = {1 - momentum:.2g} * running + {momentum:g} * the batch's\n{whose(bench.own)}",
    )
    (_, means, _, mean, _), (_, variances, _, variance, _) = parts
    left = abs(variances[-1] - variance) / abs(variances[0] - variance)
    figures = {
        "momentum": momentum,
        "batches": float(many),
        "running mean": means[-1],
        "running variance": variances[-1],
        "mean of all digits": mean,
        "variance of all digits": variance,
        "left of the way, %": 100 * left,
    }
    if not many:
        bench.finding(
            f"Before the first batch the running mean is {means[0]:.3g} and the running variance"
            f" {variances[0]:.3g}; those of all digits are {mean:.3f} and {variance:.3f}.",
            figures,
            proves=False,
        )
        return
    went = (
        f"With momentum {momentum:g}, {many} batch{'es' if many > 1 else ''} took the running"
        f" variance from {variances[0]:.3g} to {variances[-1]:.3f} and the running mean from"
        f" {means[0]:.3g} to {means[-1]:.3f} (all digits: {variance:.3f} and {mean:.3f})"
    )
    far = f"{100 * left:.2g} % of the variance's way is left"
    bench.finding(f"{went}: {far}.", figures, proves=False)


# --- mates ----------------------------------------------------------------------------------


def unseen(bench: Bench) -> tuple[Tensor, Tensor]:
    """What the layer has not seen, the image with the most ink first: (400, 1, 28, 28)."""
    images, labels = (part[BATCH * MOST :] for part in data(bench))
    order = images.sum(dim=(1, 2, 3)).argsort(descending=True)
    return images[order], labels[order]


def image_of(bench: Bench) -> Tensor:
    """The image that is asked about. With so much ink its mean is that of no company."""
    return unseen(bench)[0][:1]  # (1, 1, 28, 28)


def mates_of(bench: Bench) -> Tensor:
    """What is beside it in the batch: (7, 1, 28, 28), of middling ink where they are digits."""
    images, labels = unseen(bench)
    kind = bench.settings["mates"]
    if kind == "ones":
        return images[labels == 1][:MATES]
    middling = images[len(images) // 2 :][:MATES]
    if kind == "blank":
        return torch.zeros_like(middling)
    return 1 - middling if kind == "negatives" else middling


def mates(bench: Bench, trained: Taught) -> None:
    """One image alone and in company, in both modes."""
    image = image_of(bench)
    company = torch.cat([image, mates_of(bench)])
    names, outputs, gaps, moved = [], [], {}, {}
    for mode in ("train", "eval"):
        alone = answer(bench, trained, image, train=mode == "train")
        among = answer(bench, trained, company, train=mode == "train")
        names += [f"{mode}, alone", f"{mode}, mates"]
        outputs += [alone.output[0, 0], among.output[0, 0]]
        gaps[mode] = (alone.output[0] - among.output[0]).abs().max().item()
        moved[mode] = among.moved
    bench.picture(
        "outputs",
        "What the layer makes of the same image",
        F.avg_pool2d(torch.stack(outputs)[:, None], 2)[:, 0],
        signed=True,
        captions=names,
    )
    kind = TOLD[str(bench.settings["mates"])]
    bench.table(
        "gaps",
        f"Alone or among {kind}",
        ("", "train", "eval"),
        [
            ["largest difference of the image's output", said(gaps["train"]), said(gaps["eval"])],
            ["running mean moved by", said(moved["train"]), said(moved["eval"])],
        ],
    )
    bench.words("about", whose(bench.own))
    figures = {f"{mode}: largest difference": gap for mode, gap in gaps.items()}
    figures |= {f"{mode}: running mean moved by": by for mode, by in moved.items()}
    told = (
        f"Among {kind} the image's output is up to {said(gaps['train'])} away from its output alone"
        f" in train mode, {said(gaps['eval'])} in eval mode; the run moved the running mean by"
        f" {said(moved['train'])} in train mode, by {said(moved['eval'])} in eval mode"
    )
    clear = gaps["train"] >= CLEAR and moved["train"] > 0
    if clear and gaps["eval"] <= SAME and moved["eval"] == 0:
        bench.finding(f"{told}.", figures)
    elif gaps["eval"] <= SAME and moved["eval"] == 0:
        bench.finding(f"{told}: that is no clear difference.", figures, proves=False)
    else:
        bench.finding(f"{told}: in eval mode both should be 0.", figures, proves=False)


def said(value: float) -> str:
    return "0" if value == 0 else f"{value:.2g}"


# --- one ------------------------------------------------------------------------------------


def lone(bench: Bench, trained: Taught, size: int, *, train: bool) -> tuple[float, str]:
    """How far the answers to an image and to the same, twice as strong and 1 brighter, are apart,
    each asked as a batch of one; or what the layer said instead."""
    image = F.adaptive_avg_pool2d(image_of(bench), size)
    try:
        first, second = (
            answer(bench, trained, x, train=train).output for x in (image, 2 * image + 1)
        )
    except Exception as error:  # noqa: BLE001 a learner's layer may refuse in its own way
        return 0.0, " ".join(f"{type(error).__name__}: {error}".split())
    gap = (first - second).abs().max()
    return (gap.item(), "") if gap.isfinite() else (0.0, "no finite number")


def one(bench: Bench, trained: Taught) -> None:
    """A batch of one, at every size of its map."""
    found = {
        size: [lone(bench, trained, size, train=train) for train in (True, False)] for size in SIZES
    }
    rows = [
        [f"{size} x {size}", str(size * size), *("refused" if no else said(gap) for gap, no in two)]
        for size, two in found.items()
    ]
    size = int(bench.settings["size"])
    bench.table(
        "sizes",
        "A batch of one: an image x, and 2x + 1",
        ("map", "values per channel", "outputs differ: train", "eval"),
        rows,
        marked=[SIZES.index(size)],
    )
    (train, refused), (evaluated, failed) = found[size]
    said_by_it = f"The layer says: {refused}"[:78] if refused else ""
    bench.words("about", "\n".join(line for line in (said_by_it, whose(bench.own)) if line))
    where = f"A batch of one with a map of {size} x {size}"
    figures = {"values per channel": float(size * size)}
    if failed:
        bench.finding(
            f"{where} gives no answer in eval mode: {failed[:60]}.", figures, proves=False
        )
        return
    figures["eval: difference"] = evaluated
    if refused:
        bench.finding(
            f"{where} has {size * size} value{'s' if size > 1 else ''} per channel: train mode"
            f" refuses it; in eval mode the outputs for x and 2x + 1 are {said(evaluated)} apart.",
            figures,
            proves=False,
        )
        return
    figures["train: difference"] = train
    if train < evaluated / 10:
        bench.finding(
            f"{where} is normalised by itself in train mode: x and 2x + 1 come out {said(train)}"
            f" apart, in eval mode {said(evaluated)}.",
            figures,
            proves=False,
        )
    else:
        bench.finding(
            f"{where}: x and 2x + 1 come out {said(train)} apart in train mode, {said(evaluated)}"
            " in eval mode.",
            figures,
            proves=False,
        )
