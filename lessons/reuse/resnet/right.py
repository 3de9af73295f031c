"""The reference's network with known weights, beside which the network on trial is run.

The same claim and seed ask it for the same: when mistakes are replayed, and when many files are
judged one after the other. So what it answered is kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from lessons.mistakes import reference_namespace
from lessons.reuse.resnet.rows import Row
from lessons.subject import Subject
from lessons.trial import Trial
from lessons.values import network_values
from lessons.workbench import Ref, Workbench

# Blocks, widths, strides, classes.
Arguments = tuple[list[int], list[int], list[int], int]
_MOST = 400  # networks that are kept, some MB each at most


class Right:
    """A network of the reference's on a bench of the judge's own.

    rows: of its state_dict. values: its weights by its own names; None when nothing it answers
    shall be kept.
    """

    def __init__(
        self, subject: Subject, model: Ref, values: dict[str, Tensor] | None = None
    ) -> None:
        self.subject, self.model, self.values = subject, model, values
        self.rows: Sequence[Row] = subject.rows(model)
        self._answers: dict[tuple[Any, ...], Any] = {}

    def forward(self, inputs: Tensor, train: bool = False) -> Tensor:
        return self._kept("forward", inputs, train)

    def stages(self, inputs: Tensor, train: bool = False) -> list[tuple[str, str, Tensor]]:
        return self._kept("stages", inputs, train)

    def _kept(self, request: str, inputs: Tensor, train: bool) -> Any:
        ask: Callable[..., Any] = getattr(self.subject, request)
        if self.values is None:
            return ask(self.model, inputs, train)
        key = (request, train, tuple(inputs.shape), inputs.numpy().tobytes())
        if key not in self._answers:
            self.subject.load(self.model, self.values)  # a run in train mode may have moved some
            self._answers[key] = ask(self.model, inputs, train)
        return self._answers[key]


_networks: OrderedDict[tuple[Any, ...], tuple[Right, Tensor]] = OrderedDict()


def reference_subject(t: Trial) -> Subject:
    """The reference on a bench of the judge's own."""
    bench = Workbench(reference_namespace("resnet"), "reference/resnet.py")
    return Subject(bench.answer, t.subject.seed, t.dtype)


def right_network(t: Trial, arguments: Arguments) -> tuple[Right, dict[str, Tensor]]:
    """The reference's network with random weights, and these.

    They come from the trial's generator, whose state tells whether they are known already.
    """
    key = (repr(arguments), t.dtype, t.generator.get_state().numpy().tobytes())
    known = _networks.get(key)
    if known is not None:
        right, after = known
        t.generator.set_state(after)
    else:
        subject = reference_subject(t)
        right = Right(subject, subject.build("ResNet34", *arguments), {})
        shapes = {name: shape for name, _, shape in right.rows}
        right.values = network_values(shapes, t.generator, getattr(torch, t.dtype))
        _networks[key] = right, t.generator.get_state()
        if len(_networks) > _MOST:
            _networks.popitem(last=False)
    assert right.values is not None
    return right, right.values
