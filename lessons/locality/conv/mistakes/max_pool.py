"""Wrong max pools."""

import torch
import torch.nn.functional as F

from lessons.mistakes import mistake
from reference import conv


def _forward(pool):
    """A MaxPool2d whose forward run is ``pool(x, kernel_size, stride, padding)``."""

    class MaxPool2d(conv.MaxPool2d):
        def forward(self, x):
            return pool(x, self.kernel_size, self.stride, self.padding)

    return MaxPool2d


def _padded(pad):
    """A MaxPool2d that puts ``pad(x, padding)`` around the image, and no padding after that."""
    return _forward(lambda x, k, stride, p: F.max_pool2d(pad(x, p), k, stride))


# --- which value, and where the windows are --------------------------------------------------


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class mean_of_each_window:
    """Your output is the mean of each window; its strongest value is asked for.

    One strong value in a window is what counts, however weak the others are. `F.max_pool2d`
    finds it.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.avg_pool2d(x, k, stride, p))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class weakest_of_each_window:
    """Your output is the smallest value of each window; the largest is asked for.

    Use `amax`, or `F.max_pool2d`.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: -F.max_pool2d(-x, k, stride, p))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class size_without_sign:
    """Your output is the largest absolute value of each window.

    The sign counts: of -3 and 1, the strongest is 1.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x.abs(), k, stride, p))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class never_below_zero:
    """Your output is never below zero, even where all values of a window are negative.

    Either the search begins at 0, or a ReLU is in it. Begin at minus infinity.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, k, stride, p).clamp(min=0))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class pool_stride_always_the_kernel:
    """Your windows stand side by side, whatever the stride is.

    Use the stride when there is one. Only where it is None, `kernel_size` takes its place.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, k, k, p))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class pool_stride_always_one:
    """Your window moves by one pixel, whatever the stride is.

    Hand the stride to `F.max_pool2d`. Then the map gets smaller.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, k, 1, p))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class pool_stride_always_two:
    """Your window moves by two pixels, whatever the stride is.

    Two is usual, but the argument decides.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, k, 2, p))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class window_and_stride_swapped:
    """Your window is as large as the stride, and moves by `kernel_size`.

    `F.max_pool2d(x, kernel_size, stride)`: the window comes first.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, stride, k, p))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class over_the_edge:
    """Your last windows hang over the edge: the size is rounded up.

    `ceil_mode=True` does that. A window that does not fit whole is left out: round down.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, k, stride, p, ceil_mode=True))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class one_for_the_whole_map:
    """Your output is the strongest value of the whole map; each window has one of its own.

    A max pool makes the map smaller, not a single number.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: x.amax((2, 3), keepdim=True))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class across_the_channels:
    """Your max pool also takes the maximum over the channels.

    Each channel is pooled for itself: (batch, channels, ...) stays as it is.
    """

    MaxPool2d = _forward(
        lambda x, k, stride, p: F.max_pool2d(x, k, stride, p).amax(1, keepdim=True)
    )


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class one_maximum_for_all:
    """Your max pool takes one maximum for all images and channels, window by window.

    `x[:, :, a:b, c:d].max()` is a single number. Each channel of each image is pooled for itself:
    `.amax((2, 3))`.
    """

    MaxPool2d = _forward(
        lambda x, k, stride, p: (
            F.max_pool2d(x, k, stride, p).amax((0, 1), keepdim=True).expand(*x.shape[:2], -1, -1)
        )
    )


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class across_the_batch:
    """Your max pool also takes the maximum over the batch.

    Each image is pooled for itself.
    """

    MaxPool2d = _forward(
        lambda x, k, stride, p: F.max_pool2d(x, k, stride, p).amax(0, keepdim=True)
    )


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class downwards_only:
    """Your window is one pixel wide: only the rows are pooled.

    The window is a square, kernel_size x kernel_size, and moves in both directions.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, (k, 1), (stride, 1), (p, 0)))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class pooled_map_transposed:
    """Your pooled maps have height and width swapped.

    The order is (batch, channels, height, width), before and after.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, k, stride, p).transpose(2, 3))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class places_as_well:
    """Your max pool returns a pair, the values and their places.

    The values alone are asked for: leave out `return_indices`.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d_with_indices(x, k, stride, p))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class places_not_values:
    """Your output says where the strongest values are, not how strong.

    `argmax` and the indices give places; `max` gives a pair of which the values come first.
    """

    MaxPool2d = _forward(
        lambda x, k, stride, p: F.max_pool2d_with_indices(x, k, stride, p)[1].to(x.dtype)
    )


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class maximum_cut_off:
    """Your max pool lets no gradient through.

    `torch.no_grad()`, `.detach()` and `.data` cut it off. Then no layer before it would learn.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x.detach(), k, stride, p))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class maximum_not_returned:
    """The `forward` of your `MaxPool2d` returns nothing.

    A function without `return` gives None. Write `return F.max_pool2d(...)`.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: None)


# --- the stride by default -------------------------------------------------------------------


@mistake(claim="max-pool-stride", repair="locality#max-pooling-keeps-the-strongest")
class one_for_none:
    """Your window moves by one pixel when no stride is given.

    For a convolution that is the default. For a pool it is `kernel_size`: windows side by side.
    """

    class MaxPool2d(conv.MaxPool2d):
        def __init__(self, kernel_size, stride=None, padding=0):
            super().__init__(kernel_size, 1 if stride is None else stride, padding)


@mistake(claim="max-pool-stride", repair="locality#max-pooling-keeps-the-strongest")
class two_for_none:
    """Your window moves by two pixels when no stride is given.

    That is right for a window of 2 only. Left out, the stride is `kernel_size`.
    """

    class MaxPool2d(conv.MaxPool2d):
        def __init__(self, kernel_size, stride=None, padding=0):
            super().__init__(kernel_size, 2 if stride is None else stride, padding)


@mistake(claim="max-pool-stride", repair="locality#max-pooling-keeps-the-strongest")
class one_in_the_signature:
    """Your signature says `stride=1`, so the stride is 1 when it is left out.

    With `stride=None` given, yours does the right thing already. Make None the default:
    `stride=None`.
    """

    class MaxPool2d(conv.MaxPool2d):
        def __init__(self, kernel_size, stride=1, padding=0):
            super().__init__(kernel_size, stride, padding)


@mistake(claim="max-pool-stride", repair="locality#max-pooling-keeps-the-strongest")
class two_in_the_signature:
    """Your signature says `stride=2`, so the stride is 2 when it is left out.

    With `stride=None` given, yours does the right thing already. Make None the default:
    `stride=None`.
    """

    class MaxPool2d(conv.MaxPool2d):
        def __init__(self, kernel_size, stride=2, padding=0):
            super().__init__(kernel_size, stride, padding)


@mistake(claim="max-pool-stride", repair="locality#max-pooling-keeps-the-strongest")
class no_default_stride:
    """Your `MaxPool2d` can't be built without a stride.

    Give the argument a default: `stride=None`. Where it is None, use `kernel_size`.
    """

    class MaxPool2d(conv.MaxPool2d):
        def __init__(self, kernel_size, stride, padding=0):
            super().__init__(kernel_size, stride, padding)


@mistake(claim="max-pool-stride", repair="locality#max-pooling-keeps-the-strongest")
class none_used_as_a_number:
    """Your `MaxPool2d` counts with the stride while it is still None.

    Replace None first: `self.stride = kernel_size if stride is None else stride`.
    """

    class MaxPool2d(conv.MaxPool2d):
        def __init__(self, kernel_size, stride=None, padding=0):
            super().__init__(kernel_size, stride, padding)
            self.stride = stride + 0


# --- what lies outside -----------------------------------------------------------------------


@mistake(claim="max-pool-padding", repair="locality#outside-is-minus-infinity")
class padded_with_zeros:
    """Your max pool pads with zeros, and where all values are negative the zeros win.

    Pad with minus infinity, `F.pad(x, sides, value=-torch.inf)`, or leave the padding to
    `F.max_pool2d`, which does so.
    """

    MaxPool2d = _padded(lambda x, p: F.pad(x, (p, p, p, p)))


@mistake(claim="max-pool-padding", repair="locality#outside-is-minus-infinity")
class padded_with_a_number:
    """Your max pool pads with a number that is low, but not low enough.

    Sooner or later a value is lower, and then the padding wins. Minus infinity never does:
    `value=-torch.inf`.
    """

    MaxPool2d = _padded(lambda x, p: F.pad(x, (p, p, p, p), value=-1000.0))


@mistake(claim="max-pool-padding", repair="locality#outside-is-minus-infinity")
class pool_padding_ignored:
    """Your max pool ignores the padding.

    Keep the argument, `self.padding = padding`, and hand it to `F.max_pool2d`.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, k, stride))


