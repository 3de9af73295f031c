"""Every screen of the app, as a learner meets it: for snapshots, and for terminals of all kinds.

A scene is a way from home to a screen, by the app's own doors, with a client that plays a check or
a lab. ``holds`` is the screen's contract: what must be readable on it in every terminal.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from textual.pilot import Pilot

from lessons.course import COURSE
from lessons.declare import reference_path
from tests.app.appkit import MLP, FakeClient, done, shown, text_of, until, verdict
from tutor.app.app import TutorApp
from tutor.progress import RecallAnswered
from tutor.runner import protocol

SHAPES = COURSE.lab("shapes")
NOW = 1_800_000_000.0


class Stage:
    """An app with its client. ``play`` brings it from wherever it is to a scene."""

    def __init__(self, app: TutorApp, pilot: Pilot, client: FakeClient) -> None:
        self.app, self.pilot, self.client = app, pilot, client
        app.clock = lambda: NOW

    async def until(self, holds: Callable[[], Any], what: str) -> None:
        await until(self.pilot, holds, what)

    async def arrive(self, place: str) -> None:
        await self.until(lambda: getattr(self.app.screen, "place", "") == place, place)
        await self.settle()

    async def settle(self) -> None:
        """Until what was put off (``call_after_refresh``, a bounded redraw) is drawn."""
        await self.pilot.pause()
        if self._put_off():
            await self.until(lambda: not self._put_off(), "what was put off")

    def _put_off(self) -> bool:
        timers = (getattr(self.app.screen, name, None) for name in ("_timer", "_curve_timer"))
        return any(timer is not None for timer in timers)

    async def home(self) -> None:
        while len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        await self.arrive("home")

    async def checkpoint(self, pane: str = "1") -> Any:
        self.app.open_checkpoint(MLP)
        await self.arrive("checkpoint")
        self.app.screen.tell("")
        await self.pilot.press(pane)
        await self.settle()
        return self.app.screen

    async def check(self, *events: Callable[[int], protocol.Event]) -> None:
        await self.pilot.press("c")
        before = len(self.client.requests)
        await self.until(lambda: self.app.screen.run_state.running or before, "a check")
        number = self.client.begin()
        if events:
            self.client.play(*[event(number) for event in events])
        await self.settle()

    async def play(self, name: str) -> None:
        await self.home()
        await SCENES[name].play(self)
        await self.settle()
        await self.still()

    async def still(self) -> None:
        """Until two looks at the screen, one after the other, see the same."""
        before: list[str] = []
        for _ in range(100):
            now = text_of(self.app)
            if now == before:
                return
            before = now
            await self.pilot.pause(0.03)


class Scene(NamedTuple):
    play: Callable[[Stage], Awaitable[Any]]
    holds: tuple[str, ...]


SCENES: dict[str, Scene] = {}


def scene(*holds: str) -> Callable[[Callable[[Stage], Awaitable[Any]]], Any]:
    def register(play: Callable[[Stage], Awaitable[Any]]) -> Any:
        SCENES[play.__name__.replace("_", "-")] = Scene(play, holds)
        return play

    return register


@scene("Scaffold", "Locality", "Depth", "Reuse", "mlp", "not begun", "The chain of ideas", "next")
async def home(stage: Stage) -> None:
    pass


@scene("Welcome to cnntutor", "two hours or more", "goes back", "a first check", "read first")
async def welcome(stage: Stage) -> None:
    stage.app._welcome()
    await stage.arrive("welcome")


@scene("Board: Scaffold", "A small network, and the loop that trains it", "section", "code")
async def board(stage: Stage) -> None:
    stage.app.open_board("scaffold")
    await stage.arrive("board")


@scene("Board: Scaffold", "softmax")
async def board_section(stage: Stage) -> None:
    stage.app.open_board("scaffold#logits-not-probabilities")
    await stage.arrive("board")


@scene("[1 task]", "not checked yet", "SimpleMLP", "Your file", "check", "hint")
async def task(stage: Stage) -> None:
    await stage.checkpoint()


@scene("2 code", "save", "leave the editor", "Linear")
async def code(stage: Stage) -> None:
    await stage.checkpoint("2")


@scene("3 claims 0/8", "not checked", "Expected")
async def claims_unchecked(stage: Stage) -> None:
    await stage.checkpoint("3")


@scene("checking 1 of 8", "waiting")
async def checking(stage: Stage) -> None:
    await stage.checkpoint("3")
    await stage.check()


@scene("checking 8 of 8", "running", "step 40 of 250", "loss", "accuracy")
async def training(stage: Stage) -> None:
    await stage.checkpoint("3")
    passed = [lambda n, claim=claim.id: verdict(n, claim) for claim in MLP.claims[:-1]]
    last = MLP.claims[-1].id
    losses = [
        lambda n, step=step: protocol.Loss(
            number=n, claim=last, step=step, steps=250, loss=2.3 - step / 40, accuracy=step / 80
        )
        for step in range(1, 41)
    ]
    await stage.check(*passed, lambda n: protocol.ClaimStarted(number=n, claim=last), *losses)


def softmax(number: int) -> protocol.Event:
    return verdict(
        number,
        "raw-scores",
        "failed",
        observed="raw scores for (3, 1, 28, 28): every row adds up to 1.000",
        expected="(3, 10), rows that add up to anything: 0.31, -1.22, 0.05",
        mistake="softmax-in-forward",
        diagnosis="Your output equals a network that ends in softmax.",
        why="`F.cross_entropy` takes the log-softmax by itself. After a softmax of your own it "
        "sees numbers between 0 and 1 only, its gradients are squeezed, and the network learns "
        "slowly.",
        repair="scaffold#logits-not-probabilities",
    )


@scene("failed", "softmax", "Repair", "Expected", "1 of 8 claims passed")
async def diagnosis(stage: Stage) -> None:
    await stage.checkpoint("3")
    await stage.check(
        lambda n: verdict(n, "parameters"),
        softmax,
        lambda n: verdict(n, MLP.claims[-1].id, "not-reached", observed="needs: raw-scores"),
        done,
    )


@scene("Printed by your code", "a line that the learner printed")
async def output(stage: Stage) -> None:
    await stage.checkpoint("3")
    text = "a line that the learner printed\n" * 3
    await stage.check(lambda n: protocol.Output(number=n, text=text), done)
    await stage.pilot.press("4")


@scene("could not run", "NameError")
async def could_not_run(stage: Stage) -> None:
    await stage.checkpoint("3")
    error = (
        "Traceback (most recent call last):\n  mlp.py, line 3\nNameError: name 'nnn' is not defined"
    )
    await stage.check(lambda n: done(n, "could-not-run", error_kind="import-error", error=error))
    await stage.pilot.press("4")


@scene("passed: 8 of 8 claims passed", "n goes on", "Parameters are registered")
async def passed(stage: Stage) -> None:
    await stage.checkpoint("3")
    await stage.check(
        *[
            lambda n, claim=claim.id: verdict(n, claim, observed="as expected, in figures: 3 of 3")
            for claim in MLP.claims
        ],
        lambda n: done(n, "passed"),
    )


@scene("Hint 1 of", "is", "left")
async def hints(stage: Stage) -> None:
    await stage.checkpoint("5")
    if not stage.app.progress.hints_taken(MLP):
        await stage.pilot.press("h")


@scene("Put the starter back", "y reset", "n leave it")
async def question_reset(stage: Stage) -> None:
    await stage.checkpoint("3")
    await stage.pilot.press("r")


@scene("Evidence", "The claims of the chapter", "T1", "T2", "T3")
async def evidence(stage: Stage) -> None:
    stage.app.open_evidence()
    await stage.arrive("evidence")


@scene("Report")
async def report(stage: Stage) -> None:
    stage.app.open_report()
    await stage.arrive("report")


@scene("Labs: experiments that you steer", "shapes", "Shown")
async def labs(stage: Stage) -> None:
    stage.app.open_labs("locality")
    await stage.arrive("labs")


@scene("shapes: ", "size", "kernel", "steer", "z again", "A window of 3 fits")
async def lab(stage: Stage) -> None:
    stage.client.ready = True
    stage.app.open_lab(SHAPES)
    await stage.arrive("lab")
    number = stage.client.last.number
    settings = dict(SHAPES.start)
    image = [((x - 6) ** 2 + (y - 6) ** 2) / 72 for y in range(13) for x in range(13)]
    line = [(float(x), 2.3 - x / 50) for x in range(80)]
    stage.client.play(
        protocol.Answering(number=number, settings=settings, own={"conv": False}),
        protocol.Words(number=number, slot="rule", text="(7 + 2*0 - 3) // 1 + 1 = 5"),
        protocol.Picture(
            number=number, slot="map", title="map", height=13, width=13, images=[image, image],
            captions=["one", "two"],
        ),
        protocol.Curves(
            number=number, slot="race", title="race", series={"plain": line, "residual": line[:9]},
            x="step", y="loss", x_range=(0, 100), y_range=(0, 2.5),
        ),
        protocol.Table(
            number=number, slot="t", title="sizes", columns=["layer", "shape"],
            rows=[["conv", "5x5"], ["pool", "2x2"]], marked=[1],
        ),
        protocol.Finding(
            number=number, sentence="A window of 3 fits at 5 places of 7 pixels.",
            figures={"places": 5}, proves=True, settings=settings,
        ),
        protocol.Drawn(number=number, seconds=0.1),
    )  # fmt: skip
    await stage.until(  # the axis is the lowest row: the question has made room for it
        lambda: " 100" in shown(stage.app), "all of the drawings"
    )


@scene("shapes: ", "could not run", "The lab's process ended")
async def lab_failed(stage: Stage) -> None:
    stage.app.open_lab(SHAPES)
    await stage.arrive("lab")
    number = stage.client.last.number
    stage.client.play(
        done(number, "could-not-run", error_kind="internal", error="The lab's process ended.")
    )


@scene("Recall: Scaffold", "Type", "enter answer", "esc back")
async def recall(stage: Stage) -> None:
    stage.app.open_recall("scaffold")
    await stage.arrive("recall")
    await stage.until(lambda: stage.app.screen.page.asked, "a question")


@scene("Recall: Scaffold", "missed", "Answer", "Read")
async def recall_missed(stage: Stage) -> None:
    await recall(stage)
    stage.app.screen.answer.set_text("?")
    await stage.pilot.press("enter")
    await stage.until(lambda: stage.app.screen.stage == "judged", "a verdict")


@scene("Recall: Scaffold", "Nothing is due now")
async def recall_done(stage: Stage) -> None:
    from lessons import recall as lesson

    for question in lesson.questions_of("scaffold"):
        stage.app.progress.add(
            RecallAnswered(question=question, seed=1, right=True, rating=3, at=NOW)
        )
    stage.app.open_recall("scaffold")
    await stage.arrive("recall")


@scene("Settings", "Slow line", "auto", "next value")
async def settings(stage: Stage) -> None:
    stage.app.open_settings()
    await stage.arrive("settings")


@scene("Keys", "Home", "Everywhere", "back")
async def help(stage: Stage) -> None:
    await stage.pilot.press("question_mark")
    await stage.arrive("help")


@scene("was changed on disk", "keep mine", "load theirs")
async def question_conflict(stage: Stage) -> None:
    screen = await stage.checkpoint("2")
    await stage.pilot.press("x", "escape")
    path = stage.app.workspace.file_of(MLP)
    path.write_text(reference_path(MLP.id).read_text("utf-8") + f"\n# {time.time_ns()}\n")
    await stage.until(lambda: screen.question == "conflict", "the question")


@scene("Mistake hunt: mlp", "what is wrong")
async def hunt(stage: Stage) -> None:
    stage.app.open_hunt(MLP)
    await stage.arrive("hunt")
