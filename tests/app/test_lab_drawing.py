"""A lab's drawings: how each looks in plain cells, and how they share the screen."""

from __future__ import annotations

import math

import pytest

from tutor.app import labdraw, plot
from tutor.app.pixels import Ink
from tutor.marks import Signs
from tutor.runner import protocol

UTF8, ASCII = Signs(unicode=True), Signs(unicode=False)


def race(steps, **more):
    series = {
        "plain": [(step, 2.3) for step in range(steps)],
        "residual": [(step, 2.3 - step / 50) for step in range(steps)],
    }
    fields = {"x": "step", "y": "loss", "x_range": (0, 100), "y_range": (0, 2.5), **more}
    return protocol.Curves(number=1, slot="race", title="race", series=series, **fields)


def lines(drawings, width=78, height=17, signs=UTF8):
    return [strip.text for strip in labdraw.lay_out(drawings, width, height, Ink("256", signs))]


def test_axes_stay_and_each_line_has_a_mark_of_its_own():
    early, late = lines([race(3)]), lines([race(90)])
    assert early[-2:] == late[-2:]
    assert [line[:4] for line in early[3:]] == [line[:4] for line in late[3:]]
    assert "⠤ plain 2.3" in late[1]
    assert "x residual 0.52" in late[1]
    assert any("x" in line for line in late[3:-2])


def test_a_line_that_leaves_the_axis_stays_at_its_end_and_nan_is_left_out():
    series = {"a": [(0.0, 1.0), (1.0, math.nan), (2.0, 99.0), (3.0, math.inf)]}
    drawn = protocol.Curves(
        number=1, slot="a", title="a", series=series, x="x", y="y", x_range=(0, 3), y_range=(0, 2)
    )
    assert "inf" in lines([drawn])[1]
    assert len(lines([drawn])) == 17


def test_curves_and_bars_share_the_screen_and_nothing_is_wider_or_higher():
    bars = {f"layer {number}": 10.0**-number for number in range(34)}
    drawings = [
        race(50),
        protocol.Bars(number=1, slot="norms", title="gradients", values=bars, log=True),
        protocol.Words(number=1, slot="told", text="plain 10 %, residual 88 %"),
    ]
    for width, height in ((78, 17), (118, 33)):
        drawn = lines(drawings, width, height)
        assert len(drawn) <= height
        assert all(len(line) <= width for line in drawn)
        assert "layer 0" in "\n".join(drawn)
        assert "layer 33" in "\n".join(drawn)


def test_pictures_stand_side_by_side_with_their_captions():
    def picture(slot, number, size):
        return protocol.Picture(
            number=1, slot=slot, title=slot, height=size, width=size,
            images=[[0.5] * size * size] * number, captions=[f"c{i}" for i in range(number)],
        )  # fmt: skip

    drawn = lines([picture("one", 1, 28), picture("two", 1, 28)])
    assert len(drawn) == 16
    assert "one" in drawn[0]
    assert "two" in drawn[0]
    assert [line.strip() for line in drawn if "c0" in line] == ["c0" + " " * 28 + "c0"]
    assert "c2" in lines([picture("three", 3, 24)])[-1]


def test_bars_that_lie_are_longer_for_larger_values_and_tables_mark_rows_by_a_sign():
    bars = protocol.Bars(number=1, slot="b", title="b", values={"a": 1.0, "b": 2.0, "c": math.nan})
    drawn = lines([bars])
    assert drawn[1].count("█") * 2 == drawn[2].count("█")
    assert "nan" in drawn[3]
    table = protocol.Table(
        number=1, slot="t", title="t", columns=["name", "shape"],
        rows=[["a", "1"], ["b", "2"]], marked=[1],
    )  # fmt: skip
    assert [line[:6].rstrip() for line in lines([table])] == ["t", "  name"[:6], "  a", "> b"]


def test_many_bars_stand_in_groups_by_their_first_word_each_with_its_ends_named():
    values = {
        f"{name} {layer}": 10.0**-layer for name in ("plain", "twin") for layer in range(1, 35)
    }
    drawn = lines([protocol.Bars(number=1, slot="b", title="b", values=values, log=True)])
    assert drawn[-1].split() == ["plain", "1", "plain", "34", "twin", "1", "twin", "34"]
    margin, bottom = drawn[-1].index("plain 1"), drawn[-2]
    assert len(bottom[margin:].rstrip()) == 69
    assert bottom[margin + 34] == " "
    assert " " not in bottom[margin : margin + 34]


def test_without_unicode_all_of_it_is_ascii():
    bars = protocol.Bars(number=1, slot="b", title="b", values={str(n): n for n in range(12)})
    few = protocol.Bars(number=1, slot="f", title="f", values={"a": 1.0})
    assert "".join(lines([race(40), bars, few], signs=ASCII)).isascii()
    assert plot.mark(0, ASCII) != plot.mark(1, ASCII)


def a_map(size, row, column, **more):
    values = [float(y == row and x == column) for y in range(size) for x in range(size)]
    fields = {"axes": True, "frames": [(row, column, 1, 1)], **more}
    return protocol.Picture(
        number=1, slot="map", title="map", height=size, width=size, images=[values], **fields
    )


@pytest.mark.parametrize(("size", "scale"), [(28, 1), (14, 2), (7, 4)])
@pytest.mark.parametrize("signs", [UTF8, ASCII])
def test_a_map_is_enlarged_with_axes_and_a_frame_around_the_cursor(size, scale, signs):
    at = size // 2
    drawn = [
        strip.text for strip in labdraw.lay_out([a_map(size, at, at)], 77, 17, Ink("none", signs))
    ]
    assert len(drawn) == 17
    margin = len(str(size - 1)) + 1
    body = [line[margin : margin + size * scale] for line in drawn[1:-2]]
    assert len(body) == size * scale / 2
    corners = "++" if signs is ASCII else "┌┐"
    top = next(place for place, line in enumerate(body) if corners[0] in line)
    assert body[top].index(corners[0]) == at * scale - 1
    assert body[top].rindex(corners[1]) == (at + 1) * scale
    inside = body[top + 1][at * scale : (at + 1) * scale]
    assert inside.strip()
    assert drawn[2 + top].startswith(f"{at:>{margin - 1}}")
    assert str(at) in drawn[-1].split()
    if signs is ASCII:
        assert "".join(drawn).isascii()


def test_a_map_grows_with_the_room_and_degrades_to_numbers_without():
    large = lines([a_map(28, 3, 3)], 117, 33)
    assert len(large) == 31
    assert max(map(len, large)) >= 2 * 28
    small = lines([a_map(28, 3, 3)], 20, 17)
    assert "784 values" in " ".join(small)


def test_a_frame_at_the_edge_stays_inside_the_picture():
    for row, column in ((0, 0), (0, 13), (13, 0), (13, 13)):
        drawn = lines([a_map(14, row, column, axes=False)])
        assert max(len(line.rstrip()) for line in drawn[1:]) <= 16
        assert any(sign in "".join(drawn) for sign in "┌┐└┘")
