"""``lab``: an experiment, run once with the settings that are given."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from lessons.course import COURSE
from lessons.declare import Lab, Setting, listed
from tutor import labbing
from tutor.cli import dialogue, drawings
from tutor.cli.course import headline
from tutor.cli.frame import CouldNotRun, command, emit, tell_notices
from tutor.cli.text import fields, markdown, say, width, wrapped
from tutor.progress import Progress
from tutor.runner import protocol
from tutor.workspace import Workspace


@command("lab")
@click.argument("name", required=False, metavar="[NAME]")
@click.option(
    "--set", "values", multiple=True, metavar="CONTROL=VALUE", help="A setting; repeatable."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Fixes every random number.")
@click.option("--reference", is_flag=True, help="Run on the course's code, not on your own.")
@click.option("--numbers", is_flag=True, help="Numbers instead of pictures.")
@click.option("--about", is_flag=True, help="Tell what it is and what can be set; run nothing.")
def lab_command(
    name: str | None,
    values: tuple[str, ...],
    seed: int,
    reference: bool,
    numbers: bool,
    about: bool,
    workspace: Path | None,
    as_json: bool,
) -> int:
    """Run an experiment and see what it shows. Without NAME: list the labs.

    Exit status: 0 done, 2 wrong usage, 3 could not run.
    """
    progress = Progress(Workspace.find(workspace))
    if name is None:
        if values:
            raise click.UsageError("--set needs the NAME of a lab")
        return _list(progress, as_json)
    lab = find_lab(name)
    settings = with_values(lab, values)
    if about:
        return _about(progress, lab, as_json)
    settings = _asked(lab, settings, ask=not as_json and (dialogue.is_open() or sys.stdin.isatty()))
    result = Result(lab, settings, seed)
    place = Workspace.find(workspace)
    try:
        _run(place, progress, result, own=not reference)
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"the worker can't be started: {error.strerror}. See `cnntutor doctor`."
        result.error = {"kind": "internal", "message": message}
    if as_json:
        emit(result.as_object())
    elif result.finished:
        _print(result, numbers or dialogue.is_open())
    if place.exists():
        tell_notices(progress)
    if result.error is not None:
        message = result.error["message"].strip() or "the worker did not say why"
        raise CouldNotRun(f"{lab.id} could not run ({result.error['kind']}): {message}")
    return 0


def find_lab(name: str) -> Lab:
    try:
        return COURSE.lab(name)
    except KeyError as error:
        raise click.UsageError(str(error.args[0])) from error


def with_values(lab: Lab, values: tuple[str, ...]) -> dict[str, Setting]:
    """The lab's first settings with those that ``--set`` names."""
    settings = lab.start
    for text in values:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"--set takes CONTROL=VALUE, not '{text}'")
        if name not in settings:
            known = ", ".join(control.id for control in lab.controls)
            raise click.UsageError(f"{lab.id} has no control '{name}'; there are: {known}")
        try:
            settings[name] = labbing.parse(lab.control(name), value)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    for name, most in labbing.within(lab, settings).items():
        if most != settings[name]:
            control = lab.control(name)
            raise click.UsageError(
                f"with {control.within}={settings[control.within]}, {name} can be"
                f" {control.choices[0]} to {most}"
            )
    return settings


def _asked(lab: Lab, settings: dict[str, Setting], *, ask: bool) -> dict[str, Setting]:
    """What is to be typed before the answer is seen, asked for where someone can answer."""
    for control in lab.controls:
        open_still = control.typed and settings[control.id] == control.start
        if not (ask and open_still and control.needs and labbing.is_on(lab, control, settings)):
            continue
        told = ", ".join(
            f"{other.title} {labbing.shown(other, settings[other.id])}"
            for other in lab.controls
            if not other.typed and other.id != control.needs and labbing.is_on(lab, other, settings)
        )
        say(f"{lab.title}: {told}")

        def read(text: str, control: Any = control) -> Setting:
            try:
                return labbing.parse(control, text)
            except ValueError as error:
                raise click.BadParameter(str(error)) from error

        settings[control.id] = click.prompt(control.title, value_proc=read)
    return settings


def _run(place: Workspace, progress: Progress, result: Result, *, own: bool) -> None:
    """Open the lab, take the events of its one answer, close it."""
    with dialogue.worker() as client:
        message = labbing.request(
            client, place, progress, result.lab, result.settings, seed=result.seed, own=own
        )
        recorder = labbing.Recorder(progress, message)
        for event in client.run(message):
            if place.exists():
                recorder.event(event)
            result.event(event)
            if result.finished:
                break


