"""What checkpoint ``residual`` claims, one function a claim. Runs in the judge.

Inputs are higher than wide or wider than high, but for some tiny ones. There a branch that comes
out larger than the other is still added without an error, one of them being a single place, and
its values tell which branch went wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from lessons.depth.residual.pieces import (
    COUNTER,
    STATISTICS,
    Block,
    Counted,
    Group,
    Part,
    Place,
    Row,
    Shape,
    count,
    draw,
    expected_rows,
    find_places,
    load,
    parts_of,
    silence,
)
from lessons.trial import UNJUDGED, Trial
from lessons.workbench import LearnerError, Ref

# --- what goes wrong with an error ---------------------------------------------------------------

_COMPLAINTS = (
    "before Module.__init__",
    "gave None",
    "gave a tuple",
    "gave a list",
    "has no attribute",
    "positional argument",
    "keyword argument",
    "inplace operation",
)


def _attempt(
    t: Trial, name: str, act: Callable[[], Any], case: Mapping[str, Any] | None = None
) -> Any:
    """``t.attempt``, and which of the well-known complaints it was."""

    def listen() -> Any:
        try:
            return act()
        except LearnerError as error:
            said = next((words for words in _COMPLAINTS if words in str(error)), "another")
            t.trait(f"{name}: complaint", said)
            raise

    return t.attempt(name, listen, case=dict(case or {}))


def _outcome(t: Trial, model: Ref, x: Tensor) -> str:
    """How a module that registers too little runs. Its hidden layers may have kept float32."""
    said = ""
    for values in (x, x.float()):
        try:
            first, second = (t.subject.forward(model, values, False) for _ in range(2))
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
            said = error.kind
            continue
        if not torch.equal(first, second):
            return "other values each time"
        return "its input" if torch.equal(first, values) else "runs"
    return said


# --- the structure of a block --------------------------------------------------------------------


def layers(t: Trial) -> None:
    for block in (Block(4, 4, 1), Block(3, 5, 1)):
        x = t.randn(2, block.in_feats, 5, 8)
        model = _attempt(t, block.told, partial(block.build, t), block.case)
        if model is not None and _own(t, model):
            _layers(t, block, model, x)


def _own(t: Trial, model: Ref) -> bool:
    """Whether it is the learner's own class."""
    lineage = t.subject.facts(model)["lineage"]
    own = not any(name.startswith("torchvision.") for name in lineage)
    t.require(
        "your own block",
        own,
        "`ResidualBlock` is torchvision's block, or a subclass of it",
        "a class of your own, made from nn.Module: torchvision's is what yours is compared with",
    )
    return own


def _layers(t: Trial, block: Block, model: Ref, x: Tensor) -> None:
    told = block.told
    found = count(t.subject.entries(model))
    registered = any(group for group in found)
    t.require(
        f"{told}: registered",
        registered,
        f"{told} registers no tensor: it has nothing to train or to save",
        "layers that are assigned to `self`, which registers them",
    )
    t.trait(f"{told}: counts", [len(group) for group in found])
    if not registered:
        t.trait(f"{told}: run all the same", _outcome(t, model, x))
        return
    left = [part.shape for part in parts_of([block])[:2]]
    t.trait(f"{told}: convolutions", sorted(str(shape) for shape in found.shapes))
    t.require(
        f"{told}: convolutions",
        not Counter(left) - Counter(found.shapes),
        f"{told}: its convolutions have weights {_listed(found.shapes)}",
        f"among them {_listed(left)} for the left branch",
    )
    norms = min(found.batch_norms, len(found.counters) or found.batch_norms)
    t.require(
        f"{told}: batch norms",
        norms >= 2,
        f"{told}: its tensors make {norms:g} batch norm{'s' * (norms != 1)}",
        "two in the left branch, as each convolution has its own statistics",
    )
    sizes = sorted({len(e.tensor) for e in (*found.vectors, *found.statistics)})
    t.trait(f"{told}: sizes of batch norms", sizes)
    t.require(
        f"{told}: sizes of batch norms",
        set(sizes) <= {block.out_feats},
        f"{told}: parameters or statistics of {_listed(sizes)} channels",
        f"batch norms of {block.out_feats} channels, which is out_feats, behind each convolution",
    )
    t.require(
        f"{told}: biases",
        not found.statistics or found.biases <= 0,
        f"{told}: {found.biases} biases besides the batch norms' own",
        "convolutions without bias (`bias=False` with nn.Conv2d): the batch norm's shift does that",
    )
    t.require(
        f"{told}: statistics",
        len(found.statistics) == 2 * len(found.counters) and found.biases >= 0,
        f"{told}: {len(found.vectors)} parameters, {len(found.statistics)} running statistics and "
        f"{len(found.counters)} counters for its batch norms",
        "for each one 2 parameters, 2 running statistics and 1 counter",
    )
    t.require(
        f"{told}: nothing else",
        not found.others,
        f"{told}: also {_listed(f'`{e.name}` {tuple(e.tensor.shape)}' for e in found.others)}",
        "tensors of convolutions and batch norms only",
    )


