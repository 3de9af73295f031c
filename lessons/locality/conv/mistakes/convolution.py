"""Wrong convolutions, and layers whose maps do not move with the image."""

import torch
import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import conv


def _forward(convolve):
    """A Conv2d whose forward run is ``convolve(x, weight, stride, padding)``."""

    class Conv2d(conv.Conv2d):
        def forward(self, x):
            return convolve(x, self.weight, self.stride, self.padding)

    return Conv2d


def _padded(pad):
    """A Conv2d that puts ``pad(x, padding)`` around the image, and no padding after that."""
    return _forward(lambda x, w, stride, p: F.conv2d(pad(x, p), w, stride=stride))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class stride_ignored:
    """Your output equals a convolution with stride 1, whatever the stride is.

    Keep the argument, `self.stride = stride`, and hand it to `F.conv2d`. Left out, it is 1.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w, padding=p))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class padding_ignored:
    """Your output equals a convolution without padding, whatever the padding is.

    Keep the argument, `self.padding = padding`, and hand it to `F.conv2d`. Left out, it is 0.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w, stride=stride))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class stride_and_padding_ignored:
    """Your output equals a convolution with stride 1 and without padding in every case.

    Keep both arguments in `__init__` and hand them to `F.conv2d`: `stride=self.stride,
    padding=self.padding`.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class stride_and_padding_swapped:
    """Your layer uses the stride as padding and the padding as stride.

    Without padding the stride is then 0, which is an error. Hand them over by name:
    `stride=self.stride, padding=self.padding`.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w, stride=p, padding=stride))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class stride_in_the_place_of_bias:
    """Your `F.conv2d` gets the stride in the place of the bias.

    Its third argument is a bias. Hand the others over by name: `F.conv2d(x, self.weight,
    stride=self.stride, padding=self.padding)`.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w, stride, p))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class stride_as_dilation:
    """Your layer spreads the window's pixels apart by the stride instead of moving it so far.

    That is a dilation. Hand the number over as `stride=self.stride`.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w, padding=p, dilation=stride))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class stride_down_only:
    """Your window takes the stride downwards, but goes to the right pixel by pixel.

    The stride counts in both directions.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w, stride=(stride, 1), padding=p))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class stride_always_two:
    """Your output equals a convolution with stride 2, whatever the stride is.

    Use the argument: `stride=self.stride`.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w, stride=2, padding=p))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class padding_keeps_the_size:
    """Your layer pads by half of the kernel in every case; the argument is ignored.

    That keeps the size, and it is often wanted. But then the caller asks for it:
    `padding=1` with a kernel of 3.
    """

    Conv2d = _forward(
        lambda x, w, stride, p: F.conv2d(x, w, stride=stride, padding=w.shape[-1] // 2)
    )


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class padding_right_and_below:
    """Your layer pads below and on the right only, by twice the padding.

    The size is right, the place is not: padding goes on all four sides.
    """

    Conv2d = _padded(lambda x, p: F.pad(x, (0, 2 * p, 0, 2 * p)))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class padding_left_and_right:
    """Your layer pads on the left and on the right, but not above and below.

    `F.pad` begins with the last dimension: `(p, p)` is width only, `(p, p, p, p)` is both.
    """

    Conv2d = _padded(lambda x, p: F.pad(x, (p, p)))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class padding_once_more:
    """Your layer pads twice: by itself, and again in `F.conv2d`.

    Do one of the two. `F.conv2d(..., padding=self.padding)` is enough.
    """

    Conv2d = _forward(
        lambda x, w, stride, p: F.conv2d(F.pad(x, (p, p, p, p)), w, stride=stride, padding=p)
    )


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class padding_by_reflection:
    """Your layer pads with a mirror image; zeros are asked for.

    `F.conv2d` pads with zeros by itself, as PyTorch's layer does by default.
    """

    Conv2d = _padded(lambda x, p: F.pad(x, (p, p, p, p), mode="reflect"))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class padding_by_the_edge:
    """Your layer pads with copies of the edge; zeros are asked for.

    `F.conv2d` pads with zeros by itself, as PyTorch's layer does by default.
    """

    Conv2d = _padded(lambda x, p: F.pad(x, (p, p, p, p), mode="replicate"))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class padding_around_the_corner:
    """Your layer pads with the opposite edge, as if the image were rolled up; zeros are asked for.

    `F.conv2d` pads with zeros by itself, as PyTorch's layer does by default.
    """

    Conv2d = _padded(lambda x, p: F.pad(x, (p, p, p, p), mode="circular"))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class padding_with_ones:
    """Your layer pads with ones; zeros are asked for.

    `F.conv2d` pads with zeros by itself.
    """

    Conv2d = _padded(lambda x, p: F.pad(x, (p, p, p, p), value=1.0))


@mistake(claim="conv-values", repair="locality#one-small-window-everywhere")
class kernel_turned_over:
    """Your output equals a convolution with the kernel turned over, by 180 degrees.

    Mathematicians turn it so. In deep learning it is laid on the image as it is stored, and
    `F.conv2d` does so too.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w.flip(2, 3), stride=stride, padding=p))


@mistake(claim="conv-values", repair="locality#one-small-window-everywhere")
class kernel_transposed:
    """Your output equals a convolution whose kernels have height and width swapped.

    Dimension 2 of the weight is the height of the window, dimension 3 its width.
    """

    Conv2d = _forward(
        lambda x, w, stride, p: F.conv2d(x, w.transpose(2, 3), stride=stride, padding=p)
    )


@mistake(claim="conv-values", repair="locality#one-small-window-everywhere")
class map_transposed:
    """Your maps have height and width swapped.

    The order is (batch, channels, height, width), of the image and of the map.
    """

    Conv2d = _forward(
        lambda x, w, stride, p: F.conv2d(x, w, stride=stride, padding=p).transpose(2, 3)
    )


@mistake(claim="conv-values", repair="locality#one-small-window-everywhere")
class image_transposed:
    """Your layer swaps the image's height and width before it convolves.

    The order is (batch, channels, height, width), of the image and of the map.
    """

    Conv2d = _forward(
        lambda x, w, stride, p: F.conv2d(x.transpose(2, 3), w, stride=stride, padding=p)
    )


@mistake(claim="conv-values", repair="locality#the-weight-of-a-convolution")
class mean_over_the_channels:
    """Your output is the mean over the input channels; it should be their sum.

    It is too small by a factor of in_channels. One output adds up all products of its window,
    in every input channel.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w, stride=stride, padding=p) / x.shape[1])


