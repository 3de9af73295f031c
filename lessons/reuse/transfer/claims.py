"""What checkpoint ``transfer`` claims, one function a claim. Runs in the judge."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.instruments import PretrainedNetwork
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
    is_statistic,
    look_at,
    prepare,
    pretrained,
    returns,
    some,
)
from lessons.trial import Trial
from lessons.workbench import Entry, LearnerError, Ref, SeenTensor
from reference import data

# Sums of float32 terms in another order differ by some 1e-6.
CLOSE = 1e-4

# Chosen by measurement, see tests/lessons/test_transfer.py: right answers reach 0.93 at least.
COLOURS = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 1.0, 0.0))
LEARNERS = Size((16, 64), 7, len(COLOURS))
STEPS, BATCH_SIZE, TESTED = 80, 16, 400
LEARNING_RATES = (0.1, 1.0)  # the second for optimizers that move slowly, such as Adadelta
GOAL = 0.6


def pretrained_backbone(t: Trial) -> None:
    for size in (SMALL, OTHER):
        network = pretrained(t, size)
        if size is OTHER:
            t.subject.set_mode(network.model, train=False)
        came = t.subject.build("prepare_for_feature_extraction", network.model, size.n_classes)
        at = f"{size.n_classes} classes"
        is_model = returns(t, came, MODULE)
        t.require(
            f"returns a model, {at}",
            is_model,
            f"`prepare_for_feature_extraction` returned {class_name(t, came)}",
            "the model, as an nn.Module",
        )
        t.trait(f"returned, {at}", "a model" if is_model else class_name(t, came))
        entries, found = look_at(t, came if is_model else network.model, network)
        missing = [n for n in network.values if n not in found and n not in OLD_HEAD]
        for kind, what in (("parameter", "parameters"), ("buffer", "running statistics")):
            wanted = network.backbone(kind)
            gone = [name for name in wanted if name in missing]
            t.require(
                f"pretrained {what}, {at}",
                not gone,
                f"{len(gone)} of the backbone's {len(wanted)} {what} are not in the model that "
                f"comes back: {some(gone)}",
                f"all {len(wanted)}, with the values that they had",
            )
        t.trait(f"missing, {at}", missing)
        t.trait(f"there are as many tensors, {at}", len(entries) >= len(network.values))
        t.trait(f"takes images, {at}", is_model and _takes_images(t, came))
        counts = len(network.backbone("parameter")), len(network.backbone("buffer"))
        t.show(f"{counts[0]} parameters and {counts[1]} running statistics, value for value")
        if missing and is_model:
            rows = [[n, "missing" if n in missing else "as it was"] for n in network.values]
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
            what = f"logits of {n} images for {size.n_classes} classes"
            out = t.attempt(
                what, lambda p=prepared, x=x: t.subject.forward(p.model, x, train=False), case=case
            )
            if out is not None:
                t.see(what, out, CLOSE, case=case)
        x, upstream = images(t, 4), t.randn(4, size.n_classes).float()
        answer = t.attempt(
            "backward",
            lambda p=prepared, x=x, u=upstream: t.subject.gradients(p.model, x, u, train=False),
        )
        if answer is None:
            continue
        for name, place in zip(("weight", "bias"), prepared.head(size), strict=True):
            gradient = answer["parameters"].get(place.name)
            seen = None if gradient is None else place.inward(gradient)
            t.see(f"gradient of the head's {name}, {size.n_classes} classes", seen, CLOSE)


def _set_head(t: Trial, prepared: Prepared, size: Size) -> None:
    """Give the new head known values."""
    values = [t.randn(*shape).float() for shape in size.head_shapes]
    there = prepared.head(size)
    inward = zip(there, values, strict=True)
    t.subject.load(prepared.model, {place.name: place.inward(value) for place, value in inward})


def optimizer(t: Trial) -> None:
    for lr in (0.0625, 0.5):
        network = pretrained(t)
        prepared = prepare(t, network)
        made = t.subject.build("head_optimizer", prepared.model, lr)
        at = f"lr={lr}"
        groups = _groups(t, made)
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
        held = [p for group in _groups(t, made) or [] for p in group["params"]]
        roles = [_role_of(p.tensor, entries, prepared) for p in held]
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
        rates = [_number(group.get("lr")) for group in groups]
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
            if any(_equal(p.tensor, value) for value in old)
            else role
            if role in backbone
            else _shape_of(role, entries)
            for p, role in zip(held, roles, strict=True)
        )
        t.trait(f"held, {at}", names)
        t.trait(f"after, {at}", len(after))
        t.show(f"{class_name(t, made)} holds {' and '.join(names)} alone, lr {lr:g}")


def _groups(t: Trial, made: Ref) -> list[dict[str, Any]] | None:
    """The optimizer's groups of parameters, or None when it is no optimizer."""
    try:
        groups = t.subject.attribute(made, "param_groups")
    except LearnerError:
        return None
    fits = isinstance(groups, list) and all(
        isinstance(group, dict)
        and isinstance(group.get("params"), list)
        and all(isinstance(p, SeenTensor) for p in group["params"])
        for group in groups
    )
    return groups if fits and groups else None


