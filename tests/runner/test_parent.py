"""The parent's life: one for each client, fresh when something was installed, gone when unused."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.runner.conftest import ROOT, Checks, running
from tutor.runner import containment, installed
from tutor.runner.client import Client

RIGHT = "def first():\n    return 42\n"
pytestmark = pytest.mark.long


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    with Client(judging="tests.runner.tiny_course") as client:
        yield client


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_many_at_once_start_one_parent(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )
    threads = [threading.Thread(target=client.start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(started) == 1
    assert client.pid == started[0].pid


def test_the_parent_leaves_when_nobody_asks_and_comes_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNTUTOR_IDLE_SECONDS", "0.2")
    left = threading.Event()
    client.on_left = left.set
    checks = Checks(client)
    client.start()
    first = client.pid
    assert first is not None
    assert left.wait(60)
    assert client.pid is None
    assert not client.ready
    monkeypatch.delenv("CNNTUTOR_IDLE_SECONDS")
    assert checks.run(RIGHT, claims=("first",)).end == ("passed", None)
    assert client.pid not in (None, first)
    assert not is_there(first)


def test_a_fresh_parent_when_something_was_installed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = Checks(client)
    assert checks.run(RIGHT, claims=("first",)).end == ("passed", None)
    first = client.pid
    assert checks.run(RIGHT, claims=("first",)).end == ("passed", None)
    assert client.pid == first
    monkeypatch.setattr(installed, "stamp", lambda: frozenset({("new", 1, 1)}))
    assert checks.run(RIGHT, claims=("first",)).end == ("passed", None)
    assert client.pid != first


def test_what_is_installed_has_a_stamp_that_changes(tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "lessons" / "scaffold"
    folder.mkdir(parents=True)
    (folder / "claims.py").write_text("a")
    monkeypatch.setattr(installed, "ROOT", tmp_path)
    before = installed.stamp()
    assert installed.stamp() == before
    (folder / "claims.py").write_text("ab")
    assert installed.stamp() != before


def waiting_judge(client: Client) -> tuple[int, list[int]]:
    """The judge that waits for the next check, once it does, and the processes it has ready."""
    children = containment.family_tree()
    while True:
        found = [(pid, own) for pid in children(client.pid) if (own := children(pid))]
        if len(found) == 1 and not children(found[0][1][-1]):
            return found[0]
        time.sleep(0.005)


def test_a_killed_judge_that_waited_costs_nothing(client: Client) -> None:
    checks = Checks(client)
    assert checks.run(RIGHT, claims=("first",)).end == ("passed", None)
    judge, own = waiting_judge(client)
    os.kill(judge, signal.SIGKILL)  # which the parent may or may not see before the next request
    assert checks.run(RIGHT, claims=("first",)).end == ("passed", None)
    while any(is_there(pid) for pid in (judge, *own)):
        time.sleep(0.005)


def test_the_judge_that_waits_ends_with_a_killed_parent(client: Client) -> None:
    client.start()
    while not client.ready:
        time.sleep(0.01)
    judge, own = waiting_judge(client)
    assert client.pid is not None
    os.kill(client.pid, signal.SIGKILL)
    while any(is_there(pid) for pid in (judge, *own)):
        time.sleep(0.005)


APP = """
import os, sys
from tests.runner.conftest import Checks
from tutor.runner.client import Client
client = Client(judging="tests.runner.tiny_course")
checks = Checks(client)
source = "import subprocess\\ndef first():\\n    subprocess.run(['sleep', '86777.7'])\\n"
for event in client.run(checks.request(source, claims=("first",))):
    print(client.pid, flush=True)
"""


def test_with_a_killed_app_its_parent_and_all_checks_go(monkeypatch) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", APP],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as app:
        assert app.stdout is not None
        parent = int(app.stdout.readline())
        while not running("86777.7"):
            time.sleep(0.01)
        os.kill(app.pid, signal.SIGKILL)
    while is_there(parent) or running("86777.7"):
        time.sleep(0.01)
