"""Mistake hunts: plain code with the mistake in it, nothing given away, and the judge names it."""

import ast
import types

import pytest

from lessons import hunt
from lessons.course import COURSE
from lessons.judging import judge
from lessons.proving import Findings
from lessons.variants import mistakes_told, variant
from lessons.workbench import Workbench

POINTS = [point.id for point in COURSE.checkpoints]


@pytest.mark.parametrize("name", POINTS)
def test_the_mistakes_read_are_the_mistakes_that_there_are(name):
    from lessons.mistakes import folder_of, mistakes_of

    real = {m.id: m for m in mistakes_of(folder_of(COURSE, COURSE.checkpoint(name)))}
    told = {m.id: m for m in mistakes_told(name)}
    made_by_helpers = {i for i, m in real.items() if i not in told}
    assert set(told) <= set(real)
    assert len(made_by_helpers) < len(real) / 4
    for mistake, one in told.items():
        assert (one.claim, one.diagnosis, one.why, one.repair) == (
            real[mistake].claim, real[mistake].diagnosis, real[mistake].why, real[mistake].repair
        )  # fmt: skip


@pytest.mark.parametrize("name", POINTS)
def test_a_hunt_shows_code_and_choices_and_nothing_of_the_answer(name):
    seen = set()
    for seed in range(8):
        drawn = hunt.draw(name, seed)
        answer = drawn.reveal()
        seen.add(answer.mistake)
        ast.parse(drawn.code)
        assert max(map(len, drawn.code.splitlines())) <= 76
        shown = repr(drawn) + str(drawn.public())
        assert answer.mistake not in shown
        assert answer.mistake.replace("-", "_") not in shown
        assert answer.why[:30] not in shown
        assert '"""' not in drawn.code
        assert drawn.says.count(answer.diagnosis) == 1
        assert len(set(drawn.says)) == len(drawn.says) == 4
        assert [drawn.named(n) for n in (1, 2, 3, 4)].count(True) == 1
        assert answer.claim in [claim.id for claim in drawn.claims]
        assert hunt.from_ticket(drawn.ticket).public() == drawn.public()
    assert len(seen) > 4


def test_the_place_of_the_right_answer_is_no_hint():
    places = {hunt.draw("mlp", seed).says.index(hunt.draw("mlp", seed).reveal().diagnosis)
              for seed in range(30)}  # fmt: skip
    assert places == {0, 1, 2, 3}


@pytest.mark.parametrize("ticket", ["mlp", "mlp@", "mlp@-1", "nothing@1", "mlp@1e3", "@1"])
def test_what_is_no_ticket_is_told(ticket):
    with pytest.raises(LookupError):
        hunt.from_ticket(ticket)


@pytest.mark.parametrize("name", POINTS)
def test_the_judge_names_the_mistake_in_the_hunted_code(name):
    """One of each checkpoint; ``cnntutor author check --hunts`` does all of them."""
    answer = hunt.draw(name, 3).reveal()
    module = types.ModuleType(name)
    exec(compile(answer.file, f"{name}.py", "exec"), module.__dict__)
    findings = Findings()
    bench = Workbench(module.__dict__, f"{name}.py")
    judge(name, bench.answer, filename=f"{name}.py", claims=(answer.claim,), show=findings)
    own = next(j for j in findings.judged_claims if j.claim == answer.claim)
    assert (own.verdict, own.mistake) == ("failed", answer.mistake)


def test_a_method_of_the_reference_is_written_out_where_the_mistake_calls_it():
    written = variant("mlp", "softmax-in-forward")
    assert written is not None
    assert "super().forward" not in written.shown
    assert "self.linear2(x)" in written.shown
    assert ".softmax(" in written.shown


def test_a_mistake_that_would_call_itself_is_left_out():
    assert variant("conv", "brackets-left-out") is None
