"""Wrong convolutions of images."""

import torch
import torch.nn.functional as F

from lessons.extra.strides.mistakes.windows import (
    contiguous_steps,
    conv2d_by,
    windows_of_images,
)
from lessons.mistakes import mistake
from reference import strides


def _only_if_padded(x, p):
    return F.pad(x, (p[1], p[1], p[0], p[0])) if any(p) else x


@mistake(claim="conv2d-values", repair="extra#two-strides-make-a-matrix")
class images_taken_for_contiguous:
    """Your conv2d uses the strides of a contiguous tensor, whatever those of x are.

    A transposed or sliced x lies otherwise in memory. Ask `x.stride()`, after the padding.
    """

    conv2d = conv2d_by(
        lambda x, k, s: windows_of_images(x, k, s, steps=contiguous_steps(x)),
        pad=_only_if_padded,
    )


@mistake(claim="conv2d-values", repair="extra#two-strides-make-a-matrix")
class padded_images_taken_for_contiguous:
    """Your conv2d uses the strides of a contiguous tensor, whatever those of x are.

    A transposed x keeps its strides through `F.pad` when there is nothing to pad. Ask
    `x.stride()`, after the padding.
    """

    conv2d = conv2d_by(lambda x, k, s: windows_of_images(x, k, s, steps=contiguous_steps(x)))


@mistake(claim="conv2d-values", repair="extra#windows-that-slide")
class height_and_width_strides_swapped:
    """Inside your windows, down and to the right have changed places.

    The last two strides walk in a window: `x.stride(2)` is down, `x.stride(3)` to the right.
    """

    conv2d = conv2d_by(
        lambda x, k, s: windows_of_images(x, k, s, inside=lambda down, right: (right, down))
    )


@mistake(claim="conv2d-values", repair="extra#windows-that-slide")
class windows_walk_sideways:
    """From window to window, down and to the right have changed places.

    A step down in the answer is `x.stride(2)` times the stride, a step to the right
    `x.stride(3)` times the stride.
    """

    conv2d = conv2d_by(
        lambda x, k, s: windows_of_images(
            x, k, s, between=lambda down, right: (right * s[1], down * s[0])
        )
    )


@mistake(claim="conv2d-values", repair="extra#windows-that-slide")
class images_of_a_batch_all_the_first:
    """Every image of your batch gives the answer of the first.

    The batch has a stride of its own, `x.stride(0)`: with 0 in its place you stay at the first.
    """

    conv2d = conv2d_by(lambda x, k, s: windows_of_images(x, k, s, steps=(0, *x.stride()[1:])))


@mistake(claim="conv2d-values", repair="extra#windows-that-slide")
class a_window_too_few_each_way:
    """Your conv2d leaves out the last row and the last column of windows.

    In each direction there are (size - k) // stride + 1 places: the start counts as well.
    """

    conv2d = conv2d_by(lambda x, k, s: windows_of_images(x, k, s, more=-1))


@mistake(claim="conv2d-values", repair="extra#windows-that-slide")
class a_window_too_many_each_way:
    """Your last windows hang over the edge.

    `as_strided` does not know of edges: it reads on into the next row, the next image, or out of
    the memory. There are (size - k) // stride + 1 places.
    """

    conv2d = conv2d_by(lambda x, k, s: windows_of_images(x, k, s, more=1))


@mistake(claim="conv2d-values", repair="extra#windows-that-slide")
class images_stride_counted_but_not_taken:
    """Your answer has the right size for its stride, but its windows start one pixel apart.

    The steps between windows have to grow too: `x.stride(2) * stride`, `x.stride(3) * stride`.
    """

    conv2d = conv2d_by(
        lambda x, k, s: windows_of_images(x, k, s, between=lambda down, right: (down, right))
    )


@mistake(claim="conv2d-values", repair="extra#windows-that-slide")
class images_stride_ignored:
    """Your windows move by one pixel, whatever the stride is.

    Both the number of places and the step between windows depend on the stride.
    """

    conv2d = conv2d_by(lambda x, k, s: windows_of_images(x, k, (1, 1)))


@mistake(claim="conv2d-values", repair="extra#windows-that-slide")
class images_padding_ignored:
    """Your conv2d does not pad.

    Put zeros around the image first: `F.pad(x, (p, p, p, p))`.
    """

    conv2d = conv2d_by(windows_of_images, pad=lambda x, p: x)


