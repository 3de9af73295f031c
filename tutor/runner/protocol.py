"""The messages between the app (or command line) and the worker, and how they travel.

One frame is a 4-byte big-endian length and that many bytes of MessagePack. Requests go to the
worker, events come back; both are tagged by their type's name, so a frame tells what it is.
Everything said about a check, or about an open lab, carries its number.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Literal

import msgspec

from lessons.declare import Setting

Outcome = Literal["passed", "failed", "could-not-run"]
VerdictWord = Literal["passed", "failed", "not-reached", "could-not-run"]
Pace = Literal["run", "pause", "step"]

MAX_FRAME = 1 << 30
_LENGTH = struct.Struct(">I")


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Base of all messages."""


# --- requests: app -> worker -----------------------------------------------------------------


class Check(Message, frozen=True, kw_only=True):
    """Check the learner's ``source`` against a checkpoint.

    number: chosen by the client, unique in its life; every event of this check carries it.
    path: where the file lies, for tracebacks only. The content judged is ``source``.
    earlier: the learner's own files of checkpoints already passed, by module name; an import of
        an earlier piece that is not among them gets the reference's.
    claims: ids to run (with the claims they need); empty means all.
    seed: fixes every random input of the check.
    seconds: time limit; 0 means the checkpoint's own.
    """

    number: int
    checkpoint: str
    path: str
    source: bytes
    sha256: str
    earlier: dict[str, bytes] = {}
    claims: tuple[str, ...] = ()
    seed: int = 0
    seconds: float = 0.0


class OpenLab(Message, frozen=True, kw_only=True):
    """Open a lab and answer to these settings. It stays open until it is cancelled or can't run.

    earlier: the learner's own files, by module name, that the lab runs; else the reference's.
    seed: fixes every random number. seconds: limit of one answer; 0 means the lab's own.
    """

    number: int
    lab: str
    settings: dict[str, Setting]
    earlier: dict[str, bytes] = {}
    seed: int = 0
    seconds: float = 0.0


class SteerLab(Message, frozen=True, kw_only=True):
    """New settings for an open lab: what it does for older ones ends. The newest win.

    pace: go on, wait at the next drawing, or wait again after one more drawing.
    """

    number: int
    settings: dict[str, Setting]
    pace: Pace = "run"


class Cancel(Message, frozen=True, kw_only=True):
    """Stop a check or a lab, and everything that it started."""

    number: int


Request = Check | OpenLab | SteerLab | Cancel


# --- events: worker -> app -------------------------------------------------------------------


class Ready(Message, frozen=True, kw_only=True):
    """The worker holds torch and can serve checks."""

    torch: str
    seconds: float


class Leaving(Message, frozen=True, kw_only=True):
    """Nobody asked for anything for a long time: the worker ends once the client hangs up."""


class Started(Message, frozen=True, kw_only=True):
    """A check began. ``sha256`` is the hash of the source that is being judged.

    seconds: since the worker got the request.
    """

    number: int
    sha256: str
    claims: tuple[str, ...]
    seconds: float = 0.0


class ClaimStarted(Message, frozen=True, kw_only=True):
    number: int
    claim: str


class Verdict(Message, frozen=True, kw_only=True):
    """What came of one claim.

    observed / expected: one sentence each, for the learner. Empty when there is nothing to say.
    mistake: id of the course's mistake that behaves exactly as the learner's code, or None.
    diagnosis: the sentence that names what is wrong (from the mistake, or from the probes).
    why: why it is wrong, a few sentences; empty when only a probe spoke.
    repair: link to the board section that repairs it, as ``move#anchor``, or None.
    """

    number: int
    claim: str
    tier: str
    verdict: VerdictWord
    observed: str = ""
    expected: str = ""
    mistake: str | None = None
    diagnosis: str = ""
    why: str = ""
    repair: str | None = None
    seconds: float = 0.0


class Loss(Message, frozen=True, kw_only=True):
    """A point of a training run, measured by the judge on digits of its own choosing.

    step: steps done so far, of ``steps`` planned. loss in nats; accuracy from 0 to 1.
    classes: how many classes there are (a guesser's loss is ln(classes)).
    """

    number: int
    claim: str
    step: int
    steps: int
    loss: float
    accuracy: float
    classes: int = 10


