"""The checkpoint's screen: what a check shows, and that no text of the learner is ever lost."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import pytest

from tests.app.appkit import MLP, done, shown, softmax, text_of, until, verdict
from tutor.progress import HintTaken, Progress
from tutor.runner import protocol


def editor(app):
    return app.screen.query_one("#code")


def run_of(app):
    return app.screen.run_state


def save_outside(path: Path, text: str) -> None:
    """As another editor saves: a new file is put in the old one's place."""
    part = path.with_name("part")
    part.write_text(text, encoding="utf-8")
    os.utime(part, ns=(time.time_ns(), time.time_ns() + 1_000_000))
    os.replace(part, path)


async def failed(app, pilot, client):
    await pilot.press("c")
    await until(pilot, lambda: client.requests)
    number = client.begin()
    client.play(verdict(number, "parameters"), softmax(number), done(number))
    await until(pilot, lambda: not run_of(app).running)
    return number


async def test_verdicts_come_with_mark_word_diagnosis_and_repair(opened, client):
    async with opened() as (app, pilot):
        await failed(app, pilot, client)
        page = shown(app)
        assert "✓ passed        T3 Parameters are registered" in page
        assert "✗ failed        T1 Logits are raw scores" in page
        assert "forward ends in a softmax, so these are probabilities." in page
        assert "press b for the board: Why logits" in page
        assert "every row adds up to 1.000" in page
        assert "✗ failed: 1 of 8 claims passed" in page


async def test_the_repair_link_opens_its_section_and_q_comes_back(opened, client):
    async with opened() as (app, pilot):
        await failed(app, pilot, client)
        await pilot.press("b")
        await until(pilot, lambda: app.screen.place == "board" and "Why logits" in text_of(app)[2])
        await pilot.press("q")
        await until(pilot, lambda: app.screen.place == "checkpoint")
        assert "Logits are raw scores" in shown(app)


async def test_verdicts_of_an_older_text_are_called_stale_until_the_text_is_back(opened, client):
    async with opened() as (app, pilot):
        await failed(app, pilot, client)
        await pilot.press("2", "x", "escape", "3")
        await until(pilot, lambda: "stale" in shown(app))
        assert "✓ passed        T3" not in shown(app)
        assert "~ stale ✓       T3 Parameters" in shown(app)
        assert "~ stale: the text has changed since the last check" in shown(app)
        await pilot.press("2", "ctrl+z", "escape", "3")
        await until(pilot, lambda: "stale" not in shown(app))
        assert "✓ passed        T3" in shown(app)


async def test_a_save_during_a_check_cancels_it_and_old_events_are_not_shown(opened, client):
    async with opened() as (app, pilot):
        await pilot.press("c")
        await until(pilot, lambda: client.requests)
        first = client.begin()
        await pilot.press("2", "x", "ctrl+s")
        await until(pilot, lambda: len(client.requests) == 2)
        assert client.cancelled == [first]
        assert client.last.source.startswith(b"x")
        client.play(verdict(first, "parameters", "failed"), done(first, "failed", cancelled=True))
        second = client.begin()
        client.play(verdict(second, "parameters"))
        await until(pilot, lambda: run_of(app).claims["parameters"].state == "passed")
        assert run_of(app).running


async def test_letters_typed_in_the_editor_are_text(opened, client, workspace):
    async with opened() as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: editor(app).has_focus)
        await pilot.press(*"cehrbmq1345?yn", "space")
        assert editor(app).text.startswith("cehrbmq1345?yn ")
        assert app.screen.place == "checkpoint"
        assert not client.requests
        assert Progress(workspace).hints_taken(MLP) == 0
        await pilot.press("escape")
        assert not editor(app).has_focus
        assert "c check" in shown(app)


async def test_ctrl_t_checks_from_inside_the_editor(opened, client, workspace):
    async with opened() as (_app, pilot):
        await pilot.press("2", "x", "ctrl+t")
        await until(pilot, lambda: client.requests)
        assert workspace.file_of(MLP).read_text().startswith("x")


async def test_a_new_line_keeps_the_indentation(opened):
    async with opened() as (app, pilot):
        await pilot.press("2")
        await pilot.press(*"if x:", "enter", *"y", "enter", "backspace", *"z", "enter")
        assert editor(app).text.startswith("if x:\n    y\nz\n")


