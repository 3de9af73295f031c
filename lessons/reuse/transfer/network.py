"""The pretrained network that ``transfer`` hands to a learner, and what became of it.

Code may keep the network, copy it or wrap it, so nothing is found again by name: a tensor of
the backbone is known by its values, the new head's by their shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lessons.placing import Place, places
from lessons.trial import Trial
from lessons.values import network_values
from lessons.workbench import Entry, LearnerError, Ref

MODULE = "torch.nn.modules.module.Module"
OLD_HEAD = ("fc.weight", "fc.bias")


class Size(NamedTuple):
    """How large a network is: channels of its two groups, its classes, those of the new task."""

    widths: tuple[int, int]
    old_classes: int
    n_classes: int

    @property
    def head_shapes(self) -> list[tuple[int, ...]]:
        return [(self.n_classes, self.widths[1]), (self.n_classes,)]


SMALL = Size((6, 9), 7, 5)
OTHER = Size((4, 11), 3, 8)


class Pretrained(NamedTuple):
    """A network on the workbench, and the values that were loaded into it, by name."""

    model: Ref
    values: dict[str, Tensor]

    def backbone(self, kind: str) -> list[str]:
        """Names of the backbone's parameters or buffers."""
        return [
            name
            for name in self.values
            if name not in OLD_HEAD and is_statistic(name) == (kind == "buffer")
        ]


class Prepared(NamedTuple):
    """What ``prepare_for_feature_extraction`` made of it.

    entries: the tensors of the model that came back. found: for the name of each pretrained
    tensor that is in there, its entry's name there.
    """

    model: Ref
    entries: list[Entry]
    found: dict[str, str]

    def trainable(self) -> list[Entry]:
        return [e for e in self.entries if e.kind == "parameter" and e.requires_grad]

    def new(self) -> list[Entry]:
        """Parameters that are not of the pretrained network."""
        known = set(self.found.values())
        return [e for e in self.entries if e.kind == "parameter" and e.name not in known]

    def role(self, entry: Entry) -> str:
        """The name in the pretrained network, or the shape of what is new."""
        names = {there: name for name, there in self.found.items()}
        return names.get(entry.name) or f"new {tuple(entry.tensor.shape)}"

    def head(self, size: Size) -> list[Place]:
        """Where the new head's weight and bias stand."""
        there = places([e for e in self.trainable() if e in self.new()], size.head_shapes)
        if there is None:  # it was there when claim only-the-head-trains looked
            raise LearnerError("answer", f"this time there is no new head {size.head_shapes[0]}")
        return there


def is_statistic(name: str) -> bool:
    return name.rpartition(".")[2] in ("running_mean", "running_var", "num_batches_tracked")


def pretrained(t: Trial, size: Size = SMALL) -> Pretrained:
    """Put a network on the workbench whose every tensor has values of its own."""
    t.subject.dtype = "float32"  # the type that such networks have, and a new head has
    model = t.subject.instrument("PretrainedNetwork", size.widths, size.old_classes)
    shapes = {e.name: tuple(e.tensor.shape) for e in t.subject.entries(model)}
    values = network_values(shapes, t.generator, torch.float32)
    counters = [name for name in values if name.endswith("num_batches_tracked")]
    for number, name in enumerate(counters, start=50):
        values[name] = torch.tensor(number)
    t.subject.load(model, values)
    return Pretrained(model, values)


def prepare(t: Trial, network: Pretrained, size: Size = SMALL) -> Prepared:
    """Call the learner's function. Where it returns no model, what it did to the network."""
    came = t.subject.build("prepare_for_feature_extraction", network.model, size.n_classes)
    model = came if returns(t, came, MODULE) else network.model
    return Prepared(model, *look_at(t, model, network))


def look_at(t: Trial, model: Ref, network: Pretrained) -> tuple[list[Entry], dict[str, str]]:
    """A model's tensors, and where the pretrained ones are among them.

    A weight may have become a buffer: torchvision's FrozenBatchNorm2d freezes like that.
    """
    entries = t.subject.entries(model)
    free = [e for e in entries if e.kind in ("parameter", "buffer")]
    found = {}
    for name, value in network.values.items():
        kinds = ("buffer",) if is_statistic(name) else ("parameter", "buffer")
        there = next((e for e in free if e.kind in kinds and _equal(e.tensor, value)), None)
        if there is not None:
            free.remove(there)
            found[name] = there.name
    return entries, found


def missing_tensors(
    network: Pretrained, entries: Sequence[Entry], found: dict[str, str]
) -> list[str]:
    """Names of the backbone's tensors that are not there.

    A batch norm whose scale has become a buffer is frozen for good, and needs no counter.
    """
    buffers = {e.name for e in entries if e.kind == "buffer"}
    missing = []
    for name in network.values:
        layer, _, last = name.rpartition(".")
        frozen = last == "num_batches_tracked" and found.get(f"{layer}.weight") in buffers
        if name not in found and name not in OLD_HEAD and not frozen:
            missing.append(name)
    return missing


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.equal(a.to(b.dtype), b)


def returns(t: Trial, thing: Ref, lineage: str) -> bool:
    """Whether an object on the workbench is of a class."""
    return lineage in t.subject.facts(thing)["lineage"]


def class_name(t: Trial, thing: Ref) -> str:
    """The class of an object on the workbench, as the learner knows it: "None", "a list"."""
    name = t.subject.facts(thing)["lineage"][0].rpartition(".")[2]
    if name == "NoneType":
        return "None"
    if name in ("method", "builtin_function_or_method"):
        return "a method that was not called"
    return f"{'an' if name[:1] in 'AEIOUaeiou' else 'a'} {name}"


def some(names: Sequence[str], most: int = 3) -> str:
    """The first few of a list of names."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "") or "none"


def images(t: Trial, n: int) -> Tensor:
    """Images (n, 3, 14, 10): the last maps are (2, 2), so 6 of them give 24 values a channel."""
    return t.randn(n, 3, 14, 10).float()
