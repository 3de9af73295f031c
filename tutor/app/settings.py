"""The settings: one row each from the schema; enter takes the next value and writes the file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.app import SuspendNotSupported
from textual.strip import Strip

from tutor import settings
from tutor.app import external, ink, keys
from tutor.app.rows import Row, Rows
from tutor.app.screen import TutorScreen
from tutor.app.strips import Rule, StripView

NUMBERS = {"redraws": (1, 2, 4, 10, 20, 30)}
NEXT_START = ("colour", "plain")  # what is decided before the first screen is drawn


def shown(value: Any) -> str:
    """A value as a person reads it."""
    if isinstance(value, dict):
        return f"{len(value)} changed" if value else "as in the table"
    return str(value) if str(value) else "(empty)"


class SettingRows(Rows):
    def rows(self, width: int) -> list[Row]:
        signs = self.tutor.signs
        return [
            Row(
                field.name,
                (
                    ink.line(
                        [
                            (f"{field.title:<24}", None),
                            (shown(getattr(self.tutor.settings, field.name)), ink.BOLD),
                        ],
                        signs,
                    ),
                ),
            )
            for field in settings.fields()
        ]


class About(StripView):
    """What the setting at the cursor is for, and how the file says it."""

    can_focus = False
    key = ""

    def draw(self, width: int) -> list[Strip]:
        field = next((field for field in settings.fields() if field.name == self.key), None)
        if field is None:
            return []
        signs = self.tutor.signs
        strips = ink.paragraph(field.description, width, signs)
        strips += ink.labelled("Takes", settings.takes(field), width, signs)
        strips += ink.labelled("Default", shown(field.default), width, signs)
        if self.key in NEXT_START:
            strips += ink.labelled("Holds", "from the next start", width, signs)
        where = self.tutor.settings_file.path
        strips += ink.labelled("File", f"{where}, {self.key} = ...", width, signs)
        return strips


class SettingsScreen(TutorScreen):
    CSS_PATH = "evidence.tcss"
    place = "settings"
    BINDINGS = keys.bindings("settings", "everywhere")

    def body(self) -> Iterable[StripView]:
        yield SettingRows(id="matrix")
        yield Rule()
        yield About(id="about")

    def title_parts(self) -> tuple[str, str]:
        return "Settings", ""

    def on_mount(self) -> None:
        super().on_mount()
        rows = self.query_one(SettingRows)
        rows.focus()
        self.call_after_refresh(rows.go_to, settings.fields()[0].name)

    def draw_body(self) -> None:
        rows = self.query_one(SettingRows)
        rows.redraw()
        self._about(rows.key)

    def _about(self, key: str) -> None:
        about = self.query_one(About)
        about.key = key
        about.redraw()

    def on_rows_moved(self, message: Rows.Moved) -> None:
        self.tell("")
        self._about(message.key)

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        field = next(field for field in settings.fields() if field.name == message.key)
        values: tuple[Any, ...] = field.choices or NUMBERS.get(field.name, ())
        if not values:
            edit = keys.name("settings.external")
            self.tell(f"This one is written by hand: {edit} opens the file.")
            return
        now = getattr(self.tutor.settings, field.name)
        following = values[(values.index(now) + 1) % len(values)] if now in values else values[0]
        why = self.tutor.settings_file.set(field.name, str(following))
        self.tell(why, ink.WARNING if why else None)
        self.tutor.use_settings()

    def action_choose(self) -> None:
        self.query_one(SettingRows).action_choose()

    def action_external(self) -> None:
        """Open the file in the learner's own editor, and take in what it says then."""
        path = self.tutor.settings_file.path
        if path is None:
            self.tell("Your home folder is not known here (HOME is not set).", ink.WARNING)
            return
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            editor = external.command(self.tutor.settings.editor)
            told = ""
            with self.app.suspend():  # an error inside would leave the terminal suspended
                try:
                    external.run(editor, path)
                except external.EditorError as error:
                    told = str(error)
            self.app.refresh()
        except (external.EditorError, SuspendNotSupported) as error:
            told = str(error) or "This terminal can't be lent to another editor."
        except OSError as error:
            told = f"{path.parent} can't be made: {error.strerror}."
        self.tutor.settings_file.read()
        self.tell(told, ink.WARNING)
        self.tutor.use_settings()
