"""The built-in editor: Textual's TextArea for Python, in the terminal's own colours."""

from __future__ import annotations

from typing import Self

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import TextAreaTheme

from tutor.app import keys
from tutor.app.strips import changed_span

KEYWORD = Style(color="magenta")
NAME = Style(color="blue")
LITERAL = Style(color="green")
NUMBER = Style(color="cyan")
COMMENT = Style(color="yellow", dim=True)

ANSI = TextAreaTheme(
    name="cnntutor-ansi",
    gutter_style=Style(dim=True),
    cursor_line_style=Style(),
    cursor_line_gutter_style=Style(bold=True),
    cursor_style=Style(reverse=True),
    bracket_matching_style=Style(bold=True, underline=True),
    selection_style=Style(reverse=True),
    syntax_styles={
        **dict.fromkeys(
            (
                "keyword",
                "keyword.function",
                "keyword.return",
                "keyword.operator",
                "conditional",
                "repeat",
                "include",
                "exception",
                "type.builtin",
            ),
            KEYWORD,
        ),
        **dict.fromkeys(("function", "method", "type", "class", "type.class"), NAME),
        **dict.fromkeys(("string", "string.documentation"), LITERAL),
        **dict.fromkeys(("number", "float", "boolean", "constant.builtin"), NUMBER),
        "comment": COMMENT,
    },
)


class Editor(TextArea):
    """Python with line numbers and undo. Escape leaves it; it never loses text by itself."""

    BINDINGS = keys.bindings("editor")

    class Left(Message):
        """The learner pressed escape."""

    def __init__(self, *, id: str | None = None, code: bool = True) -> None:
        """code: Python with line numbers; else plain text that wraps."""
        super().__init__(
            "",
            id=id,
            language="python" if code else None,
            soft_wrap=not code,
            show_line_numbers=code,
            tab_behavior="indent",
            compact=True,
        )
        self.cursor_blink = False  # a blink is bytes twice a second
        self.indent_width = 4
        self.register_theme(ANSI)
        self.theme = ANSI.name
        self._drawn: dict[int, Strip] = {}
        self._comparing = False

    def set_text(self, text: str) -> None:
        """Put a text in, keep the cursor about where it was, and begin a new undo history."""
        row, column = self.cursor_location
        top = self.scroll_offset.y
        self.load_text(text)
        row = min(row, self.document.line_count - 1)
        self.move_cursor((row, min(column, len(self.document[row]))))
        self.scroll_to(y=top, animate=False)

    # --- few bytes a key -------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        self._drawn[y] = strip
        return strip

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """TextArea repaints itself whole after each key; send only the cells that differ."""
        # The base class calls this before this class's own fields are there.
        drawn = getattr(self, "_drawn", None)
        if not drawn or regions or layout or recompose or not repaint:
            return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        if not self._comparing:
            self._comparing = True
            self.call_next(self._refresh_changed)
        return self

    def validate_virtual_size(self, size: Size) -> Size:
        """Widths in steps: else each key in the longest line lays the whole screen out anew."""
        return Size(-(-size.width // 40) * 40, size.height)

    def _refresh_changed(self) -> None:
        self._comparing = False
        for y in range(self.size.height):
            before, after = self._drawn.get(y), super().render_line(y)
            span = (0, self.size.width) if before is None else changed_span(before, after)
            if span:
                super().refresh(Region(span[0], y, span[1] - span[0], 1))

    # --- keys ------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        self.post_message(self.Left())

    async def _on_key(self, event: events.Key) -> None:
        """Escape leaves; a new line begins where the last one did. The rest is TextArea's own."""
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.action_leave()
            return
        if not self.read_only and event.key == "enter" and self.selection.is_empty:
            event.stop()
            event.prevent_default()
            self._replace_via_keyboard("\n" + self._indent(), *self.selection)

    def _indent(self) -> str:
        """The indentation for the line after the cursor's."""
        row, column = self.cursor_location
        before = self.document[row][:column]
        margin = before[: len(before) - len(before.lstrip(" \t"))]
        code = before.split("#")[0].rstrip()
        return margin + " " * self.indent_width if code.endswith(":") else margin

    def action_delete_left(self) -> None:
        row, column = self.cursor_location
        before = self.document[row][:column]
        if self.selection.is_empty and before and not before.strip(" ") and column % 4 == 0:
            self.delete((row, column - 4), (row, column), maintain_selection_offset=False)
            return
        super().action_delete_left()
