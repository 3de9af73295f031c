"""What checkpoint ``resnet`` claims, one function a claim. Runs in the judge.

Small networks show nearly everything: their first width is 64, because a stem that fixes its 64
channels is right too. Only ``default_size`` and ``parity`` build the whole ResNet34.

Tolerance: the longest sums have 4,608 terms (3x3 windows of 512 channels) and 36 layers follow
each other. In float64 other orders of summation then differ by less than 1e-12 of the largest
logit (measured in ``tests/lessons/test_resnet.py``), and a mistake by more than 1e-3. So 1e-9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from lessons.reuse.resnet import rows as alignment
from lessons.reuse.resnet.rows import Row
from lessons.reuse.resnet.stages import Twin, compare, forward, reference_subject
from lessons.trial import UNJUDGED, Trial
from lessons.values import network_values
from lessons.workbench import Entry, LearnerError, Ref

Arguments = tuple[list[int], list[int], list[int], int]

# Blocks, widths, strides, classes. Groups with and without a change of shape: by stride alone,
# by channels alone, by both, by neither.
SMALL: Arguments = ([2, 1, 3, 1], [64, 12, 20, 28], [1, 2, 2, 2], 7)
NETWORKS: tuple[Arguments, ...] = (
    SMALL,
    ([1, 2, 1, 1], [64, 64, 16, 8], [1, 1, 2, 1], 3),
    ([1, 1, 1, 2], [64, 64, 16, 16], [2, 1, 1, 2], 11),
)
FULL_ENTRIES = 218
FULL_PARAMETERS = 21_797_672


def state_dict(t: Trial) -> None:
    reference = reference_subject(t)
    shown = False
    for arguments in NETWORKS:
        name = _name(arguments)
        model = t.subject.build("ResNet34", *arguments)
        theirs = _torchvision_inside(t, model)
        t.require(
            "your own network",
            theirs is None,
            f"{theirs} is torchvision's ResNet",
            "a class of your own: torchvision's network is what yours is compared with",
        )
        if theirs is not None:
            return
        mine = t.subject.rows(model)
        right = reference.rows(reference.build("ResNet34", *arguments))
        departs = _rows_agree(t, name, mine, right)
        if departs and not shown:
            shown = True
            _show(t, name, mine, right)


def _name(arguments: Arguments) -> str:
    return f"ResNet34({', '.join(str(a) for a in arguments)})"


def _torchvision_inside(t: Trial, model: Ref) -> str | None:
    """The network, or the part of it right below, that is torchvision's; None if none is."""
    parts: list[tuple[str, Any]] = [("`ResNet34`", model)]
    names = dict.fromkeys(row[0].partition(".")[0] for row in t.subject.rows(model))
    parts += [(f"its part `{n}`", t.subject.attribute(model, n)) for n in names]
    for told, part in parts:
        if isinstance(part, Ref):
            lineage = t.subject.facts(part)["lineage"]
            if any(c.startswith("torchvision.") and c.endswith(".ResNet") for c in lineage):
                return told
    return None


def _rows_agree(t: Trial, name: str, mine: Sequence[Row], right: Sequence[Row]) -> bool:
    """Write down, part by part of the network, whether the rows agree. True if any departs."""
    told = {pair.section: pair for pair in _departing(mine, right, by_name=True)[::-1]}
    departing = _departing(mine, right, by_name=False)
    for section in dict.fromkeys(alignment.section_of(row[0]) for row in right):
        here = [pair for pair in departing if pair.section == section]
        observed, expected = "", ""
        if here:
            observed, expected = alignment.tell(told.get(section, here[0]), mine, right)
            if not mine:
                observed = "the network registers no tensor at all"
        what = f"{section} of {name}"
        t.require(what, not here, f"{what}: {observed}", expected)
        t.trait(what, sorted(f"{p.how} {_shape(p, mine, right)}" for p in here))
    return bool(departing)


def _departing(mine: Sequence[Row], right: Sequence[Row], *, by_name: bool) -> list[alignment.Pair]:
    pairs = alignment.align(mine, right, by_name=by_name)
    return [pair for pair in pairs if pair.how != "same"]


def _shape(pair: alignment.Pair, mine: Sequence[Row], right: Sequence[Row]) -> str:
    return str(right[pair.right][2] if pair.mine is None else mine[pair.mine][2])  # type: ignore[index]


def _show(t: Trial, name: str, mine: Sequence[Row], right: Sequence[Row]) -> None:
    pairs = alignment.align(mine, right, by_name=True)
    if all(pair.how == "same" for pair in pairs):
        return
    columns, rows, marked = alignment.table(pairs, mine, right)
    t.table(f"state_dict of {name}: where it departs", columns, rows, marked)


