"""What can be said of a wrong value when it equals no mistake of the course.

Each probe looks for one relation between what was seen and what was expected: a factor, a
transposition, a flip, something missing. The first that fits is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import torch
from torch import Tensor, nn

from lessons import activations
from lessons.trial import Failure, Note, plain, same

_CLOSE = 1e-5


def probe(failing: Sequence[Failure], notes: Sequence[Note]) -> str:
    """The most specific thing that can be said, as a sentence or two; empty if there is none.

    Args:
        failing: what is wrong.
        notes: everything that the claim wrote down on the learner's code.
    """
    if another_function := activations.told(failing[0].note):
        return another_function
    told, function = _error(failing), None
    if not told:
        told, function = _relation(failing)
    if function is not None and _left_alone(function, failing, notes):
        return told  # it goes right only where the function changes nothing
    when = _circumstance(failing, notes)
    return " ".join(part for part in (told, when) if part)


_Function = Callable[[Tensor], Tensor]

# What Python or torch says, and what a beginner may not read in it.
_ERRORS = (
    (
        r"\[(\w+)\] is missing the required \"forward\"",
        "Your `{}` has no `forward`: its name is misspelled, or it stands outside the class.",
    ),
    (
        r"cannot assign (?:module|parameters) before",
        "`super().__init__()` is missing, or comes too late: it is the first line of `__init__`.",
    ),
    (
        r"NameError: name '(F|torch|nn|Tensor|math|np)' is not defined",
        "The import that brings `{}` is missing at the top of your file.",
    ),
    (
        r"NameError: name '(\w+)' is not defined",
        "Python does not know `{0}` in that line. It may be misspelled, or be kept as `self.{0}`, "
        "or its import is missing.",
    ),
    (
        r"module '([\w.]+)' has no attribute '(\w+)'",
        "`{}` has nothing called `{}`. Look at its spelling: capitals count.",
    ),
    (
        r"'(?!Parameter'|Tensor')([A-Z]\w*)' object has no attribute '(\w+)'",
        "Your code asks a `{0}` for `{1}`, which it never got. Look for `self.{1} = ...` in its "
        "`__init__`: `self.` is missing, or the name is spelled in two ways.",
    ),
    (
        r"(\w+)(?:\.__init__)?\(\) missing \d+ required positional arguments?: .+ \(.+ line \d+\)",
        "`{}` is called with too little in that line of yours.",
    ),
    (
        r"(\w+)(?:\.__init__)?\(\) missing \d+ required positional arguments?: (.+)",
        "`{}` is called without {}. Compare your signature with the task's: what may be left out "
        "needs a default.",
    ),
    (
        r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'",
        "`{0}` is called with `{1}=...`, and its signature has no `{1}`. Use the task's names.",
    ),
    (
        r"(\w+)\.__init__\(\) takes 1 positional argument but",
        "`{}` is built with more than its `__init__` takes. Compare your signature with the "
        "task's. And `super().__init__()` takes nothing in its brackets.",
    ),
    (
        r"([\w.]+)\(\) takes \d+ positional arguments? but \d+ (?:was|were) given",
        "`{}` is called with more than it takes. In a class, the first argument is `self`.",
    ),
    (
        r"'type' object does not support the context manager",
        "Brackets are missing: `with torch.no_grad():`.",
    ),
    (
        r"TypeError: 'module' object is not callable",
        "A module of Python's is called like a function. Look at the capitals: `nn.Parameter` is "
        "what you call, `nn.parameter` a file.",
    ),
    (
        r"torch\.return_types\.(\w+)",
        "`{}` along a dimension gives two tensors, the values and their places. Take one of them.",
    ),
    (
        r"grad can be implicitly created only for scalar",
        "`backward` starts from one number. Your loss has several: take their mean.",
    ),
    (
        r"shape '\[.*784.*\]' is invalid for input",
        "The number 784 fits images of 28 x 28 only, and here others come. `flatten(1)` works for "
        "any.",
    ),
    (
        r"TypeError: 'float' object is not iterable",
        "A single number stands where a list is needed. `losses.append(number)` adds one.",
    ),
    (
        r"'float' object has no attribute 'backward'",
        "`.item()` gives a bare number, without a graph. Call `backward` on the loss itself.",
    ),
    (
        r"UnboundLocalError: .*?'(\w+)'",
        "`{}` is used before it has a value. Give it one first, above the loop.",
    ),
    (
        r"Boolean value of Tensor with more than one value",
        "A tensor of several values stands where a yes or no is needed. If that line says "
        "`nn.CrossEntropyLoss(logits, labels)`: that only makes a layer. Use `F.cross_entropy`.",
    ),
    (
        r"'list' object has no attribute 'dataset'",
        "The batches are no `DataLoader` here, only pairs. Count the images as you go.",
    ),
)
_LAYER_FOR_TENSOR = re.compile(
    r": '(\w+)' and 'Tensor'|must be Tensor, not (\w+)|gave an? (\w+), not a tensor"
)


def _error(failing: Sequence[Failure]) -> str:
    """What the error that came first means, if it is one that everybody meets."""
    first = failing[0]
    if first.note.kind != "error":
        return ""
    for words, told in _ERRORS:
        found = re.search(words, first.observed)
        if found:
            return told.format(*found.groups())
    found = _LAYER_FOR_TENSOR.search(first.observed)
    name = next(filter(None, found.groups())) if found else ""
    if isinstance(getattr(nn, name, None), type) and issubclass(getattr(nn, name), nn.Module):
        return (
            f"`{name}(...)` only makes a layer, and computes nothing yet. Call the layer with the "
            "tensor, or use the function in `F` instead."
        )
    return ""


def _relation(failing: Sequence[Failure]) -> tuple[str, _Function | None]:
    """What the first wrong tensor has to do with the right one, if all others have it too; and
    the function that was applied, if it is one."""
    pairs = [
        (f.note.value, f.reference)
        for f in failing
        if f.note.kind == "see"
        and isinstance(f.note.value, Tensor)
        and isinstance(f.reference, Tensor)
        and f.reference.numel() > 1
    ]
    if not pairs:
        return "", None
    pairs = [(seen.to(torch.float64), right.to(torch.float64)) for seen, right in pairs]
    if all(_equal(seen, right) for seen, right in pairs):
        return "Your values are nearly right: look for a constant that is a little off.", None
    pairs = [(seen, right) for seen, right in pairs if not _equal(seen, right)]
    for test in _TESTS:
        said = [test(seen, right) for seen, right in pairs]
        if said[0] and all(s == said[0] for s in said):
            return said[0], next((f for name, f in _APPLIED if name in said[0]), None)
    first = (test(*pairs[0]) for test in _TESTS)
    return next((told for told in first if told), ""), None


def _left_alone(function: _Function, failing: Sequence[Failure], notes: Sequence[Note]) -> bool:
    """Whether the function changes none of the values that were right."""
    bad = {(f.note.kind, f.note.name) for f in failing}
    good = [
        n.value.to(torch.float64)
        for n in notes
        if n.kind == "see" and isinstance(n.value, Tensor) and (n.kind, n.name) not in bad
    ]
    return all(_equal(function(value), value) for value in good)


def _broken(seen: Tensor, right: Tensor) -> str:
    if seen.isnan().all():
        return "Every value is nan: something was used before it had a value."
    if seen.isnan().any():
        return (
            "Some values are nan, which comes of 0/0, of log(0), of the root of a negative number, "
            "or of a value never set."
        )
    if seen.isinf().any():
        return "Some values are infinite: a division by zero, or numbers that ran away."
    return ""


def _constant(seen: Tensor, right: Tensor) -> str:
    if seen.numel() > 1 and (seen == 0).all():
        return "Every value is zero."
    if seen.numel() > 1 and (seen == seen.flatten()[0]).all():
        return f"Every value is {seen.flatten()[0].item():.4g}."
    return ""


def _rearranged(seen: Tensor, right: Tensor) -> str:
    for a, b in combinations(range(right.ndim), 2):
        if seen.shape == right.transpose(a, b).shape and _equal(seen, right.transpose(a, b)):
            return f"The values are right with dimensions {a} and {b} swapped."
    if seen.shape != right.shape:
        if seen.numel() == right.numel() and _equal(seen.flatten(), right.flatten()):
            return f"The values are right, in shape {tuple(seen.shape)}."
        return ""
    for a in range(right.ndim):
        if right.shape[a] > 1 and _equal(seen, right.flip(a)):
            return f"The values are right, in reversed order along dimension {a}."
    return ""


_APPLIED: tuple[tuple[str, _Function], ...] = (
    ("ReLU of what is expected: negative values are gone", torch.relu),
    ("softmax of what is expected, over the last dimension", lambda x: x.softmax(-1)),
    ("log-softmax of what is expected", lambda x: x.log_softmax(-1)),
    ("sigmoid of what is expected", torch.sigmoid),
    ("tanh of what is expected", torch.tanh),
    ("GELU of what is expected", torch.nn.functional.gelu),
    ("absolute value of what is expected", torch.abs),
    ("square of what is expected", torch.square),
    ("exponential of what is expected", torch.exp),
    ("inverse of what is expected: one divided by it", torch.reciprocal),
)


def _applied(seen: Tensor, right: Tensor) -> str:
    if seen.shape != right.shape:
        return ""
    for name, function in _APPLIED:
        if _equal(seen, function(right)):
            return f"Your values equal the {name}."
    return ""


def _factor(seen: Tensor, right: Tensor) -> str:
    if seen.shape != right.shape or not (right != 0).any():
        return ""
    ratio = (seen * right).sum() / (right * right).sum()
    if ratio != 0 and _equal(seen, right * ratio):
        return f"Every value is {ratio.item():.4g} times what is expected."
    shift = seen - right
    if _equal(shift, shift.mean().expand_as(shift)):
        return f"Every value is off by the same amount, {shift.mean().item():.4g}."
    return ""


def _missing_term(seen: Tensor, right: Tensor) -> str:
    """Off by the same amounts for every image (dimension 0): a term such as a bias."""
    if seen.shape != right.shape or seen.ndim < 2 or seen.shape[0] < 2:
        return ""
    shift = seen - right
    if _equal(shift, shift[:1].expand_as(shift)):
        return (
            "Along dimension 0 all is off by the same amounts, as where a term such as the bias is "
            "missing, extra, or another one."
        )
    return ""


_TESTS = (_broken, _constant, _rearranged, _applied, _factor, _missing_term)


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and same(a, b, _CLOSE)


def _circumstance(failing: Sequence[Failure], notes: Sequence[Note]) -> str:
    """One circumstance that all failing notes share and no passing one has."""
    bad_names = {(f.note.kind, f.note.name) for f in failing}
    bad = [f.note.case for f in failing if f.note.case]
    good = [n.case for n in notes if n.case and (n.kind, n.name) not in bad_names]
    if not bad or not good:
        return ""
    for key in bad[0]:
        values: list[Any] = [case.get(key) for case in bad]
        right_values: list[Any] = [case.get(key) for case in good]
        if set(values).isdisjoint(right_values):
            if len(set(values)) == 1:
                return f"It goes wrong only when {key} is {plain(values[0])}."
            if all(isinstance(v, int | float) for v in (*values, *right_values)):
                if min(values) > max(right_values):
                    return f"It goes wrong only when {key} is more than {max(right_values)}."
                if max(values) < min(right_values):
                    return f"It goes wrong only when {key} is less than {min(right_values)}."
            if len(set(right_values)) == 1:
                return f"It goes right only when {key} is {plain(right_values[0])}."
    return ""
