"""A mistake written into the reference's text, by syntax trees.

A mistake's class holds the definitions that it gets wrong, often only a method beside the
reference's, or what a helper of its file makes. Here all of that comes into one file, as somebody
would have written it. What can't raises ``NotInlined``.
"""

from __future__ import annotations

import ast
import builtins
import copy
from functools import cache
from typing import NamedTuple

from lessons.declare import reference_path
from lessons.inlining import NotInlined as _NotWritten
from lessons.inlining import Put, inlined, unparsed

WIDEST = 76  # columns; code is not wrapped on the screen


class Source(NamedTuple):
    """A mistake's class, and what else its file defines, by name."""

    holder: ast.ClassDef
    beside: dict[str, ast.stmt]


def bound(body: list[ast.stmt]) -> set[str]:
    names = set()
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


@cache
def _reference(checkpoint_id: str) -> ast.Module:
    tree = ast.parse(reference_path(checkpoint_id).read_text("utf-8"))
    _drop_docstrings(tree)
    return tree


def _drop_docstrings(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.Module) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]


def write(checkpoint_id: str, source: Source) -> tuple[tuple[str, ...], str, str]:
    """The names that the mistake replaces, their definitions, and the whole file."""
    tree = copy.deepcopy(_reference(checkpoint_id))
    places = {
        statement.name: place
        for place, statement in enumerate(tree.body)
        if isinstance(statement, ast.FunctionDef | ast.ClassDef)
    }
    names = []
    for statement in copy.deepcopy(source.holder.body[1:]):
        statement = _definition(statement, source.beside)
        if statement.name not in places:
            raise _NotWritten
        _need_own_work(checkpoint_id, statement)
        place = places[statement.name]
        right = tree.body[place]
        statement = _Unqualified(checkpoint_id).visit(statement)
        if isinstance(statement, ast.ClassDef):
            if not isinstance(right, ast.ClassDef):
                raise _NotWritten
            statement = _class(checkpoint_id, right, statement, source.beside)
            _need_no_repeats(statement)
        tree.body[place] = statement
        names.append(statement.name)
    wrong = [tree.body[places[name]] for name in names]
    helpers = _helpers(checkpoint_id, tree, source.beside)
    shown = "\n\n\n".join(unparsed(one) for one in [*helpers, *wrong])
    if not names or max(map(len, shown.splitlines())) > WIDEST:
        raise _NotWritten
    return tuple(names), shown, ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _definition(statement: ast.stmt, beside: dict[str, ast.stmt]) -> ast.FunctionDef | ast.ClassDef:
    """A class or function as it is, or what a call of a function of the mistakes' file makes."""
    if isinstance(statement, ast.Assign) and isinstance(target := statement.targets[0], ast.Name):
        statement = inlined(statement.value, beside)
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            statement.name = target.id
    if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
        raise _NotWritten
    return statement


def _helpers(checkpoint_id: str, tree: ast.Module, beside: dict[str, ast.stmt]) -> list[ast.stmt]:
    """Put into the file what the mistake uses beside its own definitions: small functions, and
    imports. Returns the functions."""
    helpers: list[ast.stmt] = []
    imports: list[ast.stmt] = []
    while unknown := _unknown(tree):
        name = min(unknown)
        found = beside.get(name)
        if isinstance(found, ast.FunctionDef) and not _makes_classes(found):
            helper = _Unqualified(checkpoint_id).visit(copy.deepcopy(found))
            _drop_docstrings(helper)
            helpers.insert(0, helper)
        elif isinstance(found, ast.Import | ast.ImportFrom) and _is_common(found):
            imports.append(found)
        else:
            raise _NotWritten
        first = next(
            place
            for place, one in enumerate(tree.body)
            if isinstance(one, ast.ClassDef | ast.FunctionDef)
        )
        tree.body.insert(first, helpers[0] if name in bound(helpers) else imports[-1])
        ast.fix_missing_locations(tree)
    return helpers


def _need_own_work(checkpoint_id: str, statement: ast.FunctionDef | ast.ClassDef) -> None:
    """Whether it does its work without the reference's own: in the file it would call itself."""
    body = statement.body
    own = {f"{checkpoint_id}.{statement.name}", statement.name}
    for node in (node for one in body for node in ast.walk(one)):
        if isinstance(node, ast.Attribute | ast.Name) and ast.unparse(node) in own:
            raise _NotWritten


def _need_no_repeats(class_: ast.ClassDef) -> None:
    """Whether no attribute is made twice in a row: nobody writes that, and it hides nothing."""
    for method in class_.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            made = [
                ast.unparse(one.targets[0] if isinstance(one, ast.Assign) else one.target)
                for one in method.body
                if isinstance(one, ast.Assign | ast.AnnAssign)
            ]
            made = [name for name in made if name.startswith("self.")]
            if len(made) != len(set(made)):
                raise _NotWritten


def _makes_classes(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.ClassDef | ast.Lambda) for node in ast.walk(function))


