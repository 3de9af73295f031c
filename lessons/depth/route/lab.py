"""Runs ``route``: the gradient at the input of a stack of blocks, whole and with a branch cut."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import reference.residual
from lessons.labs import Bench
from lessons.locality.small_networks import two_digits, whose
from reference.data import digits

CHANNELS = 8
BATCH = 16
NOTHING, LEFT, SKIP = "nothing", "left", "skip"
ALONE = {NOTHING: "", LEFT: " (shortcuts alone)", SKIP: " (left branches alone)"}
NAMES = {NOTHING: "nothing cut", LEFT: "left cut", SKIP: "skip cut"}
FAR = 10  # times: the shortcuts alone must leave that much more than the left branches alone
LEAST = 1e-30  # for logarithms


class Uncuttable(Exception):
    """A block doesn't hand its input to its first convolution as it is."""


class Back(NamedTuple):
    """One way back. picture: the gradient at the first image's maps, as they enter the first
    block, averaged. norms: of the batch's gradient there, then behind each block."""

    picture: Tensor  # (14, 14)
    loss: float
    norms: list[float]

    @property
    def entered(self) -> float:
        """Behind the last block, where the way begins."""
        return self.norms[-1]

    @property
    def norm(self) -> float:
        """What has come back to the input of the first block."""
        return self.norms[0]

    @property
    def share(self) -> str:
        """Of what entered, in %; above that how many times as much."""
        percent = 100 * self.norm / self.entered if self.entered > 0 else 0.0
        if percent > 100:
            return f"{two_digits(percent / 100)} times"
        return f"{percent:.0f} %" if percent >= 10 else f"{percent:.1g} %"


def run(bench: Bench) -> None:
    cut, blocks = str(bench.settings["cut"]), int(bench.settings["blocks"])
    ways, own = all_ways(bench, blocks)
    shown = {name: ways[name] for name in (NOTHING, LEFT, SKIP)[: 1 + [*NAMES].index(cut)]}
    if bench.settings["show"] == "input":
        draw_input(bench, shown)
        draw_table(bench, shown)
    else:
        draw_blocks(bench, shown, blocks)
        draw_bars(bench, shown)
    bench.words("about", own)
    conclude(bench, cut, blocks, ways)


# --- going back -----------------------------------------------------------------------------


def all_ways(bench: Bench, blocks: int) -> tuple[dict[str, Back], str]:
    """The gradient with nothing cut, with the left branches and with the shortcuts cut; whose
    code."""
    known = bench.memory.setdefault("ways", {})
    if blocks not in known:
        told = whose(bench.own)
        try:
            ways = measured(bench, bench.piece("residual"), blocks)
        except Uncuttable:
            ways = measured(bench, reference.residual, blocks)
            told = "Code: the course's residual.py: your block's input can't be cut from outside."
        known[blocks] = (ways, told)
    return known[blocks]


def measured(bench: Bench, piece: Any, blocks: int) -> dict[str, Back]:
    if "digits" not in bench.memory:
        bench.memory["digits"] = digits("test")
    images, labels = bench.memory["digits"]
    start = bench.seed * BATCH % (len(images) - BATCH)
    chosen = slice(start, start + BATCH)
    small = F.avg_pool2d(images[chosen], 2)  # (batch, 1, 14, 14)
    torch.manual_seed(bench.seed)
    stem = nn.Sequential(nn.Conv2d(1, CHANNELS, 3, padding=1), nn.BatchNorm2d(CHANNELS), nn.ReLU())
    stack = nn.ModuleList(piece.ResidualBlock(CHANNELS, CHANNELS) for _ in range(blocks))
    head = nn.Linear(CHANNELS, 10)
    return {cut: back(stem, stack, head, small, labels[chosen], cut) for cut in NAMES}


def back(
    stem: nn.Module,
    stack: nn.ModuleList,
    head: nn.Module,
    images: Tensor,
    labels: Tensor,
    cut: str,
) -> Back:
    """Go forward, then back with one of the branches cut in every block."""
    x = stem(images).detach().requires_grad_()  # (batch, CHANNELS, 14, 14)
    places = [x]
    for block in stack:
        x = through(block, x, cut)
        places.append(x)
    loss = F.cross_entropy(head(x.mean(dim=(2, 3))), labels)
    grads = torch.autograd.grad(loss, places)
    return Back(grads[0][0].mean(dim=0), loss.item(), [float(grad.norm()) for grad in grads])


