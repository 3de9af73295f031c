"""What a lab's keeper and its process say to each other, and how much of it there may be.

The process may run a learner's code, so the keeper takes nothing from it but these messages,
decoded by their types, with bounded sizes, and with every text made harmless for a terminal.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from lessons.declare import Setting
from tutor.runner import protocol
from tutor.runner.printed import visible
from tutor.runner.protocol import (
    Answering,
    Bars,
    Curves,
    Drawn,
    Finding,
    Message,
    Picture,
    SteerLab,
    Table,
    Words,
    Working,
)
from tutor.runner.wire import Malformed

LARGEST = 8 << 20  # bytes of one message from the process
MOST_VALUES = 200_000  # numbers in one drawing
MOST_TEXT = 20_000  # characters in one message


class Order(Message, frozen=True, kw_only=True):
    """What to run. module: where the lab's ``run`` is. pieces: names the course serves.

    folder: for the code's own files. trace: where to write where the code was when time is up.
    """

    module: str
    uses: tuple[str, ...]
    pieces: tuple[str, ...]
    earlier: dict[str, bytes]
    settings: dict[str, Setting]
    seed: int
    seconds: float
    folder: str
    trace: str


class Heard(Message, frozen=True, kw_only=True):
    """The process is there, or took in what it was told last: it may be told more."""


class Held(Message, frozen=True, kw_only=True):
    """The answer waits, as it was told to, and its time with it; or goes on (``held`` false)."""

    held: bool


class Failed(Message, frozen=True, kw_only=True):
    """The lab can't go on. details: for the log."""

    kind: str
    message: str
    details: str = ""


LabDrawing = Words | Picture | Curves | Bars | Table
Told = Heard | Held | Failed | Answering | Working | Finding | Drawn | LabDrawing

_told = msgspec.msgpack.Decoder(Told)
_order = msgspec.msgpack.Decoder(Order | SteerLab)


def read_order(body: bytes) -> Order | SteerLab:
    """What the keeper said; the process trusts it."""
    return _order.decode(body)


def read_told(body: bytes) -> Told:
    """What the process said. Malformed if it is none of it, or too much."""
    try:
        told = _told.decode(body)
        need_bounded(told)
    except (msgspec.DecodeError, ValueError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error
    return told


def need_bounded(told: Told) -> None:
    """ValueError when a message is larger than what any screen could show, or askew."""
    if isinstance(told, Picture):
        _need_picture(told)
    elif isinstance(told, Curves):
        points = sum(map(len, told.series.values()))
        _need(2 * points <= MOST_VALUES and len(told.series) <= 20, f"curves of {points} points")
        ends = (*told.x_range, *told.y_range)
        _need(all(map(math.isfinite, ends)), f"ranges that are not finite: {ends}")
        _need(
            told.x_range[0] < told.x_range[1] and told.y_range[0] < told.y_range[1],
            f"ranges that hold nothing: {ends}",
        )
    elif isinstance(told, Table):
        _need_table(told)
    elif isinstance(told, Bars):
        _need(len(told.values) <= 500, f"{len(told.values)} bars")
    elif isinstance(told, Finding):
        _need(len(told.figures) <= 200, f"{len(told.figures)} figures")
    count = sum(map(len, _texts(told)))
    _need(count <= MOST_TEXT, f"{count} characters in one drawing")


def _need(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"{what}: more than a lab may draw, or not to be drawn at all")


def _need_picture(picture: Picture) -> None:
    size, number = picture.height * picture.width, len(picture.images)
    shape = f"{number} images of {picture.height} x {picture.width}"
    _need(picture.height > 0 and picture.width > 0, shape)
    _need(size * number <= MOST_VALUES, shape)
    _need(all(len(image) == size for image in picture.images), f"{shape}, with other lengths")
    captions = len(picture.captions)
    _need(captions in (0, number), f"{captions} captions for {shape}")
    _need(len(picture.frames) in (0, number), f"{len(picture.frames)} frames for {shape}")
    _need(number == 1 or not picture.axes, f"axes for {shape}")
    for top, left, height, width in picture.frames:
        inside = 0 <= top <= top + height <= picture.height
        inside = inside and 0 <= left <= left + width <= picture.width
        _need(inside, f"a frame at {top}, {left} of {height} x {width} in {shape}")


def _need_table(table: Table) -> None:
    width = len(table.columns)
    _need(len(table.rows) <= 1000 and width <= 30, f"{len(table.rows)} rows of {width} columns")
    _need(all(len(row) == width for row in table.rows), f"rows that have not {width} cells")
    _need(all(0 <= row < len(table.rows) for row in table.marked), "marks on rows not there")


def _texts(value: Any) -> list[str]:
    """Every text in a message."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, msgspec.Struct):
        return [text for name in value.__struct_fields__ for text in _texts(getattr(value, name))]
    if isinstance(value, dict):
        return [text for pair in value.items() for item in pair for text in _texts(item)]
    if isinstance(value, list | tuple):
        # Numbers come in thousands, and never mixed with texts.
        if value and isinstance(value[0], float | int):
            return []
        return [text for item in value for text in _texts(item)]
    return []


def cleaned(told: protocol.LabEvent | protocol.Drawing, **fields: Any) -> Any:
    """The same message with ``fields``, and no character in it that a terminal would obey."""
    found = {name: _clean(getattr(told, name)) for name in told.__struct_fields__}
    return type(told)(**{**found, **fields})


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list) and value and not isinstance(value[0], float | int | tuple):
        return [_clean(item) for item in value]
    return value
