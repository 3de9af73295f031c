"""Checkpoint ``residual``: right answers pass whatever their style, wrong ones are named."""

from pathlib import Path

import pytest

STYLES = sorted((Path(__file__).parent / "styles" / "residual").glob("*.py"))


@pytest.mark.long
@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_right_answers_pass_in_any_style(judge_source, path):
    source = path.read_text("utf-8")
    for seed in range(20):
        verdicts = judge_source("residual", source, seed)
        refused = [
            (j.claim, j.observed, j.expected) for j in verdicts.values() if j.verdict != "passed"
        ]
        assert not refused, f"seed {seed}"
