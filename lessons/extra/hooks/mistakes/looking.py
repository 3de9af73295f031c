"""What is wrong about the look at an output, and about the answer."""

import torch
from torch import Tensor

from lessons.extra.hooks.mistakes.finder import finder, finite, is_tensor, of_tensors
from lessons.mistakes import mistake


@mistake(claim="finds-it", repair="extra#nan-and-its-relatives")
class nan_only:
    """Your finder looks for nan only; inf and -inf go by.

    Infinity comes first as a rule: log(0) is -inf, and inf - inf is nan, a few modules later.
    `isfinite()` is false for all three.
    """

    find_first_nonfinite = finder(of_tensors(lambda t: not t.isnan().any()))


@mistake(claim="finds-it", repair="extra#nan-and-its-relatives")
class infinity_only:
    """Your finder looks for infinity only; nan goes by.

    `isinf()` is false for nan. `isfinite()` is false for nan, inf and -inf.
    """

    find_first_nonfinite = finder(of_tensors(lambda t: not t.isinf().any()))


@mistake(claim="finds-it", repair="extra#nan-and-its-relatives")
class minus_infinity_goes_by:
    """Your finder finds nan and infinity; minus infinity goes by.

    `t == float("inf")` and `t.max()` know the one sign only. `isfinite()` is false for nan, inf and
    -inf.
    """

    find_first_nonfinite = finder(of_tensors(lambda t: not (t.isnan() | (t == torch.inf)).any()))


@mistake(claim="finds-it", repair="extra#nan-and-its-relatives")
class only_if_all_is_broken:
    """Your finder reports a module only when none of its numbers is finite.

    One bad number is enough: a module is in order if `isfinite().all()`, not `.any()`.
    """

    find_first_nonfinite = finder(of_tensors(lambda t: t.isfinite().any()))


@mistake(claim="finds-it", repair="extra#a-hook-sees-every-output")
class last_instead_of_first:
    """Your finder names the last module that is not finite; the first is asked for.

    A nan spreads to everything behind it. Keep the first find, and do not overwrite it.
    """

    find_first_nonfinite = finder(answer=lambda found: found[-1] if found else None)


@mistake(claim="finds-it", repair="extra#a-hook-sees-every-output")
class all_of_them:
    """Your finder returns a list of all modules that are not finite.

    One name is asked for, the first, or None.
    """

    find_first_nonfinite = finder(answer=lambda found: found)


@mistake(claim="finds-it", repair="extra#a-hook-sees-every-output")
class whether_not_where:
    """Your finder says whether something is not finite, not where.

    Return the module's name, or None.
    """

    find_first_nonfinite = finder(answer=bool)


@mistake(claim="finds-it", repair="extra#names-come-from-outside")
class type_instead_of_name:
    """Your finder answers with the type of the module, not with its name.

    Every block has a module of that type. The name says which one: take it from
    `named_modules()`.
    """

    find_first_nonfinite = finder(name=lambda name, module: type(module).__name__)


@mistake(claim="finds-it", repair="extra#names-come-from-outside")
class module_instead_of_name:
    """Your finder returns the module itself; its name is asked for.

    A module does not know its name. `named_modules()` has both.
    """

    find_first_nonfinite = finder(name=lambda name, module: module)


@mistake(claim="finds-it", repair="extra#names-come-from-outside")
class the_last_name_for_all:
    """Every hook of yours tells the same name: that of the last module.

    A function made in a loop reads the loop's variable when it is called, and by then the loop
    has ended. Bind the name: by a function that returns the hook, or `def hook(..., name=name)`.
    """

    def find_first_nonfinite(model, x):
        names = [name for name, _ in model.named_modules()]
        return finder(name=lambda name, module: names[-1])(model, x)


@mistake(claim="finds-it", repair="extra#a-hook-sees-every-output")
class inputs_looked_at:
    """Your finder looks at what goes into a module, not at what comes out.

    So it names the module behind the guilty one, and misses the last. Use
    `register_forward_hook`, and its third argument.
    """

    def find_first_nonfinite(model, x):
        found = []

        def watch(name):
            def look(module, inputs):
                if not finite(inputs):
                    found.append(name)

            return look

        handles = [m.register_forward_pre_hook(watch(n)) for n, m in model.named_modules()]
        try:
            with torch.no_grad():
                model(x)
        finally:
            for handle in handles:
                handle.remove()
        return found[0] if found else None


