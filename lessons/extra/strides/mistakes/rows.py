"""Wrong convolutions of rows."""

import torch
import torch.nn.functional as F

from lessons.extra.strides.mistakes.windows import (
    contiguous_steps,
    conv1d_by,
    windows_of_rows,
)
from lessons.mistakes import mistake
from reference import strides


def _only_if_padded(x, p):
    """Zeros around, as long as there are any: else x as it lies."""
    return F.pad(x, (p, p)) if p else x


@mistake(claim="conv1d-values", repair="extra#two-strides-make-a-matrix")
class rows_taken_for_contiguous:
    """Your conv1d uses the strides of a contiguous tensor, whatever those of x are.

    A transposed or sliced x lies otherwise in memory. Ask `x.stride()`, after the padding.
    """

    conv1d = conv1d_by(
        lambda x, k, s: windows_of_rows(x, k, s, steps=contiguous_steps(x)), pad=_only_if_padded
    )


@mistake(claim="conv1d-values", repair="extra#two-strides-make-a-matrix")
class padded_rows_taken_for_contiguous:
    """Your conv1d uses the strides of a contiguous tensor, whatever those of x are.

    A transposed x keeps its strides through `F.pad` when there is nothing to pad. Ask
    `x.stride()`, after the padding.
    """

    conv1d = conv1d_by(lambda x, k, s: windows_of_rows(x, k, s, steps=contiguous_steps(x)))


@mistake(claim="conv1d-values", repair="extra#two-strides-make-a-matrix")
class strides_from_before_the_padding:
    """Your strides are those of x before it was padded.

    Padding makes a new tensor with longer rows: ask for the strides after that.
    """

    def conv1d(x, weights, stride=1, padding=0):
        steps = contiguous_steps(x)
        padded = F.pad(x, (padding, padding)).contiguous()
        return torch.einsum(
            "bcwk,ock->bow",
            windows_of_rows(padded, weights.shape[2], stride, steps=steps if padding else None),
            weights,
        )


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class batch_stride_forgotten:
    """Every row of your batch gives the answer of the first.

    The batch has a stride of its own, `x.stride(0)`: with 0 in its place you stay at the first.
    """

    conv1d = conv1d_by(lambda x, k, s: windows_of_rows(x, k, s, steps=(0, *x.stride()[1:])))


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class channel_stride_forgotten:
    """Every channel of your windows is the first one.

    The channels have a stride of their own, `x.stride(1)`.
    """

    conv1d = conv1d_by(
        lambda x, k, s: windows_of_rows(x, k, s, steps=(x.stride(0), 0, x.stride(2)))
    )


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class one_window_too_few:
    """Your conv1d leaves out the last window.

    A window of k fits at (width - k) // stride + 1 places: the start counts as well.
    """

    conv1d = conv1d_by(lambda x, k, s: windows_of_rows(x, k, s, more=-1))


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class one_window_too_many:
    """Your conv1d has one window too many: the last one hangs over the end of its row.

    `as_strided` does not know of rows. It reads on into the next one, or out of the memory, which
    raises an error at best. There are (width - k) // stride + 1 places.
    """

    conv1d = conv1d_by(lambda x, k, s: windows_of_rows(x, k, s, more=1))


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class rows_stride_ignored:
    """Your windows move by one step, whatever the stride is.

    From one window to the next it is `stride` steps: that dimension has the stride
    `x.stride(2) * stride`.
    """

    conv1d = conv1d_by(lambda x, k, s: windows_of_rows(x, k, 1))


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class stride_counted_but_not_taken:
    """Your answer has the right size for its stride, but its windows start one step apart.

    The number of places is right. The step between windows has to grow too:
    `x.stride(2) * stride`.
    """

    conv1d = conv1d_by(lambda x, k, s: windows_of_rows(x, k, s, down=x.stride(2)))


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class rows_stride_inside_the_window:
    """Your stride also stretches the window: its numbers lie `stride` steps apart.

    Inside a window the step is `x.stride(2)`; only from window to window it is `stride` times
    that.
    """

    conv1d = conv1d_by(
        lambda x, k, s: x.as_strided(
            (*x.shape[:2], (x.shape[2] - k) // s + 1, k),
            (*x.stride()[:2], x.stride(2) * s, x.stride(2) * s),
        )
    )


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class rows_padding_ignored:
    """Your conv1d does not pad.

    Put `padding` zeros at both ends first: `F.pad(x, (padding, padding))`.
    """

    conv1d = conv1d_by(windows_of_rows, pad=lambda x, p: x)


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class padded_at_one_end:
    """Your conv1d pads at one end only.

    Both ends get `padding` zeros.
    """

    conv1d = conv1d_by(windows_of_rows, pad=lambda x, p: F.pad(x, (0, p)))


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class kernel_reversed:
    """Your kernel runs backwards.

    That is a convolution as mathematicians write it. PyTorch's lays the kernel on as it is.
    """

    def conv1d(x, weights, stride=1, padding=0):
        return strides.conv1d(x, weights.flip(2), stride, padding)


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class channels_not_added_up:
    """Your conv1d does not add up the channels in one answer.

    One output is the sum over all input channels and the whole window.
    """

    conv1d = conv1d_by(windows_of_rows, product="bcwk,ock->bocw")


@mistake(claim="conv1d-values", repair="extra#windows-that-slide")
class outputs_come_last:
    """Your answer has its channels last: (batch, out_width, out_channels).

    The order is (batch, out_channels, out_width).
    """

    conv1d = conv1d_by(windows_of_rows, product="bcwk,ock->bwo")


@mistake(claim="conv1d-values", repair="extra#a-view-writes-too")
class written_through_an_overlapping_view:
    """You write into windows that overlap, where one place in memory stands for several numbers.

    A number in three windows is multiplied three times. PyTorch warns of that only where a stride
    is 0. Multiply into a new tensor: `windows * weights`, not `windows *= weights`.
    """

    def conv1d(x, weights, stride=1, padding=0):
        seen = windows_of_rows(F.pad(x, (padding, padding)), weights.shape[2], stride)
        outputs = []
        for kernel in weights:
            seen *= kernel[:, None]
            outputs.append(seen.sum((1, 3)))
        return torch.stack(outputs, 1)


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class conv1d_ready_made:
    """Your conv1d comes from a ready-made convolution.

    Its values are right. Make the windows by `as_strided`, multiply by the weights, and sum:
    that is all a convolution is.
    """

    def conv1d(x, weights, stride=1, padding=0):
        return F.conv1d(x, weights, stride=stride, padding=padding)


@mistake(claim="by-strides", repair="extra#what-the-rule-is-for")
class conv1d_by_unfold:
    """Your conv1d takes its windows from `unfold`.

    `unfold` is the same view, with size and strides worked out for you. Say them yourself, with
    `as_strided`.
    """

    def conv1d(x, weights, stride=1, padding=0):
        seen = F.pad(x, (padding, padding)).unfold(2, weights.shape[2], stride)
        return torch.einsum("bcwk,ock->bow", seen, weights)
