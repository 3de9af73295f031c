"""The mistake hunt: somebody's code with a mistake in it. What is wrong, and what would expose it?

No torch in here: the code is text (``lessons.variants``), and what is found out by running it is
the worker's to say. A ``Hunt`` shows nothing of its answer before both questions are answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from lessons.course import COURSE
from lessons.declare import Claim
from lessons.variants import Told, Variant, mistakes_told, variant

CHOICES = 4  # of either kind
LETTERS = "abcd"


@dataclass(frozen=True)
class Hunt:
    """One hunt as it is asked once.

    code: the definitions, one of which holds the mistake. says: what the tutor would say about
    it, one of them true, by number. claims: which would expose it, by letter. The fields that
    begin with ``_`` must not be shown before both are answered.
    """

    checkpoint: str
    seed: int
    code: str
    says: tuple[str, ...]
    claims: tuple[Claim, ...]
    _variant: Variant = field(repr=False)
    _said: int = field(repr=False)

    @property
    def ticket(self) -> str:
        """Names the hunt together with its draw."""
        return f"{self.checkpoint}@{self.seed}"

    def public(self) -> dict[str, object]:
        """What a program may know before it answers."""
        return {
            "ticket": self.ticket,
            "checkpoint": self.checkpoint,
            "code": self.code,
            "says": {str(at): says for at, says in enumerate(self.says, start=1)},
            "claims": {
                letter: claim.sentence for letter, claim in zip(LETTERS, self.claims, strict=False)
            },
        }

    def reveal(self) -> Variant:
        """The mistake. Only for who has answered."""
        return self._variant

    def named(self, number: int) -> bool:
        """Whether that is what is wrong; counted from 1. ValueError: there is no such number."""
        if not 1 <= number <= len(self.says):
            raise ValueError(f"{number} is not one of 1 to {len(self.says)}")
        return number == self._said

    def claim(self, letter: str) -> Claim:
        """The claim of that letter. ValueError: there is none."""
        place = LETTERS.find(letter.strip().casefold()) if letter.strip() else -1
        if not 0 <= place < len(self.claims):
            raise ValueError(f"'{letter}' is not one of a to {LETTERS[len(self.claims) - 1]}")
        return self.claims[place]


def order(checkpoint_id: str, seed: int) -> list[str]:
    """The mistakes as that seed shuffles them: the first that can be written out is hunted."""
    ids = [told.id for told in mistakes_told(checkpoint_id)]
    Random(f"hunt {checkpoint_id}@{seed}").shuffle(ids)
    return ids


def draw(checkpoint_id: str, seed: int) -> Hunt:
    """The hunt of that seed. LookupError: there is nothing to hunt in that checkpoint."""
    written = (variant(checkpoint_id, mistake) for mistake in order(checkpoint_id, seed))
    drawn = next((one for one in written if one is not None), None)
    if drawn is None:
        raise LookupError(f"no mistake of {checkpoint_id} can be hunted")
    chance = Random(f"choices {checkpoint_id}@{seed}")
    says = [drawn.diagnosis, *_others(drawn, chance)]
    chance.shuffle(says)
    return Hunt(
        checkpoint=checkpoint_id,
        seed=seed,
        code=drawn.shown,
        says=tuple(says),
        claims=_claims(drawn, chance),
        _variant=drawn,
        _said=says.index(drawn.diagnosis) + 1,
    )


def from_ticket(ticket: str) -> Hunt:
    """The hunt that a ticket names. LookupError says what is wrong with it."""
    checkpoint_id, _, seed = ticket.partition("@")
    if not (seed.isascii() and seed.isdigit() and len(seed) < 16):
        raise LookupError(f"'{ticket}' is no ticket; one looks like mlp@123")
    try:
        return draw(COURSE.checkpoint(checkpoint_id).id, int(seed))
    except KeyError as error:
        raise LookupError(str(error.args[0])) from error


def _others(drawn: Variant, chance: Random) -> list[str]:
    """What else could be said of such code: first of the same definitions, and there each of
    another claim as far as that goes, so that no two are the same thing in other words."""
    told = [one for one in mistakes_told(drawn.checkpoint) if one.id != drawn.mistake]
    chance.shuffle(told)
    near = [one for one in told if set(one.names) & set(drawn.names)]
    far = [one for one in told if one not in near]
    found: list[Told] = []
    for some, fresh in ((near, True), (near, False), (far, True), (far, False)):
        for one in some:
            seen = {drawn.claim, *(other.claim for other in found)}
            if len(found) < CHOICES - 1 and one not in found and (one.claim not in seen) >= fresh:
                found.append(one)
    return [one.diagnosis for one in found]


def _claims(drawn: Variant, chance: Random) -> tuple[Claim, ...]:
    """The claim that exposes it among others, in the course's order. Others come first from those
    that don't rest on it; a claim that rests on it could not even be reached."""
    point = COURSE.checkpoint(drawn.checkpoint)
    own = point.claim(drawn.claim)
    others = [claim for claim in point.claims if claim != own and not claim.trains]
    chance.shuffle(others)
    others.sort(key=lambda claim: _rests_on(claim, own.id, {c.id: c for c in point.claims}))
    chosen = {own.id, *(claim.id for claim in others[: CHOICES - 1])}
    return tuple(claim for claim in point.claims if claim.id in chosen)


def _rests_on(claim: Claim, other: str, claims: dict[str, Claim]) -> bool:
    return other in claim.needs or any(
        _rests_on(claims[need], other, claims) for need in claim.needs
    )
