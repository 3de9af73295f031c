"""Every hazard through the app with the real worker, and through ``cnntutor check``.

Held each time: the right verdict and one clear sentence, keys that answer meanwhile, nothing left
of the check, a next check that works, and nothing of the learner's lost.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest
from textual.events import Key

from lessons.course import COURSE
from tests.app.appkit import shown, until
from tests.hazards.catalogue import HAZARDS, Hazard, right
from tests.hazards.conftest import Desk, Shared, record
from tutor.app.app import TutorApp
from tutor.app.checkrun import CheckRun
from tutor.cli.run import run as command
from tutor.marks import Signs

STATUS = {"passed": 0, "failed": 1, "could-not-run": 3}
each_hazard = pytest.mark.parametrize("hazard", HAZARDS, ids=[hazard.name for hazard in HAZARDS])
pytestmark = pytest.mark.long


def told(run: CheckRun) -> str:
    """What the learner reads first: why it could not run, else what the first failed claim says."""
    view = run.claims.get(run.first_failed)
    if run.error or view is None or view.verdict is None:
        return run.error
    return view.verdict.observed


async def answer_time(app: TutorApp) -> float:
    """Seconds that a key takes to be answered: another pane is shown."""
    pane, key = ("task", "1") if app.screen.pane == "claims" else ("claims", "3")
    begun = time.perf_counter()
    app.post_message(Key(key, key))
    while app.screen.pane != pane:
        await asyncio.sleep(0.001)
    return time.perf_counter() - begun


@each_hazard
async def test_in_the_app(hazard: Hazard, desk: Desk, shared: Shared) -> None:
    desk.put(hazard.source, hazard.checkpoint)
    shared.limit, shared.claims = hazard.limit, hazard.claims
    app = TutorApp(desk.workspace, shared)
    app.signs = Signs(unicode=True)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_checkpoint(COURSE.checkpoint(hazard.checkpoint))
        await until(pilot, lambda: getattr(app.screen, "place", "") == "checkpoint")
        run = app.run_of(COURSE.checkpoint(hazard.checkpoint))
        await pilot.press("c")
        waits = []
        while run.running:
            waits.append(await answer_time(app))
            await asyncio.sleep(0.02)
        clean = shared.seconds_until_clean()
        await pilot.press("3")
        record(
            hazard, what=hazard.what, outcome=run.outcome, told=desk.short(told(run)), clean=clean,
            limit=hazard.limit, keys=sorted(waits),
        )  # fmt: skip
        assert (run.outcome, run.error_kind or None) == (hazard.outcome, hazard.kind), run
        assert hazard.says in told(run)
        assert len(told(run).splitlines()) <= 1
        assert hazard.prints in run.output
        assert not [sign for sign in shown(app) if not sign.isprintable() and sign != "\n"]

        if hazard.checkpoint == "mlp":
            desk.put_right()
            shared.limit, shared.claims = 0.0, ("raw-scores",)
            await pilot.press("c")
            await until(pilot, lambda: not run.running)
            assert run.outcome == "passed", run
    desk.assert_nothing_is_lost()


@each_hazard
def test_on_the_command_line(
    hazard: Hazard,
    desk: Desk,
    shared: Shared,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("tutor.runner.client.Client", lambda: shared)
    shared.limit, shared.claims = 0.0, ()
    desk.put(hazard.source, hazard.checkpoint)
    arguments = ["check", hazard.checkpoint, "--workspace", str(desk.workspace.root)]
    for claim in hazard.claims:
        arguments += ["--claim", claim]
    if hazard.limit:
        arguments += ["--seconds", str(hazard.limit)]
    assert command(arguments) == STATUS[hazard.outcome]
    shared.wait_until_clean()
    out, errors = capfd.readouterr()
    if hazard.outcome == "could-not-run":
        (line,) = errors.splitlines()
        assert line.startswith(f"cnntutor: could not run ({hazard.kind}): ")
        assert hazard.says in line
    else:
        assert errors == ""
        assert hazard.says in " ".join(out.split())
    assert hazard.prints in out
    assert not [sign for sign in out + errors if not sign.isprintable() and sign not in "\n\t"]
    desk.assert_nothing_is_lost()


# --- something else in place of the file ------------------------------------------------------


def ten_megabytes(file: Path) -> None:
    file.write_text(right() + "# " + "x" * 10_000_000, encoding="utf-8")


def link(file: Path) -> None:
    elsewhere = file.parent.parent / "elsewhere.py"
    elsewhere.write_text(right(), encoding="utf-8")
    file.unlink()
    file.symlink_to(elsewhere)


def link_to_itself(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def device(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


IN_PLACE = [
    (ten_megabytes, "A file of 10 MB", "has 10.0 MB; code that fits a checkpoint has at most 1 MB"),
    (link, "A link to a file elsewhere", ""),
    (link_to_itself, "A link to itself", "is a link that leads back to itself"),
    (pipe, "A named pipe in place of the file", "is a named pipe, not a file"),
    (device, "A device in place of the file", "is a device, not a file"),
]


@pytest.mark.parametrize(
    ("make", "what", "says"), IN_PLACE, ids=lambda it: getattr(it, "__name__", "")
)
async def test_in_place_of_the_file(make, what, says, desk, shared, monkeypatch, capfd) -> None:
    make(desk.file())
    shared.limit, shared.claims = 0.0, ("raw-scores",)
    app = TutorApp(desk.workspace, shared)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_checkpoint(COURSE.checkpoint("mlp"))
        await until(pilot, lambda: getattr(app.screen, "place", "") == "checkpoint")
        run = app.run_of(COURSE.checkpoint("mlp"))
        begun = time.monotonic()
        await pilot.press("c")
        await until(pilot, lambda: not run.running)
        record(
            make.__name__,
            what=what,
            outcome=run.outcome,
            told=desk.short(run.error),
            clean=time.monotonic() - begun,
            limit=0,
            keys=[],
        )
        assert run.outcome == ("could-not-run" if says else "passed")
        assert says in run.error
    monkeypatch.setattr("tutor.runner.client.Client", lambda: shared)
    arguments = ["check", "mlp", "--workspace", str(desk.workspace.root)]
    assert command(arguments) == (3 if says else 0)
    assert says in capfd.readouterr().err


async def test_the_file_replaced_in_the_middle_of_a_check(desk: Desk, shared: Shared) -> None:
    desk.put("while True: pass\n")
    shared.limit, shared.claims = 20.0, ("raw-scores",)
    app = TutorApp(desk.workspace, shared)
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_checkpoint(COURSE.checkpoint("mlp"))
        await until(pilot, lambda: getattr(app.screen, "place", "") == "checkpoint")
        run = app.run_of(COURSE.checkpoint("mlp"))
        await pilot.press("c")
        await until(pilot, lambda: run.running)
        first = run.sha256
        desk.put_right()
        await until(pilot, lambda: run.sha256 not in ("", first) and not run.running)
        assert run.outcome == "passed"
        assert run.sha256 == desk.workspace.read(COURSE.checkpoint("mlp")).sha256
        record(
            "replaced", what="The file replaced in the middle of a check", outcome="passed",
            told="", clean=shared.seconds_until_clean(), limit=0, keys=[],
        )  # fmt: skip
    desk.assert_nothing_is_lost()
