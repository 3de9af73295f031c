"""A thousand kills in the middle of writes: nothing acknowledged is lost, all stays readable."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desk.killing import MLP
from tutor import paths
from tutor.progress import HintTaken, Progress
from tutor.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
KILLS, LEARNERS = 1000, 10
pytestmark = [pytest.mark.long, pytest.mark.apart]


@pytest.mark.parametrize("learner", range(LEARNERS))
def test_a_thousand_kills_lose_nothing(workspace: Workspace, learner: int) -> None:
    times = KILLS // LEARNERS
    command = [sys.executable, "-m", "tests.desk.killing", workspace.root, times, learner]
    ended = subprocess.run([*map(str, command)], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    acknowledged = set(json.loads(ended.stdout))
    progress = Progress(workspace)
    assert progress.notices == []
    numbers = {e.number for e in progress.entries(MLP) if isinstance(e, HintTaken)}
    assert numbers >= acknowledged
    assert {f"{number:064x}" for number in acknowledged} <= progress.passed_versions(MLP)
    assert len(acknowledged) > times / 2
    assert not paths.corrupt_folder(workspace.root).exists()