@mistake(claim="conv-values", repair="locality#the-weight-of-a-convolution")
class mean_over_the_window:
    """Your output is the mean of the products; it should be their sum.

    It is too small by a factor of in_channels * k * k.
    """

    Conv2d = _forward(
        lambda x, w, stride, p: F.conv2d(x, w, stride=stride, padding=p) / w[0].numel()
    )


@mistake(claim="conv-values", repair="locality#the-weight-of-a-convolution")
class first_channel_only:
    """Your layer looks at the first input channel only.

    A filter has a slice for each input channel, and one output adds up the products of all.
    """

    Conv2d = _forward(
        lambda x, w, stride, p: F.conv2d(x[:, :1], w[:, :1], stride=stride, padding=p)
    )


@mistake(claim="conv-values", repair="locality#one-small-window-everywhere")
class relu_inside:
    """Your output equals a convolution with a ReLU after it.

    Negative values are gone. Whoever uses the layer decides about a ReLU.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.relu(F.conv2d(x, w, stride=stride, padding=p)))


@mistake(claim="conv-values", repair="locality#one-small-window-everywhere")
class first_image_only:
    """Your layer convolves the first image of the batch only.

    Dimension 0 counts the images. `F.conv2d` takes the whole batch at once.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x[:1], w, stride=stride, padding=p))


@mistake(claim="conv-values", repair="locality#one-small-window-everywhere")
class transposed_convolution:
    """Your layer is a transposed convolution, which makes maps larger instead of smaller.

    `F.conv_transpose2d` goes the other way. Use `F.conv2d`.
    """

    Conv2d = _forward(
        lambda x, w, stride, p: F.conv_transpose2d(x, w.transpose(0, 1), stride=stride, padding=p)
    )


@mistake(claim="conv-values", repair="locality#the-weight-of-a-convolution")
class weight_cut_off:
    """Your layer uses `self.weight.data` or `.detach()`, so no gradient reaches the weight.

    The maps are right, but the weight would never learn. Use `self.weight` as it is.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w.data, stride=stride, padding=p))


@mistake(claim="conv-values", repair="locality#the-weight-of-a-convolution")
class map_cut_off:
    """Your layer's map hangs on no graph, so nothing before it and nothing in it would learn.

    `torch.no_grad()`, `.detach()` and `.data` cut it off. Leave them out of `forward`.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x, w, stride=stride, padding=p).detach())


