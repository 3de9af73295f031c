"""What checkpoint ``mlp`` claims, one function a claim. Runs in the judge."""

from __future__ import annotations

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.activations import NUMBERS, judge_relu
from lessons.complaints import complaint, listen
from lessons.placing import Place, places
from lessons.scaffold.mlp.looking import (
    dimension_of_sum,
    judge_losses,
    kind_of,
    measured_in_train,
    sizes_of_product,
    stands_there,
    steady,
    told_calls,
    told_shapes,
    what_came,
)
from lessons.spread import judge_even
from lessons.trial import UNJUDGED, Trial
from lessons.types_built import judge_types
from lessons.workbench import LearnerError, Ref, SeenTensor
from reference import data

# Chosen by measurement: docs/figures.md.
BATCH_SIZE = 32
LEARNING_RATE = 2e-3
GOAL = 0.85


def parameters(t: Trial) -> None:
    build = partial(t.subject.build, "Linear", 3, 5)
    layer = listen(t, "Linear(3, 5)", build, "a layer with 3 inputs and 5 outputs")
    facts = t.subject.facts(layer)
    entries = t.subject.entries(layer)
    for told, classes in (
        ("is torch.nn.Linear, or a subclass of it", facts["lineage"]),
        ("has a torch.nn.Linear inside", facts["inside"]),
    ):
        t.require(
            f"your own layer: {told}",
            "torch.nn.modules.linear.Linear" not in classes,
            f"`Linear` {told}",
            "a class of your own, made from nn.Module: nn.Linear is what yours is compared with",
        )
    t.trait("tensors", [f"{e.kind} {e.name} {tuple(e.tensor.shape)}" for e in entries])
    found = {e.name: e for e in entries}
    shapes: dict[str, tuple[int, ...]] = {"weight": (5, 3), "bias": (5,)}
    for name, shape in shapes.items():
        entry = found.get(name)
        if entry is None:
            there = ", ".join(f"`{n}`" for n in found) or "no tensor at all"
            wanted = f"`{name}` of shape {shape}"
            t.require(f"`{name}`", False, f"no `{name}`; there is {there}", wanted)
            continue
        t.require(
            f"`{name}` is a parameter",
            entry.kind == "parameter" and entry.requires_grad,
            f"`{name}` is {kind_of(entry.kind, entry.requires_grad)}",
            "an nn.Parameter, so that `parameters()` finds it and it can be trained",
        )
        t.require(
            f"shape of `{name}`",
            tuple(entry.tensor.shape) == shape,
            f"for Linear(3, 5), `{name}` has shape {tuple(entry.tensor.shape)}",
            f"{shape}: (out_features{', in_features' if len(shape) == 2 else ''})",
        )
    extra = [e.name for e in entries if e.kind == "parameter" and e.name not in ("weight", "bias")]
    t.require(
        "no other parameters",
        not extra,
        f"parameters besides weight and bias: {', '.join(extra)}",
        "`weight` and `bias` only",
    )
    judge_types(t, "Linear", 3, 5)
    build = partial(t.subject.build, "Linear", 3, 5, bias=False)
    bare = listen(t, "Linear(3, 5, bias=False)", build, "a layer without a bias")
    names = [e.name for e in t.subject.entries(bare)]
    instead = "a `bias`" if "bias" in names else stands_there(t, bare)
    if "bias" not in found:
        instead = ""  # that is said already
    t.trait("for bias=False", instead)
    t.require(
        "no bias when bias=False",
        not instead,
        f"Linear(3, 5, bias=False) has {instead}",
        "`bias` is None",
    )