def _listed(things: Any) -> str:
    return ", ".join(str(thing) for thing in things) or "none"


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
        model = _attempt(t, block.told, partial(block.build, t), block.case)
        if model is None:
            continue
        found = count(t.subject.entries(model))
        stands.append(_projection(t, block, found))
        if block == Block(3, 5, 2):
            t.trait(f"{block.told}: outcome", _runs(t, model, x))
    t.trait("where a projection stands", stands)


def _projection(t: Trial, block: Block, found: Counted) -> bool:
    """Write down what there is besides the left branch. True if that is a convolution."""
    told = block.told
    *left, wanted = parts_of([block._replace(first_stride=2)])
    left_shapes = Counter(part.shape for part in left)
    extra = sorted((Counter(found.shapes) - left_shapes).elements())
    why = {
        (True, True): "stride and channels change",
        (True, False): "the stride changes height and width",
        (False, True): "the channels change",
    }.get((block.first_stride != 1, block.in_feats != block.out_feats), "")
    if block.projects:
        observed = (
            f"{told}: besides the left branch, a convolution {_listed(extra)}"
            if extra
            else f"{told} has no projection, though {why}"
        )
        expected = f"a 1x1 convolution, weight {wanted.shape}"
    else:
        observed = f"{told} has a convolution {_listed(extra)} besides the left branch"
        expected = "none: the input has the right shape as it is"
    right = [wanted.shape] if block.projects else []
    t.trait(f"{told}: besides the left branch", [str(shape) for shape in extra])
    t.require(f"{told}: projection", extra == right, observed, expected, block.case)
    # A projection that is missing, or extra, brings its batch norm with it.
    norms = found.batch_norms - 2
    t.trait(f"{told}: batch norms besides", norms)
    t.require(
        f"{told}: batch norms of the shortcut",
        norms == len(extra),
        f"{told}: {norms:g} batch norms besides the left branch's two",
        f"{len(extra)}: a projection ends in a batch norm, and the input itself has none",
        block.case,
    )
    return bool(extra)


def _runs(t: Trial, model: Ref, x: Tensor) -> str:
    """Whether a block runs, for traits; the claims about values judge what it gives."""
    try:
        t.subject.forward(model, x, False)
    except LearnerError as error:
        if error.kind in UNJUDGED:
            raise
        return "error"
    return "runs"


def order(t: Trial) -> None:
    for block in (Block(3, 5, 2), Block(4, 4, 1)):
        model = _attempt(t, block.told, partial(block.build, t), block.case)
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
            _order(t, block, rows)


def _order(t: Trial, block: Block, rows: Sequence[Row]) -> None:
    wanted = list(expected_rows([block]))
    first = next(
        (n for n, row in enumerate(rows) if n >= len(wanted) or row[1:] != wanted[n][1][1:]), None
    )
    observed = expected = ""
    if first is not None:
        name, kind, shape = rows[first]
        observed = f"{block.told}: row {first} of state_dict() is `{name}`, a {kind} {shape}"
        what, (_, kind, shape) = wanted[min(first, len(wanted) - 1)]
        expected = f"there: {what}, a {kind} {shape}"
    t.require(f"{block.told}: order", first is None, observed, expected, block.case)


# --- what a block computes -----------------------------------------------------------------------


def _known(t: Trial, what: str, thing: Block | Group) -> tuple[Ref, dict[str, Place]] | None:
    """A block or group, and where its tensors lie; None (and a note) if that can't be told."""
    model = _attempt(t, what, partial(thing.build, t))
    if model is None:
        return None
    blocks = [thing] if isinstance(thing, Block) else thing.blocks
    places = find_places(t.subject.entries(model), parts_of(blocks))
    t.require(
        f"{what}: tensors",
        places is not None,
        f"{thing.told}: its tensors are not those of its blocks",
        "for each convolution a batch norm as wide",
    )
    return None if places is None else (model, places)


# What the left and the right branch give, and so what is expected: ReLU of the sum.
_GIVEN = ((3.0, -1.0), (-3.0, 1.0), (-1.0, 3.0), (1.0, 2.0), (-1.0, -2.0), (2.0, -5.0))


