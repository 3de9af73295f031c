"""What the app sends over the line at 80x24, counted byte by byte; the table is bytes_table.py."""

from __future__ import annotations

import pytest

from tests.terminal import bytes_table

pytestmark = pytest.mark.long


@pytest.mark.parametrize(("slow", "goal"), [(False, 12_000), (True, 8_000)], ids=["", "slow line"])
def test_a_start_is_few_bytes(slow, goal):
    written = bytes_table.start(slow)
    assert 1_000 < written <= goal


def test_every_row_of_the_table_holds(staged):
    for row in bytes_table.measured_in(staged()):
        assert row.measured <= row.goal, row
