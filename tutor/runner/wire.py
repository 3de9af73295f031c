"""How judge and subject's process speak: MessagePack frames, tensors as raw bytes.

The body of a frame is a 4-byte big-endian length, a MessagePack list of that length, and the
bytes of the tensors in it, one after the other. What MessagePack has no type for (tensors,
tuples, the workbench's named tuples) is an extension type. Nothing is ever unpickled: the judge
reads what a learner's process sent, so all is checked and anything amiss is ``Malformed``.
"""

from __future__ import annotations

import math
import os
import select
import struct
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import torch
from torch import Tensor

from lessons.workbench import Entry, Ref, SeenTensor
from tutor.runner.protocol import FrameBuffer, frame

LARGEST_MESSAGE = 1 << 29  # bytes from the subject that the judge will hold for one message

_LENGTH = struct.Struct(">I")
_TENSOR, _REF, _SEEN, _ENTRY, _TUPLE = range(1, 6)
_DTYPES: dict[str, torch.dtype] = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.uint8,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.bool,
        torch.complex64,
        torch.complex128,
    )
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


class Malformed(Exception):
    """What arrived is not a message."""


class Unsendable(Exception):
    """The value can't travel; says why, in words for the learner."""


class _TensorRow(msgspec.Struct, array_like=True):
    dtype: str
    shape: list[int]
    start: int


class _EntryRow(msgspec.Struct, array_like=True):
    name: str
    kind: str
    tensor: msgspec.Raw
    requires_grad: bool
    has_graph: bool


class _SeenRow(msgspec.Struct, array_like=True):
    tensor: msgspec.Raw
    requires_grad: bool


_encode = msgspec.msgpack.Encoder().encode


def pack(*message: Any) -> bytes:
    """A message as one frame. Unsendable when it holds what can't travel."""
    blobs: list[memoryview] = []
    try:
        header = _encode(_outgoing(list(message), blobs))
        return frame(_LENGTH.pack(len(header)), header, *blobs)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Unsendable(f"an answer that can't be sent to the judge: {error}") from error


def _outgoing(value: Any, blobs: list[memoryview]) -> Any:
    if isinstance(value, Tensor):
        return _ext(_TENSOR, _tensor_row(value, blobs))
    if isinstance(value, Ref):
        return _ext(_REF, value.number)
    if isinstance(value, SeenTensor | Entry):
        code = _SEEN if isinstance(value, SeenTensor) else _ENTRY
        return _ext(code, [_outgoing(item, blobs) for item in value])
    if isinstance(value, tuple):
        return _ext(_TUPLE, [_outgoing(item, blobs) for item in value])
    if isinstance(value, list):
        return [_outgoing(item, blobs) for item in value]
    if isinstance(value, dict):
        return {key: _outgoing(item, blobs) for key, item in value.items()}
    return value


def _ext(code: int, value: Any) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(code, _encode(value))


def _tensor_row(tensor: Tensor, blobs: list[memoryview]) -> _TensorRow:
    name = _NAMES.get(tensor.dtype)
    if name is None:
        raise Unsendable(f"a tensor of type {tensor.dtype}; use an ordinary number type")
    start = sum(len(blob) for blob in blobs)
    if tensor.numel():
        flat = tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1)
        blobs.append(flat.view(torch.uint8).numpy().data)
    return _TensorRow(name, list(tensor.shape), start)


def unpack(body: bytes) -> list[Any]:
    """The message in a frame's body: a list whose first item is a word. Malformed otherwise."""
    try:
        (length,) = _LENGTH.unpack_from(body)
        view = memoryview(body)
        header, blobs = view[_LENGTH.size : _LENGTH.size + length], view[_LENGTH.size + length :]
        if len(header) != length:
            raise Malformed(f"a header of {length} bytes in {len(body)} bytes")
        message = _Reader(blobs).read(header)
    except Malformed:
        raise
    except Exception as error:
        # msgspec and torch raise many types on bytes made to trouble them.
        raise Malformed(f"{type(error).__name__}: {error}") from error
    if not isinstance(message, list) or not message or not isinstance(message[0], str):
        raise Malformed("no list that begins with a word")
    return message


