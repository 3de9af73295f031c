"""Thirty learners at once: everyone gets the verdict of their own file, and it is written down."""

import threading
from pathlib import Path

import pytest

from lessons.course import COURSE
from tests.hazards.catalogue import right
from tests.runner.conftest import Checks
from tutor.checking import Recorder, request
from tutor.progress import ClaimShown, Progress
from tutor.runner.protocol import Done, Event
from tutor.workspace import Workspace

MLP = COURSE.checkpoint("mlp")
CLAIMS = ("parameters", "raw-scores")
# What can't be run is not diagnosed, so that thirty checks take no longer than they must.
ENDS = "could-not-run"
ANSWERS = [
    (right(), {"parameters": "passed", "raw-scores": "passed"}),
    (
        right() + "\nSimpleMLP.forward = lambda self, x: exit()\n",
        {"parameters": "passed", "raw-scores": ENDS},
    ),
    (
        right() + "\nLinear.__init__ = lambda self, *a: exit()\n",
        {"parameters": ENDS, "raw-scores": ENDS},
    ),
    ("import os\nos._exit(0)\n", {}),
]


@pytest.mark.long
def test_no_verdict_is_mixed_up(real: Checks, tmp_path: Path) -> None:
    waiting, learners = [], []
    for number in range(30):
        workspace = Workspace(tmp_path / str(number))
        workspace.create()
        source, verdicts = ANSWERS[number % len(ANSWERS)]
        workspace.write(MLP, source)
        progress = Progress(workspace)
        check = request(real.client, workspace, progress, MLP, claims=CLAIMS, seconds=120.0)
        recorder, ended = Recorder(progress, check), threading.Event()

        def on_event(event: Event, recorder=recorder, ended=ended) -> None:
            recorder.event(event)
            if isinstance(event, Done):
                ended.set()

        real.client.submit(check, on_event)
        waiting.append(ended)
        learners.append((workspace, verdicts))
    for ended in waiting:
        ended.wait()
    for workspace, verdicts in learners:
        progress = Progress(workspace)
        shown = {e.claim: e.verdict for e in progress.entries(MLP) if isinstance(e, ClaimShown)}
        assert shown == verdicts
        assert progress.notices == []
