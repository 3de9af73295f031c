"""What a block or a group is made of, looked at and written down, one function a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from torch import Tensor

from lessons.depth.residual.pieces import (
    Block,
    Group,
    Row,
    Shape,
    count,
    expected_rows,
    parts_of,
    saved_entries,
)
from lessons.depth.residual.running import attempt, blocks_run, outcome, runs, uses
from lessons.trial import Trial
from lessons.workbench import Ref

# --- a block -------------------------------------------------------------------------------------


def own(t: Trial, model: Ref) -> bool:
    """Whether it is the learner's own class."""
    facts = t.subject.facts(model)
    theirs = ""
    for where, classes in (("is", facts["lineage"]), ("has inside it", facts["inside"])):
        if not theirs and any(name.startswith("torchvision.models.") for name in classes):
            theirs = where
    t.require(
        "your own block",
        not theirs,
        f"`ResidualBlock` {theirs} torchvision's block" + (", or a subclass" * (theirs == "is")),
        "a class of your own, made from nn.Module: torchvision's is what yours is compared with",
    )
    return not theirs


def layers_of(t: Trial, block: Block, model: Ref, x: Tensor) -> None:
    """That there is what the left branch needs. What there is besides is for the projection."""
    told = block.told
    found = count(saved_entries(t, model))
    registered = any(group for group in found)
    t.require(
        f"{told}: registered",
        registered,
        f"{told} registers no tensor: it has nothing to train or to save",
        "layers that are assigned to `self`, which registers them",
    )
    t.trait(f"{told}: counts", [len(group) for group in found])
    if not registered:
        t.trait(f"{told}: run all the same", outcome(t, model, x))
        return
    left = [part.shape for part in parts_of([block])[:2]]
    t.trait(f"{told}: convolutions", sorted(str(shape) for shape in found.shapes))
    t.require(
        f"{told}: convolutions",
        not Counter(left) - Counter(found.shapes),
        f"{told}: its convolutions have weights {_listed(found.shapes)}",
        f"among them {_listed(left)} for the left branch",
    )
    norms = found.batch_norms
    if norms < 2:
        t.trait(f"{told}: uses of batch norms", uses(t, model, x))
    t.require(
        f"{told}: batch norms",
        norms >= 2,
        f"{told} keeps running statistics for {norms:g} batch norm{'s' * (norms != 1)}",
        "for two in the left branch: each convolution has a batch norm of its own",
    )
    sizes = sorted({len(e.tensor) for e in (*found.vectors, *found.statistics)})
    t.trait(f"{told}: sizes of batch norms", sizes)
    last = [len(e.tensor) for e in found.statistics[-1:]]
    t.trait(f"{told}: size of the last batch norm", last)
    if not set(sizes) <= {block.out_feats}:
        t.trait(f"{told}: outcome", runs(t, model, x))
    t.require(
        f"{told}: sizes of batch norms",
        set(sizes) <= {block.out_feats},
        f"{told}: batch norms of {' and '.join(map(str, sizes))} channels",
        f"{block.out_feats}, which is out_feats, in each of them",
    )
    t.require(
        f"{told}: biases",
        not found.statistics or found.biases <= 0,
        f"{told}: {found.biases} bias{'es' * (found.biases != 1)} besides the batch norms' own",
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


def _listed(things: Iterable[Any]) -> str:
    return ", ".join(str(thing) for thing in things) or "none"


def projection_of(t: Trial, block: Block, model: Ref, x: Tensor) -> bool:
    """Write down what there is besides the left branch. True if that is a convolution."""
    found = count(saved_entries(t, model))
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
    if norms < len(extra):
        t.trait(f"{told}: uses of batch norms", uses(t, model, x))
    t.require(
        f"{told}: batch norms of the shortcut",
        norms == len(extra),
        f"{told}: {norms:g} batch norm{'s' * (norms != 1)} besides the left branch's two",
        f"{len(extra)}: a projection ends in a batch norm, and the input itself has none",
        block.case,
    )
    return bool(extra)


def order_of(t: Trial, block: Block, rows: Sequence[Row]) -> None:
    """That kinds and shapes follow each other as in torchvision's block."""
    wanted = list(expected_rows([block]))
    first = next(
        (n for n, row in enumerate(rows) if n >= len(wanted) or row[1:] != wanted[n][1][1:]), None
    )
    observed = expected = ""
    if first is not None:
        name, kind, shape = rows[first]
        observed = f"{block.told}: row {first} of state_dict() is `{name}`, a {kind} {shape}"
        what, (_, kind, shape) = wanted[min(first, len(wanted) - 1)]
        expected = f"a {kind} {shape} there: {what}"
    t.require(f"{block.told}: order", first is None, observed, expected, block.case)


# --- a group -------------------------------------------------------------------------------------


def blocks_of(t: Trial, group: Group, model: Ref, x: Tensor) -> None:
    """How many blocks a group has weights for."""
    told, case = group.told, {"n_blocks": group.n_blocks}
    found = count(saved_entries(t, model))
    blocks = sum(shape[2:] == (3, 3) for shape in found.shapes) / 2
    shared = sum(kind == "shared" for _, kind, _ in t.subject.rows(model))
    t.trait(f"{told}: blocks", blocks)
    t.trait(f"{told}: names of one tensor", shared)
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
    if not found.convolutions:
        t.trait(f"{told}: outcome", outcome(t, model, x))
    elif blocks != group.n_blocks:
        t.trait(f"{told}: blocks that run", blocks_run(t, model, x))


def rows_of(
    t: Trial,
    group: Group,
    rows: Sequence[Row],
    wanted: Sequence[tuple[int, str, Shape]],
    case: dict[str, Any],
) -> None:
    """Compare a group's rows with those wanted: (number of the block, kind, shape) each."""
    told = group.told
    t.trait(f"{told}: rows", [f"{kind} {shape}" for _, kind, shape in rows])
    pairs = enumerate(zip(rows, wanted, strict=False))
    first = next((n for n, (row, right) in pairs if row[1:] != right[1:]), None)
    if first is None and len(rows) != len(wanted):
        first = min(len(rows), len(wanted))
    observed = expected = ""
    if first is not None:
        row = f"`{rows[first][0]}` {rows[first][2]}" if first < len(rows) else "missing"
        observed = f"{told}: row {first} of state_dict() is {row}"
        expected = "nothing more"
        if first < len(wanted):
            number, _, shape = wanted[first]
            expected = f"{shape}, as block {number} is {group.blocks[number - 1].told}"
    t.require(f"{told}: rows", first is None, observed, expected, case)


def shapes_along(t: Trial, group: Group, model: Ref, x: Tensor, case: dict[str, Any]) -> None:
    """The shapes behind each block and at the end."""
    what = f"{group.told} on {tuple(x.shape)}"
    wanted = group.blocks[0].shape_of_output(x)
    shape = f"shape {wanted}"
    stages = attempt(t, what, partial(t.subject.stages, model, x), case, shape)
    out = attempt(t, f"{what}, output", partial(t.subject.forward, model, x, False), case, shape)
    if stages is None or out is None:
        return
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