class Picture(Message, frozen=True, kw_only=True):
    """Small images to draw, each ``height`` x ``width`` values, row by row.

    signed: values lie around zero (filters: blue-white-red); else from dark to bright (maps).
    slot: in a lab, the drawing that this one replaces. captions: one for each image, or none.
    axes: the rows and columns are numbered; for one image. frames: a rectangle to point out in
    each image (top, left, height, width; a height of 0 for none), or none at all.
    """

    number: int
    title: str
    height: int
    width: int
    images: list[list[float]]
    signed: bool = False
    slot: str = ""
    captions: list[str] = []
    axes: bool = False
    frames: list[tuple[int, int, int, int]] = []


class Table(Message, frozen=True, kw_only=True):
    """Rows of text to show under their columns. ``marked``: numbers of rows that depart.

    slot: in a lab, the drawing that this one replaces.
    """

    number: int
    title: str
    columns: list[str]
    rows: list[list[str]]
    marked: list[int] = []
    slot: str = ""


class Output(Message, frozen=True, kw_only=True):
    """Text that the learner's code printed, control characters made visible, capped."""

    number: int
    text: str


# A lab sends also these. Its drawings are the ones with a slot.


class Answering(Message, frozen=True, kw_only=True):
    """A lab begins its answer to these settings. ``own``: for each checkpoint whose code it
    uses, whether that is the learner's. Slots not drawn again until ``Drawn`` are no more."""

    number: int
    settings: dict[str, Setting]
    own: dict[str, bool] = {}


class Words(Message, frozen=True, kw_only=True):
    """A few lines of plain text."""

    number: int
    slot: str
    text: str


class Curves(Message, frozen=True, kw_only=True):
    """Lines through points (x, y), by name, on axes that stay: ``x_range`` and ``y_range``."""

    number: int
    slot: str
    title: str
    series: dict[str, list[tuple[float, float]]]
    x: str
    y: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]


class Bars(Message, frozen=True, kw_only=True):
    """One bar a name. log: lengths by the logarithm, where they are more than two."""

    number: int
    slot: str
    title: str
    values: dict[str, float]
    unit: str = ""
    log: bool = False


class Working(Message, frozen=True, kw_only=True):
    """How far a long answer is: ``done`` of ``of`` steps."""

    number: int
    done: int
    of: int


class Finding(Message, frozen=True, kw_only=True):
    """The sentence that a lab's measurement supports, with the figures in it.

    proves: whether it counts as evidence. settings, own: what it was measured with.
    """

    number: int
    sentence: str
    figures: dict[str, float]
    proves: bool
    settings: dict[str, Setting] = {}
    own: dict[str, bool] = {}


class Drawn(Message, frozen=True, kw_only=True):
    """A lab's answer to one choice of settings is complete."""

    number: int
    seconds: float


class Done(Message, frozen=True, kw_only=True):
    """A check or a lab ended. ``error_kind`` is set exactly when the outcome is "could-not-run".

    error_kind: syntax-error, import-error, time-limit, memory, processes, crash, exit, internal,
        or, in a lab, raised (the learner's own code raised an exception).
    """

    number: int
    outcome: Outcome
    seconds: float
    error_kind: str | None = None
    error: str = ""
    cancelled: bool = False


Drawing = Words | Picture | Curves | Bars | Table
CheckEvent = Started | ClaimStarted | Verdict | Loss
LabEvent = Answering | Working | Finding | Drawn
Event = Ready | Leaving | CheckEvent | LabEvent | Drawing | Output | Done

_encoder = msgspec.msgpack.Encoder()
_request_decoder = msgspec.msgpack.Decoder(Request)
_event_decoder = msgspec.msgpack.Decoder(Event)


def frame(*parts: bytes | memoryview) -> bytes:
    """One frame around a body in parts. ValueError when it is larger than a frame may be."""
    size = sum(map(len, parts))
    if size > MAX_FRAME:
        raise ValueError(f"a message of {size} bytes; at most {MAX_FRAME} can travel")
    return b"".join((_LENGTH.pack(size), *parts))


def encode(message: Message) -> bytes:
    """One message as one frame."""
    return frame(_encoder.encode(message))


def decode_request(body: bytes) -> Request:
    return _request_decoder.decode(body)


def decode_event(body: bytes) -> Event:
    return _event_decoder.decode(body)


class FrameBuffer:
    """Bytes in, whole frames out, however the bytes were cut on their way."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add what arrived; yield the body of every frame that is now whole."""
        self._bytes += data
        while len(self._bytes) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._bytes)
            if length > MAX_FRAME:
                raise ValueError(f"a frame claims {length} bytes; at most {MAX_FRAME} can travel")
            end = _LENGTH.size + length
            if len(self._bytes) < end:
                return
            with memoryview(self._bytes) as view:
                body = bytes(view[_LENGTH.size : end])
            del self._bytes[:end]
            yield body
