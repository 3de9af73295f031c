"""What checkpoint ``resnet`` claims, one function a claim. Runs in the judge.

Small networks show nearly everything: their first width is 64, because a stem that fixes its 64
channels is right too. Only ``default_size`` and ``parity`` build the whole ResNet34.

Tolerance: the longest sums have 4,608 terms (3x3 windows of 512 channels) and 36 layers follow
each other. In float64 other orders of summation then differ by less than 1e-12 of the largest
logit (measured in ``tests/lessons/test_resnet.py``), and a mistake by more than 1e-3. So 1e-9.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

from lessons.complaints import listen
from lessons.mistakes import reference_namespace
from lessons.reuse.resnet import rows as alignment
from lessons.reuse.resnet import shelves
from lessons.reuse.resnet.right import Arguments, Right, reference_subject
from lessons.reuse.resnet.rows import Row
from lessons.reuse.resnet.shelves import EXCHANGED, OTHER_NAMES, SHELF, ShelfRow, equal
from lessons.reuse.resnet.stages import (
    APART,
    Twin,
    compare,
    depart,
    forward,
    name_of,
    twin_of,
)
from lessons.reuse.resnet.trained import see_the_same
from lessons.subject import Subject
from lessons.trial import TOLERANCE, UNJUDGED, Trial, same
from lessons.workbench import LearnerError, Ref, Workbench

# Blocks, widths, strides, classes. Groups with and without a change of shape: by stride alone,
# by channels alone, by both, by neither.
SMALL: Arguments = ([2, 1, 3, 1], [64, 12, 20, 28], [1, 2, 2, 2], 7)
NETWORKS: tuple[Arguments, ...] = (
    SMALL,
    ([1, 2, 1, 1], [64, 64, 16, 8], [1, 1, 2, 1], 3),
    ([1, 1, 1, 2], [64, 64, 16, 16], [2, 1, 1, 2], 11),
)
_A_NETWORK = (
    "a network from `ResNet34(n_blocks_per_group, out_features_per_group, "
    "first_strides_per_group, n_classes)`"
)
FULL_ENTRIES = 218
FULL_PARAMETERS = 21_797_672


def state_dict(t: Trial) -> None:
    shown = False
    for number, arguments in enumerate(NETWORKS):
        name = name_of(arguments)
        model = t.attempt(name, partial(t.subject.build, "ResNet34", *arguments), _A_NETWORK)
        if model is None:
            return
        theirs = _torchvision_inside(t, model)
        t.require(
            "your own network",
            theirs is None,
            theirs or "",
            "a class of your own: torchvision's network is what yours is compared with",
        )
        if theirs is not None:
            return
        mine, right = t.subject.rows(model), _right_rows(number)
        if alignment.agree(t, name, mine, right) or shown:
            continue
        alignment.show(t, name, mine, right)
        shown = True


@cache
def _right_rows(number: int | None) -> list[Row]:
    """The rows of the reference: of one of NETWORKS, or with default arguments."""
    bench = Subject(Workbench(reference_namespace("resnet")).answer)
    arguments = () if number is None else NETWORKS[number]
    return bench.rows(bench.build("ResNet34", *arguments))


def _torchvision_inside(t: Trial, model: Ref) -> str | None:
    """The network, or a part of it, that is torchvision's; None if none is."""
    parts: list[tuple[str, Any]] = [("`ResNet34`", model)]
    names = dict.fromkeys(row[0].partition(".")[0] for row in t.subject.rows(model))
    parts += [(f"its part `{n}`", t.subject.attribute(model, n)) for n in names]
    for told, part in parts:
        if isinstance(part, Ref):
            lineage = t.subject.facts(part)["lineage"]
            if any(c.startswith("torchvision.") and c.endswith(".ResNet") for c in lineage):
                return f"{told} is torchvision's ResNet"
    inside = t.subject.facts(model)["inside"]
    theirs = next((c for c in inside if c.startswith("torchvision.models.")), None)
    if theirs is not None:
        return f"a part of `ResNet34` is torchvision's {theirs.rpartition('.')[2]}"
    return None


def head(t: Trial) -> None:
    # Without strides a map is a quarter of the image: 7x7, and 12 high or 12 wide, which is the
    # number of channels and lets an average over the wrong dimensions through.
    twin = twin_of(t, ([1, 1, 1, 1], [64, 12, 12, 12], [1, 1, 1, 1], 7))
    if twin is None:
        return
    works = []
    for n, height, width in ((3, 20, 48), (1, 20, 48), (2, 48, 24), (1, 28, 28)):
        what = f"{n} image{'s' * (n > 1)} of {height}x{width}"
        twin.refill()
        run = partial(t.subject.forward, twin.model, t.randn(n, 3, height, width), False)
        scores = t.attempt(what, partial(listen, t, what, run), f"scores of shape ({n}, 7)")
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
    t.trait("a map of 1x1 works", _works(t, twin, t.randn(2, 3, 4, 4)))
    if works:
        _scores(t, twin, t.randn(3, 3, 20, 48))


