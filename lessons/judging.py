"""Runs the claims of a checkpoint on a subject, and says what came of each.

This is the judge's work. It knows nothing of processes: the subject is spoken to through an
``Answerer``, and what is found is shown through a ``Show``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Protocol

import msgspec
import torch
from torch import Tensor

from lessons import anchors
from lessons.course import COURSE
from lessons.declare import Checkpoint, Claim
from lessons.diagnosis import Match, explain
from lessons.mistakes import (
    Mistake,
    claims_of,
    folder_of,
    mistakes_of,
    names_behind,
    reference_namespace,
    variant_namespace,
)
from lessons.probes import probe
from lessons.subject import Answerer, Subject, SubjectDied
from lessons.trial import (
    UNJUDGED,
    ClaimFunction,
    Curves,
    Failure,
    Note,
    Trial,
    closeness,
    departing,
    failures,
    run_claim,
    same,
)
from lessons.workbench import Workbench

_COULD_NOT_RUN = {"MemoryError": "memory", "SystemExit": "exit", "KeyboardInterrupt": "exit"}
_ABOUT_TYPES = re.compile(r"dtype|Double|Float|scalar type|float64|float32")


class Judged(msgspec.Struct, kw_only=True):
    """What came of one claim; the fields are those of the message ``Verdict``.

    error_kind: set when the verdict is "could-not-run": crash, exit or memory.
    """

    claim: str
    tier: str
    verdict: str
    observed: str = ""
    expected: str = ""
    mistake: str | None = None
    diagnosis: str = ""
    why: str = ""
    repair: str | None = None
    seconds: float = 0.0
    error_kind: str | None = None


class Show(Protocol):
    """Where the judge's findings go, as they come."""

    def claim_started(self, claim_id: str) -> None: ...

    def judged(self, judged: Judged) -> None: ...

    def loss(self, claim_id: str, step: int, steps: int, loss: float, accuracy: float) -> None: ...

    def picture(self, title: str, images: Tensor, signed: bool) -> None: ...

    def table(
        self, title: str, columns: list[str], rows: list[list[str]], marked: list[int]
    ) -> None: ...

    def curves(self, curves: Curves) -> None: ...


class Lesson:
    """A checkpoint with all that judging it needs: claim functions, mistakes, the reference."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        folder = folder_of(COURSE, checkpoint)
        self.checkpoint = checkpoint
        self.functions: dict[str, ClaimFunction] = claims_of(folder)
        self.mistakes: tuple[Mistake, ...] = mistakes_of(folder)
        self._notes: dict[tuple[str, str, int, str], list[Note]] = {}
        self._asked: dict[str, set[str]] = {}

    def notes(self, variant: str, claim: Claim, seed: int, dtype: str) -> list[Note]:
        """What a claim writes down on the reference or on a mistake. The same each time, so it
        is kept: proving a course asks for it again and again."""
        key = (variant, claim.id, seed, dtype)
        if key not in self._notes:
            bench = self._bench(variant)
            trial = Trial(Subject(bench.answer, seed, dtype), claim.id, seed, dtype)
            self._notes[key] = run_claim(self.functions[claim.id], trial)
            if variant == "reference":
                self._asked.setdefault(claim.id, set()).update(bench.asked)
        return self._notes[key]

    def reaches(self, mistake: Mistake, claim: Claim) -> bool:
        """Whether a claim runs anything that the mistake replaces. If not, it does on the mistake
        what it did on the reference, and need not be run."""
        if claim.id not in self._asked:
            return True
        behind = names_behind(self.checkpoint.id)
        run = set().union(*(behind.get(n, {n}) for n in self._asked[claim.id]))
        return not run.isdisjoint(mistake.definitions)

    def answerer(self, variant: str) -> Answerer:
        """The reference ("reference") or one of the mistakes, answered in this process."""
        return self._bench(variant).answer

    def _bench(self, variant: str) -> Workbench:
        name = self.checkpoint.id
        if variant == "reference":
            namespace = reference_namespace(name)
        else:
            wrong = next((m for m in self.mistakes if m.id == variant), None)
            if wrong is None:
                raise KeyError(f"checkpoint {name} has no mistake '{variant}'")
            namespace = variant_namespace(name, wrong)
        return Workbench(namespace, self.checkpoint.filename)

    def wanted(self, claims: Sequence[str]) -> list[Claim]:
        """The claims asked for and those they need, in the course's order; empty means all."""
        if not claims:
            return list(self.checkpoint.claims)
        needed, todo = set(), list(claims)
        while todo:
            claim = self.checkpoint.claim(todo.pop())
            if claim.id not in needed:
                needed.add(claim.id)
                todo += claim.needs
        return [claim for claim in self.checkpoint.claims if claim.id in needed]


@cache
def lesson(checkpoint_id: str) -> Lesson:
    return Lesson(COURSE.checkpoint(checkpoint_id))


def local_answerer(checkpoint_id: str, variant: str) -> Answerer:
    """The reference or a mistake, answered in this process."""
    return lesson(checkpoint_id).answerer(variant)


