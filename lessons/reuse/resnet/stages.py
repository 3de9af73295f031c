"""The reference beside the network on trial: with the same weights, where do they first part?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from torch import Tensor

from lessons.complaints import listen
from lessons.reuse.resnet.right import Arguments, Right, right_network
from lessons.reuse.resnet.rows import Row
from lessons.subject import Subject
from lessons.trial import Trial, same
from lessons.workbench import LearnerError, Ref

# Above this, relative to the largest value, a difference is no matter of rounding or of type.
APART = 1e-4


class Twin(NamedTuple):
    """A network and the reference's with the same arguments and weights, each on its bench.

    rows, right_rows: of their state_dicts, which agree row by row. values: what the network was
    filled with, by its own names.
    """

    subject: Subject
    model: Ref
    rows: Sequence[Row]
    right: Right
    values: dict[str, Tensor]

    @property
    def right_rows(self) -> Sequence[Row]:
        return self.right.rows

    def refill(self) -> None:
        """Undo what a run may have done to parameters and statistics."""
        self.subject.load(self.model, self.values)

    def outputs_of(
        self, part: str, inputs: Tensor, *, train: bool = False
    ) -> list[tuple[str, str, Tensor]]:
        """Outputs of the network's modules that hold the same rows as the reference's ``part``;
        none if there is no such module, or none that is called."""
        wanted = _holds(part, self.right_rows)
        seen = self.subject.stages(self.model, inputs, train)
        return [stage for stage in seen if _holds(stage[0], self.rows) == wanted]


def name_of(arguments: Arguments) -> str:
    """The call that builds the network."""
    return f"ResNet34({', '.join(str(a) for a in arguments)})"


def twin_of(t: Trial, arguments: Arguments) -> Twin | None:
    """The network and the reference's with the same random weights; None if its rows don't fit,
    which is written down."""
    model = t.subject.build("ResNet34", *arguments)
    rows = t.subject.rows(model)
    right, values = right_network(t, arguments)
    fits = [row[1:] for row in rows] == [row[1:] for row in right.rows]
    t.require(
        f"rows of {name_of(arguments)}",
        fits,
        f"the rows of {name_of(arguments)} depart from torchvision's",
        "the same kinds and shapes in the same order",
    )
    if not fits:
        return None
    own = dict(zip((row[0] for row in rows), values.values(), strict=True))
    t.subject.load(model, own)
    return Twin(t.subject, model, rows, right, own)


def forward(
    t: Trial,
    twin: Twin,
    what: str,
    inputs: Tensor,
    *,
    train: bool = False,
    case: dict[str, Any] | None = None,
) -> bool:
    """Run the network on the inputs and see its output. False if that departs."""
    twin.refill()
    run = partial(t.subject.forward, twin.model, inputs, train)
    wanted = f"logits of shape ({inputs.shape[0]}, {twin.right_rows[-1][2][0]})"
    output = t.attempt(what, partial(listen, t, what, run), wanted, case)
    if output is None:
        return False
    return compare(t, twin, what, output, inputs, train=train, case=case)


def compare(
    t: Trial,
    twin: Twin,
    what: str,
    output: Tensor,
    inputs: Tensor,
    *,
    train: bool = False,
    case: dict[str, Any] | None = None,
) -> bool:
    """See the output, and where it departs from the reference's, if it does (then False).

    Finding that out takes another run of the network, in train mode too.
    """
    right = twin.right.forward(inputs, train)
    agrees = _alike(output, right)
    if not agrees:
        depart(t, twin, what, inputs, train=train)
    t.see(what, output, case=case)
    return agrees


def depart(
    t: Trial, twin: Twin, what: str, inputs: Tensor, *, train: bool, up_to: str = ""
) -> None:
    """Write down at which stage the network departs. A replayed mistake needs no words for it."""
    told = first_departure(twin, inputs, train=train, up_to=up_to) if t.draws else None
    observed, expected = told or ("the network's outputs depart", "the reference's")
    t.require(f"{what}: stage by stage", False, f"{what}: {observed}", expected)


def first_departure(
    twin: Twin, inputs: Tensor, *, train: bool, up_to: str = ""
) -> tuple[str, str] | None:
    """The first stage with weights whose output departs, told as seen and expected.

    up_to: the last stage to look at, by the reference's name; all without it.

    Stages are found by what they hold: a module of the reference and one of the network stand
    for the same stage when they hold the same rows of the state_dict. Layers without weights,
    and layers that are functions, lie between.
    """
    try:
        twin.refill()
        seen = twin.subject.stages(twin.model, inputs, train)
    except LearnerError:
        return None
    own: dict[frozenset[int], list[tuple[str, str, Tensor]]] = {}
    for name, kind, output in seen:
        own.setdefault(_holds(name, twin.rows), []).append((name, kind, output))
    agreed: list[str] = []
    passed_by: list[str] = []
    for name, _, right in twin.right.stages(inputs, train):
        rows = _holds(name, twin.right_rows)
        candidates = own.get(rows, [])
        if not name or not candidates or not rows:
            passed_by += filter(None, [_module_of(rows, twin.rows)])
            continue
        if any(_alike(output, right) for _, _, output in candidates):
            agreed.append(name)
            passed_by.clear()
            if name == up_to:
                return None
            continue
        return _told(name, candidates[0], right, agreed, passed_by)
    return (
        f"the logits depart, though all {len(agreed)} stages with weights agree",
        "nothing that changes the scores after the last linear layer",
    )


def _holds(name: str, rows: Sequence[Row]) -> frozenset[int]:
    """Numbers of the rows that the module of that name holds."""
    start = f"{name}." if name else ""
    return frozenset(number for number, row in enumerate(rows) if row[0].startswith(start))


def _module_of(numbers: frozenset[int], rows: Sequence[Row]) -> str:
    """The layer that holds these rows and no others; "" if no single one does."""
    layers = {rows[number][0].rpartition(".")[0] for number in numbers}
    layer = layers.pop() if len(layers) == 1 else ""
    return layer if _holds(layer, rows) == numbers else ""


def _alike(output: Tensor, right: Tensor) -> bool:
    return output.shape == right.shape and same(output, right, APART)


def _told(
    name: str,
    own: tuple[str, str, Tensor],
    right: Tensor,
    agreed: Sequence[str],
    passed_by: Sequence[str],
) -> tuple[str, str]:
    own_name, kind, output = own
    seen = f"the first stage that departs is {role(name)}, your `{own_name}` ({kind}): "
    if output.shape != right.shape:
        seen += f"shape {tuple(output.shape)}"
    else:
        gap = (output - right).abs().max().item()
        seen += f"shape {tuple(output.shape)} is right, the largest difference is {gap:.3g}"
    if passed_by:
        seen += f"; before it, your `{passed_by[0]}` was not called"
    expected = f"shape {tuple(right.shape)}, with the reference's values"
    if agreed:
        expected += f"; up to {role(agreed[-1])} all agrees"
    between = "" if passed_by else _between(agreed[-1] if agreed else "", name)
    return seen, expected + (f". In between {between}" if between else "")


def _between(before: str, name: str) -> str:
    """What has no weights and lies between two stages."""
    if before == "bn1":
        return "come ReLU and the max pool"
    if name == "fc":
        return "comes the average pool"
    if re.fullmatch(r"layer\d+\.\d+", name):
        return "come the sum and the last ReLU"
    return ""


def role(name: str) -> str:
    """What a module of the reference is, in words."""
    stem = {"conv1": "the stem's convolution", "bn1": "the stem's batch norm"}
    if name in stem:
        return stem[name]
    if name == "fc":
        return "the linear layer"
    found = re.fullmatch(r"layer(\d+)(?:\.(\d+))?(?:\.(.+))?", name)
    if found is None:
        return f"`{name}`"
    group, block, part = found.groups()
    if block is None:
        return f"group {group}"
    place = f"block {int(block) + 1} of group {group}"
    parts = {
        "conv1": "first convolution",
        "bn1": "first batch norm",
        "conv2": "second convolution",
        "bn2": "second batch norm",
        "downsample": "right branch",
        "downsample.0": "1x1 convolution",
        "downsample.1": "right branch's batch norm",
    }
    return place if part is None else f"the {parts.get(part, part)} of {place}"
