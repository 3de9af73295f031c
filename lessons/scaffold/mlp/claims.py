"""What checkpoint ``mlp`` claims, one function a claim. Runs in the judge."""

from __future__ import annotations

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.placing import places
from lessons.spread import distance_from_uniform, tell_spread
from lessons.trial import Trial
from lessons.workbench import LearnerError, SeenTensor
from reference import data

# Chosen by measurement: docs/figures.md.
BATCH_SIZE = 32
LEARNING_RATE = 2e-3
GOAL = 0.85


def parameters(t: Trial) -> None:
    layer = t.subject.build("Linear", 3, 5)
    lineage = t.subject.facts(layer)["lineage"]
    entries = t.subject.entries(layer)
    t.require(
        "your own layer",
        "torch.nn.modules.linear.Linear" not in lineage,
        "`Linear` is torch.nn.Linear, or a subclass of it",
        "a class of your own, made from nn.Module: nn.Linear is what yours is compared with",
    )
    t.trait("tensors", [f"{e.kind} {e.name} {tuple(e.tensor.shape)}" for e in entries])
    found = {e.name: e for e in entries}
    shapes: dict[str, tuple[int, ...]] = {"weight": (5, 3), "bias": (5,)}
    for name, shape in shapes.items():
        entry = found.get(name)
        if entry is None:
            there = ", ".join(f"`{n}`" for n in found) or "no tensor at all"
            t.require(f"`{name}`", False, f"no `{name}`; there is {there}", f"`{name}`, {shape}")
            continue
        t.require(
            f"`{name}` is a parameter",
            entry.kind == "parameter" and entry.requires_grad,
            f"`{name}` is {_kind(entry.kind, entry.requires_grad)}",
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
    bare = t.subject.build("Linear", 3, 5, bias=False)
    names = [e.name for e in t.subject.entries(bare)]
    t.require(
        "no bias when bias=False",
        "bias" not in names and t.subject.attribute(bare, "bias") is None,
        "Linear(3, 5, bias=False) has a `bias`",
        "`bias` is None",
    )


def _kind(kind: str, requires_grad: bool) -> str:
    if kind == "attribute":
        return "a plain tensor"
    if kind == "parameter" and not requires_grad:
        return "a parameter that does not require gradients"
    return f"a {kind}"


def initial_values(t: Trial) -> None:
    sizes = ((64, 300), (25, 400))
    bias: dict[int, list[Tensor]] = {n: [] for n, _ in sizes}
    for inputs, outputs in sizes:
        first = _own_values(t, inputs, outputs)
        bias[inputs] = [first["bias"]]
        for _ in range(5):
            t.subject.seed += 1  # another layer, other random numbers
            bias[inputs].append(_own_values(t, inputs, outputs)["bias"])
        # In units of the bound, so that right values lie evenly between -1 and 1.
        bound = inputs**-0.5
        _even(t, f"weight of Linear({inputs}, {outputs})", first["weight"], bound)
        # Code that sets a seed of its own draws the same values each time: they count once.
        drawn = torch.stack(bias[inputs]).unique(dim=0).flatten()
        _even(t, f"bias of Linear({inputs}, {outputs})", drawn, bound)


def _own_values(t: Trial, inputs: int, outputs: int) -> dict[str, Tensor]:
    layer = t.subject.build("Linear", inputs, outputs)
    return {entry.name: entry.tensor.flatten() for entry in t.subject.entries(layer)}


def _even(t: Trial, what: str, values: Tensor, bound: float) -> None:
    """Uniform within the bound: Kolmogorov and Smirnov's distance below what chance allows.

    A right answer is refused once in 10^9 runs.
    """
    u = values.to(torch.float64) / bound
    spread = tell_spread(u)
    allowed = math.sqrt(math.log(2e9) / (2 * len(u)))
    t.require(
        what,
        distance_from_uniform(u) < allowed and u.abs().max().item() <= 1 + 1e-5,
        f"{what}: {spread.sentence(bound)}",
        f"spread evenly from {-bound:.4g} to {bound:.4g}, which is 1/sqrt(in_features)",
    )
    t.trait(f"{what}: kind", spread.kind)
    t.trait(f"{what}: side", spread.side)
    t.trait(f"{what}: size", spread.size, tolerance=0.1)


def linear_values(t: Trial) -> None:
    layer = t.subject.build("Linear", 3, 5)
    bare = t.subject.build("Linear", 3, 5, bias=False)
    weight = t.randn(5, 3)
    t.subject.load(layer, {"weight": weight, "bias": t.randn(5)})
    t.subject.load(bare, {"weight": weight})
    for shape in ((4, 3), (1, 3), (3,), (2, 4, 3), (2, 1, 4, 3)):
        x = t.randn(*shape)
        case = {"the number of dimensions": len(shape), "the batch size": shape[0]}
        what = f"input {shape}"
        out = t.attempt(what, partial(t.subject.forward, layer, x), case=case)
        if out is not None:
            t.see(what, out, case=case)
    out = t.attempt("bias=False", lambda: t.subject.forward(bare, t.randn(4, 3)))
    if out is not None:
        t.see("bias=False", out)
    x, upstream = t.randn(4, 3), t.randn(4, 5)
    answer = t.attempt("backward", lambda: t.subject.gradients(layer, x, upstream))
    if answer is not None:
        t.see("gradient of the input", answer["input"])
        t.see("gradient of weight", answer["parameters"].get("weight"))
        t.see("gradient of bias", answer["parameters"].get("bias"))


def raw_scores(t: Trial) -> None:
    network = t.subject.build("SimpleMLP")
    # Weights of both signs and of some size: then right scores have both signs as well.
    values = {}
    for entry in t.subject.entries(network):
        if entry.kind == "parameter":
            width = max(entry.tensor.shape, default=1)
            values[entry.name] = 3 * t.randn(*entry.tensor.shape) / math.sqrt(width)
    t.subject.load(network, values)
    sizes = (1, 2, 5, 16, 32, 64, 100, 128)
    works, raises = [], {}
    scores = None
    for size in sizes:
        try:
            out = t.subject.forward(network, t.randn(size, 1, 28, 28))
        except LearnerError as error:
            if error.kind == "unwritten":
                raise
            raises[size] = error
            continue
        works.append(size)
        t.require(
            f"shape for {size} images",
            tuple(out.shape) == (size, 10),
            f"{size} images gave shape {tuple(out.shape)}",
            f"({size}, 10): ten scores an image",
        )
        scores = out if tuple(out.shape) == (size, 10) else scores
    if not works:
        raise next(iter(raises.values()))
    t.trait("sizes that work", "all" if not raises else "one" if len(works) == 1 else "some")
    t.require(
        "any batch size",
        not raises,
        f"works for {_some(works)} images, not for {_some(list(raises))}: "
        f"{next(iter(raises.values()), '')}",
        "any number of images",
    )
    if scores is None:
        return
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
        f"SimpleMLP has parameters of shapes {_shapes(shapes)}",
        f"{_shapes(list(wanted.values()))}: 784 -> 100 -> 10, each with its bias",
    )
    if found is None:
        t.trait("shapes", sorted(str(shape) for shape in shapes))
        return
    place = dict(zip(wanted, found, strict=True))
    values = {name: t.randn(*shape) / math.sqrt(shape[-1]) for name, shape in wanted.items()}
    t.subject.load(network, {place[n].name: place[n].inward(v) for n, v in values.items()})
    for size in (6, 1):
        images = t.randn(size, 1, 28, 28)
        out = t.subject.forward(network, images)
        t.see(f"logits of {size} images", out, case={"the batch size": size})
    answer = t.subject.gradients(network, t.randn(4, 1, 28, 28), t.randn(4, 10))
    for name in wanted:
        gradient = answer["parameters"].get(place[name].name)
        t.see(f"gradient of {name}", None if gradient is None else place[name].inward(gradient))