@mistake(claim="finds-it", repair="extra#look-at-once")
class looked_at_too_late:
    """Your finder keeps the outputs and looks at them when the model has run.

    By then a module behind may have changed them: an in-place ReLU makes 0 of -inf. Look inside
    the hook.
    """

    def find_first_nonfinite(model, x):
        kept = []

        def watch(name):
            return lambda module, inputs, output: kept.append((name, output))

        handles = [m.register_forward_hook(watch(n)) for n, m in model.named_modules()]
        try:
            with torch.no_grad():
                model(x)
        finally:
            for handle in handles:
                handle.remove()
        return next((name for name, output in kept if not finite(output)), None)


@mistake(claim="finds-it", repair="extra#a-hook-sees-every-output")
class model_not_run:
    """Your finder always answers None.

    Either the model is not run while the hooks are on it, or the answer is not returned.
    """

    find_first_nonfinite = finder(answer=lambda found: None)


@mistake(claim="large-values", repair="extra#nan-and-its-relatives")
class sum_instead_of_every_number:
    """Your finder looks at the sum of an output, which overflows for large numbers.

    Two numbers of 3e38 are finite and their sum is not. Look at each: `isfinite().all()`.
    """

    find_first_nonfinite = finder(of_tensors(lambda t: t.sum().isfinite()))


@mistake(claim="packed-outputs", repair="extra#outputs-come-packed")
class packed_outputs_skipped:
    """Your finder looks at an output only if it is a tensor.

    Recurrent layers, attention and many models return tuples or dicts. Look into them.
    """

    find_first_nonfinite = finder(lambda out: finite(out) if is_tensor(out) else True)


@mistake(claim="packed-outputs", repair="extra#outputs-come-packed")
class first_of_a_tuple_only:
    """Of a tuple your finder looks at the first part only.

    Any part can go bad: in an LSTM it is often the state, which comes second.
    """

    def find_first_nonfinite(model, x):
        def good(output):
            return finite(output[0] if isinstance(output, list | tuple) else output)

        return finder(good)(model, x)


@mistake(claim="packed-outputs", repair="extra#outputs-come-packed")
class one_level_only:
    """Your finder opens a tuple or dict, and not what lies inside it.

    An LSTM returns a tuple with a tuple in it. Let the function that looks call itself.
    """

    def find_first_nonfinite(model, x):
        def good(output):
            parts = list(output.values()) if isinstance(output, dict) else output
            parts = parts if isinstance(parts, list | tuple) else [parts]
            return all(finite(part) for part in parts if isinstance(part, Tensor))

        return finder(good)(model, x)


@mistake(claim="packed-outputs", repair="extra#outputs-come-packed")
class dicts_skipped:
    """Your finder does not look into dicts.

    Many models return one. Go through its `values()`.
    """

    def find_first_nonfinite(model, x):
        def plain(output):
            if isinstance(output, list | tuple):
                return [part for item in output for part in plain(item)]
            return [output] if isinstance(output, Tensor) else []

        return finder(lambda output: finite(plain(output)))(model, x)


@mistake(claim="packed-outputs", repair="extra#outputs-come-packed")
class stumbles_over_what_is_no_tensor:
    """Your finder fails where a part of an output is no tensor, such as None.

    Ask `isinstance(part, Tensor)` first; other things can't be nan.
    """

    def find_first_nonfinite(model, x):
        def good(output):
            if isinstance(output, list | tuple):
                return all(good(part) for part in output)
            if isinstance(output, dict):
                return all(good(part) for part in output.values())
            return bool(torch.isfinite(output).all())

        return finder(good)(model, x)


@mistake(claim="called-twice", repair="extra#a-module-may-run-twice")
class last_call_counts:
    """Of a module that is called twice, your finder knows the last call only.

    A dict by name keeps what was written last. Keep the first find, not a state for each module.
    """

    def find_first_nonfinite(model, x):
        good = {}

        def watch(name):
            def look(module, inputs, output):
                good.pop(name, None)
                good[name] = finite(output)

            return look

        handles = [m.register_forward_hook(watch(n)) for n, m in model.named_modules()]
        try:
            with torch.no_grad():
                model(x)
        finally:
            for handle in handles:
                handle.remove()
        return next((name for name, fine in good.items() if not fine), None)


@mistake(claim="called-twice", repair="extra#a-module-may-run-twice")
class first_call_counts:
    """Of a module that is called twice, your finder knows the first call only.

    It may go wrong at the second. Look at every call.
    """

    def find_first_nonfinite(model, x):
        good = {}

        def watch(name):
            def look(module, inputs, output):
                good.setdefault(name, finite(output))

            return look

        handles = [m.register_forward_hook(watch(n)) for n, m in model.named_modules()]
        try:
            with torch.no_grad():
                model(x)
        finally:
            for handle in handles:
                handle.remove()
        return next((name for name, fine in good.items() if not fine), None)
