"""The tensors of a block and of a group, found by shape and order whatever they are called.

A *part* is a convolution with the batch norm behind it. Convolutions are told apart by shape,
and by order where shapes are equal; the first batch norm belongs to the first convolution, and
so on. So a block that declares its projection first, or all its batch norms last, can still be
given the reference's weights, and only the claim about the order fails.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from lessons.trial import Trial
from lessons.workbench import Entry, Ref

Shape = tuple[int, ...]
Row = tuple[str, str, Shape]

# Of one batch norm, in the order of its state_dict.
PARAMETERS = ("weight", "bias")
STATISTICS = ("running_mean", "running_var")
COUNTER = "num_batches_tracked"


class Block(NamedTuple):
    """What a block is built with."""

    in_feats: int
    out_feats: int
    first_stride: int

    @property
    def wanted(self) -> str:
        return "a block: ResidualBlock(in_feats, out_feats, first_stride=1)"

    @property
    def projects(self) -> bool:
        return self.first_stride != 1 or self.in_feats != self.out_feats

    @property
    def told(self) -> str:
        stride = f", first_stride={self.first_stride}" if self.first_stride != 1 else ""
        return f"ResidualBlock({self.in_feats}, {self.out_feats}{stride})"

    @property
    def case(self) -> dict[str, int | bool]:
        """Circumstances for the probes."""
        return {
            "first_stride": self.first_stride,
            "in_feats == out_feats": self.in_feats == self.out_feats,
            "out_feats": self.out_feats,
        }

    def shape_of_output(self, x: Tensor) -> Shape:
        height, width = (-(-size // self.first_stride) for size in x.shape[2:])
        return (len(x), self.out_feats, height, width)

    def build(self, t: Trial) -> Ref:
        if self.first_stride == 1:
            return t.subject.build("ResidualBlock", self.in_feats, self.out_feats)
        return t.subject.build("ResidualBlock", *self)


class Group(NamedTuple):
    """What a group is built with."""

    n_blocks: int
    in_feats: int
    out_feats: int
    first_stride: int

    @property
    def wanted(self) -> str:
        return "a group: BlockGroup(n_blocks, in_feats, out_feats, first_stride=1)"

    @property
    def blocks(self) -> list[Block]:
        first = Block(self.in_feats, self.out_feats, self.first_stride)
        return [first] + [Block(self.out_feats, self.out_feats, 1)] * (self.n_blocks - 1)

    @property
    def told(self) -> str:
        stride = f", first_stride={self.first_stride}" if self.first_stride != 1 else ""
        return f"BlockGroup({self.n_blocks}, {self.in_feats}, {self.out_feats}{stride})"

    def build(self, t: Trial) -> Ref:
        if self.first_stride == 1:
            return t.subject.build("BlockGroup", *self[:3])
        return t.subject.build("BlockGroup", *self)


class Part(NamedTuple):
    """A convolution and its batch norm. name: what it is called in messages."""

    name: str
    shape: Shape


def parts_of(blocks: Sequence[Block]) -> list[Part]:
    """The parts of blocks in a row, in the order in which they have to be declared."""
    found = []
    for number, block in enumerate(blocks, start=1):
        where = f" of block {number}" if len(blocks) > 1 else ""
        left = [(block.out_feats, block.in_feats, 3, 3), (block.out_feats, block.out_feats, 3, 3)]
        found += [Part(f"part {n} of the left branch{where}", s) for n, s in enumerate(left, 1)]
        if block.projects:
            found.append(Part(f"the projection{where}", (block.out_feats, block.in_feats, 1, 1)))
    return found


class Counted(NamedTuple):
    """A module's tensors by what they can be.

    convolutions: weights with four dimensions. vectors: parameters with one, as a batch norm has
    two, but no single numbers. statistics: buffers with one, likewise. counters: single whole
    numbers. others: the rest.
    """

    convolutions: list[Entry]
    vectors: list[Entry]
    statistics: list[Entry]
    counters: list[Entry]
    others: list[Entry]

    @property
    def shapes(self) -> list[Shape]:
        """The convolutions' shapes, in order of declaration."""
        return [tuple(entry.tensor.shape) for entry in self.convolutions]

    @property
    def batch_norms(self) -> float:
        """How many batch norms there are, by what they remember."""
        return max(len(self.statistics) / 2, len(self.counters))

    @property
    def biases(self) -> int:
        """Parameters of one dimension that no batch norm accounts for."""
        return len(self.vectors) - len(self.statistics)


def saved_entries(t: Trial, model: Ref) -> list[Entry]:
    """A module's tensors without its buffers that are not saved: those are its own business."""
    saved = {name for name, *_ in t.subject.rows(model)}
    return [e for e in t.subject.entries(model) if e.kind != "buffer" or e.name in saved]


