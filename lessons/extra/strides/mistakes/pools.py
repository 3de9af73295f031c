"""Wrong max pools."""

import torch
import torch.nn.functional as F

from lessons.extra.strides.mistakes.windows import _pair, contiguous_steps, windows_of_images
from lessons.mistakes import mistake
from reference import strides


def _lowest(x):
    return -torch.inf if x.is_floating_point() else torch.iinfo(x.dtype).min


def _pool(view=windows_of_images, outside=_lowest, without_stride=lambda kernel: kernel):
    """A maxpool2d with another view, another padding or another stride when none is given."""

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        kernel, p = _pair(kernel_size), _pair(padding)
        s = without_stride(kernel) if stride is None else _pair(stride)
        padded = x
        if any(p):
            padded = F.pad(x, (p[1], p[1], p[0], p[0]), value=outside(x))
        return view(padded, kernel, s).amax((4, 5))

    return maxpool2d


@mistake(claim="pool-values", repair="extra#two-strides-make-a-matrix")
class pool_taken_for_contiguous:
    """Your pool uses the strides of a contiguous tensor, whatever those of x are.

    A transposed or sliced x lies otherwise in memory. Ask `x.stride()`.
    """

    maxpool2d = _pool(lambda x, k, s: windows_of_images(x, k, s, steps=contiguous_steps(x)))


@mistake(claim="pool-values", repair="extra#two-strides-make-a-matrix")
class padded_pool_taken_for_contiguous:
    """Your pool uses the strides of a contiguous tensor, whatever those of x are.

    A transposed x keeps its strides through `F.pad` when there is nothing to pad. Ask
    `x.stride()`, after the padding.
    """

    maxpool2d = _pool(lambda x, k, s: windows_of_images(x.clone(), k, s, steps=contiguous_steps(x)))


@mistake(claim="pool-values", repair="extra#numbers-and-pairs")
class pool_moves_by_one:
    """Without a stride your windows move by one pixel.

    For a pool, no stride means windows side by side: the stride is `kernel_size`.
    """

    maxpool2d = _pool(without_stride=lambda kernel: (1, 1))


@mistake(claim="pool-values", repair="extra#numbers-and-pairs")
class pool_pairs_refused:
    """Your pool can't take a pair for `kernel_size`.

    Make a pair of a number first: `(n, n) if isinstance(n, int) else n`.
    """

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        if isinstance(kernel_size, tuple):
            raise TypeError("unsupported operand type(s) for -: 'int' and 'tuple'")
        return strides.maxpool2d(x, kernel_size, stride, padding)


@mistake(claim="pool-values", repair="extra#numbers-and-pairs")
class pool_kernel_pair_swapped:
    """Your pair for `kernel_size` is swapped: the first number is taken for the width.

    The order is that of the dimensions: height, then width.
    """

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        return strides.maxpool2d(x, _pair(kernel_size)[::-1], stride, padding)


@mistake(claim="pool-values", repair="extra#windows-that-slide")
class mean_of_the_window:
    """Your pool takes the mean of each window.

    The strongest value is asked for: `amax`.
    """

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        kernel = _pair(kernel_size)
        step = kernel if stride is None else _pair(stride)
        return windows_of_images(x, kernel, step).mean((4, 5))


@mistake(claim="pool-values", repair="extra#windows-that-slide")
class rows_pooled_only:
    """Your pool takes the maximum over the rows of a window, and not over its columns.

    A window has two dimensions, the last two: `amax((-2, -1))`.
    """

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        kernel = _pair(kernel_size)
        step = kernel if stride is None else _pair(stride)
        return windows_of_images(x, kernel, step).amax(5)


@mistake(claim="pool-values", repair="extra#windows-that-slide")
class pooled_over_the_channels_too:
    """Your pool takes the maximum over the channels as well.

    Each channel is pooled for itself.
    """

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        return strides.maxpool2d(x, kernel_size, stride, padding).amax(1, keepdim=True)


@mistake(claim="pool-padding", repair="extra#outside-never-wins")
class padded_by_zero:
    """Your pool pads with zeros, and a zero wins wherever all pixels are negative.

    What lies outside must never win: pad with `value=-torch.inf`.
    """

    maxpool2d = _pool(outside=lambda x: 0)


@mistake(claim="pool-padding", repair="extra#outside-never-wins")
class padded_by_a_large_negative_number:
    """Your pool pads with a number that is negative, but not low enough.

    There is always a lower pixel. Only minus infinity loses against everything.
    """

    maxpool2d = _pool(outside=lambda x: -1000 if x.is_floating_point() else _lowest(x))


@mistake(claim="pool-padding", repair="extra#outside-never-wins")
class pool_padding_ignored:
    """Your pool does not pad.

    Padding makes room for more windows, at all four edges.
    """

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        return strides.maxpool2d(x, kernel_size, stride)


@mistake(claim="pool-padding", repair="extra#numbers-and-pairs")
class pool_padding_pair_swapped:
    """Your pair of paddings is swapped: the first number pads left and right.

    The first is for the height: above and below. `F.pad` wants the last dimension first.
    """

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        return strides.maxpool2d(x, kernel_size, stride, _pair(padding)[::-1])


@mistake(claim="number-types", repair="extra#numbers-of-every-type")
class minus_infinity_for_whole_numbers:
    """Your pool pads whole numbers with minus infinity, which they don't have.

    Their lowest is `torch.iinfo(x.dtype).min`; only floating types have `-torch.inf`.
    """

    maxpool2d = _pool(outside=lambda x: -torch.inf)


@mistake(claim="number-types", repair="extra#numbers-of-every-type")
class zero_for_whole_numbers:
    """Your pool pads whole numbers with zero, which wins over negative ones.

    Their lowest is `torch.iinfo(x.dtype).min`.
    """

    maxpool2d = _pool(outside=lambda x: -torch.inf if x.is_floating_point() else 0)


@mistake(claim="number-types", repair="extra#numbers-of-every-type")
class pool_turned_into_floats:
    """Your pool answers in floating numbers where whole ones came in.

    Keep the type of x: pad with the lowest number that it has.
    """

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        floating = x if x.is_floating_point() else x.float()
        return strides.maxpool2d(floating, kernel_size, stride, padding)


@mistake(claim="inputs-stay", repair="extra#a-view-writes-too")
class pool_writes_into_the_image:
    """Your pool writes into the image that it was given.

    Without padding, what you look at is x itself. Work on a new tensor, or do not write.
    """

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        answer = strides.maxpool2d(x, kernel_size, stride, padding)
        if not any(_pair(padding)):
            x.as_strided(x.shape, x.stride()).clamp_(min=0)
        return answer


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class pool_ready_made:
    """Your pool comes from a ready-made max pool.

    Its values are right. Make the windows by `as_strided`, and take `amax` over their last two
    dimensions.
    """

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        return F.max_pool2d(x, kernel_size, stride, padding)


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class pool_by_unfold:
    """Your pool takes its windows from `unfold`.

    `unfold` is the same view, with size and strides worked out for you. Say them yourself, with
    `as_strided`.
    """

    def maxpool2d(x, kernel_size, stride=None, padding=0):
        k, p = _pair(kernel_size), _pair(padding)
        s = k if stride is None else _pair(stride)
        seen = F.pad(x, (p[1], p[1], p[0], p[0]), value=_lowest(x))
        return seen.unfold(2, k[0], s[0]).unfold(3, k[1], s[1]).amax((4, 5))