async def test_a_save_by_another_editor_is_loaded_and_checked(opened, client, workspace):
    async with opened() as (app, pilot):
        save_outside(workspace.file_of(MLP), "theirs = 1\n")
        await until(pilot, lambda: client.requests)
        assert client.last.source == b"theirs = 1\n"
        assert editor(app).text == "theirs = 1\n"
        assert "saved outside" in shown(app)


@pytest.mark.parametrize("key", ["k", "l"])
async def test_two_texts_at_once_are_a_choice_and_both_are_kept(opened, client, workspace, key):
    async with opened() as (app, pilot):
        await pilot.press("2", *"mine")
        before = editor(app).text
        save_outside(workspace.file_of(MLP), "theirs = 1\n")
        await until(pilot, lambda: "was changed on disk" in shown(app))
        assert editor(app).text == before
        await pilot.press("ctrl+s")
        assert workspace.file_of(MLP).read_text() == "theirs = 1\n"
        await pilot.press("escape")
        assert "k keep mine" in text_of(app)[-1]
        await pilot.press(key)
        await until(pilot, lambda: "kept" in shown(app))
        kept = [path.read_text() for path in (workspace.state / "kept").iterdir()]
        if key == "k":
            assert workspace.file_of(MLP).read_text() == before
            assert kept == ["theirs = 1\n"]
        else:
            assert editor(app).text == "theirs = 1\n"
            assert kept == [before]
        await until(pilot, lambda: client.last.source == workspace.file_of(MLP).read_bytes())
        assert "was changed on disk" not in shown(app)


async def test_unsaved_text_comes_back_after_leaving_the_screen_and_the_app(
    opened, client, workspace
):
    async with opened() as (app, pilot):
        await pilot.press("2", *"draft", "escape", "q")
        await until(pilot, lambda: app.screen.place == "home")
    assert not workspace.file_of(MLP).read_text().startswith("draft")
    async with opened() as (app, pilot):
        await until(pilot, lambda: editor(app).text.startswith("draft"))
        assert "unsaved text" in text_of(app)[0]
        assert "Your unsaved text is back" in shown(app)
        await pilot.press("2", "ctrl+s")
        await until(pilot, lambda: client.requests)
    assert workspace.file_of(MLP).read_text().startswith("draft")
    assert not list((workspace.state / "drafts").iterdir())


async def test_a_draft_is_written_while_typing_pauses(opened, workspace):
    async with opened() as (_app, pilot):
        await pilot.press("2", *"crash")
        drafts = workspace.state / "drafts"
        await until(pilot, lambda: drafts.is_dir() and list(drafts.glob("mlp.*.py")))
        assert next(drafts.glob("mlp.*.py")).read_text().startswith("crash")


async def test_a_draft_on_an_older_version_of_the_file_asks(opened, workspace):
    async with opened() as (_app, pilot):
        await pilot.press("2", *"draft", "escape", "q")
    save_outside(workspace.file_of(MLP), "theirs = 1\n")
    async with opened() as (app, pilot):
        await until(pilot, lambda: "was changed on disk" in shown(app))
        assert editor(app).text.startswith("draft")


async def test_hints_come_in_order_and_are_recorded(opened, workspace):
    async with opened() as (app, pilot):
        for number in range(1, len(MLP.hints) + 2):
            await pilot.press("h")
            wanted = min(number, len(MLP.hints))
            await until(pilot, lambda n=wanted: f"5 hints {n}/5" in shown(app))
            assert f"Hint {wanted} of 5" in shown(app)
        assert "These are all the hints." in app.screen.query_one("#hints").lines[-1].text
    entries = Progress(workspace).entries(MLP)
    assert [e.number for e in entries if isinstance(e, HintTaken)] == [1, 2, 3, 4, 5]


