"""What checkpoint ``residual`` claims, one function a claim. Runs in the judge."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from lessons.depth.residual.functions import (
    NUMBERS_BLOCK,
    function_after_the_sum,
    function_between_the_parts,
)
from lessons.depth.residual.pieces import (
    COUNTER,
    STATISTICS,
    Block,
    Group,
    Place,
    Shape,
    draw,
    find_places,
    load,
    parts_of,
    saved_entries,
    silence,
)
from lessons.depth.residual.running import (
    attempt,
    built,
    default_stride,
    runs,
    sizes_inside,
    steady,
)
from lessons.depth.residual.structure import (
    blocks_of,
    layers_of,
    order_of,
    own,
    projection_of,
    rows_of,
    shapes_along,
)
from lessons.trial import Trial, same
from lessons.workbench import Ref

# --- the structure of a block --------------------------------------------------------------------


def layers(t: Trial) -> None:
    for block in (Block(4, 4, 1), Block(3, 5, 1)):
        x = t.randn(2, block.in_feats, 5, 8)
        model = built(t, block, block.case)
        if model is not None and own(t, model):
            layers_of(t, block, model, x)


# All four cases of stride and channels, then fewer channels and a larger stride.
_SHAPES = (
    Block(4, 4, 1),
    Block(4, 4, 2),
    Block(3, 5, 1),
    Block(3, 5, 2),
    Block(5, 3, 1),
    Block(4, 4, 3),
)


def projection(t: Trial) -> None:
    stands = []
    for block in _SHAPES:
        x = t.randn(2, block.in_feats, 7, 10)
        model = built(t, block, block.case)
        if model is None:
            continue
        if block == Block(4, 4, 1):
            default_stride(t, block, model, x)
        stands.append(projection_of(t, block, model, x))
        if block == Block(3, 5, 2):
            t.trait(f"{block.told}: outcome", runs(t, model, x))
    t.trait("where a projection stands", stands)


def order(t: Trial) -> None:
    for block in (Block(3, 5, 2), Block(4, 4, 1)):
        model = built(t, block, block.case)
        if model is None:
            continue
        rows = t.subject.rows(model)
        shared = [row[0] for row in rows if row[1] == "shared"]
        t.require(
            f"{block.told}: each tensor once",
            not shared,
            f"{block.told}: `{(shared or [''])[0]}` is a further name of a tensor listed before, "
            f"one of {len(shared)}",
            "each tensor once in state_dict(): layers registered under one name",
        )
        t.trait(f"{block.told}: rows", [f"{kind} {shape}" for _, kind, shape in rows])
        if not shared:
            order_of(t, block, rows)


# --- what a block computes -----------------------------------------------------------------------


def _known(t: Trial, what: str, thing: Block | Group) -> tuple[Ref, dict[str, Place]] | None:
    """A block or group, and where its tensors lie; None (and a note) if that can't be told."""
    model = built(t, thing, name=what)
    if model is None:
        return None
    blocks = [thing] if isinstance(thing, Block) else thing.blocks
    places = find_places(saved_entries(t, model), parts_of(blocks))
    t.require(
        f"{what}: tensors",
        places is not None,
        f"{thing.told}: its tensors are not those of its blocks",
        "for each convolution a batch norm as wide",
    )
    return None if places is None else (model, places)


def _forward(
    t: Trial,
    what: str,
    block: Block,
    known: tuple[Ref, dict[str, Place]],
    x: Tensor,
    case: dict[str, Any],
    *,
    train: bool = False,
) -> Tensor | None:
    model, places = known
    run = partial(t.subject.forward, model, x, train)
    out = attempt(t, what, run, case, f"shape {block.shape_of_output(x)}")
    if out is None:
        t.trait(f"{what}: sizes inside", sizes_inside(t, model, places, x, train=train))
    return out