def count(entries: Iterable[Entry]) -> Counted:
    counted = Counted([], [], [], [], [])
    for entry in entries:
        shape, floating = entry.tensor.shape, entry.tensor.is_floating_point()
        if entry.kind == "parameter" and len(shape) == 4:
            counted.convolutions.append(entry)
        elif entry.kind == "parameter" and len(shape) == 1 and shape != (1,):
            counted.vectors.append(entry)
        elif entry.kind == "buffer" and len(shape) == 1 and floating:
            counted.statistics.append(entry)
        elif entry.kind == "buffer" and entry.tensor.numel() == 1 and not floating:
            counted.counters.append(entry)
        elif entry.kind != "attribute":
            counted.others.append(entry)
    return counted


class Place(NamedTuple):
    """The names of a part's tensors in the module on trial."""

    convolution: str
    batch_norm: dict[str, str]


def find_places(entries: Iterable[Entry], parts: Sequence[Part]) -> dict[str, Place] | None:
    """Where each part's tensors lie, by the part's name; None when they don't fit."""
    found = count(entries)
    number = len(parts)
    lengths = [len(group) for group in found]
    if lengths[:3] != [number, 2 * number, 2 * number] or lengths[3] != number:
        return None
    free = list(parts)
    places = {}
    for row, entry in enumerate(found.convolutions):
        shape = tuple(entry.tensor.shape)
        part = next((p for p in free if p.shape == shape), None)
        if part is None:
            return None
        free.remove(part)
        of_norm = [
            *found.vectors[2 * row : 2 * row + 2],
            *found.statistics[2 * row : 2 * row + 2],
        ]
        if any(tuple(e.tensor.shape) != shape[:1] for e in of_norm):
            return None
        names = [e.name for e in (*of_norm, found.counters[row])]
        keys = (*PARAMETERS, *STATISTICS, COUNTER)
        places[part.name] = Place(entry.name, dict(zip(keys, names, strict=True)))
    return places


Values = Mapping[str, dict[str, Tensor]]


def draw(t: Trial, parts: Sequence[Part]) -> dict[str, dict[str, Tensor]]:
    """Values for each part's tensors, by its name, such that each of them counts.

    Scales have both signs, shifts and running means are not 0, variances not 1.
    """
    values = {}
    for part in parts:
        feats = part.shape[0]
        values[part.name] = {
            "convolution": t.randn(*part.shape) / math.sqrt(math.prod(part.shape[1:])),
            "weight": (0.5 + t.rand(feats)) * (t.rand(feats) - 0.3).sign(),
            "bias": 0.5 * t.randn(feats),
            "running_mean": 0.5 * t.randn(feats),
            "running_var": 0.5 + t.rand(feats),
            COUNTER: t.randint(3, 50),
        }
    return values


def load(t: Trial, model: Ref, places: Mapping[str, Place], values: Values) -> None:
    """Copy the values into the module on trial."""
    named = {}
    for part, tensors in values.items():
        place = places[part]
        for key, value in tensors.items():
            named[place.convolution if key == "convolution" else place.batch_norm[key]] = value
    t.subject.load(model, named)


def plain_part(feats: int, dtype: torch.dtype) -> dict[str, Tensor]:
    """Values for a part that gives 0: a convolution of zeros, and a batch norm that in eval mode
    changes nothing (eps being its usual 1e-5)."""
    return {
        "convolution": torch.zeros(feats, feats, 3, 3, dtype=dtype),
        "weight": torch.ones(feats, dtype=dtype),
        "bias": torch.zeros(feats, dtype=dtype),
        "running_mean": torch.zeros(feats, dtype=dtype),
        "running_var": torch.full((feats,), 1 - 1e-5, dtype=dtype),
        COUNTER: torch.tensor(3),
    }


def silence(values: Mapping[str, dict[str, Tensor]]) -> None:
    """Make left branches give 0: the scale and the shift of their second batch norm are 0."""
    for name, tensors in values.items():
        if name.startswith("part 2"):
            tensors["weight"] = torch.zeros_like(tensors["weight"])
            tensors["bias"] = torch.zeros_like(tensors["bias"])


def expected_rows(blocks: Sequence[Block]) -> Iterator[tuple[str, Row]]:
    """What a ``state_dict`` of blocks in a row has to list: (what it is, the row) each."""
    for part in parts_of(blocks):
        yield f"the convolution in {part.name}", ("", "parameter", part.shape)
        feats = part.shape[:1]
        for name in PARAMETERS:
            yield f"{name} of the batch norm in {part.name}", ("", "parameter", feats)
        for name in STATISTICS:
            yield f"{name} of the batch norm in {part.name}", ("", "buffer", feats)
        yield f"the counter of the batch norm in {part.name}", ("", "buffer", ())
