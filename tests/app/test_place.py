"""The first start welcomes and leads through a check; a later one opens where the learner was."""

from __future__ import annotations

import pytest

from tests.app.appkit import MLP, done, shown, until, verdict
from tutor.app import place
from tutor.app.app import TutorApp
from tutor.marks import Signs
from tutor.settings import SettingsFile


@pytest.fixture
def start(workspace, client):
    def build(**asked: str) -> TutorApp:
        app = TutorApp(workspace, client, SettingsFile(None, asked))
        app.signs = Signs(unicode=True)
        return app

    return build


async def test_a_first_start_welcomes_and_leads_through_a_check(start, client, workspace):
    app = start()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.place == "welcome" and "How long" in shown(app))
        page = " ".join(shown(app).split())
        for told in ("two hours or more", "mlp.py, conv.py", "enter goes on", "q goes back"):
            assert told in page
        assert "? shows every key" in page
        await pilot.press("enter")
        await until(pilot, lambda: "A first check: this file is the starter" in shown(app))
        assert "Press c to have it checked" in " ".join(shown(app).split())
        await pilot.press("2", "enter")  # in the editor a c is typed
        await until(pilot, lambda: "Press ctrl+t to have it" in " ".join(shown(app).split()))
        await pilot.press("escape", "c")
        await until(pilot, lambda: client.requests)
        number = client.begin()
        client.play(verdict(number, "parameters", "failed"), done(number))
        await until(pilot, lambda: "That was a check" in " ".join(shown(app).split()))
        await pilot.press("b")
        await until(pilot, lambda: app.screen.place == "board")
        await pilot.press("q", "q")
        await until(pilot, lambda: app.screen.place == "home")
    app = start()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.place == "home" and "next" in shown(app))


async def test_the_next_start_opens_where_the_learner_was(start, workspace):
    app = start(welcome="off")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.open_checkpoint(MLP)
        await until(pilot, lambda: app.screen.place == "checkpoint")
        app.open_board("scaffold")
        await until(pilot, lambda: app.screen.place == "board" and app.screen.query("#text"))
        await until(pilot, lambda: app.screen.query_one("#text").lines)
        await pilot.press("right_square_bracket", "right_square_bracket")
        await until(
            pilot, lambda: place.load(workspace)[-1] == "board:scaffold#what-a-step-changes"
        )
        app._exit = True  # no goodbye: as if it had been killed
    app = start()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.place == "board")
        await until(pilot, lambda: "What a step changes" in shown(app))
        await pilot.press("q")
        await until(pilot, lambda: app.screen.place == "checkpoint")
        await pilot.press("q")
        await until(pilot, lambda: app.screen.place == "home")
        await until(pilot, lambda: place.load(workspace) == ())


@pytest.mark.parametrize(
    "screens", [("checkpoint:gone", "board:nowhere", "frob:x"), ("labs:locality", "lab:gone")]
)
async def test_what_the_course_has_no_more_is_left_out(start, workspace, screens):
    workspace.create()
    place.save(workspace, screens)
    app = start()
    async with app.run_test(size=(80, 24)) as pilot:
        wanted = "labs" if "labs:locality" in screens else "home"
        await until(pilot, lambda: app.screen.place == wanted)


@pytest.mark.parametrize("text", ["", "{", '{"screens": 3}', "[]", "\x00"])
async def test_a_spoilt_place_means_home(start, workspace, text):
    workspace.create()
    (workspace.state / "place.json").write_text(text)
    app = start()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.place == "home" and "next" in shown(app))


async def test_a_setting_always_opens_home(start, workspace):
    workspace.create()
    place.save(workspace, ("checkpoint:mlp",))
    app = start(resume="off")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.place == "home" and "next" in shown(app))
