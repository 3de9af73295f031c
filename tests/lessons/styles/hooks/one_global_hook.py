"""One hook on all modules there are, and a dict from module to name."""

import torch
from torch.nn.modules.module import register_module_forward_hook


def find_first_nonfinite(model, x):
    names = {id(module): name for name, module in model.named_modules()}
    answer = []

    def look(module, inputs, output):
        if id(module) not in names or answer:
            return
        todo = [output]
        while todo:
            thing = todo.pop()
            if isinstance(thing, torch.Tensor):
                if torch.count_nonzero(torch.isfinite(thing)) < thing.numel():
                    answer.append(names[id(module)])
                    return
            elif isinstance(thing, dict):
                todo.extend(thing.values())
            elif isinstance(thing, (list, tuple)):
                todo.extend(thing)

    handle = register_module_forward_hook(look)
    try:
        model.forward(x) if False else model(x)
    finally:
        handle.remove()
    return next(iter(answer), None)