def _role_of(value: Tensor, entries: list[Entry], prepared: Prepared) -> str:
    """Which tensor the optimizer holds: of the backbone by its pretrained name, another of the
    model by its own, none of the model's as ""."""
    there = next(
        (e.name for e in entries if e.kind == "parameter" and _equal(e.tensor, value)),
        "",
    )
    names = {there: name for name, there in prepared.found.items() if name not in OLD_HEAD}
    return names.get(there, there)


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and torch.equal(a, b)


def _shape_of(name: str, entries: list[Entry]) -> str:
    shape = next((tuple(e.tensor.shape) for e in entries if e.name == name), None)
    return "another tensor" if shape is None else str(shape)


def _number(value: object) -> float:
    value = value.tensor.item() if isinstance(value, SeenTensor) else value
    return float(value) if isinstance(value, int | float) else float("nan")


def backbone_unchanged(t: Trial) -> None:
    network = pretrained(t)
    prepared = prepare(t, network)
    held = t.subject.build("head_optimizer", prepared.model, 0.1)
    batches = [(images(t, n), t.randint(0, SMALL.n_classes, n)) for n in (6, 4, 6)]
    t.attempt("training", lambda: t.subject.train("train_head", prepared.model, batches, held))
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
        _set_head(t, prepared, SMALL)
        optimizer = t.subject.optimizer(prepared.model, "RecordingSGD", lr=0.1)
        batches = [(images(t, n), t.randint(0, SMALL.n_classes, n)) for n in sizes]
        steps = f"{len(sizes)} step" + "s" * (len(sizes) > 1)
        case = {"the number of steps": len(sizes)}
        before = len(t.notes)
        losses = t.attempt(
            steps,
            lambda b=batches, p=prepared, o=optimizer: t.subject.train("train_head", p.model, b, o),
            case=case,
        )
        raised = len(t.notes) > before
        entries = {e.name: e for e in t.subject.entries(prepared.model)}
        there = prepared.head(SMALL)
        if not raised:
            for name, place in zip(("weight", "bias"), there, strict=True):
                value = place.inward(entries[place.name].tensor)
                t.see(f"the head's {name} after {steps}", value, CLOSE, case=case)
            _losses(t, losses, steps, case)
        calls = t.subject.facts(optimizer)["calls"]
        first = calls[: calls.index("step")] if "step" in calls else []
        t.trait(f"optimizer.step calls for {steps}", calls.count("step"))
        t.trait(f"backward before the first of {steps}", "backward" in first)
        t.trait(f"head trainable after {steps}", entries[there[0].name].requires_grad)


