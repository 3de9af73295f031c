"""What checkpoint ``transfer`` claims, one function a claim. Runs in the judge."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from lessons.complaints import listen
from lessons.reuse.transfer.held import equal, number, param_groups, role_of, shape_of
from lessons.reuse.transfer.learning import learns_colours, learns_photographs, real_task
from lessons.reuse.transfer.losses import judge_losses
from lessons.reuse.transfer.network import (
    MODULE,
    OLD_HEAD,
    OTHER,
    SMALL,
    Prepared,
    Pretrained,
    Size,
    class_name,
    images,
    look_at,
    missing_tensors,
    prepare,
    pretrained,
    returns,
    some,
)
from lessons.trial import Trial
from lessons.workbench import Entry, LearnerError, Ref

# Sums of float32 terms in another order differ by some 1e-6.
CLOSE = 1e-4
_A_MODEL = "a model from `prepare_for_feature_extraction(model, n_classes)`"
_AN_OPTIMIZER = "an optimizer from `head_optimizer(model, lr)`"
_LOSSES = "a list of losses from `train_head(model, batches, optimizer)`"


def pretrained_backbone(t: Trial) -> None:
    for size in (SMALL, OTHER):
        network = pretrained(t, size)
        if size is OTHER:
            t.subject.set_mode(network.model, train=False)
        at = f"{size.n_classes} classes"
        name = "prepare_for_feature_extraction"
        came = t.attempt(
            at, partial(t.subject.build, name, network.model, size.n_classes), _A_MODEL
        )
        if came is None:
            continue
        is_model = returns(t, came, MODULE)
        t.require(
            f"returns a model, {at}",
            is_model,
            f"`prepare_for_feature_extraction` returned {class_name(t, came)}",
            "the model, as an nn.Module",
        )
        t.trait(f"returned, {at}", "a model" if is_model else class_name(t, came))
        entries, found = look_at(t, came if is_model else network.model, network)
        missing = missing_tensors(network, entries, found)
        for kind, what in (("parameter", "parameters"), ("buffer", "running statistics")):
            wanted = network.backbone(kind)
            gone = [name for name in wanted if name in missing]
            t.require(
                f"pretrained {what}, {at}",
                not gone,
                f"in the model that comes back, {len(gone)} of the backbone's {len(wanted)} {what} "
                f"are missing or changed: {some(gone)}",
                f"all {len(wanted)}, with the values that they had",
            )
        t.trait(f"missing, {at}", missing)
        zeros = [e.name for e in entries if e.kind == "parameter" and not e.tensor.any()]
        t.trait(f"most of it is 0, {at}", len(zeros) > len(entries) / 4)
        t.trait(f"there are as many tensors, {at}", len(entries) >= len(network.values))
        t.trait(f"takes images, {at}", is_model and _takes_images(t, came))
        counts = len(network.backbone("parameter")), len(network.backbone("buffer"))
        t.show(f"{counts[0]} parameters and {counts[1]} running statistics, value for value")
        if missing and is_model and size is SMALL:
            rows = [[n, "not found" if n in missing else "as it was"] for n in network.values]
            marked = [place for place, row in enumerate(rows) if row[0] in missing]
            t.table("The backbone's tensors", ["pretrained", "in your model"], rows, marked)


def _takes_images(t: Trial, model: Ref) -> bool:
    try:
        return t.subject.forward(model, images(t, 2), train=False).ndim == 2
    except LearnerError:
        return False


def only_the_head_trains(t: Trial) -> None:
    for size in (SMALL, OTHER):
        network = pretrained(t, size)
        prepared = prepare(t, network, size)
        at = f"{size.n_classes} classes"
        trainable, new = prepared.trainable(), prepared.new()
        roles = [prepared.role(entry) for entry in trainable]
        learning = [role for role in roles if role in network.backbone("parameter")]
        t.require(
            f"backbone frozen, {at}",
            not learning,
            f"{len(learning)} of the backbone's {len(network.backbone('parameter'))} parameters "
            f"still require gradients: {some(learning)}",
            "none of them does",
        )
        old = [role for role in roles if role in OLD_HEAD]
        t.require(
            f"old head gone, {at}",
            not old,
            f"the old last layer requires gradients: {some(old)}, for {size.old_classes} classes",
            f"a new layer in its place, for {size.n_classes} classes",
        )
        shapes = [tuple(e.tensor.shape) for e in trainable if e in new]
        weight, bias = size.head_shapes
        t.require(
            f"a new head, {at}",
            sorted(shapes) in (sorted([weight, bias]), sorted([weight[::-1], bias])),
            f"{_new(trainable, new)}, for {weight[1]} features and {weight[0]} classes",
            f"weight {weight} and bias {bias}, both new, both requiring gradients",
        )
        t.require(
            f"initial values, {at}",
            all(bool(e.tensor.isfinite().all()) for e in new),
            "the new head's values were never set (nan, or whatever lay in memory)",
            "small random values, as nn.Linear has them",
        )
        t.trait(f"trainable, {at}", sorted(roles))
        on_scores = any(e.tensor.shape == (weight[0], size.old_classes) for e in new)
        kept = on_scores and all(name in prepared.found for name in OLD_HEAD)
        t.trait(f"on top of the old head, {at}", kept)
        t.trait(f"new, {at}", sorted(str(tuple(e.tensor.shape)) for e in new))
        t.trait(f"an attribute requires_grad, {at}", _marked(t, network.model))
        t.trait(f"gradients reach the backbone, {at}", _reached(t, prepared, size))
        if size is SMALL:
            count = sum(e.tensor.numel() for e in trainable)
            values = sum(e.tensor.numel() for e in prepared.entries if e.kind == "parameter")
            t.show(f"of {values} values {count} learn: the head's {weight} and {bias}")


def _new(trainable: list[Entry], new: list[Entry]) -> str:
    """Which new parameters there are, and which of them learn."""
    learns = [str(tuple(e.tensor.shape)) for e in new if e in trainable]
    frozen = [str(tuple(e.tensor.shape)) for e in new if e not in trainable]
    if not new:
        return "there is no new parameter"
    told = f"new and requiring gradients: {some(learns)}"
    return told + (f"; new but frozen: {some(frozen)}" if frozen else "")


def _marked(t: Trial, model: Ref) -> bool:
    """Whether somebody set ``requires_grad`` on modules, where it means nothing."""
    try:
        first = t.subject.attribute(model, "conv1")
    except LearnerError:
        return False
    for module in (model, first):
        try:
            t.subject.attribute(module, "requires_grad")
        except LearnerError:
            continue
        return True
    return False


def _reached(t: Trial, prepared: Prepared, size: Size) -> bool:
    """Whether a backward run gives a gradient to any parameter of the backbone."""
    x, upstream = images(t, 2), t.randn(2, size.n_classes).float()
    try:
        answer = t.subject.gradients(prepared.model, x, upstream, train=False)
    except LearnerError:
        return False
    backbone = [there for name, there in prepared.found.items() if name not in OLD_HEAD]
    return any(answer["parameters"].get(there) is not None for there in backbone)


def head_on_features(t: Trial) -> None:
    for size in (SMALL, OTHER):
        prepared = prepare(t, pretrained(t, size), size)
        _set_head(t, prepared, size)
        for n in (6, 1):
            x = images(t, n)
            case = {"the batch size": n}
            what = f"logits of {n} image{'s' * (n > 1)} for {size.n_classes} classes"
            run = partial(t.subject.forward, prepared.model, x, train=False)
            wanted = f"logits of shape ({n}, {size.n_classes})"
            out = t.attempt(what, partial(listen, t, what, run), wanted, case)
            if out is None:
                t.trait(f"{what}: a row an image", f"({n}x" in t.notes[-1].observed)
            else:
                t.see(what, out, CLOSE, case=case)
        x, upstream = images(t, 4), t.randn(4, size.n_classes).float()
        answer = t.attempt(
            "backward",
            partial(t.subject.gradients, prepared.model, x, upstream, train=False),
        )
        if answer is None:
            continue
        for name, place in zip(("weight", "bias"), prepared.head(size), strict=True):
            gradient = answer["parameters"].get(place.name)
            seen = None if gradient is None else place.inward(gradient)
            t.see(f"gradient of the head's {name}, {size.n_classes} classes", seen, CLOSE)


def _set_head(t: Trial, prepared: Prepared, size: Size) -> list[Tensor]:
    """Give the new head a known weight and bias."""
    values = [t.randn(*shape).float() for shape in size.head_shapes]
    there = prepared.head(size)
    inward = zip(there, values, strict=True)
    t.subject.load(prepared.model, {place.name: place.inward(value) for place, value in inward})
    return values


def optimizer(t: Trial) -> None:
    for lr in (0.0625, 0.5):
        network = pretrained(t)
        prepared = prepare(t, network)
        at = f"lr={lr}"
        run = partial(t.subject.build, "head_optimizer", prepared.model, lr)
        made = t.attempt(at, partial(listen, t, at, run), _AN_OPTIMIZER)
        if made is None:
            continue
        groups = param_groups(t, made)
        t.require(
            f"an optimizer, {at}",
            groups is not None,
            f"`head_optimizer` returned {class_name(t, made)}",
            "an optimizer of torch.optim",
        )
        t.trait(f"returned, {at}", class_name(t, made) if groups is None else "an optimizer")
        if groups is None:
            continue
        # Who holds the head's tensors themselves sees new values in them; a copy does not.
        _set_head(t, prepared, SMALL)
        entries = t.subject.entries(prepared.model)
        held = [p for group in param_groups(t, made) or [] for p in group["params"]]
        roles = [role_of(p.tensor, entries, prepared) for p in held]
        head = {place.name for place in prepared.head(SMALL)}
        backbone = [role for role in roles if role in network.backbone("parameter")]
        t.require(
            f"none of the backbone, {at}",
            not backbone,
            f"the optimizer holds {len(backbone)} of the backbone's parameters: {some(backbone)}",
            "the head's weight and bias alone",
        )
        t.require(
            f"the whole head, {at}",
            head <= set(roles),
            f"the optimizer holds {len(head & set(roles))} of the head's two tensors",
            "the head's weight and bias",
        )
        strangers = [
            str(tuple(p.tensor.shape))
            for p, role in zip(held, roles, strict=True)
            if role not in head and role not in backbone
        ]
        t.require(
            f"nothing else, {at}",
            not strangers,
            f"the optimizer holds tensors that the new head does not have: {some(strangers)}",
            "the head's weight and bias, no copies of them, and nothing else",
        )
        rates = [number(group.get("lr")) for group in groups]
        t.require(
            f"the learning rate, {at}",
            all(abs(rate - lr) < 1e-6 for rate in rates),
            f"with lr={lr} the optimizer's learning rate is {rates[0]:g}",
            f"{lr:g}",
        )
        after = {e.name for e in entries if e.kind == "parameter" and e.requires_grad}
        before = {e.name for e in prepared.trainable()}
        t.require(
            f"still frozen, {at}",
            after == before,
            f"afterwards {len(after)} parameters require gradients, before it was {len(before)}",
            "`head_optimizer` changes nothing in the model",
        )
        old = [network.values[name] for name in OLD_HEAD]
        names = sorted(
            "the old head"
            if any(equal(p.tensor, value) for value in old)
            else role
            if role in backbone
            else shape_of(role, entries)
            for p, role in zip(held, roles, strict=True)
        )
        t.trait(f"held, {at}", names)
        t.trait(f"after, {at}", len(after))
        t.show(f"{class_name(t, made).split()[-1]} holds {' and '.join(names)} alone, lr {lr:g}")


def backbone_unchanged(t: Trial) -> None:
    network = pretrained(t)
    prepared = prepare(t, network)
    held = t.subject.build("head_optimizer", prepared.model, 0.1)
    batches = [(images(t, n), t.randint(0, SMALL.n_classes, n)) for n in (6, 4, 6)]
    what = "training for 3 steps"
    run = partial(t.subject.train, "train_head", prepared.model, batches, held)
    t.attempt(what, partial(listen, t, what, run), _LOSSES)
    after = {e.name: e for e in t.subject.entries(prepared.model)}
    moved = {}
    for name, there in prepared.found.items():
        if name in OLD_HEAD:
            continue
        now = after[there].tensor if there in after else torch.tensor(float("nan"))
        if not torch.equal(now, network.values[name]):
            moved[name] = now
    for kind, what in (("parameter", "parameters"), ("buffer", "running statistics")):
        wanted = network.backbone(kind)
        names = [name for name in wanted if name in moved]
        t.require(
            f"the backbone's {what}",
            not names,
            f"after three steps {len(names)} of the backbone's {len(wanted)} {what} have "
            f"changed: {some(names, 2)}",
            "the values from before, to the last bit",
        )
    before = {e.name for e in prepared.trainable()}
    thawed = [e.name for e in after.values() if e.kind == "parameter" and e.requires_grad]
    t.require(
        "still frozen",
        set(thawed) <= before,
        f"afterwards {len(thawed)} parameters require gradients, before it was {len(before)}",
        "the head's two, as before",
    )
    t.trait("moved", sorted(moved))
    t.trait("thawed", len(thawed))
    t.trait("batches counted", _counted(network, moved, len(batches)))
    if moved:
        rows = [[n, *_moved(network.values[n], now)] for n, now in moved.items()]
        t.table("What changed in the backbone", ["tensor", "before", "after"], rows)
    kept = len(network.backbone("parameter")), len(network.backbone("buffer"))
    t.show(f"{kept[0]} parameters and {kept[1]} running statistics: none moved in three steps")


def _counted(network: Pretrained, moved: dict[str, Tensor], batches: int) -> list[str]:
    """How many of the batches the batch norms counted, as those in train mode do."""
    counts = set()
    for name, now in moved.items():
        if name.endswith("num_batches_tracked"):
            more = now.item() - network.values[name].item()
            counts.add("fewer" if more < 0 else "some" if more < batches else "all")
    return sorted(counts)


def _moved(before: Tensor, now: Tensor) -> list[str]:
    """The number of a tensor that moved most, before and after."""
    if before.shape != now.shape:
        return [str(tuple(before.shape)), str(tuple(now.shape))]
    place = int((before.double() - now.double()).abs().flatten().argmax())
    return [f"{x.flatten()[place].item():.4g}" for x in (before, now)]


def training_steps(t: Trial) -> None:
    for sizes in ((6,), (6, 3, 5)):
        prepared = prepare(t, pretrained(t))
        before = _set_head(t, prepared, SMALL)
        optimizer = t.subject.optimizer(prepared.model, "RecordingSGD", lr=1.0)
        batches = [(images(t, n), t.randint(0, SMALL.n_classes, n)) for n in sizes]
        steps = f"{len(sizes)} step" + "s" * (len(sizes) > 1)
        case = {"the number of steps": len(sizes)}
        what = f"training for {steps}"
        run = partial(t.subject.train, "train_head", prepared.model, batches, optimizer)
        noted = len(t.notes)
        losses = t.attempt(what, partial(listen, t, what, run), _LOSSES, case)
        raised = len(t.notes) > noted
        entries = {e.name: e for e in t.subject.entries(prepared.model)}
        there = prepared.head(SMALL)
        if not raised:
            judge_losses(t, losses, len(batches), steps, case, CLOSE)
            t.require(
                f"the head still there after {steps}",
                all(place.name in entries for place in there),
                f"after {steps} the head's tensors are no longer in the model",
                "the same tensors, with new values",
            )
            for name, place, old in zip(("weight", "bias"), there, before, strict=True):
                if place.name in entries:
                    change = place.inward(entries[place.name].tensor) - old
                    t.see(f"change of the head's {name} in {steps}", change, CLOSE, case=case)
        calls = t.subject.facts(optimizer)["calls"]
        first = calls[: calls.index("step")] if "step" in calls else []
        t.trait(f"optimizer.step calls for {steps}", calls.count("step"))
        t.trait(f"backward before the first of {steps}", "backward" in first)
        t.trait(f"head trainable after {steps}", any(e.requires_grad for e in entries.values()))


def learns(t: Trial) -> None:
    real = real_task()
    if real is None:
        learns_colours(t)
    else:
        learns_photographs(t, real)
