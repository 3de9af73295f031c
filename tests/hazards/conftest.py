"""One real worker for all hazards, and a record of what was seen, from which docs are made."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lessons.course import COURSE
from tests.hazards.catalogue import Hazard, right
from tests.processes import without_waiting
from tutor.progress import CheckEnded, Progress
from tutor.runner import protocol
from tutor.runner.client import Client
from tutor.workspace import Workspace

RECORD = os.environ.get("CNNTUTOR_HAZARD_RECORD")  # a file that scripts/hazard_table.py reads
PASSED_BEFORE = "conv"


class Shared:
    """The real client, shared by tests: as a client of one's own, but it stays open.

    ``limit`` and ``claims`` stand in for the checkpoint's own, so that a test takes a second.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.limit, self.claims = 0.0, ()
        self.started = self.clean = 0.0
        self.watch = threading.Thread()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def __enter__(self) -> Shared:
        return self

    def __exit__(self, *_: object) -> None: ...

    def close(self) -> None: ...

    def submit(self, request: protocol.Check, on_event: Any) -> None:
        limited = msgspec.structs.replace(
            request, seconds=self.limit or request.seconds, claims=self.claims or request.claims
        )

        def heard(event: protocol.Event) -> None:
            if isinstance(event, protocol.Started):
                self.started = time.monotonic()
            elif isinstance(event, protocol.Done) and not event.cancelled:
                self.watch = threading.Thread(target=self._look)
                self.watch.start()
            on_event(event)

        self.started = time.monotonic()
        self.client.submit(limited, heard)

    def wait_until_clean(self) -> None:
        """Wait until nothing is left of any check."""
        while family() - {self.client.pid}:
            time.sleep(0.002)

    def _look(self) -> None:
        """Apart from the app's own time: how long until nothing is left of the check?"""
        self.wait_until_clean()
        self.clean = time.monotonic() - self.started

    def seconds_until_clean(self) -> float:
        """Wait until nothing is left of a check; the seconds that took since it began."""
        self.watch.join()
        return self.clean


def family() -> set[int]:
    """Every process that stems from our worker, wherever it went: all inherit a mark.

    Left out is the judge that waits for the next check, with what it has ready.
    """
    mark = f"CNNTUTOR_HAZARDS={os.getpid()}".encode()
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
    return without_waiting(found)


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNNTUTOR_HAZARDS", str(os.getpid()))
        with Client() as client:
            client.start()
            yield Shared(client)


class Desk:
    """A learner's workspace with something to lose, and eyes for what became of it."""

    def __init__(self, root: Path) -> None:
        self.workspace = Workspace(root)
        self.workspace.create()
        (root / "notes.txt").write_text("mine", encoding="utf-8")
        self.entry = CheckEnded(
            checkpoint=PASSED_BEFORE, at=1.0, outcome="passed", sha256="ab" * 32, check="c1",
            whole=True,
        )  # fmt: skip
        Progress(self.workspace).add(self.entry)
        self.before: dict[str, bytes] = {}

    def file(self, checkpoint: str = "mlp") -> Path:
        return self.workspace.file_of(COURSE.checkpoint(checkpoint))

    def put(self, source: str | bytes, checkpoint: str = "mlp") -> None:
        data = source.encode() if isinstance(source, str) else source
        beside = self.file(checkpoint).with_suffix(".new")
        beside.write_bytes(data)
        os.replace(beside, self.file(checkpoint))
        self.before = self.files()

    def put_right(self) -> None:
        self.put(right())

    def short(self, text: str) -> str:
        """Without the way to the workspace, which is another each time."""
        return text.replace(f"{self.workspace.root}/", "")

    def files(self) -> dict[str, bytes]:
        return {
            path.name: path.read_bytes() for path in self.workspace.root.iterdir() if path.is_file()
        }

    def assert_nothing_is_lost(self) -> None:
        assert self.files() == self.before
        progress = Progress(self.workspace)
        assert progress.notices == []
        assert progress.passed(COURSE.checkpoint(PASSED_BEFORE))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk")


def record(hazard: Hazard | str, **seen: object) -> None:
    """Put down what was seen, for the table in the docs."""
    if RECORD:
        name = hazard if isinstance(hazard, str) else hazard.name
        with open(RECORD, "a", encoding="utf-8") as file:
            file.write(json.dumps({"hazard": name, **seen}) + "\n")