def _losses(t: Trial, losses: object, steps: str, case: dict[str, int]) -> None:
    what = f"losses of {steps}"
    if isinstance(losses, SeenTensor) and losses.tensor.ndim == 1:
        losses = [SeenTensor(one, losses.requires_grad) for one in losses.tensor]
    is_list = isinstance(losses, list) and all(_is_number(one) for one in losses)
    t.require(
        f"{what} as a list",
        is_list,
        f"`train_head` returned {_what_came(losses)}",
        "a list with one loss, a Python float, for each step",
    )
    if not isinstance(losses, list) or not is_list:
        t.trait(f"{what}: what came", _what_came(losses))
        return
    t.require(
        f"{what} keep no graph",
        not any(isinstance(one, SeenTensor) and one.requires_grad for one in losses),
        "the losses are tensors that still hang on their graph",
        "Python floats",
    )
    values = [one.tensor.item() if isinstance(one, SeenTensor) else float(one) for one in losses]
    t.see(what, values, CLOSE, case=case)


def _is_number(value: object) -> bool:
    if isinstance(value, SeenTensor):
        return value.tensor.numel() == 1
    return isinstance(value, int | float) and not isinstance(value, bool)


def _what_came(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, SeenTensor):
        return f"a tensor of shape {tuple(value.tensor.shape)}"
    if isinstance(value, list):
        return f"a list of {len(value)} things that are not all numbers"
    return "one number" if isinstance(value, int | float) else f"a {type(value).__name__}"


def learns(t: Trial) -> None:
    train_images, test_images = data.digits("train")[0], data.digits("test")[0]
    training = _coloured(t, train_images[: STEPS * BATCH_SIZE])
    batches = data.batches(*training, BATCH_SIZE)
    shown, labels = _coloured(t, test_images[:TESTED])
    network = pretrained(t, LEARNERS)
    _settle(network, training[0][:200])
    reached = before = loss = 0.0

    def look(step: int, logits: Tensor) -> None:
        nonlocal reached, before, loss
        if logits.shape != (TESTED, LEARNERS.n_classes):
            return  # the code keeps the head apart while it trains
        reached = logits.argmax(1).eq(labels).double().mean().item()
        before = reached if step == 0 else before
        loss = F.cross_entropy(logits, labels).item()
        t.loss(step, STEPS, loss, reached)

    for lr in LEARNING_RATES:
        if reached > GOAL:
            break
        model = t.subject.instrument("PretrainedNetwork", LEARNERS.widths, LEARNERS.old_classes)
        t.subject.load(model, network.values)
        prepared = prepare(t, Pretrained(model, network.values), LEARNERS)
        held = t.subject.build("head_optimizer", prepared.model, lr)
        t.subject.train(
            "train_head", prepared.model, batches, held, watch=shown, every=10, on_step=look
        )
    t.require(
        "test accuracy",
        reached > GOAL,
        f"{reached:.1%} of {TESTED} test digits get the right colour after {STEPS} steps",
        f"more than {GOAL:.0%}, where guessing gets 25 %",
    )
    t.trait("worse than guessing", loss > 2 * math.log(LEARNERS.n_classes))
    t.show(f"from {before:.1%} to {reached:.1%} of {TESTED} coloured test digits, {STEPS} steps")


def _coloured(t: Trial, digits: Tensor) -> tuple[Tensor, Tensor]:
    """Digits (n, 1, 28, 28) in red, green, blue or yellow (n, 3, 28, 28), and which of them."""
    labels = t.randint(0, len(COLOURS), len(digits))
    return digits * torch.tensor(COLOURS)[labels][:, :, None, None], labels


def _settle(network: Pretrained, images: Tensor) -> None:
    """Give the network the running statistics that these images have in it, in place.

    Its weights are random, but then its features at least vary from image to image.
    """
    own = PretrainedNetwork(LEARNERS.widths, LEARNERS.old_classes)
    own.load_state_dict(copy.deepcopy(network.values))
    for module in own.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the plain mean over all batches
    with torch.no_grad():
        own(images)
    network.values.update(
        {name: value for name, value in own.state_dict().items() if is_statistic(name)}
    )
