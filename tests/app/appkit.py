"""What the app's tests share: a client that plays events, and eyes for the screen."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

from lessons.course import COURSE
from tutor.app.app import TutorApp
from tutor.runner import protocol

MLP = COURSE.checkpoint("mlp")
DIGIT = "\n".join(["0" * 28] * 9 + ["0" * 9 + "f" * 10 + "0" * 9] * 10 + ["0" * 28] * 9)
BOARD = f"""\
# Scaffold

What this page is about: `SimpleMLP`.

## Why logits

A logit is a raw score of any sign.

```digit 7
{DIGIT}
```

```python
## not a heading
scores = model(images)
```

{"Filling that pushes the next section down. " * 60}

## What a step changes

One step, and the parameters move.

{"More filling, so that there is something to scroll. " * 60}

## The bias

A bias that is declared must be added.

{"The last page. " * 200}
"""


class FakeClient:
    """Has the methods of the real client; ``play`` hands events out on another thread."""

    def __init__(self) -> None:
        self.ready = False
        self.on_ready: Callable[[], None] | None = None
        self.on_left: Callable[[], None] | None = None
        self.requests: list[protocol.Check] = []
        self.listeners: dict[int, Callable[[protocol.Event], None]] = {}
        self.cancelled: list[int] = []
        self.steered: list[protocol.SteerLab] = []
        self.started = self.closed = 0
        self._number = 0

    def start(self) -> None:
        self.started += 1

    def next_number(self) -> int:
        self._number += 1
        return self._number

    def submit(self, request: Any, on_event: Callable[[protocol.Event], None]) -> None:
        self.requests.append(request)
        self.listeners[request.number] = on_event

    def steer(self, request: protocol.SteerLab) -> None:
        self.steered.append(request)

    def cancel(self, number: int) -> None:
        self.cancelled.append(number)

    def close(self) -> None:
        self.closed += 1

    @property
    def last(self) -> protocol.Check:
        return self.requests[-1]

    def play(self, *events: protocol.Event) -> None:
        def hand_out() -> None:
            for event in events:
                self.listeners[event.number](event)  # type: ignore[union-attr]

        reader = threading.Thread(target=hand_out)
        reader.start()
        reader.join()

    def begin(self) -> int:
        """The latest check says that it started; returns its number."""
        names = tuple(claim.id for claim in MLP.claims)
        number = self.last.number
        self.play(protocol.Started(number=number, sha256=self.last.sha256, claims=names))
        return number


def verdict(number: int, claim: str, word: str = "passed", **more: Any) -> protocol.Verdict:
    tier = MLP.claim(claim).tier.value
    return protocol.Verdict(number=number, claim=claim, tier=tier, verdict=word, **more)  # type: ignore[arg-type]


def softmax(number: int) -> protocol.Verdict:
    return verdict(
        number,
        "raw-scores",
        "failed",
        observed="every row adds up to 1.000 and no value is negative",
        expected="raw scores of any sign",
        mistake="softmax_in_forward",
        diagnosis="forward ends in a softmax, so these are probabilities.",
        why="F.cross_entropy applies log-softmax itself; a second one flattens the gradients.",
        repair="scaffold#why-logits",
    )


def done(number: int, outcome: str = "failed", **more: Any) -> protocol.Done:
    return protocol.Done(number=number, outcome=outcome, seconds=0.4, **more)  # type: ignore[arg-type]


def text_of(app: TutorApp) -> list[str]:
    """The screen as plain lines, just as a terminal would show it."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]


def shown(app: TutorApp) -> str:
    return "\n".join(text_of(app))


async def until(pilot: Pilot, condition: Callable[[], Any], what: str = "") -> None:
    """Wait for a condition; the screen is told when it doesn't come."""
    for _ in range(400):
        await pilot.pause()
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"waited in vain: {what}\n{shown(pilot.app)}")  # type: ignore[arg-type]