@mistake(claim="max-pool-padding", repair="locality#outside-is-minus-infinity")
class pool_padded_right_and_below:
    """Your max pool pads below and on the right only, by twice the padding.

    The size is right, the windows are not: padding goes on all four sides.
    """

    MaxPool2d = _padded(lambda x, p: F.pad(x, (0, 2 * p, 0, 2 * p), value=-torch.inf))


@mistake(claim="max-pool-padding", repair="locality#outside-is-minus-infinity")
class pool_padded_left_and_right:
    """Your max pool pads on the left and on the right, but not above and below.

    `F.pad` begins with the last dimension: `(p, p)` is width only, `(p, p, p, p)` is both.
    """

    MaxPool2d = _padded(lambda x, p: F.pad(x, (p, p), value=-torch.inf))


@mistake(claim="max-pool-padding", repair="locality#outside-is-minus-infinity")
class pool_padded_once_at_one_end:
    """Your max pool pads above and on the left only.

    Padding goes on all four sides: `F.pad(x, (p, p, p, p), value=-torch.inf)`.
    """

    MaxPool2d = _padded(lambda x, p: F.pad(x, (p, 0, p, 0), value=-torch.inf))


@mistake(claim="max-pool-padding", repair="locality#outside-is-minus-infinity")
class pool_padded_twice:
    """Your max pool pads twice: by itself, and again in `F.max_pool2d`.

    Do one of the two. `F.max_pool2d` with `padding` is enough.
    """

    MaxPool2d = _forward(
        lambda x, k, stride, p: F.max_pool2d(F.pad(x, (p, p, p, p), value=-torch.inf), k, stride, p)
    )