def preload() -> None:
    """Import what checks use, so that a forked judge finds it there.

    The first optimizer loads torch's compiler; that is half a second no learner should wait.
    """
    import torch._dynamo
    import torch.optim  # noqa: F401

    for checkpoint in COURSE.checkpoints:
        lesson(checkpoint.id)


def rehearse() -> None:
    """Judge a little of the reference, while a process that will judge, or run a learner's code,
    waits. Then the memory that every check uses is that process's own when the check comes."""
    it, subject = lesson("mlp"), Subject(local_answerer("mlp", "reference"), 0, "float64")
    for name in ("linear-values", "training-step"):
        run_claim(it.functions[name], Trial(subject, name, 0, "float64"))


def prepare(checkpoint_id: str, claims: Collection[str]) -> Iterator[None]:
    """Run some claims on the reference, one for each ``next``, so that a forked judge finds what
    they saw there. For whoever has time now; checks with another seed run them all the same."""
    it = lesson(checkpoint_id)
    for claim in it.checkpoint.claims:
        if claim.id in claims and not claim.trains:
            it.notes("reference", claim, 0, "float64")
            yield


def describe(checkpoint_id: str) -> tuple[list[Mistake], list[str]]:
    """A checkpoint's mistakes, and what is wrong with its declaration."""
    it = lesson(checkpoint_id)
    ids = [claim.id for claim in it.checkpoint.claims]
    problems = [f"claim {i} has no function in claims.py" for i in ids if i not in it.functions]
    problems += [f"claims.py: {i} is not declared" for i in it.functions if i not in ids]
    for place, claim in enumerate(it.checkpoint.claims):
        problems += [
            f"claim {claim.id} needs {need}, which does not come before it"
            for need in claim.needs
            if need not in ids[:place]
        ]
    names = [m.id for m in it.mistakes]
    problems += [f"two mistakes are called {n}" for n in set(names) if names.count(n) > 1]
    problems += [
        f"mistake {m.id} breaks {m.claim}, which is no claim"
        for m in it.mistakes
        if m.claim not in ids
    ]
    problems += [
        f"mistake {m.id} needs a docstring: the diagnosis, an empty line, and why"
        for m in it.mistakes
        if not m.diagnosis or not m.why
    ]
    for mistake in it.mistakes:
        try:
            anchors.find(mistake.repair)
        except LookupError as error:
            problems.append(f"mistake {mistake.id}: its repair link leads nowhere: {error}")
    return list(it.mistakes), problems


def judge(
    checkpoint_id: str,
    answer: Answerer,
    *,
    filename: str = "",
    seed: int = 0,
    claims: Sequence[str] = (),
    show: Show,
    spared: Mapping[str, Answerer] | None = None,
    variant: str = "",
) -> None:
    """Run the claims (all, or those asked for with what they need) and show what comes of each.

    Args:
        answer: speaks to the learner's code.
        filename: the learner's file, for messages.
        seed: fixes every random input.
        spared: by the names of earlier files of the learner's ("conv.py"): the same code with
            the reference's pieces in their place. A claim that passes there fails because of
            those files, and the learner is told so.
        variant: set when ``answer`` is the reference or a mistake of this course: what was
            written down on it before need not be found out again.
    """
    it = lesson(checkpoint_id)
    court = _Court(it, answer, seed, show, spared or {}, variant)
    for claim in it.wanted(claims):
        court.judge(claim)


