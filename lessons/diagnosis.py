"""Which of the course's mistakes behaves as the learner's code does.

A claim that failed is run on each mistake as well. A mistake explains the failure when all that
it gets wrong, the learner's code gets wrong in the same way: the same conditions broken, the
same values to the last digit that matters. What only tells mistakes apart (a ``trait``) has to
agree as well, wherever the mistake departs from the reference in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lessons.mistakes import Mistake
from lessons.trial import Failure, Note, departing, same

# Errors that a wrong shape can raise, each in another style of writing the same thing.
_SHAPE_ERRORS = frozenset({"RuntimeError", "ValueError", "IndexError"})
_TRAIT_TOLERANCE = 1e-6


class Match(msgspec.Struct):
    """A mistake that explains a failure. left: the learner's failures it doesn't explain."""

    mistake: Mistake
    left: list[Failure]
    primary: bool

    def rank(self, known: Sequence[str]) -> tuple[int, int, int]:
        """Smaller is better: what explains more, then what was already found in this check,
        then what is about this claim."""
        return (len(self.left), 0 if self.mistake.id in known else 1, 0 if self.primary else 1)


def explain(
    mistake: Mistake,
    claim_id: str,
    mine: Sequence[Failure],
    seen: Sequence[Note],
    wrong: Sequence[Note],
    reference: Sequence[Note],
) -> Match | None:
    """Whether ``mistake`` explains what was seen.

    Args:
        mine: what is wrong with the learner's code.
        seen: the notes of the learner's code.
        wrong: the notes of the mistake, from the same claim, seed and floating type.
        reference: the notes of the reference.
    """
    by_key = {(f.note.kind, f.note.name): f for f in mine}
    explained = set()
    for note in departing(wrong, reference):
        key = (note.kind, note.name)
        if key not in by_key or not _fails_alike(by_key[key].note, note):
            return None
        explained.add(key)
    if not explained:
        return None
    exact_keys = len(explained) == len(by_key)
    right = {n.name: n for n in reference if n.kind == "trait"}
    my_traits = {n.name: n for n in seen if n.kind == "trait"}
    for trait in (n for n in wrong if n.kind == "trait"):
        departs = trait.name not in right or not _same_trait(trait, right[trait.name])
        mine_too = trait.name in my_traits and _same_trait(my_traits[trait.name], trait)
        if (departs or exact_keys) and not mine_too:
            return None
    left = [f for f in mine if (f.note.kind, f.note.name) not in explained]
    return Match(mistake, left, mistake.claim == claim_id)


def _fails_alike(mine: Note, its: Note) -> bool:
    if mine.kind == "error":
        return mine.value == its.value or {mine.value, its.value} <= _SHAPE_ERRORS
    if mine.kind == "require":
        return True
    return same(mine.value, its.value, max(mine.tolerance, its.tolerance))


def _same_trait(a: Note, b: Note) -> bool:
    return same(a.value, b.value, max(a.tolerance, b.tolerance, _TRAIT_TOLERANCE))
