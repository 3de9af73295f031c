"""Claim ``trained-weights``: the learner's network beside a trained one, on real images."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from lessons.reuse.real import Trained, trained
from lessons.trial import Trial
from lessons.workbench import LearnerError, Ref

SEEN_ALIKE = 1e-3  # probabilities in float32, summed up in another order
WORTH_TELLING = 5e-4  # a less probable class is not listed


def see_the_same(t: Trial) -> None:
    """Judge the claim."""
    source = trained()
    values = source.network.state_dict()
    kinds = {name: "parameter" for name, _ in source.network.named_parameters()}
    rows = [
        (name, "counter" if not v.is_floating_point() else kinds.get(name, "buffer"), [*v.shape])
        for name, v in values.items()
    ]
    mine = _network(t, source, [shape for *_, shape in rows])
    if mine is None:
        t.show(
            "your stem has 64 channels whatever the arguments say, which is right for ResNet34; "
            "only ImageNet's weights fit it, and they are not here (`cnntutor data`)"
        )
        return
    shelf = t.subject.instrument("Shelf", rows)
    t.subject.load(shelf, values)
    t.subject.call("copy_weights", mine, shelf)
    with torch.no_grad():
        right = source.network(source.images).softmax(1)
    seen = t.subject.forward(mine, source.images, train=False).softmax(1)
    gap = (seen - right).abs().amax(1)
    worst = int(gap.argmax())
    t.require(
        "the trained network's probabilities",
        bool((gap < SEEN_ALIKE).all()),
        f"for {source.names[worst]}, a probability differs by {gap[worst]:.1%}",
        f"the trained network's, within {SEEN_ALIKE:.2%} ({source.told})",
    )
    if t.draws:
        table = list(_side_by_side(source, seen, right))
        t.table(f"What it sees: {source.told}", ["image", "yours", "trained network"], table)
    t.show(
        f"{len(source.names)} images, probabilities within {gap.max():.1g} of the trained "
        f"network's (rung {source.rung}: {source.told})"
    )


def _side_by_side(source: Trained, seen: Tensor, right: Tensor) -> Iterator[list[str]]:
    """For each image the five most probable classes, by both networks."""
    for name, mine, theirs in zip(source.names, seen, right, strict=True):
        tops = [one.topk(min(5, len(one))) for one in (mine, theirs)]
        for rank in range(len(tops[0].values)):
            if rank and max(float(top.values[rank]) for top in tops) < WORTH_TELLING:
                break
            told = [
                f"{source.classes[int(top.indices[rank])][:20]} {top.values[rank]:.1%}"
                for top in tops
            ]
            yield [name if rank == 0 else "", *told]


def _network(t: Trial, source: Trained, shapes: list[list[int]]) -> Ref | None:
    """The learner's network for these weights; None where its stem is fixed at 64 channels.

    Such a stem is right in every other claim, so it is here: then there is nothing to compare.
    """
    try:
        mine = t.subject.build("ResNet34", *source.arguments)
        found = [list(shape) for *_, shape in t.subject.rows(mine)]
    except LearnerError:
        if source.rung == "backbone":
            return None
        raise
    return mine if found == shapes or source.rung != "backbone" else None
