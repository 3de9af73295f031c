"""Proves a checkpoint's judging on the course's own code: the author's check of claims.

    python -m lessons.proving mlp --seeds 3

The reference has to pass every claim. Each mistake has to fail the claim that it is kept for,
be named there, and no other mistake may be named in its place anywhere. Written out for the
mistake hunt it has to be named there, too. Runs in one process, without the containment that
learners' code needs.
"""

from __future__ import annotations

import argparse
import json
import sys
import types
from collections.abc import Iterator, Sequence

import msgspec
import torch
from torch import Tensor

from lessons.course import COURSE
from lessons.declare import Checkpoint
from lessons.judging import Judged, describe, judge, lesson
from lessons.trial import Curves
from lessons.variants import variants_of
from lessons.workbench import Workbench


class Proof(msgspec.Struct, kw_only=True):
    """What came of one variant ("reference" or a mistake's id) under one seed.

    problem: what is wrong with the course, in one sentence; empty when all is well.
    """

    checkpoint: str
    variant: str
    seed: int
    problem: str
    judged: list[Judged]


class Findings:
    """A ``Show`` that keeps what is judged."""

    def __init__(self) -> None:
        self.judged_claims: list[Judged] = []
        self.losses: list[tuple[str, int, int, float, float]] = []
        self.pictures: list[tuple[str, Tensor, bool]] = []
        self.tables: list[tuple[str, list[str], list[list[str]], list[int]]] = []
        self.plots: list[Curves] = []

    def claim_started(self, claim_id: str) -> None:
        """Nothing to keep."""

    def judged(self, judged: Judged) -> None:
        self.judged_claims.append(judged)

    def loss(self, claim_id: str, step: int, steps: int, loss: float, accuracy: float) -> None:
        self.losses.append((claim_id, step, steps, loss, accuracy))

    def picture(self, title: str, images: Tensor, signed: bool) -> None:
        self.pictures.append((title, images, signed))

    def table(
        self, title: str, columns: list[str], rows: list[list[str]], marked: list[int]
    ) -> None:
        self.tables.append((title, columns, rows, marked))

    def curves(self, curves: Curves) -> None:
        self.plots.append(curves)


def prove(
    checkpoint: Checkpoint, seed: int, only: Sequence[str] = (), *, trainings: bool = True
) -> Iterator[Proof]:
    """Judge the reference and every mistake (or only those named) under one seed.

    trainings: whether claims that train are judged on mistakes too that are kept for another
    claim. They take most of the time, and no such mistake is named there.
    """
    it = lesson(checkpoint.id)
    for variant in ("reference", *(m.id for m in it.mistakes)):
        if only and variant not in only:
            continue
        findings = Findings()
        kept_for = next((m.claim for m in it.mistakes if m.id == variant), None)
        claims = _without_foreign_trainings(checkpoint, kept_for)
        judge(
            checkpoint.id,
            it.answerer(variant),
            filename=checkpoint.filename,
            seed=seed,
            claims=() if trainings or kept_for is None else claims,
            show=findings,
            variant=variant,
        )
        judged = findings.judged_claims
        problem = _reference_problem(judged) if variant == "reference" else ""
        if variant != "reference":
            own = next(m.claim for m in it.mistakes if m.id == variant)
            problem = _mistake_problem(variant, own, judged)
        yield Proof(
            checkpoint=checkpoint.id, variant=variant, seed=seed, problem=problem, judged=judged
        )