class _Court:
    """The run of one check: which claims passed so far, which mistakes were found."""

    def __init__(
        self,
        it: Lesson,
        answer: Answerer,
        seed: int,
        show: Show,
        spared: Mapping[str, Answerer],
        variant: str,
    ) -> None:
        self.variant = variant
        self.lesson, self.answer, self.seed, self.show = it, answer, seed, show
        self.spared = spared
        self.passed: set[str] = set()
        self.failed: set[str] = set()
        self.found: list[str] = []
        self._shown = ""

    def judge(self, claim: Claim) -> None:
        missing = [need for need in claim.needs if need not in self.passed]
        if missing:
            first = self.lesson.checkpoint.claim(missing[0])
            self.show.judged(
                Judged(
                    claim=claim.id,
                    tier=claim.tier.value,
                    verdict="not-reached",
                    observed=f"It needs this first: {first.sentence}",
                )
            )
            return
        self.show.claim_started(claim.id)
        start = time.perf_counter()
        try:
            judged = self._weigh(claim)
        except SubjectDied as died:
            judged = Judged(
                claim=claim.id,
                tier=claim.tier.value,
                verdict="could-not-run",
                observed=died.message,
                error_kind=died.kind,
            )
        judged.seconds = time.perf_counter() - start
        if judged.verdict == "passed":
            self.passed.add(claim.id)
        elif judged.verdict == "failed":
            self.failed.add(claim.id)
        if judged.mistake:
            self.found.append(judged.mistake)
        self.show.judged(judged)

    def _weigh(self, claim: Claim) -> Judged:
        dtype = "float32" if claim.trains else "float64"
        seen, reference = self._both(claim, dtype)
        wrong = failures(seen, reference)
        if dtype == "float64" and wrong and (_may_be_the_type(wrong) or _in_float32(wrong)):
            # Code that fixes float32 somewhere is right all the same.
            dtype = "float32"
            seen, reference = self._both(claim, dtype)
            wrong = failures(seen, reference)
        judged = Judged(claim=claim.id, tier=claim.tier.value, verdict="passed")
        if not wrong:
            judged.observed = self._shown or closeness(seen, reference) or claim.signature
            return judged
        judged.observed, judged.expected = wrong[0].observed, wrong[0].expected
        judged.verdict = "failed"
        kind = wrong[0].note.value if wrong[0].note.kind == "error" else ""
        if kind in _COULD_NOT_RUN:
            judged.verdict, judged.error_kind = "could-not-run", _COULD_NOT_RUN[kind]
        elif kind not in UNJUDGED and not self._blame_earlier(claim, dtype, reference, judged):
            self._diagnose(claim, dtype, seen, reference, wrong, judged)
        return judged

    def _both(self, claim: Claim, dtype: str) -> tuple[list[Note], list[Note]]:
        """The notes of the code on trial and the reference's. A whole training is not run on
        the reference: such a claim compares nothing with it."""
        reference = [] if claim.trains else self.lesson.notes("reference", claim, self.seed, dtype)
        if self.variant:
            return self.lesson.notes(self.variant, claim, self.seed, dtype), reference
        trial = Trial(
            Subject(self.answer, self.seed, dtype),
            claim.id,
            self.seed,
            dtype,
            on_loss=lambda *point: self.show.loss(claim.id, *point),
            on_picture=self.show.picture,
            on_table=self.show.table,
            on_curves=self.show.curves,
        )
        notes = run_claim(self.lesson.functions[claim.id], trial)
        self._shown = trial.shown
        return notes, reference

    def _blame_earlier(
        self, claim: Claim, dtype: str, reference: list[Note], judged: Judged
    ) -> bool:
        """Whether an earlier file of the learner's is what breaks the claim."""
        for files, answer in self.spared.items():
            trial = Trial(Subject(answer, self.seed, dtype), claim.id, self.seed, dtype)
            try:
                notes = run_claim(self.lesson.functions[claim.id], trial)
            except SubjectDied:
                continue  # it is no better without them
            if not any(departing(notes, reference)):
                judged.diagnosis = f"What breaks this is in your earlier file: {files}."
                judged.why = (
                    f"With the reference's pieces in place of {files}, the same code passes. "
                    "Check the earlier file again, and mend it there."
                )
                return True
        return False

    def _diagnose(
        self,
        claim: Claim,
        dtype: str,
        seen: list[Note],
        reference: list[Note],
        wrong: list[Failure],
        judged: Judged,
    ) -> None:
        """Fill in what is wrong: the mistake that explains it, or what the probes find."""
        matches = []
        for mistake in self.lesson.mistakes:
            if mistake.claim in self.passed or (claim.trains and mistake.claim != claim.id):
                continue
            if mistake.claim in self.failed and mistake.id not in self.found:
                continue  # it did not explain the claim that it is kept for
            if not self.lesson.reaches(mistake, claim):
                continue
            notes = self.lesson.notes(mistake.id, claim, self.seed, dtype)
            match = explain(mistake, claim.id, wrong, seen, notes, reference)
            if match is not None:
                matches.append(match)
        if not matches:
            judged.diagnosis = probe(wrong, seen)
            if not judged.diagnosis and self.failed:
                judged.diagnosis = "Mend what failed above first: this may come of it."
            return
        best: Match = min(matches, key=lambda match: match.rank(self.found))
        judged.mistake = best.mistake.id
        judged.diagnosis = best.mistake.diagnosis
        judged.why = best.mistake.why
        judged.repair = best.mistake.repair
        explained = [f for f in wrong if f not in best.left]
        judged.observed, judged.expected = explained[0].observed, explained[0].expected
        if best.left:
            judged.why += f" That is not all that differs: {best.left[0].observed}."


def _in_float32(wrong: Sequence[Failure]) -> bool:
    """Whether code answers in float32 when it is asked in float64. What else is wrong with it
    then shows in float32, where the type is no difference."""
    pairs = ((failure.note.value, failure.reference) for failure in wrong)
    return any(
        isinstance(seen, Tensor)
        and isinstance(right, Tensor)
        and (seen.dtype, right.dtype) == (torch.float32, torch.float64)
        for seen, right in pairs
    )


def _may_be_the_type(wrong: Sequence[Failure]) -> bool:
    """Whether failures in float64 may come from nothing but a fixed floating type."""

    def may(failure: Failure) -> bool:
        note = failure.note
        if note.kind == "error":
            return _ABOUT_TYPES.search(note.observed) is not None
        return note.kind == "see" and same(note.value, failure.reference, 1e-4)

    return all(may(failure) for failure in wrong)
