"""What the claims of checkpoint ``conv`` look with: errors, sizes to ask for, movements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import product
from typing import Any

import torch
from torch import Tensor

from lessons.trial import Trial, same
from lessons.workbench import LearnerError, SeenTensor
from reference import data

# Two runs of the same code agree at least so far, even where it computes in float32 throughout.
NEARLY = 1e-4

# Errors are told apart by their words.
_COMPLAINTS = (
    "before Module.__init__",
    "invalid combination of arguments",
    "non-positive stride",
    "size is too small",
    "gave None",
    "gave a list",
    "gave a tuple",
    "positional argument",
    "keyword argument",
    "argument 'keepdim'",
    "Dimension out of range",
)


def listen(t: Trial, name: str, act: Callable[[], Any], expected: str = "") -> Any:
    """Do something; if it raises, write down which of the well-known complaints it was.

    expected: what should have come instead of the error, in words.
    """
    try:
        return act()
    except LearnerError as error:
        error.expected = expected or error.expected
        said = next((words for words in _COMPLAINTS if words in str(error)), "another")
        t.trait(f"{name}: complaint", said)
        raise


def attempt(
    t: Trial,
    name: str,
    act: Callable[[], Any],
    case: dict[str, Any] | None = None,
    expected: str = "an answer without an error",
) -> Any:
    """``t.attempt``, with the complaint written down."""
    return t.attempt(name, partial(listen, t, name, act), expected, case)


def told_map(images: int, channels: int, sides: tuple[int, int], window: tuple[int, ...]) -> str:
    """What a window (kernel_size, stride, padding) makes of images, as the text of a shape."""
    kernel, stride, padding = window
    height, width = ((side + 2 * padding - kernel) // stride + 1 for side in sides)
    return f"a map of shape {(images, channels, height, width)}"


# --- conv_output_size ----------------------------------------------------------------------------


def size_calls(t: Trial) -> Iterator[tuple[str, int, int, int, int, list[int], dict[str, int]]]:
    """Plain cases first, then every combination of small numbers, then some large ones."""
    for arguments, named in (
        ([28, 5], {}),
        ([28, 5], {"stride": 2}),
        ([28, 5], {"padding": 2}),
        ([28, 4], {"stride": 2, "padding": 1}),
    ):
        told = ", ".join([*map(str, arguments), *(f"{n}={v}" for n, v in named.items())])
        size, kernel = arguments
        stride, padding = named.get("stride", 1), named.get("padding", 0)
        yield f"conv_output_size({told})", size, kernel, stride, padding, arguments, named
    some = [
        (s, k, step, p)
        for step, p, k, s in product((1, 2, 3, 4), (0, 1, 2), (1, 2, 3, 5), (1, 2, 3, 4, 5, 6, 8))
    ]
    draws = [t.randint(low, high, 40) for low, high in ((20, 400), (1, 12), (1, 7), (0, 6))]
    some += zip(*(draw.tolist() for draw in draws), strict=True)
    for numbers in dict.fromkeys(some):
        yield (f"conv_output_size{numbers}", *numbers, list(numbers), {})


def number(answer: Any) -> Any:
    """An answer that is a tensor of one number, as that number."""
    if isinstance(answer, SeenTensor):
        return answer.tensor.item() if answer.tensor.numel() == 1 else answer.tensor
    return answer


def share(some: int, of: int) -> str:
    return "none" if not some else "all" if some == of else "some"


# --- images and maps that move -------------------------------------------------------------------


def as_real(answer: Tensor) -> Tensor:
    """An answer of whatever type as numbers that can be subtracted."""
    return (answer.real if answer.is_complex() else answer).to(torch.float64)


def movement(before: Tensor, after: Tensor, wanted: tuple[int, int]) -> tuple[int, int] | None:
    """By how many rows and columns a map (1, channels, height, width) moved; None when it is
    another map."""
    if before.shape != after.shape:
        return None
    # Where the largest value went; it may be there twice, so the likely movements are tried too.
    at, now = (divmod(int(m.abs().argmax()) % m[0, 0].numel(), m.shape[3]) for m in (before, after))
    went = (now[0] - at[0], now[1] - at[1])
    for move in (wanted, went, (2 * wanted[0], 2 * wanted[1]), (0, 0)):
        if same(after, before.roll(move, (2, 3)), NEARLY):
            return move
    return None


def told_move(down: int, right: int) -> str:
    """A movement in words."""
    parts = []
    if down:
        parts.append(f"{abs(down)} {'down' if down > 0 else 'up'}")
    if right:
        parts.append(f"{abs(right)} {'right' if right > 0 else 'left'}")
    return " and ".join(parts) or "nowhere"


@cache
def _digits() -> Tensor:
    return data.digits("test")[0]


def a_digit(t: Trial) -> Tensor:
    """One of the test digits (1, 1, 28, 28), in the trial's type."""
    images = _digits()
    which = int(t.randint(0, len(images), 1))
    return images[which : which + 1].to(getattr(torch, t.dtype))


