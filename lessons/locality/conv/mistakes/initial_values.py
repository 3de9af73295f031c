"""Wrong initial values of a convolution's weight."""

import math

import torch
from torch import nn

from lessons.mistakes import mistake
from reference import conv


def _drawn(values):
    """A Conv2d whose weight is made by ``values(shape, in, out, k)``."""

    class Conv2d(conv.Conv2d):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            super().__init__(in_channels, out_channels, kernel_size, stride, padding)
            shape = (out_channels, in_channels, kernel_size, kernel_size)
            self.weight = nn.Parameter(values(shape, in_channels, out_channels, kernel_size))

    return Conv2d


def _within(bound):
    """A Conv2d whose weight is spread evenly within +-``bound(in, out, k)``."""
    return _drawn(lambda shape, n_in, n_out, k: (2 * torch.rand(shape) - 1) * bound(n_in, n_out, k))


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class kernel_side_not_area:
    """Your bound is 1/sqrt(in_channels * k): the side of the window, not its area.

    A window of side 3 sees 9 pixels of each channel: in_channels * k * k inputs.
    """

    Conv2d = _within(lambda n_in, n_out, k: (n_in * k) ** -0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class kernel_left_out:
    """Your bound is 1/sqrt(in_channels): the window is left out.

    An output sees k * k pixels of each channel, so in_channels * k * k inputs.
    """

    Conv2d = _within(lambda n_in, n_out, k: n_in**-0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class channels_left_out:
    """Your bound is 1/sqrt(k * k): the input channels are left out.

    An output sees its window in every input channel: in_channels * k * k inputs.
    """

    Conv2d = _within(lambda n_in, n_out, k: 1 / k)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class fan_out:
    """Your bound counts the output channels, not the input channels.

    What has to stay in size is a sum over the inputs, in_channels * k * k of them.
    """

    Conv2d = _within(lambda n_in, n_out, k: (n_out * k * k) ** -0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class output_channels_alone:
    """Your bound is 1/sqrt(out_channels).

    What has to stay in size is a sum over the inputs, in_channels * k * k of them. How many
    outputs there are does not matter.
    """

    Conv2d = _within(lambda n_in, n_out, k: n_out**-0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class divided_by_channels_only:
    """Your bound is sqrt(1 / in_channels * k * k): only in_channels is divided by.

    Python goes from left to right, so the result is multiplied by k * k. Put brackets around
    the product: `1 / (in_channels * k * k)`.
    """

    Conv2d = _within(lambda n_in, n_out, k: (1 / n_in * k * k) ** 0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class divided_by_channels_no_root:
    """Your bound is 1 / in_channels * k * k: no root, and only in_channels is divided by.

    Python goes from left to right, so the result is multiplied by k * k. What is asked for is
    `(in_channels * k * k) ** -0.5`.
    """

    Conv2d = _within(lambda n_in, n_out, k: 1 / n_in * k * k)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class caret_for_power:
    """Your bound uses `^`, which is no power in Python.

    `kernel_size ^ 2` flips a bit: `3 ^ 2` is 1. And `*` binds before it. Write
    `kernel_size ** 2`.
    """

    Conv2d = _within(lambda n_in, n_out, k: (n_in * k ^ 2) ** -0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class caret_in_brackets:
    """Your bound uses `(kernel_size ^ 2)`, and `^` is no power in Python.

    It flips a bit: `3 ^ 2` is 1, and `5 ^ 2` is 7. Write `kernel_size ** 2`.
    """

    Conv2d = _within(lambda n_in, n_out, k: (n_in * (k ^ 2)) ** -0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class twice_the_side:
    """Your bound counts 2 * k pixels in a window of side k; there are k * k.

    A window of side 5 sees 25 pixels of each channel, not 10.
    """

    Conv2d = _within(lambda n_in, n_out, k: (n_in * 2 * k) ** -0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class not_scaled:
    """Your initial values fill -1 to 1, whatever the number of inputs.

    The sum over in_channels * k * k products then grows with their number. Multiply by the
    bound, 1/sqrt(in_channels * k * k).
    """

    Conv2d = _within(lambda n_in, n_out, k: 1.0)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class root_left_out:
    """Your bound is 1/(in_channels * k * k); the root is missing.

    That makes the values too small: a sum of n random products grows with sqrt(n) only. With
    1/n the signal fades from layer to layer.
    """

    Conv2d = _within(lambda n_in, n_out, k: 1 / (n_in * k * k))


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class half_of_one_over_n:
    """Your bound is half of 1/(in_channels * k * k), because `**` binds before `/`.

    `n ** 1/2` is n / 2, and `n ** -1/2` is half of 1/n. With brackets: `n ** (-1/2)`, or write
    `n ** -0.5`.
    """

    Conv2d = _within(lambda n_in, n_out, k: 0.5 / (n_in * k * k))


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class multiplied_by_root:
    """Your initial values are multiplied by sqrt(in_channels * k * k) instead of divided by it.

    They grow with the number of inputs when they should shrink.
    """

    Conv2d = _within(lambda n_in, n_out, k: (n_in * k * k) ** 0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class half_the_width:
    """Your initial values fill half of the range: `rand - 0.5` is 1 wide, the range is 2 wide.

    Use `2 * torch.rand(...) - 1` and multiply that by the bound.
    """

    Conv2d = _within(lambda n_in, n_out, k: 0.5 * (n_in * k * k) ** -0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class only_positive:
    """Your initial values are never negative.

    `torch.rand` gives 0 to 1. A filter without negative weights can't tell an edge from a flat
    patch. Shift and stretch first: `2 * torch.rand(...) - 1`.
    """

    Conv2d = _drawn(lambda shape, n_in, n_out, k: torch.rand(shape) * (n_in * k * k) ** -0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class shifted_after_scaling:
    """Your values are `rand * bound * 2 - 1`: the shift by 1 comes after the scaling.

    They all begin at -1. Shift first and scale then: `(rand * 2 - 1) * bound`.
    """

    Conv2d = _drawn(
        lambda shape, n_in, n_out, k: torch.rand(shape) * (n_in * k * k) ** -0.5 * 2 - 1
    )


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class only_the_shift_scaled:
    """Your values are `2 * rand - 1 * bound`: only the 1 is multiplied by the bound.

    Multiplication binds before subtraction. With brackets: `(2 * rand - 1) * bound`.
    """

    Conv2d = _drawn(
        lambda shape, n_in, n_out, k: 2 * torch.rand(shape) - 1 * (n_in * k * k) ** -0.5
    )


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class normal_values:
    """Your initial values are normal, not uniform: `randn` instead of `rand`.

    The size is about right, but some values lie far outside +-1/sqrt(in_channels * k * k).
    """

    Conv2d = _drawn(lambda shape, n_in, n_out, k: torch.randn(shape) * (n_in * k * k) ** -0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class standard_normal:
    """Your initial values are standard normal numbers, `torch.randn`, without any scale.

    They should be uniform, and shrink with the number of inputs: within
    +-1/sqrt(in_channels * k * k).
    """

    Conv2d = _drawn(lambda shape, n_in, n_out, k: torch.randn(shape))


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class standard_uniform:
    """Your initial values are `torch.rand` as it comes, 0 to 1.

    Shift and stretch them to -1 to 1, `2 * torch.rand(...) - 1`, and multiply by the bound.
    """

    Conv2d = _drawn(lambda shape, n_in, n_out, k: torch.rand(shape))


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class kaiming_default:
    """Your weight has the range of `kaiming_uniform_` with its default gain: sqrt(6/n).

    That is 2.4 times too wide. PyTorch's `nn.Conv2d` calls it with `a=math.sqrt(5)`, which
    comes out as 1/sqrt(n), where n is in_channels * k * k.
    """

    Conv2d = _within(lambda n_in, n_out, k: (6 / (n_in * k * k)) ** 0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class kaiming_normal:
    """Your weight is drawn by `kaiming_normal_`: normal, with deviation sqrt(2/n).

    A good rule for layers before a ReLU, but not this one. The values asked for are uniform,
    within +-1/sqrt(n), where n is in_channels * k * k.
    """

    Conv2d = _drawn(lambda shape, n_in, n_out, k: torch.randn(shape) * (2 / (n_in * k * k)) ** 0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class kaiming_fan_out:
    """Your weight is drawn by `kaiming_normal_` with `mode="fan_out"`.

    torchvision begins its ResNets so. Here the values are uniform, and what counts is the
    number of inputs: within +-1/sqrt(in_channels * k * k).
    """

    Conv2d = _drawn(lambda shape, n_in, n_out, k: torch.randn(shape) * (2 / (n_out * k * k)) ** 0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class xavier:
    """Your weight has Xavier's range, sqrt(6/(inputs + outputs)).

    That is a good rule too, but not this one: the bound is 1/sqrt(in_channels * k * k).
    """

    Conv2d = _within(lambda n_in, n_out, k: (6 / ((n_in + n_out) * k * k)) ** 0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class all_zero:
    """Your initial values are all zero.

    Then all filters give the same map, get the same gradient and stay the same. Random values
    break the tie.
    """

    Conv2d = _drawn(lambda shape, n_in, n_out, k: torch.zeros(shape))


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class all_one:
    """Your initial values are all one.

    Then all filters give the same map, get the same gradient and stay the same. Random values
    break the tie.
    """

    Conv2d = _drawn(lambda shape, n_in, n_out, k: torch.ones(shape))


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class uninitialised:
    """Your values are never set: `torch.empty` only reserves memory.

    What lies there by chance may be zero, huge, or nan. Fill it, for example with
    `.uniform_(-bound, bound)`.
    """

    Conv2d = _drawn(lambda shape, n_in, n_out, k: torch.empty(shape))


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class two_values:
    """Your initial values are only two numbers, plus and minus the bound.

    Uniform means: every value between the bounds is as likely as any other.
    """

    Conv2d = _drawn(
        lambda shape, n_in, n_out, k: (
            (2.0 * torch.randint(0, 2, shape) - 1) * (n_in * k * k) ** -0.5
        )
    )


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class one_filter_repeated:
    """Your filters all begin with the same values.

    Then they all give the same map, get the same gradient and stay the same. Draw a number for
    each value of the weight: the shape to draw is (out, in, k, k).
    """

    Conv2d = _drawn(
        lambda shape, n_in, n_out, k: (
            (2 * torch.rand(shape[1:]) - 1).repeat(n_out, 1, 1, 1) * (n_in * k * k) ** -0.5
        )
    )


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class few_values:
    """Your initial values are only three numbers: minus the bound, zero, and the bound.

    `randint` draws whole numbers. `torch.rand` draws any number from 0 to 1.
    """

    Conv2d = _drawn(
        lambda shape, n_in, n_out, k: torch.randint(-1, 2, shape) * (n_in * k * k) ** -0.5
    )


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class twice_the_width:
    """Your initial values fill twice the range: from -2/sqrt(n) to 2/sqrt(n).

    `2 * torch.rand(...) - 1` is from -1 to 1 already. The bound is 1/sqrt(n), with
    n = in_channels * k * k.
    """

    Conv2d = _within(lambda n_in, n_out, k: 2 * (n_in * k * k) ** -0.5)


@mistake(claim="initial-values", repair="locality#small-and-random-again")
class values_in_order:
    """Your initial values rise evenly from the first to the last: `linspace` draws nothing.

    The filters should differ by chance. Use `torch.rand` or `.uniform_(-bound, bound)`.
    """

    Conv2d = _drawn(
        lambda shape, n_in, n_out, k: (
            torch.linspace(-1, 1, math.prod(shape)).view(shape) * (n_in * k * k) ** -0.5
        )
    )
