"""Text snapshots of every screen at 80x24 and 120x40: what a learner reads, under review.

After a change that is meant, write them anew and read the difference:

    python -m pytest tests/app/test_snapshots.py --write-snapshots
"""

from __future__ import annotations

import itertools
import re
import socket
import tempfile
from pathlib import Path

import pytest

from tests.app.appkit import FakeClient, text_of
from tests.app.scenes import SCENES, Stage
from tutor.app.app import TutorApp
from tutor.marks import Signs
from tutor.settings import SettingsFile
from tutor.workspace import Workspace

FOLDER = Path(__file__).parent / "snapshots"
SIZES = [(80, 24), (120, 40)]


@pytest.fixture(autouse=True)
def board() -> None:
    """The course's own boards, unlike in the other tests."""


def steady(text: str) -> str:
    """Without what differs from run to run, every character in its place."""
    text = re.sub(r"/tmp/c\w{8}", "/home/lovelace", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-01-02 03:04", text)
    return re.sub(r"\b(?=\w*\d)[0-9a-f]{8,12}\b", lambda found: "0" * len(found[0]), text)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_screen_is_as_it_was_reviewed(size, request, monkeypatch):
    for name in ("VISUAL", "EDITOR", "TMUX", "SSH_CONNECTION", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket, "gethostname", lambda: "lab")
    drawn = itertools.count(1)
    monkeypatch.setattr("tutor.recall.secrets.randbelow", lambda _: next(drawn))
    write = request.config.getoption("--write-snapshots")
    different = []
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="c") as home:
        monkeypatch.setenv("HOME", home)
        client = FakeClient()
        path = Path(home) / ".config" / "settings.toml"
        path.parent.mkdir()
        path.write_text('redraws = 30\nwelcome = "off"\n')
        file = SettingsFile(path)
        app = TutorApp(Workspace(Path(home) / "cnntutor"), client, file)
        app.signs = Signs(unicode=True)
        async with app.run_test(size=size) as pilot:
            stage = Stage(app, pilot, client)
            for name, scene in SCENES.items():
                await stage.play(name)
                lines = text_of(app)
                assert len(lines) == size[1], name
                assert max(map(len, lines)) <= size[0], name
                text = steady("\n".join(lines)) + "\n"
                missing = [told for told in scene.holds if told not in " ".join(text.split())]
                assert not missing, f"{name} lacks {missing}:\n{text}"
                path = FOLDER / f"{name}-{size[0]}x{size[1]}.txt"
                if write:
                    FOLDER.mkdir(exist_ok=True)
                    path.write_text(text, encoding="utf-8")
                elif not path.exists() or path.read_text(encoding="utf-8") != text:
                    different.append(f"{path.name} is now:\n{text}")
    told = "changed; if it is meant: pytest tests/app/test_snapshots.py --write-snapshots\n\n"
    assert not different, f"{len(different)} screens {told}" + "\n".join(different)