def _works(t: Trial, twin: Twin, images: Tensor) -> bool:
    twin.refill()
    try:
        t.subject.forward(twin.model, images, False)
    except LearnerError:
        return False
    return True


def _scores(t: Trial, twin: Twin, images: Tensor) -> None:
    """What the head makes of its features, whatever stem and groups compute."""
    twin.refill()
    together = t.attempt("3 images", lambda: t.subject.forward(twin.model, images, False))
    twin.refill()
    alone = t.attempt("the first alone", lambda: t.subject.forward(twin.model, images[:1], False))
    if together is None or alone is None or together.shape != (3, 7):
        return
    twin.refill()
    steady = same(t.subject.forward(twin.model, images, False), together, APART)
    t.require(
        "the same scores again",
        steady,
        "in eval mode, the same images get other scores the second time",
        "the same scores: nothing in ResNet34 is random",
    )
    if not steady:
        return
    t.require(
        "an image's own scores",
        alone.numel() == 7 and same(alone.flatten(), together[0], APART),
        "an image gets other scores alone than beside others",
        "in eval, scores that depend on the image alone",
    )
    twin.refill()
    weight, bias = list(twin.values)[-2:]
    t.subject.load(twin.model, {weight: torch.zeros_like(twin.values[weight])})
    t.see("scores with the linear layer's weight set to 0", t.subject.forward(twin.model, images))
    twin.refill()
    maps = [m for *_, m in twin.outputs_of("layer4", images) if m.ndim == 4 and m.shape[1] == 12]
    if not maps:
        return
    features = {
        "mean": maps[-1].mean(dim=(2, 3)),
        "maximum": maps[-1].amax(dim=(2, 3)),
        "sum": maps[-1].sum(dim=(2, 3)),
    }
    found = "something else"
    for name, value in features.items():
        scores = value @ twin.values[weight].T + twin.values[bias]
        if same(together, scores, APART):
            found = name
    t.require(
        "average pool",
        found == "mean",
        f"the head takes {found} of each channel's map"
        if found == "something else"
        else f"the head takes the {found} of each channel's map",
        "the mean over height and width, then the linear layer",
    )
    t.trait("what the head takes", found)


def stem(t: Trial) -> None:
    # Groups without strides; the last three are narrow, because they don't matter here.
    twin = twin_of(t, ([1, 1, 1, 1], [64, 4, 4, 4], [1, 1, 1, 1], 5))
    if twin is None:
        return
    for height, width in ((36, 30), (33, 25), (38, 47)):
        images = t.randn(2, 3, height, width)
        case = {"the image's height": height, "the image's width": width}
        what = f"2 images {height}x{width}"
        behind = "layer1.0.conv1"
        look = partial(twin.outputs_of, behind, images)
        twin.refill()
        first = t.attempt(f"{what}, forward", look, case=case)
        if not first:
            continue  # no such module: the claims about logits judge it
        right = twin.right.stages(images)
        if not same(first[0][-1], {n: m for n, _, m in right}[behind], APART):
            depart(t, twin, what, images, train=False, up_to=behind)
        t.see(f"what the first convolution of group 1 gives for {what}", first[0][-1], case=case)


def groups(t: Trial) -> None:
    images = t.randn(2, 3, 51, 44)
    for numbers in ([1, 2, 2, 2], [2, 1, 2, 1], [1, 1, 3, 2], [1, 1, 1, 1]):
        twin = twin_of(t, ([2, 1, 2, 2], [64, 12, 20, 20], numbers, 5))
        if twin is None:
            continue
        case: dict[str, Any] = {
            f"the stride of group {group}": stride for group, stride in enumerate(numbers, 1)
        }
        forward(t, twin, f"logits with strides {numbers}", images, case=case)