def through(block: nn.Module, x: Tensor, cut: str) -> Tensor:
    """One block, forward. Its first convolution is where the left branch begins, so a cut needs
    nothing but to hand it, or all the rest, a copy of x that leads nowhere."""
    first = first_convolution(block)
    closed = x.detach()
    met = 0

    def swap(module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...] | None:
        nonlocal met
        met += len(given) == 1 and torch.equal(given[0], closed)
        if cut == NOTHING:
            return None
        return (closed,) if cut == LEFT else (x,)

    handle = first.register_forward_pre_hook(swap)
    try:
        y = block(closed if cut == SKIP else x)
    finally:
        handle.remove()
    if met != 1:
        raise Uncuttable
    return y


def first_convolution(block: nn.Module) -> nn.Module:
    """Of the left branch: blocks declare it first."""
    for module in block.modules():
        if any(values.dim() == 4 for values in module.parameters(recurse=False)):
            return module
    raise Uncuttable


# --- drawings -------------------------------------------------------------------------------


def draw_input(bench: Bench, shown: dict[str, Back]) -> None:
    """What comes back to the maps of a digit. Each on a scale of its own: beside the whole the
    others would be blank."""
    largest = [way.picture.abs().max().item() for way in shown.values()]
    scaled = [
        way.picture / max(most, LEAST) for way, most in zip(shown.values(), largest, strict=True)
    ]
    bench.picture(
        "input",
        "Gradient at the first block's input, each up to the value below it",
        torch.stack(scaled),
        signed=True,
        captions=[
            f"{'uncut' if cut == NOTHING else cut}: {most:.1g}"
            for cut, most in zip(shown, largest, strict=True)
        ],
    )


def draw_table(bench: Bench, shown: dict[str, Back]) -> None:
    whole = shown[NOTHING]
    bench.table(
        "left",
        f"{said(whole.entered)} goes in",
        ("", "comes out", "of what went in"),
        [[NAMES[cut] + ALONE[cut], said(way.norm), way.share] for cut, way in shown.items()],
        marked=[len(shown) - 1],
    )


def draw_blocks(bench: Bench, shown: dict[str, Back], blocks: int) -> None:
    """On the way back, from the last block to the input, as powers of ten."""
    series = {
        NAMES[cut]: [
            (place, math.log10(max(norm, LEAST))) for place, norm in enumerate(way.norms[::-1])
        ]
        for cut, way in shown.items()
    }
    values = [y for line in series.values() for _, y in line]
    low = math.floor(min(values))
    bench.curves(
        "blocks",
        "Gradient norm on its way back",
        series,
        x="blocks passed",
        y="log10",
        x_range=(0, blocks),
        y_range=(low, max(math.ceil(max(values)), low + 1)),
    )


def draw_bars(bench: Bench, shown: dict[str, Back]) -> None:
    bench.bars(
        "left",
        "Gradient norm at the input",
        {NAMES[cut]: max(way.norm, LEAST) for cut, way in shown.items()},
        log=True,
    )


# --- the sentence ---------------------------------------------------------------------------


def conclude(bench: Bench, cut: str, blocks: int, ways: dict[str, Back]) -> None:
    whole, skips, lefts = (ways[name] for name in (NOTHING, LEFT, SKIP))
    figures: dict[str, float] = {"blocks": blocks, "goes in": whole.entered}
    figures |= {NAMES[name]: way.norm for name, way in ways.items()}
    many = f"{blocks} block{'s' if blocks > 1 else ''}"
    if not whole.loss == skips.loss == lefts.loss or not whole.entered > 0:
        bench.finding(
            f"Through {many} the loss is {whole.loss:.4g}, with a cut {skips.loss:.4g} and"
            f" {lefts.loss:.4g}, and a gradient of {said(whole.entered)} goes in: this shows"
            " nothing.",
            figures | {"loss": whole.loss},
            proves=False,
        )
    elif cut == NOTHING:
        bench.finding(
            f"A gradient of {said(whole.entered)} goes into {many} from behind, and"
            f" {said(whole.norm)} comes out at the input: now cut a branch.",
            figures,
            proves=False,
        )
    elif cut == LEFT:
        bench.finding(
            f"Of {said(whole.entered)} that goes into {many} from behind, the shortcuts alone"
            f" bring {said(skips.norm)} back to the input ({skips.share}); now cut the shortcuts"
            " instead.",
            figures,
            proves=False,
        )
    else:
        told = (
            f"Of {said(whole.entered)} that goes into {many} from behind, the left branches alone"
            f" bring {said(lefts.norm)} back to the input ({lefts.share}), the shortcuts alone"
            f" {said(skips.norm)} ({skips.share})"
        )
        if skips.norm >= FAR * lefts.norm:
            bench.finding(
                f"{told}: the shortcut is the route on which the gradient comes far.", figures
            )
        else:
            bench.finding(
                f"{told}: through so few blocks both are ways back.", figures, proves=False
            )


def said(norm: float) -> str:
    return two_digits(norm)
