"""Appendix: find where a network breaks, by looking at every module's output as it is made.

A forward hook is a function that a module calls each time it has computed its output. Source:
PyTorch's documentation of ``torch.nn.Module.register_forward_hook``.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn


def find_first_nonfinite(model: nn.Module, x: Tensor) -> str | None:
    """Run the model once and name the first module whose output is not finite.

    First is the module that ends first with a nan, inf or -inf anywhere in its output: a module
    comes before the ones that contain it. An output may be a tensor, or tuples, lists and dicts
    of them, inside each other too; what is no tensor does not count. A module that is called
    several times counts each time.

    The model is run as it is: its mode, parameters, and the hooks that others have put on it stay.
    The hooks of this function are removed again, whatever happens. An error that the model raises
    goes on to the caller.

    Args:
        model: any module.
        x: what the model takes.

    Returns:
        The module's name as in ``model.named_modules()``: "layer1.0.bn1", and "" for the model
        itself. None if every output is finite.
    """
    found: list[str] = []

    def watch(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def look(module: nn.Module, inputs: Any, output: Any) -> None:
            # Now, not later: a module behind may work in place, and hide what was here.
            if not all(bool(tensor.isfinite().all()) for tensor in tensors_in(output)):
                found.append(name)

        return look

    handles = [module.register_forward_hook(watch(name)) for name, module in model.named_modules()]
    try:
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


def tensors_in(output: Any) -> Iterator[Tensor]:
    """Every tensor in an output, through tuples, lists and dicts."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, dict):
        for part in output.values():
            yield from tensors_in(part)
    elif isinstance(output, list | tuple):
        for part in output:
            yield from tensors_in(part)
