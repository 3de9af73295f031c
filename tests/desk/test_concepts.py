"""The chain of ideas: what lights a node, and where each node leads."""

from lessons import anchors
from lessons.course import COURSE
from tests.desk.test_report import claim_shown, lab_shown
from tutor.concepts import nodes, told
from tutor.progress import CheckEnded, Progress


def node(progress, name):
    return next(node for node in nodes(progress) if node.concept.id == name)


def test_the_chain_is_one_graph_from_its_roots_to_feature_extraction():
    ids = [concept.id for concept in COURSE.concepts]
    for concept in COURSE.concepts:
        assert all(ids.index(target) > ids.index(concept.id) for target in concept.leads_to)
        assert concept.leads_to or concept.id == ids[-1]
        assert concept.shown_by
        anchors.find(concept.board)


def test_a_node_is_lit_once_all_that_shows_it_has_passed(workspace):
    progress = Progress(workspace)
    assert not any(node.lit for node in nodes(progress))
    progress.add(claim_shown("mlp", "raw-scores", "T1"))
    half = node(progress, "logits")
    assert (half.lit, half.shown, half.missing) == (
        False,
        ("mlp/raw-scores",),
        ("mlp/training-step",),
    )
    assert "Still to show: mlp/training-step" in told(half)
    progress.add(claim_shown("mlp", "training-step", "T2"))
    assert node(progress, "logits").lit
    assert not node(progress, "baseline").lit


def test_a_lab_lights_a_node_when_its_run_has_proved_something(workspace):
    progress = Progress(workspace)
    progress.add(lab_shown("shift", "T1", proves=False))
    assert not node(progress, "mismatch").lit
    progress.add(lab_shown("shift", "T1"))
    assert node(progress, "mismatch").lit


def test_a_node_leads_to_what_shows_it_and_once_shown_to_its_page(workspace):
    progress = Progress(workspace)
    assert node(progress, "mismatch").way == "lab:shift"
    assert node(progress, "baseline").way == "checkpoint:mlp"
    progress.add(
        CheckEnded(checkpoint="mlp", outcome="passed", sha256="ab", check="c", whole=True, at=1.0)
    )
    assert node(progress, "baseline").way == "scaffold#one-training-step"
