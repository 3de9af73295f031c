"""The evidence matrix: only evidence of the tier that a claim needs counts."""

import json

from lessons.course import COURSE
from lessons.declare import Tier
from tutor.evidence import matrix, proves
from tutor.progress import ClaimShown, LabShown, Progress


def shown(claim, tier, verdict="passed", at=1.0, checkpoint="mlp"):
    return ClaimShown(
        checkpoint=checkpoint,
        claim=claim,
        tier=tier,
        verdict=verdict,
        observed="as it should be",
        sha256="ab" * 32,
        at=at,
        check="c1",
    )


def lab(name, tier, at=1.0, **own):
    return LabShown(
        lab=name,
        sentence="The plain stack stays at 11 %.",
        figures={"plain": 11.0},
        tier=tier,
        proves=True,
        settings={},
        own=own,
        at=at,
    )


def row(progress, claim):
    return next(row for row in matrix(progress) if row.claim.id == claim)


def test_nothing_is_shown_before_the_learner_runs_something(workspace):
    rows = matrix(Progress(workspace))
    assert len(rows) == 9
    assert {row.state for row in rows} == {"not shown"}


def test_a_passed_claim_fills_its_row_and_a_failed_one_does_not(workspace):
    progress = Progress(workspace)
    progress.add(shown("raw-scores", "T1", verdict="failed"))
    assert row(progress, "logits").state == "not shown"
    progress.add(shown("raw-scores", "T1", at=2.0))
    assert row(progress, "logits").state == "shown"
    assert row(progress, "logits").showings[0].own == "ab" * 32


def test_a_look_never_proves_what_needs_an_intervention(workspace):
    progress = Progress(workspace)
    progress.add(lab("race", "T1"))
    assert row(progress, "residual-paths").state == "weaker"
    progress.add(lab("race", "T2", at=2.0))
    assert row(progress, "residual-paths").state == "shown"


def test_tiers():
    assert all(proves(tier, Tier.T1) for tier in Tier)
    assert not proves(Tier.T1, Tier.T2)
    assert not proves(Tier.T2, Tier.T3)
    assert not proves(Tier.T3, Tier.T2)


def test_every_source_that_is_named_exists():
    labs = {lab.id for lab in COURSE.labs}
    sources = [source for claim in COURSE.claims for source in claim.shown_by]
    sources += [source for concept in COURSE.concepts for source in concept.shown_by]
    for source in sources:
        kind, _, lab_id = source.partition(":")
        if kind == "lab":
            assert lab_id in labs
            continue
        checkpoint, _, claim = source.partition("/")
        point = COURSE.checkpoint(checkpoint)
        assert not claim or point.claim(claim)


def test_the_command_tells_each_claim_and_how_to_show_it(call, here):
    out = call("evidence")[1]
    for claim in COURSE.claims:
        assert claim.sentence in " ".join(out.split())
    assert "cnntutor lab race" in out
    claims = json.loads(call("evidence", "--json")[1])["claims"]
    assert [claim["id"] for claim in claims] == [claim.id for claim in COURSE.claims]
    assert claims[0]["state"] == "not shown"
