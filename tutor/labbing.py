"""A lab on its way out, and what it showed on its way into the progress.

The app and the command line both ask and record through here.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping

from lessons.course import COURSE
from lessons.declare import Control, Lab, Setting
from tutor.checking import Numbers
from tutor.imports import in_use
from tutor.progress import LabShown, Progress
from tutor.runner import protocol
from tutor.workspace import Workspace, WorkspaceError

WORDS = {True: "on", False: "off"}


def request(
    client: Numbers,
    workspace: Workspace,
    progress: Progress,
    lab: Lab,
    settings: Mapping[str, Setting],
    *,
    seed: int = 0,
    own: bool = True,
) -> protocol.OpenLab:
    """The lab with these settings, on the learner's own code as far as they passed it.

    own: False to run it on the course's code alone.
    """
    return protocol.OpenLab(
        number=client.next_number(),
        lab=lab.id,
        settings=dict(settings),
        earlier=own_files(workspace, progress, lab) if own else {},
        seed=seed,
    )


def own_files(workspace: Workspace, progress: Progress, lab: Lab) -> dict[str, bytes]:
    """The learner's files, as they are now, that the lab runs: of what it uses, those that they
    passed, and those that these import. In place of any other stands the reference's."""
    passed = {}
    for checkpoint in COURSE.checkpoints:
        if lab.uses and progress.passed(checkpoint):
            try:
                passed[checkpoint.id] = workspace.read(checkpoint).data
            except WorkspaceError:
                continue  # gone or no text by now; told where that file itself is checked
    used = [name for name in lab.uses if name in passed]
    used += in_use([passed[name] for name in used], passed)
    return {name: data for name, data in passed.items() if name in used}


class Recorder:
    """Writes into the progress what a lab shows, as it arrives."""

    def __init__(self, progress: Progress, request: protocol.OpenLab) -> None:
        self._progress, self._request = progress, request
        self._lab = COURSE.lab(request.lab)
        self._own = {
            name: hashlib.sha256(data).hexdigest() for name, data in request.earlier.items()
        }

    def event(self, event: protocol.Event) -> None:
        """Take an event of any kind; a finding that proves something is recorded."""
        if isinstance(event, protocol.Finding) and event.proves:
            self._progress.add(
                LabShown(
                    at=time.time(),
                    lab=self._lab.id,
                    sentence=event.sentence,
                    figures=finite(event.figures),
                    tier=self._lab.tier.value,
                    proves=True,
                    settings=event.settings,
                    own=self._own,
                    seed=self._request.seed,
                )
            )


def finite(figures: Mapping[str, float]) -> dict[str, float | None]:
    """JSON has no number that is not finite."""
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}


# --- controls -------------------------------------------------------------------------------


def is_on(lab: Lab, control: Control, settings: Mapping[str, Setting]) -> bool:
    """Whether the control matters with these settings."""
    if control.needs:
        switch = lab.control(control.needs)
        if not (settings[switch.id] and is_on(lab, switch, settings)):
            return False
    return all(
        settings[other] in values or not is_on(lab, lab.control(other), settings)
        for other, values in control.when.items()
    )


def works_in(lab: Lab, control: Control) -> str:
    """With which values of others the control matters, in words: ``show: map, maps``. "": with
    all."""
    told = [f"{lab.control(control.needs).title}: on"] if control.needs else []
    for other, values in control.when.items():
        one = lab.control(other)
        named = "typed" if one.typed else ", ".join(shown(one, value) for value in values)
        told.append(f"{one.title}: {named}")
    return "; ".join(told)


def shown(control: Control, value: Setting) -> str:
    """A control's value as people read it."""
    if isinstance(value, bool):
        return WORDS[value]
    if control.typed and value == control.start:
        return "?"
    return f"{value:g}" if isinstance(value, float) else str(value)


def parse(control: Control, text: str) -> Setting:
    """The choice that a text names. ValueError, with the choices, if there is none."""
    wanted = text.strip().lower()
    for choice in control.choices:
        if wanted in (str(choice).lower(), shown(control, choice).lower()):
            return choice
    try:
        number = float(wanted)
    except ValueError:
        number = math.nan
    for choice in control.choices:
        if not isinstance(choice, bool | str) and choice == number:
            return choice
    raise ValueError(f"{control.id} can't be '{text}'; it can be {choices(control)}")


def choices(control: Control) -> str:
    """All choices, or the first and last of many."""
    names = [shown(control, choice) for choice in control.choices]
    if control.typed:
        names = names[1:]
    return f"{names[0]} to {names[-1]}" if len(names) > 12 else ", ".join(names)


def turned(
    lab: Lab, settings: Mapping[str, Setting], control: Control, step: int
) -> dict[str, Setting]:
    """The settings after a control went ``step`` choices on."""
    place = control.choices.index(settings[control.id]) + step
    value = control.choices[min(max(0, place), len(control.choices) - 1)]
    return with_value(lab, settings, control, value)


def with_value(
    lab: Lab, settings: Mapping[str, Setting], control: Control, value: Setting
) -> dict[str, Setting]:
    """The settings with another value of a control; what was typed before is asked anew, unless
    the control keeps it."""
    if value == settings[control.id]:
        return dict(settings)
    asked = [other for other in lab.controls if other.typed and not control.keeps_answer]
    typed = {other.id: other.start for other in asked}
    return within(lab, {**settings, **typed, control.id: value})


def within(lab: Lab, settings: Mapping[str, Setting]) -> dict[str, Setting]:
    """The settings, each at most the last choice that there is beside the others."""
    found = dict(settings)
    for control in lab.controls:
        most = control.last.get(found[control.within]) if control.within else None
        if most is not None:
            places = (control.choices.index(value) for value in (found[control.id], most))
            found[control.id] = control.choices[min(places)]
    return found