def initial_values(t: Trial) -> None:
    sizes = ((64, 300), (25, 400))
    bias: dict[int, list[Tensor]] = {n: [] for n, _ in sizes}
    for inputs, outputs in sizes:
        first = _own_values(t, inputs, outputs)
        bias[inputs] = [first["bias"]]
        for _ in range(5):
            t.subject.seed += 1  # another layer, other random numbers
            more = _own_values(t, inputs, outputs, "bias")["bias"]
            # Code that sets a seed of its own draws the same values each time: they count once.
            if not any(torch.equal(more, seen) for seen in bias[inputs]):
                bias[inputs].append(more)
        # In units of the bound, so that right values lie evenly between -1 and 1.
        bound = inputs**-0.5
        weight = f"weight of Linear({inputs}, {outputs})"
        judge_even(t, weight, first["weight"], bound, "1/sqrt(in_features)")
        drawn = torch.cat(bias[inputs])
        judge_even(t, f"bias of Linear({inputs}, {outputs})", drawn, bound, "1/sqrt(in_features)")


def _own_values(t: Trial, inputs: int, outputs: int, *names: str) -> dict[str, Tensor]:
    layer = t.subject.build("Linear", inputs, outputs)
    return {entry.name: entry.tensor.flatten() for entry in t.subject.entries(layer, names)}


def linear_values(t: Trial) -> None:
    layer = t.subject.build("Linear", 3, 5)
    bare = t.subject.build("Linear", 3, 5, bias=False)
    weight = t.randn(5, 3)
    t.subject.load(layer, {"weight": weight, "bias": t.randn(5)})
    t.subject.load(bare, {"weight": weight})
    works = []
    for shape in ((4, 3), (1, 3), (3,), (2, 4, 3), (2, 1, 4, 3)):
        x = t.randn(*shape)
        case = {"the number of dimensions": len(shape), "the batch size": shape[0]}
        what = f"input {shape}"
        run = partial(listen, t, what, partial(t.subject.forward, layer, x))
        out = t.attempt(what, run, f"an output of shape {(*shape[:-1], 5)}", case)
        if out is not None:
            works.append(shape)
            t.see(what, out, case=case)
    t.trait("works", [len(shape) for shape in works])
    run = partial(listen, t, "bias=False", partial(t.subject.forward, bare, t.randn(4, 3)))
    out = t.attempt("bias=False", run, "an output of shape (4, 5), with nothing added")
    if out is not None:
        t.see("bias=False", out)
    x, upstream = t.randn(4, 3), t.randn(4, 5)
    answer = t.attempt("backward", lambda: t.subject.gradients(layer, x, upstream))
    if answer is not None:
        found = {"the input": answer["input"]}
        found |= {f"`{name}`": answer["parameters"].get(name) for name in ("weight", "bias")}
        for name, gradient in found.items():
            t.require(
                f"a gradient for {name}",
                gradient is not None,
                f"no gradient reaches {name}",
                "a gradient: `forward` uses it as it is, without .data or .detach()",
            )
            if gradient is not None:
                t.see(f"gradient of {name}", gradient)


FEW, MORE = (1, 2, 5, 16), (32, 64, 100, 128)  # images in a batch


