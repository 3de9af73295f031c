"""The report: SHIP is out of reach while anything is unproved, and the score says how far."""

import json
from collections.abc import Callable

import pytest

from lessons.course import COURSE
from lessons.recall import questions_of
from tutor.progress import AnyEntry, CheckEnded, ClaimShown, LabShown, Progress, RecallAnswered
from tutor.report import report


def everything() -> dict[str, AnyEntry]:
    """All that a learner who has finished has written down, by a name for each piece."""
    found: dict[str, AnyEntry] = {}
    for point in (point for move in COURSE.moves for point in move.checkpoints):
        for claim in point.claims:
            found[f"{point.id}/{claim.id}"] = claim_shown(point.id, claim.id, claim.tier.value)
        passed = tuple(claim.id for claim in point.claims)
        found[point.id] = CheckEnded(
            checkpoint=point.id, outcome="passed", sha256="ab", check="c",
            claims_passed=passed, whole=True, at=1.0,
        )  # fmt: skip
    for claim in COURSE.claims:
        for source in claim.shown_by:
            kind, _, lab = source.partition(":")
            if kind == "lab":
                found[source] = lab_shown(lab, claim.tier.value)
    for move in COURSE.moves:
        for name in questions_of(move.id):
            found[f"recall {name}"] = answered(name, True)
    return found


def claim_shown(checkpoint: str, claim: str, tier: str, verdict: str = "passed") -> ClaimShown:
    return ClaimShown(
        checkpoint=checkpoint, claim=claim, tier=tier, verdict=verdict, sha256="ab" * 32,
        check="c", observed="as it should be", at=1.0,
    )  # fmt: skip


def lab_shown(lab: str, tier: str, proves: bool = True) -> LabShown:
    return LabShown(
        lab=lab, sentence="It holds.", figures={}, tier=tier, proves=proves, settings={}, at=1.0
    )


def answered(name: str, right: bool) -> RecallAnswered:
    return RecallAnswered(question=name, seed=1, right=right, rating=3 if right else 1, at=1.0)


class Written(Progress):
    """Progress that holds what it was given; a file for each of hundreds of cases takes long."""

    def hold(self, entries) -> "Written":
        self._entries = list(entries)
        return self


@pytest.fixture
def holding(workspace) -> Callable[..., Progress]:
    return Written(workspace).hold


def test_whoever_has_shown_everything_ships(holding):
    found = report(holding(everything().values()))
    assert (found.ship, found.score, found.missing) == (True, 100, ())


def alone(name: str) -> set[str]:
    """What has to be left out for that piece to be unproved: a claim with two sources has both."""
    sources = [set(claim.shown_by) for claim in COURSE.claims if name in claim.shown_by]
    if name.startswith("lab:"):
        return set.union(*sources)
    return {name}


def test_no_single_thing_can_be_left_out(holding):
    whole = everything()
    for name in whole:
        left = {key: entry for key, entry in whole.items() if key not in alone(name)}
        found = report(holding(left.values()))
        assert not found.ship, name
        assert found.score < 100, name
        assert found.missing, name


def test_no_single_thing_can_be_replaced_by_something_weaker(holding):
    """A failed run, a run that proves nothing, evidence of another tier, a missed question."""
    whole = everything()
    for name, entry in whole.items():
        rest = {key: each for key, each in whole.items() if key not in alone(name)}
        weaker: list[AnyEntry] = []
        if isinstance(entry, ClaimShown):
            tier = COURSE.checkpoint(entry.checkpoint).claim(entry.claim).tier.value
            weaker.append(claim_shown(entry.checkpoint, entry.claim, tier, "failed"))
            weaker.append(claim_shown(entry.checkpoint, entry.claim, "T9"))
            if tier != "T1":
                weaker.append(claim_shown(entry.checkpoint, entry.claim, "T1"))
        elif isinstance(entry, CheckEnded):
            some = entry.claims_passed[:-1]  # as before the course got one more claim
            weaker += [
                CheckEnded(
                    checkpoint=entry.checkpoint, outcome="passed", sha256="ab", check="c",
                    claims_passed=some, whole=True, at=1.0,
                ),
                CheckEnded(
                    checkpoint=entry.checkpoint, outcome="passed", sha256="ab", check="c",
                    claims_passed=entry.claims_passed, whole=False, at=1.0,
                ),
            ]  # fmt: skip
        elif isinstance(entry, LabShown):
            weaker.append(lab_shown(entry.lab, entry.tier, proves=False))
            if entry.tier != "T1":
                weaker.append(lab_shown(entry.lab, "T1"))
        else:
            assert isinstance(entry, RecallAnswered)
            weaker.append(answered(entry.question, False))
        for less in weaker:
            found = report(holding([*rest.values(), less]))
            assert not found.ship, (name, less)
            assert found.score < 100, (name, less)


def test_it_tells_evidence_hints_resets_and_what_is_missing(call, here):
    progress = Progress(here)
    for entry in list(everything().values())[:3]:
        progress.add(entry)
    call("hint", "mlp")
    call("reset", "mlp")
    status, out, _ = call("report")
    told = " ".join(out.split())
    assert status == 1
    assert "mlp: 3 of 8 claims; 0 checks, 1 of 5 hints, 1 reset" in told
    assert "as it should be [1970-01-01" in told
    assert "What is missing" in out
    assert "recall of Scaffold: 11 questions never right yet (cnntutor recall scaffold)" in told
    assert all(len(line) <= 80 for line in out.splitlines())
    found = json.loads(call("report", "--json")[1])
    assert found["score"] == int(60 * 3 / found["claims"]["needed"])
    assert found["ship"] is False
    document = call("report", "--markdown")[1]
    assert document.startswith("# cnntutor: report")
    assert "| mlp" not in document
    rows = [line for line in document.splitlines() if line.startswith("| ")]
    assert all(line.count("|") - line.count("\\|") == 5 for line in rows)


def test_shipping_is_exit_status_0(call, here):
    progress = Progress(here)
    for entry in everything().values():
        progress.add(entry)
    status, out, _ = call("report")
    assert status == 0
    assert "100 of 100, SHIP" in out
    assert "What is missing" not in out
