"""Wrong answers to checkpoint ``mlp``: how ``Linear`` begins."""

from __future__ import annotations

import msgspec
import torch
from torch import nn

from lessons.mistakes import Mistake, mistake
from reference import mlp


def _linear(weight_values, bias_values=None):
    """A Linear with other initial values, each made by ``f(shape, in, out)``."""

    class Linear(mlp.Linear):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__(in_features, out_features, bias)
            sizes = (in_features, out_features)
            if weight_values is not None:
                shape = (out_features, in_features)
                self.weight = nn.Parameter(weight_values(shape, *sizes))
            if bias and bias_values is not None:
                self.bias = nn.Parameter(bias_values((out_features,), *sizes))

    return Linear


def _uniform(bound):
    """Values spread evenly within +-bound(in, out)."""

    def make(shape, n_in, n_out):
        return (2 * torch.rand(shape) - 1) * bound(n_in, n_out)

    return make


def _both(values):
    return _linear(values, values)


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class not_scaled:
    """Your initial values fill -1 to 1, whatever the number of inputs.

    The sum over in_features products then grows with the width of the layer. Multiply by
    1/sqrt(in_features).
    """

    Linear = _both(_uniform(lambda n_in, n_out: 1.0))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class scaled_by_in:
    """Your initial values are scaled by 1/in_features; the root is missing.

    That makes them too small: a sum of n random products grows with sqrt(n) only, so 1/sqrt(n)
    already keeps it in size. With 1/n the signal fades from layer to layer.
    """

    Linear = _both(_uniform(lambda n_in, n_out: 1 / n_in))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class multiplied_by_root:
    """Your initial values are multiplied by sqrt(in_features) instead of divided by it.

    They grow with the number of inputs when they should shrink.
    """

    Linear = _both(_uniform(lambda n_in, n_out: n_in**0.5))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class only_positive:
    """Your initial values are never negative.

    `torch.rand` gives 0 to 1. Every unit of a layer then computes nearly the same: the mean of
    its inputs. Shift and stretch it first: `2 * torch.rand(...) - 1`.
    """

    Linear = _both(lambda shape, n_in, n_out: torch.rand(shape) * n_in**-0.5)


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class all_zero:
    """Your initial values are all zero.

    Then all units of a layer compute the same, get the same gradient and stay the same: the
    network can't tell them apart. Random values break the tie.
    """

    Linear = _both(lambda shape, n_in, n_out: torch.zeros(shape))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class uninitialised:
    """Your values are never set: `torch.empty` only reserves memory.

    What lies there by chance may be zero, huge, or nan. Fill it, for example with
    `.uniform_(-bound, bound)`.
    """

    Linear = _both(lambda shape, n_in, n_out: torch.empty(shape))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class normal_values:
    """Your initial values are normal, not uniform: `randn` instead of `rand`.

    The size is about right, but some values lie far outside +-1/sqrt(in_features).
    """

    Linear = _both(lambda shape, n_in, n_out: torch.randn(shape) * n_in**-0.5)


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class standard_normal:
    """Your initial values are standard normal numbers, `torch.randn`, without any scale.

    They should be uniform, and shrink with the number of inputs: within +-1/sqrt(in_features).
    """

    Linear = _both(lambda shape, n_in, n_out: torch.randn(shape))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class fan_out:
    """Your initial values are scaled by the number of outputs, not of inputs.

    What has to stay in size is a sum over the inputs: the bound is 1/sqrt(in_features).
    """

    Linear = _both(_uniform(lambda n_in, n_out: n_out**-0.5))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class half_the_width:
    """Your initial values fill half of the range: `rand - 0.5` is 1 wide, the range is 2 wide.

    Use `2 * torch.rand(...) - 1` and multiply that by the bound.
    """

    Linear = _both(_uniform(lambda n_in, n_out: 0.5 * n_in**-0.5))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class shifted_after_scaling:
    """Your values are `rand * bound * 2 - 1`: the shift by 1 comes after the scaling.

    They all lie just above -1. Shift first and scale then: `(rand * 2 - 1) * bound`.
    """

    Linear = _both(lambda shape, n_in, n_out: torch.rand(shape) * n_in**-0.5 * 2 - 1)


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class only_the_shift_scaled:
    """Your values are `2 * rand - 1 * bound`: only the 1 is multiplied by the bound.

    Multiplication binds before subtraction. With brackets: `(2 * rand - 1) * bound`.
    """

    Linear = _both(lambda shape, n_in, n_out: 2 * torch.rand(shape) - 1 * n_in**-0.5)


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class half_of_one_over_in:
    """Your bound is half of 1/in_features, because `**` binds before `/`.

    `in_features ** 1/2` is in_features / 2, and `in_features ** -1/2` is half of 1/in_features.
    With brackets: `in_features ** (-1/2)`, or write `in_features ** -0.5`.
    """

    Linear = _both(_uniform(lambda n_in, n_out: 0.5 / n_in))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class bound_of_784:
    """Your bound is 1/28 for any number of inputs, which is right for 784 only.

    The second layer has 100 inputs. Make the bound of the argument: `in_features ** -0.5`.
    """

    Linear = _both(_uniform(lambda n_in, n_out: 1 / 28))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class standard_uniform:
    """Your initial values are `torch.rand` as it comes, 0 to 1.

    Shift and stretch them to -1 to 1, `2 * torch.rand(...) - 1`, and multiply by the bound.
    """

    Linear = _both(lambda shape, n_in, n_out: torch.rand(shape))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class kaiming_default:
    """Your weight has the range of `kaiming_uniform_` with its default gain: sqrt(6/in_features).

    That is 2.4 times too wide. PyTorch's `nn.Linear` calls it with `a=math.sqrt(5)`, which
    comes out as 1/sqrt(in_features).
    """

    Linear = _linear(_uniform(lambda n_in, n_out: (6 / n_in) ** 0.5))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class xavier:
    """Your weight has Xavier's range, sqrt(6/(in_features + out_features)).

    That is a good rule too, but not this one: the bound asked for is 1/sqrt(in_features).
    """

    Linear = _linear(_uniform(lambda n_in, n_out: (6 / (n_in + n_out)) ** 0.5))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class bias_zero:
    """Your bias begins at zero; the weight is right.

    It would learn all the same. But the contract is PyTorch's: the bias is uniform within
    +-1/sqrt(in_features), as the weight is.
    """

    Linear = _linear(None, lambda shape, n_in, n_out: torch.zeros(shape))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class bias_one:
    """Your bias begins at one; the weight is right.

    Every unit starts with the same push. It should be uniform within +-1/sqrt(in_features).
    """

    Linear = _linear(None, lambda shape, n_in, n_out: torch.ones(shape))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class bias_by_out:
    """Your bias is scaled by its own length, out_features; the weight is right.

    The bound of both is 1/sqrt(in_features).
    """

    Linear = _linear(None, _uniform(lambda n_in, n_out: n_out**-0.5))


def _weight_alone(original: Mistake) -> Mistake:
    """The same mistake in the weight, and a bias that is right."""

    class Linear(original.definitions["Linear"]):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__(in_features, out_features, bias)
            if bias:
                right = mlp.Linear(in_features, out_features)
                self.bias = nn.Parameter(right.bias.data)

    told = original.diagnosis.replace("Your initial", "Your weight's initial")
    return msgspec.structs.replace(
        original,
        id=f"{original.id}-in-the-weight",
        diagnosis=told.replace("Your values", "Your weight's values"),
        why=f"{original.why} Your bias is right.",
        definitions={"Linear": Linear},
    )


weight_alone = tuple(
    _weight_alone(original)
    for original in (
        not_scaled,
        scaled_by_in,
        multiplied_by_root,
        only_positive,
        all_zero,
        uninitialised,
        normal_values,
        standard_normal,
        fan_out,
        half_the_width,
        shifted_after_scaling,
        only_the_shift_scaled,
    )
)
