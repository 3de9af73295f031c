"""Boards and cards: short enough, every section has its anchor, and every link leads there."""

import re

import pytest

from lessons import anchors
from lessons.course import COURSE
from lessons.mistakes import folder_of, mistakes_of
from lessons.recall import questions_of

PAGES = [(move.id, path) for move in COURSE.parts for path in anchors.boards(move.id)]
PARTS = ("What it is for.", "What success looks like.", "What failure usually means.")


@pytest.mark.parametrize(("move", "path"), PAGES, ids=lambda value: getattr(value, "stem", value))
def test_pages_are_short_and_their_code_fits(move, path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert max(len(line) for block in blocks for line in block.splitlines()) <= 76
    assert path.name in COURSE.part(move).boards


def test_every_section_can_be_linked_to_and_leads_to_its_own_page():
    for move, path in PAGES:
        for part in anchors.parts(path.read_text(encoding="utf-8")):
            if part.slug:
                found = anchors.find(f"{move}#{part.slug}")
                assert (found.board, found.heading) == (path, part.heading)


def test_every_link_leads_somewhere():
    links = [link for _, path in PAGES for link in anchors.links(path.read_text("utf-8"))]
    assert len(links) >= 12
    links += [q.repair for move in COURSE.moves for q in questions_of(move.id).values()]
    links += [m.repair for p in COURSE.checkpoints for m in mistakes_of(folder_of(COURSE, p))]
    for link in set(links):
        if link.startswith("lab:"):
            COURSE.lab(link.partition(":")[2])
        else:
            anchors.find(link)


def test_nothing_that_looks_like_a_link_is_left_unread():
    for _, path in PAGES:
        text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        assert len(re.findall(r"\]\([^)]*(?:#|lab:)", text)) == len(anchors.links(text))


def test_there_is_a_card_for_each_of_the_six_things_to_carry_away():
    cards = [card for move in COURSE.moves for card in anchors.cards(move.id)]
    assert [card.heading.removeprefix("Card: ") for card in cards] == [
        "subclass nn.Module",
        "return logits and use cross_entropy",
        "reason about Conv2d shapes",
        "build a ResidualBlock",
        "use BatchNorm2d correctly",
        "freeze a backbone",
    ]
    for card in cards:
        assert [part for part in PARTS if f"**{part}**" in card.text] == list(PARTS)


def test_a_board_leads_to_each_card():
    linked = {
        link for _, path in PAGES if path.name == "board.md"
        for link in anchors.links(path.read_text("utf-8"))
    }  # fmt: skip
    for move in COURSE.moves:
        for card in anchors.cards(move.id):
            assert f"{move.id}#{card.slug}" in linked
