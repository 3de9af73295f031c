"""What checkpoint ``batchnorm`` claims, one function a claim. Runs in the judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lessons.depth.batchnorm.setting import (
    BUFFERS,
    NAMES,
    NEAR,
    PARAMETERS,
    copy_of,
    forward,
    images,
    kind_of,
    known_layer,
    known_values,
    listed,
    numbers,
    put_back,
    reason,
    saved_names,
    shares,
    stands_under,
    told,
    trained_layer,
    values_of,
)
from lessons.trial import UNJUDGED, Trial, same
from lessons.types_built import judge_types
from lessons.workbench import Entry, LearnerError, Ref

# --- what the layer keeps ----------------------------------------------------------------------


def state(t: Trial) -> None:
    wanted = "a layer: BatchNorm2d(num_features, eps=1e-05, momentum=0.1)"
    layer = t.attempt("BatchNorm2d(5)", lambda: t.subject.build("BatchNorm2d", 5), wanted)
    if layer is None:
        return
    facts = t.subject.facts(layer)
    entries = {e.name: e for e in t.subject.entries(layer)}
    saved = saved_names(t, layer)
    own = "a class of your own, made from nn.Module: nn.BatchNorm2d is what yours is compared with"
    for where, classes, observed in (
        ("", facts["lineage"], "`BatchNorm2d` is PyTorch's own, or a subclass of it"),
        (", inside", facts["inside"], "`BatchNorm2d` has PyTorch's own layer inside it"),
    ):
        theirs = any(name.startswith("torch.nn.modules.batchnorm.") for name in classes)
        t.require(f"your own layer{where}", not theirs, observed, own)
    for name in NAMES:
        _one_tensor(t, layer, name, entries, saved)
    judge_types(t, "BatchNorm2d", 5)
    others = [e for e in entries.values() if e.name not in NAMES]
    parameters = [e.name for e in others if e.kind == "parameter"]
    buffers = [e.name for e in others if e.kind == "buffer" and e.name in saved]
    t.trait("other parameters", bool(parameters))
    t.trait("other buffers", bool(buffers))
    # Where a name is missing, another one is hardly one too many: it stands in its place.
    if all(name in entries for name in NAMES):
        t.require(
            "no other parameters",
            not parameters,
            f"parameters besides weight and bias: {listed(parameters)}",
            "`weight` and `bias` only",
        )
        t.require(
            "no other buffers",
            not buffers,
            f"buffers besides the three: {listed(buffers)}",
            f"{listed(BUFFERS)} only",
        )
    t.trait("modules inside", any("." in name for name in entries))
    t.trait("anything at all", bool(entries))
    for kind, names in (("parameters", PARAMETERS), ("buffers", BUFFERS)):
        there = [n for n in entries if n in names and entries[n].kind == kind[:-1]]
        t.require(
            f"order of the {kind}",
            there == [n for n in names if n in there],
            f"the {kind} are declared in this order: {listed(there)}",
            f"{listed(names)}: weights are copied in the order of declaration",
        )


def _one_tensor(
    t: Trial, layer: Ref, name: str, entries: dict[str, Entry], saved: Sequence[str]
) -> None:
    """One of the five tensors: that it is there, of the right kind and shape, and saved."""
    kind = "parameter" if name in PARAMETERS else "buffer"
    shape = () if name == "num_batches_tracked" else (5,)
    entry = entries.get(name)
    if entry is None:
        instead = stands_under(t, layer, name)
        t.trait(f"`{name}` is", instead)
        there = listed(entries) or "no tensor at all"
        t.require(
            f"`{name}`",
            False,
            f"`{name}` is {instead}" if instead else f"no `{name}`; there is {there}",
            f"`{name}`, a {kind} of shape {shape}",
        )
        return
    how = "wrap it in nn.Parameter" if kind == "parameter" else "use register_buffer"
    t.require(
        f"`{name}` is registered",
        entry.kind != "attribute",
        f"`{name}` is a plain tensor, which the module does not register",
        f"a {kind}: {how}",
    )
    t.require(
        f"`{name}` is a {kind}",
        entry.kind in (kind, "attribute"),
        f"`{name}` is a {entry.kind}",
        f"a {kind}: {how}",
    )
    t.require(
        f"shape of `{name}`",
        tuple(entry.tensor.shape) == shape,
        f"for BatchNorm2d(5), `{name}` has shape {tuple(entry.tensor.shape)}",
        f"{shape}: {'one value a channel' if shape else 'a single number'}",
    )
    t.trait(f"shape of `{name}`", str(tuple(entry.tensor.shape)))
    if kind == "parameter":
        t.require(
            f"`{name}` can be trained",
            entry.kind != "parameter" or entry.requires_grad,
            f"`{name}` is a parameter that does not require gradients",
            "requires_grad=True, as nn.Parameter has it by default",
        )
    if name == "num_batches_tracked":
        t.require(
            f"`{name}` is a whole number",
            not (entry.tensor.is_floating_point() or entry.tensor.dtype is torch.bool),
            f"`{name}` has type {str(entry.tensor.dtype).removeprefix('torch.')}",
            "int64, as torch.tensor(0) has: a type that counts without rounding",
        )
    t.require(
        f"`{name}` is saved",
        entry.kind == "attribute" or name in saved,
        f"`{name}` is missing in state_dict(), so it is not saved with the model",
        "a buffer that is saved: register_buffer does so unless persistent=False",
    )


def initial_values(t: Trial) -> None:
    layer = t.subject.build("BatchNorm2d", 5)
    values = values_of(t, layer)
    starts = dict(zip(NAMES, (1, 0, 0, 1, 0), strict=True))
    for name, start in starts.items():
        seen = values[name].to(torch.float64)
        t.require(
            f"`{name}` at the start",
            bool((seen == start).all()),
            f"`{name}` starts with {told(seen)}",
            f"{start}" if seen.ndim == 0 else f"{start} for every channel",
        )
        t.trait(f"`{name}` at the start", kind_of(seen))


# --- train mode --------------------------------------------------------------------------------


def train_values(t: Trial) -> None:
    # 24 values a channel: the biased and the unbiased variance differ by 4 %.
    _normalised(t)
    layer = known_layer(t, 3)
    before = values_of(t, layer)["running_mean"]
    for shape in ((2, 3, 3, 4), (1, 3, 4, 6), (2, 3, 4, 3), (24, 3, 1, 1)):
        _train_output(t, layer, f"input {shape}", images(t, *shape))
    t.trait("the running mean moved", not torch.equal(values_of(t, layer)["running_mean"], before))
    t.trait("batch mates matter in eval mode", _mates_matter(t, layer))
    _train_output(t, known_layer(t, 1), "input (3, 1, 2, 4)", images(t, 3, 1, 2, 4))
    wide = known_layer(t, 3, eps=0.4)
    _train_output(t, wide, "eps=0.4", images(t, 2, 3, 3, 4), eps=0.4)
    placed = known_layer(t, 3, 0.4, 0.25)
    _train_output(t, placed, "BatchNorm2d(3, 0.4, 0.25)", images(t, 2, 3, 3, 4), eps=0.4)
    constant = images(t, 2, 3, 3, 4)
    constant[:, 1] = 2.0
    _train_output(t, known_layer(t, 3), "a constant channel", constant)


def _normalised(t: Trial) -> None:
    """What can be seen without a reference: with weight 1 and bias 0, each channel of the output
    has mean 0 and variance 1, or less where eps is of the size of the variance."""
    layer = t.subject.build("BatchNorm2d", 3)
    t.subject.load(layer, {"weight": torch.ones(3), "bias": torch.zeros(3)})
    x = images(t, 2, 3, 3, 4)
    faint = t.randn(2, 3, 3, 4) * torch.tensor([0.002, 0.004, 0.008])[:, None, None].to(x.dtype)
    outputs = []
    for name, batch in (("values of size 0.002 to 0.008", faint), ("weight 1 and bias 0", x)):
        case = _case(batch)
        out = forward(t, f"output, {name}", layer, batch, train=True, case=case)
        if out is None or out.shape != batch.shape:
            continue
        outputs.append((name, out, case))
        var = out.var((0, 2, 3), unbiased=False)
        if batch is faint:
            _default_eps(t, faint.var((0, 2, 3), unbiased=False), var)
            continue
        for word, seen, wanted in (("mean", out.mean((0, 2, 3)), 0), ("variance", var, 1)):
            t.require(
                f"{word} {wanted} for every channel",
                bool(((seen - wanted).abs() < 1e-3).all()),
                f"with weight 1 and bias 0, the output's channels have {word} {_three(seen)}",
                f"{word} {wanted} in every channel",
            )
    for name, out, case in outputs:
        t.see(f"output, {name}", out, case=case)


def _default_eps(t: Trial, before: Tensor, after: Tensor) -> None:
    """The eps that a layer built without one must have used, where one eps explains it all.

    A large one stands for nothing that anybody wrote: such an output was not divided at all, or by
    something else.
    """
    found = (before / after - before).to(torch.float64)
    middle = found.median().item()
    one = bool(((found - middle).abs() <= 0.05 * abs(middle) + 1e-8).all())
    t.require(
        "the default eps",
        not one or 0.9e-5 < middle < 1.1e-5 or middle > 0.01,
        f"built without eps, the layer's output fits eps = {max(round(middle, 8), 0.0):.3g}",
        "1e-05, the default",
    )


def _three(values: Tensor) -> str:
    return ", ".join(f"{v:.3f}" for v in values.tolist())


def _train_output(t: Trial, layer: Ref, name: str, x: Tensor, eps: float = 1e-5) -> None:
    """Write down the output in train mode."""
    what, case = f"output, {name}", _case(x, eps)
    out = forward(t, what, layer, x, train=True, case=case)
    if out is not None:
        t.see(what, out, case=case)


def _case(x: Tensor, eps: float = 1e-5) -> dict[str, Any]:
    return {
        "the number of channels": x.shape[1],
        "the batch size": x.shape[0],
        "eps": eps,
        "the number of pixels": x.shape[2] * x.shape[3],
    }


def _mates_matter(t: Trial, layer: Ref) -> bool | None:
    """Whether an image's result in eval mode depends on the batch; None when it can't be said."""
    x = images(t, 4, 3, 2, 3)
    try:
        many = t.subject.forward(layer, x, train=False)
        alone = t.subject.forward(layer, x[:1], train=False)
    except LearnerError as error:
        if error.kind in UNJUDGED:
            raise
        return None
    return not same(many[:1], alone, NEAR)


def running_statistics(t: Trial) -> None:
    # 24 values a channel each, and a width that equals the channels: code that forgets to reshape
    # its statistics does not fail here, where its output is not the question.
    shapes = ((2, 4, 3, 4), (3, 4, 2, 4), (6, 4, 1, 4))
    runs: tuple[tuple[str, Ref, float, float, int], ...] = (
        ("default momentum", known_layer(t, 4), 0.1, 1e-5, 3),
        ("momentum=0.25, eps=0.4", known_layer(t, 4, momentum=0.25, eps=0.4), 0.25, 0.4, 1),
        ("new layer", t.subject.build("BatchNorm2d", 4), 0.1, 1e-5, 2),
    )
    new = {"running_mean": torch.zeros(4), "running_var": torch.ones(4)}
    t.subject.load(runs[-1][1], {**new, "num_batches_tracked": torch.tensor(0)})
    for run, layer, momentum, eps, batches in runs:
        for number, shape in enumerate(shapes[:batches]):
            x = images(t, *shape)
            before = values_of(t, layer)
            name = f"batch {number + 1}, {run}"
            told = "the default, 0.1" if momentum == 0.1 else f"{momentum:g}"
            case = {"momentum": told, "eps": eps, "the number of batches": number + 1}
            if forward(t, name, layer, x, train=True, case=case) is None:
                return
            after = values_of(t, layer)
            batch = {
                "running_mean": x.mean((0, 2, 3)),
                "running_var": x.var((0, 2, 3), unbiased=True),
            }
            for which, statistic in batch.items():
                _moved(t, name, which, before[which], statistic, after[which], momentum)
                t.see(f"{which} after {name}", after[which], case=case)


def _moved(
    t: Trial, name: str, which: str, before: Tensor, batch: Tensor, after: Tensor, momentum: float
) -> None:
    """How a running statistic moved in one batch, told as shares of the old and the batch's."""
    word = "mean" if which == "running_mean" else "unbiased variance"
    shape = tuple(after.shape)
    if shape != (4,) or tuple(before.shape) != (4,):
        t.require(
            f"{which} keeps its shape: {name}",
            shape == (4,),
            f"{name}: `{which}` has shape {shape} afterwards",
            "(4,), as before",
        )
        return
    wanted = (1 - momentum, momentum)
    right = same(after, wanted[0] * before + wanted[1] * batch, NEAR)
    t.require(
        f"{which} moves by momentum: {name}",
        right,
        "" if right else f"{name}: `{which}` {shares(before, batch, after, word, wanted)}",
        f"{1 - momentum:g} of the old value + {momentum:g} of the batch's {word}",
    )


