"""Imports run one way, tutor -> lessons -> reference, and torch stays on the worker's side.

The files are read, not imported: what a function imports when it is called counts too.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# The app's side of tutor/runner; all else there runs in the worker's processes.
APP_SIDE = {"__init__", "client", "installed", "protocol"}

# What declares the course. Checks, mistakes and labs may import torch, as the worker runs them.
DECLARATIONS = {
    "__init__.py", "declare.py", "course.py", "anchors.py", "recall.py", "answers.py",
    "hunt.py", "variants.py", "merging.py", "inlining.py", "ladder.py", "holdings.py",
}  # fmt: skip

HEAVY = ("torch", "torchvision", "numpy")


def files(folder: str) -> list[Path]:
    return sorted(path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of each module that a file imports, wherever in it."""
    package = path.parent.parts
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield node.lineno, module
            for name in node.names:
                yield node.lineno, f"{module}.{name.name}"


def offences(path: Path, forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{path}:{line} imports {name}"
        for line, name in imports(path)
        if name.split(".")[0] in forbidden
    ]


def in_worker(path: Path) -> bool:
    return path.parent == Path("tutor/runner") and path.stem not in APP_SIDE


def test_there_is_something_to_look_at():
    for folder in ("reference", "lessons", "tutor"):
        assert len(files(folder)) > 3


@pytest.mark.parametrize("path", files("reference"), ids=str)
def test_reference_knows_nothing_of_lessons_or_tutor(path):
    assert offences(path, ("lessons", "tutor")) == []


@pytest.mark.parametrize("path", files("lessons"), ids=str)
def test_lessons_know_nothing_of_tutor(path):
    assert offences(path, ("tutor",)) == []


@pytest.mark.parametrize(
    "path", [path for path in files("lessons") if path.name in DECLARATIONS], ids=str
)
def test_declarations_import_without_torch(path):
    assert offences(path, (*HEAVY, "reference")) == []


@pytest.mark.parametrize("path", files("tutor"), ids=str)
def test_in_tutor_the_worker_alone_imports_torch(path):
    if in_worker(path):
        return
    assert offences(path, (*HEAVY, "reference")) == []


@pytest.mark.parametrize("path", files("tutor"), ids=str)
def test_the_apps_side_imports_neither_the_worker_nor_what_checks(path):
    """It would pull torch in by another door."""
    if in_worker(path):
        return
    worker = {".".join(file.with_suffix("").parts) for file in files("tutor") if in_worker(file)}
    names = ("declare", "course", "anchors", "recall", "hunt", "ladder", "holdings")
    declared = {f"lessons.{name}" for name in names}
    for line, name in imports(path):
        assert name not in worker, f"{path}:{line} imports {name}"
        if name.startswith("lessons."):
            module = ".".join(name.split(".")[:2])
            assert module in declared, f"{path}:{line} imports {name}"
