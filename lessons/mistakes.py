"""Mistakes kept as runnable code, and the modules they make.

An author writes a mistake as a class that holds the definitions it gets wrong; every other name
comes from the reference, so a wrong ``Linear`` also reaches the ``SimpleMLP`` that uses it:

    @mistake(claim="raw-scores", repair="scaffold#logits-not-probabilities")
    class softmax_in_forward:
        \"\"\"Your output equals a network that ends in softmax.

        `F.cross_entropy` takes the log-softmax itself ...
        \"\"\"

        class SimpleMLP(mlp.SimpleMLP):
            def forward(self, x):
                return super().forward(x).softmax(dim=1)

The first line of the docstring is what the learner reads as the diagnosis, the rest says why.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import types
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import msgspec

from lessons.declare import Checkpoint, Course, reference_path


class Mistake(msgspec.Struct, frozen=True):
    """A known wrong answer: what it gets wrong, and what a learner is told.

    claim: the claim it breaks first. definitions: names of the module that it replaces.
    """

    id: str
    claim: str
    diagnosis: str
    why: str
    repair: str
    definitions: dict[str, Any]


def mistake(*, claim: str, repair: str) -> Callable[[type], Mistake]:
    """Turn a class of wrong definitions into a ``Mistake``; its id is the class's name."""

    def make(holder: type) -> Mistake:
        told = inspect.getdoc(holder) or ""
        diagnosis, _, why = told.partition("\n\n")
        definitions = {n: v for n, v in vars(holder).items() if not n.startswith("__")}
        return Mistake(
            id=holder.__name__.replace("_", "-"),
            claim=claim,
            diagnosis=" ".join(diagnosis.split()),
            why=" ".join(why.split()),
            repair=repair,
            definitions=definitions,
        )

    return make


@cache
def mistakes_of(course_folder: str) -> tuple[Mistake, ...]:
    """The mistakes of a checkpoint's folder, ``lessons.<move>.<checkpoint>``.

    They stand in its ``mistakes.py``, or in the modules of a folder ``mistakes``: each under a
    name of its own, or several in a tuple.
    """
    module = import_module(f"{course_folder}.mistakes")
    names = sorted(part.name for part in pkgutil.iter_modules(getattr(module, "__path__", ())))
    modules = [module, *(import_module(f"{module.__name__}.{name}") for name in names)]
    values = [value for part in modules for value in vars(part).values()]
    listed = [one for value in values for one in (value if type(value) is tuple else (value,))]
    return tuple(one for one in listed if isinstance(one, Mistake))


def claims_of(course_folder: str) -> dict[str, Callable[..., None]]:
    """The claim functions of a checkpoint's folder, by claim id."""
    module = import_module(f"{course_folder}.claims")
    return {
        name.replace("_", "-"): value
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }


def folder_of(course: Course, checkpoint: Checkpoint) -> str:
    """The package that holds a checkpoint's claims and mistakes."""
    return f"lessons.{course.move_of(checkpoint.id).id}.{checkpoint.id}"


@cache
def _reference_code(checkpoint_id: str) -> types.CodeType:
    path = reference_path(checkpoint_id)
    return compile(path.read_text("utf-8"), str(path), "exec")


def reference_namespace(checkpoint_id: str) -> dict[str, Any]:
    """The names of a fresh copy of the reference's module."""
    module = types.ModuleType(f"reference.{checkpoint_id}")
    module.__file__ = str(reference_path(checkpoint_id))
    exec(_reference_code(checkpoint_id), module.__dict__)
    return module.__dict__


@cache
def names_behind(checkpoint_id: str) -> dict[str, frozenset[str]]:
    """For each name that the reference defines: all names that its code uses, directly or through
    others, itself included. A mistake that replaces none of them leaves it as it is."""
    tree = ast.parse(reference_path(checkpoint_id).read_text("utf-8"))
    uses: dict[str, frozenset[str]] = {}
    for statement in tree.body:
        used = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            uses[statement.name] = frozenset(used | {statement.name})
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            uses |= {name: frozenset(used) for name in used}
    while True:
        wider = {n: u.union(*(uses.get(other, u) for other in u)) for n, u in uses.items()}
        if wider == uses:
            return uses
        uses = wider


def variant_namespace(checkpoint_id: str, mistake: Mistake) -> dict[str, Any]:
    """The reference's module with the mistake's definitions put in their place."""
    namespace = reference_namespace(checkpoint_id)
    namespace.update(mistake.definitions)
    return namespace