def counter(t: Trial) -> None:
    for start in (0, 6):
        layer = t.subject.build("BatchNorm2d", 3)
        t.subject.load(layer, {"num_batches_tracked": torch.tensor(start)})
        for number, batch in enumerate((3, 2, 5)):
            x = images(t, batch, 3, 2, 3)
            case = {"the number of batches": number + 1}
            name = f"batch {number + 1}, from {start}"
            if forward(t, name, layer, x, train=True, case=case) is None:
                return
            value = values_of(t, layer)["num_batches_tracked"]
            t.see(f"the counter after {name}", value, case=case)
            t.require(
                f"a whole number after {name}",
                not (value.is_floating_point() or value.dtype is torch.bool),
                f"after {name} the counter has type {str(value.dtype).removeprefix('torch.')}",
                "int64, as before: a type that counts without rounding",
            )


# --- eval mode ---------------------------------------------------------------------------------


def eval_values(t: Trial) -> None:
    for eps in (0.4, 1e-5):
        values = known_values(t, 3)
        layer = trained_layer(t, values, eps)
        x = images(t, 4, 3, 2, 3)
        other = torch.cat([x[:1], 5 * images(t, 3, 3, 2, 3)])
        outputs: dict[str, Tensor] = {}
        batches = {"four images": x, "one image": x[:1], "other mates": other}
        batches["more pixels"] = images(t, 2, 3, 4, 2)
        for name, batch in batches.items():
            put_back(t, layer, values)
            what, case = f"output, {name}, eps={eps:g}", _case(batch, eps)
            out = forward(t, what, layer, batch, train=False, case=case)
            if out is not None:
                outputs[name] = out
        after = values_of(t, layer)["running_mean"]
        t.trait(
            f"the running mean moved, eps={eps:g}", not torch.equal(after, values["running_mean"])
        )
        _mates(t, f"eps={eps:g}", outputs)
        for name, out in outputs.items():
            t.see(f"output, {name}, eps={eps:g}", out, case=_case(batches[name], eps))
    new = t.subject.build("BatchNorm2d", 3)
    values = known_values(t, 3) | {"num_batches_tracked": torch.tensor(0)}
    t.subject.load(new, values)
    x = images(t, 4, 3, 2, 3)
    case = _case(x) | {"the number of batches before": 0}
    out = forward(t, "output, before any training", new, x, train=False, case=case)
    if out is not None:
        t.see("output, before any training", out, case=case)


