"""Fixtures for real terminals."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.ptykit import Staged, Terminal, end, environment_of


@pytest.fixture
def staged() -> Iterator[Callable[..., Staged]]:
    """staged(columns, rows, **environment): the app under orders in a pty."""
    started: list[Staged] = []
    with tempfile.TemporaryDirectory(prefix="stage") as folder:

        def start(columns: int = 80, rows: int = 24, **extra: str) -> Staged:
            here = Path(folder) / str(len(started))
            here.mkdir()
            started.append(Staged(here, columns, rows, **extra))
            return started[-1]

        yield start
        for one in started:
            end(one)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """terminal(*arguments, columns=80, rows=24, **environment): `cnntutor arguments` in a pty."""
    started: list[Terminal] = []

    def start(
        *arguments: str,
        columns: int = 80,
        rows: int = 24,
        settings: str = 'welcome = "off"\n',
        **extra: str,
    ) -> Terminal:
        config = tmp_path / "home" / ".config" / "cnntutor"
        config.mkdir(parents=True, exist_ok=True)
        (config / "settings.toml").write_text(settings, encoding="utf-8")
        environment = environment_of(tmp_path / "home", extra)
        command = [sys.executable, "-m", "tutor", *arguments]
        started.append(Terminal(command, environment, columns, rows))
        return started[-1]

    yield start
    for one in started:
        end(one)
