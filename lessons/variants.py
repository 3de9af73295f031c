"""Wrong answers as a learner would have written them: the reference's text with a mistake in it.

The course's mistakes hold only the definitions that they get wrong, and often just a method
beside the reference's. For the mistake hunt each is written into the reference's own text, where
it has to be found among what is right. Everything is read and written as syntax trees, so nothing
is imported, torch least of all. A mistake that can't be written so (it uses helpers that no
learner has) is left out; ``lessons.proving`` judges the text of all others.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec

from lessons.course import COURSE
from lessons.inlining import NotInlined
from lessons.merging import Source, bound, write

_LESSONS = Path(str(resources.files("lessons")))


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """A wrong answer in full. shown: the definitions that hold the mistake. names: theirs.

    file: the whole file as a learner would have it. The rest is the mistake's own.
    """

    checkpoint: str
    mistake: str
    claim: str
    diagnosis: str
    why: str
    repair: str
    names: tuple[str, ...]
    shown: str
    file: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A mistake as its text tells it, whether it can be written out or not."""

    id: str
    claim: str
    diagnosis: str
    why: str
    repair: str
    names: tuple[str, ...]


@cache
def mistakes_told(checkpoint_id: str) -> tuple[Told, ...]:
    """Every mistake of a checkpoint, read from its text."""
    return tuple(told for told, _ in _read(checkpoint_id))


@cache
def variant(checkpoint_id: str, mistake: str) -> Variant | None:
    """A mistake written out; None where that can't be done.

    A mistake that shows only after a whole training is left out: it would take too long.
    """
    told, source = next(pair for pair in _read(checkpoint_id) if pair[0].id == mistake)
    if COURSE.checkpoint(checkpoint_id).claim(told.claim).trains:
        return None
    try:
        names, shown, file = write(checkpoint_id, source)
    except NotInlined:
        return None
    return Variant(
        checkpoint=checkpoint_id,
        mistake=told.id,
        claim=told.claim,
        diagnosis=told.diagnosis,
        why=told.why,
        repair=told.repair,
        names=names,
        shown=shown,
        file=file,
    )


def variants_of(checkpoint_id: str) -> Iterator[Variant]:
    """The mistakes of a checkpoint that can be written out, in the order of their files."""
    for told in mistakes_told(checkpoint_id):
        written = variant(checkpoint_id, told.id)
        if written is not None:
            yield written


# --- reading the mistakes -----------------------------------------------------------------------


@cache
def _read(checkpoint_id: str) -> list[tuple[Told, Source]]:
    found = []
    for path in _files(checkpoint_id):
        beside = _beside(path)
        for statement in _parsed(path):
            if isinstance(statement, ast.ClassDef) and (call := _decorated(statement)):
                found.append((_told(statement, call, beside), Source(statement, beside)))
    return found


@cache
def _parsed(path: Path) -> list[ast.stmt]:
    return ast.parse(path.read_text("utf-8")).body


@cache
def _beside(path: Path) -> dict[str, ast.stmt]:
    """What a file defines at its top, and what it takes from other files of the lessons; for all
    else that it imports, the import."""
    found: dict[str, ast.stmt] = {}
    for statement in _parsed(path):
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(
            "lessons."
        ):
            parts = str(statement.module).split(".")
            other = _LESSONS.parent.joinpath(*parts).with_suffix(".py")
            if other.is_file():
                found |= _beside(other)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            module = statement.module if isinstance(statement, ast.ImportFrom) else None
            for alias in statement.names:
                name = (alias.asname or alias.name).partition(".")[0]
                one = ast.Import([alias]) if module is None else ast.ImportFrom(module, [alias], 0)
                found[name] = one
        else:
            found |= dict.fromkeys(bound([statement]), statement)
    return found


def _files(checkpoint_id: str) -> list[Path]:
    home = _LESSONS / COURSE.move_of(checkpoint_id).id / checkpoint_id
    alone = home / "mistakes.py"
    return [*([alone] if alone.is_file() else []), *sorted((home / "mistakes").glob("*.py"))]


def _decorated(statement: ast.ClassDef) -> ast.Call | None:
    for one in statement.decorator_list:
        if (
            isinstance(one, ast.Call)
            and isinstance(one.func, ast.Name)
            and one.func.id == "mistake"
        ):
            return one
    return None


def _told(holder: ast.ClassDef, call: ast.Call, beside: dict[str, ast.stmt]) -> Told:
    given = {}
    for word in call.keywords:
        value = word.value
        if isinstance(value, ast.Name) and isinstance(named := beside.get(value.id), ast.Assign):
            value = named.value  # a link that a whole file of mistakes shares
        given[word.arg] = ast.literal_eval(value)
    diagnosis, _, why = (ast.get_docstring(holder) or "").partition("\n\n")
    return Told(
        id=holder.name.replace("_", "-"),
        claim=given["claim"],
        diagnosis=" ".join(diagnosis.split()),
        why=" ".join(why.split()),
        repair=given["repair"],
        names=tuple(sorted(bound(holder.body))),
    )
