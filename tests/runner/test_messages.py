"""Messages between app and worker, and the text that the learner's code prints."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.runner import deaths, protocol
from tutor.runner.printed import Printed, visible

texts = st.text(max_size=40)
requests = st.builds(
    protocol.Check,
    number=st.integers(0, 2**40),
    checkpoint=texts,
    path=texts,
    source=st.binary(max_size=200),
    sha256=texts,
    earlier=st.dictionaries(texts, st.binary(max_size=50), max_size=3),
    claims=st.lists(texts, max_size=3).map(tuple),
    seed=st.integers(0, 2**31),
    seconds=st.floats(0, 100),
) | st.builds(protocol.Cancel, number=st.integers(0, 99))
events = st.builds(
    protocol.Verdict,
    number=st.integers(0, 99),
    claim=texts,
    tier=texts,
    verdict=st.sampled_from(["passed", "failed", "not-reached", "could-not-run"]),
    observed=texts,
    mistake=st.none() | texts,
) | st.builds(
    protocol.Done,
    number=st.integers(0, 99),
    outcome=st.sampled_from(["passed", "failed", "could-not-run"]),
    seconds=st.floats(0, 100),
    error=texts,
    cancelled=st.booleans(),
)


@given(requests)
def test_requests_survive_the_way(request_: protocol.Request) -> None:
    assert protocol.decode_request(protocol.encode(request_)[4:]) == request_


@given(st.lists(events, max_size=5), st.lists(st.integers(1, 60), max_size=40))
def test_frames_survive_any_cut(sent: list[protocol.Event], cuts: list[int]) -> None:
    data = b"".join(map(protocol.encode, sent))
    frames, arrived = protocol.FrameBuffer(), []
    for size in [*cuts, len(data)]:
        piece, data = data[:size], data[size:]
        arrived += [protocol.decode_event(body) for body in frames.feed(piece)]
    assert arrived == sent


def test_a_frame_that_claims_too_much_is_refused() -> None:
    with pytest.raises(ValueError, match="claims"):
        list(protocol.FrameBuffer().feed(b"\xff\xff\xff\xff"))


@given(st.binary(max_size=300), st.integers(1, 7))
def test_what_is_shown_holds_no_control_characters(data: bytes, size: int) -> None:
    shown: list[str] = []
    printed = Printed(shown.append)
    for start in range(0, len(data), size):
        printed.feed(data[start : start + size])
    printed.flush()
    text = "".join(shown).replace("\n", "").replace("\t", "")
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in text)


@given(st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P", "S"])))
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_signs_for_what_a_terminal_would_obey() -> None:
    assert visible("a\x1b[2J\r\nb\rc\x9b\u202e") == "a␛[2J\nb␍c\\x9b\\u202e"


def test_output_is_cut_once_and_says_so() -> None:
    shown: list[str] = []
    printed = Printed(shown.append, most=2048)
    for _ in range(100):
        printed.feed("é".encode() * 100)
    printed.flush()
    text = "".join(shown)
    assert text.startswith("é" * 1024 + "\n[The first 2 kB")
    assert text.count("[") == 1


def test_characters_cut_in_two_are_put_together() -> None:
    shown: list[str] = []
    printed = Printed(shown.append)
    for byte in "né".encode():
        printed.feed(bytes([byte]))
    printed.flush()
    assert "".join(shown) == "né"


def test_where_the_code_was(tmp_path: Path) -> None:
    trace = tmp_path / "where"
    trace.write_text(
        'Timeout (0:00:01)!\nThread 0x1 (most recent call first):\n  File "/a/nn.py", line 7 in f\n'
        '  File "/home/Zo\\xeb/mlp.py", line 2 in forward\n  File "/home/Zo\\xeb/mlp.py", line 1\n'
    )
    place = deaths.where_it_was(trace, {"/home/Zoë/mlp.py": b"x\n  while True:\n"})
    assert place == "mlp.py, line 2: `while True:`"
    assert deaths.where_it_was(trace, {"/other.py": b""}) == ""
    assert deaths.where_it_was(tmp_path / "none", {"/other.py": b""}) == ""
