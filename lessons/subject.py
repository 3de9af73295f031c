"""The subject: the learner's code as a claim sees it.

A handle with a few requests. Where they are answered is not the claim's business: in the
subject's process for a learner's file, on a workbench of the judge's own for the reference and
the mistakes. Answers hold plain values and tensors only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from torch import Tensor

from lessons.workbench import Entry, Ref

Batches = Sequence[tuple[Tensor, Tensor]]


class SubjectDied(Exception):
    """The process that ran the learner's code is gone; the next request gets a fresh one.

    kind: crash, exit or memory. The message says what was seen, for the learner.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind, self.message = kind, message

    def __str__(self) -> str:
        return self.message


class Answerer(Protocol):
    """Answers one request; calls ``on_step`` for what comes while it is being answered."""

    def __call__(
        self, request: str, arguments: dict[str, Any], on_step: Callable[[Any], None] | None = None
    ) -> Any: ...


class Subject:
    """A module's code behind a few requests.

    Each may raise ``LearnerError`` (the code raised) or ``SubjectDied`` (its process is gone).

    seed: what the global random generator is set to before anything is built or called.
    dtype: name of the floating type that built modules are moved to.
    """

    def __init__(self, answer: Answerer, seed: int = 0, dtype: str = "float32") -> None:
        self._answer, self.seed, self.dtype = answer, seed, dtype

    def defines(self, name: str) -> bool:
        """Whether the file has that name at top level."""
        return self._answer("defined", {"name": name})

    def build(self, name: str, *arguments: Any, **named: Any) -> Ref:
        """Call the learner's ``name`` (a class or function) and keep what it makes."""
        return self._answer(
            "build",
            {
                "name": name,
                "arguments": list(arguments),
                "named": named,
                "seed": self.seed,
                "dtype": self.dtype,
            },
        )

    def call(self, target: str | Ref, *arguments: Any, **named: Any) -> Any:
        """Call a function; plain values come back, tensors as ``SeenTensor``, objects as Ref."""
        return self._answer(
            "call",
            {"target": target, "arguments": list(arguments), "named": named, "seed": self.seed},
        )

    def watch(
        self, name: str, *arguments: Any, layouts: Sequence[str] = (), **named: Any
    ) -> dict[str, Any]:
        """Call a function and see how it went about it; see ``lessons.watching.watched``.

        layouts: how each of the first arguments, tensors, lies in memory.
        """
        return self._answer(
            "watch",
            {
                "name": name,
                "arguments": list(arguments),
                "named": named,
                "layouts": list(layouts),
                "seed": self.seed,
            },
        )

    def forward(self, model: Ref, inputs: Tensor, train: bool | None = None) -> Tensor:
        """The model's output, without a graph. ``train`` sets the mode first, if given."""
        return self._answer("forward", {"model": model, "inputs": inputs, "train": train})

    def gradients(
        self, model: Ref, inputs: Tensor, upstream: Tensor, train: bool | None = None
    ) -> dict[str, Any]:
        """Forward and backward from ``upstream``: ``output``, ``input`` (its gradient or None)
        and ``parameters`` (gradients by name)."""
        return self._answer(
            "gradients",
            {"model": model, "inputs": inputs, "upstream": upstream, "train": train},
        )

    def entries(self, model: Ref, names: Sequence[str] = ()) -> list[Entry]:
        """The model's tensors in the order of its ``state_dict``, plain attributes last.

        names: only those of these names; all if there are none.
        """
        return self._answer("entries", {"model": model, "names": list(names)})

    def rows(self, model: Ref) -> list[tuple[str, str, tuple[int, ...]]]:
        """Name, kind and shape of each entry of the model's ``state_dict``, without the values.

        kind: parameter, buffer, or "shared" for a further name of a tensor that was listed.
        """
        return self._answer("rows", {"model": model})

    def load(self, model: Ref, values: dict[str, Tensor]) -> None:
        """Copy values into tensors of the model, by name, in place."""
        self._answer("load", {"model": model, "values": values})

    def copy(self, model: Ref) -> Ref:
        """A ``copy.deepcopy`` of the model, which raises where a tensor of it holds a graph."""
        return self._answer("copy", {"model": model})

    def facts(self, thing: Ref) -> dict[str, Any]:
        """``lineage`` (full names of its classes), ``inside`` (those of all modules in it),
        ``training``, ``calls`` (instruments)."""
        return self._answer("facts", {"target": thing})

    def attribute(self, thing: Ref, name: str) -> Any:
        """An attribute, as ``call`` would answer it."""
        return self._answer("attribute", {"target": thing, "name": name})

    def set_mode(self, model: Ref, *, train: bool) -> None:
        self._answer("set_mode", {"model": model, "train": train})

    def instrument(self, name: str, *arguments: Any, **named: Any) -> Ref:
        """Put one of ``lessons.instruments`` on the bench, to hand to the learner's functions."""
        return self._answer(
            "instrument", {"name": name, "arguments": list(arguments), "named": named}
        )

    def optimizer(self, model: Ref, name: str, **settings: float) -> Ref:
        """An optimizer of ``lessons.instruments`` or ``torch.optim`` over all parameters."""
        return self._answer("optimizer", {"model": model, "name": name, "settings": settings})

    def train(
        self,
        function: str,
        model: Ref,
        batches: Batches,
        optimizer: Ref,
        *,
        watch: Tensor | None = None,
        every: int = 0,
        on_step: Callable[[int, Tensor], None] | None = None,
    ) -> Any:
        """Call the learner's ``function(model, batches, optimizer)``; what it returns.

        While it runs, ``on_step(step, outputs)`` gets the model's outputs for ``watch`` before
        every ``every``-th batch and at the end.
        """
        look = None if on_step is None else (lambda seen: on_step(*seen))
        return self._answer(
            "train",
            {
                "name": function,
                "model": model,
                "batches": list(batches),
                "optimizer": optimizer,
                "watch": watch,
                "every": every,
            },
            look,
        )

    def stages(
        self, model: Ref, inputs: Tensor, train: bool = False, *, until_error: bool = False
    ) -> list[tuple[str, str, Tensor]]:
        """Every submodule's output in one run, in the order of their ending: (name, type, output).

        until_error: when the model raises, what had ended before is the answer.
        """
        arguments = {"model": model, "inputs": inputs, "train": train, "until_error": until_error}
        return self._answer("stages", arguments)
