"""``check``: the learner's file is judged, and each verdict printed as it arrives."""

from __future__ import annotations

from pathlib import Path

import click

from lessons.declare import Checkpoint
from tutor import marks
from tutor.checking import Recorder, request
from tutor.cli import dialogue, drawings
from tutor.cli.frame import CouldNotRun, command, emit, find_checkpoint, tell_notices
from tutor.cli.text import encoding, fields, say, wrapped
from tutor.progress import Progress
from tutor.runner import protocol
from tutor.workspace import Workspace, WorkspaceError

EXIT_STATUS = {"passed": 0, "failed": 1, "could-not-run": 3}


@command("check")
@click.argument("name")
@click.option("--claim", "claims", multiple=True, metavar="ID", help="Only this claim; repeatable.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Fixes every random input.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="Time limit, instead of the checkpoint's own.",
)
def check_command(
    name: str,
    claims: tuple[str, ...],
    seed: int,
    seconds: float | None,
    workspace: Path | None,
    as_json: bool,
) -> int:
    """Check your file against a checkpoint, claim by claim.

    Exit status: 0 passed, 1 failed, 2 wrong usage, 3 could not run.
    """
    checkpoint = find_checkpoint(name)
    _need_claims(checkpoint, claims)
    place = Workspace.find(workspace)
    result = Result(checkpoint, place.file_of(checkpoint), claims)
    show = Silent() if as_json else Lines(checkpoint)
    progress = Progress(place)
    try:
        _run(place, progress, result, show, seed, seconds or 0.0)
    except WorkspaceError as error:
        result.error = {"kind": error.kind, "message": str(error)}
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"the worker can't be started: {error.strerror}. See `cnntutor doctor`."
        result.error = {"kind": "internal", "message": message}
    if as_json:
        emit(result.as_object())
    else:
        show.ended(result)
    tell_notices(progress)
    if result.error is not None:
        raise CouldNotRun(_one_line(result))
    return EXIT_STATUS[result.outcome]


def _need_claims(checkpoint: Checkpoint, claims: tuple[str, ...]) -> None:
    known = [claim.id for claim in checkpoint.claims]
    for claim in claims:
        if claim not in known:
            raise click.UsageError(
                f"{checkpoint.id} has no claim '{claim}'; there are: {', '.join(known)}"
            )


def _run(
    place: Workspace,
    progress: Progress,
    result: Result,
    show: Lines | Silent,
    seed: int,
    seconds: float,
) -> None:
    """Send the check and take its events: recorded first, then shown."""
    with dialogue.worker() as client:
        message = request(
            client,
            place,
            progress,
            result.checkpoint,
            seed=seed,
            claims=result.asked,
            seconds=seconds,
        )
        result.sha256 = message.sha256
        show.began(result)
        recorder = Recorder(progress, message)
        for event in client.run(message):
            recorder.event(event)
            result.event(event)
            show.event(event)


class Result:
    """What came of a check, whichever way it is told."""

    def __init__(self, checkpoint: Checkpoint, file: Path, asked: tuple[str, ...]) -> None:
        self.checkpoint = checkpoint
        self.file = file
        self.asked = asked
        self.sha256: str | None = None
        self.outcome = "could-not-run"
        self.seconds = 0.0
        self.claims = asked or tuple(claim.id for claim in checkpoint.claims)
        self.verdicts: dict[str, protocol.Verdict] = {}
        self.output = ""
        self.error: dict[str, str] | None = None

    def event(self, event: protocol.Event) -> None:
        if isinstance(event, protocol.Started):
            self.claims = event.claims
        elif isinstance(event, protocol.Verdict):
            self.verdicts[event.claim] = event
        elif isinstance(event, protocol.Output):
            self.output += event.text
        elif isinstance(event, protocol.Done):
            self.outcome = event.outcome
            self.seconds = event.seconds
            if event.outcome == "could-not-run":
                self.error = {"kind": event.error_kind or "internal", "message": event.error}

    def as_object(self) -> dict[str, object]:
        """The object that ``check --json`` prints: claims in the course's order."""
        return {
            "checkpoint": self.checkpoint.id,
            "outcome": self.outcome,
            "file": str(self.file),
            "sha256": self.sha256,
            "seconds": self.seconds,
            "claims": [
                self._claim_object(claim.id, claim.tier.value)
                for claim in self.checkpoint.claims
                if claim.id in self.claims
            ],
            "error": self.error,
        }

    def _claim_object(self, claim: str, tier: str) -> dict[str, object]:
        verdict = self.verdicts.get(claim)
        return {
            "id": claim,
            "tier": tier,
            "verdict": verdict.verdict if verdict else "could-not-run",
            "observed": verdict.observed if verdict else "",
            "expected": verdict.expected if verdict else "",
            "mistake": verdict.mistake if verdict else None,
            "repair": verdict.repair if verdict else None,
        }


