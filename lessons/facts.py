"""The course's contract: what its pages state, tied to the code that proves it.

A page's facts stand in ``lessons/<move>/facts.py``. A fact quotes the page, word for word, and
proves what it says:

    prove("`Conv2d(1, 16, 5)` has 16 * 1 * 5 * 5 = 400 weights",
          lambda i, o, k, *_: Conv2d(i, o, k).weight.numel())

The function gets the quote's numbers in their order, and returns those that it works out: they
have to be the quote's last ones, to as many digits as the page shows. True and False say whether
the sentence holds. ``measured`` ties a figure to its row in ``docs/figures.md``, which stands
beside the command that measured it.

    python -m lessons.facts

A quote that no page has, one that does not hold, and a number on a page that no quote covers
(outside the drawn digits) are problems.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import torch

from lessons import anchors
from lessons.course import COURSE

FIGURES = Path(__file__).resolve().parents[1] / "docs" / "figures.md"

_NUMBER = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|(?<=\dx)\d+")
_DRAWN = re.compile(r"^```digit.*?^```", re.MULTILINE | re.DOTALL)
_ANCHOR = re.compile(r"\]\([^)]*\)")


class Fact(msgspec.Struct, frozen=True):
    """quote: text of a page; `` ... `` in it stands for any text. proof: see the module's text."""

    quote: str
    proof: Callable[..., Any]


class Problem(msgspec.Struct, frozen=True):
    """page: ``move/file:line``."""

    page: str
    problem: str


class Facts:
    """The facts of a move's pages, in any order."""

    def __init__(self) -> None:
        self.all: list[Fact] = []

    def prove(self, quote: str, proof: Callable[..., Any]) -> None:
        self.all.append(Fact(quote, proof))

    def measured(self, quote: str, *rows: str) -> None:
        """Every number of the quote is, rounded as the page rounds it, one of these rows'.

        rows: how they begin, in ``docs/figures.md``, without the bar; a table's head and the
        text between its heading and the table count with each of its rows.
        """
        self.all.append(Fact(quote, lambda *numbers: _Measured(rows)))


class _Measured:
    def __init__(self, rows: tuple[str, ...]) -> None:
        self.rows = rows


# --- numbers ------------------------------------------------------------------------------------


def numbers(text: str) -> list[str]:
    """The numbers in a text as it writes them."""
    return _NUMBER.findall(text)


def value(written: str) -> int | float:
    plain = written.replace(",", "")
    return float(plain) if "." in plain else int(plain)


def agrees(written: str, found: float) -> bool:
    """Whether the number, rounded to the digits that the page shows, is the one that is written.

    Half a unit of the last digit either way, with a little room for how it was rounded.
    """
    decimals = len(written.partition(".")[2])
    if not decimals and isinstance(found, int):
        return value(written) == found
    return abs(value(written) - found) <= 0.5 * 10**-decimals + 1e-9


# --- checking a page ----------------------------------------------------------------------------


def check_page(move: str, path: Path, facts: Sequence[Fact]) -> list[Problem]:
    """What is wrong with a page: quotes that don't hold, and numbers that no quote covers."""
    text = path.read_text(encoding="utf-8")
    problems = []
    covered = [False] * len(text)
    for hidden in [*_DRAWN.finditer(text), *_ANCHOR.finditer(text)]:
        covered[hidden.start() : hidden.end()] = [True] * (hidden.end() - hidden.start())
    for fact in facts:
        for match in _quoted(fact.quote).finditer(text):
            for group in range(1, len(match.groups()) + 1):
                start, end = match.span(group)
                covered[start:end] = [True] * (end - start)
            said = [number for part in match.groups() for number in numbers(part)]
            problem = _holds(fact, said)
            if problem:
                problems.append(Problem(_place(move, path, text, match.start()), problem))
    for match in _NUMBER.finditer(text):
        if not covered[match.start()]:
            around = " ".join(text[max(0, match.start() - 30) : match.end() + 30].split())
            told = f"the number {match.group()} is tied to no code: '{around}'"
            problems.append(Problem(_place(move, path, text, match.start()), told))
    return problems


def _place(move: str, path: Path, text: str, at: int) -> str:
    return f"{move}/{path.name}:{text.count(chr(10), 0, at) + 1}"


def _quoted(quote: str) -> re.Pattern[str]:
    """The quote with any white space between its words; a group for each part between `` ... ``."""
    parts = (r"\s+".join(map(re.escape, part.split())) for part in quote.split(" ... "))
    return re.compile(r"\s.*?\s".join(f"({part})" for part in parts), re.DOTALL)


