"""What a learner's code may do, run through a real client: the right word, and a next check."""

import threading
from collections.abc import Callable

import pytest

from tests.runner.conftest import Checks, assert_gone, named, wait_until_gone
from tutor.runner.client import Client
from tutor.runner.protocol import ClaimStarted, Done, Event, Loss, Started

RIGHT = "def first():\n    return 42\n\ndef second():\n    return 42\n"
# Starts a process with a session of its own, whose parents are gone, and waits until it runs.
DAEMON = """
import os
def daemon(mark):
    ended, held = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", mark])
        os._exit(0)
    os.close(held)
    os.read(ended, 1)
"""
LOOP = """
def first():
    while True:
        try:
            while True: pass
        except BaseException:
            pass
"""


@pytest.fixture(params=["tiny", pytest.param("plain", marks=pytest.mark.long)])
def checks(request: pytest.FixtureRequest) -> Checks:
    """With namespaces and without."""
    return request.getfixturevalue(request.param)


def test_right_answers_pass_and_begin_with_the_hash(tiny: Checks) -> None:
    request = tiny.request(RIGHT)
    events = list(tiny.client.run(request))
    started = events[0]
    assert isinstance(started, Started)
    assert started.sha256 == request.sha256
    assert started.claims == ("first", "second")
    assert [e.claim for e in events if isinstance(e, ClaimStarted)] == ["first", "second"]
    assert isinstance(events[-1], Done)
    assert events[-1].outcome == "passed"
    assert {e.number for e in events if hasattr(e, "number")} == {request.number}


def test_a_wrong_answer_fails(tiny: Checks) -> None:
    seen = tiny.run("def first():\n    return 41\n\ndef second():\n    return 42\n")
    assert seen.verdicts == {"first": "failed", "second": "passed"}
    assert seen.end == ("failed", None)


def test_only_the_claims_asked_for(tiny: Checks) -> None:
    assert tiny.run(RIGHT, claims=("second",)).verdicts == {"second": "passed"}


def test_a_loop_that_swallows_exceptions_ends_at_the_limit(checks: Checks) -> None:
    seen = checks.run(DAEMON + LOOP + "daemon('86111.7')\n", seconds=1.0)
    assert seen.end == ("could-not-run", "time-limit")
    assert seen.verdicts == {"first": "could-not-run"}
    assert "mlp.py, line 16: `while True: pass`" in seen.done.error
    assert_gone("86111.7")


def test_a_loop_at_import_ends_at_the_limit(tiny: Checks) -> None:
    seen = tiny.run("x = 1\nwhile True: x += 1\n", seconds=1.0)
    assert seen.end == ("could-not-run", "time-limit")
    assert seen.verdicts == {}
    assert "line 2: `while True: x += 1`" in seen.done.error


def test_the_limit_holds_while_the_judge_is_busy(tiny: Checks) -> None:
    seen = tiny.run("def judge_loops():\n    return 42\n", claims=("judge_loops",), seconds=1.0)
    assert seen.end == ("could-not-run", "time-limit")


@pytest.mark.parametrize(
    ("body", "kind", "word"),
    [
        ("import os; os._exit(0)", "exit", "exit status 0"),
        ("import ctypes; ctypes.string_at(0)", "crash", "SIGSEGV"),
        ("import os; os.kill(os.getpid(), 9)", "memory", "memory"),
        ("import os; os.closerange(3, 256)", "crash", "file descriptors"),
        ("import os\n    for fd in range(3, 64):\n        try: os.write(fd, b'\\xff' * 99)\n"
         "        except OSError: pass", "crash", "file descriptors"),
    ],
)  # fmt: skip
def test_a_death_costs_one_claim(tiny: Checks, body: str, kind: str, word: str) -> None:
    seen = tiny.run(f"def first():\n    {body}\n    return 42\n\ndef second():\n    return 42\n")
    assert seen.verdicts == {"first": "could-not-run", "second": "passed"}
    assert seen.end == ("could-not-run", kind)
    assert word in seen.done.error


@pytest.mark.parametrize(
    "body",
    [
        "held = []\n    while True: held.append(bytes(1 << 24))",
        "import torch\n    return torch.ones(1 << 40)",
    ],
)
def test_memory_without_end(tiny: Checks, body: str) -> None:
    seen = tiny.run(f"def first():\n    {body}\n\ndef second():\n    return 42\n")
    assert seen.verdicts == {"first": "could-not-run", "second": "passed"}
    assert seen.end == ("could-not-run", "memory")


def test_a_daemon_is_gone_when_the_check_is_done(checks: Checks) -> None:
    seen = checks.run(
        DAEMON + "def first():\n    daemon('86222.7'); print('it runs'); return 42\n",
        claims=("first",),
    )
    assert "it runs" in seen.output
    assert seen.end == ("passed", None)
    assert_gone("86222.7")


