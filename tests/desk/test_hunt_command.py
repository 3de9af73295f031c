"""Hunts on the command line: nothing is told before the answer, and the probe runs for real."""

import json

import pytest

from lessons import hunt
from tests.desk.deskkit import MLP, verdict
from tutor.progress import CheckEnded, Progress
from tutor.runner import protocol


@pytest.fixture
def passed(here):
    """A workspace whose learner has passed mlp."""
    Progress(here).add(
        CheckEnded(
            checkpoint="mlp", outcome="passed", sha256="ab", check="c", whole=True, at=1.0,
            claims_passed=tuple(claim.id for claim in MLP.claims),
        )
    )  # fmt: skip
    return here


def answering(worker, drawn, **words):
    """The worker finds the mistake by its own claim, and what ``words`` say by others."""
    own = drawn.reveal().claim
    found = {own: verdict(own, "failed", observed="seen so", expected="not so")}
    found |= {claim: verdict(claim, word) for claim, word in words.items()}
    done = protocol.Done(number=1, outcome="failed", seconds=0.1)
    worker.answer = lambda: iter([*found.values(), done])


def letter_of(drawn, claim):
    return "abcd"[[one.id for one in drawn.claims].index(claim)]


def test_code_that_was_not_passed_is_not_given_away(call, here):
    status, out, err = call("hunt", "mlp")
    assert status == 3
    assert not out
    assert "you have not passed yet" in err
    assert call("hunt", "mlp", "--anyway")[0] == 0


@pytest.mark.parametrize("seed", range(20))
def test_what_is_listed_gives_no_answer_away(call, passed, monkeypatch, seed):
    monkeypatch.setattr("tutor.hunting.secrets.randbelow", lambda _: seed)
    shown = json.loads(call("hunt", "--json")[1])
    drawn = hunt.draw("mlp", seed)
    answer = drawn.reveal()
    assert shown == {
        "ticket": f"mlp@{seed}",
        "checkpoint": "mlp",
        "code": drawn.code,
        "says": {str(number): says for number, says in enumerate(drawn.says, 1)},
        "claims": {
            letter: claim.sentence for letter, claim in zip("abcd", drawn.claims, strict=True)
        },
    }
    assert answer.why not in drawn.code
    assert answer.diagnosis not in drawn.code


def test_a_hunt_is_listed_answered_run_and_kept(call, passed, worker):
    shown = json.loads(call("hunt", "--json")[1])
    drawn = hunt.from_ticket(shown["ticket"])
    answer = drawn.reveal()
    answering(worker, drawn)
    right = str(drawn.says.index(answer.diagnosis) + 1)
    letter = letter_of(drawn, answer.claim)
    status, out, _ = call("hunt", "--answer", shown["ticket"], right, letter)
    told = " ".join(out.split())
    assert status == 0
    assert "You named it." in told
    assert "The claim that you chose exposes it." in told
    assert "seen so" in told
    assert answer.diagnosis in told
    assert worker.requests[0].source.decode().count("def ") > 3
    assert worker.requests[0].claims == (answer.claim,)
    kept = Progress(passed).hunts("mlp")
    assert [(e.mistake, e.named, e.exposed) for e in kept] == [(answer.mistake, True, True)]
    status, _, err = call("hunt", "--answer", shown["ticket"], right, letter)
    assert status == 2
    assert "answered already" in err


def test_what_is_wrong_in_an_answer_is_told_and_the_right_one_shown(call, passed, worker):
    drawn = hunt.draw("mlp", 1)
    answer = drawn.reveal()
    other = next(claim.id for claim in drawn.claims if claim.id != answer.claim)
    answering(worker, drawn, **{other: "passed"})
    wrong = str((drawn.says.index(answer.diagnosis) + 1) % 4 + 1)
    status, out, _ = call("hunt", "--answer", "mlp@1", wrong, letter_of(drawn, other), "--json")
    found = json.loads(out)
    assert status == 1
    assert (found["named"], found["exposed"], found["right"]) == (False, False, False)
    assert found["diagnosis"] == answer.diagnosis
    assert found["chosen"]["verdict"] == "passed"
    assert found["own"]["verdict"] == "failed"


def test_a_claim_that_is_blocked_by_one_that_fails_counts(call, passed, worker):
    drawn = hunt.draw("mlp", 1)
    other = next(claim.id for claim in drawn.claims if claim.id != drawn.reveal().claim)
    answering(worker, drawn, **{other: "not-reached"})
    out = call("hunt", "--answer", "mlp@1", "1", letter_of(drawn, other), "--json")[1]
    assert json.loads(out)["exposed"] is True


def test_a_probe_that_can_not_run_is_not_kept(call, passed, worker):
    worker.answer = lambda: iter(
        [protocol.Done(number=1, outcome="could-not-run", seconds=0.1, error="it was killed")]
    )
    status, _, err = call("hunt", "--answer", "mlp@1", "1", "a")
    assert status == 3
    assert "it was killed" in err
    assert Progress(passed).hunts("mlp") == []


@pytest.mark.parametrize("answer", [("mlp@1", "9", "a"), ("mlp@1", "1", "z"), ("mlp", "1", "a")])
def test_an_answer_that_can_not_be_is_wrong_usage(call, passed, worker, answer):
    assert call("hunt", "--answer", *answer)[0] == 2
    assert not worker.requests


def test_hunting_does_not_begin_a_checkpoint(call, here, worker):
    drawn = hunt.draw("mlp", 1)
    answering(worker, drawn)
    call("hunt", "--answer", "mlp@1", "1", "a")
    assert Progress(here).state(MLP) == "new"
