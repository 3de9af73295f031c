"""The bench that a lab's ``run`` works with, in the process of the lab.

It sends drawings over the line, at most some twenty a second for each slot, and listens in every
call: newer settings end the run that is going on, a pause holds it.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import torch

from lessons.declare import Setting
from tutor.runner import lab_line, protocol, wire
from tutor.runner.lab_line import LabDrawing, Order

PAUSE = 0.05  # seconds between two drawings of one slot


class Superseded(BaseException):
    """Newer settings wait. No ``except Exception`` of a lab on its way may stop it."""


class LineBench:
    """As ``lessons.labs.Bench`` says. ``settings`` are those of the answer that goes on.

    held: called with True when an answer begins to wait, with False when it goes on.
    """

    def __init__(
        self, line: wire.Line, order: Order, held: Callable[[bool], None] = lambda held: None
    ) -> None:
        self.settings: Mapping[str, Setting] = dict(order.settings)
        self.seed = order.seed
        self.memory: dict[str, Any] = {}
        self.own: Mapping[str, bool] = {name: name in order.earlier for name in order.uses}
        self._line, self._order, self._held = line, order, held
        self._next: dict[str, Setting] | None = None
        self._pace: protocol.Pace = "run"
        self._drawn: dict[str, float] = {}  # when each slot was sent last
        self._waiting: dict[str, LabDrawing] = {}
        self._worked = 0.0

    # --- an answer and its end ----------------------------------------------------------------

    def begin(self) -> None:
        """Begin an answer, to newer settings if there are any."""
        if self._next is not None:
            self.settings, self._next = self._next, None
        self._drawn.clear()
        self._waiting.clear()
        self._send(protocol.Answering(number=0, settings=dict(self.settings), own=dict(self.own)))

    def end(self, seconds: float) -> None:
        """Send what is held back, and say that the answer is complete."""
        self._flush()
        self._send(protocol.Drawn(number=0, seconds=seconds))

    def wait(self) -> bool:
        """Wait until there are newer settings. False when nobody will ask any more."""
        while self._next is None:
            steer = self._line.receive()
            if steer is None:
                return False
            self._take(steer)
        return True

    def _listen(self) -> None:
        """Take in what was said; superseded or held if that is what it says."""
        while self._line.has_news():
            self._take_next()
        if self._next is not None:
            raise Superseded
        if self._pace == "pause":
            self._hold()

    def _hold(self) -> None:
        self._flush()
        self._send(lab_line.Held(held=True))
        self._held(True)
        while self._pace == "pause" and self._next is None:
            self._take_next()
        self._held(False)
        self._send(lab_line.Held(held=False))
        if self._next is not None:
            raise Superseded

    def _take_next(self) -> None:
        steer = self._line.receive()
        if steer is None:
            sys.exit()  # nobody listens any more
        self._take(steer)

    def _take(self, steer: protocol.SteerLab) -> None:
        self._pace = steer.pace
        self._next = dict(steer.settings) if steer.settings != self.settings else None
        self._send(lab_line.Heard())

    # --- sending ------------------------------------------------------------------------------

    def _send(self, message: lab_line.Told) -> None:
        self._line.send(protocol.encode(message))

    def _put(self, drawing: LabDrawing) -> None:
        """Send a drawing, unless its slot has just had one: then a little later."""
        lab_line.need_bounded(drawing)
        now = time.monotonic()
        if self._pace == "run" and now < self._drawn.get(drawing.slot, -math.inf) + PAUSE:
            self._waiting[drawing.slot] = drawing
        else:
            self._waiting.pop(drawing.slot, None)
            self._drawn[drawing.slot] = now
            self._send(drawing)
        if self._pace == "step":
            self._pace = "pause"
        self._listen()

    def _flush(self) -> None:
        for drawing in self._waiting.values():
            self._send(drawing)
        self._waiting.clear()

    # --- what labs call -----------------------------------------------------------------------

    def piece(self, checkpoint_id: str) -> Any:
        """The module of one of the lab's ``uses``."""
        self._listen()
        if checkpoint_id not in self._order.uses:
            raise ValueError(f"the lab does not declare that it uses '{checkpoint_id}'")
        return import_module(checkpoint_id)

    def words(self, slot: str, text: str) -> None:
        self._put(protocol.Words(number=0, slot=slot, text=text))

    def picture(
        self,
        slot: str,
        title: str,
        images: Any,
        *,
        signed: bool = False,
        captions: Sequence[str] = (),
        axes: bool = False,
        frames: Sequence[tuple[int, int, int, int]] = (),
    ) -> None:
        tensor = torch.as_tensor(images).detach().float()
        if tensor.dim() == 2:
            tensor = tensor[None]
        _, height, width = tensor.shape
        self._put(
            protocol.Picture(
                number=0,
                slot=slot,
                title=title,
                height=height,
                width=width,
                images=tensor.flatten(1).tolist(),
                signed=signed,
                captions=list(captions),
                axes=axes,
                frames=[(int(y), int(x), int(h), int(w)) for y, x, h, w in frames],
            )
        )

    def curves(
        self,
        slot: str,
        title: str,
        series: Mapping[str, Sequence[tuple[float, float]]],
        *,
        x: str,
        y: str,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
    ) -> None:
        points = {
            name: [(float(at), float(value)) for at, value in line] for name, line in series.items()
        }
        self._put(
            protocol.Curves(
                number=0,
                slot=slot,
                title=title,
                series=points,
                x=x,
                y=y,
                x_range=(float(x_range[0]), float(x_range[1])),
                y_range=(float(y_range[0]), float(y_range[1])),
            )
        )

    def bars(
        self,
        slot: str,
        title: str,
        values: Mapping[str, float],
        *,
        unit: str = "",
        log: bool = False,
    ) -> None:
        numbers = {name: float(value) for name, value in values.items()}
        self._put(
            protocol.Bars(number=0, slot=slot, title=title, values=numbers, unit=unit, log=log)
        )

    def table(
        self,
        slot: str,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        marked: Sequence[int] = (),
    ) -> None:
        self._put(
            protocol.Table(
                number=0,
                slot=slot,
                title=title,
                columns=list(columns),
                rows=[[str(cell) for cell in row] for row in rows],
                marked=list(marked),
            )
        )

    def progress(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now >= self._worked + 4 * PAUSE or done >= of:
            self._worked = now
            self._send(protocol.Working(number=0, done=int(done), of=int(of)))
        self._listen()

    def finding(self, sentence: str, figures: Mapping[str, float], *, proves: bool = True) -> None:
        self._listen()
        self._flush()
        self._send(
            protocol.Finding(
                number=0,
                sentence=sentence,
                figures={name: float(value) for name, value in figures.items()},
                proves=proves,
                settings=dict(self.settings),
            )
        )