def eval_mode(t: Trial) -> None:
    twin = twin_of(t, SMALL)
    if twin is None:
        return
    for n, height, width in ((3, 64, 48), (2, 91, 70), (1, 40, 133)):
        what = f"logits of {n} image{'s' * (n > 1)} {height}x{width}"
        forward(t, twin, what, t.randn(n, 3, height, width), case={"the batch size": n})
    twin.refill()
    images = t.randn(3, 3, 64, 48)
    if t.attempt("forward", lambda: t.subject.forward(twin.model, images, False)) is None:
        return
    after = {e.name: e.tensor for e in t.subject.entries(twin.model)}
    changed = [n for n, value in twin.values.items() if not same(after[n], value, 1e-6)]
    t.require(
        "eval changes nothing",
        not changed,
        f"in eval mode, a forward pass changed {len(changed)} tensors, "
        f"`{(changed or [''])[0]}` first",
        "parameters, running statistics and counters as they were",
    )


def train_mode(t: Trial) -> None:
    twin = twin_of(t, SMALL)
    if twin is None:
        return
    # The last maps are 2x2: 24 values a channel, where biased and unbiased variance differ.
    images = t.randn(6, 3, 64, 48)
    what = "logits of 6 images in train mode"
    logits = t.attempt(what, lambda: t.subject.forward(twin.model, images, True))
    if logits is not None:
        twin.refill()
        again = same(t.subject.forward(twin.model, images, True), logits, APART)
        t.require(
            "the same twice",
            again,
            "in train mode, the same images get other scores the second time",
            "the same scores: nothing in ResNet34 is random",
        )
        if not again:
            return
        state = {e.name: e.tensor for e in t.subject.entries(twin.model)}
        compare(t, twin, what, logits, images, train=True)
        for section, names in _sections(twin, "buffer").items():
            case = {"the part": section}
            moved = [state[n] for n in names if state[n].is_floating_point()]
            t.see(f"running statistics of {section}", torch.cat(moved), case=case)
            counts = [int(state[n]) for n in names if not state[n].is_floating_point()]
            t.see(f"counters of {section}", counts, case=case)
    twin.refill()
    run = partial(t.subject.gradients, twin.model, images, t.randn(6, 7), True)
    answer = t.attempt("backward", run)
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
            # A batch norm behind a layer takes much of its gradient away, and digits with it.
            t.see(f"gradients of {section}", flat, tolerance=100 * TOLERANCE[t.dtype])


def _sections(twin: Twin, kind: str) -> dict[str, list[str]]:
    """The network's own names of rows of that kind, part by part."""
    found: dict[str, list[str]] = {}
    for own, right in zip(twin.rows, twin.right_rows, strict=True):
        if right[1] == kind:
            found.setdefault(alignment.section_of(right[0]), []).append(own[0])
    return found


# --- copy_weights ------------------------------------------------------------------------------


def copy_by_order(t: Trial) -> None:
    for what, their_rows in (("other names", OTHER_NAMES), ("two names exchanged", EXCHANGED)):
        mine, pretrained = shelves.build(t, SHELF), shelves.build(t, their_rows)
        before, source = t.subject.entries(mine), t.subject.entries(pretrained)
        run = partial(listen, t, f"with {what}", partial(_copied, t, mine, pretrained))
        answer = t.attempt(f"with {what}", run, "a copy by order, whatever the names")
        if answer is None:
            continue
        after = t.subject.entries(mine)
        came = [shelves.came_from(e, b, source) for e, b in zip(after, before, strict=True)]
        wrong = [row for row, number in enumerate(came) if number != row]
        for kind in ("parameter", "buffer"):
            here = [row for row in wrong if before[row].kind == kind]
            row = here[0] if here else 0
            t.require(
                f"{kind}s with {what}",
                not here,
                f"with {what}: row {row} of mine, `{after[row].name}`, holds "
                f"{shelves.origin(came[row])}",
                f"row {row} of pretrained, `{source[row].name}`",
            )
        t.trait(f"where rows came from, with {what}", came)
        t.trait("pretrained changed", not all(equal(source, t.subject.entries(pretrained))))
        back = shelves.returned(t, answer[0], mine, pretrained)
        t.require("returns mine", back == "mine", f"it returned {back}", "`mine`, filled")
        t.trait("returned", back)


def _copied(t: Trial, mine: Ref, pretrained: Ref) -> tuple[Any]:
    return (t.subject.call("copy_weights", mine, pretrained),)