def _twin(
    t: Trial, arguments: Arguments, zero: Callable[[str], bool] = lambda name: False
) -> Twin | None:
    """The network and the reference's with the same random weights. zero: names of the
    reference's rows that are 0 instead."""
    model = t.subject.build("ResNet34", *arguments)
    rows = t.subject.rows(model)
    reference = reference_subject(t)
    right = reference.build("ResNet34", *arguments)
    right_rows = reference.rows(right)
    fits = [row[1:] for row in rows] == [row[1:] for row in right_rows]
    t.require(
        f"rows of {_name(arguments)}",
        fits,
        f"{_name(arguments)}: its rows depart from torchvision's",
        "the same kinds and shapes in the same order",
    )
    if not fits:
        return None
    shapes = {name: shape for name, _, shape in right_rows}
    values = network_values(shapes, t.generator, getattr(torch, t.dtype))
    values = {n: torch.zeros_like(v) if zero(n) else v for n, v in values.items()}
    reference.load(right, values)
    own_names = [row[0] for row in rows]
    t.subject.load(model, dict(zip(own_names, values.values(), strict=True)))
    return Twin(t.subject, model, rows, reference, right, right_rows)


def head(t: Trial) -> None:
    twin = _twin(t, ([1, 1, 1, 1], [64, 12, 8, 20], [1, 2, 2, 2], 7))
    if twin is None:
        return
    works = []
    # The last of 32x32 ends as a map of 1x1, that of 64x48 as 2x2, that of 224x224 as 7x7.
    for n, height, width in ((3, 64, 48), (1, 64, 48), (2, 32, 32), (1, 224, 224)):
        what = f"{n} image{'s' * (n > 1)} of {height}x{width}"
        run = partial(t.subject.forward, twin.model, t.randn(n, 3, height, width), False)
        scores = t.attempt(what, run, f"shape ({n}, 7)")
        if scores is None:
            continue
        works.append(what)
        t.require(
            f"shape for {what}",
            tuple(scores.shape) == (n, 7),
            f"{what} gave shape {tuple(scores.shape)}",
            f"({n}, 7): a score for each of n_classes=7",
        )
        t.trait(f"shape for {what}", list(scores.shape))
    t.trait("what works", works)
    if not works:
        return
    images = t.randn(3, 3, 32, 32)
    together = t.attempt("3 images", lambda: t.subject.forward(twin.model, images, False))
    alone = t.attempt("the first alone", lambda: t.subject.forward(twin.model, images[:1], False))
    if together is not None and alone is not None and together.shape == (3, 7):
        t.require(
            "an image's own scores",
            alone.numel() == 7 and torch.allclose(together[0], alone.flatten(), rtol=1e-4),
            "an image gets other scores alone than beside others",
            "in eval, scores that depend on the image alone",
        )
    *_, weight, _ = (row[0] for row in twin.rows)
    t.subject.load(twin.model, {weight: torch.zeros(7, 20)})
    scores = t.attempt("head", lambda: t.subject.forward(twin.model, images, False))
    if scores is not None:
        t.see("scores with a head of weight 0, so its bias", scores)


def stem(t: Trial) -> None:
    # Blocks that keep the shape and whose left branch gives 0 pass on what the stem gives.
    def last_of_left(name: str) -> bool:
        return ".bn2." in name and name.endswith(("weight", "bias"))

    twin = _twin(t, ([1] * 4, [64] * 4, [1] * 4, 5), last_of_left)
    if twin is None:
        return
    for height, width in ((48, 36), (47, 33), (50, 61)):
        images = t.randn(2, 3, height, width)
        case = {"the image's height": height, "the image's width": width}
        forward(t, twin, f"logits of 2 images {height}x{width}", images, case=case)


def strides(t: Trial) -> None:
    images = t.randn(2, 3, 75, 64)
    for numbers in ([1, 2, 2, 2], [2, 1, 2, 1], [1, 1, 3, 2], [1, 1, 1, 1]):
        twin = _twin(t, ([2, 1, 2, 3], [64, 12, 12, 20], numbers, 5))
        if twin is None:
            continue
        case: dict[str, Any] = {
            f"the stride of group {group}": stride for group, stride in enumerate(numbers, 1)
        }
        forward(t, twin, f"logits with strides {numbers}", images, case=case)


