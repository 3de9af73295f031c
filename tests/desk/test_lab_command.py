"""``cnntutor lab``: what it lists, runs, prints and records, and the way out and back of a lab."""

import json
import math
import time

import pytest

from lessons.course import COURSE
from tests.desk.deskkit import MLP
from tutor import evidence, labbing
from tutor.cli import drawings
from tutor.progress import CheckEnded, LabShown, Progress, encode, parse
from tutor.runner import protocol

SHAPES = COURSE.lab("shapes")
SENTENCE = "A window of 3 fits at 4 places."


def events(proves=True):
    return [
        protocol.Started(number=1, sha256="", claims=()),
        protocol.Answering(number=1, settings=SHAPES.start, own={"conv": True}),
        protocol.Words(number=1, slot="rule", text="two\nlines"),
        protocol.Picture(
            number=1, slot="grid", title="grid", height=2, width=3, images=[[0, 0.5, 1] * 2] * 2,
            captions=["left", "right"],
        ),
        protocol.Curves(
            number=1, slot="race", title="race", series={"plain": [(0, 2.0), (5, math.nan)]},
            x="step", y="loss", x_range=(0, 5), y_range=(0, 3),
        ),
        protocol.Bars(number=1, slot="long", title="long", values={"a": 1.0, "b": 0.5}, unit="s"),
        protocol.Table(
            number=1, slot="rows", title="rows", columns=["name", "size"],
            rows=[["a", "1"], ["b", "22"]], marked=[1],
        ),
        protocol.Finding(
            number=1, sentence=SENTENCE, figures={"places": 4, "odd": math.inf}, proves=proves,
            settings=SHAPES.start, own={"conv": True},
        ),
        protocol.Drawn(number=1, seconds=0.25),
    ]  # fmt: skip


@pytest.fixture
def answered(worker):
    worker.answer = lambda: iter(events())
    return worker


def passed(progress, checkpoint, sha256="0" * 64):
    progress.add(
        CheckEnded(
            checkpoint=checkpoint.id, at=time.time(), outcome="passed", sha256=sha256, check="c",
            whole=True,
        )
    )  # fmt: skip


# --- the command --------------------------------------------------------------------------------


def test_without_a_name_it_lists_the_labs_by_move(call, workspace):
    status, out, _ = call("lab", "--workspace", workspace.root)
    assert status == 0
    row = next(line for line in out.splitlines() if line.strip().startswith("shapes"))
    assert "T1" in row
    assert "not run yet" in row
    assert all(len(line) <= 80 for line in out.splitlines())
    listed = json.loads(call("lab", "--json", "--workspace", workspace.root)[1])["labs"]
    assert [lab["id"] for lab in listed] == [lab.id for lab in COURSE.labs]


def test_it_prints_every_drawing_as_plain_lines_and_records_the_finding(call, workspace, answered):
    status, out, _ = call("lab", "shapes", "--set", "kernel=5", "--workspace", workspace.root)
    assert status == 0
    (request,) = answered.requests
    assert request.settings == {**SHAPES.start, "kernel": 5}
    assert answered.closed
    for words in ("two\nlines", "left", "right", "0.5 s", "> b     22", "5: nan", SENTENCE):
        assert words in out
    assert "your own conv.py" in out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "\x1b" not in out
    entry = Progress(workspace).lab_evidence("shapes")
    assert entry is not None
    assert entry.sentence == SENTENCE
    assert entry.figures == {"places": 4, "odd": None}
    assert entry.tier == "T1"
    assert "shown" in call("lab", "--workspace", workspace.root)[1]


def test_json_holds_settings_finding_figures_and_all_drawings(call, workspace, answered):
    status, out, _ = call("lab", "shapes", "--json", "--seed", 3, "--workspace", workspace.root)
    assert status == 0
    told = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert told["lab"] == "shapes"
    assert told["settings"] == SHAPES.start
    assert told["seed"] == answered.requests[0].seed == 3
    assert told["own"] == {"conv": True}
    assert told["finding"] == SENTENCE
    assert told["proves"] is True
    assert told["figures"] == {"places": 4, "odd": None}
    assert told["words"]["rule"] == "two\nlines"
    assert told["tables"]["rows"]["rows"] == [["a", "1"], ["b", "22"]]
    assert told["curves"]["race"]["series"] == {"plain": [[0, 2.0], [5, None]]}
    assert told["bars"]["long"]["values"] == {"a": 1.0, "b": 0.5}
    assert told["pictures"]["grid"]["images"][1] == [0, 0.5, 1, 0, 0.5, 1]
    assert told["error"] is None


def test_without_a_workspace_it_runs_and_leaves_nothing(call, home, answered):
    status, _, err = call("lab", "shapes")
    assert (status, err) == (0, "")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["shpes"], "no lab 'shpes'; there are: "),
        (["shapes", "--set", "kernel"], "--set takes CONTROL=VALUE, not 'kernel'"),
        (["shapes", "--set", "colour=1"], "no control 'colour'; there are: size, kernel"),
        (["shapes", "--set", "kernel=9"], "kernel can't be '9'; it can be 1, 2, 3, 4, 5"),
        (["shapes", "--set", "predict=maybe"], "it can be off, on"),
        (["--set", "kernel=5"], "NAME"),
    ],
)
def test_wrong_usage_is_2_and_one_line(call, workspace, answered, arguments, words):
    status, out, err = call("lab", *arguments, "--workspace", workspace.root)
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert not answered.requests