def test_a_deep_family_is_gone_when_the_check_is_done(checks: Checks) -> None:
    seen = checks.run(
        "import ctypes, os, signal\n"
        "def first():\n"
        "    told, tell = os.pipe()\n"
        "    for depth in range(12):\n"
        "        if os.fork() != 0:\n"
        "            break\n"
        "        ctypes.CDLL(None).prctl(15, b'deep86')\n"
        "    if depth == 0:\n"
        "        os.read(told, 1)\n"
        "        return 42\n"
        "    if depth == 11:\n"
        "        os.write(tell, b'!')\n"
        "    signal.pause()\n",
        claims=("first",),
    )
    assert seen.end == ("passed", None)
    assert named("deep86") == []


def test_a_forked_child_does_not_answer(tiny: Checks) -> None:
    source = "import os\nif os.fork() == 0:\n    def first(): return 1\nelse:\n    os.wait()\n"
    seen = tiny.run(source + "    def first(): return 42\n", claims=("first",))
    assert seen.verdicts == {"first": "passed"}


def test_a_flood_of_output_is_cut_and_drained(tiny: Checks) -> None:
    seen = tiny.run(
        "import sys\n"
        "def first():\n"
        "    for _ in range(100):\n"
        "        print('y' * 50_000); sys.stderr.write('z' * 50_000)\n"
        "    return 42\n",
        claims=("first",),
    )
    assert seen.end == ("passed", None)
    assert 64 * 1024 <= len(seen.output) < 66 * 1024
    assert seen.output.endswith("the rest is not shown.]\n")


def test_control_characters_become_signs(tiny: Checks) -> None:
    seen = tiny.run(
        "import os\nprint('\\x1b[31mred\\x07')\nos.write(1, b'\\xff\\n')\ndef first(): return 42\n",
        claims=("first",),
    )
    assert seen.output == "␛[31mred␇\n�\n"


def test_an_error_cannot_speak_to_the_terminal(tiny: Checks) -> None:
    seen = tiny.run("def first(): raise ValueError('\\x1b[2J')\n", claims=("first",))
    assert "ValueError: ␛[2J" in seen.observed["first"]


def test_closed_and_replaced_stdout(tiny: Checks) -> None:
    source = "import sys\nsys.stdout.close()\nsys.stdout = None\n" + RIGHT
    assert tiny.run(source).end == ("passed", None)


def test_what_was_printed_before_a_crash_is_shown(tiny: Checks) -> None:
    source = "import ctypes\ndef first():\n    print('so far', end='')\n    ctypes.string_at(0)\n"
    output = tiny.run(source, claims=("first",)).output
    assert output.startswith("so far")
    assert 'File "/home/ada/mlp.py", line 4 in first' in output


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("def first(:\n", "syntax-error", "mlp.py, line 1: invalid syntax: `def first(:`"),
        ("x = 1\x00\n", "syntax-error", "null byte"),
        ("x = " + "-" * 100_000 + "1\n", "syntax-error", "nested too deeply"),
        ("import os\nimport nonesuch\n", "import-error", "mlp.py, line 2: `import nonesuch`"),
        ("1 / 0\n", "import-error", "mlp.py, line 1: `1 / 0`: ZeroDivisionError"),
        ("import sys\nsys.exit()\n", "import-error", "mlp.py, line 2: `sys.exit()`: SystemExit"),
        ("raise KeyboardInterrupt\n", "import-error", "KeyboardInterrupt"),
        ("x = bytearray(1 << 50)\n", "memory", "mlp.py, line 1"),
        ("import os\nos._exit(3)\n", "exit", "exit status 3"),
        ("import ctypes\nctypes.string_at(0)\n", "crash", "SIGSEGV"),
        ("from reference.mlp import *\n", "import-error", "write it yourself"),
        ("import lessons.judging\n", "import-error", "lessons is what judges your file"),
        ("import tutor\n", "import-error", "tutor is what runs your file"),
    ],
)
def test_a_file_that_cannot_be_loaded(tiny: Checks, source: str, kind: str, message: str) -> None:
    seen = tiny.run(source)
    assert isinstance(seen.events[0], Started)
    assert seen.end == ("could-not-run", kind)
    assert message in seen.done.error
    assert len(seen.done.error.splitlines()) == 1
    assert seen.verdicts == {}


def test_earlier_pieces_are_the_learners_or_the_references(tiny: Checks) -> None:
    source = "import conv\nfrom mlp import Linear\ndef first(): return conv.number(Linear)\n"
    own = b"from mlp import Linear\ndef number(cls): return 42 if cls is Linear else cls.__module__"
    seen = tiny.run(source, claims=("first",), checkpoint="residual", earlier={"conv": own})
    assert seen.observed == {"first": "42"}


