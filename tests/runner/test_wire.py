"""What judge and subject's process say to each other survives the way; nonsense is refused."""

import contextlib
import os
import struct
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lessons.workbench import Entry, Ref, SeenTensor
from tutor.runner import answers, wire

DTYPES = sorted(wire._DTYPES)


def there_and_back(value: Any) -> Any:
    word, back = wire.unpack(wire.pack("answer", value)[4:])
    assert word == "answer"
    return back


def alike(a: Any, b: Any) -> bool:
    """Equal, types included, tensors value by value."""
    if type(a) is not type(b):
        return False
    if isinstance(a, Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a, b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    return a == b


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    dtype = wire._DTYPES[draw(st.sampled_from(DTYPES))]
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    seed = draw(st.integers(0, 99))
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 2, shape, generator=generator).to(dtype)


plain = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.floats()
).filter(lambda value: value == value)
leaves = (
    plain
    | tensors()
    | st.builds(Ref, st.integers(0, 99))
    | st.builds(SeenTensor, tensors(), st.booleans())
    | st.builds(Entry, st.text(), st.text(), tensors(), st.booleans(), st.booleans())
)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values)
def test_values_survive_the_way(value: Any) -> None:
    assert alike(there_and_back(value), value)


def test_nan_and_inf_survive() -> None:
    tensor = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0])
    assert torch.equal(there_and_back(tensor).view(torch.int32), tensor.view(torch.int32))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(12.0).reshape(3, 4).T,
        torch.arange(12)[::3],
        torch.ones(1).expand(3, 4),
        torch.view_as_complex(torch.randn(3, 2)).conj(),
        torch.nn.Parameter(torch.ones(2)),
    ],
    ids=["transposed", "strided", "expanded", "conjugated", "parameter"],
)
def test_tensors_that_are_not_stored_plainly(tensor: Tensor) -> None:
    back = there_and_back(tensor)
    assert torch.equal(back, tensor.detach())
    assert back.is_contiguous()
    back += 1  # it owns its memory


@pytest.mark.parametrize("value", [2**70, "\ud800", object()])
def test_what_cannot_travel_is_told_to_the_sender(value: Any) -> None:
    with pytest.raises(wire.Unsendable):
        wire.pack("answer", value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_malformed(data: bytes) -> None:
    with contextlib.suppress(wire.Malformed):
        assert isinstance(wire.unpack(data)[0], str)


@given(values, st.data())
def test_a_garbled_message_is_a_message_or_malformed(value: Any, data: st.DataObject) -> None:
    body = bytearray(wire.pack("answer", value)[4:])
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    with contextlib.suppress(wire.Malformed):
        assert isinstance(wire.unpack(bytes(body[:cut]))[0], str)


def forged(dtype: str, shape: list[int], start: int, blobs: bytes = b"") -> bytes:
    row = msgspec.msgpack.encode([dtype, shape, start])
    header = msgspec.msgpack.encode(["answer", msgspec.msgpack.Ext(1, row)])
    return struct.pack(">I", len(header)) + header + blobs


@pytest.mark.parametrize(
    ("dtype", "shape", "start"),
    [
        ("float32", [2], 0),
        ("float32", [1 << 40, 1 << 40], 0),
        ("float32", [-1], 0),
        ("float32", [1], -4),
        ("float32", [1], 1 << 62),
        ("float32", [0, 1 << 62, 1 << 62], 0),
        ("object", [1], 0),
        ("uint8", [1] * 500, 0),
    ],
)
def test_tensors_that_are_not_there(dtype: str, shape: list[int], start: int) -> None:
    with pytest.raises(wire.Malformed):
        wire.unpack(forged(dtype, shape, start, b"1234"))


def test_odd_bytes_make_true_or_false() -> None:
    _, back = wire.unpack(forged("bool", [3], 0, b"\x00\x01\xff"))
    assert back.tolist() == [False, True, True]
    assert back.sum() == 2


def test_deep_nesting_is_malformed() -> None:
    header = b"\x91" * 100_000
    with pytest.raises(wire.Malformed):
        wire.unpack(struct.pack(">I", len(header)) + header)


def test_a_line_has_news_while_a_message_that_came_along_is_unread() -> None:
    reads, writes = os.pipe()
    line, first = wire.Line(reads), wire.pack("step", 1)
    assert not line.has_news()
    os.write(writes, first + wire.pack("step", 2) + first[:3])
    assert line.has_news()
    assert line.receive() == ["step", 1]
    assert line.has_news()
    assert line.has_news()  # looking takes nothing away
    assert line.receive() == ["step", 2]
    assert not line.has_news()  # a part of a message is none
    os.write(writes, first[3:])
    assert line.has_news()
    assert line.receive() == ["step", 1]
    assert not line.has_news()


def test_a_line_says_what_is_whole() -> None:
    reads, writes = os.pipe()
    line, data = wire.Line(reads), wire.pack("step", 1) + wire.pack("answer", torch.ones(3))
    os.write(writes, data[:-1])
    assert line.arrived() == [["step", 1]]
    os.write(writes, data[-1:])
    (message,) = line.arrived() or []
    assert alike(message, ["answer", torch.ones(3)])
    os.write(writes, b"\xff\xff\xff\xff!")
    with pytest.raises(wire.Malformed):
        line.arrived()
    os.close(writes)
    assert line.arrived() is None
    line.close()


@pytest.mark.parametrize(
    ("request_", "value"),
    [
        ("defined", 1),
        ("build", 0),
        ("forward", SeenTensor(torch.ones(1), False)),
        ("gradients", {"output": torch.ones(1), "input": None}),
        ("gradients", {"output": torch.ones(1), "input": None, "parameters": {"a": 1}}),
        ("entries", [("a", "parameter")]),
        ("facts", {"lineage": "nn.Module"}),
        ("stages", [("a", "Linear")]),
        ("stages", [("a", "Linear", None)]),
    ],
)
def test_answers_of_the_wrong_kind_do_not_fit(request_: str, value: Any) -> None:
    assert not answers.fits(request_, value)