@pytest.mark.parametrize("as_json", [False, True])
def test_a_lab_that_could_not_run_is_3(call, workspace, worker, as_json):
    done = protocol.Done(
        number=1, outcome="could-not-run", seconds=1.0, error_kind="time-limit",
        error="the answer took longer than its limit of 20 s",
    )  # fmt: skip
    worker.answer = lambda: iter([*events()[:2], done])
    extra = ["--json"] if as_json else []
    status, out, err = call("lab", "shapes", *extra, "--workspace", workspace.root)
    assert status == 3
    assert "shapes could not run (time-limit): the answer took longer" in err
    if as_json:
        assert json.loads(out)["error"]["kind"] == "time-limit"
    assert Progress(workspace).lab_evidence("shapes") is None


def test_about_tells_what_can_be_set_and_runs_nothing(call, workspace, answered):
    status, out, _ = call("lab", "shapes", "--about", "--workspace", workspace.root)
    assert status == 0
    assert "kernel   1, 2, 3, 4, 5 (at first 3)" in out
    assert "predict  off, on (at first off)" in out
    maps = call("lab", "maps", "--about", "--workspace", workspace.root)[1]
    assert "row     0 to 27 (at first 14; works with show: map)" in maps
    assert "It can count as evidence with show: map." in maps
    assert not answered.requests


def test_a_number_that_is_to_be_predicted_can_be_given_or_is_asked_for(
    call, workspace, answered, monkeypatch
):
    asked = []

    def prompt(text, value_proc):
        asked.append(text)
        return value_proc("4")

    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("click.prompt", prompt)
    predict = ("lab", "shapes", "--workspace", workspace.root, "--set", "predict=on")
    call(*predict)
    call(*predict, "--set", "guess=5")
    call(*predict, "--json")
    assert asked == ["side of the map"]
    guesses = [request.settings["guess"] for request in answered.requests]
    assert guesses == [4, 5, -1]


def test_an_encoding_without_blocks_gets_ascii(monkeypatch):
    monkeypatch.setattr(drawings, "encoding", lambda: "ascii")
    for event in events()[2:7]:
        assert "\n".join(drawings.lines(event)).isascii()


def test_a_map_with_axes_is_told_in_numbers_around_its_frame(monkeypatch):
    monkeypatch.setattr(drawings, "encoding", lambda: "ascii")
    values = [float(10 * y + x) for y in range(8) for x in range(8)]
    drawn = protocol.Picture(
        number=1, slot="", title="map", height=8, width=8, images=[values], axes=True,
        frames=[(4, 6, 1, 1)],
    )  # fmt: skip
    told = drawings.lines(drawn)
    assert any("+-+" in line for line in told)
    assert "     4      43      44      45      46      47" in told
    assert "\n".join(told).isascii()


def test_a_choice_that_depends_on_another_control(call, workspace):
    status, _, error = call(
        "lab", "maps", "--workspace", workspace.root, "--set", "filter=9", "--set", "layer=1"
    )
    assert status == 2
    assert "with layer=1, filter can be 1 to 8" in error
    lab = COURSE.lab("maps")
    settings = {**lab.start, "layer": 2, "filter": 16}
    layer = lab.control("layer")
    assert labbing.turned(lab, settings, layer, -1)["filter"] == 8
    assert labbing.turned(lab, settings, layer, 1)["filter"] == 16
    assert labbing.turned(lab, settings, lab.control("filter"), 1) == settings


def test_bars_by_the_logarithm_keep_the_smallest_in_sight(monkeypatch):
    monkeypatch.setattr(drawings, "encoding", lambda: "utf-8")
    bars = protocol.Bars(number=1, slot="", title="", values={"a": 5e-13, "b": 1.0, "c": 0.0})
    lengths = {}
    for log in (False, True):
        drawn = protocol.Bars(number=1, slot="", title="", values=bars.values, log=log)
        lengths[log] = [line.count("█") for line in drawings.lines(drawn)[1:]]
    assert lengths[False][0] == 0
    assert 0 < lengths[True][0] < lengths[True][1]
    assert lengths[True][2] == 0


def test_many_bars_stand_in_a_row_for_each_group_with_some_of_their_numbers(monkeypatch):
    monkeypatch.setattr(drawings, "encoding", lambda: "utf-8")
    values = {f"{name} {at}": 10.0 ** (-at) for name in ("plain", "twin") for at in range(1, 35)}
    drawn = protocol.Bars(number=1, slot="", title="norms", values=values, log=True)
    told = "\n".join(drawings.lines(drawn)).splitlines()
    assert len(told) == 5
    assert all(len(line) <= 80 for line in told)
    rows = [line for line in told if line.lstrip().startswith(("plain", "twin"))]
    assert [len(row.split()[1]) for row in rows] == [34, 34]
    assert "1: 0.1 " in "\n".join(told)
    assert "34: 1e-34" in "\n".join(told)


