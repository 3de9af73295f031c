"""Calls a function of the learner's and watches: what torch was asked for, what became of the
tensors that were handed in, and whether the answer is a view of them.

It runs beside the code that it watches, so it is a help for honest learners, not a guard: the
values that travel to the judge decide whether an answer is right.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

LAYOUTS = ("plain", "transposed", "sliced", "repeated")
OUTSIDE = 77  # what lies in memory beside a sliced tensor: no value of a test


def laid_out(tensor: Tensor, layout: str) -> Tensor:
    """The same values with other strides.

    plain: contiguous. transposed: stored with the dimensions in reversed order. sliced: every
    other element of something larger, not from its beginning. repeated: the first slice of
    dimension 0, over and over, with a stride of 0 (so the values are those of that slice).
    """
    if layout == "transposed":
        turned = tuple(reversed(range(tensor.ndim)))
        return tensor.permute(turned).contiguous().permute(turned)
    if layout == "sliced":
        around = tensor.new_full([2 * size + 3 for size in tensor.shape], OUTSIDE)
        inside = around[tuple(slice(2, 2 + 2 * size, 2) for size in tensor.shape)]
        return inside.copy_(tensor)
    if layout == "repeated":
        return tensor[:1].clone().expand(tensor.shape)
    return tensor.clone(memory_format=torch.contiguous_format)


class _Listener(TorchDispatchMode):
    """Writes down the name of each operation that reaches torch, such as ``convolution``."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func._schema.name.partition("::")[2]
        if name not in self.names:
            self.names.append(name)
        return func(*args, **(kwargs or {}))


def watched(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    named: Mapping[str, Any],
    layouts: Sequence[str],
    namespace: Mapping[str, Any],
) -> dict[str, Any]:
    """Call a function, with its first tensors laid out as told, and say what was seen.

    Returns:
        answer: what it returned. operations: names of torch's operations, each once. shares: for
        each tensor of the answer (by key, where it is a dict) whether it lies in the memory of an
        argument. changed: numbers of the arguments whose values are not what they were. names:
        the names that the function's code uses, those of its helpers included.
    """
    given = list(arguments)
    for place, layout in enumerate(layouts):
        given[place] = laid_out(given[place], layout)
    before = [value.clone() if isinstance(value, Tensor) else None for value in given]
    memory = {value.untyped_storage().data_ptr() for value in given if isinstance(value, Tensor)}
    with _Listener() as listener:
        answer = function(*given, **named)
    changed = [
        place
        for place, (value, was) in enumerate(zip(given, before, strict=True))
        if was is not None and not torch.equal(value, was)
    ]
    parts = answer if isinstance(answer, dict) else {"": answer}
    return {
        "answer": answer,
        "operations": listener.names,
        "shares": {
            str(key): part.untyped_storage().data_ptr() in memory
            for key, part in parts.items()
            if isinstance(part, Tensor) and part.layout == torch.strided
        },
        "changed": changed,
        "names": sorted(names_used(function, namespace)),
    }


def names_used(function: Any, namespace: Mapping[str, Any]) -> set[str]:
    """Names in a function's code, and in the code of the file's functions that it names."""
    found: set[str] = set()
    waiting: list[Any] = [function]
    done: list[types.CodeType] = []
    while waiting:
        one = waiting.pop()
        code = getattr(one, "__code__", None)
        if not isinstance(code, types.CodeType) or any(code is other for other in done):
            continue
        done.append(code)
        names = _in_code(code)
        found |= names
        waiting += [namespace[name] for name in names if name in namespace]
    return {str(name) for name in found}


def _in_code(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):  # a function inside, or a comprehension
            names |= _in_code(constant)
    return names