async def test_reset_asks_keeps_a_copy_and_can_be_refused(opened, client, workspace):
    path = workspace.file_of(MLP)
    async with opened() as (app, pilot):
        starter = editor(app).text
        save_outside(path, "mine = 1\n")
        await until(pilot, lambda: editor(app).text == "mine = 1\n")
        await pilot.press("r")
        assert "A copy of your file is kept" in shown(app)
        await pilot.press("n")
        assert path.read_text() == "mine = 1\n"
        await pilot.press("r", "y")
        await until(pilot, lambda: editor(app).text == starter)
        assert path.read_text() == starter
        kept = list((workspace.state / "kept").iterdir())
        assert [copy.read_text() for copy in kept] == ["mine = 1\n"]
        assert "Your copy:" in shown(app)


async def test_losses_draw_a_curve_and_nan_is_told(opened, client):
    async with opened() as (app, pilot):
        await pilot.press("c")
        await until(pilot, lambda: client.requests)
        number = client.begin()
        client.play(protocol.ClaimStarted(number=number, claim="learns"))
        losses = [2.3 - step / 50 for step in range(1, 60)] + [math.inf, math.nan]
        client.play(
            *[
                protocol.Loss(
                    number=number,
                    claim="learns",
                    step=step,
                    steps=157,
                    loss=loss,
                    accuracy=min(0.87, step / 60),
                )
                for step, loss in enumerate(losses, start=1)
            ]
        )
        await until(pilot, lambda: "diverged at step 60" in shown(app))
        page = shown(app)
        assert "step 59 of 157   loss 1.120   diverged at step 60" in page
        assert "87.0 %" in page
        assert "157" in page
        assert any("⠒" in line or "⠤" in line or "⠢" in line for line in text_of(app))
        assert "accuracy █" in page


async def test_pictures_and_printed_text_with_brackets_are_shown_as_they_are(opened, client):
    async with opened() as (app, pilot):
        await pilot.press("c")
        await until(pilot, lambda: client.requests)
        number = client.begin()
        image = [0.0, 1.0, -1.0, math.nan]
        client.play(
            protocol.Picture(
                number=number,
                title="Blocks [3,4,6,3]",
                height=2,
                width=2,
                images=[image],
                signed=True,
            ),
            protocol.Output(number=number, text="[bold]hello[/bold]\n"),
            done(number, "passed"),
        )
        await until(pilot, lambda: not run_of(app).running)
        await pilot.press("4")
        await until(pilot, lambda: "Blocks [3,4,6,3]" in shown(app))
        assert "[bold]hello[/bold]" in shown(app)
        assert "-1 to 1, 1 not finite" in shown(app)


async def test_what_the_judge_draws_stands_among_the_output(opened, client):
    async with opened() as (app, pilot):
        await pilot.press("c")
        await until(pilot, lambda: client.requests)
        number = client.begin()
        rows = [["conv1.weight", "missing"], ["[bn1].weight", "as it was"]]
        client.play(
            protocol.Table(
                number=number,
                title="The tensors",
                columns=["pretrained", "in your model"],
                rows=rows,
                marked=[0],
            ),
            protocol.Curves(
                number=number,
                slot="",
                title="The same head",
                series={"pretrained": [(0, 0.1), (32, 0.8)], "chance": [(0, 0.1), (32, 0.1)]},
                x="step",
                y="accuracy",
                x_range=(0, 32),
                y_range=(0, 1),
            ),
            done(number, "failed"),
        )
        await until(pilot, lambda: not run_of(app).running)
        await pilot.press("4")
        await until(pilot, lambda: "The tensors" in shown(app))
        assert "> conv1.weight  missing" in shown(app)
        assert "[bn1].weight  as it was" in shown(app)
        assert "The same head" in shown(app)
        assert "accuracy over step" in shown(app)
        assert "x" * 30 in shown(app)  # the line of chance
        assert sum("⠤⠒" in line for line in text_of(app)) > 4, shown(app)  # the one that rises


async def test_a_check_that_could_not_run_says_why(opened, client):
    async with opened() as (app, pilot):
        await pilot.press("c")
        await until(pilot, lambda: client.requests)
        number = client.begin()
        told = "mlp.py, line 3: '(' was never closed"
        client.play(done(number, "could-not-run", error_kind="syntax-error", error=told))
        await until(pilot, lambda: not run_of(app).running)
        assert f"? could not run: {told}" in shown(app)
        assert "syntax error" in shown(app)


