"""The chain of ideas: which of them the learner's own runs have shown, and where each leads."""

from __future__ import annotations

from typing import NamedTuple

from lessons.course import COURSE
from lessons.declare import Concept
from tutor.progress import Progress


class Node(NamedTuple):
    """A concept with what the learner has shown of it.

    shown: sources that a run has shown. missing: those that none has yet, in their order.
    """

    concept: Concept
    shown: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def lit(self) -> bool:
        return bool(self.shown) and not self.missing

    @property
    def way(self) -> str:
        """Where to go on: what shows it and has not yet (``checkpoint:ID``, ``lab:ID``); once all
        has, its section of the board (``move#anchor``)."""
        for source in self.missing:
            kind, _, lab = source.partition(":")
            if kind != "lab":
                return f"checkpoint:{source.partition('/')[0]}"
            if any(lab == known.id for known in COURSE.labs):
                return source
        return self.concept.board


def nodes(progress: Progress) -> list[Node]:
    """The concepts in the order in which they build on each other."""
    seen = sources_shown(progress)
    return [
        Node(
            concept,
            tuple(source for source in concept.shown_by if source in seen),
            tuple(source for source in concept.shown_by if source not in seen),
        )
        for concept in COURSE.concepts
    ]


def sources_shown(progress: Progress) -> set[str]:
    """``checkpoint`` of each that was passed whole, ``checkpoint/claim`` of each claim ever passed,
    and ``lab:id`` of each lab that has shown what it is for."""
    found = set()
    for point in COURSE.checkpoints:
        if progress.passed(point):
            found.add(point.id)
        for claim_id, entry in progress.evidence(point).items():
            if entry.verdict == "passed":
                found.add(f"{point.id}/{claim_id}")
    return found | {f"lab:{lab.id}" for lab in COURSE.labs if progress.lab_evidence(lab.id)}


def told(node: Node) -> str:
    """What is known of a concept, in a few words, and what builds on it."""
    parts = []
    if node.shown:
        parts.append(f"Shown by {', '.join(node.shown)}.")
    if node.missing:
        parts.append(f"{'Still to show' if node.shown else 'To show'}: {', '.join(node.missing)}.")
    titles = {concept.id: concept.title for concept in COURSE.concepts}
    if node.concept.leads_to:
        parts.append(f"Leads to {', '.join(titles[one] for one in node.concept.leads_to)}.")
    return " ".join(parts)
