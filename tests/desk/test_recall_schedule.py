"""What is due, worked out from the log: whoever wrote it, in whatever order, by their clocks."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.course import COURSE
from lessons.recall import questions_of
from tutor.progress import CheckEnded, Progress, RecallAnswered, encode, parse
from tutor.recall import BACK_AFTER, AlreadyAnsweredError, Recall, gates
from tutor.workspace import Workspace

NOW = 1_800_000_000.0
MINUTE, DAY = 60.0, 86_400.0
ROWS, STEP = "scaffold/rows", "scaffold/step"
SCAFFOLD = list(questions_of("scaffold"))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recall(workspace, clock) -> Recall:
    return Recall(Progress(workspace), clock, seeds=itertools.count(1).__next__)


def give(recall: Recall, name: str, right: bool) -> None:
    asked = recall.ask(name)
    if asked.told:
        recall.tell(asked, "so it is")
        recall.judge_points(asked, {1, 2, 3, 4} if right else set())
    else:
        recall.answer(asked, asked._answer.split("\n")[0] if right else "?")


def standing(recall: Recall, name: str):
    return next(s for s in recall.standings() if s.question == name)


def test_for_a_new_learner_the_first_moves_questions_are_due(recall):
    assert [s.question for s in recall.due()] == SCAFFOLD
    assert recall.returning() == []
    assert recall.next_time() is None
    assert [s.move for s in recall.due("reuse")] == ["reuse"] * len(questions_of("reuse"))


def test_the_next_moves_questions_come_when_a_moves_checkpoints_are_passed(recall):
    for point in COURSE.moves[0].checkpoints:
        recall.progress.add(
            CheckEnded(
                checkpoint=point.id, outcome="passed", whole=True, sha256="", check="", at=NOW
            )
        )
    assert {s.move for s in recall.due()} == {"scaffold", "locality"}


def test_a_miss_comes_back_in_minutes_and_before_what_is_new(recall, clock):
    give(recall, STEP, right=False)
    assert STEP not in [s.question for s in recall.due()]
    assert recall.next_time() == pytest.approx(NOW + BACK_AFTER * MINUTE)
    clock.now += BACK_AFTER * MINUTE
    assert recall.due()[0].question == STEP
    assert [s.question for s in recall.returning()] == [STEP]
    assert [s.question for s in recall.returning("depth")] == []


def test_what_is_known_comes_back_after_days_and_ever_later(recall, clock):
    waits = []
    for _ in range(4):
        give(recall, ROWS, right=True)
        due = standing(recall, ROWS).due
        waits.append(due - clock.now)
        clock.now = due
    assert waits[0] >= DAY
    assert waits == sorted(waits)
    assert waits[-1] > 3 * waits[0]


def test_what_was_known_and_then_missed_comes_back_soon(recall, clock):
    give(recall, ROWS, right=True)
    clock.now += 10 * DAY
    give(recall, ROWS, right=False)
    assert standing(recall, ROWS).state == "missed"
    assert standing(recall, ROWS).ever
    assert standing(recall, ROWS).due == pytest.approx(clock.now + BACK_AFTER * MINUTE)


def test_the_gate_needs_each_question_right_once_and_stays_passed(recall, clock):
    for name in SCAFFOLD[:-1]:
        give(recall, name, right=True)
    give(recall, SCAFFOLD[-1], right=False)
    gate = recall.gate("scaffold")
    assert (gate.right, gate.total, gate.passed) == (len(SCAFFOLD) - 1, len(SCAFFOLD), False)
    give(recall, SCAFFOLD[-1], right=True)
    assert recall.gate("scaffold").passed
    clock.now += DAY
    give(recall, ROWS, right=False)
    assert recall.gate("scaffold").passed
    assert not recall.gate("locality").passed


def test_two_sessions_merge_and_agree(workspace, clock):
    counter = itertools.count(1)
    one = Recall(Progress(workspace), clock, seeds=counter.__next__)
    two = Recall(Progress(workspace), clock, seeds=counter.__next__)
    give(one, ROWS, right=False)
    clock.now += MINUTE
    give(two, ROWS, right=True)
    give(two, STEP, right=True)
    for each in (one, two):
        each.progress.refresh()
    assert one.standings() == two.standings()
    assert standing(one, ROWS).state == "right"
    assert gates(one.progress) == gates(two.progress)


entries = st.builds(
    RecallAnswered,
    question=st.sampled_from([*SCAFFOLD[:3], "scaffold/gone", "nowhere/at-all"]),
    seed=st.integers(0, 6),
    right=st.booleans(),
    rating=st.integers(-3, 9),
    given=st.just(""),
    at=st.one_of(st.floats(-1e18, 1e18), st.just(NOW)),
)


@given(st.lists(entries, max_size=12), st.randoms())
def test_any_log_gives_one_schedule_whatever_its_order(tmp_path_factory, written, random):
    def standings(log):
        place = Workspace(tmp_path_factory.mktemp("desk"))
        progress = Progress(place)
        progress._entries = log
        return Recall(progress, lambda: NOW).standings()

    shuffled = list(written)
    random.shuffle(shuffled)
    assert standings(written) == standings(shuffled)
    assert parse(b"".join(map(encode, written))).entries == written


def test_numbers_are_drawn_anew_each_time(workspace, clock):
    recall = Recall(Progress(workspace), clock)
    pages = []
    for _ in range(6):
        asked = recall.ask(ROWS)
        pages.append(asked.page())
        recall.answer(asked, "?")
    assert all(one != two for one, two in itertools.pairwise(pages))


def test_a_ticket_counts_once(recall):
    asked = recall.ask(ROWS)
    assert not recall.answer(recall.from_ticket(asked.ticket), "1x1").right
    with pytest.raises(AlreadyAnsweredError, match="counts once"):
        recall.from_ticket(asked.ticket)


def test_key_points_are_judged_only_after_something_was_told(recall):
    asked = recall.ask("scaffold/no-softmax")
    with pytest.raises(ValueError, match="not told yet"):
        recall.judge_points(asked, {1, 2, 3})
    assert recall.tell(asked, "my words") == asked.points
    recall.tell(asked, "better words, now that I have seen the points")
    assert recall.told(asked) == "my words"
    assert recall.judge_points(asked, {1, 2, 3}).right


def test_answers_survive_for_another_process(recall, workspace):
    give(recall, ROWS, right=True)
    again = Recall(Progress(workspace), lambda: NOW)
    assert again.gate("scaffold").right == 1
    (entry,) = again.progress.answers()
    assert (entry.question, entry.right, entry.rating, entry.at) == (ROWS, True, 3, NOW)
