"""A list of rows with a cursor. A move of the cursor repaints two rows and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from tutor.app import keys
from tutor.app.strips import StripView


class Row(NamedTuple):
    """One entry: its lines, and a key by which it is known. Without a key it can't be chosen."""

    key: str
    lines: tuple[Strip, ...]


class Rows(StripView):
    """Rows, one of which is under the cursor: told by a sign as well as by reversed colours."""

    BINDINGS = keys.bindings("list")

    class Moved(Message):
        """The cursor went to another row."""

        def __init__(self, rows: Rows, key: str) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

        @property
        def control(self) -> Rows:
            return self.rows

    class Chosen(Message):
        """Enter was pressed on a row."""

        def __init__(self, rows: Rows, key: str) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

        @property
        def control(self) -> Rows:
            return self.rows

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rows: list[Row] = []
        self._starts: list[int] = []
        self.key = ""

    def rows(self, width: int) -> Sequence[Row]:
        """The rows for that many columns, less two for the cursor's sign."""
        return self._rows

    def draw(self, width: int) -> list[Strip]:
        self._rows = list(self.rows(width - 2))
        keys = self._keys
        if self.key not in keys:
            self.key = keys[0] if keys else ""
        strips: list[Strip] = []
        self._starts = []
        for row in self._rows:
            self._starts.append(len(strips))
            at_cursor = bool(row.key) and row.key == self.key
            for number, strip in enumerate(row.lines):
                strips.append(self._with_sign(strip, at_cursor, number == 0, width))
        return strips

    def _with_sign(self, strip: Strip, at_cursor: bool, first: bool, width: int) -> Strip:
        if not at_cursor:
            return Strip.join([Strip([Segment("  ")]), strip])
        sign = "> " if first else "  "
        whole = Strip.join([Strip([Segment(sign)]), strip]).adjust_cell_length(width)
        style = Style(reverse=True) if self.has_focus else Style(bold=True)
        return Strip([Segment(text, (own or Style()) + style) for text, own, _ in whole])

    @property
    def _keys(self) -> list[str]:
        return [row.key for row in self._rows if row.key]

    def go_to(self, key: str) -> None:
        """Put the cursor on that row (ignored if there is none) and bring it into view."""
        if key not in self._keys and self._rows:
            return
        moved = key != self.key
        self.key = key
        self.redraw()
        self._into_view()
        if moved:
            self.post_message(self.Moved(self, key))

    def _into_view(self) -> None:
        for row, start in zip(self._rows, self._starts, strict=True):
            if row.key == self.key:
                end = start + len(row.lines)
                first = self._starts[0] if row.key == self._keys[0] else start
                if row.key == self._keys[0]:
                    first = 0
                if first < self.top:
                    self.scroll_to_line(first)
                elif end > self.top + self.size.height:
                    self.scroll_to_line(end - self.size.height)

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.redraw()

    def _step(self, step: int) -> None:
        keys = self._keys
        if keys:
            here = keys.index(self.key) if self.key in keys else 0
            self.go_to(keys[min(max(0, here + step), len(keys) - 1)])

    def action_line(self, step: int) -> None:
        self._step(step)

    def action_page(self, step: int) -> None:
        self._step(step * max(1, self.size.height // 2))

    def action_ends(self, step: int) -> None:
        self._step(step * len(self._rows))

    def action_choose(self) -> None:
        if self.key:
            self.post_message(self.Chosen(self, self.key))
