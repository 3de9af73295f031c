"""The terminal's own colours, and what this terminal can show.

An ANSI theme leaves foreground and background to the terminal, so light and dark ones both read
well, ``NO_COLOR`` is honoured, and a screen is fewer bytes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from textual.theme import Theme

from tutor.app.pixels import Depth

TERMINAL = Theme(
    name="terminal",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    accent="ansi_magenta",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "screen-selection-background": "ansi_default",
        "screen-selection-foreground": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-text-style": "reverse",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-background": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-selection-foreground": "ansi_default",
        "input-selection-background": "ansi_default",
        "border": "ansi_blue",
        "border-blurred": "ansi_default",
        "scrollbar": "ansi_blue",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
    },
)


def depth(color_system: str | None, environ: Mapping[str, str] | None = None) -> Depth:
    """How many colours pictures may use. ``NO_COLOR`` set to anything means none."""
    environ = os.environ if environ is None else environ
    if environ.get("NO_COLOR"):
        return "none"
    if color_system == "truecolor":
        return "truecolor"
    return "256" if color_system == "256" else "none"


def encoding() -> str:
    """Of the terminal that Textual writes to (its driver uses the standard error)."""
    return getattr(sys.__stderr__, "encoding", None) or "utf-8"
