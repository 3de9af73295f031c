"""Runs ``race``: both stacks take their steps in turn, and their losses are drawn meanwhile."""

from __future__ import annotations

import math
import time

from lessons.depth.race.stacks import LINEAR, Runner
from lessons.labs import Bench
from lessons.locality.small_networks import two_digits, whose

PLAIN, RESIDUAL = "plain", "residual"
HIGHEST = 2.6  # of the losses' axis: guessing costs ln 10 = 2.3
AHEAD = 20  # points of accuracy that no one can overlook
SLIGHTLY = 5  # points of accuracy that may be chance
CHANCE = 15  # %: not clearly more than guessing
EVERY = 0.1  # seconds from one drawing to the next


def run(bench: Bench) -> None:
    runners = raced(bench)
    draw_losses(bench, runners)
    draw_gradients(bench, runners)
    draw_words(bench)
    conclude(bench, runners[PLAIN], runners[RESIDUAL])


def raced(bench: Bench) -> dict[str, Runner]:
    """Both stacks with these settings, after their pass; what has run before is not run again."""
    kind, depth = str(bench.settings["kind"]), int(bench.settings["depth"])
    norm, he = bool(bench.settings["norm"]), bench.settings["init"] == "He"
    races: dict[tuple, dict[str, Runner]] = bench.memory.setdefault("races", {})
    which = (kind, depth, norm, he)
    if which not in races:
        races[which] = {
            name: Runner(bench, kind, depth, norm=norm, he=he, residual=name == RESIDUAL)
            for name in (PLAIN, RESIDUAL)
        }
    runners = races[which]
    if all(runner.ended for runner in runners.values()):
        return runners
    draw_losses(bench, runners)
    draw_gradients(bench, runners)
    draw_words(bench)
    drawn = time.monotonic()
    while not all(runner.ended for runner in runners.values()):
        for runner in runners.values():
            if not runner.ended:
                runner.go_on()
        pair = runners.values()
        bench.progress(sum(runner.done for runner in pair), sum(runner.of for runner in pair))
        if time.monotonic() - drawn >= EVERY:
            draw_losses(bench, runners)
            drawn = time.monotonic()
    return runners


# --- drawings -------------------------------------------------------------------------------


def draw_losses(bench: Bench, runners: dict[str, Runner]) -> None:
    """Two plots with the same axes, side by side."""
    for name, runner in runners.items():
        told = f" (diverged at step {runner.diverged})" if runner.diverged is not None else ""
        bench.curves(
            name,
            f"{name}{told}",
            {"loss": runner.points},
            x="step",
            y="loss",
            x_range=(0, runner.steps),
            y_range=(0, HIGHEST),
        )


def draw_gradients(bench: Bench, runners: dict[str, Runner]) -> None:
    """All layers of both on one scale: the plain stack's below its loss, then the other's."""
    last = bench.settings["step"] == "last"
    values = {
        f"{name} {place}": norm
        for name, runner in runners.items()
        for place, norm in enumerate(runner.last if last else runner.first, start=1)
        if math.isfinite(norm)
    }
    there = {name for name in runners if any(key.startswith(name) for key in values)}
    when = "after the last step" if last else "at the first step"
    if not values:
        told = "appears after the last step" if last else "is no finite number"
        bench.words("gradients", f"The gradient of each layer {told}.")
        return
    left_out = "".join(f"; {name}: none" for name in runners if name not in there)
    bench.bars("gradients", f"Gradient norm by layer {when}{left_out}", values, log=True)


def draw_words(bench: Bench) -> None:
    norm, kind = bool(bench.settings["norm"]), str(bench.settings["kind"])
    unused = {"batchnorm" if not norm else "", "conv" if kind == LINEAR else ""}
    used = {name: is_own for name, is_own in bench.own.items() if name not in unused}
    left = "BN(W2 relu(BN(W1 x)))" if norm else "W2 relu(W1 x)"
    bench.words(
        "about",
        f"Block: relu(left), or relu(left + x); left = {left}\n"
        f"A loss of 2.3 is guessing.\n{whose(used)}",
    )


# --- what the race shows --------------------------------------------------------------------


def conclude(bench: Bench, plain: Runner, residual: Runner) -> None:
    """One sentence, by what came of the two. It proves something where shortcuts clearly help."""
    depth = int(bench.settings["depth"])
    kind = "" if bench.settings["kind"] == LINEAR else "convolutional "
    figures: dict[str, float] = {"layers": depth, "steps": plain.steps}
    for name, runner in ((PLAIN, plain), (RESIDUAL, residual)):
        figures[f"{name}: test digits right, %"] = runner.accuracy
        if math.isfinite(runner.first[0]):
            figures[f"{name}: first layer's gradient"] = runner.first[0]
        if runner.diverged is not None:
            figures[f"{name}: diverged at step"] = runner.diverged
    gap = residual.accuracy - plain.accuracy
    bench.finding(
        sentence(f"{kind}stack of {depth} layers", plain, residual),
        figures,
        proves=gap >= AHEAD and plain.diverged is None and residual.diverged is None,
    )


def sentence(stack: str, plain: Runner, residual: Runner) -> str:
    one, other = (said(runner.first[0]) for runner in (plain, residual))
    right = f"{plain.accuracy:.1f} % of the test digits right"
    twin = f"{residual.accuracy:.1f} %"
    gap = residual.accuracy - plain.accuracy
    if residual.diverged is not None and plain.diverged is None:
        return (
            f"Here the shortcuts hurt: the residual {stack} diverged at step {residual.diverged},"
            f" its first layer's gradient was {other} at first; the plain stack's was {one}, and"
            f" it gets {right}."
        )
    if plain.diverged is not None:
        also = (
            f"the residual one gets {twin} of the test digits right"
            if residual.diverged is None
            else f"the residual one at step {residual.diverged}"
        )
        return f"The plain {stack} diverged at step {plain.diverged}, {also}."
    if gap >= AHEAD:
        stays = " (no better than guessing)" if plain.accuracy < CHANCE else ""
        return (
            f"After {plain.steps} steps the plain {stack} gets {right}{stays}, its"
            f" residual twin {twin}; at first the plain stack's first layer's gradient"
            f" was {one}, the twin's {other}."
        )
    if gap <= -AHEAD:
        return f"Here the shortcuts hurt: the residual {stack} gets {twin}, the plain one {right}."
    most = (
        "no clear difference" if abs(gap) < SLIGHTLY else f"a difference of {abs(gap):.1f} points"
    )
    return f"There is {most}: the plain {stack} gets {right}, its residual twin {twin}."


def said(norm: float) -> str:
    """A gradient norm of any size, in two digits."""
    return two_digits(norm) if math.isfinite(norm) else "no finite number"
