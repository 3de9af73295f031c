"""``cnntutor recall``: a program lists and answers, a person answers line by line."""

from __future__ import annotations

import io
import json
import sys

import pytest

from lessons import recall as lesson
from tutor.cli import recall as command
from tutor.cli.run import run
from tutor.progress import Progress, RecallAnswered
from tutor.recall import gates


@pytest.fixture
def call(capsys):
    def calling(*arguments):
        status = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return calling


@pytest.fixture
def here(workspace, monkeypatch):
    monkeypatch.chdir(workspace.root)
    return workspace


@pytest.fixture
def type_lines(monkeypatch):
    """A person at a terminal, who types these lines and then ctrl+d."""

    def typing(*lines):
        left = iter(lines)

        def type_next(prompt=""):
            print(prompt)
            for line in left:
                return line() if callable(line) else line
            raise EOFError

        monkeypatch.setattr(command.dialogue, "answers", lambda: True)
        monkeypatch.setattr("builtins.input", type_next)

    return typing


def listed(call, *arguments):
    status, out, err = call("recall", *arguments, "--json")
    assert (status, err) == (0, "")
    return json.loads(out)


def ticket(call, name):
    questions = listed(call, "--all")["questions"]
    return next(q["ticket"] for q in questions if q["question"] == name)


def right_answer(ticket):
    return lesson.from_ticket(ticket)._answer.split("\n")[0]


def test_the_list_for_programs_gives_no_answer_away(call, here):
    found = listed(call)
    assert [q["question"] for q in found["questions"]] == list(lesson.questions_of("scaffold"))
    for question in found["questions"]:
        assert set(question) == {
            "ticket", "question", "kind", "text", "choices", "how", "move", "state",
        }  # fmt: skip
    assert found["next_due"] is None
    assert found["gates"][0] == {"move": "scaffold", "right": 0, "questions": 11, "passed": False}
    assert [q["move"] for q in listed(call, "reuse")["questions"]] == ["reuse"] * 12
    assert listed(call, "--due")["questions"] == []


def test_an_answer_by_option_is_judged_and_kept(call, here):
    name = ticket(call, "scaffold/rows")
    status, out, _ = call("recall", "--json", "--answer", name, right_answer(name))
    (result,) = json.loads(out)["results"]
    assert status == 0
    assert result["right"] is True
    assert result["error"] is None
    assert result["why"]
    assert "scaffold/rows" not in [q["question"] for q in listed(call)["questions"]]
    assert gates(Progress(here))[0].right == 1


def test_a_miss_is_1_and_says_where_to_read_and_the_ticket_is_spent(call, here):
    name = ticket(call, "scaffold/rows")
    status, out, _ = call("recall", "--json", "--answer", name, "1x1")
    (result,) = json.loads(out)["results"]
    assert status == 1
    assert result["right"] is False
    assert result["answer"] == right_answer(name)
    assert result["repair"] == "scaffold#flatten-keeps-the-batch-apart"
    assert result["due"] > 0
    status, out, _ = call("recall", "--json", "--answer", name, right_answer(name))
    (result,) = json.loads(out)["results"]
    assert status == 2
    assert result["right"] is None
    assert "counts once" in result["error"]
    assert gates(Progress(here))[0].right == 0


def test_answers_by_stdin_one_json_object_a_line(call, here, monkeypatch):
    one, two = ticket(call, "scaffold/rows"), ticket(call, "scaffold/forward-line")
    lines = [
        {"ticket": one, "answer": right_answer(one)},
        {"ticket": two, "answer": "t()"},
        {"ticket": two.replace("forward-line", "none"), "answer": "x"},
    ]
    text = "\n".join(map(json.dumps, lines)) + "\n\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    status, out, _ = call("recall", "--json", "--answers", "-")
    results = json.loads(out)["results"]
    assert status == 2  # the third is no question
    assert [result["right"] for result in results] == [True, True, None]
    assert "no question 'scaffold/none'" in results[2]["error"]


@pytest.mark.parametrize(
    "line", ["x", "{}", '{"ticket": "a@1"}', '{"ticket": "a@1", "answer": "1", "points": [1]}']
)
def test_a_line_that_is_no_answer_is_told_by_its_number(call, here, tmp_path, line):
    (tmp_path / "answers").write_text(line)
    status, out, err = call("recall", "--answers", tmp_path / "answers")
    assert (status, out) == (2, "")
    assert "line 1 of the answers" in err


