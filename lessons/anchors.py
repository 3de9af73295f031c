"""Links to a section of a board: ``move#anchor``, where the anchor is the slug of a heading.

A board is a Markdown file in a move's folder, and each ``##`` heading is an anchor. A mistake's
repair link, a board's own links and the author's check all resolve through here.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^\s{0,3}(```+|~~~+)")
_LINK = re.compile(r"\]\(([a-z_]+#[\w-]+|lab:\w+)\)")
_NOT_WORD = re.compile(r"[^\w\- ]+")


class Section(NamedTuple):
    """One section of a board. The part before the first ``##`` has an empty slug and heading."""

    slug: str
    heading: str
    text: str


class Anchor(NamedTuple):
    """Where a link leads."""

    move: str
    board: Path
    heading: str


def slug(heading: str) -> str:
    """``"Why `logits`?"`` -> ``"why-logits"``."""
    plain = _NOT_WORD.sub("", heading.strip().lower())
    return re.sub(r"[\s]+", "-", plain).strip("-")


def parts(markdown: str) -> list[Section]:
    """The board in its order: what stands before the first ``##``, then each section.

    A ``##`` inside a fenced block is code, not a heading. A heading that comes twice gets
    ``-1``, ``-2`` ... after its slug.
    """
    found: list[tuple[str, list[str]]] = [("", [])]
    fence = ""
    for line in markdown.splitlines():
        opening = _FENCE.match(line)
        if opening:
            sign = opening.group(1)
            if not fence:
                fence = sign
            elif sign.startswith(fence):
                fence = ""
        elif not fence and line.startswith("## "):
            found.append((line[3:].strip(), []))
        found[-1][1].append(line)
    sections = []
    seen: dict[str, int] = {}
    for heading, lines in found:
        text = "\n".join(lines).strip("\n")
        if not heading and not text.strip():
            continue
        name = slug(heading)
        times = seen.get(name, 0)
        seen[name] = times + 1
        sections.append(Section(f"{name}-{times}" if times else name, heading, text))
    return sections


def sections(markdown: str) -> dict[str, str]:
    """The text of each section, its heading included, by slug."""
    return {part.slug: part.text for part in parts(markdown) if part.slug}


def links(markdown: str) -> list[str]:
    """Where the text leads, in its order: ``move#anchor`` or ``lab:id``."""
    return _LINK.findall(markdown)


def cards(move_id: str) -> list[Section]:
    """The cards of a move: its sections whose heading begins with "Card: "."""
    texts = (board.read_text(encoding="utf-8") for board in boards(move_id))
    return [part for text in texts for part in parts(text) if part.slug.startswith("card-")]


def folder(move_id: str) -> Path:
    """The folder of a move, where its boards lie."""
    return Path(str(resources.files("lessons") / move_id))


def boards(move_id: str) -> list[Path]:
    """The Markdown files in a move's folder, by name."""
    return sorted(folder(move_id).glob("*.md"))


def page_for(move_id: str, checkpoint_id: str) -> str:
    """The link to what to read for a checkpoint: its own page where there is one, ``ID.md``, else
    the move's board."""
    path = folder(move_id) / f"{checkpoint_id}.md"
    if not path.is_file():
        return move_id
    slugs = [part.slug for part in parts(path.read_text(encoding="utf-8")) if part.slug]
    return f"{move_id}#{slugs[0]}" if slugs else move_id


def find(link: str) -> Anchor:
    """Where ``move#anchor`` leads. LookupError says what is missing and what there is."""
    move_id, _, anchor = link.partition("#")
    files = boards(move_id) if re.fullmatch(r"[a-z_][a-z0-9_]*", move_id) else []
    if not files:
        raise LookupError(f"'{link}': the move '{move_id}' has no board")
    known = []
    for board in files:
        for part in parts(board.read_text(encoding="utf-8")):
            if not anchor or part.slug == anchor:
                return Anchor(move_id, board, part.heading)
            if part.slug:
                known.append(part.slug)
    raise LookupError(f"'{link}': no section '{anchor}'; there are: {', '.join(known)}")