@mistake(claim="conv-values", repair="locality#the-weight-of-a-convolution")
class input_cut_off:
    """Your layer learns, and lets no gradient through to what lies before it.

    `x.detach()` or `x.data` cuts the input off from its graph. Then only the last convolution of a
    network would learn. Hand x itself to `F.conv2d`.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.conv2d(x.detach(), w, stride=stride, padding=p))


@mistake(claim="conv-values", repair="locality#one-small-window-everywhere")
class dropout_on_the_map:
    """Your layer is random, as with `F.dropout` on the map.

    A convolution is steady: the same image gives the same map. The contract has no dropout, and
    `F.dropout` drops numbers in eval mode as well.
    """

    Conv2d = _forward(lambda x, w, stride, p: F.dropout(F.conv2d(x, w, stride=stride, padding=p)))


@mistake(claim="conv-values", repair="locality#one-small-window-everywhere")
class map_not_returned:
    """The `forward` of your `Conv2d` returns nothing.

    A function without `return` gives None. Write `return F.conv2d(...)`.
    """

    Conv2d = _forward(lambda x, w, stride, p: None)


# --- layers whose maps do not move with the image --------------------------------------------


@mistake(claim="shifted-map", repair="locality#a-shifted-digit-gives-a-shifted-map")
class weight_drawn_in_forward:
    """Your layer draws new numbers in every forward run, and does not use its weight.

    The same image then gives another map each time, and nothing can be learned. Draw the
    numbers once, in `__init__`, and use `self.weight`.
    """

    class Conv2d(conv.Conv2d):
        def forward(self, x):
            n = self.weight[0].numel()
            weight = (2 * torch.rand_like(self.weight) - 1) * n**-0.5
            return F.conv2d(x, weight, stride=self.stride, padding=self.padding)


@mistake(claim="shifted-map", repair="locality#a-shifted-digit-gives-a-shifted-map")
class weight_renewed_in_forward:
    """Your layer makes its weight anew in every forward run.

    What was learned is lost each time, and the same image gives another map. Make the weight
    once, in `__init__`.
    """

    class Conv2d(conv.Conv2d):
        def forward(self, x):
            n = self.weight[0].numel()
            fresh = (2 * torch.rand_like(self.weight) - 1) * n**-0.5
            self.weight = nn.Parameter(fresh.detach())
            return super().forward(x)


# --- all of it -------------------------------------------------------------------------------


@mistake(claim="conv-values", repair="locality#one-small-window-everywhere")
class zeros_everywhere:
    """Your code answers with zeros of the right shape.

    The shapes are right, so the skeleton stands. Now fill in what is computed.
    """

    def conv_output_size(size, kernel_size, stride=1, padding=0):
        return 0

    class Conv2d(conv.Conv2d):
        def forward(self, x):
            return torch.zeros_like(super().forward(x))

    class MaxPool2d(conv.MaxPool2d):
        def forward(self, x):
            return torch.zeros_like(super().forward(x))

    class AveragePool(conv.AveragePool):
        def forward(self, x):
            return torch.zeros_like(super().forward(x))


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class padding_before_stride:
    """Your signature has the padding before the stride.

    Whoever leaves the names out, as in `Conv2d(2, 3, 3, 2, 1)`, gets them swapped. The order is
    in_channels, out_channels, kernel_size, stride, padding.
    """

    class Conv2d(conv.Conv2d):
        def __init__(self, in_channels, out_channels, kernel_size, padding=0, stride=1):
            super().__init__(in_channels, out_channels, kernel_size, stride, padding)


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class padding_of_one_by_default:
    """Your signature says `padding=1`, so the padding is 1 when it is left out.

    Left out, there is none: `padding=0`. Where it is given, yours does the right thing.
    """

    class Conv2d(conv.Conv2d):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=1):
            super().__init__(in_channels, out_channels, kernel_size, stride, padding)


@mistake(claim="conv-values", repair="locality#stride-and-padding")
class stride_of_two_by_default:
    """Your signature says `stride=2`, so the stride is 2 when it is left out.

    Left out, the window moves by one pixel: `stride=1`. Where it is given, yours does the right
    thing.
    """

    class Conv2d(conv.Conv2d):
        def __init__(self, in_channels, out_channels, kernel_size, stride=2, padding=0):
            super().__init__(in_channels, out_channels, kernel_size, stride, padding)