def branches_add(t: Trial) -> None:
    for block in (Block(6, 6, 1), Block(4, 6, 1), Block(6, 6, 2)):
        parts = parts_of([block])
        values = draw(t, parts)
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
        out = _attempt(t, what, partial(t.subject.forward, model, x, False), block.case)
        if out is not None:
            _sums(t, block, out)


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
    shortcut = "projection" if block.projects else "input"
    for channel, (left, right) in enumerate(_GIVEN):
        case = {
            "the shortcut is": f"the {shortcut}",
            "the left branch": left,
            "the right branch": right,
            "the sum": left + right,
        }
        what = f"{told}, left {left:g}, {shortcut} {right:g}"
        t.see(what, out[:, channel].mean().item(), case=case)
    spread = (out - out[:1, :, :1, :1]).abs().max().item()
    t.require(
        f"{told}: the same everywhere",
        spread < 1e-5,
        f"{told}: both branches give one number a channel, yet the output varies by {spread:.3g}",
        "the same number at every place",
    )


# Blocks, and the input's batch size, height and width. Then the tiny inputs: see above.
_EVAL = (
    (Block(4, 4, 1), (2, 5, 8)),
    (Block(4, 4, 2), (2, 7, 10)),
    (Block(3, 5, 1), (2, 8, 5)),
    (Block(3, 5, 2), (3, 10, 7)),
    (Block(5, 3, 2), (1, 6, 9)),
    (Block(4, 4, 3), (2, 8, 5)),
    (Block(4, 4, 1), (2, 3, 3)),
    (Block(4, 4, 1), (2, 5, 5)),
    (Block(3, 5, 2), (2, 1, 2)),
    (Block(3, 5, 2), (2, 2, 3)),
)


