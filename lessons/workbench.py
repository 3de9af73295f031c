"""Where learner's code (or a mistake, or the reference) is put to work, request by request.

A workbench holds one module's names and the objects made from them, and answers the few
requests that a ``Subject`` can make. In a check of a learner's file it lives in the subject's
process; for the reference and the mistakes the judge has one of its own, so that both sides
answer exactly the same requests. Answers hold plain values and tensors, never live objects:
an object stays here and is spoken of by its ``Ref``.
"""

from __future__ import annotations

import contextlib
import copy
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lessons import instruments, watching
from lessons.surroundings import (
    keep_mode,
    plain_state,
    seed_randomness,
    uninitialised_is_nan,
)

LARGEST_ANSWER = 256 * 1024 * 1024  # bytes of one tensor that may travel to the judge

# Taken before any learner's code ran, so that a replaced method can't change what is read.
_named_parameters = nn.Module.named_parameters
_named_buffers = nn.Module.named_buffers


class Ref(NamedTuple):
    """Names an object on the workbench."""

    number: int


class SeenTensor(NamedTuple):
    """A tensor found inside an answer: its values, and whether it hangs on a graph."""

    tensor: Tensor
    requires_grad: bool


class Entry(NamedTuple):
    """One tensor of a module. kind: parameter, buffer, or attribute (a plain tensor)."""

    name: str
    kind: str
    tensor: Tensor
    requires_grad: bool
    has_graph: bool


class LearnerError(Exception):
    """What the code on the workbench raised, told in words.

    kind: the exception's type name, or "missing" (the file lacks a name), "unwritten" (the
    starter's NotImplementedError), "answer" (it returned something that can't be used).
    where: file and line, and that line's text, when it is known.
    expected: what should have come instead, in words; whoever asked may say it.
    """

    expected = "no error"

    def __init__(self, kind: str, message: str, where: str = "") -> None:
        super().__init__(kind, message, where)
        self.kind, self.message, self.where = kind, message, where

    def __str__(self) -> str:
        if self.kind in ("missing", "answer"):
            return self.message
        if self.kind == "unwritten":
            return f"not written yet: {self.message}" if self.message else "not written yet"
        told = f"{self.kind}: {self.message}" if self.message else self.kind
        return f"{told} ({self.where})" if self.where else told


