"""Runs ``nan``: plants a fault in a ResNet34, measures every module's output, asks the finder."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.extra.nan import BLOCKS
from lessons.labs import Bench
from reference.hooks import tensors_in
from reference.resnet import ResNet34

CHANNELS = (16, 32, 64, 128)  # a quarter of ResNet34's
CLASSES, IMAGES, SIDE = 10, 4, 64
STEPS, RATE = 3, 0.01  # steps of training, and the learning rate elsewhere
AROUND = 2  # modules shown before and behind the find


class Seen(NamedTuple):
    """A module's output: its size as root of the mean square of the finite numbers, and the share
    of those that are not finite."""

    name: str
    kind: str
    mean: float
    size: float
    broken: float


def run(bench: Bench) -> None:
    place, fault = str(bench.settings["place"]), str(bench.settings["fault"])
    images = inputs(bench)
    if "healthy" not in bench.memory:
        bench.memory["healthy"] = look(network(bench), images)
    model, steps = broken(bench, fault, place, images)
    seen = look(model, images)
    finder = bench.piece("hooks").find_first_nonfinite
    found = finder(model, images)
    curves(bench, seen)
    first = next((n for n, one in enumerate(seen) if one.broken), None)
    table(bench, seen, first)
    conclude(bench, fault, place, steps, seen, first, found)


def inputs(bench: Bench) -> Tensor:
    return torch.rand(
        IMAGES, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(bench.seed + 1)
    )


def network(bench: Bench) -> nn.Module:
    torch.manual_seed(bench.seed)
    return ResNet34(BLOCKS, CHANNELS, n_classes=CLASSES).train()


# --- faults --------------------------------------------------------------------------------------


class Log(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.log()


def broken(bench: Bench, fault: str, place: str, images: Tensor) -> tuple[nn.Module, int]:
    """A network with the fault in it, and how many steps it was trained."""
    model = network(bench)
    block: Any = model.get_submodule(place)
    if fault == "variance":
        with torch.no_grad():
            block.conv1.weight[0].zero_()
        block.bn1.eps = 0.0
    elif fault == "log":
        group, _, number = place.rpartition(".")
        with_log = nn.Sequential(OrderedDict(block=block, log=Log()))
        setattr(model.get_submodule(group), number, with_log)
    elif fault.startswith("rate"):
        return model, train(bench, model, block, float(fault.split()[1]), images)
    return model, 0


def train(bench: Bench, model: nn.Module, block: nn.Module, rate: float, images: Tensor) -> int:
    """Steps with a learning rate of its own in the block, until its loss is not finite."""
    own = {id(parameter) for parameter in block.parameters()}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in own]
    groups: list[dict[str, Any]] = [{"params": rest}, {"params": block.parameters(), "lr": rate}]
    optimizer = torch.optim.SGD(groups, RATE)
    labels = torch.arange(IMAGES)
    for step in range(STEPS):
        bench.progress(step, STEPS)
        loss = F.cross_entropy(model(images), labels)
        if not math.isfinite(loss.item()):
            return step
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return STEPS


# --- looking -------------------------------------------------------------------------------------


def look(model: nn.Module, images: Tensor) -> list[Seen]:
    """What every module's output is like, in the order in which they end."""
    seen: list[Seen] = []

    def watch(name: str) -> Any:
        def note(module: nn.Module, given: Any, output: Any) -> None:
            values = torch.cat([part.flatten() for part in tensors_in(output)]).double()
            finite = values[values.isfinite()]
            size = finite.square().mean().sqrt().item() if len(finite) else math.nan
            mean = finite.mean().item() if len(finite) else math.nan
            share = 1 - len(finite) / len(values)
            seen.append(Seen(name, type(module).__name__, mean, size, share))

        return note

    handles = [m.register_forward_hook(watch(name)) for name, m in model.named_modules()]
    try:
        with torch.no_grad():
            model(images)
    finally:
        for handle in handles:
            handle.remove()
    return seen


# --- drawings ------------------------------------------------------------------------------------


def curves(bench: Bench, seen: list[Seen]) -> None:
    """Sizes by the logarithm, without the fault, and with it from where that is another line; a
    line ends where all is broken."""
    healthy: list[Seen] = bench.memory["healthy"]
    apart = next((n for n, (one, was) in enumerate(zip(seen, healthy, strict=False))
                  if one != was), None)  # fmt: skip
    rows = {"without the fault": list(enumerate(healthy))}
    if apart is not None:
        rows["with the fault"] = list(enumerate(seen))[max(0, apart - 1) :]
    lines = {
        name: [
            (float(n), min(max(math.log10(one.size), -2.0), 40.0))
            for n, one in places
            if one.size > 0 and math.isfinite(one.size)
        ]
        for name, places in rows.items()
    }
    top = max((y for points in lines.values() for _, y in points), default=1.0)
    bench.curves(
        "sizes",
        "Size of the numbers",
        lines,
        x="modules as they end",
        y="log10",
        x_range=(0.0, float(len(seen))),
        y_range=(-2.0, 2.0 if top <= 2 else 40.0),
    )


def table(bench: Bench, seen: list[Seen], first: int | None) -> None:
    """The modules around the first that is not finite, or else around the largest numbers."""
    at = first
    if at is None:
        at = max(range(len(seen)), key=lambda n: seen[n].size)
    start = min(max(0, at - AROUND), len(seen) - 2 * AROUND - 1)
    rows = seen[start : start + 2 * AROUND + 1]
    bench.table(
        "around",
        "Around the first that is not finite"
        if first is not None
        else "Around the largest numbers",
        ("", "module", "type", "mean", "size", "not finite"),
        [
            (
                str(start + n),
                one.name or "(the model)",
                one.kind,
                f"{one.mean:.3g}",
                f"{one.size:.3g}",
                f"{100 * one.broken:.1f} %",
            )
            for n, one in enumerate(rows)
        ],
        [first - start] if first is not None else [],
    )


def conclude(
    bench: Bench,
    fault: str,
    place: str,
    steps: int,
    seen: list[Seen],
    first: int | None,
    found: str | None,
) -> None:
    whose = "your hooks.py" if bench.own["hooks"] else "the course's hooks.py"
    right = None if first is None else seen[first].name
    if fault == "none" and found is None and first is None:
        bench.finding(f"No fault, and {whose} finds none: choose one.", {}, proves=False)
        return
    told = {
        "none": "no fault",
        "variance": f"a variance of 0 in {place}",
        "log": f"a log of 0 behind {place}",
    }.get(fault, "")
    if not told:
        rate, many = fault.split()[1], "1 step" if steps == 1 else f"{steps} steps"
        told = f"a learning rate of {rate} in {place}, after {many}"
    figures = {"modules": float(len(seen)), "steps": float(steps)}
    if found != right:
        bench.finding(
            f"With {told}, {whose} answers {found!r}, and the first that is not finite is"
            f" {right!r}: look at it again.",
            figures,
            proves=False,
        )
    elif first is None:
        bench.finding(
            f"With {told}, every output is finite: the batch norms scale it away, and {whose} finds"
            " none.",
            figures,
        )
    else:
        behind = sum(one.broken > 0 for one in seen[first + 1 :])
        figures |= {"first": float(first), "behind": float(behind)}
        bench.finding(
            f"With {told}, {whose} names {right or 'the model'}: number {first} of"
            f" {len(seen)} modules; of those behind it {behind} are not finite either.",
            figures,
        )
