"""How a set of initial values is spread: what kind of distribution, where, and how wide."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from lessons.trial import Trial


class Spread(NamedTuple):
    """kind: uniform, normal, two-point, discrete, constant, nan or other. centre: the middle.
    size: half the width (uniform, two-point), the standard deviation (normal), the absolute value
    (constant), else the root of the mean square. All in units of the bound that was expected.
    """

    kind: str
    centre: float
    size: float

    def sentence(self, bound: float) -> str:
        """What was seen, in plain numbers."""
        centre, size = self.centre * bound, self.size * bound
        if self.kind == "nan":
            return "never set (nan, or whatever lay in memory)"
        if self.kind == "constant":
            return f"all {centre:.4g}"
        if self.kind == "uniform":
            return f"spread evenly from {centre - size:.4g} to {centre + size:.4g}"
        if self.kind == "normal":
            return f"normal, with standard deviation {size:.4g}"
        if self.kind == "discrete":
            return f"only a few different values, about {size:.2g} in size"
        if self.kind == "two-point":
            return f"only two values, {centre - size:.4g} and {centre + size:.4g}"
        return f"values around {centre:.4g}, of size {size:.4g}, in an unusual distribution"

    @property
    def side(self) -> str:
        """Where the values lie: around zero, or to one side of it."""
        if abs(self.centre) < 0.25 * self.size or self.size == 0:
            return "around zero"
        return "positive" if self.centre > 0 else "negative"


def judge_even(t: Trial, what: str, values: Tensor, bound: float, formula: str) -> None:
    """Require values (n,) uniform within the bound, and in no order: Kolmogorov and Smirnov's
    distance below what chance allows. A right answer is refused once in 10^9 runs.

    what: what they are the values of. formula: how the bound comes about. How they are spread is
    told only if they are not even.
    """
    u = values.to(torch.float64) / bound
    t.require(
        f"{what}: in no order",
        not bool((u.diff() > 0).all()) or len(u) < 3,
        f"{what}: the values rise from the first to the last",
        "each value drawn for itself",
    )
    allowed = math.sqrt(math.log(2e9) / (2 * len(u)))
    if distance_from_even(u) < allowed and u.abs().max().item() <= 1 + 1e-5:
        return
    spread = tell_spread(u)
    t.require(
        what,
        False,
        f"{what}: {spread.sentence(bound)}",
        f"spread evenly from {-bound:.4g} to {bound:.4g}, which is {formula}",
    )
    t.trait(f"{what}: kind", spread.kind)
    t.trait(f"{what}: side", spread.side)
    t.trait(f"{what}: size", spread.size, tolerance=0.1)


def distance_from_even(u: Tensor) -> float:
    """Kolmogorov and Smirnov's distance of values (n,) from uniform on [-1, 1]."""
    return _uniform_distance(u.sort().values, -1.0, 1.0) if u.isfinite().all() else 1.0


def _uniform_distance(x: Tensor, low: float, high: float) -> float:
    return _distance(x, lambda x: ((x - low) / (high - low)).clamp(0, 1))


def _distance(x: Tensor, cumulative: Callable[[Tensor], Tensor]) -> float:
    """The distance of sorted values (n,) from a cumulative distribution."""
    n = len(x)
    steps = torch.arange(1, n + 1, dtype=x.dtype) / n
    right = cumulative(x)
    return max((steps - right).max().item(), (right - steps + 1 / n).max().item())


def tell_spread(u: Tensor) -> Spread:
    """Describe values (n,), n of some hundred at least."""
    u = u.flatten().to(torch.float64)
    if not u.isfinite().all():
        return Spread("nan", 0.0, 0.0)
    centre = u.mean().item()
    x = u.sort().values
    low, high = x[0].item(), x[-1].item()
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-30):
        return Spread("constant", centre, abs(centre))
    size = u.square().mean().sqrt().item()
    close = 1.8 / len(u) ** 0.5
    different = 1 + int((x.diff() > 0).sum())
    if different <= 2:
        return Spread("two-point", (low + high) / 2, (high - low) / 2)
    if _uniform_distance(x, low, high) < close:
        return Spread("uniform", (low + high) / 2, (high - low) / 2)
    if different <= 20 and len(u) > 200:
        return Spread("discrete", centre, size)
    deviation = u.std()
    if _distance(x, lambda x: torch.special.ndtr((x - centre) / deviation)) < close:
        return Spread("normal", centre, deviation.item())
    return Spread("other", centre, size)
