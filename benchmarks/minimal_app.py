"""The smallest Textual app of the tutor's kind: a Markdown page, a list and a footer."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Footer, Label, ListItem, ListView, Markdown

PAGE = """\
# A page

Some words about convolutional networks, in two paragraphs.

- a first point
- a second point

The end of the page: everything is drawn.
"""


class MinimalApp(App[None]):
    BINDINGS = [("q", "quit", "Quit")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield Markdown(PAGE)
        yield ListView(*(ListItem(Label(name)) for name in ("one", "two", "three", "four")))
        yield Footer()


if __name__ == "__main__":
    MinimalApp().run()