def prove_hunts(checkpoint: Checkpoint, only: Sequence[str] = ()) -> Iterator[Proof]:
    """Judge the code that the mistake hunt shows, one proof for each mistake that it can show."""
    for written in variants_of(checkpoint.id):
        if only and written.mistake not in only:
            continue
        module = types.ModuleType(checkpoint.id)
        findings = Findings()
        problem = ""
        try:
            exec(compile(written.file, checkpoint.filename, "exec"), module.__dict__)
        except Exception as error:  # noqa: BLE001 - whatever it is, the code can't be shown
            problem = f"its code for the hunt can't be loaded: {error}"
        else:
            judge(
                checkpoint.id,
                Workbench(module.__dict__, checkpoint.filename).answer,
                filename=checkpoint.filename,
                claims=(written.claim,),
                show=findings,
            )
            own = next(j for j in findings.judged_claims if j.claim == written.claim)
            if own.verdict != "failed" or own.mistake != written.mistake:
                named = own.mistake or own.verdict
                problem = f"its code for the hunt is taken for {named} in {written.claim}"
        yield Proof(
            checkpoint=checkpoint.id,
            variant=written.mistake,
            seed=0,
            problem=problem,
            judged=findings.judged_claims,
        )


def _without_foreign_trainings(checkpoint: Checkpoint, own: str | None) -> list[str]:
    """The claims that don't train and need none that does; and ``own`` in any case."""
    left_out: set[str] = set()
    for claim in checkpoint.claims:  # needs come first
        if claim.trains or left_out.intersection(claim.needs):
            left_out.add(claim.id)
    return [c.id for c in checkpoint.claims if c.id not in left_out or c.id == own]


def _reference_problem(judged: list[Judged]) -> str:
    wrong = [j for j in judged if j.verdict != "passed"]
    if not wrong:
        return ""
    first = wrong[0]
    return f"the reference does not pass {first.claim}: {first.observed} ({first.expected})"


def _mistake_problem(variant: str, own: str, judged: list[Judged]) -> str:
    verdicts = {j.claim: j for j in judged}
    if verdicts[own].verdict == "passed":
        return f"passes {own}, the claim that it is kept for"
    if verdicts[own].verdict == "not-reached":
        first = next(j for j in judged if j.verdict == "failed")
        return f"fails {first.claim} already, so {own} is not reached"
    if verdicts[own].mistake != variant:
        return f"is taken for {verdicts[own].mistake or 'nothing known'} in {own}"
    others = [j for j in judged if j.mistake not in (None, variant)]
    if others:
        return f"is taken for {others[0].mistake} in {others[0].claim}"
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line for each variant that has a problem (``--json``: for each variant)."""
    parser = argparse.ArgumentParser(prog="python -m lessons.proving", description=__doc__)
    parser.add_argument("checkpoints", nargs="*", help="ids; all without any")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds to try")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--only", action="append", default=[], help="a variant; may be repeated")
    parser.add_argument("--hunts", action="store_true", help="also the code of mistake hunts")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--tell", action="store_true", help="also what the learner would read")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    problems = 0
    for name in options.checkpoints or [point.id for point in COURSE.checkpoints]:
        checkpoint = COURSE.checkpoint(name)
        for problem in describe(name)[1]:
            problems += 1
            print(json.dumps({"problem": problem}) if options.json else f"{name}: {problem}")
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            first = seed == options.first_seed
            for proof in prove(checkpoint, seed, options.only, trainings=first):
                problems += bool(proof.problem)
                _print(proof, options.json, options.tell)
        for proof in prove_hunts(checkpoint, options.only) if options.hunts else ():
            problems += bool(proof.problem)
            _print(proof, options.json, options.tell)
    if not options.json:
        print(f"{problems} problems" if problems else "no problems")
    sys.stdout.flush()
    return 1 if problems else 0


def _print(proof: Proof, as_json: bool, tell: bool) -> None:
    if as_json:
        print(msgspec.json.encode(proof).decode(), flush=True)
        return
    if proof.problem or proof.variant == "reference":
        print(f"{proof.checkpoint} seed {proof.seed}: {proof.variant} {proof.problem or 'passes'}")
    if proof.variant == "reference" or tell or proof.problem:
        for judged in proof.judged:
            told = f"  {judged.verdict:12} {judged.claim} ({judged.seconds:.2f} s)"
            if judged.verdict in ("failed", "could-not-run"):
                told += f"\n    seen: {judged.observed}\n    expected: {judged.expected}"
                told += f"\n    named: {judged.mistake}: {judged.diagnosis}"
            print(told, flush=True)


if __name__ == "__main__":
    sys.exit(main())
