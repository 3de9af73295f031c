"""What the claims of checkpoint ``strides`` look with: calls under watch, and the rule's words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from lessons.trial import Trial
from lessons.workbench import LearnerError, SeenTensor

# Errors are told apart by their words.
_COMPLAINTS = (
    "single memory location",
    "out of bounds",
    "must match the size",
    "not supported between",
    "not implemented for",
    "cannot be converted",
    "without overflow",
    "negative",
    "indices",
    "expected m1 and m2 to have the same dtype",
    "same dtype",
    "unpack",
    "not subscriptable",
    "not iterable",
    "keyword argument",
    "positional argument",
)

PRODUCTS = "a ready-made product (matmul, mv, mm, dot or einsum)"
_PRODUCT_OPERATIONS = (
    *("mm", "mv", "bmm", "matmul", "dot", "vdot", "inner", "tensordot", "einsum", "linear"),
    *("addmm", "addmv", "addbmm", "baddbmm", "_trilinear", "bilinear", "linalg_vecdot", "ger"),
    *("linalg_multi_dot", "chain_matmul", "outer", "kron", "_int_mm"),
)
_CONVOLUTIONS = (
    *("convolution", "conv1d", "conv2d", "conv3d", "_convolution", "mkldnn_convolution"),
    *(
        "thnn_conv2d",
        "_slow_conv2d_forward",
        "conv_tbc",
        "_conv_depthwise2d",
        "convolution_overrideable",
    ),
    *("convolution_backward", "conv_transpose1d", "conv_transpose2d"),
)
_UNFOLDING = ("unfold", "im2col", "unfold_copy", "col2im")
_POOLS = (
    *("max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices"),
    *("max_pool3d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool1d"),
    *(
        "fractional_max_pool2d",
        "mkldnn_max_pool2d",
        "quantized_max_pool2d",
        "max_pool1d_with_indices",
    ),
)
_PLACES = ("diagonal", "diagonal_copy", "diag", "linalg_diagonal", "trace")
_CONV = {"a ready-made convolution": _CONVOLUTIONS, "`unfold`": _UNFOLDING}

# For each function: what would do its work for it, and the names of the operations behind that.
READY_MADE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "views": {},
    "trace": {"`trace` or `diagonal`": _PLACES, PRODUCTS: _PRODUCT_OPERATIONS},
    "mv": {PRODUCTS: _PRODUCT_OPERATIONS, "a ready-made convolution": _CONVOLUTIONS},
    "mm": {PRODUCTS: _PRODUCT_OPERATIONS, "a ready-made convolution": _CONVOLUTIONS},
    "conv1d": _CONV,
    "conv2d": _CONV,
    "maxpool2d": {"a ready-made max pool": _POOLS, "`unfold`": _UNFOLDING},
}


def look(
    t: Trial,
    what: str,
    name: str,
    arguments: Sequence[Any],
    layouts: Sequence[str] = (),
    named: Mapping[str, Any] | None = None,
    case: dict[str, Any] | None = None,
) -> dict[str, Any] | None:
    """Call a function under watch; None when it raised, which is written down."""

    def listen() -> dict[str, Any]:
        try:
            return t.subject.watch(name, *arguments, layouts=layouts, **(named or {}))
        except LearnerError as error:
            said = next((words for words in _COMPLAINTS if words in str(error)), "another")
            if sizes := re.search(r"sizes (\[[\d, ]+\])", str(error)):
                said += f", sizes {sizes[1]}"  # of the view that does not fit
            t.trait(f"{what}: complaint", said)
            raise

    seen = t.attempt(what, listen, "an answer without an error", case)
    answer = None if seen is None else values(seen["answer"])
    if answer is not None and answer.is_complex():
        t.require(f"{what}: its type", False, f"{what}: {answer.dtype}", "real numbers", case)
    return seen


def told_call(
    name: str,
    given: Sequence[Tensor],
    layouts: Sequence[str],
    arguments: Sequence[Any],
    named: Mapping[str, Any],
) -> str:
    """A call in words: shapes, how they lie in memory when not as usual, and the rest."""
    laid = [*layouts, *["plain"] * len(given)]
    words = [
        f"{tuple(tensor.shape)}" + (f" {layout}" if layout != "plain" else "")
        for tensor, layout in zip(given, laid, strict=False)
    ]
    words += [str(argument) for argument in arguments]
    words += [f"{key}={value}" for key, value in named.items()]
    negative = ", all negative" if name == "maxpool2d" and bool((given[0] < 0).all()) else ""
    return f"{name}({', '.join(words)}){negative}"


def numbers(t: Trial, dtype: torch.dtype, *shape: int) -> Tensor:
    """Whole numbers from -3 to 3 in that type."""
    return t.randint(-3, 4, *shape).to(dtype)


def values(answer: Any) -> Tensor | None:
    """The tensor of an answer, if it is one."""
    return answer.tensor if isinstance(answer, SeenTensor) else None
