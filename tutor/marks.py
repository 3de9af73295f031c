"""One mark and one word for each verdict, and what stands in where the font lacks the mark.

State is never told by colour alone: the mark and the word carry it, the colour only helps.
"""

from __future__ import annotations

import os
from typing import NamedTuple

WORDS = {
    "passed": "passed",
    "failed": "failed",
    "not-reached": "not reached",
    "could-not-run": "could not run",
}
MARKS = {"passed": "✓", "failed": "✗", "not-reached": "·", "could-not-run": "?"}
ASCII_MARKS = {"passed": "+", "failed": "x", "not-reached": ".", "could-not-run": "?"}

# Terminals whose own font has no check marks, whatever the encoding.
PLAIN_TERMINALS = ("linux", "vt100", "vt220", "dumb")

_BOX = str.maketrans(
    {
        **dict.fromkeys("─━═", "-"),
        **dict.fromkeys("│┃", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
        **dict.fromkeys("█▓▀▄", "#"),
        **dict.fromkeys("▒░", "."),
        **dict.fromkeys("•●", "*"),
        "✓": "+",
        "✗": "x",
        "·": ".",
        "…": "~",
        "▼": "v",
        "▲": "^",
        "→": ">",
        "←": "<",
        "↑": "^",
        "↓": "v",
        "—": "-",
        "–": "-",
        "×": "x",
        "±": "+",
        "“": '"',
        "”": '"',
        "’": "'",
    }
)


class Signs(NamedTuple):
    """The signs one terminal can show."""

    unicode: bool

    def mark(self, verdict: str) -> str:
        return (MARKS if self.unicode else ASCII_MARKS).get(verdict, " ")

    def text(self, text: str) -> str:
        """The same text in signs that this terminal has."""
        if self.unicode or text.isascii():
            return text
        return text.translate(_BOX).encode("ascii", "replace").decode("ascii")


def signs(encoding: str | None, term: str | None = None) -> Signs:
    """What can be shown with that encoding of the output, on that kind of terminal.

    term: defaults to the environment's ``TERM``.
    """
    if term is None:
        term = os.environ.get("TERM", "")
    if term.startswith(PLAIN_TERMINALS):
        return Signs(unicode=False)
    try:
        "✓✗·─█▀⠁".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return Signs(unicode=False)
    return Signs(unicode=True)


def mark(verdict: str, encoding: str | None = "utf-8") -> str:
    """The mark of a verdict in that encoding."""
    return signs(encoding, "").mark(verdict)


def word(verdict: str) -> str:
    """The word of a verdict, as people read it."""
    return WORDS.get(verdict, verdict)
