"""A bench that keeps what a lab draws, so that tests can look at it."""

from __future__ import annotations

import importlib
import math
import textwrap
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pytest

from lessons.declare import Lab, Setting
from tutor.app.labdraw import lay_out
from tutor.app.pixels import Ink
from tutor.marks import Signs
from tutor.runner import lab_line, protocol

WIDTH, HEIGHT = 77, 17  # of the drawings at 80x24, under a finding of three lines


class Finding(NamedTuple):
    sentence: str
    figures: dict[str, float]
    proves: bool


class RecordingBench:
    """Drawings by slot, as on the screen when ``run`` has ended; each one is looked over."""

    def __init__(
        self,
        settings: Mapping[str, Setting],
        own: Mapping[str, bool] | None = None,
        seed: int = 0,
        pieces: Mapping[str, Any] | None = None,
    ) -> None:
        self.settings: Mapping[str, Setting] = dict(settings)
        self.seed = seed
        self.memory: dict[str, Any] = {}
        self.own: Mapping[str, bool] = dict(own or {})
        self.pieces = dict(pieces or {})
        self.drawn: dict[str, dict[str, Any]] = {}
        self.findings: list[Finding] = []
        self.steps: list[tuple[int, int]] = []
        self.before_drawing: Callable[[], None] = lambda: None

    def piece(self, checkpoint_id: str) -> Any:
        return self.pieces.get(checkpoint_id) or importlib.import_module(
            f"reference.{checkpoint_id}"
        )

    def words(self, slot: str, text: str) -> None:
        drawing = protocol.Words(number=0, slot=slot, text=text)
        self._draw(slot, drawing, kind="words", text=text)
        assert all(len(line) <= 78 for line in text.splitlines()), text

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
        count, height, width = images.shape
        assert images.isfinite().all()
        assert len(captions) in (0, count)
        assert all(len(caption) <= width + 1 for caption in captions), captions
        assert width <= 77, "too wide for 80 columns"
        drawing = protocol.Picture(
            number=0,
            slot=slot,
            title=title,
            height=height,
            width=width,
            images=images.flatten(1).tolist(),
            signed=signed,
            captions=list(captions),
            axes=axes,
            frames=list(frames),
        )
        self._draw(
            slot,
            drawing,
            kind="picture",
            title=title,
            images=images.clone(),
            signed=signed,
            captions=tuple(captions),
            frames=tuple(frames),
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
        points = {name: list(line) for name, line in series.items()}
        assert all(math.isfinite(v) for line in points.values() for at in line for v in at)
        drawing = protocol.Curves(
            number=0,
            slot=slot,
            title=title,
            series=points,
            x=x,
            y=y,
            x_range=x_range,
            y_range=y_range,
        )
        self._draw(slot, drawing, kind="curves", title=title, series=points, x=x, y=y)

    def bars(
        self,
        slot: str,
        title: str,
        values: Mapping[str, float],
        *,
        unit: str = "",
        log: bool = False,
    ) -> None:
        assert all(math.isfinite(value) for value in values.values())
        drawing = protocol.Bars(
            number=0, slot=slot, title=title, values=dict(values), unit=unit, log=log
        )
        self._draw(slot, drawing, kind="bars", title=title, values=dict(values), unit=unit)

    def table(
        self,
        slot: str,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        marked: Sequence[int] = (),
    ) -> None:
        assert all(len(row) == len(columns) for row in rows)
        widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
        assert sum(widths) + 2 * len(widths) <= 78, widths
        assert len(title) <= 78, title
        drawing = protocol.Table(
            number=0,
            slot=slot,
            title=title,
            columns=list(columns),
            rows=[list(row) for row in rows],
            marked=list(marked),
        )
        self._draw(
            slot,
            drawing,
            kind="table",
            title=title,
            columns=drawing.columns,
            rows=drawing.rows,
            marked=drawing.marked,
        )

    def finding(self, sentence: str, figures: Mapping[str, float], *, proves: bool = True) -> None:
        self.before_drawing()
        assert "\n" not in sentence
        assert sentence.endswith(".")
        assert len(textwrap.wrap(sentence, 76)) <= 3, sentence
        assert all(math.isfinite(value) for value in figures.values())
        self.findings.append(Finding(sentence, dict(figures), proves))

    def progress(self, done: int, of: int) -> None:
        self.before_drawing()
        assert 0 <= done <= of
        self.steps.append((done, of))

    def _draw(self, slot: str, drawing: protocol.Drawing, **what: Any) -> None:
        self.before_drawing()
        lab_line.need_bounded(drawing)
        if "title" in what:
            assert len(what["title"]) <= WIDTH
        self.drawn[slot] = {"drawing": drawing, **what}

    def answer(self, lab: str, **settings: Setting) -> Finding:
        """Turn some controls, run, and return what was found."""
        self.settings = {**self.settings, **settings}
        self.drawn = {}  # a slot that an answer does not draw is no more
        seen = len(self.findings)
        importlib.import_module(lab).run(self)
        assert len(self.findings) == seen + 1, "a run ends with one finding"
        drawings = [what["drawing"] for what in self.drawn.values()]
        laid_out = lay_out(drawings, WIDTH, HEIGHT, Ink("256", Signs(unicode=True)))
        told = "\n".join(strip.text for strip in laid_out)
        assert len(laid_out) <= HEIGHT, f"too much for 80x24:\n{told}"
        return self.findings[-1]


@pytest.fixture(scope="session")
def kept() -> dict[int, dict[str, Any]]:
    """Memory by seed, for labs that train the same networks: ``memory=kept[seed]``."""
    return defaultdict(dict)


@pytest.fixture
def bench() -> Callable[..., RecordingBench]:
    """Makes a bench for a lab: ``bench(LAB, seed=1, shift=4)``."""

    def make(
        lab: Lab,
        *,
        seed: int = 0,
        own: Mapping[str, bool] | None = None,
        pieces: Mapping[str, Any] | None = None,
        memory: dict[str, Any] | None = None,
        **settings: Setting,
    ) -> RecordingBench:
        given = dict.fromkeys(lab.uses, False) | dict(own or {})
        made = RecordingBench({**lab.start, **settings}, given, seed, pieces)
        if memory is not None:
            made.memory = memory
        return made

    return make
