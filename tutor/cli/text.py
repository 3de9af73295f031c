"""Plain lines for terminals of every kind: wrapping, and signs that the encoding lacks."""

from __future__ import annotations

import codecs
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import TextIO

import click

from tutor.cli import dialogue
from tutor.wrapping import hold, release

WIDEST = 80  # wider than this is harder to read, not easier

ASCII = {
    "–": "-", "—": "-", "−": "-", "‐": "-", "…": "...", "×": "x", "·": ".", "±": "+-",
    "→": "->", "←": "<-", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "√": "sqrt", "°": " deg",
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "²": "^2", "³": "^3", "ᵀ": "^T",
    "✓": "+", "✗": "x", "•": "*", "█": "#", "▓": "%", "▒": "+", "░": ".", "▀": "'", "▄": ".",
}  # fmt: skip


def degrade_gracefully(*streams: TextIO) -> None:
    """Let no sign that a stream's encoding lacks end the program: print its nearest in ASCII."""
    codecs.register_error("cnntutor", _nearest)
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="cnntutor")


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(ASCII.get(sign, "?") for sign in bad), error.end


def encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "ascii"


def width() -> int:
    return max(40, min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns))


class OutputLost(click.ClickException):
    """What we print can't be written where it was sent (a full disk)."""

    exit_code = 3


def say(text: str = "") -> None:
    """One piece of output, out at once."""
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(f"the output can't be written: {error.strerror}.") from error


def wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    """``text`` in lines that fit, the first after ``first``, the others after ``rest``. A number
    keeps its %."""
    lines = textwrap.fill(
        hold(text),
        width(),
        initial_indent=first,
        subsequent_indent=" " * len(first) if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return release(lines)


def fields(rows: list[tuple[str, str]], indent: int = 0) -> str:
    """Names to the left, what they stand for in a column to the right."""
    column = max((len(name) for name, _ in rows), default=0) + 2
    lead = " " * indent
    return "\n".join(wrapped(text, f"{lead}{name:<{column}}") for name, text in rows)


def markdown(source: str) -> str:
    """Markdown as it stands, its prose wrapped; code stays, and digits are drawn."""
    return "\n\n".join(_block(block) for block in _blocks(source))


def _blocks(source: str) -> Iterator[list[str]]:
    """Paragraphs, list items and fenced blocks, in order."""
    block: list[str] = []
    fenced = False
    for line in source.splitlines():
        fence = line.lstrip().startswith("```")
        heading = line.startswith("#") and not fenced
        if block and ((fence and not fenced) or heading):
            yield block
            block = []
        if fenced or line.strip():
            block.append(line)
        elif block:
            yield block
            block = []
        if (fence and fenced) or heading:
            yield block
            block = []
        fenced ^= fence
    if block:
        yield block


def _block(lines: list[str]) -> str:
    if lines[0].lstrip().startswith("```digit"):
        if dialogue.is_open():
            words = lines[0].split()[1:]
            return f"    (A picture: the digit {' '.join(words) or '?'}, 28 by 28, by hand.)"
        return "\n".join(_digit(lines[1:-1])).strip("\n")
    if lines[0].lstrip().startswith("```"):
        code = lines[1:-1] if lines[-1].lstrip().startswith("```") else lines[1:]
        return "\n".join(f"    {line}".rstrip() for line in code)
    if lines[0].startswith(("#", "|", "    ")):
        return "\n".join(lines)
    items: list[list[str]] = [[]]
    for line in lines:
        if re.match(r"\s*([-*]|\d+\.)\s", line):
            items.append([])
        items[-1].append(line)
    return "\n".join(_item(item) for item in items if item)


def _item(lines: list[str]) -> str:
    match = re.match(r"\s*(?:[-*]|\d+\.)\s+", lines[0])
    lead = match.group() if match else ""
    text = " ".join([lines[0][len(lead) :], *lines[1:]])
    return wrapped(" ".join(text.split()), lead)


def _digit(rows: list[str]) -> Iterator[str]:
    """A drawn digit, two rows of hexadecimal ink a line, in signs that every font has."""
    ramp = " .:-=+*#%@"
    for above, below in zip(rows[::2], rows[1::2], strict=False):
        pairs = zip(above.strip(), below.strip(), strict=False)
        ink = [(int(a, 16) + int(b, 16)) / 30 for a, b in pairs]
        yield ("    " + "".join(ramp[round(value * (len(ramp) - 1))] for value in ink)).rstrip()