def copy_apart(t: Trial) -> None:
    mine, pretrained = shelves.build(t, SHELF), shelves.build(t, OTHER_NAMES)
    own, source = t.subject.entries(mine), t.subject.entries(pretrained)
    t.subject.call("copy_weights", mine, pretrained)
    copied, kept = t.subject.entries(mine), t.subject.entries(pretrained)
    said = "of pretrained changed"
    shelves.all_rows(t, "pretrained as it was", equal(source, kept), source, said)
    for whose, before, after in (("mine", own, copied), ("pretrained", source, kept)):
        alike = [
            (a.kind, a.requires_grad, a.has_graph) == (b.kind, b.requires_grad, b.has_graph)
            for a, b in zip(before, after, strict=True)
        ]
        said = f"of {whose} changed their kind or `requires_grad`"
        shelves.all_rows(t, f"{whose}: gradients required", alike, before, said)
    shelves.refill(t, pretrained, OTHER_NAMES)
    alone = equal(copied, t.subject.entries(mine))
    said = "of mine changed when pretrained's were changed"
    shelves.all_rows(t, "mine after pretrained changed", alone, own, said)
    theirs = t.subject.entries(pretrained)
    shelves.refill(t, mine, SHELF)
    alone = equal(theirs, t.subject.entries(pretrained))
    said = "of pretrained changed when mine's were changed"
    shelves.all_rows(t, "pretrained after mine changed", alone, source, said)


def copy_refuses(t: Trial) -> None:
    one: ShelfRow = ("scale.weight", "parameter", (1,))
    five: ShelfRow = ("scale.weight", "parameter", (5,))
    wide: ShelfRow = ("fit.weight", "parameter", (4, 6))
    high: ShelfRow = ("fit.weight", "parameter", (6, 4))
    cases = (
        ("pretrained has (4, 6) where mine has (6, 4)", (*SHELF, high), (*SHELF, wide)),
        (
            "pretrained has (4, 6) where mine has (6, 4), and rows that fit behind it",
            (*SHELF[:6], high, *SHELF[6:]),
            (*SHELF[:6], wide, *SHELF[6:]),
        ),
        (
            "pretrained has two rows, of (5,) and (6, 4), in the other order",
            (*SHELF[:6], five, high, *SHELF[6:]),
            (*SHELF[:6], high, five, *SHELF[6:]),
        ),
        ("pretrained has (1,) where mine has (5,)", (*SHELF, five), (*SHELF, one)),
        ("pretrained has (5,) where mine has (1,)", (*SHELF, one), (*SHELF, five)),
        ("pretrained has an entry more", SHELF, (*SHELF, five)),
        ("pretrained has an entry less", (*SHELF, five), SHELF),
        ("pretrained has no buffers", SHELF, [row for row in SHELF if row[1] == "parameter"]),
    )
    for what, my_rows, their_rows in cases:
        mine, pretrained = shelves.build(t, my_rows), shelves.build(t, their_rows)
        before = t.subject.entries(mine)
        raised = False
        try:
            t.subject.call("copy_weights", mine, pretrained)
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
            raised = True
        whole = all(equal(before, t.subject.entries(mine)))
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
                f"{what}: an error, but some rows of `mine` were overwritten before it",
                "`mine` as it was: compare all rows first, then copy",
            )
        else:
            t.trait(f"{what}: mine changed", not whole)
            shapes = [
                [list(e.tensor.shape) for e in es] for es in (before, t.subject.entries(mine))
            ]
            t.trait(f"{what}: shapes of mine stay", shapes[0] == shapes[1])


# --- the whole ResNet34 -------------------------------------------------------------------------


def default_size(t: Trial) -> None:
    mine = t.subject.rows(t.subject.build("ResNet34"))
    right = _right_rows(None)
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
    departing = alignment.departing(mine, right, by_name=False)
    for part in ("stem", "group", "head"):
        here = [pair for pair in departing if pair.section.startswith(part)]
        observed, expected = alignment.tell(here[0], mine, right) if here else ("", "")
        t.require(f"rows of the {part}", not here, f"ResNet34(): {observed}", expected)
    if departing:
        alignment.show(t, "ResNet34()", mine, right)
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
    t.trait("1000 classes", [shape for *_, shape in mine][-1:] == [(1000,)])


def parity(t: Trial) -> None:
    reference = reference_subject(t)
    mine = t.subject.build("ResNet34")
    number = int(t.randint(0, 2**31, 1))
    pretrained = t.subject.instrument("pretrained_resnet", number, dtype=t.dtype)
    right = reference.instrument("pretrained_resnet", number, dtype=t.dtype)
    t.subject.call("copy_weights", mine, pretrained)
    twin = Twin(t.subject, mine, t.subject.rows(mine), Right(reference, right), {})
    for n, train in ((2, False), (4, True)):
        mode = "train" if train else "eval"
        what = f"logits of {n} images 64x64 in {mode}"
        images = t.randn(n, 3, 64, 64)
        if not forward(t, twin, what, images, train=train, case={"the mode": mode}):
            return


def trained_weights(t: Trial) -> None:
    see_the_same(t)
