"""The app driven without a worker, in a workspace and with a board of the tests' own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from lessons import anchors
from tests.app.appkit import BOARD, MLP, FakeClient, until
from tutor.app.app import TutorApp
from tutor.marks import Signs
from tutor.settings import SettingsFile
from tutor.workspace import Workspace


@pytest.fixture(autouse=True)
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A board of the tests' own, and none of the developer's settings."""
    folder = tmp_path / "boards"
    folder.mkdir()
    (folder / "board.md").write_text(BOARD, encoding="utf-8")
    empty = tmp_path / "none"
    monkeypatch.setattr(anchors, "folder", lambda move: folder if move == "scaffold" else empty)
    for name in ("VISUAL", "EDITOR", "TMUX", "SSH_CONNECTION", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "desk")


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def make(workspace: Workspace, client: FakeClient) -> Callable[[], TutorApp]:
    def build() -> TutorApp:
        app = TutorApp(workspace, client, SettingsFile(None, {"welcome": "off"}))
        app.signs = Signs(unicode=True)
        return app

    return build


@pytest.fixture
def opened(make: Callable[[], TutorApp]) -> Callable[..., Any]:
    """An app in a terminal of that size, on the checkpoint's screen."""

    @asynccontextmanager
    async def run(size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[TutorApp, Pilot]]:
        app = make()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            app.open_checkpoint(MLP)
            await until(pilot, lambda: getattr(app.screen, "place", "") == "checkpoint")
            await pilot.pause()
            yield app, pilot

    return run