class Silent:
    """Shows nothing until the end, when the object is printed."""

    def began(self, result: Result) -> None: ...

    def event(self, event: protocol.Event) -> None: ...

    def ended(self, result: Result) -> None: ...


class Lines:
    """Plain lines, each verdict as it arrives."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._signs = marks.signs(encoding())
        self._losses: dict[str, protocol.Loss] = {}
        self._told: set[tuple[str | None, str]] = set()

    def began(self, result: Result) -> None:
        say(f"{self._checkpoint.id}: {self._checkpoint.title}")
        say(f"{result.file}, version {(result.sha256 or '')[:8]}")
        say()

    def event(self, event: protocol.Event) -> None:
        if isinstance(event, protocol.Loss):
            self._losses[event.claim] = event
        elif isinstance(event, protocol.Table | protocol.Curves):
            say("\n".join(drawings.lines(event)))
        elif isinstance(event, protocol.Verdict):
            self._verdict(event)

    def _verdict(self, verdict: protocol.Verdict) -> None:
        claim = self._checkpoint.claim(verdict.claim)
        lead = f"{self._signs.mark(verdict.verdict)} {marks.word(verdict.verdict):<13} "
        say(wrapped(claim.sentence, lead))
        if verdict.verdict == "not-reached":
            say(wrapped(verdict.observed, "    "))
            return
        rows = self._reasons(verdict)
        loss = self._losses.get(verdict.claim)
        if loss is not None:
            told = f"loss {loss.loss:.3f}, accuracy {100 * loss.accuracy:.1f} %"
            rows.insert(0, ("trained", f"{loss.step} of {loss.steps} steps: {told}"))
        if rows:
            say(fields(rows, indent=4))

    def _reasons(self, verdict: protocol.Verdict) -> list[tuple[str, str]]:
        if verdict.verdict == "passed":
            return [("shown", verdict.observed)] if verdict.observed else []
        diagnosis = verdict.diagnosis
        if verdict.mistake:
            diagnosis = f"{diagnosis} ({verdict.mistake})" if diagnosis else verdict.mistake
        rows = [("seen", verdict.observed), ("expected", verdict.expected)]
        told = (verdict.mistake or diagnosis, verdict.why)
        if told[0] and told in self._told:
            known = f" ({verdict.mistake})" if verdict.mistake else ""
            rows.append(("diagnosis", f"the same as above{known}"))
        else:
            self._told.add(told)
            link = f"cnntutor show {verdict.repair}" if verdict.repair else ""
            rows += [("diagnosis", diagnosis), ("why", verdict.why), ("read", link)]
        return [row for row in rows if row[1]]

    def ended(self, result: Result) -> None:
        if result.output:
            say()
            say("What your code printed")
            say("\n".join(f"    {line}".rstrip() for line in result.output.splitlines()))
        if result.error is not None:
            details = result.error["message"].strip().splitlines()[1:]
            if details:
                say()
                say("\n".join(f"    {line}".rstrip() for line in details))
            return
        passed = sum(verdict.verdict == "passed" for verdict in result.verdicts.values())
        say()
        say(f"{passed} of {len(result.claims)} claims passed in {result.seconds:.1f} s.")
        if result.outcome == "failed":
            say(f"For a hint: cnntutor hint {self._checkpoint.id}")


def _one_line(result: Result) -> str:
    """Why the check could not run, on one line."""
    assert result.error is not None
    message = result.error["message"].strip()
    first = message.splitlines()[0] if message else "the worker did not say why"
    if result.sha256 is None:  # it never left: the sentence is the workspace's own
        return first
    return f"could not run ({result.error['kind']}): {first}"