class Workbench:
    """Answers requests about one module.

    namespace: the module's names. filename: its file, so that errors point at the right line.
    asked: the names that were asked for so far.
    """

    def __init__(self, namespace: Mapping[str, Any], filename: str = "") -> None:
        self.namespace = namespace
        self.filename = filename
        self.asked: set[str] = set()
        self._objects: dict[int, Any] = {}

    def answer(
        self, request: str, arguments: dict[str, Any], on_step: Callable[[Any], None] | None = None
    ) -> Any:
        """Do one request. LearnerError for whatever the code raised, even a SystemExit."""
        do = getattr(self, f"_do_{request}")
        plain_state()
        try:
            if request == "train":
                arguments = {**arguments, "on_step": on_step}
            return do(**arguments)
        except LearnerError:
            raise
        except BaseException as error:  # noqa: BLE001 a learner's SystemExit must not end us
            raise learner_error(error, self.filename) from None
        finally:
            plain_state()

    # --- the requests -------------------------------------------------------------------------

    def _do_defined(self, name: str) -> bool:
        self.asked.add(name)
        return name in self.namespace

    def _do_build(
        self, name: str, arguments: list[Any], named: dict[str, Any], seed: int, dtype: str
    ) -> Ref:
        """Call ``name`` and keep what it makes. A module is moved to ``dtype``."""
        make = self._find(name)
        arguments, named = self._inward(arguments), self._inward(named)
        seed_randomness(seed)
        with uninitialised_is_nan():
            made = make(*arguments, **named)
        if isinstance(made, nn.Module) and dtype != "float32":
            made.to(getattr(torch, dtype))
        return self._keep(made)

    def _do_call(
        self, target: str | Ref, arguments: list[Any], named: dict[str, Any], seed: int
    ) -> Any:
        """Call a function of the module, or an object of the workbench; its answer travels."""
        function = self._find(target) if isinstance(target, str) else self._get(target)
        arguments, named = self._inward(arguments), self._inward(named)
        seed_randomness(seed)
        return self._outward(function(*arguments, **named))

    def _do_watch(
        self,
        name: str,
        arguments: list[Any],
        named: dict[str, Any],
        layouts: list[str],
        seed: int,
    ) -> dict[str, Any]:
        """Call a function of the module and say what it did on the way; see ``watching``."""
        function = self._find(name)
        given, options = self._inward(arguments), self._inward(named)
        seed_randomness(seed)
        seen = watching.watched(function, given, options, layouts, self.namespace)
        return {**seen, "answer": self._outward(seen["answer"])}

    def _do_forward(self, model: Ref, inputs: Tensor, train: bool | None) -> Tensor:
        module = self._module(model)
        if train is not None:
            module.train(train)
        with torch.no_grad():
            return self._tensor(module(inputs.clone()), f"{type(module).__name__}.forward")

    def _do_gradients(
        self, model: Ref, inputs: Tensor, upstream: Tensor, train: bool | None
    ) -> dict[str, Any]:
        """Forward, then backward from ``upstream``: output, input's and parameters' gradients."""
        module = self._module(model)
        if train is not None:
            module.train(train)
        leaf = inputs.clone().requires_grad_(True)
        for _, parameter in _named_parameters(module):
            parameter.grad = None
        # Times one, so that code that works in place does not meet a leaf.
        output = module(leaf * 1.0)
        seen = self._tensor(output, f"{type(module).__name__}.forward")
        if not output.requires_grad:
            return {"output": seen, "input": None, "parameters": {}}
        output.backward(upstream)
        return {
            "output": seen,
            "input": None if leaf.grad is None else self._tensor(leaf.grad, "gradient"),
            "parameters": {
                name: None if p.grad is None else self._tensor(p.grad, name)
                for name, p in _named_parameters(module)
            },
        }

    def _do_entries(self, model: Ref, names: list[str]) -> list[Entry]:
        """The module's tensors: parameters and buffers as ``state_dict`` orders them, then
        plain tensors that are attributes of the module itself."""
        module = self._module(model)
        kinds: dict[str, tuple[str, Tensor]] = {
            name: ("parameter", p) for name, p in _named_parameters(module)
        }
        kinds |= {name: ("buffer", b) for name, b in _named_buffers(module)}
        order = [name for name in module.state_dict() if name in kinds]
        order += [name for name in kinds if name not in order]
        rows = [(name, *kinds[name]) for name in order]
        rows += [
            (name, "attribute", value)
            for name, value in vars(module).items()
            if isinstance(value, Tensor)
        ]
        return [
            Entry(
                name,
                kind,
                self._tensor(tensor, name),
                tensor.requires_grad,
                tensor.grad_fn is not None,
            )
            for name, kind, tensor in rows
            if not names or name in names
        ]

    def _do_rows(self, model: Ref) -> list[tuple[str, str, tuple[int, ...]]]:
        """What the module's ``state_dict`` lists, however large, without the values."""
        module = self._module(model)
        kinds = {name: "parameter" for name, _ in _named_parameters(module)}
        kinds |= {name: "buffer" for name, _ in _named_buffers(module)}
        return [
            (name, kinds.get(name, "shared"), tuple(value.shape))
            for name, value in module.state_dict().items()
            if isinstance(value, Tensor)
        ]

    def _do_load(self, model: Ref, values: dict[str, Tensor]) -> None:
        """Copy values into the module's tensors of those names, in place."""
        module = self._module(model)
        tensors = dict(_named_parameters(module)) | dict(_named_buffers(module))
        tensors |= {n: v for n, v in vars(module).items() if isinstance(v, Tensor)}
        with torch.no_grad():
            for name, value in values.items():
                tensors[name].copy_(value)

    def _do_copy(self, model: Ref) -> Ref:
        return self._keep(copy.deepcopy(self._module(model)))

    def _do_facts(self, target: Ref) -> dict[str, Any]:
        """What kind of object it is: its class and all the classes above, the same of all modules
        inside it, its mode, its calls when it is an instrument of ours."""
        thing = self._get(target)
        modules = list(thing.modules())[1:] if isinstance(thing, nn.Module) else []
        inside = {_class_name(c) for module in modules for c in type(module).__mro__}
        return {
            "inside": sorted(inside),
            "lineage": [_class_name(c) for c in type(thing).__mro__],
            "training": getattr(thing, "training", None),
            "calls": list(thing.calls) if isinstance(thing, instruments.RECORDING) else [],
        }

    def _do_attribute(self, target: Ref, name: str) -> Any:
        return self._outward(getattr(self._get(target), name))

    def _do_set_mode(self, model: Ref, train: bool) -> None:
        self._module(model).train(train)

    def _do_instrument(self, name: str, arguments: list[Any], named: dict[str, Any]) -> Ref:
        return self._keep(getattr(instruments, name)(*arguments, **named))

    def _do_optimizer(self, model: Ref, name: str, settings: dict[str, Any]) -> Ref:
        """An instrument, or one of torch's optimizers, over all the module's parameters."""
        parameters = [p for _, p in _named_parameters(self._module(model))]
        if not parameters:
            raise LearnerError(
                "answer", "the model has no parameters, so there is nothing to train"
            )
        maker = getattr(instruments, name, None) or getattr(torch.optim, name)
        return self._keep(maker(parameters, **settings))

    def _do_train(
        self,
        name: str,
        model: Ref,
        batches: list[tuple[Tensor, Tensor]],
        optimizer: Ref,
        watch: Tensor | None,
        every: int,
        on_step: Callable[[Any], None] | None,
    ) -> Any:
        """Call the learner's training function. Before every ``every``-th batch, and at the
        end, the model's outputs for ``watch`` travel to the judge: a curve nobody can forge."""
        train = self._find(name)
        module = self._module(model)

        def look(step: int) -> None:
            if watch is None or on_step is None:
                return
            with keep_mode(module), torch.no_grad():
                module.train(False)
                outputs = module(watch.clone())
            on_step((step, self._tensor(outputs, "forward")))

        watched = _WatchedBatches(batches, every, look)
        answer = train(module, watched, self._get(optimizer))
        look(len(batches))
        return self._outward(answer)

    def _do_stages(
        self, model: Ref, inputs: Tensor, train: bool, until_error: bool = False
    ) -> list[tuple[str, str, Tensor]]:
        """Run once; every submodule's output in the order of their ending: (name, type, output).

        until_error: when the model raises, what had ended before is the answer.
        """
        module = self._module(model)
        module.train(train)
        seen: list[tuple[str, str, Tensor]] = []

        def hook(name: str) -> Callable[..., None]:
            def remember(m: nn.Module, _: Any, output: Any) -> None:
                if isinstance(output, Tensor):
                    seen.append((name, type(m).__name__, self._tensor(output, name)))

            return remember

        handles = [m.register_forward_hook(hook(n)) for n, m in module.named_modules()]
        try:
            with torch.no_grad(), contextlib.suppress(*([Exception] if until_error else [])):
                module(inputs.clone())
        finally:
            for handle in handles:
                handle.remove()
        return seen

    # --- objects and values -------------------------------------------------------------------

    def _find(self, name: str) -> Any:
        self.asked.add(name)
        if name not in self.namespace:
            file = self.filename or "the file"
            raise LearnerError("missing", f"{file} defines no `{name}`")
        return self.namespace[name]

    def _keep(self, thing: Any) -> Ref:
        ref = Ref(len(self._objects))
        self._objects[ref.number] = thing
        return ref

    def _get(self, ref: Ref) -> Any:
        return self._objects[ref.number]

    def _module(self, ref: Ref) -> nn.Module:
        thing = self._get(ref)
        if not isinstance(thing, nn.Module):
            raise LearnerError(
                "answer", f"expected an nn.Module, got {a_thing(thing)}; subclass nn.Module"
            )
        return thing

    def _inward(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return self._get(value)
        if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
            return type(value)(self._inward(item) for item in value)
        if isinstance(value, dict):
            return {key: self._inward(item) for key, item in value.items()}
        return value.clone() if isinstance(value, Tensor) else value

    def _outward(self, value: Any) -> Any:
        if value is None or type(value) in (bool, int, float, str):
            return value
        if isinstance(value, Tensor):
            return SeenTensor(self._tensor(value, "the answer"), value.requires_grad)
        if isinstance(value, list | tuple):
            return [self._outward(item) for item in value]
        if isinstance(value, dict):
            return {str(key): self._outward(item) for key, item in value.items()}
        if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
            return value.item()
        return self._keep(value)

    def _tensor(self, value: Any, what: str) -> Tensor:
        if not isinstance(value, Tensor):
            forgot = "; did you forget `return`?" if value is None else ""
            raise LearnerError("answer", f"{what} gave {a_thing(value)}, not a tensor{forgot}")
        if value.layout != torch.strided or value.device.type != "cpu":
            raise LearnerError(
                "answer",
                f"{what} gave a tensor on {value.device.type}, {value.layout}; "
                "expected an ordinary tensor on the CPU",
            )
        size = value.numel() * value.element_size()
        if size > LARGEST_ANSWER:
            raise LearnerError(
                "answer",
                f"{what} gave a tensor of shape {tuple(value.shape)}: "
                f"{size / 1e6:,.0f} MB, far more than is needed",
            )
        return value.detach().clone().contiguous()


class _WatchedBatches(list[tuple[Tensor, Tensor]]):
    """A list of batches that looks at the model while it is gone through."""

    def __init__(
        self, batches: list[tuple[Tensor, Tensor]], every: int, look: Callable[[int], None]
    ) -> None:
        super().__init__((images, labels) for images, labels in batches)
        self._every, self._look = every, look

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for step, batch in enumerate(super().__iter__()):
            if self._every and step % self._every == 0:
                self._look(step)
            yield batch


def _class_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def a_thing(value: Any) -> str:
    """A short name of a value's type: ``None``, ``a list``, ``a Linear``."""
    if value is None:
        return "None"
    return f"{'an' if type(value).__name__[:1] in 'AEIOUaeiou' else 'a'} {type(value).__name__}"


def learner_error(error: BaseException, filename: str) -> LearnerError:
    """An exception of the learner's code as words, with the innermost line of their file."""
    if isinstance(error, NotImplementedError) and not _is_torchs(error):
        return LearnerError("unwritten", _message(error))
    where = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == filename or frame.filename.startswith("<earlier>"):
            name = frame.filename.rsplit("/", 1)[-1]
            where = f"{name}, line {frame.lineno}"
    refused = type(error) is RuntimeError and "can't allocate memory" in _message(error)
    if refused or isinstance(error, MemoryError):
        return LearnerError("MemoryError", "it asks for more memory than there is for it", where)
    if isinstance(error, SystemExit | KeyboardInterrupt):
        told = "the code ends the program; let it return instead"
        return LearnerError(type(error).__name__, told, where)
    if isinstance(error, SyntaxError) and error.filename:
        where = f"{error.filename.rsplit('/', 1)[-1]}, line {error.lineno}"
        return LearnerError(type(error).__name__, error.msg or "", where)
    return LearnerError(type(error).__name__, _message(error), where)


def _is_torchs(error: NotImplementedError) -> bool:
    """Whether torch says that it can't do something, rather than a body that is not written:
    ``"log_softmax" not implemented for 'Long'``, as for arguments in the wrong order."""
    said = _message(error)
    return " not implemented for '" in said or said.startswith(("Could not run '", "Module ["))


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException as second:  # noqa: BLE001 the learner's own __str__ may do anything
        return f"(its message could not be made: {type(second).__name__})"
    lines = text.strip().splitlines()
    first = lines[0].partition(" Hint: ")[0] if lines else ""
    return first.removesuffix(", but expected one of:")[:300]  # they stand on the lines below