@mistake(claim="conv2d-values", repair="extra#windows-that-slide")
class kernel_turned_over:
    """Your kernel is turned by half a turn.

    That is a convolution as mathematicians write it. PyTorch's lays the kernel on as it is.
    """

    def conv2d(x, weights, stride=1, padding=0):
        return strides.conv2d(x, weights.flip((2, 3)), stride, padding)


@mistake(claim="conv2d-values", repair="extra#windows-that-slide")
class square_kernels_only:
    """Your kernels count as square: the width stands for the height too.

    A kernel may be 3 high and 2 wide. Height is `weights.shape[2]`, width `weights.shape[3]`.
    """

    def conv2d(x, weights, stride=1, padding=0):
        side = weights.shape[3]
        rows = weights[:, :, :side]
        if rows.shape[2] < side:
            raise RuntimeError("the kernel must match the size of its window")
        return strides.conv2d(x, rows, stride, padding)


@mistake(claim="conv2d-pairs", repair="extra#numbers-and-pairs")
class pairs_refused:
    """Your conv2d can't take a pair.

    `stride` and `padding` are a number for both directions, or a pair. Make a pair of a number
    first: `(n, n) if isinstance(n, int) else n`.
    """

    def conv2d(x, weights, stride=1, padding=0):
        padded = F.pad(x, (padding, padding, padding, padding))
        rows = (padded.shape[2] - weights.shape[2]) // stride + 1
        assert rows
        return strides.conv2d(x, weights, stride, padding)


@mistake(claim="conv2d-pairs", repair="extra#numbers-and-pairs")
class stride_pair_swapped:
    """Your pair of strides is swapped: the first number moves to the right.

    The order is that of the dimensions: height first, so down, then to the right.
    """

    conv2d = conv2d_by(lambda x, k, s: windows_of_images(x, k, s[::-1]))


@mistake(claim="conv2d-pairs", repair="extra#numbers-and-pairs")
class padding_pair_swapped:
    """Your pair of paddings is swapped: the first number pads left and right.

    The first is for the height: above and below. `F.pad` wants the other order, the last
    dimension first: `(p[1], p[1], p[0], p[0])`.
    """

    conv2d = conv2d_by(windows_of_images, pad=lambda x, p: F.pad(x, (p[0], p[0], p[1], p[1])))


@mistake(claim="conv2d-pairs", repair="extra#numbers-and-pairs")
class first_of_the_stride_pair_for_both:
    """Your first stride is used for both directions.

    A pair has one number for down and one for the right.
    """

    conv2d = conv2d_by(lambda x, k, s: windows_of_images(x, k, (s[0], s[0])))


@mistake(claim="inputs-stay", repair="extra#a-view-writes-too")
class weights_scaled_in_place:
    """Your conv2d changes the weights that it was given.

    A view of the weights is the weights: `*=` on it writes into them. Make a new tensor.
    """

    def conv2d(x, weights, stride=1, padding=0):
        answer = strides.conv2d(x, weights, stride, padding)
        weights.as_strided(weights.shape, weights.stride()).mul_(2)
        return answer


@mistake(claim="number-types", repair="extra#numbers-of-every-type")
class everything_in_float32:
    """Your conv2d answers in float32, whatever came in.

    `torch.zeros(...)` and `.float()` make float32. Take the type of x: `dtype=x.dtype`.
    """

    def conv2d(x, weights, stride=1, padding=0):
        return strides.conv2d(x.float(), weights.float(), stride, padding)


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class conv2d_ready_made:
    """Your conv2d comes from a ready-made convolution.

    Its values are right. Make the windows by `as_strided`, multiply by the weights, and sum:
    that is all a convolution is.
    """

    def conv2d(x, weights, stride=1, padding=0):
        return F.conv2d(x, weights, stride=stride, padding=padding)


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class conv2d_by_unfold:
    """Your conv2d takes its windows from `unfold`.

    `unfold` is the same view, with size and strides worked out for you. Say them yourself, with
    `as_strided`.
    """

    def conv2d(x, weights, stride=1, padding=0):
        p, s = (n if isinstance(n, tuple) else (n, n) for n in (padding, stride))
        seen = F.pad(x, (p[1], p[1], p[0], p[0]))
        seen = seen.unfold(2, weights.shape[2], s[0]).unfold(3, weights.shape[3], s[1])
        return torch.einsum("bchwij,ocij->bohw", seen, weights)