def eval_mode(t: Trial) -> None:
    twin = _twin(t, SMALL)
    if twin is None:
        return
    before = _buffers(t, twin)
    for n, height, width in ((3, 64, 48), (2, 91, 70), (1, 40, 133)):
        what = f"logits of {n} image{'s' * (n > 1)} {height}x{width}"
        forward(t, twin, what, t.randn(n, 3, height, width), case={"the batch size": n})
    after = _buffers(t, twin)
    changed = [n for n, value in after.items() if not torch.equal(value, before[n])]
    t.require(
        "eval changes nothing",
        not changed,
        f"in eval mode a forward pass changed {len(changed)} buffers, `{(changed or [''])[0]}` "
        "first",
        "running statistics and counters as they were",
    )


def _buffers(t: Trial, twin: Twin) -> dict[str, Tensor]:
    return {e.name: e.tensor for e in t.subject.entries(twin.model) if e.kind == "buffer"}


def train_mode(t: Trial) -> None:
    twin = _twin(t, SMALL)
    if twin is None:
        return
    # The last maps are 2x2: 24 values a channel, where biased and unbiased variance differ.
    images = t.randn(6, 3, 64, 48)
    what = "logits of 6 images in train mode"
    before = t.attempt(what, lambda: t.subject.forward(twin.model, images, True))
    if before is not None:
        state = _buffers(t, twin)
        compare(t, twin, what, before, images, train=True)
        for section, names in _sections(twin).items():
            statistics = [state[n].flatten() for n in names if state.get(n) is not None]
            moved = torch.cat([s for s in statistics if s.is_floating_point()] or [torch.ones(0)])
            case = {"the part": section}
            t.see(f"running statistics of {section}", moved, case=case)
            counts = [int(s) for s in statistics if not s.is_floating_point() and s.numel() == 1]
            t.see(f"counters of {section}", counts, case=case)
    upstream = t.randn(6, 7)
    answer = t.attempt("backward", lambda: t.subject.gradients(twin.model, images, upstream, True))
    if answer is None:
        return
    for section, names in _sections(twin, "parameter").items():
        found = [answer["parameters"].get(name) for name in names]
        without = [name for name, g in zip(names, found, strict=True) if g is None]
        t.require(
            f"a gradient in {section}",
            not without,
            f"in {section} no gradient reaches `{(without or [''])[0]}`",
            "a gradient for every parameter",
        )
        if not without:
            flat = torch.cat([g.flatten() for g in found if g is not None])
            t.see(f"gradients of {section}", flat, tolerance=1e3 * _tolerance(t))


def _tolerance(t: Trial) -> float:
    """Gradients cancel in part behind a batch norm, so digits are lost."""
    return 1e-10 if t.dtype == "float64" else 1e-5


def _sections(twin: Twin, kind: str = "buffer") -> dict[str, list[str]]:
    """The network's own names of rows of that kind, part by part."""
    found: dict[str, list[str]] = {}
    for own, right in zip(twin.rows, twin.right_rows, strict=True):
        if right[1] == kind:
            found.setdefault(alignment.section_of(right[0]), []).append(own[0])
    return found


# --- copy_weights: the two models are shelves of tensors, whatever the network is like ----------

ShelfRow = tuple[str, str, tuple[int, ...]]
SHELF: tuple[ShelfRow, ...] = (
    ("stem.weight", "parameter", (4, 3, 2, 2)),
    ("norm.weight", "parameter", (4,)),
    ("norm.bias", "parameter", (4,)),
    ("norm.running_mean", "buffer", (4,)),
    ("norm.running_var", "buffer", (4,)),
    ("norm.num_batches_tracked", "counter", ()),
    ("branch.weight", "parameter", (4, 4)),
    ("last.weight", "parameter", (4, 4)),
    ("last.bias", "parameter", (4,)),
)
# Same kinds and shapes: under names that share nothing, and with two names exchanged.
OTHER_NAMES = tuple(
    (name, *row[1:])
    for name, row in zip(
        "z.a y.w y.b y.m y.v y.n x.w c.w c.b".split(),  # noqa: SIM905
        SHELF,
        strict=True,
    )
)
EXCHANGED = (
    *SHELF[:6],
    ("last.weight", "parameter", (4, 4)),
    ("branch.weight", "parameter", (4, 4)),
    ("branch.bias", "parameter", (4,)),
)


def _shelf(t: Trial, rows: Sequence[ShelfRow]) -> Ref:
    shelf = t.subject.instrument("Shelf", [list(row) for row in rows], dtype=t.dtype)
    _refill(t, shelf, rows)
    return shelf


def _refill(t: Trial, shelf: Ref, rows: Sequence[ShelfRow]) -> None:
    values: dict[str, Tensor] = {}
    for name, kind, shape in rows:
        values[name] = t.randint(1, 10**6, *shape) if kind == "counter" else t.randn(*shape)
    t.subject.load(shelf, values)