def test_a_told_answer_takes_two_steps(call, here):
    name = ticket(call, "scaffold/no-softmax")
    status, out, _ = call("recall", "--json", "--points", name, "1,2,3")
    assert status == 2
    assert "in your own words" in json.loads(out)["results"][0]["error"]
    status, out, _ = call("recall", "--json", "--answer", name, "the loss takes raw scores")
    (result,) = json.loads(out)["results"]
    assert status == 0
    assert result["right"] is None
    assert len(result["points"]) == 3
    status, out, _ = call("recall", "--json", "--points", name, "1,3")
    assert status == 1
    other = ticket(call, "scaffold/without-relu")
    call("recall", "--answer", other, "one layer")
    status, out, _ = call("recall", "--json", "--points", other, "1 2")
    assert status == 0
    assert json.loads(out)["results"][0]["right"] is True


def test_without_a_terminal_the_questions_are_listed_in_lines(call, here):
    status, out, _ = call("recall", "locality")
    assert status == 0
    assert "locality/map-size@" in out
    assert "cnntutor recall --answer" in out
    assert "minus infinity" not in out
    for line in out.splitlines():
        assert len(line) <= 80, line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "no move 'nowhere'; there are: scaffold"),
        (["--due", "--all"], "don't go together"),
        (["--points", "a@1", "first"], "numbers like 1,3"),
        (["--answer", "x"], "--answer"),
    ],
)
def test_wrong_usage(call, here, arguments, words):
    status, out, err = call("recall", *arguments)
    assert (status, out) == (2, "")
    assert words in err


def test_without_a_workspace(call):
    status, _, err = call("recall")
    assert status == 3
    assert "cnntutor init" in err


def test_a_person_answers_line_by_line_and_reads_what_was_missed(call, here, type_lines):
    type_lines("what", "1x1", "r", "")
    status, out, err = call("recall")
    assert (status, err) == (1, "")
    assert "11 questions from memory" in out
    assert "'what' is no shape of numbers" in out
    assert "✗ missed" in out
    assert "read cnntutor show scaffold#flatten-keeps-the-batch-apart" in " ".join(out.split())
    assert "Dimension 0 counts the images. It stays as it is" in " ".join(out.split())
    assert "0 right, 1 missed." in out
    assert "Of scaffold, 0 of 11 were right at least once." in out
    assert "comes back on" in out
    (entry,) = Progress(here).answers()
    assert (entry.question, entry.right) == ("scaffold/rows", False)


def test_a_person_tells_and_judges_point_by_point(call, here, type_lines):
    progress = Progress(here)
    for name in lesson.questions_of("scaffold"):
        if name != "scaffold/no-softmax":
            progress.add(RecallAnswered(question=name, seed=1, right=True, rating=3, at=1.8e9))
    type_lines("", "it takes raw scores", "y", "maybe", "y", "y")
    status, out, _ = call("recall", "scaffold")
    assert status == 0
    assert out.index("Which of these did you say?") > out.index("> ")
    assert "✓ right" in out
    assert "The gate of scaffold is passed: all 11 were right once." in " ".join(out.split())


def test_nothing_due_says_when_the_next_comes(call, here, type_lines):
    type_lines()
    assert "Nothing was answered yet" in call("recall", "--due")[1]
    Progress(here).add(
        RecallAnswered(question="scaffold/rows", seed=1, right=True, rating=3, at=4e9)
    )
    assert "comes back on 2096" in call("recall", "--due")[1]


def test_what_is_due_again_is_listed_with_due(call, here):
    Progress(here).add(
        RecallAnswered(question="depth/block", seed=1, right=False, rating=1, at=1.0)
    )
    (question,) = listed(call, "--due")["questions"]
    assert (question["question"], question["state"]) == ("depth/block", "missed")


def test_status_tells_the_gates(call, here):
    progress = Progress(here)
    for name in lesson.questions_of("scaffold"):
        progress.add(RecallAnswered(question=name, seed=1, right=True, rating=3, at=1.0))
    _, out, _ = call("status")
    line = " ".join(out.split())
    assert "recall scaffold passed, locality 0 of 12" in line
    assert "11 due again" in line
    status = json.loads(call("status", "--json")[1])
    assert status["recall"]["gates"][0]["passed"] is True
    assert status["recall"]["due"] == 11