def _mates(t: Trial, name: str, outputs: dict[str, Tensor]) -> None:
    """The first of four images gave the same, alone and with other images beside it."""
    three = ("four images", "one image", "other mates")
    if not all(one in outputs for one in three):
        return
    first, *others = (outputs[one][:1] for one in three)
    if all(other.shape == first.shape for other in others):
        gap = max((first - other).abs().max().item() for other in others)
        t.require(
            f"batch mates make no difference, {name}",
            all(same(other, first, NEAR) for other in others),
            f"the first image's result changes by up to {gap:.3g} with the images beside it",
            "the same result, whatever else is in the batch",
        )


def eval_changes_nothing(t: Trial) -> None:
    layer = known_layer(t, 3)
    before = values_of(t, layer)
    for number in (1, 2):
        if forward(t, f"eval batch {number}", layer, images(t, 4, 3, 2, 3), train=False) is None:
            return
    after = values_of(t, layer)
    for name in NAMES:
        old, new = before[name], after[name]
        t.require(
            f"`{name}` stays",
            old.shape == new.shape and torch.equal(old, new),
            f"`{name}` went from {numbers(old)} to {numbers(new)} in two eval batches",
            "no change in eval mode",
        )


# --- gradients and graphs ----------------------------------------------------------------------


def gradients(t: Trial) -> None:
    for train, eps in ((True, 0.4), (True, 1e-5), (False, 0.4)):
        mode = "train" if train else "eval"
        layer = known_layer(t, 3, eps=eps)
        x, upstream = images(t, 2, 3, 4, 3), t.randn(2, 3, 4, 3)
        name = f"{mode} mode, eps={eps:g}"
        case = {"the mode": mode, "eps": eps}
        answer = _backward(t, name, layer, x, upstream, train, case)
        if answer is not None:
            found = {"the input": answer["input"]}
            found |= {which: answer["parameters"].get(which) for which in PARAMETERS}
            for which, value in found.items():
                if value is None:
                    expected = "a gradient: forward must not cut the graph"
                    what = f"no gradient reaches {which} ({name})"
                    t.require(f"a gradient reaches {which}, {name}", False, what, expected)
                else:
                    t.see(f"gradient of {which}, {name}", value, case=case)


