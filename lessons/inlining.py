"""Python text from syntax trees: a small function's call written out, long lines broken.

A helper of mistakes is a function that makes a class or a function from what it is given. Its
call is written out by putting what was given in place of the parameters; a ``lambda`` that is
called is replaced by its body. What is more than that raises ``NotInlined``.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator

MOST = 76  # columns


class NotInlined(Exception):
    """The call can't be written out."""


def inlined(call: ast.expr, beside: dict[str, ast.stmt]) -> ast.stmt:
    """The class or function that a call of one of the functions in ``beside`` makes."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
        raise NotInlined
    function = beside.get(call.func.id)
    if not isinstance(function, ast.FunctionDef):
        raise NotInlined
    given = _given(function, call)
    body = copy.deepcopy(function.body)
    if ast.get_docstring(function):
        body = body[1:]
    last = body[-1]
    if not isinstance(last, ast.Return) or last.value is None:
        raise NotInlined
    put = Put(given)
    if len(body) == 1:
        return inlined(put.visit(last.value), beside)
    made = body[0]
    if len(body) > 2 or not isinstance(made, ast.ClassDef | ast.FunctionDef):
        raise NotInlined
    if ast.unparse(last.value) != made.name:
        raise NotInlined
    made = _Folded().visit(put.visit(made))
    if any(isinstance(n, ast.Call) and isinstance(n.func, ast.Constant) for n in ast.walk(made)):
        raise NotInlined
    return made


def _given(function: ast.FunctionDef, call: ast.Call) -> dict[str, ast.expr]:
    """What each parameter is given."""
    arguments = function.args
    if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        raise NotInlined
    names = [argument.arg for argument in [*arguments.args, *arguments.kwonlyargs]]
    defaults = dict(
        zip([a.arg for a in arguments.args][::-1], arguments.defaults[::-1], strict=False)
    )
    defaults |= {
        argument.arg: value
        for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if value is not None
    }
    given = dict(defaults)
    given |= dict(zip([a.arg for a in arguments.args], call.args, strict=False))
    given |= {word.arg: word.value for word in call.keywords if word.arg}
    if set(given) != set(names) or any(isinstance(one, ast.Starred) for one in call.args):
        raise NotInlined
    return given


class Put(ast.NodeTransformer):
    """Puts expressions in place of names, and the body of a lambda in place of its call."""

    def __init__(self, given: dict[str, ast.expr]) -> None:
        self._given = given

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self._given:
            return node
        if not isinstance(node.ctx, ast.Load):
            raise NotInlined
        return copy.deepcopy(self._given[node.id])

    def visit_arg(self, node: ast.arg) -> ast.AST:
        if node.arg in self._given:  # a parameter of the same name hides it
            raise NotInlined
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node = self._rest(node)
        if not isinstance(node.func, ast.Lambda):
            return node
        taken = node.func.args
        names = [argument.arg for argument in taken.args]
        if node.keywords or taken.vararg or taken.kwonlyargs or len(names) != len(node.args):
            raise NotInlined
        return Put(dict(zip(names, node.args, strict=True))).visit(node.func.body)

    def _rest(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        return node


class _Folded(ast.NodeTransformer):
    """Settles ``if``s on whether something is None, once that is known."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        known = _known(node.test)
        return node if known is None else node.body if known else node.orelse

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        tests = node.test.values if isinstance(node.test, ast.BoolOp) else [node.test]
        known = [_known(test) for test in tests]
        if isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.Or):
            return node
        if False in known:
            return node.orelse
        left = [test for test, value in zip(tests, known, strict=True) if value is None]
        if not left:
            return node.body
        node.test = left[0] if len(left) == 1 else ast.BoolOp(ast.And(), left)
        return node


def _known(test: ast.expr) -> bool | None:
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
        return None
    other = test.comparators[0]
    if not (isinstance(other, ast.Constant) and other.value is None):
        return None
    if isinstance(test.left, ast.Lambda):
        none = False
    elif isinstance(test.left, ast.Constant):
        none = test.left.value is None
    else:
        return None
    return none if isinstance(test.ops[0], ast.Is) else not none


# --- text ---------------------------------------------------------------------------------------


def unparsed(statement: ast.stmt) -> str:
    """Python text, without annotations, with an empty line between methods and no long lines."""
    tree = copy.deepcopy(statement)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            arguments = node.args
            for argument in [*arguments.args, *arguments.kwonlyargs]:
                argument.annotation = None
            for star in (arguments.vararg, arguments.kwarg):
                if star is not None:
                    star.annotation = None
    tree = ast.fix_missing_locations(_Bare().visit(tree))
    text = re.sub(r"^(class .*:)\n\n", r"\1\n", ast.unparse(tree))
    broken = "\n".join(line for long in text.splitlines() for line in _broken(long))
    return broken if _same(broken, text) else text


def _same(one: str, other: str) -> bool:
    """Whether two texts are the same Python. Lines are broken without reading quotes."""
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except SyntaxError:
        return False


class _Bare(ast.NodeTransformer):
    """``x: Tensor = y`` -> ``x = y``, and nothing for ``x: Tensor``."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        return None if node.value is None else ast.Assign([node.target], node.value)


def _broken(line: str) -> list[str]:
    """The line, or where it is too long its last bracket opened over several lines."""
    if len(line) <= MOST:
        return [line]
    opening, closing = max(_groups(line), key=lambda group: group[1] - group[0], default=(0, 0))
    if closing - opening < 2:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    inside = line[opening + 1 : closing]
    within = indent + "    "
    found = [line[: opening + 1]]
    if len(within + inside) <= MOST:
        found.append(within + inside)
    else:
        cut = re.compile(r" (?=(?:for|if) )") if " for " in inside else re.compile(r",")
        parts = _parts(inside, cut)
        for part in parts:
            comma = "," if cut.pattern == "," and len(parts) > 1 else ""
            found += _broken(f"{within}{part.strip()}{comma}")
    return [*found, indent + line[closing:]]


def _groups(line: str) -> Iterator[tuple[int, int]]:
    """Where the outermost brackets of a line open and close."""
    depth = start = 0
    for place, sign in enumerate(line):
        if sign in "([{":
            start = start if depth else place
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if not depth:
                yield start, place


def _parts(inside: str, cut: re.Pattern[str]) -> list[str]:
    """The text between brackets, cut where that matches and no inner bracket is open."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(inside):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and (found := cut.match(inside, place)):
            parts.append(inside[start:place])
            start = found.end()
    return [*parts, inside[start:]]