@mistake(claim="max-pool-padding", repair="locality#outside-is-minus-infinity")
class padding_given_as_dilation:
    """Your max pool spreads the window's pixels apart by the padding.

    The fourth argument of `F.max_pool2d` is the padding, the fifth a dilation. Hand them over
    by name.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, k, stride, dilation=p if p else 1))


@mistake(claim="max-pool-padding", repair="locality#outside-is-minus-infinity")
class padding_pooled_as_nan:
    """Your max pool pads with nan, and nan wins every comparison.

    Pad with minus infinity: `value=-torch.inf`.
    """

    MaxPool2d = _padded(lambda x, p: F.pad(x, (p, p, p, p), value=torch.nan))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class window_always_two:
    """Your window is 2 x 2 pixels, whatever `kernel_size` is.

    The number is written into the call. Remember `kernel_size` in `__init__` and use it.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, 2, stride, min(p, 1)))


@mistake(claim="max-pool-values", repair="locality#max-pooling-keeps-the-strongest")
class window_always_three:
    """Your window is 3 x 3 pixels, whatever `kernel_size` is.

    The number is written into the call. Remember `kernel_size` in `__init__` and use it.
    """

    MaxPool2d = _forward(lambda x, k, stride, p: F.max_pool2d(x, 3, stride, min(p, 1)))
