"""The recall screen: nothing is given away before an answer, and a miss leads to its repair."""

from __future__ import annotations

import pytest

from lessons import recall as lesson
from lessons.course import COURSE
from tests.app.appkit import shown, text_of, until
from tutor.app.recall import RecallScreen
from tutor.progress import Progress, RecallAnswered
from tutor.recall import gates

DAY = 86_400.0
NOW = 1_800_000_000.0


class Clock:
    """Says what it is told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def asking(make, clock):
    """An app on the recall screen, at the question of that name."""

    def build(name: str):
        app = make()
        app.clock = clock
        for other in lesson.questions_of("scaffold"):
            if other != name:
                app.progress.add(answered(other))
        return app

    return build


def answered(question: str, right: bool = True, at: float = NOW) -> RecallAnswered:
    return RecallAnswered(question=question, seed=1, right=right, rating=3 if right else 1, at=at)


async def open_recall(app, pilot, move="scaffold"):
    app.open_recall(move)
    await until(pilot, lambda: isinstance(app.screen, RecallScreen))
    await until(pilot, lambda: app.screen.page.asked is not None or app.screen.page.closing)
    await pilot.pause()


async def type_in(pilot, text: str):
    for letter in text:
        names = {" ": "space", "(": "left_parenthesis", ")": "right_parenthesis", ",": "comma"}
        await pilot.press(names.get(letter, letter))


async def test_a_right_answer_is_told_and_written_down(asking, workspace):
    app = asking("scaffold/rows")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_recall(app, pilot)
        page = " ".join(shown(app).split())
        assert "one row" in page
        assert "Dimension 0 counts the images" not in page
        assert "flatten" not in page
        await type_in(pilot, app.screen.page.asked._answer.strip("()").replace(",", ""))
        await pilot.press("enter")
        await until(pilot, lambda: "✓ right" in shown(app))
        assert "Dimension 0 counts the images" in " ".join(shown(app).split())
        assert "11 of 11 right once" in text_of(app)[0]
    assert gates(Progress(workspace))[0].passed


async def test_a_miss_opens_its_section_and_then_goes_on(asking, clock, board):
    (board / "board.md").write_text("# B\n\n## Flatten keeps the batch apart\n\nOne row each.\n")
    app = asking("scaffold/rows")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_recall(app, pilot)
        await type_in(pilot, "1 2")
        await pilot.press("enter")
        await until(pilot, lambda: "✗ missed" in shown(app))
        page = shown(app)
        assert app.screen.page.asked._answer in page
        assert "the board: Flatten keeps the batch apart" in page
        assert "enter read it" in text_of(app)[-1]
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.place == "board" and "One row each" in shown(app))
        await pilot.press("q")
        await until(pilot, lambda: app.screen.place == "recall")
        assert "enter next question" in text_of(app)[-1]
        await pilot.press("enter")
        await until(pilot, lambda: "Nothing is due now" in shown(app))
        assert "1 question was not right yet" in shown(app)
        clock.now += 10 * 60
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.page.asked is not None)
        assert app.screen.page.asked.question == "scaffold/rows"


async def test_a_miss_may_lead_to_a_lab(make, clock, monkeypatch):
    app = make()
    app.clock = clock
    opened = []
    monkeypatch.setattr(app, "open_lab", opened.append)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_recall(app, pilot, "locality")
        assert app.screen.page.asked.question == "locality/map-size"
        await type_in(pilot, "1000")
        await pilot.press("enter")
        await until(pilot, lambda: "✗ missed" in shown(app))
        assert f"the lab: {COURSE.lab('shapes').title}" in shown(app)
        assert "enter open it" in text_of(app)[-1]
        await pilot.press("enter")
        await until(pilot, lambda: opened)
        assert opened == [COURSE.lab("shapes")]


async def test_what_cannot_be_read_is_no_miss(asking):
    app = asking("scaffold/rows")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_recall(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "There is no answer yet" in shown(app))
        await type_in(pilot, "batch")
        await pilot.press("enter")
        await until(pilot, lambda: "no shape of numbers" in shown(app))
        assert app.screen.stage == "asking"
        assert "scaffold/rows" not in {entry.question for entry in app.progress.answers()}
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.place == "home")


async def test_letters_are_text_while_an_answer_is_typed(asking):
    app = asking("scaffold/forward-line")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_recall(app, pilot)
        await type_in(pilot, "qnsby")
        assert app.screen.answer.text == "qnsby"
        assert "? enter I don't know" in shown(app)


async def test_a_told_answer_shows_its_points_after_it_was_given_and_is_judged_by_each(asking):
    app = asking("scaffold/no-softmax")
    points = lesson.ask("scaffold/no-softmax", 0).points
    async with app.run_test(size=(80, 24)) as pilot:
        await open_recall(app, pilot)
        assert points[0][:30] not in shown(app)
        await type_in(pilot, "the loss takes raw scores")
        await pilot.press("enter")
        await until(pilot, lambda: "Which of these did you say?" in shown(app))
        page = " ".join(shown(app).split())
        assert "the loss takes raw scores" in page
        assert "A second softmax squeezes the scores" in page
        assert "y I said it" in text_of(app)[-1]
        for _ in points[:-1]:
            await pilot.press("y")
        assert app.screen.stage == "points"
        await pilot.press("n")
        await until(pilot, lambda: "✗ missed" in shown(app))
        (entry,) = [e for e in app.progress.answers() if e.question == "scaffold/no-softmax"]
        assert not entry.right
        assert entry.given == "the loss takes raw scores"


async def test_saying_all_points_is_right(asking):
    app = asking("scaffold/no-softmax")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_recall(app, pilot)
        await type_in(pilot, "all")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.stage == "points")
        for _ in app.screen.page.asked.points:
            await pilot.press("y")
        await until(pilot, lambda: "✓ right" in shown(app))


async def test_not_knowing_is_a_miss_and_shows_the_answer(asking):
    app = asking("scaffold/forward-line")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_recall(app, pilot)
        await pilot.press("question_mark", "enter")
        await until(pilot, lambda: "✗ missed" in shown(app))
        assert "self.weight.T + self.bias" in shown(app)
        await pilot.press("s")
        await until(pilot, lambda: app.screen.stage == "done")


async def test_home_leads_to_the_questions_and_tells_the_gate_in_a_few_words(make, clock):
    app = make()
    app.clock = clock
    app.progress.add(answered("scaffold/rows"))
    app.progress.add(answered("scaffold/step", right=False, at=NOW - DAY))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "next" in shown(app))
        assert "1  Scaffold" in shown(app)
        assert "recall 1 of 11, 1 due" in shown(app)
        assert "r recall" in text_of(app)[-1]
        await pilot.press("r")
        await until(pilot, lambda: app.screen.place == "recall")
        await until(pilot, lambda: app.screen.page.asked is not None)
        assert app.screen.page.asked.question == "scaffold/step"  # what is due comes first
        assert "Recall: Scaffold" in text_of(app)[0]


async def test_home_says_when_a_gate_is_passed(make, clock):
    app = make()
    app.clock = clock
    for name in lesson.questions_of("scaffold"):
        app.progress.add(answered(name))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "recall passed" in shown(app))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_every_question_fits_the_screen_with_its_answer_line(make, clock, size):
    app = make()
    app.clock = clock
    async with app.run_test(size=size) as pilot:
        await open_recall(app, pilot)
        page = app.screen.page
        for move in COURSE.moves:
            for name in lesson.questions_of(move.id):
                page.asked = lesson.ask(name, 7)
                app.screen.refresh_all()
                await pilot.pause()
                page.redraw()
                assert len(page.lines) <= page.size.height, shown(app)
                assert max(len(line) for line in text_of(app)) <= size[0]
                assert "enter answer" in text_of(app)[-1]


def test_the_footer_of_each_stage_fits():
    from lessons.recall import Judged
    from tutor.app.recall import footer

    missed = Judged(right=False, answer="", why="", repair="")
    for stage, judged in (("asking", None), ("points", None), ("judged", missed), ("done", None)):
        pairs = footer(stage, judged, read=False)
        assert 1 + sum(len(key) + len(label) + 3 for key, label in pairs) - 2 <= 80
