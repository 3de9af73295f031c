"""Judges in place of ``lessons.judging``: a claim calls the function of its name, which must
return 42. What the learner's code may do to the runner needs no more than that."""

import os
import signal
from collections.abc import Collection, Iterator
from typing import Any

import torch

from lessons.declare import Checkpoint, Claim, Tier
from lessons.judging import Judged
from lessons.subject import SubjectDied
from lessons.workbench import LearnerError

CLAIMS = ("first", "second", "judge_dies", "judge_loops", "judge_fails", "trains")
CHECKPOINT = Checkpoint(
    id="tiny",
    title="Tiny",
    task="Return 42.",
    defines=(),
    claims=tuple(
        Claim(id=name, sentence=f"{name} is 42.", tier=Tier.T1, signature="42") for name in CLAIMS
    ),
    hints=(),
)


class Lesson:
    checkpoint = CHECKPOINT

    def wanted(self, claims: tuple[str, ...]) -> list[Claim]:
        return [CHECKPOINT.claim(name) for name in claims or ("first", "second")]


def lesson(checkpoint_id: str) -> Lesson:
    return Lesson()


def preload() -> None:
    torch.ones(2, 2) @ torch.ones(2, 2)


def rehearse() -> None:
    torch.ones(2, 2) @ torch.ones(2, 2)


def prepare(checkpoint_id: str, claims: Collection[str]) -> Iterator[None]:
    yield from ()


def judge(
    checkpoint_id: str,
    answer: Any,
    *,
    filename: str,
    seed: int,
    claims: Any,
    show: Any,
    spared: Any = None,
) -> None:
    for claim in lesson(checkpoint_id).wanted(claims):
        show.claim_started(claim.id)
        show.judged(_weigh(claim.id, answer, seed, show))


def _weigh(name: str, answer: Any, seed: int, show: Any) -> Judged:
    judged = Judged(claim=name, tier="T1", verdict="passed")
    try:
        if name == "judge_dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "judge_fails":
            raise ZeroDivisionError("the judge's own fault")
        value = _train(answer, show) if name == "trains" else _call(name, answer, seed)
        while name == "judge_loops":
            pass
        judged.observed = f"{value!r}"
        judged.verdict = "passed" if value == 42 else "failed"
    except SubjectDied as died:
        judged.verdict, judged.error_kind, judged.observed = "could-not-run", died.kind, str(died)
    except LearnerError as error:
        judged.verdict, judged.observed = "failed", str(error)
        if error.kind == "MemoryError":
            judged.verdict, judged.error_kind = "could-not-run", "memory"
    return judged


def _call(name: str, answer: Any, seed: int) -> Any:
    arguments = {"target": name, "arguments": [], "named": {}, "seed": seed}
    return answer("call", arguments)


def _train(answer: Any, show: Any) -> Any:
    """Fifty steps of the learner's ``train``, each looked at."""
    model = answer(
        "build", {"name": "Model", "arguments": [], "named": {}, "seed": 0, "dtype": "float32"}
    )
    optimizer = answer("optimizer", {"model": model, "name": "SGD", "settings": {"lr": 0.1}})
    batches = [(torch.ones(2, 3), torch.zeros(2, dtype=torch.int64)) for _ in range(50)]
    return answer(
        "train",
        {
            "name": "train",
            "model": model,
            "batches": batches,
            "optimizer": optimizer,
            "watch": torch.ones(4, 3),
            "every": 1,
        },
        lambda seen: show.loss("trains", seen[0], 50, seen[1].mean().item(), 0.5),
    )
