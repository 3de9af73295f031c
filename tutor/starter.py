"""The starter: the reference with its bodies taken out, so that the two can't drift apart.

Signatures and docstrings are the reference's own text, character by character. The source is
parsed and never imported, so no torch is loaded.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator

from lessons.declare import Checkpoint, reference_path

Function = ast.FunctionDef | ast.AsyncFunctionDef
INDENT = "    "

# What a learner reaches for in every checkpoint, whether or not the reference needed it.
TORCH_IMPORTS = ("import torch", "import torch.nn.functional as F", "from torch import Tensor, nn")


def starter(checkpoint: Checkpoint) -> str:
    """The file that a learner starts from."""
    source = reference_path(checkpoint.id).read_text(encoding="utf-8")
    return strip(source, checkpoint.defines)


def learners_imports(source: str) -> str:
    """A reference's source with its imports of earlier pieces as a learner writes them:
    ``from reference.conv import Conv2d`` becomes ``from conv import Conv2d``."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if _is_earlier_piece(node):
            lines[node.lineno - 1] = lines[node.lineno - 1].replace("reference.", "", 1)
    return "\n".join(lines) + "\n"


def strip(source: str, defines: Iterable[str]) -> str:
    """``source`` with only ``defines`` (and what their signatures name), their bodies taken out.

    Raises ValueError when ``source`` does not define one of the names.
    """
    return _Stripper(source).strip(tuple(defines))


class _Stripper:
    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.splitlines()
        self.tree = ast.parse(source)
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        self.tokens = [token for token in tokens if token.type == tokenize.OP]

    def strip(self, defines: tuple[str, ...]) -> str:
        wanted = self._wanted(defines)
        parts = []
        if ast.get_docstring(self.tree, clean=False) is not None:
            parts.append("\n".join(self._text(self.tree.body[0])))
        parts.append(self._imports(wanted))
        definitions: list[str] = []
        for node in self.tree.body:
            if not wanted.intersection(_names_bound(node)):
                continue
            if isinstance(node, ast.ClassDef):
                definitions.append("\n".join(self._class(node, node.name, "")))
            elif isinstance(node, Function):
                definitions.append("\n".join(self._function(node, node.name, "")))
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                definitions.append("\n".join(self._text(node)))
        return "\n\n".join(parts) + "\n\n\n" + "\n\n\n".join(definitions) + "\n"

    def _wanted(self, defines: tuple[str, ...]) -> set[str]:
        """The names to keep: those asked for, and those that signatures and bases lean on."""
        nodes = {name: node for node in self.tree.body for name in _names_bound(node)}
        missing = [name for name in defines if name not in nodes]
        if missing:
            raise ValueError(f"the reference does not define {', '.join(missing)}")
        wanted: set[str] = set()
        waiting = list(defines)
        while waiting:
            name = waiting.pop()
            if name not in wanted:
                wanted.add(name)
                if name in nodes:
                    waiting.extend(_names_used(nodes[name]))
        return wanted

    def _imports(self, wanted: set[str]) -> str:
        """The reference's imports that a starter needs, in its order, torch's always."""
        groups: dict[int, list[str]] = {}  # standard library, torch, earlier checkpoints
        for node in self.tree.body:
            if _is_earlier_piece(node):
                # As a learner writes it, beside their own conv.py.
                line = ast.unparse(node).replace("from reference.", "from ", 1)
                groups.setdefault(2, []).append(line)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                line = ast.unparse(node)
                future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
                bound = {(name.asname or name.name).split(".")[0] for name in node.names}
                if line not in TORCH_IMPORTS and (future or bound & wanted):
                    groups.setdefault(-1 if future else 0, []).append(line)
        groups[1] = list(TORCH_IMPORTS)
        return "\n\n".join("\n".join(groups[key]) for key in sorted(groups))

    def _class(self, node: ast.ClassDef, name: str, indent: str) -> list[str]:
        inner = indent + INDENT
        blocks = [self._docstring(node)] if ast.get_docstring(node, clean=False) else []
        fields = [part for part in node.body if isinstance(part, ast.AnnAssign) and not part.value]
        if fields:
            blocks.append([line for field in fields for line in self._text(field)])
        kept = 0
        for part in node.body:
            if isinstance(part, Function) and not _private(part.name):
                blocks.append(self._function(part, f"{name}.{part.name}", inner))
                kept += 1
            elif isinstance(part, ast.ClassDef) and not _private(part.name):
                blocks.append(self._class(part, f"{name}.{part.name}", inner))
                kept += 1
        if not kept:  # everything is inherited: without this the starter would be an answer
            blocks.append(
                [f"{inner}def __init__(self, *args, **kwargs) -> None:", _hole(name, inner)]
            )
        lines = self._header(node)
        for number, block in enumerate(blocks):
            lines += [""] * (number > 0) + block
        return lines

    def _function(self, node: Function, name: str, indent: str) -> list[str]:
        lines = self._header(node)
        if ast.get_docstring(node, clean=False) is not None:
            lines += self._docstring(node)
        return [*lines, _hole(name, indent)]

    def _header(self, node: Function | ast.ClassDef) -> list[str]:
        """Decorators and signature as they stand, up to the colon that ends them."""
        depth = 0
        for token in self.tokens:
            if token.start < (node.lineno, node.col_offset):
                continue
            if token.string in "([{":
                depth += 1
            elif token.string in ")]}":
                depth -= 1
            elif token.string == ":" and depth == 0:
                break
        first = min([node.lineno, *(part.lineno for part in node.decorator_list)])
        row, column = token.end
        return [*self.lines[first - 1 : row - 1], self.lines[row - 1][:column]]

    def _docstring(self, node: Function | ast.ClassDef) -> list[str]:
        first = node.body[0]
        if self.lines[first.lineno - 1][: first.col_offset].strip():  # on the colon's own line
            return [node.col_offset * " " + INDENT + ast.unparse(first)]
        return self._text(first)

    def _text(self, node: ast.stmt) -> list[str]:
        """The statement's own lines, without a comment that follows it."""
        lines = self.lines[node.lineno - 1 : node.end_lineno]
        last = lines[-1].encode()[: node.end_col_offset].decode()
        return [*lines[:-1], last]


def _hole(name: str, indent: str) -> str:
    return f'{indent}{INDENT}raise NotImplementedError("write {name}")'


def _private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def _is_earlier_piece(node: ast.stmt) -> bool:
    """Whether it imports another checkpoint's reference. The digits are no checkpoint."""
    if not isinstance(node, ast.ImportFrom) or node.module is None:
        return False
    return node.module.startswith("reference.") and node.module != "reference.data"


def _names_bound(node: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top of a file defines (imports apart)."""
    if isinstance(node, Function | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _names_used(node: ast.stmt) -> Iterator[str]:
    """Names that what remains of a definition refers to."""
    for part in _remains(node):
        for name in ast.walk(part):
            if isinstance(name, ast.Name):
                yield name.id
            elif isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value  # an annotation in quotes


def _remains(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, Function):
        yield from node.decorator_list
        yield node.args
        if node.returns:
            yield node.returns
    elif isinstance(node, ast.ClassDef):
        yield from (*node.decorator_list, *node.bases, *node.keywords)
        for part in node.body:
            if isinstance(part, ast.AnnAssign) and part.value is None:
                yield part.annotation
            elif isinstance(part, Function | ast.ClassDef) and not _private(part.name):
                yield from _remains(part)
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        yield node