def _holds(fact: Fact, said: list[str]) -> str:
    """What is wrong with what the page says; "" if it holds."""
    try:
        with torch.no_grad():
            found = fact.proof(*map(value, said))
            if isinstance(found, torch.Tensor):
                found = found.tolist()
    except Exception as error:  # noqa: BLE001 - a proof that breaks off proves nothing
        return f"the proof of '{fact.quote}' breaks off: {type(error).__name__}: {error}"
    if isinstance(found, _Measured):
        return _measured(fact.quote, said, found.rows)
    if isinstance(found, bool):
        return "" if found else f"'{fact.quote}' does not hold"
    values = [found] if isinstance(found, int | float) else list(_flat(found))
    if len(values) > len(said):
        return f"the proof of '{fact.quote}' gives {len(values)} numbers, the page has {len(said)}"
    for written, real in zip(said[len(said) - len(values) :], values, strict=True):
        if not agrees(written, real):
            return f"'{fact.quote}' says {written}, and it is {real:.6g}"
    return ""


def _flat(found: Any) -> Iterable[int | float]:
    for one in found:
        if isinstance(one, int | float):
            yield one
        else:
            yield from _flat(one)


# --- measured figures ---------------------------------------------------------------------------


def _measured(quote: str, said: list[str], rows: tuple[str, ...]) -> str:
    if not FIGURES.is_file():
        return ""  # an installed package has no docs; the author works in a clone
    pool: list[float] = []
    for row in rows:
        found = _row(FIGURES.read_text(encoding="utf-8"), row)
        if found is None:
            return f"'{quote}' rests on '{row}', which is no row of docs/figures.md"
        pool += [value(number) for number in numbers(found)]
    for written in said:
        if not any(agrees(written, float(one)) for one in pool):
            known = ", ".join(rows)
            return f"'{quote}' says {written}, and docs/figures.md has no such figure in {known}"
    return ""


def _row(text: str, start: str) -> str | None:
    """A table's row that begins so, with the table's head and the text above it."""
    for section in re.split(r"^## ", text, flags=re.MULTILINE):
        lines = section.splitlines()
        for at, line in enumerate(lines):
            if line.startswith(f"| {start}"):
                above = [one for one in lines[:at] if not one.startswith("|")]
                heads = [lines[n - 1] for n in range(1, at) if re.fullmatch(r"[|\s:-]+", lines[n])]
                return "\n".join([*above, *heads[-1:], line])
    return None


# --- for proofs ---------------------------------------------------------------------------------


def close(one: float, other: float, within: float = 1e-9) -> bool:
    return math.isclose(one, other, rel_tol=within, abs_tol=within)


def size(module: torch.nn.Module) -> int:
    """How many numbers a module learns."""
    return sum(parameter.numel() for parameter in module.parameters())


def shape(tensor: torch.Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape)


def raises(act: Callable[[], object], words: str) -> bool:
    """Whether it raises an error that says so."""
    try:
        act()
    except Exception as error:  # noqa: BLE001 - whichever error; its words are compared
        return words in str(error)
    return False


# --- all pages ----------------------------------------------------------------------------------


def check() -> tuple[int, list[Problem]]:
    """How many facts there are, and what is wrong with the pages or the facts."""
    problems: list[Problem] = []
    count = 0
    for move in COURSE.parts:
        try:
            facts: list[Fact] = import_module(f"lessons.{move.id}.facts").FACTS.all
        except ModuleNotFoundError as error:
            problems.append(Problem(move.id, f"has no facts: {error}"))
            continue
        count += len(facts)
        pages = anchors.boards(move.id)
        texts = [path.read_text(encoding="utf-8") for path in pages]
        for fact in facts:
            if not any(_quoted(fact.quote).search(text) for text in texts):
                problems.append(Problem(move.id, f"no page says (any more): '{fact.quote}'"))
        for path in pages:
            problems += check_page(move.id, path, facts)
    return count, problems


def main() -> int:
    """Print the problems as JSON lines, and the number of facts last."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    count, problems = check()
    for problem in problems:
        print(json.dumps(msgspec.to_builtins(problem)))
    print(json.dumps({"facts": count}))
    sys.stdout.flush()
    return 1 if problems else 0


if __name__ == "__main__":
    # Not this module's own main: the moves' facts import the other copy of it.
    sys.exit(import_module("lessons.facts").main())