# What the left and the right branch give, and so what is expected: ReLU of the sum. One sum is
# more than 6, where ReLU6 ends.
_GIVEN = ((3.0, -1.0), (-3.0, 1.0), (-1.0, 3.0), (4.0, 5.0), (-1.0, -2.0), (2.0, -5.0))


def branches_add(t: Trial) -> None:
    known = _known(t, NUMBERS_BLOCK.told, NUMBERS_BLOCK)
    if known is not None:
        function_after_the_sum(t, *known)
    for block in (Block(6, 6, 1), Block(6, 6, 2)):
        parts = parts_of([block])
        values = draw(t, parts)
        others = draw(t, parts)
        x = t.randn(2, block.in_feats, 5, 8)
        left, right = torch.tensor(_GIVEN, dtype=x.dtype).T
        # A batch norm of scale 0 gives its shift, whatever it is given.
        for part, shift in zip(parts[1:], (left, right), strict=False):
            values[part.name]["weight"] = torch.zeros_like(shift)
            values[part.name]["bias"] = shift
        if not block.projects:
            x = right[None, :, None, None].expand_as(x).contiguous()
        known = _known(t, block.told, block)
        if known is None:
            continue
        model, places = known
        load(t, model, places, values)
        what = f"the sum in {block.told}"
        out = _forward(t, what, block, known, x, block.case)
        if out is None:
            continue
        if not steady(t, what, out, t.subject.forward(model, x, False)):
            return
        _sums(t, block, out)
        if not block.projects:
            load(t, model, places, others)
            seen = [t.subject.forward(model, values, False) for values in (x, x.relu())]
            t.trait("negative inputs count", not torch.equal(*seen))


def _sums(t: Trial, block: Block, out: Tensor) -> None:
    told = block.told
    shaped = out.ndim == 4 and out.shape[:2] == (2, len(_GIVEN))
    t.require(
        f"{told}: a map for each channel",
        shaped,
        f"{told} gave shape {tuple(out.shape)} for 2 images",
        f"(2, {len(_GIVEN)}, height, width): the sum has as many channels as each branch",
    )
    t.trait(f"{told}: shape", list(out.shape))
    if not shaped:
        return
    shares = _shares(out.mean((0, 2, 3)))
    t.require(
        f"{told}: each branch once",
        shares is None or set(shares) <= {-1, 0, 1},
        f"{told}: the output fits relu({_times(shares)})",
        "relu(left + right)",
    )
    shortcut = "projection" if block.projects else "input"
    for channel, (left, right) in enumerate(_GIVEN):
        case: dict[str, Any] = {"the shortcut": f"the {shortcut}"}
        if shares is None:
            case |= {
                "the left branch": left,
                "the right branch": right,
                "the sum": "positive" if left + right > 0 else "negative",
            }
        what = f"{told}, left branch {left:g} and {shortcut} {right:g}"
        t.see(what, out[:, channel].mean().item(), case=case)
    spread = (out - out[:1, :, :1, :1]).abs().max().item()
    t.require(
        f"{told}: the same everywhere",
        spread < 1e-5,
        f"{told}: both branches give one number a channel, yet the output varies by {spread:.3g}",
        "the same number at every place",
    )


def _shares(out: Tensor) -> tuple[float, float] | None:
    """How often each branch counts, (left, right), where ReLU of such a sum explains it all."""
    given = torch.tensor(_GIVEN, dtype=torch.float64)
    goal = out.to(torch.float64)
    if int((goal > 0).sum()) < 2 or not goal.isfinite().all():
        return None
    found = torch.linalg.lstsq(given[goal > 0], goal[goal > 0]).solution
    if not same(torch.relu(given @ found), goal, 1e-5):
        return None
    left, right = (round(share, 4) + 0.0 for share in found.tolist())
    return left, right


def _times(shares: tuple[float, float] | None) -> str:
    return "{:g} * left + {:g} * right".format(*shares or (1, 1))