async def test_a_missing_file_is_told_and_reset_puts_the_starter_there(opened, client, workspace):
    async with opened() as (app, pilot):
        workspace.file_of(MLP).unlink()
        await until(pilot, lambda: "There is no mlp.py" in shown(app))
        await pilot.press("c")
        assert not client.requests
        await pilot.press("r", "y")
        await until(pilot, lambda: workspace.file_of(MLP).exists())
        await until(pilot, lambda: "There is no mlp.py" not in shown(app))


async def test_a_binary_file_is_told_and_never_overwritten(opened, client, workspace):
    async with opened() as (app, pilot):
        path = workspace.file_of(MLP)
        path.write_bytes(b"\0\1\2")
        await until(pilot, lambda: "binary file" in shown(app))
        await pilot.press("2", "x", "ctrl+s")
        assert path.read_bytes() == b"\0\1\2"
        assert not client.requests


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_read_only_workspace_is_told_and_the_text_stays(opened, workspace):
    async with opened() as (app, pilot):
        workspace.root.chmod(0o500)
        try:
            await pilot.press("2", "x", "ctrl+s")
            await until(pilot, lambda: "Not saved" in shown(app))
            assert editor(app).text.startswith("x")
        finally:
            workspace.root.chmod(0o700)


async def test_a_failed_write_is_told_and_the_text_stays(opened, workspace, monkeypatch):
    from tutor.workspace import WorkspaceError

    def refuse(*_):
        raise WorkspaceError("mlp.py can't be written: the disk is full.")

    monkeypatch.setattr(workspace, "write", refuse)
    async with opened() as (app, pilot):
        await pilot.press("2", "x", "ctrl+s")
        await until(pilot, lambda: "the disk is full" in shown(app))
        assert editor(app).text.startswith("x")
        assert "unsaved text" in text_of(app)[0]


async def test_what_an_earlier_session_showed_of_this_text_stands_when_it_opens(
    opened, client, workspace
):
    async with opened() as (app, pilot):
        await failed(app, pilot, client)
    async with opened() as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "✓ passed        T3" in shown(app))
        assert "in an earlier session" in shown(app)


async def test_the_external_editor_gets_its_arguments(opened, client, workspace, monkeypatch):
    from tutor.app import external

    asked = []
    monkeypatch.setenv("VISUAL", "code --wait 'a b'")
    monkeypatch.setenv("TMUX", "/tmp/tmux,1,0")
    async with opened() as (_app, pilot):
        monkeypatch.setattr(external, "split", lambda *args: asked.append(args))
        await pilot.press("e")
        path = workspace.file_of(MLP)
        assert asked == [(["code", "--wait", "a b"], path, 80, 24)]
        split = external.split_command(["vim", "-n"], path, 200, 50)
        assert split[:3] == ["tmux", "split-window", "-h"]
        assert split[-1] == f"vim -n {path}"


async def test_without_an_editor_set_the_built_in_one_is_named(opened):
    async with opened() as (app, pilot):
        await pilot.press("e")
        await until(pilot, lambda: "Neither $VISUAL nor $EDITOR is set" in shown(app))


async def test_code_and_claims_stand_side_by_side_where_it_is_wide(opened, client):
    async with opened((120, 40)) as (app, pilot):
        await failed(app, pilot, client)
        page = text_of(app)
        assert any("import torch" in line and "✗ failed" not in line for line in page)
        assert any("✗ failed" in line and "T1 Logits" in line for line in page)
        assert editor(app).display


async def test_a_passed_checkpoint_leads_on_to_the_next_board(opened, client):
    async with opened() as (app, pilot):
        await pilot.press("n")
        await until(pilot, lambda: "Not all claims here have passed yet" in shown(app))
        await pilot.press("c")
        await until(pilot, lambda: client.requests)
        number = client.begin()
        passed = [verdict(number, claim.id) for claim in MLP.claims]
        client.play(*passed, done(number, "passed"))
        await until(pilot, lambda: "n goes on" in shown(app))
        await pilot.press("n")
        await until(pilot, lambda: app.screen.place == "board")
        assert "Locality" in text_of(app)[0]
        await pilot.press("q")
        await until(pilot, lambda: app.screen.place == "home")
