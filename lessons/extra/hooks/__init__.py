"""Checkpoint ``hooks``: find the first module whose output is not finite."""

from lessons.declare import Checkpoint, Claim, Tier

CHECKPOINT = Checkpoint(
    id="hooks",
    title="The first module that is not finite",
    task="""\
Write one function in `hooks.py`. The docstring there holds the contract.

- `find_first_nonfinite(model, x)`: run the model once, and return the name of the first module
  whose output holds a nan, inf or -inf. None if there is none.

Put a forward hook on every module, run the model, and take the hooks away again, whatever
happens. It has to work for any model: modules inside modules, outputs that are tuples, modules
that are called twice.
""",
    defines=("find_first_nonfinite",),
    claims=(
        Claim(
            id="finds-it",
            sentence="The first module with nan, inf or -inf in its output is named.",
            tier=Tier.T1,
            signature="one bad number, planted in eight places: its module named; None if healthy",
        ),
        Claim(
            id="large-values",
            sentence="Large numbers are finite, and so is their module.",
            tier=Tier.T1,
            signature="outputs as large as the type can hold: None",
        ),
        Claim(
            id="modules-inside",
            sentence="Modules inside modules are named in full, and the model itself is ''.",
            tier=Tier.T1,
            signature="'body.1.second', 'body.1' for its own sum, '' for the model's own",
            needs=("finds-it",),
        ),
        Claim(
            id="packed-outputs",
            sentence="Tuples, lists and dicts are looked into, however deep.",
            tier=Tier.T1,
            signature="the second of a tuple, a dict in a list in a tuple, None beside them",
        ),
        Claim(
            id="called-twice",
            sentence="A module that is called twice counts each time.",
            tier=Tier.T2,
            signature="spoil its first call only, then its second only: named both times",
        ),
        Claim(
            id="real-network",
            sentence="It finds a broken batch norm in a residual network.",
            tier=Tier.T2,
            signature="a negative variance in layer2.0.bn1: nothing before it is named",
        ),
        Claim(
            id="hooks-removed",
            sentence="No hook is left on the model, whatever happens.",
            tier=Tier.T2,
            signature="after a healthy run, after a find, after an error: 0 hooks left",
        ),
        Claim(
            id="errors-go-on",
            sentence="An error of the model's goes on to the caller.",
            tier=Tier.T1,
            signature="the model's ValueError arrives",
        ),
        Claim(
            id="left-alone",
            sentence="The model is run as it is and left as it was.",
            tier=Tier.T2,
            signature="train mode stays on; weights and other people's hooks are there afterwards",
            needs=("finds-it",),
        ),
    ),
    hints=(
        "A forward hook is a function of three arguments: module, inputs, output. The module "
        "itself does not know its name, so make one hook for each name: a function that returns "
        "a function.",
        "`for name, module in model.named_modules()` goes through everything, the model itself "
        "first, with the name ''. Keep what `register_forward_hook` returns: its `remove()` "
        "takes the hook away.",
        "Hooks are called in the order in which the modules end, so the first find is the one. "
        "Look inside the hook, at once, and do not return anything from it: what a hook returns "
        "takes the place of the output.",
        "`try: model(x)`, then `finally:` remove them all. The finder returns after that. Test "
        "`is None` or the length of a list, since '' counts as false.",
        """\
The whole function in code:

```python
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
            if not all(t.isfinite().all() for t in tensors(output)):
                found.append(name)

        return hook

    handles = [
        module.register_forward_hook(watch(name))
        for name, module in model.named_modules()
    ]
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None
```
""",
    ),
    seconds=20.0,
)