def _tensors(t: Trial, shelf: Ref) -> list[Entry]:
    return t.subject.entries(shelf)


def _equal(a: Sequence[Entry], b: Sequence[Entry]) -> list[bool]:
    return [torch.equal(x.tensor, y.tensor) for x, y in zip(a, b, strict=True)]


def copy_by_order(t: Trial) -> None:
    for what, theirs in (("other names", OTHER_NAMES), ("two names exchanged", EXCHANGED)):
        mine, pretrained = _shelf(t, SHELF), _shelf(t, theirs)
        before, source = _tensors(t, mine), _tensors(t, pretrained)
        call = partial(t.subject.call, "copy_weights", mine, pretrained)
        answer = t.attempt(f"with {what}", call, "a copy by order, whatever the names")
        raised = any(n.kind == "error" and n.name == f"with {what}" for n in t.notes)
        if raised:
            continue
        after = _tensors(t, mine)
        came = [_came_from(entry, before[row], source) for row, entry in enumerate(after)]
        wrong = [row for row, number in enumerate(came) if number != row]
        for kind in ("parameter", "buffer"):
            here = [row for row in wrong if before[row].kind == kind]
            t.require(
                f"{kind}s with {what}",
                not here,
                f"with {what}: row {here[0]} of mine, `{after[here[0]].name}`, holds "
                f"{_origin(came[here[0]])}"
                if here
                else "",
                f"row {here[0]} of pretrained, `{source[here[0]].name}`" if here else "",
            )
        t.trait(f"where rows came from, with {what}", came)
        t.trait("pretrained changed", not all(_equal(source, _tensors(t, pretrained))))
        returned = _returned(t, answer, mine)
        t.require("returns mine", returned == "mine", f"it returned {returned}", "`mine`, filled")
        t.trait("returned", returned)


def _came_from(entry: Entry, before: Entry, source: Sequence[Entry]) -> int:
    """The row of pretrained whose values are here; -1 for what was there before, else -2."""
    for row, theirs in enumerate(source):
        if theirs.tensor.shape == entry.tensor.shape and torch.equal(theirs.tensor, entry.tensor):
            return row
    return -1 if torch.equal(before.tensor, entry.tensor) else -2


def _origin(number: int) -> str:
    if number >= 0:
        return f"row {number} of pretrained"
    return "what it held before" if number == -1 else "other values"


def _returned(t: Trial, answer: Any, mine: Ref) -> str:
    """Whether the answer is ``mine``: what is put into it is found there."""
    if answer is None:
        return "None"
    if not isinstance(answer, Ref):
        return "no module"
    try:
        entries = t.subject.entries(answer)
        t.subject.load(answer, {entries[0].name: torch.full((4, 3, 2, 2), 7.0)})
    except LearnerError:
        return "no module"
    return "mine" if (_tensors(t, mine)[0].tensor == 7).all() else "another model"


def copy_apart(t: Trial) -> None:
    mine, pretrained = _shelf(t, SHELF), _shelf(t, OTHER_NAMES)
    own, source = _tensors(t, mine), _tensors(t, pretrained)
    t.subject.call("copy_weights", mine, pretrained)
    copied, kept = _tensors(t, mine), _tensors(t, pretrained)
    _all_rows(t, "pretrained as it was", _equal(source, kept), source, "of pretrained changed")
    for whose, before, after in (("mine", own, copied), ("pretrained", source, kept)):
        alike = [a[1:2] + a[3:] == b[1:2] + b[3:] for a, b in zip(before, after, strict=True)]
        said = f"of {whose} now is another kind of tensor, or requires gradients otherwise"
        _all_rows(t, f"{whose}: kinds and requires_grad", alike, before, said)
    _refill(t, pretrained, OTHER_NAMES)
    alone = _equal(copied, _tensors(t, mine))
    _all_rows(t, "mine after pretrained changed", alone, own, "of mine changed with pretrained's")
    theirs = _tensors(t, pretrained)
    _refill(t, mine, SHELF)
    alone = _equal(theirs, _tensors(t, pretrained))
    said = "of pretrained changed with mine's"
    _all_rows(t, "pretrained after mine changed", alone, source, said)


def _all_rows(
    t: Trial, what: str, holds: Sequence[bool], entries: Sequence[Entry], said: str
) -> None:
    bad = [row for row, good in enumerate(holds) if not good]
    name = entries[bad[0]].name if bad else ""
    t.require(
        what,
        not bad,
        f"{len(bad)} rows {said}, `{name}` first" if len(bad) > 1 else f"`{name}` {said}",
        "values copied into `mine`, and nothing else changed",
    )
    t.trait(what, bad)