@pytest.mark.long
def test_shapes_for_real(call, workspace):
    status, out, _ = call(
        "lab", "shapes", "--json", "--workspace", workspace.root, "--set", "size=8",
    )  # fmt: skip
    told = json.loads(out)
    assert status == 0
    assert told["own"] == {"conv": False}
    assert told["figures"] == {"places": 4, "formula": 4, "map": 4}
    assert Progress(workspace).lab_evidence("shapes").sentence == told["finding"]


@pytest.mark.long
def test_race_and_modes_for_real_show_their_claims_and_only_by_an_intervention(call, workspace):
    def row(claim):
        rows = evidence.matrix(Progress(workspace))
        return next(row for row in rows if row.claim.id == claim)

    call("lab", "modes", "--workspace", workspace.root)  # one mode only: no proof
    for name, claim, setting in (
        ("race", "residual-paths", "depth=10"),
        ("modes", "two-modes", "show=mates"),
    ):
        assert row(claim).state == "not shown"
        status, out, _ = call(
            "lab", name, "--json", "--workspace", workspace.root, "--set", setting
        )
        told = json.loads(out)
        assert (status, told["proves"]) == (0, True)
        assert row(claim).state == "shown"
        assert [shown.observed for shown in row(claim).showings] == [told["finding"]]


# --- on its way out and back --------------------------------------------------------------------


class Numbers:
    def next_number(self):
        return 1


def test_only_files_that_were_passed_and_are_used_go_along(workspace):
    conv = COURSE.checkpoint("conv")
    progress = Progress(workspace)
    workspace.write(conv, "from mlp import Linear\n")
    workspace.write(MLP, "Linear = 1\n")
    assert labbing.own_files(workspace, progress, SHAPES) == {}
    passed(progress, conv)
    assert labbing.own_files(workspace, progress, SHAPES) == {"conv": b"from mlp import Linear\n"}
    passed(progress, MLP)
    assert set(labbing.own_files(workspace, progress, SHAPES)) == {"conv", "mlp"}
    workspace.write(conv, "x = 1\n")
    assert set(labbing.own_files(workspace, progress, SHAPES)) == {"conv"}
    request = labbing.request(Numbers(), workspace, progress, SHAPES, SHAPES.start, own=False)
    assert request.earlier == {}


def test_a_finding_that_proves_is_recorded_with_the_files_hash_and_a_later_one_wins(workspace):
    progress = Progress(workspace)
    source = workspace.write(COURSE.checkpoint("conv"), "x = 1\n")
    passed(progress, COURSE.checkpoint("conv"))
    request = labbing.request(Numbers(), workspace, progress, SHAPES, SHAPES.start)
    recorder = labbing.Recorder(progress, request)
    for event in events():
        recorder.event(event)
    first = Progress(workspace).lab_evidence("shapes")
    assert first.own == {"conv": source.sha256}
    assert first.settings == SHAPES.start
    finding = protocol.Finding(number=1, sentence="later", figures={}, proves=True)
    recorder.event(finding)
    recorder.event(protocol.Finding(number=1, sentence="no proof", figures={}, proves=False))
    assert Progress(workspace).lab_evidence("shapes").sentence == "later"


def test_a_showing_survives_writing_and_reading_and_an_older_tutor_keeps_it():
    entry = LabShown(
        lab="shapes", at=1.0, sentence="s", figures={"a": 1.5, "b": None}, tier="T1", proves=True,
        settings={"size": 7, "predict": False, "rate": 0.1, "show": "map"}, own={"conv": "ab"},
    )  # fmt: skip
    data = encode(entry)
    assert parse(data).entries == [entry]
    newer = parse(data.replace(b"LabShown", b"LabOfTomorrow"))
    assert (newer.newer, newer.corrupt) == (1, 0)


# --- controls -----------------------------------------------------------------------------------


def test_turning_a_control_stops_at_its_ends_and_asks_anew(workspace):
    kernel, guess = SHAPES.control("kernel"), SHAPES.control("guess")
    settings = labbing.with_value(SHAPES, {**SHAPES.start, "predict": True}, guess, 4)
    assert settings["guess"] == 4
    turned = labbing.turned(SHAPES, settings, kernel, 1)
    assert (turned["kernel"], turned["guess"]) == (4, -1)
    top = labbing.turned(SHAPES, turned, kernel, 9)
    assert top["kernel"] == 5
    assert labbing.turned(SHAPES, top, kernel, 1) == top


@pytest.mark.parametrize("lab", COURSE.labs, ids=lambda lab: lab.id)
def test_every_choice_of_every_lab_can_be_named(lab):
    for control in lab.controls:
        assert control.start in control.choices
        for choice in control.choices:
            found = labbing.parse(control, labbing.shown(control, choice))
            assert found == choice
            assert type(found) is type(choice)
