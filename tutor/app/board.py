"""A board: a page of the lesson, with its digits drawn and its sections to jump to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.segment import Segment
from textual.strip import Strip

from lessons import anchors
from lessons.course import COURSE
from lessons.declare import Move
from tutor.app import ink, keys, pixels
from tutor.app.screen import TutorScreen
from tutor.app.strips import StripView

WIDEST = 88  # columns; longer lines are hard to read


class Page(StripView):
    """The text of one board, drawn once into lines."""

    def __init__(self) -> None:
        super().__init__(id="text")
        self.markdown = ""
        self.starts: dict[str, int] = {}

    def draw(self, width: int) -> list[Strip]:
        self.starts = {}
        strips: list[Strip] = []
        measure = min(width - 2, WIDEST)
        for part in anchors.parts(self.markdown):
            self.starts[part.slug] = len(strips)
            strips += self._section(part.text, measure)
            strips.append(ink.blank())
        margin = Strip([Segment(" ")])
        return [Strip.join([margin, strip]) for strip in strips]

    def _section(self, text: str, width: int) -> list[Strip]:
        strips: list[Strip] = []
        for piece in pixels.split_digits(text):
            if isinstance(piece, str):
                strips += ink.markdown(piece, width, self.tutor.signs)
            else:
                strips += [ink.blank(), *self._digits(piece, width), ink.blank()]
        return strips

    def _digits(self, digits: list[pixels.Digit], width: int) -> list[Strip]:
        pictures = []
        for digit in digits:
            picture = pixels.draw(digit.image, self.tutor.ink)
            if digit.label:
                label = ink.line([(digit.label, ink.BOLD)], self.tutor.signs)
                picture = [*picture, label.crop(0, picture[0].cell_length)]
            pictures.append(picture)
        return pixels.beside(pictures, width)

    def moved(self) -> None:
        if isinstance(self.screen, BoardScreen):
            self.screen.draw_frame()
            self.tutor.remember()

    @property
    def section(self) -> int:
        """Which section is at the top of the view, counted from 0."""
        starts = list(self.starts.values())
        return max((i for i, start in enumerate(starts) if start <= self.top), default=0)


class BoardScreen(TutorScreen):
    """The boards of one move. ``link`` is ``move`` or ``move#anchor``."""

    CSS_PATH = "board.tcss"
    place = "board"
    BINDINGS = keys.bindings("board", "everywhere")

    def __init__(self, link: str) -> None:
        super().__init__()
        self.link = link
        move_id, _, self.section = link.partition("#")
        self.move: Move | None = next((move for move in COURSE.parts if move.id == move_id), None)
        self.files = self._files()
        self.index = 0

    def _files(self) -> list[Path]:
        if self.move is None:
            return []
        order = {name: place for place, name in enumerate(self.move.boards)}
        files = anchors.boards(self.move.id)
        return sorted(files, key=lambda path: order.get(path.name, len(order)))

    def body(self) -> Iterable[StripView]:
        yield Page()

    def title_parts(self) -> tuple[str, str]:
        title = self.move.title if self.move is not None else self.link
        page = self.query_one(Page)
        right = ""
        if len(self.files) > 1:
            right = f"page {self.index + 1} of {len(self.files)}   "
        if page.lines:
            last = min(len(page.lines), page.top + page.size.height)
            right += f"line {last} of {len(page.lines)}"
        return f"Board: {title}", right

    def whereabouts(self) -> str:
        """The board, and the section that is being read."""
        if self.move is None:
            return ""
        page = next(iter(self.query(Page)), None)
        if page is None:  # it is only being opened
            return f"board:{self.move.id}"
        slugs = list(page.starts)
        slug = slugs[page.section] if slugs and page.top else ""
        return f"board:{self.move.id}#{slug}" if slug else f"board:{self.move.id}"

    def footer_pairs(self) -> list[tuple[str, str]]:
        without = []
        if len(self.files) < 2:
            without += ["board.board-on", "board.board-back"]
        if self._onward is None:
            without.append("board.onward")
        if not self._links():
            without.append("board.follow")
        if self.move is None or not self.move.labs:
            without.append("board.labs")
        return keys.footer(self.place, tuple(without))

    def on_mount(self) -> None:
        super().on_mount()
        page = self.query_one(Page)
        page.focus()
        self._load_linked()

    def _load_linked(self) -> None:
        """Show the board that the link leads to, at its section."""
        if self.section:
            try:
                found = anchors.find(self.link)
            except LookupError:
                told = f"There is no section '{self.section}' here; this is the move's first page."
                self.tell(told, ink.WARNING)
                self.section = ""
            else:
                if found.board in self.files:
                    self.index = self.files.index(found.board)
                else:
                    self.files.append(found.board)
                    self.index = len(self.files) - 1
        self._load()

    def _load(self) -> None:
        page = self.query_one(Page)
        page.top = 0
        if not self.files:
            page.markdown = "There is no board here yet."
        else:
            path = self.files[self.index]
            try:
                page.markdown = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                page.markdown = f"This board can't be read: {error}"
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        page = self.query_one(Page)
        page.redraw()
        if self.section in page.starts:
            page.scroll_to_line(page.starts[self.section])
        self.draw_frame()

    def draw_body(self) -> None:
        self.query_one(Page).redraw()

    @property
    def _onward(self) -> str | None:
        """The checkpoint to go on to: the move's first that is not passed, else its first."""
        points = self.move.checkpoints if self.move is not None else ()
        for point in points:
            if not self.tutor.progress.passed(point):
                return point.id
        return points[0].id if points else None

    # --- what the keys do ----------------------------------------------------------------------

    def action_section(self, step: int) -> None:
        page = self.query_one(Page)
        starts = list(page.starts.values())
        here = page.section
        if step < 0 and starts and page.top > starts[here]:
            page.scroll_to_line(starts[here])
        elif 0 <= here + step < len(starts):
            page.scroll_to_line(starts[here + step])

    def _links(self) -> list[str]:
        """Where the section at the top leads."""
        page = self.query_one(Page)
        sections = anchors.parts(page.markdown)
        if not page.starts or page.section >= len(sections):
            return []
        return anchors.links(sections[page.section].text)

    def action_follow(self) -> None:
        links = self._links()
        if not links:
            self.tell("No link is in this section.")
        elif links[0].startswith("lab:"):
            self.tutor.open_lab(COURSE.lab(links[0].partition(":")[2]))
        else:
            self.tutor.open_board(links[0])

    def action_board(self, step: int) -> None:
        if 0 <= self.index + step < len(self.files):
            self.index += step
            self.section = ""
            self._load()

    def action_labs(self) -> None:
        if self.move is not None and self.move.labs:
            self.tutor.open_labs(self.move.id)

    def action_onward(self) -> None:
        """To the move's checkpoint; back to it, if one came from there."""
        target = self._onward
        if target is None:
            return
        behind = self.app.screen_stack[-2] if len(self.app.screen_stack) > 1 else None
        if getattr(behind, "place", "") == "checkpoint":
            self.action_back()
        else:
            self.app.pop_screen()
            self.tutor.open_checkpoint(COURSE.checkpoint(target))
