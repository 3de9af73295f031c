"""The board of move 1: short enough to read, drawn from a real digit, at home in 80 columns."""

import re

from lessons.anchors import sections
from lessons.declare import board_path
from lessons.mistakes import mistakes_of
from reference import data

BOARD = board_path("scaffold", "board.md").read_text(encoding="utf-8")


def test_board_is_at_most_100_lines_and_its_code_fits_into_80_columns():
    assert len(BOARD.splitlines()) <= 100
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", BOARD, re.MULTILINE | re.DOTALL)
    assert max(len(line) for block in blocks for line in block.splitlines()) <= 76


def test_drawn_digit_is_one_of_the_test_digits():
    drawn = re.search(r"^```digit (\d)\n(.*?)^```", BOARD, re.MULTILINE | re.DOTALL)
    assert drawn is not None
    label, rows = int(drawn[1]), drawn[2].split()
    images, labels = data.digits("test")
    written = ["".join(f"{int(level):x}" for level in row) for row in (images[578, 0] * 15).round()]
    assert rows == written
    assert label == int(labels[578])


def test_every_repair_link_finds_its_section():
    known = {f"scaffold#{anchor}" for anchor in sections(BOARD)}
    assert {mistake.repair for mistake in mistakes_of("lessons.scaffold.mlp")} <= known