def told_images(changed: Tensor) -> str:
    numbers = [str(n) for n, one in enumerate(changed.tolist()) if one]
    return f"image {', '.join(numbers)}" if numbers else "no image"


_ARGUMENTS = ("in_channels", "out_channels", "kernel_size", "stride", "padding")


def parameters_of(t: Trial, made: str, arguments: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Write down what a layer registers: its own `weight`, and nothing else."""
    told = f"a layer, from {made}: {', '.join(_ARGUMENTS[: len(arguments)])}"
    layer = listen(t, made, partial(t.subject.build, "Conv2d", *arguments), told)
    facts = t.subject.facts(layer)
    for where, classes in (
        ("is torch.nn.Conv2d, or a subclass of it", facts["lineage"]),
        ("has a torch.nn.Conv2d inside", facts["inside"]),
    ):
        t.require(
            f"{made}: your own layer, {where}",
            not any(name.startswith("torch.nn.modules.conv.") for name in classes),
            f"`Conv2d` {where}",
            "a class of your own, made from nn.Module: nn.Conv2d is what yours is compared with",
        )
    entries = t.subject.entries(layer)
    found = {entry.name: entry for entry in entries}
    learned = [entry for entry in entries if entry.kind == "parameter"]
    t.trait(f"{made}: shapes", sorted(str(tuple(entry.tensor.shape)) for entry in learned))
    t.trait(f"{made}: in a submodule", any("." in entry.name for entry in learned))
    weight = found.get("weight")
    there = ", ".join(f"`{name}` {tuple(e.tensor.shape)}" for name, e in found.items())
    t.require(
        f"{made}: `weight`",
        weight is not None,
        f"{made} has no `weight`; there is {there or 'no tensor at all'}",
        f"`weight` of shape {shape}, an nn.Parameter",
    )
    if weight is not None:
        kind = {"attribute": "a plain tensor", "buffer": "a buffer"}.get(
            weight.kind, "a parameter that does not require gradients"
        )
        good = weight.kind == "parameter" and weight.requires_grad
        t.trait(f"{made}: kind of weight", "right" if good else kind)
        t.require(
            f"{made}: `weight` is a parameter",
            good,
            f"`weight` is {kind}",
            "an nn.Parameter, so that `parameters()` finds it and it can be trained",
        )
        t.trait(f"{made}: shape of weight", tuple(weight.tensor.shape))
        t.require(
            f"{made}: shape of `weight`",
            tuple(weight.tensor.shape) == shape,
            f"`weight` of {made} has shape {tuple(weight.tensor.shape)}",
            f"{shape}: (out_channels, in_channels, kernel_size, kernel_size)",
        )
        extra = [entry.name for entry in learned if entry.name != "weight"]
        t.trait(f"{made}: a bias", "bias" in extra)
        t.require(
            f"{made}: no other parameters",
            not extra,
            f"parameters besides `weight`: {', '.join(extra)}",
            "`weight` alone: no bias",
        )


# Sizes at which the usual wrong bounds are all apart: fan-in 144, 175 and 18.