class Result:
    """What a lab showed, whichever way it is told."""

    def __init__(self, lab: Lab, settings: Mapping[str, Setting], seed: int) -> None:
        self.lab, self.settings, self.seed = lab, dict(settings), seed
        self.own: dict[str, bool] = {}
        self.drawings: dict[str, protocol.Drawing] = {}
        self.finding: protocol.Finding | None = None
        self.output = ""
        self.finished = False
        self.seconds = 0.0
        self.error: dict[str, str] | None = None

    def event(self, event: protocol.Event) -> None:
        match event:
            case protocol.Answering():
                self.own = event.own
            case (
                protocol.Words()
                | protocol.Picture()
                | protocol.Curves()
                | protocol.Bars()
                | protocol.Table()
            ):
                self.drawings[event.slot] = event
            case protocol.Finding():
                self.finding = event
            case protocol.Output():
                self.output += event.text
            case protocol.Drawn():
                self.finished, self.seconds = True, event.seconds
            case protocol.Done():
                self.error = {"kind": event.error_kind or "internal", "message": event.error}

    def as_object(self) -> dict[str, object]:
        """The object that ``lab --json`` prints; each drawing under its slot."""
        found: dict[str, dict[str, object]] = {
            kind: {} for kind in ("words", "tables", "curves", "bars", "pictures")
        }
        for slot, drawing in self.drawings.items():
            match drawing:
                case protocol.Words():
                    found["words"][slot] = drawing.text
                case protocol.Table():
                    found["tables"][slot] = {
                        "title": drawing.title,
                        "columns": drawing.columns,
                        "rows": drawing.rows,
                        "marked": drawing.marked,
                    }
                case protocol.Curves():
                    found["curves"][slot] = {
                        "title": drawing.title,
                        "x": drawing.x,
                        "y": drawing.y,
                        "series": {
                            name: [list(labbing.finite({"x": x, "y": y}).values()) for x, y in line]
                            for name, line in drawing.series.items()
                        },
                    }
                case protocol.Bars():
                    found["bars"][slot] = {
                        "title": drawing.title,
                        "unit": drawing.unit,
                        "values": labbing.finite(drawing.values),
                    }
                case protocol.Picture():
                    found["pictures"][slot] = {
                        "title": drawing.title,
                        "height": drawing.height,
                        "width": drawing.width,
                        "captions": drawing.captions,
                        "frames": drawing.frames,
                        "images": [
                            [*labbing.finite(dict(enumerate(image))).values()]  # type: ignore[arg-type]
                            for image in drawing.images
                        ],
                    }
        finding = self.finding
        return {
            "lab": self.lab.id,
            "tier": self.lab.tier.value,
            "settings": self.settings,
            "seed": self.seed,
            "own": self.own,
            "finding": finding.sentence if finding else None,
            "proves": bool(finding and finding.proves),
            "figures": labbing.finite(finding.figures) if finding else {},
            "seconds": self.seconds,
            **found,
            "error": self.error,
        }


# --- plain lines ------------------------------------------------------------------------------


def _list(progress: Progress, as_json: bool) -> int:
    if as_json:
        emit({"labs": [_object(progress, lab) for lab in COURSE.labs]})
        return 0
    for move in COURSE.parts:
        say(headline(move))
        if not move.labs:
            say("    no lab yet")
        for lab in move.labs:
            evidence = progress.lab_evidence(lab.id)
            shown = "shown" if evidence else "not run yet"
            say(f"  {lab.id:<12} {lab.tier.value}  {lab.title:<{width() - 33}} {shown}".rstrip())
    say()
    say("Run one: cnntutor lab NAME. What can be set: cnntutor lab NAME --about.")
    return 0


def _object(progress: Progress, lab: Lab) -> dict[str, object]:
    evidence = progress.lab_evidence(lab.id)
    shown = None
    if evidence is not None:
        shown = {"finding": evidence.sentence, "figures": evidence.figures, "at": evidence.at}
    return {
        "id": lab.id,
        "title": lab.title,
        "move": COURSE.move_of_lab(lab.id).id,
        "tier": lab.tier.value,
        "question": lab.question,
        "uses": list(lab.uses),
        "controls": [
            {
                "id": control.id,
                "title": control.title,
                "choices": list(control.choices),
                "start": control.start,
            }
            for control in lab.controls
        ],
        "shown": shown,
    }


def _about(progress: Progress, lab: Lab, as_json: bool) -> int:
    if as_json:
        emit(_object(progress, lab))
        return 0
    say(f"{lab.id}: {lab.title} ({lab.tier.value}, {lab.tier.word})")
    say(wrapped(lab.question))
    say()
    say(markdown(lab.task))
    say()
    say("Controls")
    rows = []
    for control in lab.controls:
        works_in = labbing.works_in(lab, control)
        told = f"at first {labbing.shown(control, control.start)}"
        told += f"; works with {works_in}" if works_in else ""
        rows.append((control.id, f"{labbing.choices(control)} ({told})"))
    say(fields(rows, indent=2))
    if lab.earned_in:
        say()
        say(wrapped(f"It can count as evidence with show: {', '.join(lab.earned_in)}."))
    return 0


def _print(result: Result, numbers: bool) -> None:
    lab = result.lab
    say(f"{lab.id}: {lab.title}")
    told = ", ".join(
        f"{control.title} {labbing.shown(control, result.settings[control.id])}"
        for control in lab.controls
        if labbing.is_on(lab, control, result.settings)
    )
    rows = [("asked", lab.question), ("settings", f"{told}, seed {result.seed}")]
    if lab.uses:
        rows.append(("code", whose(result.own)))
    say(fields(rows))
    for drawing in result.drawings.values():
        say()
        say("\n".join(drawings.lines(drawing, numbers=numbers)))
    if result.output:
        say()
        say("What the code printed")
        say("\n".join(f"    {line}".rstrip() for line in result.output.splitlines()))
    if result.finding is not None:
        say()
        say(wrapped(result.finding.sentence, "Shown: " if result.finding.proves else "Seen: "))


def whose(own: Mapping[str, bool]) -> str:
    """Whose code a lab ran, in a few words."""
    mine = [name for name, is_own in own.items() if is_own]
    course = [name for name, is_own in own.items() if not is_own]
    parts = [f"your own {listed(mine)}"] if mine else []
    parts += [f"the course's {listed(course)}"] if course else []
    return ", ".join(parts)
