"""What checkpoint ``strides`` claims, one function a claim. Runs in the judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lessons.extra.strides.looking import (
    PRODUCTS,
    READY_MADE,
    look,
    numbers,
    told_call,
    values,
)
from lessons.trial import Trial

NAMES = ("column", "transposed", "diagonal", "every other", "repeated", "pairs", "patches")
FUNCTIONS = ("trace", "mv", "mm", "conv1d", "conv2d", "maxpool2d")

# --- views ---------------------------------------------------------------------------------------


def seven_views(t: Trial) -> None:
    for (rows, columns), layout in (
        ((4, 6), "plain"),
        ((5, 4), "plain"),
        ((3, 5), "transposed"),
        ((4, 5), "sliced"),
    ):
        x = t.randn(rows, columns)
        what = f"views of {rows} x {columns}, {layout}"
        case = {"the layout": layout}
        seen = look(t, what, "views", [x], [layout], case=case)
        if seen is None:
            continue
        answer = seen["answer"]
        t.require(
            f"{what}: a dict",
            isinstance(answer, dict),
            f"{what}: {type(answer).__name__}",
            "a dict with the seven views by name",
        )
        if not isinstance(answer, dict):
            continue
        missing = [name for name in NAMES if name not in answer]
        t.require(
            f"{what}: all seven",
            not missing,
            f"{what}: no view called {', '.join(map(repr, missing))}",
            f"a dict with {', '.join(NAMES)}",
        )
        for name in NAMES:
            if name in answer:
                t.see(f"{what}: {name}", answer[name], case={**case, "the view": name})


def nothing_copied(t: Trial) -> None:
    for layout in ("plain", "transposed", "sliced"):
        seen = t.subject.watch("views", t.randn(4, 6), layouts=[layout])
        copied = [name for name in NAMES if not seen["shares"].get(name, False)]
        t.trait(f"copied, {layout}", copied)
        of_x = "" if layout == "plain" else f" of a {layout} x"
        for name in NAMES:
            t.require(
                f"{name}{of_x} is a view",
                name not in copied,
                f"'{name}'{of_x} has the right numbers, in memory of its own: they were copied",
                "a view of x by as_strided: write into x, and the view shows it",
            )


# --- products ------------------------------------------------------------------------------------


def _agree(
    t: Trial,
    name: str,
    given: Sequence[Tensor],
    layouts: Sequence[str] = (),
    *arguments: Any,
    **named: Any,
) -> None:
    """Call a function and compare its answer with the reference's."""
    layouts = list(layouts) or ["plain"]
    unlike = [layout for layout in layouts if layout != "plain"]
    what = told_call(name, given, layouts, arguments, named)
    case = {
        "the layout": unlike[0] if unlike else "plain",
        "the batch size": given[0].shape[0],
        **{f"the {key}": value for key, value in named.items() if isinstance(value, int)},
    }
    seen = look(t, what, name, [*given, *arguments], layouts, named, case)
    if seen is not None:
        t.see(what, seen["answer"], case=case)


def matrix_trace(t: Trial) -> None:
    for size, layout in ((4, "plain"), (3, "sliced"), (5, "transposed"), (4, "repeated")):
        _agree(t, "trace", [t.randn(size, size)], [layout])
    _agree(t, "trace", [t.randn(1, 1)])


def matrix_vector(t: Trial) -> None:
    for (rows, columns), layouts in (
        ((3, 5), ("plain", "plain")),
        ((5, 3), ("transposed", "plain")),
        ((4, 3), ("plain", "sliced")),
        ((3, 4), ("sliced", "repeated")),
        ((1, 4), ("plain", "plain")),
    ):
        _agree(t, "mv", [t.randn(rows, columns), t.randn(columns)], layouts)


def matrix_matrix(t: Trial) -> None:
    for (rows, inner, columns), layouts in (
        ((3, 4, 5), ("plain", "plain")),
        ((5, 2, 3), ("transposed", "plain")),
        ((2, 5, 4), ("plain", "transposed")),
        ((4, 3, 2), ("sliced", "sliced")),
        ((3, 3, 4), ("plain", "repeated")),
        ((1, 3, 1), ("plain", "plain")),
    ):
        _agree(t, "mm", [t.randn(rows, inner), t.randn(inner, columns)], layouts)


# --- convolutions --------------------------------------------------------------------------------

