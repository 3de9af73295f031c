"""What all screens share: a bar above, a notice and the keys below, a word when it is too small."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.strip import Strip

from tutor.app import ink, keys
from tutor.app.strips import Lines

if TYPE_CHECKING:
    from tutor.app.app import TutorApp

WIDTH, HEIGHT = 80, 24


class TutorScreen(Screen[None]):
    """One screen. ``place`` names it in the table of keys."""

    place = "home"
    AUTO_FOCUS = None
    ESCAPE_TO_MINIMIZE = False

    def __init__(self) -> None:
        super().__init__()
        self._notice: tuple[str, Style | None] = ("", None)

    @property
    def tutor(self) -> TutorApp:
        return cast("TutorApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical(id="page"):
            yield Lines(id="bar")
            yield from self.body()
            yield Lines(id="notice")
            yield Lines(id="footer")
        yield Lines(id="small")

    def body(self) -> Iterable:  # widgets, top to bottom
        return ()

    # --- the bar, the notice, the footer -------------------------------------------------------

    def title_parts(self) -> tuple[str, str]:
        """What the bar says at its left and right."""
        return "cnntutor", ""

    def draw_frame(self) -> None:
        """Draw bar, notice and footer anew; only what changed is sent."""
        width = self.size.width
        signs = self.tutor.signs
        left, right = self.title_parts()
        style = Style(reverse=True, bold=True)
        right_strip = ink.line([(f"{right} ", style)], signs)
        room = max(0, width - right_strip.cell_length)
        left_strip = ink.line([(f" {left}", style)], signs).adjust_cell_length(room, style)
        self.query_one("#bar", Lines).show([Strip.join([left_strip, right_strip])])
        self.draw_notice()
        self.draw_footer()

    def notices(self) -> Iterable[tuple[str, Style | None]]:
        """What stands above the footer. Texts of the progress log come before the screen's own."""
        for text in self.tutor.notices:
            yield text, ink.WARNING
        if self._notice[0]:
            yield self._notice

    def draw_notice(self) -> None:
        widget = self.query_one("#notice", Lines)
        strips: list[Strip] = []
        for text, style in self.notices():
            strips += ink.paragraph(text, self.size.width - 2, self.tutor.signs, style=style)
        strips = strips[: max(1, self.size.height // 3)]
        margin = ink.line([(" ", None)], self.tutor.signs)
        widget.set_height(len(strips))
        if widget.display != bool(strips):
            widget.display = bool(strips)
        widget.show([Strip.join([margin, strip]) for strip in strips])

    def footer_pairs(self) -> Sequence[tuple[str, str]]:
        return keys.footer(self.place)

    def draw_footer(self) -> None:
        parts: list[tuple[str, Style | None]] = [(" ", None)]
        for key, label in self.footer_pairs():
            parts += [(key, ink.KEY), (f" {label}  ", None)]
        self.query_one("#footer", Lines).show([ink.line(parts, self.tutor.signs)])

    def tell(self, text: str, style: Style | None = None) -> None:
        """Say something in the page, above the footer; "" takes it away."""
        self._notice = (text, style)
        if self.is_mounted and self.query("#notice"):
            self.draw_notice()

    # --- events --------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.refresh_all()

    def on_screen_resume(self) -> None:
        self.refresh_all()
        self.tutor.remember()

    def whereabouts(self) -> str:
        """``kind:name`` for a screen to come back to at the next start; "" for others."""
        return ""

    def on_resize(self) -> None:
        small = self.size.width < WIDTH or self.size.height < HEIGHT
        self.set_class(small, "small")
        self.refresh_all()

    def refresh_all(self) -> None:
        """Draw everything anew, as far as it differs."""
        if self.size.width and self.is_mounted:
            if self.has_class("small"):
                self._draw_small()
            self.draw_frame()
            self.draw_body()

    def draw_body(self) -> None:
        """Redraw what is between bar and footer."""

    def _draw_small(self) -> None:
        width, height = self.size
        texts = [
            f"cnntutor needs {WIDTH} columns and {HEIGHT} rows.",
            f"This terminal has {width} by {height}.",
            "Make it larger, or its letters smaller; nothing is lost.",
            *self.small_words(),
            f"{keys.name('everywhere.quit')} leaves.",
        ]
        strips: list[Strip] = []
        for text in texts:
            strips += ink.paragraph(text, max(8, width - 1), self.tutor.signs)
        self.query_one("#small", Lines).show(strips[:height])

    def small_words(self) -> list[str]:
        """The state in a few lines, for a terminal too small for the screen."""
        return []

    def check_news(self, checkpoint_id: str, changed: set[str]) -> None:
        """A check has news; ``changed`` holds claims, loss, output or done."""

    def lab_news(self) -> None:
        """This screen's lab or hunt has news."""

    def keep(self) -> None:
        """Write down what would be lost if the app ended now."""

    def action_back(self) -> None:
        self.app.pop_screen()

    def action_escape(self) -> None:
        self.action_back()
