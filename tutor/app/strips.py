"""A widget of plain lines that sends only what changed to the terminal.

Textual repaints the whole region of a widget that changed. Over a slow line that is felt: so
every view of this app keeps the strips it last drew, compares, and refreshes the changed cells
alone. It scrolls by itself, with a bar of characters, because a colour alone can't be seen by all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tutor.app import keys

if TYPE_CHECKING:
    from tutor.app.app import TutorApp

DIM = Style(dim=True)
PLAIN = Style.null()


def changed_span(old: Strip, new: Strip) -> tuple[int, int] | None:
    """First and one past the last cell in which two strips differ; None if they don't."""
    if old == new:
        return None
    before, after = _cells(old), _cells(new)
    width = max(len(before), len(after))
    before += [(" ", None)] * (width - len(before))
    after += [(" ", None)] * (width - len(after))
    differing = [x for x in range(width) if before[x] != after[x]]
    if not differing:
        return None
    return differing[0], differing[-1] + 1


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    cells: list[tuple[str, Style | None]] = []
    for text, style, _control in strip:
        for letter in text:
            cells.append((letter, style or None))
            wide = Segment(letter).cell_length
            cells.extend([("", style or None)] * (wide - 1))
    return cells


class StripView(Widget, can_focus=True):
    """Lines that scroll. Subclasses say in ``draw`` what the lines are."""

    DEFAULT_CSS = """
    StripView { width: 1fr; height: 1fr; }
    """

    BINDINGS = keys.bindings("text")
    scrolls = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lines: list[Strip] = []
        self.top = 0
        self._shown: list[Strip] = []
        self._drawn_width = -1

    @property
    def tutor(self) -> TutorApp:
        return cast("TutorApp", self.app)

    def draw(self, width: int) -> list[Strip]:
        """All lines, for that many columns."""
        return self.lines

    # --- drawing -----------------------------------------------------------------------------

    @property
    def text_width(self) -> int:
        return max(1, self.size.width - (1 if self.scrolls else 0))

    @property
    def highest_top(self) -> int:
        return max(0, len(self.lines) - self.size.height)

    def redraw(self) -> None:
        """Draw anew; cells that stay the same cost nothing."""
        if not self.size.width or not self.is_mounted:
            return
        self.lines = self.draw(self.text_width)
        self._drawn_width = self.size.width
        self.scroll_to_line(self.top)

    def scroll_to_line(self, top: int) -> None:
        self.top = min(max(0, top), self.highest_top)
        self._show()

    def _show(self) -> None:
        width, height = self.size
        new = [self._visible(y) for y in range(height)]
        old = self._shown
        self._shown = new
        if len(old) != height or (old and old[0].cell_length != width):
            self.refresh()
            return
        regions = []
        for y, (before, after) in enumerate(zip(old, new, strict=True)):
            span = changed_span(before, after)
            if span:
                regions.append(Region(span[0], y, span[1] - span[0], 1))
        if regions:
            self.refresh(*regions)
            self.moved()

    def moved(self) -> None:
        """Called when what is visible changed."""

    def _visible(self, y: int) -> Strip:
        width = self.size.width
        index = self.top + y
        line = self.lines[index] if index < len(self.lines) else Strip.blank(0)
        # Textual's filters (NO_COLOR, dimming) want a style on each segment.
        line = Strip([Segment(text, style or PLAIN) for text, style, _ in line])
        if not self.scrolls:
            return line.adjust_cell_length(width)
        return Strip.join([line.adjust_cell_length(width - 1), self._bar(y)])

    def _bar(self, y: int) -> Strip:
        """One cell of the scroll bar: where this page lies among all lines."""
        height, total = self.size.height, len(self.lines)
        if total <= height:
            return Strip([Segment(" ")])
        thumb = max(1, height * height // total)
        start = round(self.top / max(1, total - height) * (height - thumb))
        sign = "█" if start <= y < start + thumb else "│"
        return Strip([Segment(self.tutor.signs.text(sign), DIM)])

    def render_line(self, y: int) -> Strip:
        if y < len(self._shown):
            return self._shown[y]
        return Strip.blank(self.size.width)

    def on_resize(self) -> None:
        self.redraw()

    def set_height(self, lines: int) -> None:
        """Take that many lines; a height that stays costs no new layout."""
        height = self.styles.height
        if height is None or height.value != lines:
            self.styles.height = lines

    # --- keys ----------------------------------------------------------------------------------

    def action_line(self, step: int) -> None:
        self.scroll_to_line(self.top + step)

    def action_page(self, step: int) -> None:
        self.scroll_to_line(self.top + step * max(1, self.size.height - 1))

    def action_ends(self, step: int) -> None:
        self.scroll_to_line(0 if step < 0 else self.highest_top)


class Lines(StripView):
    """Given lines, shown as they are; not in the way of the focus."""

    can_focus = False
    scrolls = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._given: list[Strip] = []

    def show(self, strips: Sequence[Strip]) -> None:
        self._given = list(strips)
        self.redraw()

    def draw(self, width: int) -> list[Strip]:
        return self._given


class Rule(Lines):
    """A line across; a border drawn by style could not fall back to ASCII."""

    DEFAULT_CSS = "Rule { height: 1; }"

    def draw(self, width: int) -> list[Strip]:
        return [Strip([Segment(self.tutor.signs.text("─" * width), DIM)])]

    def on_mount(self) -> None:
        self.redraw()
