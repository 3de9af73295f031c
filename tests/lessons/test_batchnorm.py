"""Checkpoint ``batchnorm``: right answers pass whatever their style, wrong ones are named."""

import types
from pathlib import Path

import pytest
import torch
from torch import nn

from lessons.judging import lesson
from lessons.subject import Subject
from lessons.trial import Trial, failures, run_claim
from lessons.workbench import Workbench

STYLES = sorted((Path(__file__).parent / "styles" / "batchnorm").glob("*.py"))


@pytest.mark.long
@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_right_answers_pass_in_any_style(judge_source, path):
    source = path.read_text("utf-8")
    for seed in range(20):
        verdicts = judge_source("batchnorm", source, seed)
        refused = [
            (j.claim, j.observed, j.expected) for j in verdicts.values() if j.verdict != "passed"
        ]
        assert not refused, f"seed {seed}"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("claim", lesson("batchnorm").checkpoint.claims, ids=lambda c: c.id)
def test_torchs_own_layer_does_what_is_claimed(claim, seed):
    """The claims ask for what ``torch.nn.BatchNorm2d`` does: nothing less, nothing else."""
    it = lesson("batchnorm")
    namespace = types.SimpleNamespace(BatchNorm2d=nn.BatchNorm2d).__dict__
    trial = Trial(
        Subject(Workbench(namespace).answer, seed, "float64"), claim.id, seed, dtype="float64"
    )
    seen = run_claim(it.functions[claim.id], trial)
    wrong = failures(seen, it.notes("reference", claim, seed, "float64"))
    names = [failure.note.name for failure in wrong]
    assert names == (["your own layer"] if claim.id == "state" else [])


def styled(name: str, *changes: tuple[str, str]) -> str:
    """A right answer with some of its text replaced."""
    source = (Path(__file__).parent / "styles" / "batchnorm" / f"{name}.py").read_text("utf-8")
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


KEEPDIM, IN_PLACE = "keepdim_reassigned", "in_place_arithmetic"
SQUARES, TYPED, LAST = "mean_of_squares", "typed_in_place", "inference_mode_reassigned"
OUT_VAR = "var = torch.var(x, dim=(0, 2, 3), keepdim=True, unbiased=False)"
MEAN = "mean = torch.mean(x, dim=(0, 2, 3), keepdim=True)"
BUFFER = 'self.register_buffer("num_batches_tracked", torch.tensor(0))'
TYPED_COUNTER = '("num_batches_tracked", t.zeros((), dtype=t.long)),\n'

# The same mistakes as the course keeps, in other words than the course's.
OTHER_WORDS = {
    ("state", "torchs-own"): (
        (KEEPDIM,),
        ("class BatchNorm2d(nn.Module):", "BatchNorm2d = nn.BatchNorm2d\n\n\nclass Mine(nn.Module):"),
    ),
    ("state", "counter-missing"): ((TYPED,), (TYPED_COUNTER, ""), ("add_(1)", "x") and ("t.no_grad()", "t.no_grad()")),
    ("state", "counter-in-a-list"): (
        (IN_PLACE,),
        ("torch.LongTensor([0]).squeeze()", "torch.LongTensor([0])"),
    ),
}
