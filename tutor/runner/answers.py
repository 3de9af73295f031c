"""What an answer from the subject's process must look like, request by request.

The judge's claims rely on it: whatever else comes over the line counts as garbled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from lessons.workbench import Entry, Ref


def is_step(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and isinstance(value[0], int)
        and isinstance(value[1], Tensor)
    )


def _is_gradients(value: Any) -> bool:
    def tensor_or_none(item: Any) -> bool:
        return item is None or isinstance(item, Tensor)

    return (
        isinstance(value, dict)
        and value.keys() == {"output", "input", "parameters"}
        and isinstance(value["output"], Tensor)
        and tensor_or_none(value["input"])
        and isinstance(value["parameters"], dict)
        and all(tensor_or_none(item) for item in value["parameters"].values())
    )


def _is_stages(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, tuple)
        and [isinstance(item, kind) for item, kind in zip(row, (str, str, Tensor), strict=False)]
        == [True] * 3
        for row in value
    )


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(row, tuple)
        and len(row) == 3
        and isinstance(row[0], str)
        and isinstance(row[1], str)
        and isinstance(row[2], tuple)
        and all(isinstance(size, int) for size in row[2])
        for row in value
    )


def _is_watched(value: Any) -> bool:
    kinds = {"operations": list, "shares": dict, "changed": list, "names": list}
    return (
        isinstance(value, dict)
        and value.keys() == {"answer", *kinds}
        and all(isinstance(value[name], kind) for name, kind in kinds.items())
        and all(isinstance(item, str) for item in [*value["operations"], *value["names"]])
        and all(isinstance(item, int) for item in value["changed"])
    )


_SHAPES: dict[str, Callable[[Any], bool]] = {
    "defined": lambda value: isinstance(value, bool),
    "build": lambda value: isinstance(value, Ref),
    "watch": _is_watched,
    "copy": lambda value: isinstance(value, Ref),
    "instrument": lambda value: isinstance(value, Ref),
    "optimizer": lambda value: isinstance(value, Ref),
    "forward": lambda value: isinstance(value, Tensor),
    "gradients": _is_gradients,
    "entries": lambda value: (
        isinstance(value, list) and all(isinstance(row, Entry) for row in value)
    ),
    "rows": _is_rows,
    "facts": lambda value: (
        isinstance(value, dict)
        and isinstance(value.get("lineage"), list)
        and isinstance(value.get("inside"), list)
        and isinstance(value.get("calls"), list)
    ),
    "stages": _is_stages,
}


def fits(request: str, value: Any) -> bool:
    """Whether an answer is of the kind that the request asks for."""
    return _SHAPES.get(request, lambda _: True)(value)
