"""A training's loss, drawn by plotext on axes that stay where they are.

Fixed axes (planned steps; 0 to a little above a guesser's loss) keep an update to the cells of
the new points. plotext never sees a value that is not finite: that is told in words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tutor.app import ink, plot
from tutor.marks import Signs
from tutor.runner.protocol import Loss

HEAD = 34  # columns of the numbers before the accuracy's bar


@dataclass
class LossSeries:
    """The points of one training so far."""

    steps: int = 0
    classes: int = 10
    at: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    accuracy: float = math.nan
    last: float = math.nan
    diverged_at: int | None = None

    def add(self, point: Loss) -> None:
        self.steps = max(point.steps, point.step, 1)
        self.classes = point.classes
        self.accuracy = point.accuracy
        self.last = point.loss
        if math.isfinite(point.loss):
            self.at.append(point.step)
            self.losses.append(point.loss)
        elif self.diverged_at is None:
            self.diverged_at = point.step

    @property
    def guesser(self) -> float:
        """The loss of someone who guesses all classes alike."""
        return math.log(max(2, self.classes))

    @property
    def ceiling(self) -> float:
        """The top of the axis; it only rises when a loss leaves the picture."""
        top = self.guesser * 1.1
        highest = max(self.losses, default=0.0)
        if highest <= top:
            return top
        return float(top * 1.25 ** math.ceil(math.log(highest / top, 1.25)))


def words(series: LossSeries) -> str:
    """The loss in numbers: enough by itself when nothing can be drawn."""
    step = series.at[-1] if series.at else 0
    told = f"step {step} of {series.steps}"
    if series.losses:
        told += f"   loss {series.losses[-1]:.3f}"
    if series.diverged_at is not None:
        told += f"   diverged at step {series.diverged_at}"
    return told


def accuracy_bar(series: LossSeries, width: int, signs: Signs) -> Strip:
    """Accuracy from 0 to 100 % as a bar with its number."""
    known = math.isfinite(series.accuracy)
    share = min(1.0, max(0.0, series.accuracy)) if known else 0.0
    label = "accuracy "
    number = f" {share * 100:5.1f} %" if known else "     - %"
    room = max(4, width - len(label) - len(number))
    full = round(share * room)
    return Strip(
        [
            Segment(label, ink.BOLD),
            Segment(signs.text("█" * full), Style(color="green")),
            Segment(signs.text("░" * (room - full)), ink.DIM),
            Segment(number, ink.BOLD),
        ]
    )


def draw(series: LossSeries, width: int, height: int, signs: Signs) -> list[Strip]:
    """The numbers and the accuracy's bar, on one line where there is room, then the curve."""
    told = words(series)
    if width - HEAD >= 30 and len(told) < HEAD:
        bar = accuracy_bar(series, width - HEAD, signs)
        head = [Strip.join([ink.line([(told.ljust(HEAD), ink.BOLD)], signs), bar])]
    else:
        bar = accuracy_bar(series, width, signs)
        head = [*ink.paragraph(told, width, signs, style=ink.BOLD), bar]
    room = height - len(head)
    if room < 4 or width < 24:
        return head
    try:
        return [*head, *_plot(series, width, room, signs)]
    except (ValueError, TypeError, IndexError, KeyError, ZeroDivisionError) as error:
        excuse = f"(the curve can't be drawn here: {error}; the numbers above stand)"
        return [*head, *ink.paragraph(excuse, width, signs)]


def _plot(series: LossSeries, width: int, height: int, signs: Signs) -> list[Strip]:
    steps, guesser = series.steps, series.guesser
    quarters = sorted({0, steps // 4, steps // 2, steps * 3 // 4, steps})
    ticks = [(0.0, "0"), (guesser / 2, f"{guesser / 2:.1f}"), (guesser, f"{guesser:.1f}")]
    if series.ceiling > guesser * 1.2:
        ticks.append((series.ceiling, f"{series.ceiling:.1f}"))
    return plot.draw(
        [list(zip(series.at, series.losses, strict=True))],
        plot.Axis(0, steps, [(step, str(step)) for step in quarters]),
        plot.Axis(0, series.ceiling, ticks),
        width,
        height,
        signs,
    )