def copy_refuses(t: Trial) -> None:
    number: tuple[ShelfRow, ...] = (("scale.weight", "parameter", (1,)),)
    five: tuple[ShelfRow, ...] = (("scale.weight", "parameter", (5,)),)
    wide: tuple[ShelfRow, ...] = (("fit.weight", "parameter", (4, 6)),)
    high: tuple[ShelfRow, ...] = (("fit.weight", "parameter", (6, 4)),)
    without = tuple(row for row in SHELF if row[1] == "parameter")
    cases = (
        ("(4, 6) into (6, 4)", SHELF + high, SHELF + wide),
        ("(1,) into (5,)", SHELF + five, SHELF + number),
        ("(5,) into (1,)", SHELF + number, SHELF + five),
        ("pretrained has an entry more", SHELF, SHELF + five),
        ("pretrained has an entry less", SHELF + five, SHELF),
        ("pretrained has no buffers", SHELF, without),
    )
    for what, my_rows, their_rows in cases:
        mine, pretrained = _shelf(t, my_rows), _shelf(t, their_rows)
        before = _tensors(t, mine)
        raised = False
        try:
            t.subject.call("copy_weights", mine, pretrained)
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
            raised = True
        after = _tensors(t, mine)
        whole = len(before) == len(after) and all(_equal(before, after))
        t.require(
            f"{what}: refused",
            raised,
            f"{what}: no error, and `mine` is {'as it was' if whole else 'changed'}",
            "an error, such as ValueError, that names the row",
        )
        if raised:
            t.require(
                f"{what}: mine as it was",
                whole,
                f"{what}: an error, but some rows of `mine` were copied before it",
                "`mine` as it was: compare all rows first, then copy",
            )
        else:
            t.trait(f"{what}: mine changed", not whole)


# --- the whole ResNet34 -------------------------------------------------------------------------


def default_size(t: Trial) -> None:
    t.subject.dtype = "float32"  # shapes only; half the memory
    mine = t.subject.rows(t.subject.build("ResNet34"))
    reference = reference_subject(t)
    right = reference.rows(reference.build("ResNet34"))
    total = sum(torch.Size(shape).numel() for _, kind, shape in mine if kind == "parameter")
    t.require(
        "218 entries",
        len(mine) == FULL_ENTRIES,
        f"ResNet34() has {len(mine)} entries in its state_dict",
        f"{FULL_ENTRIES}",
    )
    t.require(
        "21,797,672 parameters",
        total == FULL_PARAMETERS,
        f"ResNet34() has {total:,} parameters",
        f"{FULL_PARAMETERS:,}",
    )
    departing = _departing(mine, right, by_name=False)
    for part in ("stem", "group", "head"):
        here = [pair for pair in departing if pair.section.startswith(part)]
        observed, expected = alignment.tell(here[0], mine, right) if here else ("", "")
        t.require(f"rows of the {part}", not here, f"ResNet34(): {observed}", expected)
    if departing:
        _show(t, "ResNet34()", mine, right)
    again = t.subject.rows(t.subject.build("ResNet34"))
    t.require(
        "built a second time",
        again == mine,
        f"the second ResNet34() differs from the first: {len(again)} and {len(mine)} entries",
        "the same network each time, so default lists that nobody changes",
    )
    widths = [shape[0] for _, _, shape in mine if shape[2:] == (3, 3)]
    blocks = {width: widths.count(width) / 2 for width in dict.fromkeys(widths)}
    t.trait("widths", list(blocks))
    t.trait("blocks a group, sorted", sorted(blocks.values()))
    t.trait("classes", [shape for *_, shape in mine][-1:])


def parity(t: Trial) -> None:
    reference = reference_subject(t)
    mine = t.subject.build("ResNet34")
    number = int(t.randint(0, 2**31, 1))
    pretrained = t.subject.instrument("pretrained_resnet", number, dtype=t.dtype)
    right = reference.instrument("pretrained_resnet", number, dtype=t.dtype)
    t.subject.call("copy_weights", mine, pretrained)
    twin = Twin(t.subject, mine, t.subject.rows(mine), reference, right, reference.rows(right))
    for n, train in ((2, False), (4, True)):
        mode = "train" if train else "eval"
        what = f"logits of {n} images 64x64 in {mode}"
        forward(t, twin, what, t.randn(n, 3, 64, 64), train=train, case={"the mode": mode})