def _backward(
    t: Trial,
    name: str,
    layer: Ref,
    x: Tensor,
    upstream: Tensor,
    train: bool,
    case: dict[str, Any] | None = None,
) -> dict[str, Any] | None:
    def act() -> dict[str, Any]:
        try:
            return t.subject.gradients(layer, x, upstream, train=train)
        except LearnerError as error:
            t.trait(f"why, {name}", reason(str(error)))
            raise

    return t.attempt(f"forward and backward, {name}", act, "gradients, without an error", case)


def no_graph(t: Trial) -> None:
    layer = known_layer(t, 3)
    x, upstream = images(t, 2, 3, 4, 3), t.randn(2, 3, 4, 3)
    if _backward(t, "a training step", layer, x, upstream, True) is None:
        return
    entries = {e.name: e for e in t.subject.entries(layer)}
    for name in BUFFERS:
        entry = entries.get(name)
        held = entry is not None and (entry.has_graph or entry.requires_grad)
        t.require(
            f"`{name}` holds no graph",
            not held,
            f"after one training step `{name}` still hangs on that step's graph",
            "bare numbers: update the buffers inside torch.no_grad()",
        )
    copied = copy_of(t, layer)
    for which, one in (("the layer", layer), ("its copy", copied)):
        if one is not None:
            _backward(t, f"{which} in eval mode, after a training step", one, x, upstream, False)
            _backward(t, f"{which} in a second training step", one, x, upstream, True)
