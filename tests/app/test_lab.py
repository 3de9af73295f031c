"""A lab on the screen: keys steer it, the newest settings win, nothing is cut at 80x24."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from lessons.course import COURSE
from lessons.declare import Control, Lab, Tier
from tests.app.appkit import shown, text_of, until
from tutor import labbing
from tutor.app import keys
from tutor.app.labrun import LabRun
from tutor.progress import Progress
from tutor.runner import protocol

SHAPES = COURSE.lab("shapes")
SENTENCE = "A window of 3 fits at 4 places of 7 pixels."


def labs_keys():
    """The keys that no lab may take for a control."""
    return {key for place in ("lab", "everywhere") for act in keys.of(place) for key in act.keys}


@pytest.fixture
def lab(make, client):
    """An app with a lab open in a terminal of that size."""

    @asynccontextmanager
    async def opened(size=(80, 24), what=SHAPES):
        app = make()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            client.ready = True
            app.open_lab(what)
            await until(pilot, lambda: app.screen.place == "lab" and client.requests)
            await pilot.pause()
            yield app, pilot

    return opened


def words(number, text="of 7 pixels", slot="rule"):
    return protocol.Words(number=number, slot=slot, text=text)


def finding(number, settings, sentence=SENTENCE, proves=True):
    return protocol.Finding(
        number=number, sentence=sentence, figures={"places": 4}, proves=proves, settings=settings
    )


def answer(client, settings=None, *drawings, **own):
    """The lab answers to these settings, with these drawings (or with words)."""
    number = client.last.number
    settings = settings or dict(client.last.settings)
    client.play(
        protocol.Answering(number=number, settings=settings, own=own or {"conv": False}),
        *(drawings or [words(number)]),
        finding(number, settings),
        protocol.Drawn(number=number, seconds=0.1),
    )


# --- steering -----------------------------------------------------------------------------------


async def test_it_opens_with_the_first_settings_and_shows_the_answer(lab, client):
    async with lab() as (app, pilot):
        assert client.last.settings == SHAPES.start
        assert SHAPES.question in shown(app)
        assert "Find a kernel and a padding" in shown(app)
        answer(client)
        await until(pilot, lambda: "of 7 pixels" in text_of(app)[4])
        page = shown(app)
        assert f"✓ {SENTENCE}" in page
        assert "←→ size [7]" in page
        assert "predict [off]" in page
        assert "side of the map" not in page
        assert "steer" in text_of(app)[-1]
        assert "q back" in text_of(app)[-1]
        assert "T1 look" in text_of(app)[0]


async def test_keys_turn_controls_and_only_the_newest_answer_counts(lab, client):
    async with lab() as (app, pilot):
        answer(client)
        await until(pilot, lambda: SENTENCE in shown(app))
        await pilot.press("left", "left", "down", "s")
        settings = {**SHAPES.start, "size": 5, "kernel": 2, "stride": 3}
        assert [steer.settings for steer in client.steered][-1] == settings
        assert "size [5]" in shown(app)
        number = client.last.number
        client.play(protocol.Answering(number=number, settings={**SHAPES.start, "size": 8}))
        app.screen.lab_news()
        app.screen._show()
        await until(pilot, lambda: "computing" in text_of(app)[0])
        assert f"before: {SENTENCE}" in shown(app)
        answer(client, settings)
        await until(pilot, lambda: "T1 look" in text_of(app)[0])
        assert "before" not in shown(app)


async def test_the_sentence_of_before_is_wrapped_whole(lab, client):
    async with lab() as (app, pilot):
        told = "One word follows another until the right edge. " * 3 + "It was 99.9 % at last."
        client.play(
            protocol.Answering(number=client.last.number, settings=SHAPES.start),
            words(client.last.number),
            finding(client.last.number, SHAPES.start, told),
            protocol.Drawn(number=client.last.number, seconds=0.1),
        )
        await until(pilot, lambda: "at last." in shown(app))
        await pilot.press("left")
        settings = client.steered[-1].settings
        client.play(protocol.Answering(number=client.last.number, settings=settings))
        app.screen.lab_news()
        app.screen._show()
        await until(pilot, lambda: "before: " in shown(app))
        assert f"before: {told}" in words_of(app)


POOLING = COURSE.lab("pooling")


async def test_only_controls_that_do_something_in_the_view_are_listed_and_turned(lab, client):
    async with lab(what=POOLING) as (app, pilot):
        answer(client)
        await until(pilot, lambda: SENTENCE in shown(app))
        assert "filter [1]" in shown(app)
        assert "←→ ↓↑ Kk Vv steer" in text_of(app)[-1]
        await pilot.press("v", "v")
        assert "filter [" not in shown(app)
        assert "window [" not in shown(app)
        assert "digit [3]" in shown(app)
        assert "↓↑ Vv steer" in text_of(app)[-1].strip()
        told = len(client.steered)
        await pilot.press("right")
        assert len(client.steered) == told
        assert "filter works with show: map, windows, moved" in shown(app)
        await pilot.press("V")
        assert "filter [1]" in shown(app)
        assert "filter works" not in shown(app)


async def test_the_footer_says_what_the_keys_do_now(lab, client):
    async with lab() as (app, pilot):
        assert "space pause" in text_of(app)[-1]
        answer(client)
        await until(pilot, lambda: SENTENCE in shown(app))
        assert "space" not in text_of(app)[-1]
        assert ". step" not in text_of(app)[-1]
        number = client.last.number
        client.play(protocol.Answering(number=number, settings={**SHAPES.start, "size": 8}))
        app.screen.lab_news()
        app.screen._show()
        await pilot.press("space")
        await until(pilot, lambda: "space go on" in text_of(app)[-1])


async def test_a_control_at_its_end_asks_for_nothing(lab, client):
    async with lab() as (_app, pilot):
        answer(client)
        await pilot.press(*["down"] * 2)
        told = len(client.steered)
        assert told == 2
        await pilot.press("down", "down")
        assert len(client.steered) == told


async def test_drawings_not_drawn_again_go_when_the_answer_is_complete(lab, client):
    async with lab() as (app, pilot):
        number = client.last.number
        answer(client, None, words(number, "first", "a"), words(number, "second", "b"))
        await until(pilot, lambda: "second" in shown(app))
        await pilot.press("right")
        settings = client.steered[-1].settings
        client.play(protocol.Answering(number=number, settings=settings), words(number, "1st", "a"))
        app.screen.lab_news()
        app.screen._show()
        await until(pilot, lambda: "1st" in shown(app))
        assert "second" in shown(app)
        client.play(protocol.Drawn(number=number, seconds=0.1))
        await until(pilot, lambda: "second" not in shown(app))


async def test_a_prediction_is_typed_and_asked_anew_when_something_is_turned(lab, client):
    async with lab() as (app, pilot):
        answer(client)
        await pilot.press("4")
        assert not client.steered
        await pilot.press("y")
        assert "type side of the map [_]" in shown(app)
        assert "enter answer" in text_of(app)[-1]
        await pilot.press("1", "2", "backspace", "3", "enter")
        assert client.steered[-1].settings["guess"] == 13
        await until(pilot, lambda: "side of the map [13]" in shown(app))
        await pilot.press("right")
        assert client.steered[-1].settings["guess"] == -1
        await pilot.press("9", "9", "9", "enter")
        assert "It can be 0 to 99" in shown(app)
        assert client.steered[-1].settings["guess"] == -1


async def test_what_was_typed_stays_when_only_the_window_moves(lab, client):
    async with lab() as (app, pilot):
        answer(client)
        await pilot.press("y")
        assert "window [" not in shown(app)
        await pilot.press("4", "enter")
        assert "window [1]" in shown(app)
        await pilot.press("w")
        settings = client.steered[-1].settings
        assert (settings["window"], settings["guess"]) == (2, 4)
        await pilot.press("right")
        assert client.steered[-1].settings["guess"] == -1


async def test_pause_step_and_go_on(lab, client):
    async with lab() as (app, pilot):
        number = client.last.number
        client.play(protocol.Answering(number=number, settings=SHAPES.start))
        await until(pilot, lambda: app.screen.run_state.answering)
        await pilot.press("space")
        assert "paused" in text_of(app)[0]
        await pilot.press("full_stop")
        assert "paused" in text_of(app)[0]
        await pilot.press("space")
        assert [steer.pace for steer in client.steered] == ["pause", "step", "run"]
        assert "paused" not in text_of(app)[0]


async def test_long_work_shows_how_much_is_left(lab, client):
    async with lab() as (app, pilot):
        number = client.last.number
        client.play(
            protocol.Answering(number=number, settings=SHAPES.start),
            protocol.Working(number=number, done=30, of=120),
        )
        await until(pilot, lambda: app.screen.run_state.work)
        app.screen.run_state.since -= 10.0
        app.screen._tick()
        await until(pilot, lambda: "25 %, about 3" in text_of(app)[0])


# --- the end of a lab ---------------------------------------------------------------------------


async def test_leaving_ends_the_lab(lab, client):
    async with lab() as (app, pilot):
        number = client.last.number
        await pilot.press("q")
        await until(pilot, lambda: app.screen.place == "home")
        assert client.cancelled == [number]


async def test_what_could_not_run_is_told_and_the_next_key_opens_it_again(lab, client):
    async with lab() as (app, pilot):
        number = client.last.number
        told = "your conv.py, line 3: `while True: pass`"
        client.play(
            protocol.Done(
                number=number, outcome="could-not-run", seconds=1.0, error_kind="time-limit",
                error=f"the answer took longer than its limit of 20 s; it was then at {told}",
            )
        )  # fmt: skip
        await until(pilot, lambda: "could not run" in text_of(app)[0])
        assert "? could not run: the answer took longer" in shown(app)
        await pilot.press("right")
        assert len(client.requests) == 2
        assert client.last.settings["size"] == 8
        answer(client)
        await until(pilot, lambda: SENTENCE in shown(app))


async def test_a_new_seed_and_the_courses_code_open_it_anew(lab, client):
    async with lab() as (app, pilot):
        answer(client, conv=True)
        await until(pilot, lambda: SENTENCE in shown(app))
        await pilot.press("z")
        assert client.last.seed == 1
        assert len(client.cancelled) == 1
        answer(client, conv=True)
        await until(pilot, lambda: SENTENCE in shown(app))
        await pilot.press("c")
        assert len(client.requests) == 3
        assert not client.last.earlier
        await pilot.press("i")
        assert "c: your own again" in shown(app)


async def test_what_proves_is_recorded_and_shown_at_home_and_in_about(lab, client, workspace):
    async with lab() as (app, pilot):
        app.screen_stack[-2].query_one("#course").go_to("checkpoint:conv")
        answer(client)
        await until(pilot, lambda: SENTENCE in shown(app))
        entry = Progress(workspace).lab_evidence("shapes")
        assert entry is not None
        assert entry.sentence == SENTENCE
        await pilot.press("i")
        assert f": {SENTENCE}" in shown(app)
        await pilot.press("q")
        await until(pilot, lambda: app.screen.place == "home")
        await pilot.press("x")
        await until(pilot, lambda: "✓  shapes     shown" in shown(app))


# --- ways in ------------------------------------------------------------------------------------


async def test_home_a_board_and_a_checkpoint_lead_to_labs(make, client):
    app = make()
    async with app.run_test(size=(80, 50)) as pilot:
        await until(pilot, lambda: "next" in shown(app))
        app.screen.query_one("#course").go_to("lab:shapes")
        await until(pilot, lambda: SHAPES.question[:40] in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.place == "lab")
        await pilot.press("q")
        for way in (
            lambda: app.open_board("locality"),
            lambda: app.open_checkpoint(COURSE.checkpoint("conv")),
        ):
            way()
            await until(pilot, lambda: app.screen.place in ("board", "checkpoint"))
            await pilot.press("x")
            await until(pilot, lambda: app.screen.place in ("lab", "labs"))
            await pilot.press("q")
            await until(pilot, lambda: app.screen.place in ("board", "checkpoint"))
            await pilot.press("q")
            await until(pilot, lambda: app.screen.place == "home")


def words_of(app):
    """What is on the screen without its line breaks."""
    return " ".join(shown(app).split())


async def test_the_list_has_each_lab_and_opens_it(make, client):
    app = make()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        from tutor.app.labs import LabsScreen

        app.push_screen(LabsScreen("locality"))
        await until(pilot, lambda: app.screen.place == "labs" and "> " in shown(app))
        for one in COURSE.labs:  # with more of them than rows the list scrolls
            app.screen.query_one("#labs").go_to(f"lab:{one.id}")
            await until(pilot, lambda one=one: one.question in words_of(app))
            assert one.title in shown(app)
        app.screen.query_one("#labs").go_to("lab:shapes")
        await until(pilot, lambda: SHAPES.question in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.place == "lab")
        assert client.last.lab == "shapes"


# --- what every lab must keep to ----------------------------------------------------------------


@pytest.mark.parametrize("one", COURSE.labs, ids=lambda lab: lab.id)
def test_no_key_of_a_lab_means_two_things(one):
    turned = [key for control in one.controls if not control.typed for key in control.keys.split()]
    assert len(turned) == len(set(turned)) == 2 * sum(not c.typed for c in one.controls)
    assert not set(turned) & labs_keys()
    for key in turned:
        assert key in ("left", "right", "up", "down") or (len(key) == 1 and key.isalpha())
    for control in one.controls:
        assert not control.needs or isinstance(one.control(control.needs).start, bool)
        for other, values in control.when.items():
            assert set(values) < set(one.control(other).choices)
    assert set(one.earned_in) <= {c for o in one.controls if o.id == "show" for c in o.choices}


@pytest.mark.parametrize("one", COURSE.labs, ids=lambda lab: lab.id)
async def test_every_lab_has_its_controls_and_keys_whole_at_80x24(lab, client, one):
    async with lab(what=one) as (app, pilot):
        number = client.last.number
        long = "A sentence of two hundred characters stands here, whole. " * 3
        client.play(
            protocol.Answering(number=number, settings=one.start),
            words(number, "drawn"),
            finding(number, one.start, long.strip()),
            protocol.Drawn(number=number, seconds=0.1),
        )
        await until(pilot, lambda: "drawn" in shown(app))
        page = text_of(app)
        assert long.strip().split()[-1] in page[-2]
        assert page[-1].rstrip().endswith("q back")
        for control in one.controls:
            if labbing.is_on(one, control, one.start):
                assert f" {control.title} [" in shown(app).replace("\n ", " ")
        strips = app.screen.query_one("#controls").lines
        assert all(strip.cell_length <= 80 for strip in strips)


async def test_drawings_that_need_it_get_the_questions_room(lab, client):
    async with lab() as (app, pilot):
        tall = "\n".join(f"line {number}" for number in range(18))
        answer(client, None, words(client.last.number, tall))
        await until(pilot, lambda: "line 17" in shown(app))
        assert SHAPES.question not in shown(app)
        assert SENTENCE in shown(app)
        await pilot.press("i")
        assert SHAPES.question in shown(app)


@pytest.mark.parametrize("one", COURSE.labs, ids=lambda lab: lab.id)
async def test_what_it_is_about_is_told_once_and_to_its_end(lab, client, one):
    async with lab(what=one) as (app, pilot):
        answer(client, None, words(client.last.number))
        await until(pilot, lambda: SENTENCE in shown(app))
        await pilot.press("i")
        pages = [words_of(app)]
        assert pages[0].count(one.question) == 1
        while "pgdn more" in text_of(app)[-1] and len(pages) < 5:
            before = shown(app)
            await pilot.press("pagedown")
            if shown(app) == before:
                break
            pages.append(words_of(app))
        whole = " ".join(pages)
        assert "marks a sentence that counts as evidence" in whole
        assert f"Tier {one.tier.value}" in whole
        for view in one.earned_in:
            assert f"only with show: {view}" in whole


async def test_what_is_higher_than_the_screen_can_be_paged(lab, client):
    async with lab() as (app, pilot):
        tall = "\n".join(f"line {number}" for number in range(40))
        answer(client, None, words(client.last.number, tall))
        await until(pilot, lambda: "line 17" in shown(app))
        await pilot.press("pagedown", "pagedown", "pagedown")
        assert "line 39" in shown(app)
        assert not client.steered


async def test_the_viewer_is_a_key_away_from_a_lab_and_opens_once(lab, client):
    async with lab() as (app, pilot):
        answer(client)
        await pilot.press("g")
        await until(pilot, lambda: getattr(app.screen, "lab", None) is COURSE.lab("maps"))
        await pilot.press("g")
        await until(pilot, lambda: "Here they are." in shown(app))
        await pilot.press("q")
        await until(pilot, lambda: app.screen.lab is SHAPES)


class Quiet:
    """A client whose lab never answers."""

    def __init__(self):
        self.steered = []

    def next_number(self):
        return 1

    def submit(self, request, on_event):
        self.on_event = on_event

    def steer(self, request):
        self.steered.append(request)

    def cancel(self, number): ...


def test_events_of_a_lab_that_was_closed_are_not_listened_to(workspace):
    client = Quiet()
    told = []
    lab = Lab(
        id="shapes", title="t", tier=Tier.T1, question="q", task="t",
        controls=(Control(id="a", title="a", choices=(0, 1), start=0, keys="a b"),),
    )  # fmt: skip
    run = LabRun(lab, client, workspace, Progress(workspace), lambda: told.append(1))
    run.start()
    client.on_event(words(1))
    client.on_event(words(1))
    assert told == [1]
    assert run.drain() == {"drawing"}
    run.close()
    client.on_event(words(1, "late"))
    assert run.drain() == set()