# batch, in_channels, width; out_channels, kernel; stride, padding; layout of x
_Named = dict[str, int]
_ROWS: tuple[tuple[tuple[int, ...], tuple[int, ...], _Named, str], ...] = (
    ((1, 1, 8), (1, 3), {}, "plain"),
    ((2, 3, 9), (4, 3), {}, "plain"),
    ((3, 2, 10), (3, 4), {"stride": 2}, "plain"),
    ((2, 3, 7), (2, 3), {"padding": 2}, "plain"),
    ((2, 2, 11), (3, 5), {"stride": 3, "padding": 1}, "plain"),
    ((3, 2, 8), (2, 3), {}, "transposed"),
    ((2, 3, 9), (2, 2), {"stride": 2}, "sliced"),
    ((2, 2, 6), (3, 2), {}, "repeated"),
    ((2, 2, 5), (3, 5), {}, "plain"),
)


def conv1d_values(t: Trial) -> None:
    for (batch, channels, width), (out, kernel), named, layout in _ROWS:
        given = [t.randn(batch, channels, width), t.randn(out, channels, kernel)]
        _agree(t, "conv1d", given, [layout], **named)
    given = [t.randn(2, 3, 8), t.randn(4, 3, 3)]
    _agree(t, "conv1d", given, ["plain", "transposed"])
    _agree(t, "conv1d", given, [], 2, 1)  # stride, then padding


# batch, in_channels, height, width; out_channels, kernel height, kernel width; named; layout
_IMAGES: tuple[tuple[tuple[int, ...], tuple[int, ...], _Named, str], ...] = (
    ((1, 1, 5, 7), (1, 3, 3), {}, "plain"),
    ((2, 3, 6, 9), (4, 3, 2), {}, "plain"),
    ((3, 2, 8, 11), (3, 3, 3), {"stride": 2}, "plain"),
    ((2, 3, 5, 8), (2, 3, 2), {"padding": 1}, "plain"),
    ((2, 2, 9, 12), (3, 4, 3), {"stride": 3, "padding": 2}, "plain"),
    ((2, 3, 6, 7), (2, 2, 3), {}, "transposed"),
    ((2, 2, 7, 6), (3, 3, 3), {"stride": 2}, "sliced"),
    ((3, 2, 5, 6), (2, 2, 2), {}, "repeated"),
    ((2, 2, 4, 5), (3, 4, 5), {}, "plain"),
)


def conv2d_values(t: Trial) -> None:
    for (batch, channels, height, width), (out, *kernel), named, layout in _IMAGES:
        given = [t.randn(batch, channels, height, width), t.randn(out, channels, *kernel)]
        _agree(t, "conv2d", given, [layout], **named)
    given = [t.randn(2, 3, 6, 7), t.randn(4, 3, 3, 2)]
    _agree(t, "conv2d", given, ["plain", "transposed"])
    _agree(t, "conv2d", given, [], 2, 1)  # stride, then padding


def conv2d_pairs(t: Trial) -> None:
    for named in (
        {"stride": (2, 1)},
        {"stride": (1, 3)},
        {"padding": (2, 0)},
        {"padding": (0, 1)},
        {"stride": (3, 2), "padding": (1, 2)},
        {"stride": 2, "padding": (0, 2)},
    ):
        _agree(t, "conv2d", [t.randn(2, 2, 8, 11), t.randn(3, 2, 3, 3)], [], **named)


# --- the pool ------------------------------------------------------------------------------------


def pool_values(t: Trial) -> None:
    for shape, kernel, named, layout in (
        ((2, 3, 6, 9), 2, {}, "plain"),
        ((2, 3, 7, 10), 3, {"stride": 2}, "plain"),
        ((1, 2, 5, 8), 3, {"stride": 1}, "plain"),
        ((2, 2, 8, 9), 2, {"stride": None}, "plain"),
        ((2, 3, 9, 7), 2, {"stride": 3}, "plain"),
        ((2, 2, 8, 9), (2, 3), {}, "plain"),
        ((2, 2, 9, 8), (3, 2), {"stride": (1, 3)}, "plain"),
        ((2, 3, 6, 8), 2, {}, "transposed"),
        ((2, 2, 7, 6), 3, {"stride": 2}, "sliced"),
        ((3, 2, 6, 6), 2, {}, "repeated"),
    ):
        x = t.randn(*shape)
        _agree(t, "maxpool2d", [x], [layout], kernel, **named)
        if layout == "plain":
            _agree(t, "maxpool2d", [-x.abs() - 1], [layout], kernel, **named)


_LOWER = 10_000.0