def test_an_error_in_an_earlier_piece_is_told_by_its_line(tiny: Checks) -> None:
    seen = tiny.run("import conv\n", earlier={"conv": b"x = 1\ny = z\n"})
    assert "conv.py, line 2: `y = z`: NameError" in seen.done.error


def test_every_step_of_a_training_arrives(tiny: Checks) -> None:
    seen = tiny.run(
        "from torch import nn\n"
        "def Model(): return nn.Linear(3, 2)\n"
        "def train(model, batches, optimizer):\n"
        "    for images, labels in batches:\n"
        "        nn.functional.cross_entropy(model(images), labels).backward()\n"
        "        optimizer.step()\n"
        "    return 42\n",
        claims=("trains",),
    )
    assert seen.end == ("passed", None)
    assert [e.step for e in seen.events if isinstance(e, Loss)] == list(range(51))


def test_the_code_has_a_folder_of_its_own(tiny: Checks) -> None:
    seen = tiny.run(
        "import os\nopen('left', 'w').write('x')\nprint(os.listdir('.'), end='')\n" + RIGHT
    )
    assert seen.output == "['left']"
    assert seen.end == ("passed", None)


def test_a_fault_of_the_judge_is_internal(tiny: Checks) -> None:
    seen = tiny.run(RIGHT, claims=("judge_fails",))
    assert seen.end == ("could-not-run", "internal")
    assert "the judge's own fault" in seen.done.error


def test_a_judge_that_dies_is_internal(checks: Checks) -> None:
    seen = checks.run(DAEMON + "daemon('86333.7')\n", claims=("judge_dies",))
    assert seen.end == ("could-not-run", "internal")
    assert_gone("86333.7")


def test_two_checks_at_once_keep_apart(tiny: Checks) -> None:
    wrong = tiny.client.run(tiny.request("def first():\n    return 1\n", claims=("first",)))
    right = tiny.client.run(tiny.request(RIGHT))
    ends = [list(events)[-1] for events in (wrong, right)]
    assert [end.outcome for end in ends if isinstance(end, Done)] == ["failed", "passed"]


def watched(checks: Checks, source: str, act: Callable[[int], None]) -> list[Event]:
    """Run a check; call ``act`` with its number when its first claim begins."""
    events, ended = [], threading.Event()
    request = checks.request(source, claims=("first",))

    def on_event(event: Event) -> None:
        events.append(event)
        if isinstance(event, ClaimStarted):
            act(request.number)
        if isinstance(event, Done):
            ended.set()

    checks.client.submit(request, on_event)
    ended.wait()
    return events


def test_a_cancelled_check_takes_everything_with_it(checks: Checks) -> None:
    events = watched(checks, DAEMON + "daemon('86444.7')\n" + LOOP, checks.client.cancel)
    last = events[-1]
    assert isinstance(last, Done)
    assert last.cancelled
    assert_gone("86444.7")
    assert checks.run(RIGHT).end == ("passed", None)


def test_cancelling_what_has_ended_is_no_harm(tiny: Checks) -> None:
    request = tiny.request(RIGHT)
    assert isinstance(list(tiny.client.run(request))[-1], Done)
    tiny.client.cancel(request.number)
    assert tiny.run(RIGHT).end == ("passed", None)


@pytest.mark.long
def test_a_killed_worker_is_told_and_replaced(tiny: Checks) -> None:
    import os
    import signal

    def kill(number: int) -> None:
        assert tiny.client.pid is not None
        os.kill(tiny.client.pid, signal.SIGKILL)

    last = watched(tiny, DAEMON + "daemon('86555.7')\n" + LOOP, kill)[-1]
    assert isinstance(last, Done)
    assert (last.outcome, last.error_kind) == ("could-not-run", "internal")
    assert "SIGKILL" in last.error
    wait_until_gone("86555.7")
    assert tiny.run(RIGHT).end == ("passed", None)


@pytest.mark.long
def test_processes_that_are_not_forked(spawned: Checks) -> None:
    seen = spawned.run(DAEMON + LOOP + "daemon('86666.7')\n", seconds=1.0)
    assert seen.end == ("could-not-run", "time-limit")
    assert_gone("86666.7")
    died = spawned.run("import os\ndef first(): os._exit(0)\ndef second(): return 42\n")
    assert died.verdicts == {"first": "could-not-run", "second": "passed"}


def test_closing_the_client_ends_running_checks() -> None:
    ended: list[Event] = []
    client = Client(judging="tests.runner.tiny_course")
    checks = Checks(client)
    client.submit(checks.request(RIGHT), ended.append)
    client.close()
    last = ended[-1]
    assert isinstance(last, Done)
    assert last.cancelled
