"""Judging itself: order of need, floating types, dead subjects, and what proving would catch."""

import msgspec
import pytest

from lessons import judging, proving
from lessons.mistakes import mistake
from lessons.subject import SubjectDied
from lessons.workbench import LearnerError
from reference import mlp


class Broken:
    """An answerer over the reference that fails at one request of one name."""

    def __init__(self, name, error):
        self.answer = judging.local_answerer("mlp", "reference")
        self.name, self.error = name, error

    def __call__(self, request, arguments, on_step=None):
        if arguments.get("name") == self.name:
            raise self.error
        return self.answer(request, arguments, on_step)


def judged(answer, claims=()):
    findings = proving.Findings()
    judging.judge("mlp", answer, claims=claims, show=findings)
    return {one.claim: one for one in findings.judged_claims}


def test_a_dead_subject_costs_its_claim_and_no_other():
    verdicts = judged(Broken("train", SubjectDied("crash", "the process died of SIGSEGV")))
    assert verdicts["training-step"].verdict == "could-not-run"
    assert verdicts["training-step"].error_kind == "crash"
    assert "SIGSEGV" in verdicts["training-step"].observed
    assert verdicts["accuracy"].verdict == "passed"
    assert verdicts["learns"].verdict == "not-reached"


@pytest.mark.parametrize(
    ("kind", "error_kind"), [("MemoryError", "memory"), ("SystemExit", "exit")]
)
def test_what_ends_a_program_is_no_wrong_answer(kind, error_kind):
    verdicts = judged(Broken("Linear", LearnerError(kind, "")), ("linear-values",))
    assert verdicts["parameters"].verdict == "could-not-run"
    assert verdicts["parameters"].error_kind == error_kind
    assert verdicts["linear-values"].verdict == "not-reached"


def test_only_what_was_asked_for_and_what_it_needs_is_judged():
    verdicts = judged(judging.local_answerer("mlp", "reference"), ("same-outputs",))
    assert list(verdicts) == ["parameters", "linear-values", "raw-scores", "same-outputs"]


def test_needs_are_told_in_words():
    verdicts = judged(judging.local_answerer("mlp", "plain-tensors"))
    assert verdicts["parameters"].verdict == "failed"
    assert verdicts["linear-values"].verdict == "not-reached"
    assert "Parameters are registered" in verdicts["linear-values"].observed


def test_another_seed_asks_with_other_numbers():
    def seen(seed):
        answer = judging.local_answerer("mlp", "reference")
        inputs = []

        def listen(request, arguments, on_step=None):
            if request == "forward":
                inputs.append(arguments["inputs"])
            return answer(request, arguments, on_step)

        findings = proving.Findings()
        claims = ("linear-values",)
        judging.judge("mlp", listen, claims=claims, seed=seed, show=findings)
        return inputs[0]

    assert seen(0).equal(seen(0))
    assert not seen(0).equal(seen(1))


@pytest.fixture
def course_with(monkeypatch):
    """Adds a mistake to mlp for one test."""

    def add(extra):
        it = judging.Lesson(judging.lesson("mlp").checkpoint)
        it.mistakes = (*it.mistakes, extra)
        monkeypatch.setattr(judging, "lesson", lambda name: it)
        monkeypatch.setattr(proving, "lesson", lambda name: it)
        return it

    return add


def test_proving_refuses_a_mistake_that_passes(course_with):
    @mistake(claim="linear-values", repair="scaffold#one-linear-layer")
    class right_after_all:
        """It is right.

        So it is no mistake.
        """

        class Linear(mlp.Linear):
            pass

    it = course_with(right_after_all)
    proof = next(proving.prove(it.checkpoint, 0, ["right-after-all"]))
    assert proof.problem == "passes linear-values, the claim that it is kept for"


def test_proving_refuses_two_mistakes_that_behave_the_same(course_with):
    known = next(m for m in judging.lesson("mlp").mistakes if m.id == "no-relu")
    it = course_with(msgspec.structs.replace(known, id="no-relu-again"))
    proof = next(proving.prove(it.checkpoint, 0, ["no-relu-again"]))
    assert proof.problem == "is taken for no-relu in same-outputs"


def test_a_repair_link_that_leads_nowhere_is_a_problem(course_with):
    known = judging.lesson("mlp").mistakes[0]
    course_with(msgspec.structs.replace(known, id="astray", repair="scaffold#no-such-section"))
    problems = judging.describe("mlp")[1]
    assert len(problems) == 1
    assert "no-such-section" in problems[0]
