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


BROKEN_CONV = (Path(reference.__file__).parent / "conv.py").read_text("utf-8") + (
    "\n_forward = Conv2d.forward\nConv2d.forward = lambda self, x: 2 * _forward(self, x)\n"
)
RESIDUAL = (Path(reference.__file__).parent / "residual.py").read_text("utf-8")
RESIDUAL = RESIDUAL.replace("from reference.", "from ")


def test_an_earlier_file_that_breaks_the_new_one_is_told(real: Checks) -> None:
    earlier = {"mlp": MLP.encode(), "conv": BROKEN_CONV.encode()}
    seen = real.run(RESIDUAL, checkpoint="residual", earlier=earlier)
    assert seen.end == ("failed", None)
    wrong = [e for e in seen.events if isinstance(e, Verdict) and e.verdict == "failed"]
    assert wrong
    for verdict in wrong:
        assert verdict.mistake is None
        assert "conv.py" in verdict.diagnosis
        assert "mlp.py" not in verdict.diagnosis


def test_a_mistake_of_its_own_is_not_put_on_an_earlier_file(real: Checks) -> None:
    wrong = RESIDUAL.replace("return F.relu(left + right)", "return F.relu(left)")
    assert wrong != RESIDUAL
    earlier = {"conv": (Path(reference.__file__).parent / "conv.py").read_bytes()}
    seen = real.run(wrong, checkpoint="residual", earlier=earlier)
    told = [e for e in seen.events if isinstance(e, Verdict) and e.verdict == "failed"]
    assert any(e.mistake for e in told)
    assert not any("conv.py" in e.diagnosis for e in told)