def eval_values(t: Trial) -> None:
    for block, (batch, height, width) in _EVAL:
        values = draw(t, parts_of([block]))
        x = t.randn(batch, block.in_feats, height, width)
        what = f"{block.told} on {tuple(x.shape)}"
        known = _known(t, what, block)
        if known is None:
            continue
        model, places = known
        load(t, model, places, values)
        case = block.case | {"the batch size": batch, "the shortcut is": _shortcut(block)}
        out = _attempt(t, what, partial(t.subject.forward, model, x, False), case)
        if out is not None:
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
        case = block.case | {"the shortcut is": _shortcut(block)}
        out = _attempt(t, what, partial(t.subject.forward, model, x, True), case)
        if out is None:
            continue
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
    height, width = (-(-size // block.first_stride) for size in x.shape[2:])
    upstream = t.randn(2, block.out_feats, height, width)
    what = f"{told}, left branch at {'zero' if zero else 'work'}"
    known = _known(t, what, block)
    if known is None:
        return
    model, places = known
    load(t, model, places, values)
    backward = partial(t.subject.gradients, model, x, upstream, train)
    answer = _attempt(t, f"backward in {what}", backward)
    if answer is None:
        return
    _see_gradient(t, f"the input, {what}", answer["input"])
    if not zero:
        for part in parts:
            place = places[part.name]
            gradients = answer["parameters"]
            _see_gradient(t, f"{part.name}, {what}", gradients.get(place.convolution))
            scale = gradients.get(place.batch_norm["weight"])
            _see_gradient(t, f"{part.name}'s batch norm, {what}", scale)


def _see_gradient(t: Trial, name: str, gradient: Tensor | None) -> None:
    t.require(
        f"a gradient for {name}",
        gradient is not None,
        f"no gradient reaches {name}",
        "a gradient: each branch is a route for it",
    )
    if gradient is not None:
        # Sums behind a batch norm cancel in part, so digits are lost.
        t.see(f"gradient of {name}", gradient, 1e-8 if t.dtype == "float64" else 1e-3)


# --- groups --------------------------------------------------------------------------------------


def group_blocks(t: Trial) -> None:
    for n_blocks in (1, 2, 3, 5):
        group = Group(n_blocks, 4, 4, 1)
        x = t.randn(2, 4, 5, 8)
        model = _attempt(t, group.told, partial(group.build, t), {"n_blocks": n_blocks})
        if model is not None:
            _blocks(t, group, model, x)


def _blocks(t: Trial, group: Group, model: Ref, x: Tensor) -> None:
    told, case = group.told, {"n_blocks": group.n_blocks}
    found = count(t.subject.entries(model))
    blocks = len(found.convolutions) / 2
    shared = sum(kind == "shared" for _, kind, _ in t.subject.rows(model))
    t.trait(f"{told}: blocks", blocks)
    t.trait(f"{told}: names of one tensor", shared)
    many = group.n_blocks + (group.n_blocks == 1)
    t.require(
        f"{told}: blocks",
        blocks == group.n_blocks,
        f"{told} registers tensors of {blocks:g} block{'s' * (blocks != 1)}",
        f"{group.n_blocks}: the first one is counted, and each has weights of its own",
        case,
    )
    t.require(
        f"{told}: each tensor once",
        not shared,
        f"{told}: {shared} rows of state_dict() are further names of tensors listed before",
        "each tensor once: no block registered twice, no block used again",
        case,
    )
    if blocks < group.n_blocks and group.n_blocks == many:
        t.trait(f"{told}: outcome", _outcome(t, model, x))


_GROUPS = (Group(3, 3, 5, 2), Group(3, 4, 4, 2), Group(2, 3, 5, 1), Group(3, 5, 3, 2))


def group_shape(t: Trial) -> None:
    for group in _GROUPS:
        x = t.randn(2, group.in_feats, 13, 10)
        case = {
            "n_blocks": group.n_blocks,
            "first_stride": group.first_stride,
            "in_feats == out_feats": group.in_feats == group.out_feats,
        }
        model = _attempt(t, group.told, partial(group.build, t), case)
        if model is None:
            continue
        rows = t.subject.rows(model)
        wanted: list[tuple[Block, tuple[str, Shape]]] = []
        for block in group.blocks:  # as the learner's own block has them, whatever their order
            own = t.subject.rows(block.build(t))
            wanted += [(block, (kind, shape)) for _, kind, shape in own]
        _rows(t, group, rows, wanted, case)
        _shapes(t, group, model, x, case)


def _rows(
    t: Trial,
    group: Group,
    rows: Sequence[Row],
    wanted: Sequence[tuple[Block, tuple[str, Shape]]],
    case: dict[str, Any],
) -> None:
    told = group.told
    t.trait(f"{told}: rows", [f"{kind} {shape}" for _, kind, shape in rows])
    pairs = enumerate(zip(rows, wanted, strict=False))
    first = next((n for n, (row, right) in pairs if row[1:] != right[1]), None)
    if first is None and len(rows) != len(wanted):
        first = min(len(rows), len(wanted))
    observed = expected = ""
    if first is not None:
        row = f"`{rows[first][0]}` {rows[first][2]}" if first < len(rows) else "missing"
        observed = f"{told}: row {first} of state_dict() is {row}"
        expected = "nothing more"
        if first < len(wanted):
            block, (_, shape) = wanted[first]
            lengths = Counter(b for b, _ in wanted)
            number = 1 + max(0, first - lengths[group.blocks[0]]) // lengths[block]
            number += first >= lengths[group.blocks[0]]
            expected = f"{shape}, as block {number} is {block.told}"
    t.require(f"{told}: rows", first is None, observed, expected, case)


def _shapes(t: Trial, group: Group, model: Ref, x: Tensor, case: dict[str, Any]) -> None:
    what = f"{group.told} on {tuple(x.shape)}"
    stages = _attempt(t, what, partial(t.subject.stages, model, x), case)
    out = _attempt(t, f"{what}, output", partial(t.subject.forward, model, x, False), case)
    if stages is None or out is None:
        return
    height, width = (-(-size // group.first_stride) for size in x.shape[2:])
    wanted = (2, group.out_feats, height, width)
    told = f"{what} gave shape {tuple(out.shape)}"
    t.require(f"{what}: shape", tuple(out.shape) == wanted, told, f"{wanted}", case)
    t.trait(f"{what}: shape", list(out.shape))
    shapes = [tuple(seen.shape) for _, kind, seen in stages if kind == "ResidualBlock"]
    # Where blocks are called in another way, the values alone have to tell.
    if len(shapes) != group.n_blocks:
        return
    t.trait(f"{what}: shapes behind blocks", [str(shape) for shape in shapes])
    bad = next((n for n, shape in enumerate(shapes) if shape != wanted), None)
    t.require(
        f"{what}: shapes behind blocks",
        bad is None,
        "" if bad is None else f"{what}: block {bad + 1} gave shape {shapes[bad]}",
        f"{wanted} behind every block: the first changes the shape, the others keep it",
        case,
    )


def group_values(t: Trial) -> None:
    for group in (Group(1, 3, 5, 2), Group(2, 4, 4, 1), Group(3, 3, 5, 1), Group(3, 4, 4, 2)):
        parts: list[Part] = parts_of(group.blocks)
        values = draw(t, parts)
        x = t.randn(2, group.in_feats, *((6, 7) if group.first_stride == 2 else (3, 4)))
        upstream = t.randn(2, group.out_feats, 3, 4)
        case = {"n_blocks": group.n_blocks, "first_stride": group.first_stride}
        known = _known(t, group.told, group)
        if known is None:
            continue
        model, places = known
        load(t, model, places, values)
        for train in (False, True):
            what = f"{group.told} in {'train' if train else 'eval'} mode"
            out = _attempt(t, what, partial(t.subject.forward, model, x, train), case)
            if out is not None:
                t.see(what, out, case=case)
        what = f"{group.told}, backward"
        answer = _attempt(t, what, partial(t.subject.gradients, model, x, upstream, False), case)
        if answer is not None:
            _see_gradient(t, f"the input of {group.told}", answer["input"])
