"""What is drawn from plain data: curves, half blocks, changed cells, marks, anchors."""

from __future__ import annotations

import math

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from lessons import anchors
from tests.app.appkit import BOARD
from tutor import marks
from tutor.app import losscurve, pixels
from tutor.app.strips import changed_span
from tutor.app.theme import depth
from tutor.runner.protocol import Loss

UTF8 = marks.Signs(unicode=True)
ASCII = marks.Signs(unicode=False)


def series(*losses: float, steps: int = 157) -> losscurve.LossSeries:
    found = losscurve.LossSeries()
    for step, loss in enumerate(losses, start=1):
        found.add(Loss(number=1, claim="learns", step=step, steps=steps, loss=loss, accuracy=0.5))
    return found


def texts(strips: list[Strip]) -> list[str]:
    return [strip.text for strip in strips]


def test_the_axes_stay_where_they_are_while_points_come():
    early = texts(losscurve.draw(series(2.3), 76, 12, UTF8))
    late = texts(losscurve.draw(series(*[2.3 - i / 100 for i in range(150)]), 76, 12, UTF8))
    assert early[-2:] == late[-2:]
    assert [line[:4] for line in early[1:]] == [line[:4] for line in late[1:]]
    assert all(len(line) <= 76 for line in late)
    assert len(late) == 12


def test_the_axis_rises_only_when_a_loss_leaves_the_picture():
    assert series(2.3, 0.1).ceiling == pytest.approx(math.log(10) * 1.1)
    assert series(2.3, 9.0, 0.1).ceiling > 9.0
    assert series(1e300).ceiling > 1e300


def test_plotext_never_sees_what_is_not_finite():
    told = series(2.0, math.nan, math.inf, -math.inf, 1.0)
    assert told.losses == [2.0, 1.0]
    assert told.diverged_at == 2
    lines = texts(losscurve.draw(told, 76, 12, UTF8))
    assert "diverged at step 2" in lines[0]
    only = texts(losscurve.draw(series(math.nan), 76, 12, UTF8))
    assert "diverged at step 1" in only[0]


def test_a_curve_that_cant_be_drawn_degrades_to_numbers(monkeypatch):
    def broken(*_):
        raise ValueError("no such size")

    monkeypatch.setattr(losscurve, "_plot", broken)
    lines = "\n".join(texts(losscurve.draw(series(1.5), 76, 12, UTF8)))
    assert "loss 1.500" in lines
    assert "no such size" in lines
    assert "accuracy" in lines
    assert "1.500" in " ".join(texts(losscurve.draw(series(1.5), 20, 3, UTF8)))


def test_without_unicode_all_drawings_are_ascii():
    for strips in (
        losscurve.draw(series(2.0, 1.0), 76, 12, ASCII),
        pixels.draw([[0, 0.5, 1.0]] * 4, pixels.Ink("truecolor", ASCII)),
        pixels.draw([[-1, 0, 1.0]] * 4, pixels.Ink("none", ASCII), signed=True),
    ):
        assert "".join(texts(strips)).isascii()


def test_half_blocks_hold_two_pixels_a_cell():
    strips = pixels.draw([[0.0], [1.0]], pixels.Ink("truecolor", UTF8))
    assert texts(strips) == ["▀"]
    style = next(iter(strips[0])).style
    assert style.color.triplet.hex == "#000000"
    assert style.bgcolor.triplet.hex == "#ffffff"
    signed = pixels.draw([[-1.0], [1.0]], pixels.Ink("truecolor", UTF8), signed=True)
    style = next(iter(signed[0])).style
    assert style.color.triplet.hex == "#0000ff"
    assert style.bgcolor.triplet.hex == "#ff0000"


def test_a_28_pixel_digit_is_28_by_14_cells():
    pieces = pixels.split_digits(BOARD)
    digit = next(piece for piece in pieces if isinstance(piece, list))[0]
    assert digit.label == "7"
    for colours in ("truecolor", "256", "none"):
        strips = pixels.draw(digit.image, pixels.Ink(colours, UTF8))
        assert len(strips) == 14
        assert {strip.cell_length for strip in strips} == {28}


def test_a_digit_that_is_none_stays_text():
    text = "```digit 3\n0f\n0\n```\n"
    assert pixels.split_digits(text) == [text]


def test_colours_follow_the_terminal_and_no_color():
    assert depth("truecolor", {}) == "truecolor"
    assert depth("256", {}) == "256"
    assert depth("standard", {}) == "none"
    assert depth("truecolor", {"NO_COLOR": "1"}) == "none"


def test_only_changed_cells_are_refreshed():
    bold = Style(bold=True)
    old = Strip([Segment("abcdef")])
    assert changed_span(old, Strip([Segment("abc"), Segment("def")])) is None
    assert changed_span(old, Strip([Segment("abXdeY")])) == (2, 6)
    assert changed_span(old, Strip([Segment("a"), Segment("b", bold), Segment("cdef")])) == (1, 2)
    assert changed_span(old, Strip([Segment("abc")])) == (3, 6)


@pytest.mark.parametrize(
    ("encoding", "term", "mark"),
    [
        ("utf-8", "xterm-256color", "✓"),
        ("ascii", "xterm", "+"),
        ("latin-1", "xterm", "+"),
        ("utf-8", "linux", "+"),
        ("utf-8", "dumb", "+"),
        (None, "xterm", "+"),
        ("no-such-encoding", "xterm", "+"),
    ],
)
def test_marks_fall_back_where_the_terminal_lacks_them(encoding, term, mark):
    signs = marks.signs(encoding, term)
    assert signs.mark("passed") == mark
    assert signs.text("✗ a ─ b ▼").isascii() == (mark == "+")


def test_each_verdict_has_a_mark_and_a_word_of_its_own():
    assert marks.WORDS.keys() == marks.MARKS.keys() == marks.ASCII_MARKS.keys()
    assert len(set(marks.MARKS.values())) == len(set(marks.ASCII_MARKS.values())) == 4


def test_anchors_are_the_headings_outside_of_code():
    sections = anchors.sections(BOARD)
    assert list(sections) == ["why-logits", "what-a-step-changes", "the-bias"]
    assert sections["why-logits"].startswith("## Why logits")
    assert "scores = model(images)" in sections["why-logits"]
    assert anchors.slug("Why `logits`, not p?") == "why-logits-not-p"
    assert list(anchors.sections("## a\n## a\n")) == ["a", "a-1"]


def test_a_link_is_found_or_says_what_there_is(board):
    found = anchors.find("scaffold#the-bias")
    assert (found.move, found.board, found.heading) == (
        "scaffold",
        board / "board.md",
        "The bias",
    )
    with pytest.raises(LookupError, match="there are: why-logits"):
        anchors.find("scaffold#nothing")
    with pytest.raises(LookupError, match="has no board"):
        anchors.find("../etc#x")
