"""What checkpoint ``conv`` claims, one function a claim. Runs in the judge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from lessons.locality.conv.looking import (
    NEARLY,
    a_digit,
    as_real,
    attempt,
    listen,
    movement,
    number,
    parameters_of,
    share,
    size_calls,
    told_images,
    told_map,
    told_move,
)
from lessons.spread import judge_even, tell_spread
from lessons.trial import UNJUDGED, Trial, plain, same
from lessons.types_built import judge_types
from lessons.workbench import LearnerError, Ref

# --- conv_output_size ----------------------------------------------------------------------------


def output_size(t: Trial) -> None:
    refused = needing_padding = those_refused = wrong_elsewhere = 0
    not_whole, once_padded = "", ("", "")
    positive: list[tuple[str, str]] = []
    too_small = 0
    for call, size, kernel, stride, padding, arguments, named in size_calls(t):
        answer: Any = None
        raised = ""
        try:
            answer = number(t.subject.call("conv_output_size", *arguments, **named))
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
            raised = str(error)
        right = (size + 2 * padding - kernel) // stride + 1
        wrong = bool(raised) or not same(answer, right, 0.0)
        if size + 2 * padding < kernel:
            too_small += 1
            if isinstance(answer, int | float) and answer > 0:
                padded = size + 2 * padding
                pixels = f"{padded} pixel{'s' * (padded > 1)}"
                window = f"a window of {kernel} does not fit into {pixels}"
                positive.append((f"{call}: {plain(answer)}", f"ValueError: {window}"))
        elif size < kernel:
            needing_padding += 1
            those_refused += bool(raised)
            if wrong and not once_padded[0]:
                once_padded = f"{call}: {raised or plain(answer)}", f"{right}"
        elif raised:
            refused += 1
            wrong_elsewhere += 1
            t.require(call, False, f"{call}: {raised}", "a size: the window fits")
        else:
            case = {"the stride": stride, "the padding": padding, "kernel_size": kernel}
            t.see(call, answer, case=case)
            wrong_elsewhere += wrong
            if isinstance(answer, float) and not not_whole:
                not_whole = f"{call}: {answer!r}, a float"
    t.trait("calls refused", refused)
    only_these = those_refused == needing_padding and not wrong_elsewhere
    t.trait("refuses just what needs its padding", only_these)
    t.require("what fits once it is padded", not once_padded[0], *once_padded)
    t.trait("too small", share(len(positive), too_small))
    elsewhere = bool(wrong_elsewhere or not_whole or once_padded[0])
    only = "nothing" if not positive else "what does not fit"
    t.trait("what is wrong", "what fits" if elsewhere else only)
    t.require("what does not fit", not positive, *(positive[0] if positive else ("", "")))
    t.require("an int", not not_whole, not_whole, "an int, which can be a size")


# --- Conv2d --------------------------------------------------------------------------------------


def parameters(t: Trial) -> None:
    for arguments, shape in (((3, 5, 4), (5, 3, 4, 4)), ((4, 2, 3, 2, 1), (2, 4, 3, 3))):
        parameters_of(t, f"Conv2d{arguments}", arguments, shape)
    judge_types(t, "Conv2d", 3, 5, 4)


_DRAWN = ((16, 40, 3), (7, 60, 5), (2, 150, 3))


def initial_values(t: Trial) -> None:
    for sizes in _DRAWN:
        layer = t.subject.build("Conv2d", *sizes)
        values = {e.name: e.tensor for e in t.subject.entries(layer)}.get("weight")
        if values is None:
            t.require("`weight`", False, f"Conv2d{sizes} has no `weight`", "`weight`")
            return
        bound = (sizes[0] * sizes[2] ** 2) ** -0.5
        what = f"weight of Conv2d{sizes}"
        if not _all_the_same(t, what, values.flatten(1) / bound):
            judge_even(t, what, values.flatten(), bound, "1/sqrt(in_channels * k * k)")


def _all_the_same(t: Trial, what: str, filters: Tensor) -> bool:
    """Whether all filters (out, n) hold the same values, though these are no constant."""
    if len(filters) < 2 or len(filters.unique(dim=0)) > 1:
        return False
    spread = tell_spread(filters)
    same = spread.size > 0 and spread.kind not in ("nan", "constant", "two-point")
    t.require(
        f"{what}: filters differ",
        not same,
        f"{what}: all {len(filters)} filters hold the same values",
        "each value drawn for itself",
    )
    return same


_CONVOLUTIONS = (
    ((3, 5, 3, 1, 0), (2, 7, 10)),
    ((3, 5, 3, 2, 0), (2, 8, 11)),
    ((3, 5, 3, 1, 1), (2, 7, 10)),
    ((2, 4, 3, 2, 1), (1, 9, 6)),
    ((4, 3, 5, 3, 2), (2, 11, 8)),
    ((3, 6, 1, 2, 0), (2, 5, 8)),
    ((3, 1, 6, 1, 2), (3, 7, 10)),
    ((2, 3, 4, 3, 1), (1, 9, 13)),
)


def conv_values(t: Trial) -> None:
    for sizes, (batch, height, width) in _CONVOLUTIONS:
        inputs, outputs, kernel, stride, padding = sizes
        weight = t.randn(outputs, inputs, kernel, kernel)
        x = t.randn(batch, inputs, height, width)
        named = {}
        if stride != 1:
            named["stride"] = stride
        if padding:
            named["padding"] = padding
        told = ", ".join([str(n) for n in sizes[:3]] + [f"{n}={v}" for n, v in named.items()])
        what = f"Conv2d({told}) on {tuple(x.shape)}"
        case = {
            "the stride": stride,
            "the padding": padding,
            "out_channels": outputs,
            "kernel_size": kernel,
            "the batch size": batch,
        }
        layer = attempt(t, what, partial(t.subject.build, "Conv2d", *sizes[:3], **named), case)
        if layer is None:
            continue
        t.subject.load(layer, {"weight": weight})
        wanted = told_map(batch, outputs, (height, width), sizes[2:])
        out = attempt(t, what, partial(t.subject.forward, layer, x), case, wanted)
        if out is None:
            continue
        if not _again_the_same(t, what, layer, x, out):
            return
        t.see(what, out, case=case)
    sizes = (2, 3, 3, 2, 1)
    weight, x, upstream = t.randn(3, 2, 3, 3), t.randn(2, 2, 7, 10), t.randn(2, 3, 4, 5)
    layer = attempt(t, "Conv2d(2, 3, 3, 2, 1)", partial(t.subject.build, "Conv2d", *sizes))
    if layer is not None:
        t.subject.load(layer, {"weight": weight})
        _backward(t, layer, x, upstream, "Conv2d(2, 3, 3, 2, 1)", ["weight"])


def _again_the_same(t: Trial, what: str, layer: Ref, x: Tensor, out: Tensor) -> bool:
    """Whether the same image gives the same map again; if not, that is all there is to say."""
    again = t.subject.forward(layer, x)
    after = {e.name: e.tensor for e in t.subject.entries(layer)}.get("weight")
    steady = same(again, out, NEARLY)
    t.require(
        "the same map again",
        steady,
        f"{what}: another map the second time, for the same image",
        "the same image gives the same map",
    )
    if not steady:
        t.subject.forward(layer, x)
        now = {e.name: e.tensor for e in t.subject.entries(layer)}.get("weight")
        kept = after is not None and now is not None and same(now, after, 0.0)
        t.trait("the weight stays", kept)
        if now is not None:
            t.subject.load(layer, {"weight": torch.zeros_like(now)})
            one, other = (t.subject.forward(layer, x) for _ in range(2))
            t.trait("steady with a weight of 0", same(one, other, NEARLY))
    return steady


def _backward(
    t: Trial, layer: Ref, x: Tensor, upstream: Tensor, what: str, learned: Sequence[str] = ()
) -> None:
    """Write down the gradients of the input, and of the parameters called ``learned``."""
    out = attempt(t, what, partial(t.subject.forward, layer, x))
    if out is None:
        return
    fits = out.shape == upstream.shape
    t.trait(f"{what}: shape", tuple(out.shape))
    t.require(
        f"{what}: shape",
        fits,
        f"{what} on {tuple(x.shape)}: shape {tuple(out.shape)}",
        f"shape {tuple(upstream.shape)}",
    )
    answer = None
    if fits:
        backward = partial(t.subject.gradients, layer, x, upstream)
        answer = attempt(t, f"{what}, backward", backward)
    if answer is None:
        return
    parameters = ((name, answer["parameters"].get(name)) for name in learned)
    for of, gradient in (("the input", answer["input"]), *parameters):
        told = "the input" if of == "the input" else f"`{of}`"
        t.require(
            f"{what}: a gradient of {of}",
            gradient is not None,
            f"{what}: no gradient reaches {told}",
            f"a gradient of the shape of {told}",
        )
        if gradient is not None:
            t.see(f"{what}: gradient of {told}", gradient)


_MOVES = ((4, 6), (-6, 2), (0, -4))  # pixels down and right; even, for the layer of stride 2


def shifted_map(t: Trial) -> None:
    digit = a_digit(t)
    image = torch.zeros(1, 1, 46, 54, dtype=digit.dtype)
    image[..., 9:37, 13:41] = digit  # so far from the edge that it stays whole when it moves
    drawn = False
    for sizes in ((1, 4, 3, 1, 0), (1, 3, 5, 1, 2), (1, 4, 3, 2, 1)):
        name = f"Conv2d{sizes}"
        stride = sizes[3]
        layer = attempt(t, name, partial(t.subject.build, "Conv2d", *sizes))
        before = None if layer is None else _map(t, name, layer, image)
        if layer is None or before is None:
            continue
        if not _again_the_same(t, name, layer, image, before):
            return
        nothing = _nothing_to_see(before)
        t.require(
            f"{name}: a map to look at",
            not nothing,
            f"{name}: the map of a digit {nothing}",
            "a map (1, channels, height, width) with values that answer to the digit",
        )
        if nothing:
            continue
        for down, right in _MOVES:
            moved = image.roll((down, right), (2, 3))
            after = _map(t, name, layer, moved)
            if after is None:
                continue
            wanted = (down // stride, right // stride)
            found = movement(before, after, wanted)
            what = f"{name}, {told_move(down, right)}"
            t.trait(f"{what}: map moved", "nowhere" if found is None else found)
            t.require(
                what,
                found == wanted,
                f"{name}: the digit moved {told_move(down, right)}, the map "
                + ("changed otherwise" if found is None else f"moved {told_move(*found)}"),
                f"a map that moves {told_move(*wanted)}, and is the same otherwise",
            )
        if not drawn:
            drawn = True
            moved = image.roll(_MOVES[0], (2, 3))
            after = _map(t, name, layer, moved)
            if after is None or after.shape != before.shape:
                continue
            t.picture("A digit, and the same digit moved", torch.cat([image[0], moved[0]]))
            pair = torch.stack([before[0, 0], after[0, 0]])
            t.picture("Your first filter's maps of both", pair, signed=True)


def _map(t: Trial, name: str, layer: Ref, image: Tensor) -> Tensor | None:
    out = attempt(t, f"{name}: a map", partial(t.subject.forward, layer, image))
    return None if out is None else as_real(out)


def _nothing_to_see(out: Tensor) -> str:
    """What is wrong with a map, if nothing could be told from it."""
    if out.ndim != 4 or out.numel() == 0:
        return f"has shape {tuple(out.shape)}"
    if not out.isfinite().all():
        return "is nan or infinite"
    return "" if out.any() else "is zero everywhere"


# --- MaxPool2d -----------------------------------------------------------------------------------


def max_pool_values(t: Trial) -> None:
    for (kernel, stride), shape in (
        ((2, 2), (2, 3, 6, 9)),
        ((3, 2), (2, 3, 8, 10)),
        ((3, 1), (1, 2, 5, 8)),
        ((2, 3), (2, 3, 9, 7)),
        ((4, 3), (1, 2, 12, 15)),
    ):
        what = f"MaxPool2d({kernel}, stride={stride}) on {shape}"
        case = {"kernel_size": kernel, "the stride": stride, "the batch size": shape[0]}
        x = t.randn(*shape)
        pool = attempt(t, what, partial(t.subject.build, "MaxPool2d", kernel, stride=stride), case)
        if pool is None:
            continue
        for sign, values in (("", x), (", all values negative", -x.abs() - 1)):
            _pooled(t, f"{what}{sign}", pool, values, case, (kernel, stride, 0))
    x, upstream = t.randn(2, 2, 7, 10), t.randn(2, 2, 3, 4)
    pool = attempt(t, "MaxPool2d(3, 2)", partial(t.subject.build, "MaxPool2d", 3, 2))
    if pool is not None:
        _backward(t, pool, x, upstream, "MaxPool2d(3, 2)")


def _pooled(
    t: Trial,
    what: str,
    pool: Ref,
    x: Tensor,
    case: dict[str, Any] | None = None,
    window: tuple[int, ...] = (),
) -> Tensor | None:
    images, channels, *sides = x.shape
    wanted = f"an answer of shape {(images, channels)}"
    if window:
        wanted = told_map(images, channels, (sides[0], sides[1]), window)
    out = attempt(t, what, partial(t.subject.forward, pool, x), case, wanted)
    if out is not None:
        t.see(what, out, case=case)
    return out


def max_pool_stride(t: Trial) -> None:
    for kernel, shape in ((3, (2, 2, 10, 14)), (2, (1, 3, 7, 5)), (4, (2, 1, 9, 12))):
        x = t.randn(*shape)
        for told, named in (("", {}), (", stride=None", {"stride": None})):
            what = f"MaxPool2d({kernel}{told}) on {shape}"
            case = {"kernel_size": kernel, "stride": "None" if named else "left out"}
            build = partial(t.subject.build, "MaxPool2d", kernel, **named)
            pool = attempt(t, what, build, case)
            if pool is not None:
                _pooled(t, what, pool, x, case, (kernel, kernel, 0))


_LOWER = 10_000.0


def max_pool_padding(t: Trial) -> None:
    for (kernel, stride, padding), shape in (
        ((3, 2, 1), (2, 3, 8, 11)),
        ((2, 2, 1), (1, 2, 7, 10)),
        ((5, 3, 2), (2, 2, 9, 13)),
        ((3, 1, 1), (1, 2, 4, 6)),
    ):
        what = f"MaxPool2d({kernel}, {stride}, {padding}) on {shape}"
        x = t.randn(*shape)
        case = {"the padding": padding, "the stride": stride, "kernel_size": kernel}
        build = partial(t.subject.build, "MaxPool2d", kernel, stride, padding)
        pool = attempt(t, what, build, case)
        if pool is None:
            continue
        window = (kernel, stride, padding)
        out = _pooled(t, what, pool, x, case, window)
        _pooled(t, f"{what}, all values negative", pool, -x.abs() - 1, case, window)
        if out is None or not out.isfinite().all() or out.numel() == 0:
            continue
        out, lower = as_real(out), as_real(t.subject.forward(pool, x - _LOWER))
        fell = lower.shape == out.shape and bool(((out - lower - _LOWER).abs() < 0.01).all())
        least = (out - lower).min().item() if lower.shape == out.shape else math.nan
        t.require(
            f"{what}, all lower by 10,000",
            fell,
            f"{what}, every pixel lowered by 10,000: one maximum fell by {least:,.0f} only",
            "each maximum falls by 10,000, at the edge too",
        )


# --- AveragePool ---------------------------------------------------------------------------------


def average_pool(t: Trial) -> None:
    build = partial(t.subject.build, "AveragePool")
    pool = listen(t, "AveragePool()", build, "a layer: `AveragePool()` takes no arguments")
    for shape in (
        (3, 5, 4, 7),
        (1, 4, 6, 3),
        (2, 1, 5, 8),
        (2, 3, 4, 4),
        (1, 1, 2, 3),
        (2, 3, 1, 1),
    ):
        what = f"AveragePool() on {shape}"
        case = {
            "the map": "square" if shape[2] == shape[3] else "not square",
            "the batch size": shape[0],
            "the number of channels": shape[1],
            "the number of places": shape[2] * shape[3],
        }
        _pooled(t, what, pool, t.randn(*shape), case)
    # As behind a ReLU, where many values are zero and count all the same.
    _pooled(t, "AveragePool() on (2, 3, 5, 4) with zeros", pool, t.randn(2, 3, 5, 4).relu())
    x, other, upstream = t.randn(3, 4, 6, 9), t.randn(4, 6, 9), t.randn(3, 4)
    changed = x.clone()
    changed[1] = other
    before = attempt(t, "before", partial(t.subject.forward, pool, x))
    if before is None:
        return
    before, after = as_real(before), as_real(t.subject.forward(pool, changed))
    if tuple(before.shape) == (3, 4) == tuple(after.shape):
        moved = (before - after).abs().amax(1) > 1e-6
        t.require(
            "one image changed",
            moved.tolist() == [False, True, False],
            f"image 1 of 3 was changed, and the answer for {told_images(moved)} changed",
            "only the answer for image 1 changes",
        )
        elsewhere = t.subject.forward(pool, x.roll((2, 3), (2, 3)))
        t.require(
            "moved",
            same(elsewhere, before, NEARLY),
            "the image moved, and the answer changed",
            "an answer that does not depend on the place",
        )
    _backward(t, pool, x, upstream, "AveragePool()")
