"""Text to strips: plain lines, wrapped paragraphs, Markdown. Nothing from outside is markup."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from rich.theme import Theme
from textual.strip import Strip

from tutor.marks import Signs
from tutor.wrapping import hold, release

BOLD = Style(bold=True)
DIM = Style(dim=True)
REVERSE = Style(reverse=True)
KEY = Style(color="magenta", bold=True)
ACCENT = Style(color="blue", bold=True)
WARNING = Style(color="yellow", bold=True)
VERDICT_STYLES = {
    "passed": Style(color="green", bold=True),
    "failed": Style(color="red", bold=True),
    "not-reached": Style(),
    "could-not-run": Style(color="yellow", bold=True),
}

# Only the terminal's own colours: they are readable on light and dark backgrounds alike.
_THEME = Theme(
    {
        "markdown.code": Style(color="cyan", bold=True),
        "markdown.code_block": Style(),
        "markdown.h1": Style(bold=True),
        "markdown.h2": Style(color="blue", bold=True),
        "markdown.h3": Style(bold=True),
        "markdown.item.bullet": Style(bold=True),
        "markdown.item.number": Style(bold=True),
        "markdown.block_quote": Style(italic=True),
        "markdown.link": Style(color="blue", underline=True),
        "markdown.link_url": Style(color="blue", underline=True),
        "markdown.table.border": Style(dim=True),
        "markdown.table.header": Style(bold=True),
    }
)
_console = Console(
    file=io.StringIO(),
    force_terminal=True,
    color_system="truecolor",
    theme=_THEME,
    legacy_windows=False,
    highlight=False,
    markup=False,
    emoji=False,
    width=80,
)


def strips_of(renderable: RenderableType, width: int, signs: Signs) -> list[Strip]:
    """Draw something of Rich's, at that width, without trailing blanks."""
    options = _console.options.update(width=width, highlight=False, markup=False)
    lines = _console.render_lines(renderable, options, pad=False)
    return [
        Strip(
            [
                Segment(signs.text(release(text)), style)
                for text, style, control in line
                if not control
            ]
        )
        for line in lines
    ]


def paragraph(
    text: str | Text, width: int, signs: Signs, *, style: Style | None = None, indent: int = 0
) -> list[Strip]:
    """A paragraph, wrapped at words, moved to the right by ``indent``. A number keeps its %."""
    body = text if isinstance(text, Text) else Text(hold(text), style=style or Style())
    strips = strips_of(body, max(8, width - indent), signs)
    if not indent:
        return strips
    margin = Strip([Segment(" " * indent)])
    return [Strip.join([margin, strip]) for strip in strips]


def labelled(
    label: str, text: str, width: int, signs: Signs, *, column: int = 10, style: Style | None = None
) -> list[Strip]:
    """``label`` in bold at the left, ``text`` wrapped beside it."""
    strips = paragraph(text, width, signs, style=style, indent=column)
    if not strips:
        return []
    head = Segment(label.ljust(column)[:column], BOLD)
    first = Strip([head, *list(strips[0])[1:]])
    return [first, *strips[1:]]


def line(parts: Iterable[tuple[str, Style | None]], signs: Signs) -> Strip:
    """One line from (text, style) pairs; line breaks inside become spaces."""
    return Strip(
        [Segment(signs.text(" ".join(text.splitlines()) or text), style) for text, style in parts]
    )


def spread(left: Strip, right: Strip, width: int) -> Strip:
    """``left`` at the left edge and ``right`` at the right one; the left one gives way."""
    room = max(0, width - right.cell_length - 1)
    return Strip.join([left.adjust_cell_length(room), Strip([Segment(" ")]), right])


def markdown(text: str, width: int, signs: Signs) -> list[Strip]:
    """Markdown, with headings at the left and code in the terminal's own colours."""
    from tutor.app.prose import Prose  # Rich's Markdown is only loaded when a page is opened

    return strips_of(Prose(text), width, signs)


def blank() -> Strip:
    return Strip.blank(0)
