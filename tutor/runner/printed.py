"""What the learner's code prints: made harmless for a terminal, and not too much of it."""

from __future__ import annotations

import codecs
import time
import unicodedata
from collections.abc import Callable

MOST = 64 * 1024  # bytes of text, in UTF-8, that a check shows
_PAUSE = 0.02  # seconds between two events, so that a loop of prints is no flood of events


class Printed:
    """Takes bytes as they come and passes text on, in few pieces, until ``MOST`` is reached."""

    def __init__(self, show: Callable[[str], None], most: int = MOST) -> None:
        self._show, self._most, self._left = show, most, most
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held: list[str] = []
        self._due = 0.0

    def feed(self, data: bytes) -> None:
        """Take what was printed. Past the cap it is dropped."""
        if self._left <= 0:
            return
        shown = visible(self._decoder.decode(data)).encode()
        self._held.append(shown[: self._left].decode("utf-8", "ignore"))
        self._left -= len(shown)
        if self._left <= 0:
            self._held.append(
                f"\n[The first {self._most // 1024} kB of what the code printed stand above; "
                "the rest is not shown.]\n"
            )
        if time.monotonic() >= self._due:
            self.flush()

    def patience(self, seconds: float) -> float:
        """How long a wait may be that would be ``seconds``: less while text is held back."""
        return min(seconds, max(self._due - time.monotonic(), 0.0)) if self._held else seconds

    def flush(self) -> None:
        """Pass on what is held back."""
        if text := "".join(self._held):
            self._show(text)
            self._due = time.monotonic() + _PAUSE
        self._held.clear()


def visible(text: str) -> str:
    """Control characters as signs: escape becomes ``␛``, a bidirectional override ``\\u202e``.

    Line feeds and tabs stay, and a carriage return before a line feed goes.
    """
    text = text.replace("\r\n", "\n")
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    code = ord(character)
    if character in "\n\t" or character.isprintable():
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(character) == "Zs" or character == "\u200d":  # joins emoji
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
