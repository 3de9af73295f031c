"""Clients with real processes. A parent takes seconds to start, so tests of a module share one."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutor.runner import containment
from tutor.runner.client import Client
from tutor.runner.protocol import Check, Done, Event, Output, Verdict

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds until a process that never ends fails the test


class Checks:
    """Runs checks of source text with a client and keeps the events apart by their kind."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def request(self, source: str | bytes, **fields: object) -> Check:
        data = source.encode() if isinstance(source, str) else source
        settings: dict = {"checkpoint": "mlp", "path": "/home/ada/mlp.py", "seconds": 20.0}
        return Check(
            number=self.client.next_number(),
            source=data,
            sha256=hashlib.sha256(data).hexdigest(),
            **{**settings, **fields},
        )

    def run(self, source: str | bytes, **fields: object) -> "Seen":
        return Seen(list(self.client.run(self.request(source, **fields))))


class Seen:
    """The events of one check."""

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        assert isinstance(events[-1], Done)
        self.done: Done = events[-1]

    @property
    def verdicts(self) -> dict[str, str]:
        return {e.claim: e.verdict for e in self.events if isinstance(e, Verdict)}

    @property
    def observed(self) -> dict[str, str]:
        return {e.claim: e.observed for e in self.events if isinstance(e, Verdict)}

    @property
    def output(self) -> str:
        return "".join(e.text for e in self.events if isinstance(e, Output))

    @property
    def end(self) -> tuple[str, str | None]:
        return self.done.outcome, self.done.error_kind


def running(mark: str) -> list[int]:
    """Processes with ``mark`` on their command line."""
    return _processes("cmdline", mark)


def named(mark: str) -> list[int]:
    """Processes that gave themselves the name ``mark``."""
    return _processes("comm", mark)


def _processes(file: str, mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark.encode() in (entry / file).read_bytes():
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def wait_until_gone(mark: str) -> None:
    """Wait for the kernel to finish what a kill began; what is still there then is told."""
    end = time.monotonic() + PATIENCE
    while left := running(mark):
        assert time.monotonic() < end, [_told(pid) for pid in left]
        time.sleep(0.005)


def assert_gone(mark: str) -> None:
    """No process with ``mark`` is there now. What there is, is told with its state and parents."""
    assert [told for pid in running(mark) if (told := _told(pid))] == []


def _told(pid: int) -> str:
    """What a process is doing, whose child it is, and its parents up to the first."""
    chain, parents = [], containment.processes()
    wanted = ("Name", "State", "PPid", "NSpid", "SigPnd", "ShdPnd", "Threads")
    while pid in parents:
        try:
            rows = Path(f"/proc/{pid}/status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            break
        chain.append(f"{pid}: " + ", ".join(r for r in rows if r.split(":")[0] in wanted))
        pid = parents[pid]
    return "\n  in ".join(chain)


def _client(judging: str = "lessons.judging", **settings: str) -> Iterator[Checks]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        for name, value in settings.items():
            patch.setenv(name, value)
        with Client(judging=judging) as client:
            client.start()
            yield Checks(client)


@pytest.fixture(scope="module")
def tiny() -> Iterator[Checks]:
    """Checks judged by the tiny course, as they run here."""
    yield from _client("tests.runner.tiny_course")


@pytest.fixture(scope="module")
def plain() -> Iterator[Checks]:
    """The same where the system grants no namespaces."""
    yield from _client("tests.runner.tiny_course", CNNTUTOR_NO_NAMESPACES="1")


@pytest.fixture(scope="module")
def spawned() -> Iterator[Checks]:
    """The same where processes can't be forked."""
    yield from _client("tests.runner.tiny_course", CNNTUTOR_START="spawn")


@pytest.fixture(scope="module")
def real() -> Iterator[Checks]:
    """Checks judged by the course itself."""
    yield from _client()
