"""Labs through real processes: they answer the newest settings, in time, and end with the rest."""

import os
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

import reference
from tests.runner.conftest import ROOT, assert_gone, running
from tutor.runner import protocol
from tutor.runner.client import Client
from tutor.runner.protocol import (
    Answering,
    Bars,
    Curves,
    Done,
    Drawn,
    Finding,
    OpenLab,
    Output,
    Picture,
    SteerLab,
    Table,
    Words,
)

OWN = (Path(reference.__file__).parent / "conv.py").read_text("utf-8")
PATIENCE = 60.0


class Session:
    """One open lab, and what came of it so far."""

    def __init__(self, client: Client, do: str, x: int = 0, **fields) -> None:
        self.client, self.number = client, client.next_number()
        self.seen: list[protocol.Event] = []
        self._news: queue.SimpleQueue[protocol.Event] = queue.SimpleQueue()
        settings = {"do": do, "x": x}
        request = OpenLab(number=self.number, lab="tiny", settings=settings, **fields)
        client.submit(request, self._news.put)

    def steer(self, do: str, x: int = 0, pace: protocol.Pace = "run") -> None:
        settings = {"do": do, "x": x}
        self.client.steer(SteerLab(number=self.number, settings=settings, pace=pace))

    def until(self, kind: type, **fields):
        """The next event of that kind with these fields."""
        while True:
            event = self._news.get(timeout=PATIENCE)
            self.seen.append(event)
            if isinstance(event, kind) and all(getattr(event, n) == v for n, v in fields.items()):
                return event
            assert not isinstance(event, Done), event

    def close(self) -> Done:
        self.client.cancel(self.number)
        return self.until(Done)

    def of(self, kind: type) -> list:
        return [event for event in self.seen if isinstance(event, kind)]


def _client(**settings: str) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        for name, value in settings.items():
            patch.setenv(name, value)
        with Client(judging="tests.runner.tiny_course", labs="tests.runner.tiny_labs") as client:
            client.start()
            yield client


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    yield from _client()


@pytest.fixture(scope="module")
def spawned() -> Iterator[Client]:
    yield from _client(CNNTUTOR_START="spawn")


def test_every_drawing_comes_in_its_slot_and_the_finding_last(client: Client) -> None:
    session = Session(client, "draw", 3, seed=7)
    drawn = session.until(Drawn)
    assert drawn.seconds >= 0
    kinds = [type(event) for event in session.seen]
    assert kinds[0] is protocol.Started
    assert kinds[1:] == [Answering, Words, Picture, Curves, Bars, Table, Finding, Drawn]
    (picture,) = session.of(Picture)
    assert (picture.slot, picture.height, picture.width) == ("picture", 3, 4)
    assert picture.captions == ["a", "b"]
    assert [len(image) for image in picture.images] == [12, 12]
    assert session.of(Curves)[0].series == {"a": [(0, 0.5), (1, 3.0)]}
    assert session.of(Table)[0].marked == [0]
    (finding,) = session.of(Finding)
    assert finding.figures == {"x": 3, "runs": 1, "seed": 7}
    assert finding.settings == {"do": "draw", "x": 3}
    assert finding.own == {"conv": False}
    assert session.close().cancelled


def test_steering_answers_anew_and_memory_survives(client: Client) -> None:
    session = Session(client, "draw", 1)
    session.until(Drawn)
    session.steer("draw", 2)
    assert session.until(Finding).figures == {"x": 2, "runs": 2, "seed": 0}
    session.until(Drawn)
    session.close()


def test_steering_right_behind_the_opening_is_heard(client: Client) -> None:
    for x in range(2, 10):
        session = Session(client, "train", 1)
        session.steer("draw", x)
        assert session.until(Finding).figures["x"] == x
        assert session.close().cancelled


def test_the_same_seed_gives_the_same_picture(client: Client) -> None:
    images = []
    for _ in range(2):
        session = Session(client, "draw", 1, seed=5)
        images.append(session.until(Picture).images)
        session.close()
    assert images[0] == images[1]


def test_newer_settings_end_a_run_that_goes_on_and_the_newest_win(client: Client) -> None:
    session = Session(client, "train", 1)
    session.until(Words, text="training 1")
    for x in range(2, 40):
        session.steer("train", x)
    session.steer("draw", 99)
    session.until(Words, text="x is 99")
    session.until(Drawn)
    assert session.of(Answering)[-1].settings == {"do": "draw", "x": 99}
    assert [event.figures["x"] for event in session.of(Finding)] == [99]
    session.close()


def test_a_lab_runs_on_the_learners_own_code_and_says_so(client: Client) -> None:
    own = OWN + "\ndef conv_output_size(size, kernel_size):\n    return 4711\n"
    session = Session(client, "use", earlier={"conv": own.encode()})
    assert session.until(Answering).own == {"conv": True}
    assert session.until(Words).text == "conv: 4711"
    assert session.until(Finding).own == {"conv": True}
    session.close()
    session = Session(client, "use")
    assert session.until(Words).text == "reference.conv: 24"
    session.close()


def ended(client: Client, do: str, code: str = "", seconds: float = 20.0) -> Done:
    """How a lab ends that can't go on, with that code at the end of the learner's conv.py."""
    earlier = {"conv": f"{OWN}\n{code}\n".encode()} if code else {}
    return Session(client, do, earlier=earlier, seconds=seconds).until(Done)


