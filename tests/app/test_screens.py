"""Every screen at 80x24: what must be there is there, nothing is cut, keys are in the footer."""

from __future__ import annotations

import pytest

from lessons.course import COURSE
from tests.app.appkit import MLP, done, shown, softmax, text_of, until, verdict
from tutor.app import keys
from tutor.app.help import places_from


async def all_passed(pilot, app, client):
    await pilot.press("c")
    await until(pilot, lambda: client.requests)
    number = client.begin()
    client.play(*[verdict(number, claim.id) for claim in MLP.claims], done(number, "passed"))
    await until(pilot, lambda: not app.screen.run_state.running)


async def test_home_shows_moves_progress_chain_and_the_next_step(make, workspace):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "next" in shown(app))
        page = shown(app)
        for move in COURSE.moves:
            assert move.title in page
        for concept in COURSE.concepts:
            assert concept.title in page
        assert "not begun 0 of 8 claims" in page
        assert "next  mlp: A small network and its training loop" in page
        assert "you write them, the tutor judges them" in " ".join(page.split())
        assert str(workspace.root)[:40] in page
        assert workspace.file_of(MLP).is_file()
        assert "enter open" in text_of(app)[-1]
        assert "q leave" in text_of(app)[-1]


async def test_what_was_passed_lights_the_chain(opened, client):
    async with opened() as (app, pilot):
        await all_passed(pilot, app, client)
        await pilot.press("q")
        await until(pilot, lambda: app.screen.place == "home")
        page = shown(app)
        assert "✓  mlp        passed    8 of 8 claims" in page
        assert "✓ SimpleMLP baseline" in page
        assert "✓ flat pixels" not in page
        rest = [point for point in COURSE.checkpoints if point.id != "mlp"]
        wanted = f"next  {rest[0].id}: " if rest else "All checkpoints are passed"
        assert wanted in page


async def test_the_chain_is_walked_with_the_keys_and_leads_on(make):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "next  mlp" in shown(app))
        assert "tab ideas" in text_of(app)[-1]
        await pilot.press("tab")
        await until(pilot, lambda: "> ┌   nn.Module + nn.Parameter" in shown(app))
        assert "To show: mlp/parameters. Leads to SimpleMLP baseline." in shown(app)
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: "> ▼   flat pixels mismatch images" in shown(app))
        await until(pilot, lambda: "Enter opens lab shift." in shown(app))
        await pilot.press("left")
        await until(pilot, lambda: "> ▼" not in shown(app))
        await pilot.press("right", "enter")
        await until(pilot, lambda: app.screen.place == "lab")
        await pilot.press("q")
        await until(pilot, lambda: app.screen.place == "home")
        await pilot.press("up", "enter")
        await until(pilot, lambda: app.screen.place == "checkpoint")


async def test_enter_opens_the_board_and_its_sections_can_be_reached(make):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: ">      board" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "Scaffold" in text_of(app)[1] + text_of(app)[0])
        await until(pilot, lambda: "What this page is about" in shown(app))
        assert "Board: Scaffold" in text_of(app)[0]
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "Why logits" in shown(app))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "What a step changes" in text_of(app)[2])
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "What a step changes" not in text_of(app)[2])
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.place == "checkpoint")


async def test_a_board_draws_its_digit_and_leaves_code_alone(make):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_board("scaffold#why-logits")
        await until(pilot, lambda: "raw score of any sign" in shown(app))
        await until(pilot, lambda: any(set("▀█▒░") & set(line) for line in text_of(app)))
        assert "```" not in shown(app)
        assert "scaffold#" not in shown(app)


async def test_a_link_that_leads_nowhere_opens_the_board_and_says_so(make):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_board("scaffold#no-such")
        await until(pilot, lambda: "There is no section 'no-such' here" in shown(app))


async def test_the_evidence_matrix_has_each_claim_with_tier_version_and_signature(opened, client):
    async with opened() as (app, pilot):
        await pilot.press("c")
        await until(pilot, lambda: client.requests)
        number = client.begin()
        client.play(verdict(number, "parameters"), softmax(number), done(number))
        await until(pilot, lambda: not app.screen.run_state.running)
        sha256 = client.last.sha256
        await pilot.press("m")
        await until(pilot, lambda: app.screen.place == "evidence")
        await until(pilot, lambda: "> " in shown(app))
        page = shown(app)
        for claim in MLP.claims:
            assert f"{claim.tier.value}  {claim.id}" in page
        row = next(line for line in text_of(app) if "raw-scores" in line)
        assert "✗ failed" in row
        assert sha256[:8] in row
        assert "current" in row
        assert "not shown" in next(line for line in text_of(app) if "linear-values" in line)
        await pilot.press("down", "down", "down")
        await until(pilot, lambda: "softmax_in_forward)" in shown(app))
        assert MLP.claim("raw-scores").signature in shown(app)
        await pilot.press("q", "2", "x", "ctrl+s", "escape", "m")
        await until(pilot, lambda: "older text" in shown(app))


