"""How long a bar is, wherever it is drawn."""

from __future__ import annotations

import math

from tutor.runner.protocol import Bars


def bar_lengths(drawn: Bars) -> list[float]:
    """Each bar's length, from 0 to 1. By the logarithm the smallest still shows."""
    values = list(drawn.values.values())
    finite = [value for value in values if math.isfinite(value)]
    if not drawn.log:
        most = max((abs(value) for value in finite), default=0.0) or 1.0
        return [abs(value) / most if math.isfinite(value) else 1.0 for value in values]
    logs = [math.log10(value) for value in finite if value > 0]
    high = max(logs, default=0.0)
    least = min([*logs, high - 1])
    low = least - 0.05 * (high - least)
    return [_share(value, low, high) for value in values]


def _share(value: float, low: float, high: float) -> float:
    if not value > 0:  # not a number, too
        return 0.0
    return 1.0 if math.isinf(value) else (math.log10(value) - low) / (high - low)
