"""What this terminal is, by the settings and by what the environment says of it.

Nothing here imports Textual: it reads its ``TEXTUAL_*`` settings when it is imported, so
``prepare`` has to come first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

from tutor.marks import Signs, signs
from tutor.settings import Settings

SLOW_REDRAWS = 4  # a second
CURSORLESS = ("dumb", "unknown", "")  # values of TERM where no screen can be drawn
SIMPLE = ("linux", "vt", "screen", "dumb")
COLOUR_SYSTEMS = {"16": "standard", "256": "256", "truecolor": "truecolor"}  # Rich's names


def is_slow(settings: Settings, environ: Mapping[str, str] | None = None) -> bool:
    """Whether few bytes matter: said in the settings, else guessed from an SSH session."""
    if settings.slow != "auto":
        return settings.slow == "on"
    return bool((os.environ if environ is None else environ).get("SSH_CONNECTION"))


def is_plain(settings: Settings, at_terminal: bool, environ: Mapping[str, str]) -> bool:
    """Whether the course is to be a dialogue of lines. at_terminal: whether both ends are one."""
    if settings.plain != "auto":
        return settings.plain == "on" or not at_terminal
    return not at_terminal or environ.get("TERM", "") in CURSORLESS


def redraw_every(settings: Settings, slow: bool) -> float:
    """Seconds between two redraws of something that moves."""
    return 1 / min(settings.redraws, SLOW_REDRAWS) if slow else 1 / settings.redraws


def signs_of(settings: Settings, encoding: str | None) -> Signs:
    """The signs to write with, to a stream of that encoding."""
    if settings.signs != "auto":
        return Signs(unicode=settings.signs == "unicode")
    return signs(encoding)


def prepare(settings: Settings, environ: MutableMapping[str, str] | None = None) -> None:
    """Say in the environment what Textual and Rich will read there when they are imported."""
    environ = os.environ if environ is None else environ
    environ["TEXTUAL_ANIMATIONS"] = "none"
    if environ.get("TERM", "").startswith(SIMPLE):
        environ["TEXTUAL_DISABLE_KITTY_KEY"] = "1"  # what they don't know they might print
    environ["TEXTUAL_SMOOTH_SCROLL"] = "0"  # asks the terminal, and nothing here needs a mouse
    if settings.colour == "none":
        environ["NO_COLOR"] = "1"
    elif settings.colour in COLOUR_SYSTEMS:
        environ["TEXTUAL_COLOR_SYSTEM"] = COLOUR_SYSTEMS[settings.colour]