def pool_padding(t: Trial) -> None:
    for shape, kernel, named in (
        ((2, 3, 8, 11), 3, {"stride": 2, "padding": 1}),
        ((1, 2, 7, 10), 2, {"padding": 1}),
        ((2, 2, 9, 13), (5, 3), {"stride": 2, "padding": (2, 1)}),
        ((2, 2, 6, 7), (2, 4), {"stride": 1, "padding": (0, 2)}),
    ):
        x = t.randn(*shape)
        _agree(t, "maxpool2d", [x], [], kernel, **named)
        if named == {"stride": 2, "padding": 1}:
            _agree(t, "maxpool2d", [x], [], kernel, 2, 1)
        what = f"{told_call('maxpool2d', [x], [], [kernel], named)}, all lower by 10,000"
        low = look(t, what, "maxpool2d", [x - _LOWER, kernel], [], named)
        if low is None:
            continue
        t.see(what, low["answer"])
        answer = values(low["answer"])
        if answer is not None and answer.numel():
            t.require(
                f"{what}: none stays",
                bool((answer < -_LOWER / 2).all()),
                f"{what}: a maximum is {answer.max().item():.4g}",
                "each below -9,000, at the edge too: what lies outside is minus infinity",
            )


# --- types, inputs, the rule ---------------------------------------------------------------------

_TYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32")


def number_types(t: Trial) -> None:
    for type_name in _TYPES:
        dtype = getattr(torch, type_name)
        # Small whole numbers, which every type holds exactly, sums included.
        row, image = numbers(t, dtype, 2, 2, 8), numbers(t, dtype, 2, 2, 6, 7)
        calls: tuple[tuple[str, list[Any], dict[str, Any]], ...] = (
            ("conv1d", [row, numbers(t, dtype, 3, 2, 3)], {"padding": 1}),
            ("conv2d", [image, numbers(t, dtype, 3, 2, 3, 2)], {"stride": 2, "padding": 1}),
            ("maxpool2d", [image - 5, 3], {"stride": 2, "padding": 1}),
        )
        for name, arguments, named in calls:
            what = f"{name} of {type_name}"
            case = {"the type": type_name, "a whole number": not dtype.is_floating_point}
            seen = look(t, what, name, arguments, [], named, case)
            if seen is None:
                continue
            t.see(what, seen["answer"], case=case)
            answer = values(seen["answer"])
            if answer is None:
                continue
            whole = not dtype.is_floating_point and not answer.dtype.is_floating_point
            t.require(
                f"{what}: its type",
                answer.dtype == dtype or whole,
                f"{what}: the answer is {str(answer.dtype).removeprefix('torch.')}",
                type_name,
                case,
            )


def _examples(t: Trial) -> dict[str, list[Any]]:
    """For each function one call: tensors first."""
    image = t.randn(2, 2, 6, 7)
    return {
        "trace": [t.randn(4, 4)],
        "mv": [t.randn(3, 4), t.randn(4)],
        "mm": [t.randn(3, 4), t.randn(4, 2)],
        "conv1d": [t.randn(2, 3, 8), t.randn(2, 3, 3)],
        "conv2d": [image, t.randn(3, 2, 3, 2)],
        "maxpool2d": [image, 2],
    }


_INPUTS = {
    "views": ("x",),
    "trace": ("mat",),
    "mv": ("mat", "vec"),
    "mm": ("left", "right"),
    "conv1d": ("x", "weights"),
    "conv2d": ("x", "weights"),
    "maxpool2d": ("x",),
}


def inputs_stay(t: Trial) -> None:
    for name, arguments in {"views": [t.randn(3, 4)], **_examples(t)}.items():
        seen = look(t, name, name, arguments, ["plain"])
        if seen is None:
            continue
        changed = [_INPUTS[name][n] for n in seen["changed"] if n < len(_INPUTS[name])]
        t.trait(f"{name}: changed", changed)
        t.require(
            f"{name} leaves its inputs",
            not changed,
            f"after {name} the values of {' and '.join(f'`{n}`' for n in changed)} are others",
            "inputs as they were: a view writes into the tensor that it looks at",
        )


def by_strides(t: Trial) -> None:
    for name, arguments in {"views": [t.randn(3, 4)], **_examples(t)}.items():
        seen = look(t, name, name, arguments, ["plain"])
        if seen is None:
            continue
        used = set(seen["operations"])
        ready = [told for told, ops in READY_MADE[name].items() if not used.isdisjoint(ops)]
        t.trait(f"{name}: ready-made", ready)
        t.require(
            f"{name}: nothing ready-made",
            not ready,
            f"the values of {name} are right, and they come from {' and '.join(ready)}",
            "the same from a view by as_strided"
            + (", `*` and `sum`" if READY_MADE[name].get(PRODUCTS) else ""),
        )
        there = any("as_strided" in word for word in [*seen["operations"], *seen["names"]])
        if not ready:
            t.require(
                f"{name}: as_strided",
                there,
                f"the values of {name} are right, and as_strided was never called",
                "a view by as_strided: that is what this exercise is about",
            )
