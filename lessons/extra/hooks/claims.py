"""What checkpoint ``hooks`` claims, one function a claim. Runs in the judge."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from lessons.instruments import PretrainedNetwork
from lessons.trial import UNJUDGED, Trial
from lessons.values import network_values
from lessons.workbench import LearnerError, Ref

FIND = "find_first_nonfinite"
BAD = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
RAISED = "the planted network fails"


def _find(t: Trial, what: str, model: Ref, case: dict[str, Any] | None = None) -> Any:
    """What the function answers; an error is written down, by the words it is known by."""

    def ask() -> Any:
        try:
            return t.subject.call(FIND, model, t.randn(3, 5))
        except LearnerError as error:
            t.trait(f"{what}: complaint", str(error).partition("(")[0][:60])
            raise

    return t.attempt(what, ask, "a name or None, without an error", case)


def _named(
    t: Trial, what: str, right: str | None, case: dict[str, Any] | None = None, **plant: Any
) -> None:
    """Plant a fault, ask, and compare the answer."""
    model = t.subject.instrument("PlantedNetwork", **plant)
    before = len(t.notes)
    answer = _find(t, what, model, case)
    if any(note.kind == "error" for note in t.notes[before:]):
        return
    t.trait(f"{what}: answer", _told(answer))
    t.require(
        what,
        answer == right and type(answer) is type(right),
        f"{what}: {_told(answer)}",
        _told(right),
        case,
    )


def _told(answer: Any) -> str:
    if answer is None or isinstance(answer, str | bool | int | float):
        return repr(answer)
    if isinstance(answer, list):
        return f"a list: {answer!r}"[:100]
    return f"no name, but an object ({type(answer).__name__})"


def finds_it(t: Trial) -> None:
    for place in ("stem", "memory", "shared", "head"):
        for word, number in BAD.items():
            packing = "first" if place == "memory" else "tuple"
            _named(t, f"{word} in {place}", place, {"the number": word}, where=place,
                   number=number, packing=packing)  # fmt: skip
    _named(t, "-inf in stem, an in-place ReLU behind it", "stem", where="stem",
           number=-math.inf, heals=True)  # fmt: skip
    _named(t, "nan in stem, healed behind it", "stem", where="stem", heals=True)
    _named(t, "nan in stem and shared", "stem", where="stem", also="shared", heals=True)
    _named(t, "nothing but nan in shared", "shared", where="shared", everywhere=True)
    _named(t, "a healthy model", None)


def large_values(t: Trial) -> None:
    for place in ("stem", "head"):
        _named(t, f"a number of 1e30 in {place}", None, where=place, number=1e30)
    model = t.subject.instrument("LargeNumbers")
    answer = _find(t, "many large numbers", model)
    t.trait("many large numbers: answer", _told(answer))
    t.require(
        "many large numbers",
        answer is None,
        f"a module whose numbers are all large, and finite: {_told(answer)}",
        "None: each number is finite, though their sum is not",
    )


def modules_inside(t: Trial) -> None:
    for place, what in (
        ("body.0.first", "nan deep inside"),
        ("body.1.second", "nan at the end of a block"),
        ("body.1", "nan in a block's own sum"),
        ("", "nan in the model's own forward"),
    ):
        _named(t, what, place, {"the module": place}, where=place, heals=place != "body.0.first")


def packed_outputs(t: Trial) -> None:
    for packing, what in (
        ("first", "the first of a tuple"),
        ("tuple", "the second of a tuple"),
        ("list", "the second of a list"),
        ("dict", "a value of a dict"),
        ("nested", "a dict in a list in a tuple"),
    ):
        plant = {"packing": packing, "heals": True}
        _named(t, f"nan in {what}", "memory", {"the output": what}, where="memory", **plant)
        _named(t, f"nothing in {what}", None, {"the output": what}, **plant)


def called_twice(t: Trial) -> None:
    for call, word in ((1, "first"), (2, "second")):
        what = f"nan at the {word} of two calls"
        _named(t, what, "shared", {"the call": word}, where="shared", call=call, heals=True)


def real_network(t: Trial) -> None:
    network = PretrainedNetwork()
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    for name, right in (("layer2.0.bn1", "layer2.0.bn1"), ("bn1", "bn1"), ("", None)):
        values = network_values(shapes, t.generator)
        if name:
            values[f"{name}.running_var"].fill_(-1.0)
        model = t.subject.instrument("PretrainedNetwork")
        t.subject.load(model, values)
        t.subject.set_mode(model, train=False)
        what = f"a negative variance in {name}" if name else "a network in order"
        images = t.randn(2, 3, 32, 32).float()
        begun = len(t.notes)
        answer = t.attempt(what, partial(t.subject.call, FIND, model, images))
        if any(note.kind == "error" for note in t.notes[begun:]):
            continue  # None is an answer, too
        t.trait(f"{what}: answer", _told(answer))
        t.require(what, answer == right, f"{what}: {_told(answer)}", _told(right))


def _left(t: Trial, model: Ref) -> dict[str, Any]:
    return dict(t.subject.facts(model)["calls"])


def hooks_removed(t: Trial) -> None:
    for what, plant in (
        ("a healthy run", {}),
        ("a find", {"where": "body.0.first"}),
        ("a find in the model itself", {"where": ""}),
        ("an error of the model's", {"raises": "memory"}),
    ):
        model = t.subject.instrument("PlantedNetwork", **plant)
        try:
            t.subject.call(FIND, model, t.randn(3, 5))
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
        left = _left(t, model)["hooks left"]
        t.require(
            f"after {what}",
            left == 0,
            f"after {what} {left} hooks are left on the model",
            "0: a hook that stays is called at every run from then on",
        )


def errors_go_on(t: Trial) -> None:
    for place in ("body", "head"):
        what = f"an error before {place}"
        model = t.subject.instrument("PlantedNetwork", raises=place)
        raised, answer = "", None
        try:
            answer = t.subject.call(FIND, model, t.randn(3, 5))
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
            raised = str(error)
        t.trait(f"{what}: answer", _told(answer))
        t.require(
            what,
            RAISED in raised,
            f"the model raised ValueError; what came out was {raised or _told(answer)}",
            "the model's own ValueError: None would say that all is well",
        )


def left_alone(t: Trial) -> None:
    _named(t, "nan in train mode only", "body.1.first", where="body.1.first", in_training=True)
    for training in (False, True):
        plant = {"training": training, "own_hook": "body.0"}
        model = t.subject.instrument("PlantedNetwork", where="head", **plant)
        mode = "train" if training else "eval"
        _find(t, f"a find in {mode} mode", model)
        left = _left(t, model)
        for word, seen in (
            ("the mode is kept", f"the model came in {mode} mode, and some of it is in the other"),
            ("the weights are kept", "the weights have changed"),
            ("the other hook is there", "a hook that somebody else had put there is gone"),
        ):
            t.require(f"{word}, {mode}", bool(left[word]), seen, "a model left as it was")
