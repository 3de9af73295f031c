"""Loads the learner's file as a module, from the bytes that are to be judged.

Its imports of earlier pieces of the course (``from conv import Conv2d``) are served here: from
the learner's own file if they passed it, else from the reference.
"""

from __future__ import annotations

import linecache
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

from lessons.declare import reference_path
from tutor.runner import sandbox

# What the learner's code may not import, and why.
_CLOSED = {
    "reference": "reference is the answer that yours is compared with; write it yourself",
    "lessons": "lessons is what judges your file; write the file without it",
    "tutor": "tutor is what runs your file; write the file without it",
}


class Unloadable(Exception):
    """The learner's file can't be loaded. kind: syntax-error, import-error, memory or exit."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind, self.message = kind, message


def load(
    source: bytes,
    path: str,
    name: str,
    pieces: Sequence[str] = (),
    earlier: Mapping[str, bytes] | None = None,
) -> ModuleType:
    """The learner's file as the module ``name``, registered under it. Unloadable if it fails.

    path: where the file lies, for tracebacks; it is not read. pieces: the course's other
    modules that it may import. earlier: the learner's own sources for some of them.
    """
    code = _compile(source, path)
    _Pieces(pieces, earlier or {}).install()
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    prime_linecache(path, source)
    try:
        exec(code, module.__dict__)
    except BaseException as error:  # noqa: BLE001 - SystemExit too
        raise _unloadable(error, path) from None
    return module


def serve_pieces(pieces: Sequence[str], earlier: Mapping[str, bytes]) -> None:
    """Let this process import the course's modules by name, the learner's where there are some.

    For a lab, which needs ``reference`` and ``lessons`` besides: those stay open to it, but are
    closed while a learner's file is being loaded.
    """
    _Pieces(pieces, earlier, for_lab=True).install()


def prime_linecache(path: str, source: bytes) -> None:
    """Let tracebacks show the lines that run, whatever the file on disk says by now."""
    lines = source.decode("utf-8", "replace").splitlines(keepends=True)
    linecache.cache[path] = (len(source), None, lines, path)


def _compile(source: bytes, path: str) -> CodeType:
    file = path.rpartition("/")[2]
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        line = (error.text or "").strip()
        shown = f": `{line[:200]}`" if line else ""
        at = f", line {error.lineno}" if error.lineno else ""
        raise Unloadable("syntax-error", f"{file}{at}: {error.msg}{shown}") from None
    except (MemoryError, RecursionError):
        message = f"{file}: nested too deeply for Python; break the expression into steps"
        raise Unloadable("syntax-error", message) from None
    except ValueError as error:  # a null byte
        raise Unloadable("syntax-error", f"{file}: {error}; is it a text file?") from None


def _unloadable(error: BaseException, path: str) -> Unloadable:
    name = type(error).__name__
    where = place(error, path)
    if isinstance(error, MemoryError):
        return Unloadable("memory", f"{where}: it asks for more memory than a check may use")
    if isinstance(error, SystemExit | KeyboardInterrupt):
        told = f"{name}: the file ends the program while it is being imported"
        return Unloadable("import-error", f"{where}: {told}")
    text = _text(error)
    return Unloadable("import-error", f"{where}: {name}: {text}" if text else f"{where}: {name}")


def place(error: BaseException, path: str) -> str:
    """Where in the learner's files an exception was raised: file, line, and that line's text."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == path or frame.filename.startswith("<earlier>"):
            file = frame.filename.rpartition("/")[2]
            return f"{file}, line {frame.lineno}: `{(frame.line or '').strip()[:200]}`"
    return path.rpartition("/")[2]


def _text(error: BaseException) -> str:
    try:
        lines = str(error).strip().splitlines()
    except BaseException as second:  # noqa: BLE001 - any __str__ may do anything
        return f"(its message could not be made: {type(second).__name__})"
    text = lines[0][:300] if lines else ""
    if isinstance(error, ModuleNotFoundError):
        text += "; a check sees this file, the course's earlier pieces and what is installed"
    return text + sandbox.hint(text)


class _Pieces:
    """An import hook: serves the course's pieces, and keeps the answer out of reach.

    for_lab: our own modules are only closed while a learner's file is being loaded, and a piece
    of the reference's is the module that the reference itself uses.
    """

    def __init__(
        self, pieces: Sequence[str], earlier: Mapping[str, bytes], *, for_lab: bool = False
    ) -> None:
        self._pieces, self._earlier = set(pieces), dict(earlier)
        self._kept: dict[str, ModuleType] = {}
        self._open = self._for_lab = for_lab

    def install(self) -> None:
        """Come before all other finders. Modules of ours that are bound already stay so."""
        sys.meta_path.insert(0, self)
        if not self._open:
            self._close()

    def _close(self) -> None:
        for name in list(sys.modules):
            if name.partition(".")[0] in _CLOSED:
                self._kept[name] = sys.modules.pop(name)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """Let the reference import its own parts."""
        before, self._open = self._open, True
        sys.modules.update(self._kept)
        try:
            yield
        finally:
            self._open = before
            if not before:
                self._close()

    @contextmanager
    def _closed(self) -> Iterator[None]:
        """Keep the learner's file from what it may not import."""
        before, self._open = self._open, False
        self._close()
        try:
            yield
        finally:
            self._open = before
            if before:
                sys.modules.update(self._kept)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        root = name.partition(".")[0]
        if root in _CLOSED and not self._open:
            raise ImportError(_CLOSED[root], name=name)
        if name in self._pieces and (self._for_lab or not self._open):
            return ModuleSpec(name, self)  # type: ignore[arg-type]
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        if self._for_lab and spec.name not in self._earlier:
            with self._opened():
                return import_module(f"reference.{spec.name}")
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        if name in self._earlier:
            source, path = self._earlier[name], f"<earlier>/{name}.py"
            prime_linecache(path, source)
            module.__file__ = path
            with self._closed():
                exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
            return
        if name.startswith("reference."):  # it is loaded
            return
        with self._opened():
            file = reference_path(name)
            module.__file__ = str(file)
            exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)
