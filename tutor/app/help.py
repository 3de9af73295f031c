"""All keys, from the one table in ``keys.py``; those of the screen one came from stand first."""

from __future__ import annotations

from collections.abc import Iterable

from textual.strip import Strip

from tutor.app import ink, keys
from tutor.app.screen import TutorScreen
from tutor.app.strips import StripView

TOGETHER = {"checkpoint": ("checkpoint", "editor", "question"), "home": ("home", "list")}


def places_from(place: str) -> list[str]:
    """All places, those that matter at ``place`` first."""
    first = list(TOGETHER.get(place, (place,)))
    rest = [name for name in ("everywhere", *keys.PLACES) if name not in first]
    return list(dict.fromkeys([*first, *rest]))


class KeysText(StripView):
    def __init__(self, place: str) -> None:
        super().__init__(id="text")
        self.from_place = place

    def draw(self, width: int) -> list[Strip]:
        signs = self.tutor.signs
        strips: list[Strip] = []
        for place in places_from(self.from_place):
            actions = keys.of(place)
            if not actions:
                continue
            if strips:
                strips.append(ink.blank())
            strips.append(ink.line([(f" {keys.PLACES[place]}", ink.ACCENT)], signs))
            for action in actions:
                shown = ", ".join(keys.NAMES.get(key, key) for key in action.keys)
                text = ink.labelled(f"   {shown}", action.help, width, signs, column=18)
                strips += text
        return strips


class HelpScreen(TutorScreen):
    CSS_PATH = "board.tcss"
    place = "help"
    BINDINGS = keys.bindings("everywhere")

    def __init__(self, place: str) -> None:
        super().__init__()
        self.from_place = place

    def body(self) -> Iterable[StripView]:
        yield KeysText(self.from_place)

    def title_parts(self) -> tuple[str, str]:
        return "Keys", ""

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(KeysText).focus()

    def draw_body(self) -> None:
        self.query_one(KeysText).redraw()