async def test_help_lists_every_key_of_the_table(make):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: app.screen.place == "help")
        await until(pilot, lambda: app.screen.query_one("#text").lines)
        text = "\n".join(strip.text for strip in app.screen.query_one("#text").lines)
        for action in keys.ACTIONS:
            assert action.help.split()[0] in text
        assert text.index("Home") < text.index("Checkpoint")


def test_help_has_every_place_once():
    for place in keys.PLACES:
        places = places_from(place)
        assert sorted(places) == sorted(keys.PLACES)


def test_no_key_means_two_things_and_none_needs_alt_or_a_function_key():
    for places in (("home", "everywhere"), ("board", "everywhere"), ("checkpoint", "everywhere")):
        used = [key for place in places for action in keys.of(place) for key in action.keys]
        assert len(used) == len(set(used)), places
    for action in keys.ACTIONS:
        for key in action.keys:
            assert not key.startswith("alt+")
            assert key != "ctrl+r"
            assert not (key.startswith("f") and key[1:].isdigit())


@pytest.mark.parametrize("place", ["home", "board", "checkpoint", "evidence", "editor", "help"])
def test_the_footer_fits_into_80_columns(place):
    pairs = keys.footer(place)
    assert pairs
    assert 1 + sum(len(key) + len(label) + 3 for key, label in pairs) - 2 <= 80


async def test_too_small_a_terminal_tells_the_state_and_grows_back(opened, client):
    async with opened() as (app, pilot):
        await pilot.resize_terminal(60, 12)
        await until(pilot, lambda: "needs 80 columns and 24 rows" in shown(app))
        assert "60 by 12" in shown(app)
        assert "mlp: not checked yet" in shown(app)
        await pilot.press("c")
        await until(pilot, lambda: client.requests)
        number = client.begin()
        client.play(softmax(number), done(number))
        await until(pilot, lambda: "forward ends in a softmax" in shown(app))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "1 task" in shown(app) and "T3 Parameters" in shown(app))
        assert "needs 80 columns" not in shown(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (250, 80)])
async def test_no_line_is_wider_than_the_terminal_at_any_size(opened, client, size):
    async with opened(size) as (app, pilot):
        await all_passed(pilot, app, client)
        for key in ("1", "3", "4", "5", "m"):
            await pilot.press(key)
            await pilot.pause()
            lines = text_of(app)
            assert len(lines) == size[1]
            assert max(len(line) for line in lines) <= size[0]
            assert ("? help" in lines[-1]) or ("esc leave" in lines[-1])


async def test_the_worker_starts_in_the_background_and_dies_with_the_app(make, client):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: client.started)
        assert "worker: starting" in shown(app)
        client.on_ready()
        await until(pilot, lambda: "worker: ready" in shown(app))
    assert client.closed


async def test_a_workspace_that_cant_be_made_is_told_and_the_app_goes_on(make, workspace):
    workspace.root.write_text("a file where the folder should be")
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "not a folder" in " ".join(shown(app).split()))
        await pilot.press("n")
        await until(pilot, lambda: app.screen.place == "checkpoint")
        await pilot.press("c")
        await until(pilot, lambda: "could not run" in shown(app))


async def test_ctrl_c_leaves_cleanly_and_keeps_unsaved_text(opened, workspace):
    async with opened() as (app, pilot):
        await pilot.press("2", "x", "escape", "ctrl+c")
        await until(pilot, lambda: not app.is_running)
    assert list((workspace.state / "drafts").glob("mlp.*.py"))


async def test_three_columns_where_there_is_room(opened, client):
    async with opened((180, 50)) as (app, pilot):
        await until(pilot, lambda: "Write two classes" in shown(app))
        page = shown(app)
        assert "class Linear(nn.Module):" in page
        assert "T3 Parameters are registered" in page
        await pilot.press("1")
        assert app.focused.id == "beside-task"
        await pilot.press("5")
        await until(pilot, lambda: "gives the first hint" in shown(app))
        assert "Write two classes" in shown(app)
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "Write two classes" not in shown(app))
        await pilot.press("1")
        await until(pilot, lambda: "Write two classes" in shown(app))
        assert app.focused.id == "task"