def test_code_that_loops_ends_at_the_limit_with_its_line(client: Client) -> None:
    done = ended(client, "loop", "def loop():\n    while True: pass", 1.0)
    assert (done.outcome, done.error_kind) == ("could-not-run", "time-limit")
    assert "limit of 1 s" in done.error
    line = OWN.count("\n") + 3
    assert f"your conv.py, line {line}: `while True: pass`" in done.error


def test_a_loop_at_import_ends_at_the_limit(client: Client) -> None:
    done = ended(client, "use", "while True: pass", 1.0)
    assert done.error_kind == "time-limit"


def test_the_limit_is_for_one_answer_not_for_the_session(client: Client) -> None:
    session = Session(client, "steps", seconds=1.5)
    for x in range(1, 4):
        session.until(Drawn)
        session.steer("steps", x)
    session.until(Drawn)
    session.steer("train", 1)
    assert session.until(Done).error_kind == "time-limit"


@pytest.mark.parametrize(
    ("do", "code", "kind", "words"),
    [
        ("die", "def die():\n    import os; os._exit(3)", "exit", "exit status 3"),
        ("die", "def die():\n    import ctypes; ctypes.string_at(0)", "crash", "SIGSEGV"),
        ("die", "def die():\n    raise KeyError('Ada')", "raised", "your conv.py, line"),
        ("die", "def die():\n    raise SystemExit(2)", "raised", "SystemExit"),
        ("die", "def die():\n    import torch; torch.ones(1 << 40)", "memory", "memory"),
        ("garble", "def garble():\n    import os\n    for fd in range(3, 64):\n        "
         "try: os.write(fd, b'\\xff' * 99)\n        except OSError: pass",
         "crash", "file descriptors"),
        ("use", "import reference", "raised", "write it yourself"),
        ("use", "def f(:", "syntax-error", "your conv.py, line"),
        ("fail", "", "internal", "ZeroDivisionError: the lab's own fault (tiny_labs.py, line"),
        ("huge", "", "internal", "characters in one drawing"),
    ],
)  # fmt: skip
def test_what_ends_a_lab_is_one_clear_sentence(
    client: Client, do: str, code: str, kind: str, words: str
) -> None:
    done = ended(client, do, code)
    assert (done.outcome, done.error_kind) == ("could-not-run", kind)
    assert words in done.error
    assert "\n" not in done.error


def test_what_was_printed_is_heard_and_no_escape_sequence_gets_out(client: Client) -> None:
    session = Session(client, "print")
    session.until(Drawn)
    assert "".join(event.text for event in session.of(Output)) == "heard ␛[2J\n"
    session.steer("escape", 1)
    session.until(Drawn)
    assert session.of(Words)[-1].text == "red ␛[31m"
    (table,) = session.of(Table)
    assert "\x1b" not in repr((table.title, table.columns))
    assert table.rows == [["␇"]]
    session.close()


def test_a_pause_holds_an_answer_a_step_draws_once_and_time_stands_still(client: Client) -> None:
    session = Session(client, "steps", 1, seconds=3.0)
    session.until(Words, text="step 2")
    session.steer("steps", 1, pace="pause")
    session.steer("steps", 1, pace="step")
    first = session.until(Words)
    session.steer("steps", 1, pace="step")
    second = session.until(Words)
    number = int(first.text.removeprefix("step "))
    assert second.text == f"step {number + 1}"
    session.steer("steps", 1)
    session.until(Drawn)
    assert session.of(Words)[-1].text == "step 9"
    session.close()


def test_steering_a_held_answer_begins_the_new_one(client: Client) -> None:
    session = Session(client, "steps", 1)
    session.until(Words, text="step 1")
    session.steer("steps", 1, pace="pause")
    session.steer("draw", 5)
    assert session.until(Finding).figures["x"] == 5
    session.close()


def test_an_unknown_lab_is_told(client: Client) -> None:
    number = client.next_number()
    *_, done = client.run(OpenLab(number=number, lab="nowhere", settings={}))
    assert isinstance(done, Done)
    assert done.error_kind == "internal"
    assert "nowhere" in done.error


def test_closing_ends_what_the_lab_started(client: Client) -> None:
    code = "import subprocess\nsubprocess.Popen(['sleep', '86888.7'], start_new_session=True)"
    session = Session(client, "use", earlier={"conv": f"{OWN}\n{code}\n".encode()})
    session.until(Drawn)
    assert running("86888.7")
    assert session.close().cancelled
    assert_gone("86888.7")


def test_two_labs_at_once_do_not_mix(client: Client) -> None:
    one, other = Session(client, "train", 1), Session(client, "draw", 2)
    assert other.until(Finding).figures["x"] == 2
    one.steer("draw", 3)
    assert one.until(Finding).figures["x"] == 3
    other.close()
    one.steer("draw", 4)
    assert one.until(Finding).figures["x"] == 4
    one.close()


@pytest.mark.long
def test_labs_where_processes_can_not_be_forked(spawned: Client) -> None:
    session = Session(spawned, "draw", 1)
    session.steer("draw", 2)
    assert session.until(Finding, figures={"x": 2, "runs": 2, "seed": 0}) or True
    session.steer("train", 3)
    session.until(Words, text="training 3")
    assert session.close().cancelled
