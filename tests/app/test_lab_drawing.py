"""A lab's drawings: how each looks in plain cells, and how they share the screen."""

from __future__ import annotations

import math

import pytest

from tutor.app import ink, labdraw, plot
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


@pytest.mark.parametrize("width", [78, 118])
def test_no_two_bars_have_the_same_name_and_their_points_stand_below_each_other(width):
    values = {
        "averaged after the first layer": 9.85,
        "averaged after the last layer": 97.0,
        "strongest after the last layer": 98.25,
    }
    told = protocol.Words(number=1, slot="w", text="a word " * 6)
    bars = protocol.Bars(number=1, slot="b", title="b", values=values, unit="%")
    drawn = "\n".join(lines([told, bars, told], width)).splitlines()
    for name in values:
        assert sum(name in line for line in drawn) == 1
    rows = [line for line in drawn if "█" in line]
    assert len({line.index(".") for line in rows}) == 1


def test_everyday_numbers_are_told_in_full():
    values = {"digit": 784.0, "photograph": 150_528.0, "more": 3072.0}
    drawn = lines([protocol.Bars(number=1, slot="b", title="b", values=values, log=True)])
    assert "log scale" in drawn[0]
    assert "150,528" in drawn[2]
    assert "784" in drawn[1]
    two = protocol.Bars(number=1, slot="b", title="b", values={"a": 1.0, "b": 4.0}, log=True)
    drawn = lines([two])
    assert "log scale" not in drawn[0]
    assert drawn[1].count("█") * 4 == drawn[2].count("█")


def test_a_curve_over_settings_says_where_the_number_of_its_legend_was_read():
    assert "at 9: ⠤ plain 2.3" in lines([race(10, x="pixels to the right")])[1]
    series = {"a": [(0.0, 1.0)], "b": [(0.0, 1.0), (2.0, 1.5)]}
    drawn = lines([protocol.Curves(
        number=1, slot="s", title="s", series=series, x="blocks", y="y", x_range=(0, 2),
        y_range=(0, 2),
    )])  # fmt: skip
    assert "a at 0: 1" in drawn[1]
    assert "b at 2: 1.5" in drawn[1]


@pytest.mark.parametrize(("depth", "told"), [("none", "= and # strong"), ("256", "blue below")])
def test_the_legend_of_signed_pictures_names_what_is_drawn(depth, told):
    picture = protocol.Picture(
        number=1, slot="p", title="p", height=2, width=2, images=[[-1, 1, 0, 0.5]], signed=True
    )
    drawn = [strip.text for strip in labdraw.lay_out([picture], 78, 17, Ink(depth, UTF8))]
    assert told in " ".join(drawn)


def test_a_line_of_text_never_ends_between_a_number_and_its_percent_sign():
    for width in range(10, 60):
        text = "of all the digits 98.5 % are right, 1.5 % are wrong, 100 % are there"
        drawn = [strip.text.strip() for strip in ink.paragraph(text, width, UTF8)]
        assert " ".join(drawn) == text
        assert not any(line.startswith("%") for line in drawn)


def test_names_below_bars_that_stand_are_whole_beside_other_drawings():
    values = {f"{name} {at}": 1.0 for name in ("plain", "residual") for at in range(1, 7)}
    bars = protocol.Bars(number=1, slot="b", title="b", values=values, log=True)
    for width in (78, 118):
        drawn = lines([race(9), race(9), bars], width, 30)
        assert any("residual 1 " in line and "residual 6" in line for line in drawn)


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
