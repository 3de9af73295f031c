"""Settings in the app: changed with enter, written to the file, keys that are the learner's own."""

from __future__ import annotations

import pytest

from tests.app.appkit import shown, text_of, until
from tutor.app import keys
from tutor.app.app import TutorApp
from tutor.marks import Signs
from tutor.settings import SettingsFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "settings.toml"


@pytest.fixture
def made(workspace, client, path):
    def build(text: str = "") -> TutorApp:
        if text:
            path.write_text(text)
        app = TutorApp(workspace, client, SettingsFile(path, {"welcome": "off"}))
        app.signs = Signs(unicode=True)
        return app

    yield build
    keys.use({})


async def test_enter_takes_the_next_value_and_writes_it(made, path):
    app = made("# mine\nredraws = 10\n")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o")
        await until(pilot, lambda: "> Slow line" in shown(app).replace(">   ", "> "))
        assert "when you come over SSH" in " ".join(shown(app).split())
        assert str(path)[:40] in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: 'slow = "on"' in path.read_text())
        assert app.slow
        assert app.redraw_every == 0.25
        assert path.read_text().startswith("# mine\n")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: 'slow = "auto"' in path.read_text())


async def test_a_broken_file_is_told_on_the_screen_and_stays(made, path):
    app = made('slow = "on\nredraws = 3\n')
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "line 1" in " ".join(shown(app).split()))
        await pilot.press("o")
        await until(pilot, lambda: "Slow line" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "Not changed." in shown(app))
        assert path.read_text() == 'slow = "on\nredraws = 3\n'


async def test_remapped_keys_work_and_are_what_footer_help_and_texts_say(made, client):
    app = made('[keys]\n"checkpoint.check" = "k"\nhome.next = "g"\n')
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Press g." in shown(app))
        await pilot.press("n")
        await pilot.pause()
        assert app.screen.place == "home"
        await pilot.press("g")
        await until(pilot, lambda: "not checked yet: k checks" in shown(app))
        assert text_of(app)[-1].startswith(" k check")  # the footer, too
        await pilot.press("c")
        await pilot.pause()
        assert not client.requests
        await pilot.press("k")
        await until(pilot, lambda: client.requests)
        await pilot.press("question_mark")
        await until(pilot, lambda: "k              Save, then check" in shown(app))
