"""Wrong ways to keep the weight of a convolution."""

import torch
import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import conv


def _shaped(shape):
    """A Conv2d whose weight has another shape, ``shape(out, in, k)``.

    It only shows what it registers: how its forward run would go is told by other mistakes.
    """

    class Conv2d(conv.Conv2d):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            super().__init__(in_channels, out_channels, kernel_size, stride, padding)
            bound = (in_channels * kernel_size**2) ** -0.5
            values = torch.empty(shape(out_channels, in_channels, kernel_size))
            self.weight = nn.Parameter(values.uniform_(-bound, bound))

    return Conv2d


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class torchs_own_convolution:
    """Your `Conv2d` is PyTorch's `nn.Conv2d`, or inherits from it.

    It works, but there is nothing left for you to find out. Subclass `nn.Module`, make `weight`
    yourself, and call `F.conv2d`. Yours will be compared with PyTorch's.
    """

    class Conv2d(nn.Conv2d):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            super().__init__(in_channels, out_channels, kernel_size, stride, padding, bias=False)


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class torchs_convolution_inside:
    """Your `Conv2d` only holds another convolution, so it has no `weight` of its own.

    The weight is registered as `conv.weight` or the like, and weights of other networks would
    not find it. Make `self.weight` yourself, and call `F.conv2d` in `forward`.
    """

    class Conv2d(nn.Module):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            super().__init__()
            self.conv = nn.Conv2d(
                in_channels, out_channels, kernel_size, stride, padding, bias=False
            )

        def forward(self, x):
            return self.conv(x)


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class plain_tensor:
    """Your weight is a plain tensor, not a parameter.

    A module only registers what is wrapped in `nn.Parameter`. A plain tensor is not found by
    `parameters()`, so no optimizer ever changes it.
    """

    class Conv2d(conv.Conv2d):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            super().__init__(in_channels, out_channels, kernel_size, stride, padding)
            values = self.weight.data
            del self.weight
            self.weight = values


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class weight_as_a_buffer:
    """Your weight is a buffer, not a parameter.

    A buffer is saved with the module, but training never changes it. Wrap the values in
    `nn.Parameter` and assign them to `self.weight`.
    """

    class Conv2d(conv.Conv2d):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            super().__init__(in_channels, out_channels, kernel_size, stride, padding)
            values = self.weight.data
            del self.weight
            self.register_buffer("weight", values)


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class weight_that_never_learns:
    """Your weight does not require gradients, so training would never change it.

    Leave `requires_grad` as `nn.Parameter` sets it: True.
    """

    class Conv2d(conv.Conv2d):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            super().__init__(in_channels, out_channels, kernel_size, stride, padding)
            self.weight.requires_grad_(False)


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class no_weight_kept:
    """Your layer ends its `__init__` without any registered tensor.

    A variable such as `weight = ...` is forgotten when `__init__` ends: write
    `self.weight = ...`. A plain list hides what is in it. And a second `super().__init__()`
    wipes what was registered before it.
    """

    class Conv2d(nn.Module):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            super().__init__()
            inner = conv.Conv2d(in_channels, out_channels, kernel_size, stride, padding)
            self.hidden = [inner]

        def forward(self, x):
            return self.hidden[0].to(x.dtype)(x)


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class weight_by_another_name:
    """Your weight is registered, but its name is not `weight`.

    Names matter when weights are copied from one network to another. Call it `self.weight`.
    """

    class Conv2d(nn.Module):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            super().__init__()
            layer = conv.Conv2d(in_channels, out_channels, kernel_size, stride, padding)
            self.stride, self.padding = stride, padding
            self.kernel = nn.Parameter(layer.weight.data)

        def forward(self, x):
            return F.conv2d(x, self.kernel, stride=self.stride, padding=self.padding)


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class module_not_begun:
    """Your `__init__` sets a parameter before `super().__init__()` has run.

    `super().__init__()` makes the place where parameters are registered. Call it first.
    """

    class Conv2d(nn.Module):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            self.weight = nn.Parameter(torch.zeros(out_channels, in_channels, 1, 1))
            super().__init__()


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class a_bias_as_well:
    """Your `Conv2d` has a bias; this one is built without.

    In a ResNet a batch norm follows each convolution and brings a shift of its own, so the
    convolution needs none. Weights of other networks bring none either.
    """

    class Conv2d(conv.Conv2d):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            super().__init__(in_channels, out_channels, kernel_size, stride, padding)
            bound = (in_channels * kernel_size**2) ** -0.5
            self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-bound, bound))

        def forward(self, x):
            return super().forward(x) + self.bias[:, None, None]


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class channels_swapped:
    """Your weight is (in, out, k, k); it should be (out, in, k, k).

    One filter for each output channel, and each filter has a slice for each input channel. So
    the outputs are counted first, as in `Linear`.
    """

    Conv2d = _shaped(lambda n_out, n_in, k: (n_in, n_out, k, k))


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class channels_last:
    """Your weight is (k, k, in, out), as other libraries store it.

    PyTorch counts the output channels first: (out, in, k, k).
    """

    Conv2d = _shaped(lambda n_out, n_in, k: (k, k, n_in, n_out))


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class one_row_of_weights:
    """Your weight has one kernel dimension; a window has a height and a width.

    The shape is (out, in, k, k): `kernel_size` comes twice.
    """

    Conv2d = _shaped(lambda n_out, n_in, k: (n_out, n_in, k))


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class input_channels_left_out:
    """Your weight is (out, 1, k, k): the input channels are left out.

    Each filter looks at all input channels at once and has a k x k slice for each of them.
    """

    Conv2d = _shaped(lambda n_out, n_in, k: (n_out, 1, k, k))


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class three_dimensions:
    """Your weight is (out, k, k): the input channels are left out.

    Each filter looks at all input channels at once and has a k x k slice for each of them:
    (out, in, k, k).
    """

    Conv2d = _shaped(lambda n_out, n_in, k: (n_out, k, k))


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class flat_weight:
    """Your weight is flat, (out, in * k * k); it should be (out, in, k, k).

    The numbers are the same, but `F.conv2d` and the weights of other networks need to know
    which of them lie side by side.
    """

    Conv2d = _shaped(lambda n_out, n_in, k: (n_out, n_in * k * k))


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class always_three_by_three:
    """Your weight is 3 x 3 whatever `kernel_size` says.

    Build the shape from the argument: (out_channels, in_channels, kernel_size, kernel_size).
    """

    Conv2d = _shaped(lambda n_out, n_in, k: (n_out, n_in, 3, 3))


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class torchs_weight_borrowed:
    """Your `Conv2d` has PyTorch's `nn.Conv2d` inside and borrows its weight.

    It works, but there is nothing left for you to find out. Make `self.weight` yourself, and
    call `F.conv2d` in `forward`: yours will be compared with PyTorch's.
    """

    class Conv2d(nn.Module):
        def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
            super().__init__()
            self.inner = nn.Conv2d(
                in_channels, out_channels, kernel_size, stride, padding, bias=False
            )
            self.weight = self.inner.weight

        def forward(self, x):
            return self.inner(x)


@mistake(claim="parameters", repair="locality#the-weight-of-a-convolution")
class weight_in_float64:
    """Your `weight` is float64, as what comes from NumPy or Python's own numbers is.

    Images are float32, and `F.conv2d` takes no mixture. `torch.empty` and `torch.rand` make
    float32; for what comes from elsewhere, `.float()` does.
    """

    class Conv2d(conv.Conv2d):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            self.weight = nn.Parameter(self.weight.detach().double())
