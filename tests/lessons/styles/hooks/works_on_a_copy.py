"""The hooks go on a copy of the model, which is thrown away."""

import copy

import torch


def check(output):
    if isinstance(output, torch.Tensor):
        return bool(torch.isfinite(output).all())
    if isinstance(output, dict):
        return check(list(output.values()))
    if isinstance(output, list) or isinstance(output, tuple):
        for part in output:
            if not check(part):
                return False
    return True


def find_first_nonfinite(model, x):
    twin = copy.deepcopy(model)
    names = []
    for name, module in twin.named_modules():
        module.register_forward_hook(
            lambda m, i, o, n=name: None if check(o) else names.append(n)
        )
    twin(x)
    if len(names) == 0:
        return None
    return names[0]
