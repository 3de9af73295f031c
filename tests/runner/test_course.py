"""The course's own judging, across the processes."""

import re
from pathlib import Path

import pytest

import reference
from tests.runner.conftest import Checks
from tutor.runner.protocol import Loss, Verdict

MLP = (Path(reference.__file__).parent / "mlp.py").read_text("utf-8")
pytestmark = pytest.mark.long


def test_the_reference_passes(real: Checks) -> None:
    seen = real.run(MLP)
    assert set(seen.verdicts.values()) == {"passed"}
    assert seen.end == ("passed", None)
    assert any(isinstance(event, Loss) for event in seen.events)


def test_a_mistake_is_named(real: Checks) -> None:
    wrong = MLP + (
        "\n_forward = SimpleMLP.forward\n"
        "SimpleMLP.forward = lambda self, x: _forward(self, x).softmax(dim=1)\n"
    )
    seen = real.run(wrong, claims=("raw-scores",))
    assert seen.end == ("failed", None)
    told = next(e for e in seen.events if isinstance(e, Verdict) and e.claim == "raw-scores")
    assert told.mistake
    assert re.search("softmax", told.diagnosis, re.IGNORECASE)