def raw_scores(t: Trial) -> None:
    build = partial(t.subject.build, "SimpleMLP")
    network = listen(t, "SimpleMLP()", build, "a network: `SimpleMLP()` takes no arguments")
    # Weights of both signs and of some size: then right scores have both signs as well.
    values = {}
    for name, kind, shape in t.subject.rows(network):
        if kind == "parameter":
            values[name] = 3 * t.randn(*shape) / math.sqrt(max(shape, default=1))
    t.subject.load(network, values)
    works: list[int] = []
    raises: dict[int, LearnerError] = {}
    scores = None
    for size in (*FEW, *MORE):
        if size in MORE and not raises:
            break  # which sizes work is of interest only where some do not
        try:
            out = t.subject.forward(network, t.randn(size, 1, 28, 28))
        except LearnerError as error:
            if error.kind in UNJUDGED:
                raise
            raises[size] = error
            continue
        works.append(size)
        t.require(
            f"shape for {size} images",
            tuple(out.shape) == (size, 10),
            f"{size} image{'s' * (size > 1)} gave shape {tuple(out.shape)}",
            f"({size}, 10): ten scores an image",
        )
        if size < 3:
            t.trait(f"shape for {size} images", list(out.shape))
        scores = out if tuple(out.shape) == (size, 10) else scores
    if not works:
        first = raises[1]
        t.trait("complaint", complaint(first))
        t.trait("the product that failed", sizes_of_product(first))
        first.expected = "(1, 10) for an image (1, 1, 28, 28): ten scores"
        raise first
    t.trait("a single image works", 1 in works)
    t.trait("sizes that work", "all" if not raises else "one" if len(works) == 1 else "some")
    t.require(
        "any batch size",
        not raises,
        f"works for batches of {_some(works)}, not of {_some(list(raises))}: "
        f"{next(iter(raises.values()), '')}",
        "any number of images",
    )
    if scores is None:
        return
    finite = scores.isfinite().double().mean().item()
    t.require(
        "finite",
        finite == 1.0,
        f"{1 - finite:.0%} of the scores are NaN or infinite, for ordinary weights and images",
        "finite numbers",
    )
    one = torch.ones((), dtype=scores.dtype)
    adds_up = torch.allclose(scores.sum(1), one.expand(len(scores)), atol=1e-4)
    t.require(
        "not probabilities",
        not (adds_up and bool((scores >= 0).all())),
        "each row is positive and adds up to 1: probabilities",
        "raw scores, of any sign and size",
    )
    t.require(
        "not log-probabilities",
        not torch.allclose(scores.logsumexp(1), 0 * one.expand(len(scores)), atol=1e-4),
        "each row's exponentials add up to 1: log-probabilities",
        "raw scores, of any sign and size",
    )
    negative = scores.lt(0).double().mean().item()
    one_sided = negative in (0.0, 1.0) and not adds_up
    t.require(
        "both signs",
        not one_sided or scores.std().item() == 0,
        f"no score is {'negative' if negative == 0 else 'positive'}",
        "scores of both signs, with weights of both signs",
    )
    t.trait("all from 0 to 1", bool(scores.min() >= 0 and scores.max() <= 1))
    t.trait("columns add up to 1", bool((scores.sum(0) - 1).abs().max() < 1e-4))
    t.trait("share of zeros", round(scores.eq(0).double().mean().item(), 1), tolerance=0.3)
    t.require(
        "each image its own scores",
        (scores - scores[:1]).abs().max().item() > 1e-9,
        "every image gets the same scores",
        "scores that depend on the image",
    )


def _some(numbers: list[int]) -> str:
    return ", ".join(str(n) for n in numbers)


def same_outputs(t: Trial) -> None:
    network = t.subject.build("SimpleMLP")
    entries = [e for e in t.subject.entries(network) if e.kind == "parameter"]
    wanted = {"weight 1": (100, 784), "bias 1": (100,), "weight 2": (10, 100), "bias 2": (10,)}
    found = places(entries, list(wanted.values()))
    shapes = [tuple(e.tensor.shape) for e in entries]
    t.require(
        "its parameters",
        found is not None,
        f"SimpleMLP has {told_shapes(shapes)}",
        f"{told_shapes(list(wanted.values()))}: 784 -> 100 -> 10, each layer with its bias",
    )
    if found is None:
        t.trait("shapes", sorted(str(shape) for shape in shapes))
        widths = [shape for shape in shapes if len(shape) == 2]
        t.trait("number of matrices", len(widths))
        return
    place = dict(zip(wanted, found, strict=True))
    values = {name: t.randn(*shape) / math.sqrt(shape[-1]) for name, shape in wanted.items()}
    t.subject.load(network, {place[n].name: place[n].inward(v) for n, v in values.items()})
    for size in (6, 3, 1):
        images = 8 * t.randn(size, 1, 28, 28)  # large enough for a ReLU that ends at 6 to show
        out = t.subject.forward(network, images)
        if not steady(t, network, images, out):
            return
        if size == 6:
            _function_between(t, network, place)
            t.subject.load(network, {place[n].name: place[n].inward(v) for n, v in values.items()})
        t.see(f"logits of {size} images", out, case={"the batch size": size})
    answer = t.subject.gradients(network, t.randn(4, 1, 28, 28), t.randn(4, 10))
    for name in wanted:
        gradient = answer["parameters"].get(place[name].name)
        t.see(f"gradient of {name}", None if gradient is None else place[name].inward(gradient))


