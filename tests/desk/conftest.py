"""A learner's desk for a test: a workspace of its own, a home of its own, a worker on a string."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lessons.declare import Checkpoint
from tests.desk.deskkit import MLP, all_passed
from tutor.cli.run import run
from tutor.runner import protocol
from tutor.workspace import Workspace


@pytest.fixture
def mlp() -> Checkpoint:
    return MLP


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own home or folder takes part, and lines have the design's width."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return home


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    place = Workspace(tmp_path / "desk")
    place.create()
    return place


class Worker:
    """Stands for the worker: keeps what it was asked, and answers what the test laid out."""

    def __init__(self) -> None:
        self.requests: list[protocol.Check] = []
        self.answer: Callable[[], Iterator[protocol.Event]] = lambda: iter(all_passed())
        self.closed = False


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    worker = Worker()

    class Client:
        def __init__(self, log: Path | None = None) -> None: ...

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *reason: object) -> None:
            worker.closed = True

        def close(self) -> None:
            worker.closed = True

        def next_number(self) -> int:
            return 1

        def run(self, request: protocol.Check) -> Iterator[protocol.Event]:
            worker.requests.append(request)
            return worker.answer()

    module = types.ModuleType("tutor.runner.client")
    module.Client = Client  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tutor.runner.client", module)
    return worker


@pytest.fixture
def call(capsys):
    """Run a command line; its exit status, its lines and its one word on stderr."""

    def calling(*arguments):
        status = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return calling


@pytest.fixture
def here(workspace, monkeypatch):
    """A workspace, and we stand in it."""
    monkeypatch.chdir(workspace.root)
    return workspace