def _shapes(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(str(shape) for shape in shapes) or "none"


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
        losses = t.subject.train("train", network, batches, optimizer)
        steps = f"{len(sizes)} step" + "s" * (len(sizes) > 1)
        case = {"the number of steps": len(sizes)}
        for entry in t.subject.entries(network):
            t.see(f"{entry.name} after {steps}", entry.tensor, case=case)
        calls = t.subject.facts(optimizer)["calls"]
        before = calls[: calls.index("step")] if "step" in calls else []
        t.trait(f"optimizer.step calls for {steps}", calls.count("step"))
        t.trait(f"backward before the first of {steps}", "backward" in before)
        _losses(t, losses, steps, case)


def _losses(t: Trial, losses: object, steps: str, case: dict[str, int]) -> None:
    what = f"losses of {steps}"
    if isinstance(losses, SeenTensor) and losses.tensor.ndim == 1:
        losses = [SeenTensor(one, losses.requires_grad) for one in losses.tensor]
    is_list = isinstance(losses, list) and all(_is_number(one) for one in losses)
    t.require(
        f"{what} as a list",
        is_list,
        f"`train` returned {_what_came(losses)}",
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
    t.see(what, values, case=case, tolerance=1e-5)


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
    return f"{value}" if isinstance(value, int | float | str) else f"a {type(value).__name__}"


def accuracy(t: Trial) -> None:
    batches = []
    for size, hits in ((64, 60), (64, 40), (7, 1)):
        logits = t.rand(size, 10)
        labels = t.randint(0, 10, size)
        order = torch.argsort(t.rand(size))
        for place, image in enumerate(order.tolist()):
            winner = labels[image] if place < hits else (labels[image] + 1 + place % 9) % 10
            logits[image, winner] += 2
        images = torch.cat([logits, t.randn(size, 6)], 1).view(size, 1, 4, 4).float()
        batches.append((images, labels))
    for train in (True, False):
        mode = "train" if train else "eval"
        model = t.subject.instrument("RecordingModel", 10)
        t.subject.set_mode(model, train=train)
        answer = t.subject.call("accuracy", model, batches)
        facts = t.subject.facts(model)
        if isinstance(answer, SeenTensor) and answer.tensor.numel() == 1:
            answer = answer.tensor.item()
        t.require(
            f"a number, from {mode}",
            isinstance(answer, int | float),
            f"`accuracy` returned {_what_came(answer)}",
            "a fraction from 0 to 1",
        )
        if isinstance(answer, int | float):
            t.see("fraction of 135 images that are right", float(answer), tolerance=1e-5)
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
