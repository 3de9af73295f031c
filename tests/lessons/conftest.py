"""Judge a file's text in this process, for tests of claims. (Containment has tests of its own.)"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import torch

from lessons.course import COURSE
from lessons.judging import Judged, judge
from lessons.mistakes import reference_namespace
from lessons.proving import Findings
from lessons.workbench import Workbench

torch.set_num_threads(1)


@contextmanager
def _importable(own: types.ModuleType) -> Iterator[None]:
    """The learner's module, and the reference's for `from conv import Conv2d`, as in a check."""
    before = {}
    for point in COURSE.checkpoints:
        before[point.id] = sys.modules.get(point.id)
        module = types.ModuleType(point.id)
        module.__dict__.update(reference_namespace(point.id))
        sys.modules[point.id] = own if point.id == own.__name__ else module
    try:
        yield
    finally:
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


@pytest.fixture(scope="session")
def judge_source() -> Callable[..., dict[str, Judged]]:
    """judge_source(checkpoint, source, seed=0, claims=()) -> what came of each claim, by id."""

    def run(
        checkpoint: str, source: str, seed: int = 0, claims: tuple[str, ...] = ()
    ) -> dict[str, Judged]:
        module = types.ModuleType(checkpoint)
        filename = f"{checkpoint}.py"
        findings = Findings()
        with _importable(module):
            exec(compile(source, filename, "exec"), module.__dict__)
            bench = Workbench(module.__dict__, filename)
            judge(
                checkpoint, bench.answer, filename=filename, seed=seed, claims=claims, show=findings
            )
        return {judged.claim: judged for judged in findings.judged_claims}

    return run