# Blocks, and the input's batch size, height and width: such that a branch of a wrong size never
# comes out as a single row or column, which would be added to the other without an error.
_EVAL = (
    (Block(4, 4, 1), (2, 5, 8)),
    (Block(4, 4, 2), (2, 7, 10)),
    (Block(3, 5, 1), (2, 8, 5)),
    (Block(3, 5, 2), (3, 10, 7)),
    (Block(5, 3, 2), (1, 6, 9)),
    (Block(4, 4, 3), (2, 13, 10)),
)


def eval_values(t: Trial) -> None:
    known = _known(t, NUMBERS_BLOCK.told, NUMBERS_BLOCK)
    if known is not None:
        function_between_the_parts(t, *known)
    for block, (batch, height, width) in _EVAL:
        values = draw(t, parts_of([block]))
        # So large that between the parts of the left branch some values are more than 6.
        x = 4 * t.randn(batch, block.in_feats, height, width)
        what = f"{block.told} on {tuple(x.shape)}"
        known = _known(t, what, block)
        if known is None:
            continue
        model, places = known
        load(t, model, places, values)
        case = block.case | {"the batch size": batch, "the shortcut": _shortcut(block)}
        out = _forward(t, what, block, known, x, case)
        if out is None:
            continue
        if not steady(t, what, out, t.subject.forward(model, x, False)):
            return
        t.see(what, out, case=case)


def _shortcut(block: Block) -> str:
    return "the projection" if block.projects else "the input"


# 24 values a channel come out, where biased and unbiased variances differ.
_TRAIN = (
    (Block(4, 4, 1), (2, 3, 4)),
    (Block(4, 4, 2), (2, 6, 7)),
    (Block(3, 5, 1), (2, 4, 3)),
    (Block(3, 5, 2), (2, 5, 8)),
)


def train_values(t: Trial) -> None:
    for block, (batch, height, width) in _TRAIN:
        values = draw(t, parts_of([block]))
        x = t.randn(batch, block.in_feats, height, width)
        what = f"{block.told} on {tuple(x.shape)}"
        known = _known(t, what, block)
        if known is None:
            continue
        model, places = known
        load(t, model, places, values)
        case = block.case | {"the shortcut": _shortcut(block)}
        again = _forward(t, what, block, known, x, case, train=True)
        if again is None:
            continue
        load(t, model, places, values)
        out = t.subject.forward(model, x, True)
        if not steady(t, f"{what} in train mode", out, again):
            return
        t.see(what, out, case=case)
        _see_statistics(t, block.told, model, places, case)


def _see_statistics(
    t: Trial, told: str, model: Ref, places: Mapping[str, Place], case: dict[str, Any]
) -> None:
    after = {entry.name: entry.tensor for entry in t.subject.entries(model)}
    for part, place in places.items():
        for key in (*STATISTICS, COUNTER):
            value = after[place.batch_norm[key]]
            if key == COUNTER:
                value = value.flatten()[0]
            t.see(f"{key} in {part}, {told}", value, case=case)


# --- the way back --------------------------------------------------------------------------------


def gradient_route(t: Trial) -> None:
    for block, train in ((Block(4, 4, 1), False), (Block(3, 5, 2), False), (Block(4, 4, 1), True)):
        told = f"{block.told} in {'train' if train else 'eval'} mode"
        _gradients(t, told, block, train, zero=True)
    for block in (Block(4, 4, 1), Block(3, 5, 2)):
        _gradients(t, f"{block.told} in train mode", block, train=True, zero=False)


