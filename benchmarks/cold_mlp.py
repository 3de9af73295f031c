"""What a checker without a warm worker would do: a cold pytest run of mlp's claims.

Collected by ``benchmarks.check_cost``, not by the test suite. The file that it judges is the
reference's own; the claim that trains is left out.
"""

from __future__ import annotations

import torch

from lessons.judging import judge, lesson, local_answerer
from lessons.proving import Findings

torch.set_num_threads(1)
CLAIMS = [claim.id for claim in lesson("mlp").checkpoint.claims if not claim.trains]


def test_claims() -> None:
    findings = Findings()
    judge("mlp", local_answerer("mlp", "reference"), claims=CLAIMS, show=findings)
    assert [judged.verdict for judged in findings.judged_claims] == ["passed"] * len(CLAIMS)
