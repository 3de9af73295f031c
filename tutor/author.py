"""The author's check: proves that a checkpoint judges as it should.

For each checkpoint: every file parses and every link leads somewhere, the starter fails, the
reference passes, and each mistake is refused and diagnosed as itself. Starter and reference go
the learner's way, through the worker; the mistakes are proven by ``lessons.proving`` in
processes of their own, as that side imports torch. And every number, shape and rule that a page
states still holds (``lessons.facts``).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from lessons.course import COURSE
from lessons.declare import Checkpoint, reference_path
from tutor.runner import protocol
from tutor.runner.client import Client, worker_environment
from tutor.starter import learners_imports, starter


class Finding(msgspec.Struct):
    """What the author's check found about one checkpoint, or about "pages": the boards and cards
    with the facts that they state. problems: one sentence each."""

    checkpoint: str
    claims: int
    mistakes: int = 0
    seeds: int = 1
    facts: int = 0
    problems: list[str] = []


def check_course(
    names: Sequence[str], seeds: int = 1, as_json: bool = False, hunts: bool = False
) -> int:
    """Check the named checkpoints (all without any); print what was found; 0 if all is well."""
    checkpoints = [COURSE.checkpoint(name) for name in names] or list(COURSE.checkpoints)
    findings = []
    with Client() as client, ThreadPoolExecutor(max_workers=2) as pool:
        pages = pool.submit(_pages)
        proofs = [(point, pool.submit(_prove, point, seeds, hunts)) for point in checkpoints]
        for point, proof in proofs:
            finding = Finding(point.id, claims=len(point.claims), seeds=seeds)
            finding.problems += _declaration(point)
            finding.problems += _starter_fails(client, point)
            finding.problems += _reference_passes(client, point)
            finding.mistakes, problems = proof.result()
            finding.problems += problems
            findings.append(finding)
            if not as_json:
                _tell(finding)
        findings.append(pages.result())
        if not as_json:
            _tell(findings[-1])
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(findings)).decode())
    return 1 if any(finding.problems for finding in findings) else 0


def _tell(finding: Finding) -> None:
    seeds = f"{finding.seeds} seed{'s' if finding.seeds > 1 else ''}"
    state = f"{len(finding.problems)} problems" if finding.problems else "ok"
    counts = (
        f"{finding.facts} facts"
        if finding.facts
        else f"{finding.claims} claims, {finding.mistakes} mistakes, {seeds}"
    )
    print(f"{finding.checkpoint:10} {state}: {counts}", flush=True)
    for problem in finding.problems:
        print(f"  - {problem}", flush=True)


def _declaration(point: Checkpoint) -> Iterator[str]:
    """What is wrong with what is declared, as far as it can be told without torch."""
    if not point.hints:
        yield "has no hints"
    if not point.claims:
        yield "has no claims"
    text = starter(point)
    try:
        compile(text, point.filename, "exec")
    except SyntaxError as error:
        yield f"its starter does not parse: line {error.lineno}, {error.msg}"
    for name in point.defines:
        if f"{name}(" not in text and f"{name}:" not in text:
            yield f"its starter does not define {name}"
    for hint in point.hints:
        if not hint.strip():
            yield "has an empty hint"


def _run(client: Client, point: Checkpoint, source: str) -> tuple[protocol.Done, list[str]]:
    """How a check of ``source`` ended, and the ids of the claims that passed."""
    request = protocol.Check(
        number=client.next_number(),
        checkpoint=point.id,
        path=point.filename,
        source=source.encode(),
        sha256="",
        seconds=120.0,
    )
    passed = []
    for event in client.run(request):
        if isinstance(event, protocol.Verdict) and event.verdict == "passed":
            passed.append(event.claim)
        if isinstance(event, protocol.Done):
            return event, passed
    raise AssertionError("a check ended without its last event")


def _starter_fails(client: Client, point: Checkpoint) -> Iterator[str]:
    done, passed = _run(client, point, starter(point))
    if done.outcome != "failed":
        yield f"its starter should fail, and the check {done.outcome}: {done.error}"
    if passed:
        yield f"its starter passes {', '.join(passed)}"


def _reference_passes(client: Client, point: Checkpoint) -> Iterator[str]:
    source = learners_imports(reference_path(point.id).read_text("utf-8"))
    done, passed = _run(client, point, source)
    if done.outcome != "passed":
        missing = [claim.id for claim in point.claims if claim.id not in passed]
        yield f"its reference should pass, and {', '.join(missing)} did not: {done.error}"


def _pages() -> Finding:
    """What ``lessons.facts`` found: whether all that boards and cards state still holds."""
    finding = Finding("pages", claims=0)
    ran = _run_python("lessons.facts")
    for line in ran.stdout.splitlines():
        said = json.loads(line)
        if "facts" in said:
            finding.facts = said["facts"]
        else:
            finding.problems.append(f"{said['page']}: {said['problem']}")
    if ran.returncode not in (0, 1) or not finding.facts:
        last = ran.stderr.strip().splitlines()[-1:] or [f"exit status {ran.returncode}"]
        finding.problems.append(f"the proof broke off: {last[0]}; run `python -m lessons.facts`")
    return finding


def _run_python(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of the lessons in a process of its own, as it imports torch."""
    command = [sys.executable, "-m", module, *arguments]
    environment = worker_environment() | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def _prove(point: Checkpoint, seeds: int, hunts: bool) -> tuple[int, list[str]]:
    """How many mistakes there are, and what ``lessons.proving`` found wrong."""
    arguments = [point.id, "--seeds", str(seeds), "--json", *(["--hunts"] if hunts else [])]
    ran = _run_python("lessons.proving", *arguments)
    problems: list[str] = []
    mistakes = set()
    for line in ran.stdout.splitlines():
        proof = json.loads(line)
        variant = proof.get("variant")
        if variant not in (None, "reference"):
            mistakes.add(variant)
        if proof["problem"]:
            seed = f" (seed {proof['seed']})" if variant else ""
            problems.append(f"{variant or 'declaration'}: {proof['problem']}{seed}")
    if ran.returncode not in (0, 1) or (ran.returncode == 1 and not problems):
        last = ran.stderr.strip().splitlines()[-1:] or [f"exit status {ran.returncode}"]
        problems.append(
            f"its proof broke off: {last[0]}; run `python -m lessons.proving {' '.join(arguments)}`"
        )
    return len(mistakes), problems