def _function_between(t: Trial, network: Ref, place: dict[str, Place]) -> None:
    """Read off what happens to ten hidden units: each is given a number, by its bias and then by
    its weights, and hands on to a score of its own what is made of it."""
    numbers = torch.tensor(NUMBERS)
    made = []
    for way in ("bias", "weight"):
        units = torch.randperm(100, generator=t.generator)[: len(numbers)]
        values = {
            "weight 1": torch.zeros(100, 784),
            "bias 1": t.randn(100).float(),  # the other 90 have nobody to hand on to
            "weight 2": torch.zeros(10, 100),
            "bias 2": torch.zeros(10),
        }
        values["bias 1"][units] = numbers if way == "bias" else 0.0
        if way == "weight":
            values["weight 1"][units] = (numbers / 784)[:, None].expand(-1, 784)
        values["weight 2"][torch.arange(10), units] = 1
        t.subject.load(network, {place[n].name: place[n].inward(v) for n, v in values.items()})
        made.append(
            t.subject.forward(network, torch.ones(1, 1, 28, 28, dtype=getattr(torch, t.dtype)))
        )
    judge_relu(t, "between your two layers", *made)


def training_step(t: Trial) -> None:
    for sizes in ((5,), (5, 3, 4)):
        network = t.subject.instrument("TinyNetwork", 16, 6, 4, dtype=t.dtype)
        t.subject.load(
            network,
            {
                "linear1.weight": t.randn(6, 16),
                "linear1.bias": t.randn(6),
                "linear2.weight": t.randn(4, 6),
                "linear2.bias": t.randn(4),
            },
        )
        optimizer = t.subject.optimizer(network, "RecordingSGD", lr=0.1)
        batches = [(t.randn(n, 1, 4, 4), t.randint(0, 4, n)) for n in sizes]
        steps = f"{len(sizes)} step" + "s" * (len(sizes) > 1)
        case = {"the number of steps": len(sizes)}
        run = partial(t.subject.train, "train", network, batches, optimizer)
        losses = listen(t, steps, run, "a list of losses from train(model, batches, optimizer)")
        calls = t.subject.facts(optimizer)["calls"]
        t.require(
            f"one call a batch in {steps}",
            calls.count("step") == len(sizes),
            told_calls(calls.count("step"), len(sizes)),
            "one call for each batch, of the optimizer that `train` is given",
        )
        for entry in t.subject.entries(network):
            t.see(f"{entry.name} after {steps}", entry.tensor, case=case)
        before = calls[: calls.index("step")] if "step" in calls else []
        t.trait(f"optimizer.step calls for {steps}", calls.count("step"))
        t.trait(f"backward before the first of {steps}", "backward" in before)
        t.trait(f"backward calls for {steps}", calls.count("backward"))
        judge_losses(t, losses, steps, case)


