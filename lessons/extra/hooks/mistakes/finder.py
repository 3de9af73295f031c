"""A finder whose parts can be replaced one by one, to make one mistake at a time."""

import torch
from torch import Tensor

from reference.hooks import tensors_in


def finite(output):
    return all(bool(tensor.isfinite().all()) for tensor in tensors_in(output))


def first(found):
    return found[0] if found else None


def everything(model):
    return model.named_modules()


def finder(good=finite, answer=first, modules=everything, name=lambda name, module: name):
    """A ``find_first_nonfinite`` with another look, another answer, other modules or names."""

    def find_first_nonfinite(model, x):
        found = []

        def watch(told):
            def look(module, inputs, output):
                if not good(output):
                    found.append(told)

            return look

        handles = [m.register_forward_hook(watch(name(n, m))) for n, m in modules(model)]
        try:
            with torch.no_grad():
                model(x)
        finally:
            for handle in handles:
                handle.remove()
        return answer(found)

    return find_first_nonfinite


def of_tensors(test):
    """A look at an output by a test of each tensor in it."""
    return lambda output: all(bool(test(tensor)) for tensor in tensors_in(output))


def is_tensor(output):
    return isinstance(output, Tensor)
