import torch
from torch import Tensor


def tensors(output):
    if isinstance(output, Tensor):
        return [output]
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (list, tuple)):
        return [t for part in output for t in tensors(part)]
    return []


def find_first_nonfinite(model, x):
    found = []

    def watch(name):
        def hook(module, inputs, output):
            if not all(torch.isfinite(t).all() for t in tensors(output)):
                found.append(name)

        return hook

    handles = [m.register_forward_hook(watch(name)) for name, m in model.named_modules()]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None