def accuracy(t: Trial) -> None:
    batches = []
    for size, hits in ((64, 60), (64, 40), (7, 1)):
        logits = t.rand(size, 10)
        labels = t.randint(0, 10, size)
        order = torch.argsort(t.rand(size))
        for place, image in enumerate(order.tolist()):
            winner = labels[image] if place < hits else (labels[image] + 1 + place % 9) % 10
            logits[image, winner] += 2
            if place >= hits and place % 2:
                logits[image, labels[image]] -= 2  # the lowest score is right for some, too
        images = torch.cat([logits, t.randn(size, 6)], 1).view(size, 1, 4, 4).float()
        batches.append((images, labels))
    for train in (True, False):
        mode = "train" if train else "eval"
        model = t.subject.instrument("RecordingModel", 10)
        t.subject.set_mode(model, train=train)
        run = partial(t.subject.call, "accuracy", model, batches)
        try:
            answer = listen(t, f"from {mode}", run, "a fraction from accuracy(model, batches)")
        except LearnerError as error:
            t.trait("dimension that does not fit", dimension_of_sum(error))
            raise
        facts = t.subject.facts(model)
        if isinstance(answer, SeenTensor) and answer.tensor.numel() == 1:
            answer = answer.tensor.item()
        t.require(
            f"a number, from {mode}",
            isinstance(answer, int | float),
            f"`accuracy` returned {what_came(answer)}",
            "a fraction from 0 to 1",
        )
        t.trait(f"what came, from {mode}", "None" if answer is None else "something")
        t.trait(f"images measured in train mode, from {mode}", measured_in_train(facts["calls"]))
        if mode == "eval":
            t.require(
                "measured in eval mode",
                not measured_in_train(facts["calls"]),
                "a model that comes in eval mode is put into train mode while it is measured",
                "eval mode: what is measured is how the model is used",
            )
        if isinstance(answer, int | float):
            t.see("fraction of 135 images that are right", float(answer), tolerance=1e-5)
            if answer == 0:
                # Images whose labels win, the last one by most: what is 0 there, too?
                labels = torch.arange(1, 10)
                heights = labels + 0.5 * (labels > 3)
                logits = F.one_hot(labels, 16) * heights[:, None]
                easy = [(logits.view(9, 1, 4, 4).float(), labels)]
                every = t.subject.call("accuracy", t.subject.instrument("RecordingModel", 10), easy)
                t.trait("fraction where all are right", every)
        t.require(
            f"{mode} mode kept",
            facts["training"] is train,
            f"a model in {mode} mode is in {'eval' if train else 'train'} mode afterwards",
            "the mode that it had before",
        )
        seen = sum(size for _, _, size in facts["calls"])
        t.require(
            f"every image seen, from {mode}",
            seen >= 135,  # more than once is slow, and right all the same
            f"the model saw {seen} of 135 images",
            "every image",
        )
        t.require(
            f"no graph, from {mode}",
            not any(grad for grad, _, _ in facts["calls"]),
            "the model ran with gradients on, so each batch built a graph",
            "gradients off, by torch.no_grad() or torch.inference_mode()",
        )


def learns(t: Trial) -> None:
    images, labels = data.digits("train")
    test_images, test_labels = data.digits("test")
    batches = data.batches(images, labels, BATCH_SIZE, generator=t.generator)
    network = t.subject.build("SimpleMLP")
    optimizer = t.subject.optimizer(network, "Adam", lr=LEARNING_RATE)
    reached, before = 0.0, None

    def look(step: int, logits: Tensor) -> None:
        nonlocal reached, before
        reached = logits.argmax(1).eq(test_labels).double().mean().item()
        before = reached if before is None else before
        loss = F.cross_entropy(logits, test_labels).item()
        t.loss(step, len(batches), loss, reached)

    t.subject.train("train", network, batches, optimizer, watch=test_images, every=25, on_step=look)
    t.require(
        "test accuracy",
        reached > GOAL,
        f"{reached:.1%} of 2,000 test digits are right after one pass",
        f"more than {GOAL:.0%}",
    )
    if before is not None:
        t.show(f"from {before:.1%} to {reached:.1%} of 2,000 test digits, in one pass over 8,000")
    test = data.batches(test_images, test_labels, 300)
    claimed = t.subject.call("accuracy", network, test)
    t.trait("accuracy by your own function", claimed, tolerance=1.0)
    for entry in t.subject.entries(network):
        shape = tuple(entry.tensor.shape)
        if shape in ((100, 784), (784, 100)):
            rows = entry.tensor if shape == (100, 784) else entry.tensor.T
            filters = rows[:8].reshape(8, 28, 28)
            t.picture("The first layer's weights, one picture a unit", filters, signed=True)