class _Reader:
    """Decodes one message; ``blobs`` are the bytes of its tensors."""

    def __init__(self, blobs: memoryview) -> None:
        self._blobs = blobs

    def read(self, data: memoryview | bytes | msgspec.Raw) -> Any:
        return msgspec.msgpack.decode(data, ext_hook=self._incoming)

    def _incoming(self, code: int, data: memoryview) -> Any:
        if code == _TENSOR:
            return self._tensor(msgspec.msgpack.decode(data, type=_TensorRow))
        if code == _REF:
            return Ref(msgspec.msgpack.decode(data, type=int))
        if code == _SEEN:
            seen = msgspec.msgpack.decode(data, type=_SeenRow)
            return SeenTensor(self._read_tensor(seen.tensor), seen.requires_grad)
        if code == _ENTRY:
            row = msgspec.msgpack.decode(data, type=_EntryRow)
            tensor = self._read_tensor(row.tensor)
            return Entry(row.name, row.kind, tensor, row.requires_grad, row.has_graph)
        if code == _TUPLE:
            items = self.read(data)
            if not isinstance(items, list):
                raise Malformed("a tuple that is no list of items")
            return tuple(items)
        raise Malformed(f"extension type {code}")

    def _read_tensor(self, data: msgspec.Raw) -> Tensor:
        tensor = self.read(data)
        if not isinstance(tensor, Tensor):
            raise Malformed(f"a {type(tensor).__name__} where a tensor belongs")
        return tensor

    def _tensor(self, row: _TensorRow) -> Tensor:
        if row.dtype not in _DTYPES:
            raise Malformed(f"a tensor of type {row.dtype!r}")
        if any(size < 0 for size in row.shape) or len(row.shape) > 64:
            raise Malformed(f"a tensor of shape {row.shape[:64]}")
        dtype, count = _DTYPES[row.dtype], math.prod(row.shape)
        if count == 0:
            return torch.empty(row.shape, dtype=dtype)
        end = row.start + count * dtype.itemsize
        if not 0 <= row.start < end <= len(self._blobs):
            raise Malformed(f"a tensor of shape {row.shape} reaches past the message's end")
        data = bytearray(self._blobs[row.start : end])  # a copy that the tensor then owns
        if dtype is torch.bool:  # bytes other than 0 and 1 would be neither true nor false
            return torch.frombuffer(data, dtype=torch.uint8).reshape(row.shape) != 0
        return torch.frombuffer(data, dtype=dtype).reshape(row.shape)


class Line:
    """One end of the line to a process that runs a learner's code, over a file descriptor.

    read: makes a message of a frame's body. most: bytes from there that are held for one message.
    The functions of ``os`` are taken before any learner's code can replace them.
    """

    _read = staticmethod(os.read)
    _write = staticmethod(os.write)
    _close = staticmethod(os.close)
    _select = staticmethod(select.select)

    def __init__(
        self,
        descriptor: int,
        read: Callable[[bytes], Any] = unpack,
        most: int = LARGEST_MESSAGE,
    ) -> None:
        self.descriptor = descriptor
        self._unpack, self._most = read, most
        self._frames = FrameBuffer()
        self._arrived: Iterator[bytes] = iter(())
        self._ahead: bytes | None = None  # a body that was found by looking
        self._waiting = 0

    def send(self, data: bytes) -> None:
        """Write it all. OSError when the other end is gone."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._write(self.descriptor, rest) :]

    def receive(self) -> Any:
        """Wait for a message; None at the end. For the subject's side, which trusts the judge."""
        while True:
            body, self._ahead = self._ahead or next(self._arrived, None), None
            if body is not None:
                return self._unpack(body)
            data = self._read(self.descriptor, 1 << 20)
            if not data:
                return None
            self._arrived = self._frames.feed(data)

    def has_news(self) -> bool:
        """Whether ``receive`` finds something now: a message that came with an earlier one, or
        bytes that nobody has read yet."""
        self._ahead = self._ahead or next(self._arrived, None)
        return self._ahead is not None or bool(self._select([self.descriptor], [], [], 0)[0])

    def arrived(self) -> list[Any] | None:
        """Read once; the messages that are whole now, None at the end. For the judge's side.

        Malformed for bytes that are no messages, and for one that is too large.
        """
        data = self._read(self.descriptor, 1 << 20)
        if not data:
            return None
        self._waiting += len(data)
        try:
            bodies = list(self._frames.feed(data))
        except ValueError as error:
            raise Malformed(str(error)) from error
        if bodies:
            self._waiting = 0
        if self._waiting > self._most:
            raise Malformed(f"more than {self._most} bytes without an end")
        return [self._unpack(body) for body in bodies]

    def close(self) -> None:
        """Let go of the descriptor; using the line afterwards is an OSError."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            self._close(descriptor)
