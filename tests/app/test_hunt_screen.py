"""The hunt's screen: the learner commits first, then the probe runs, and the next is another."""

from tests.app.appkit import MLP, done, shown, text_of, until, verdict
from tutor.progress import CheckEnded, Progress


def pass_mlp(app):
    app.progress.add(
        CheckEnded(checkpoint="mlp", outcome="passed", sha256="ab", check="c", whole=True, at=1.0)
    )


async def open_hunt(app, pilot):
    app.open_hunt(MLP)
    await until(pilot, lambda: getattr(app.screen, "place", "") == "hunt")
    await pilot.pause()


async def test_what_was_not_passed_is_not_given_away_unasked(make):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h")
        await until(pilot, lambda: "You have not passed mlp yet" in shown(app))
        assert "def " not in shown(app)
        await pilot.press("enter", "1", "a")
        assert "def " not in shown(app)
        await pilot.press("y")
        await until(pilot, lambda: "def " in shown(app))


async def test_both_answers_then_the_probe_then_the_truth(make, client, workspace):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        pass_mlp(app)
        await open_hunt(app, pilot)
        page = app.screen.page
        answer = page.drawn.reveal()
        text = "\n".join(strip.text for strip in page.lines)
        assert "def " in text
        assert "Which claim would expose it?" in text
        assert answer.why[:20] not in text
        await pilot.press("enter")
        await until(pilot, lambda: "Say first what is wrong" in shown(app))
        assert not client.requests
        right = page.drawn.says.index(answer.diagnosis) + 1
        letter = "abcd"[[claim.id for claim in page.drawn.claims].index(answer.claim)]
        other = "a" if letter != "a" else "b"
        await pilot.press(str(right % 4 + 1), other, str(right), letter)
        await until(pilot, lambda: "Enter runs the claim" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: client.requests)
        assert "runs on this code" in shown(app)
        assert client.last.claims == (answer.claim,)
        number = client.last.number
        client.play(
            verdict(number, answer.claim, "failed", observed="seen so", expected="other"),
            done(number),
        )
        await until(pilot, lambda: "You named it." in shown(app))
        text = "\n".join(strip.text for strip in page.lines)
        assert "seen so" in text
        assert "enter next hunt" in text_of(app)[-1]
        assert "1 found of 1" in text_of(app)[0]
        assert Progress(workspace).hunts("mlp")[0].mistake == answer.mistake
        await pilot.press("enter")
        await until(pilot, lambda: page.outcome is None)
        assert page.drawn.reveal().mistake != answer.mistake


async def test_leaving_ends_the_probe_and_its_late_news_change_nothing(make, client):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        pass_mlp(app)
        await open_hunt(app, pilot)
        await pilot.press("1", "a", "enter")
        await until(pilot, lambda: client.requests)
        number = client.last.number
        await pilot.press("q")
        await until(pilot, lambda: app.screen.place == "home")
        assert client.cancelled == [number]
        client.play(done(number, cancelled=True))
        await pilot.pause()
        assert app.progress.hunts("mlp") == []


async def test_a_probe_that_can_not_run_says_so_and_may_be_tried_again(make, client):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        pass_mlp(app)
        await open_hunt(app, pilot)
        await pilot.press("1", "a", "enter")
        await until(pilot, lambda: client.requests)
        client.play(done(client.last.number, "could-not-run", error="it was killed"))
        await until(pilot, lambda: "it was killed" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: len(client.requests) == 2)