def _is_common(statement: ast.Import | ast.ImportFrom) -> bool:
    """Whether a learner's file may import it: torch, Python's own, or an earlier piece."""
    names = [alias.name for alias in statement.names]
    module = statement.module if isinstance(statement, ast.ImportFrom) else names[0]
    return module is not None and module.partition(".")[0] != "lessons" and module != "reference"


class _Unqualified(ast.NodeTransformer):
    """``mlp.Linear`` -> ``Linear``: as it is called in the file itself."""

    def __init__(self, checkpoint_id: str) -> None:
        self._module = checkpoint_id

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == self._module:
            return ast.copy_location(ast.Name(node.attr, node.ctx), node)
        return self.generic_visit(node)


def _class(
    checkpoint_id: str, right: ast.ClassDef, wrong: ast.ClassDef, beside: dict[str, ast.stmt]
) -> ast.ClassDef:
    """The class of the file with the mistake's methods in place of its own.

    Between the two may stand classes of the mistakes' file, which are written in the same way.
    """
    bases = [ast.unparse(base) for base in wrong.bases]
    if bases == ["nn.Module"]:
        return wrong
    if bases != [right.name]:
        between = beside.get(bases[0]) if len(bases) == 1 else None
        if not isinstance(between, ast.ClassDef):
            raise _NotWritten
        between = _Unqualified(checkpoint_id).visit(copy.deepcopy(between))
        _drop_docstrings(between)
        right = _class(checkpoint_id, right, between, beside)
    merged = copy.deepcopy(right)
    for method in wrong.body:
        if isinstance(method, ast.Expr) and isinstance(method.value, ast.Constant):
            continue  # a docstring
        if isinstance(method, ast.Assign | ast.AnnAssign):
            names = bound([method])
            merged.body = [method, *(one for one in merged.body if not names & bound([one]))]
            continue
        if not isinstance(method, ast.FunctionDef):
            raise _NotWritten
        place, old = next(
            (
                (place, one)
                for place, one in enumerate(merged.body)
                if isinstance(one, ast.FunctionDef) and one.name == method.name
            ),
            (None, None),
        )
        method = _without_super(method, old)
        if place is None:
            merged.body.append(method)
        else:
            merged.body[place] = method
    return merged


def _without_super(method: ast.FunctionDef, old: ast.FunctionDef | None) -> ast.FunctionDef:
    """The method with what ``super()`` does written out, as the file's class has no such base."""
    calls = [node for node in ast.walk(method) if _is_super_call(node)]
    if not calls:
        return method
    first: ast.AST = method.body[0]
    if old is None or len(calls) > 1 or calls[0] not in list(ast.walk(first)):
        raise _NotWritten
    call = calls[0]
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    inner = copy.deepcopy(old)
    parameters = _parameters(old)
    if call.func.attr != old.name or call.keywords or len(call.args) != len(parameters):
        raise _NotWritten
    given = {
        name: argument
        for name, argument in zip(parameters, call.args, strict=True)
        if ast.unparse(argument) != name
    }
    before, result = [Put(given).visit(one) for one in inner.body], None
    if isinstance(before[-1], ast.Return):
        before, result = before[:-1], before[-1].value
    if any(isinstance(node, ast.Return) for one in before for node in ast.walk(one)):
        raise _NotWritten
    after = method.body[1:]
    if result is None:
        if not (isinstance(first, ast.Expr) and first.value is call):
            raise _NotWritten
        method.body = [*before, *after]
        return method
    if (_stored(before) & _loaded(method.body, without=call)) - {"self"}:
        raise _NotWritten  # the file's code would change what the mistake still looks at
    if isinstance(first, ast.Return | ast.Assign) and first.value is call:
        first.value = result
    else:
        before = [*before, ast.Assign([ast.Name("out", ast.Store())], result)]
        first = _Swapped(call, ast.Name("out", ast.Load())).visit(first)
    assert isinstance(first, ast.stmt)
    method.body = [*before, first, *after]
    return method


def _is_super_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "super()"
    )


def _parameters(method: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in method.args.args if argument.arg != "self"]


def _stored(body: list[ast.stmt]) -> set[str]:
    found = (node for one in body for node in ast.walk(one) if isinstance(node, ast.Name))
    return {node.id for node in found if isinstance(node.ctx, ast.Store)}


def _loaded(body: list[ast.stmt], without: ast.AST) -> set[str]:
    inside = set(map(id, ast.walk(without)))
    found = (node for one in body for node in ast.walk(one) if isinstance(node, ast.Name))
    return {n.id for n in found if isinstance(n.ctx, ast.Load) and id(n) not in inside}


class _Swapped(ast.NodeTransformer):
    """Puts one node in another's place."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _unknown(tree: ast.Module) -> set[str]:
    """Names that are read somewhere in the file, bound nowhere, and not Python's own."""
    known = set(dir(builtins)) | bound(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            known |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.arg):
            known.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler):
            known.add(node.name or "")
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - known