def _gradients(t: Trial, told: str, block: Block, train: bool, *, zero: bool) -> None:
    """Gradients of one block, its left branch at zero or at work."""
    parts = parts_of([block])
    values = draw(t, parts)
    if zero:
        silence(values)
    x = t.randn(2, block.in_feats, 5, 8)
    upstream = t.randn(*block.shape_of_output(x))
    what = f"{told}, left branch at {'zero' if zero else 'work'}"
    known = _known(t, what, block)
    if known is None:
        return
    model, places = known
    load(t, model, places, values)
    backward = partial(t.subject.gradients, model, x, upstream, train)
    answer = attempt(t, f"backward in {what}", backward, None, "a gradient, without an error")
    if answer is None:
        t.trait(f"{what}: sizes inside", sizes_inside(t, model, places, x, train=train))
        return
    case = {"the mode": "train" if train else "eval", "the shortcut": _shortcut(block)}
    _see_gradient(t, f"the input, {what}", answer["input"], case)
    if not zero:
        learn = {e.name: e.requires_grad for e in t.subject.entries(model)}
        frozen = [part.name for part in parts if not learn[places[part.name].convolution]]
        t.trait(f"frozen, {what}", frozen)
        for part in parts:
            place = places[part.name]
            gradients = answer["parameters"]
            _see_gradient(t, f"{part.name}, {what}", gradients.get(place.convolution))
            scale = gradients.get(place.batch_norm["weight"])
            _see_gradient(t, f"{part.name}'s batch norm, {what}", scale)


def _see_gradient(
    t: Trial, name: str, gradient: Tensor | None, case: dict[str, Any] | None = None
) -> None:
    t.require(
        f"a gradient for {name}",
        gradient is not None,
        f"no gradient reaches {name}",
        "a gradient: each branch is a route for it",
        case,
    )
    if gradient is not None:
        # Sums behind a batch norm cancel in part, so digits are lost.
        t.see(f"gradient of {name}", gradient, 1e-8 if t.dtype == "float64" else 1e-3, case)


# --- groups --------------------------------------------------------------------------------------


def group_blocks(t: Trial) -> None:
    for n_blocks in (1, 2, 3, 5):
        group = Group(n_blocks, 4, 4, 1)
        x = t.randn(2, 4, 5, 8)
        model = built(t, group, {"n_blocks": n_blocks})
        if model is not None:
            blocks_of(t, group, model, x)


_GROUPS = (Group(3, 3, 5, 2), Group(3, 4, 4, 2), Group(2, 3, 5, 1), Group(3, 5, 3, 2))


def group_shape(t: Trial) -> None:
    for group in _GROUPS:
        x = t.randn(2, group.in_feats, 13, 10)
        case = {
            "n_blocks": group.n_blocks,
            "first_stride": group.first_stride,
            "in_feats == out_feats": group.in_feats == group.out_feats,
        }
        model = built(t, group, case)
        if model is None:
            continue
        rows = t.subject.rows(model)
        wanted: list[tuple[int, str, Shape]] = []
        for number, block in enumerate(group.blocks, 1):  # whatever the order in a block
            wanted += [(number, *row[1:]) for row in t.subject.rows(block.build(t))]
        rows_of(t, group, rows, wanted, case)
        shapes_along(t, group, model, x, case)


def group_values(t: Trial) -> None:
    for group in (Group(1, 3, 5, 2), Group(2, 4, 4, 1), Group(3, 3, 5, 1), Group(3, 4, 4, 2)):
        parts = parts_of(group.blocks)
        values = draw(t, parts)
        x = t.randn(2, group.in_feats, *((6, 7) if group.first_stride == 2 else (3, 4)))
        upstream = t.randn(2, group.out_feats, 3, 4)
        case: dict[str, Any] = {"n_blocks": group.n_blocks, "first_stride": group.first_stride}
        known = _known(t, group.told, group)
        if known is None:
            continue
        model, places = known
        load(t, model, places, values)
        for train in (False, True):
            what = f"{group.told} in {'train' if train else 'eval'} mode"
            run = partial(t.subject.forward, model, x, train)
            case["the mode"] = "train" if train else "eval"
            out = attempt(t, what, run, dict(case), f"shape {tuple(upstream.shape)}")
            if out is not None:
                t.see(what, out, case=dict(case))
        case["the mode"] = "eval"
        what = f"{group.told}, backward"
        answer = attempt(t, what, partial(t.subject.gradients, model, x, upstream, False), case)
        if answer is not None:
            _see_gradient(t, f"the input of {group.told}", answer["input"])
