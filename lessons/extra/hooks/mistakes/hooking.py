"""What is wrong about where the hooks go, and what becomes of them and of the model."""

import torch

from lessons.extra.hooks.mistakes.finder import finder, finite
from lessons.mistakes import mistake
from reference import hooks


@mistake(claim="modules-inside", repair="extra#a-hook-sees-every-output")
class outer_modules_only:
    """Your finder looks at the model's direct parts only, not at what is inside them.

    `named_children()` goes one level down. `named_modules()` goes through everything.
    """

    find_first_nonfinite = finder(modules=lambda model: [*model.named_children(), ("", model)])


@mistake(claim="modules-inside", repair="extra#a-hook-sees-every-output")
class leaves_only:
    """Your finder looks only at modules that contain no others.

    A block computes something itself: a residual block adds. So do models. Hook them all.
    """

    find_first_nonfinite = finder(
        modules=lambda model: [(n, m) for n, m in model.named_modules() if not list(m.children())]
    )


@mistake(claim="modules-inside", repair="extra#names-come-from-outside")
class empty_name_taken_for_nothing:
    """Your finder answers None when it is the model itself that is not finite.

    Its forward may compute something after its last module, so it needs a hook too. And its name
    is '', which counts as false: ask `is None`, or keep the finds in a list.
    """

    find_first_nonfinite = finder(answer=lambda found: (found[0] if found else None) or None)


@mistake(claim="modules-inside", repair="extra#names-come-from-outside")
class model_by_another_name:
    """For the model itself your finder has a name of its own.

    In `named_modules()` it is the empty string, ''.
    """

    find_first_nonfinite = finder(name=lambda name, module: name or "model")


@mistake(claim="modules-inside", repair="extra#names-come-from-outside")
class short_names:
    """Your names are cut: 'first' instead of 'body.0.first'.

    There may be many modules called so. The name in full is the one in `named_modules()`.
    """

    find_first_nonfinite = finder(name=lambda name, module: name.rpartition(".")[2])


@mistake(claim="finds-it", repair="extra#look-at-once")
class in_the_order_of_the_list:
    """Your finder names the first in the order of `named_modules()`, not of the run.

    The model itself stands first in that list, though it ends last. Hooks are called in the order
    in which the modules end: keep that order.
    """

    def find_first_nonfinite(model, x):
        bad = set()

        def watch(name):
            def look(module, inputs, output):
                if not finite(output):
                    bad.add(name)

            return look

        handles = [m.register_forward_hook(watch(n)) for n, m in model.named_modules()]
        try:
            with torch.no_grad():
                model(x)
        finally:
            for handle in handles:
                handle.remove()
        return next((name for name, _ in model.named_modules() if name in bad), None)


@mistake(claim="finds-it", repair="extra#look-at-once")
class hook_returns_something:
    """Your hook returns something, and that takes the place of the module's output.

    From then on the model computes with it. A hook that only looks returns nothing, not even the
    value of `append` or `setdefault` in a lambda.
    """

    def find_first_nonfinite(model, x):
        found = []

        def watch(name):
            def look(module, inputs, output):
                good = finite(output)
                if not good:
                    found.append(name)
                return good

            return look

        handles = [m.register_forward_hook(watch(n)) for n, m in model.named_modules()]
        try:
            with torch.no_grad():
                model(x)
        finally:
            for handle in handles:
                handle.remove()
        return found[0] if found else None


@mistake(claim="hooks-removed", repair="extra#removed-whatever-happens")
class hooks_never_removed:
    """Your hooks stay on the model.

    They are called at every run from then on, in training too. Keep what
    `register_forward_hook` returns, and call its `remove()`.
    """

    def find_first_nonfinite(model, x):
        found = []

        def watch(name):
            def look(module, inputs, output):
                if not finite(output):
                    found.append(name)

            return look

        for name, module in model.named_modules():
            module.register_forward_hook(watch(name))
        with torch.no_grad():
            model(x)
        return found[0] if found else None


@mistake(claim="hooks-removed", repair="extra#removed-whatever-happens")
class removed_if_all_goes_well:
    """Your hooks stay on the model when it raises an error.

    The line that removes them is then not reached. Put it into `finally`.
    """

    def find_first_nonfinite(model, x):
        found = []

        def watch(name):
            def look(module, inputs, output):
                if not finite(output):
                    found.append(name)

            return look

        handles = [m.register_forward_hook(watch(n)) for n, m in model.named_modules()]
        with torch.no_grad():
            model(x)
        for handle in handles:
            handle.remove()
        return found[0] if found else None


@mistake(claim="hooks-removed", repair="extra#removed-whatever-happens")
class removed_only_when_nothing_is_found:
    """Your hooks stay on the model when something is found.

    A `return` on the way leaves the loop that removes them undone. `finally` is reached by every
    way out.
    """

    def find_first_nonfinite(model, x):
        found = []

        def watch(name):
            def look(module, inputs, output):
                if not finite(output):
                    found.append(name)

            return look

        handles = [m.register_forward_hook(watch(n)) for n, m in model.named_modules()]
        try:
            with torch.no_grad():
                model(x)
        finally:
            if not found:
                for handle in handles:
                    handle.remove()
        return found[0] if found else None


@mistake(claim="errors-go-on", repair="extra#removed-whatever-happens")
class errors_swallowed:
    """Your finder swallows the model's error and answers None, as if all were well.

    `except: pass` hides what is wrong. `try` with `finally`, and no `except`, lets the error go
    on and removes the hooks all the same.
    """

    def find_first_nonfinite(model, x):
        try:
            return hooks.find_first_nonfinite(model, x)
        except Exception:  # noqa: BLE001 - this is the mistake
            return None


@mistake(claim="left-alone", repair="extra#leave-the-model-as-it-was")
class looked_at_in_eval_mode:
    """Your finder puts the model into eval mode.

    A batch norm that breaks in training computes something else in eval, and all seems well. Run
    the model in the mode in which it comes.
    """

    def find_first_nonfinite(model, x):
        before = [(module, module.training) for module in model.modules()]
        model.eval()
        try:
            return hooks.find_first_nonfinite(model, x)
        finally:
            for module, training in before:
                module.training = training


@mistake(claim="left-alone", repair="extra#leave-the-model-as-it-was")
class left_in_eval_mode:
    """Your finder leaves the model in eval mode.

    Training goes on after the look, and now with the wrong mode. Do not touch the mode.
    """

    def find_first_nonfinite(model, x):
        return hooks.find_first_nonfinite(model.eval(), x)


@mistake(claim="left-alone", repair="extra#leave-the-model-as-it-was")
class left_in_train_mode:
    """Your finder leaves the model in train mode.

    Whoever uses the model next gets other numbers. Do not touch the mode.
    """

    def find_first_nonfinite(model, x):
        return hooks.find_first_nonfinite(model.train(), x)


@mistake(claim="left-alone", repair="extra#leave-the-model-as-it-was")
class other_hooks_cleared:
    """Your finder removes every hook there is, other people's too.

    Clearing `_forward_hooks` takes away what somebody else had put there. Remove your own, one by
    one, by what `register_forward_hook` returned.
    """

    def find_first_nonfinite(model, x):
        try:
            return hooks.find_first_nonfinite(model, x)
        finally:
            for module in model.modules():
                module._forward_hooks.clear()
