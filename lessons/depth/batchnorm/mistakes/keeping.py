"""Mistakes of ``batchnorm``: the tensors that the layer keeps."""

from __future__ import annotations

import torch
from torch import nn

from lessons.depth.batchnorm.steps import Steps
from lessons.mistakes import mistake

KEEPS = "depth#what-a-batch-norm-layer-keeps"


class _Own(Steps):
    """A layer whose state is made anew by ``keep``, in place of the reference's."""

    def __init__(self, num_features, eps=1e-05, momentum=0.1):
        nn.Module.__init__(self)
        self.eps, self.momentum = eps, momentum
        self.keep(num_features)

    def keep(self, channels):
        self.keep_parameters(channels)
        self.keep_statistics(channels)
        self.keep_counter()

    def keep_parameters(self, channels):
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def keep_statistics(self, channels):
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def keep_counter(self):
        self.register_buffer("num_batches_tracked", torch.tensor(0))


# --- whose layer it is -------------------------------------------------------------------------


@mistake(claim="state", repair=KEEPS)
class torchs_own:
    """Your `BatchNorm2d` is PyTorch's batch norm, or inherits from it.

    It works, but there is nothing left for you to find out. Subclass `nn.Module`, make the
    parameters and buffers yourself, and yours will be compared with PyTorch's.
    """

    class BatchNorm2d(nn.BatchNorm2d):
        pass


@mistake(claim="state", repair=KEEPS)
class torchs_inside:
    """Your layer keeps its tensors in another module inside it.

    Then they are called `something.weight` instead of `weight`, and weights from elsewhere don't
    find them. If that module is PyTorch's `nn.BatchNorm2d`, it does all the work as well. Make
    the five tensors in your own `__init__`.
    """

    class BatchNorm2d(nn.Module):
        def __init__(self, num_features, eps=1e-05, momentum=0.1):
            super().__init__()
            self.inner = nn.BatchNorm2d(num_features, eps, momentum)

        def forward(self, x):
            return self.inner(x)


@mistake(claim="state", repair=KEEPS)
class torchs_tensors_borrowed:
    """Your layer has PyTorch's `nn.BatchNorm2d` inside and borrows its tensors.

    It works, but there is nothing left for you to find out. Make the five tensors in your own
    `__init__`, and compute in `forward`: yours will be compared with PyTorch's.
    """

    class BatchNorm2d(nn.Module):
        def __init__(self, num_features, eps=1e-05, momentum=0.1):
            super().__init__()
            inner = nn.BatchNorm2d(num_features, eps, momentum)
            self.weight, self.bias = inner.weight, inner.bias
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                self.register_buffer(name, getattr(inner, name))
            self.inner = inner

        def forward(self, x):
            return self.inner(x)


@mistake(claim="state", repair=KEEPS)
class nothing_kept:
    """Your layer keeps no tensor at all: no parameter and no buffer.

    Perhaps they are local variables: `weight = ...` is forgotten when `__init__` ends, and
    `self.weight = ...` stays. Or `super().__init__()` comes after them, or a second time: each
    call makes the register anew, and empty.
    """

    class BatchNorm2d(nn.Module):
        def __init__(self, num_features, eps=1e-05, momentum=0.1):
            super().__init__()

        def forward(self, x):
            return x


# --- the parameters ----------------------------------------------------------------------------


@mistake(claim="state", repair=KEEPS)
class affine_missing:
    """Your layer has no `weight` and no `bias`.

    It can only give each channel mean 0 and variance 1. With a scale and a shift that are
    learned, training can choose another mean and variance where that helps.
    """

    class BatchNorm2d(_Own):
        def keep_parameters(self, channels):
            """Nothing to learn."""

        def scale_and_shift(self, x):
            return x


@mistake(claim="state", repair=KEEPS)
class bias_missing:
    """Your layer has a `weight` and no `bias`.

    After the mean is taken away every channel lies around 0. The bias is what moves it from
    there.
    """

    class BatchNorm2d(_Own):
        def keep_parameters(self, channels):
            self.weight = nn.Parameter(torch.ones(channels))


@mistake(claim="state", repair=KEEPS)
class gamma_and_beta:
    """Your scale and shift are there, but not under the names `weight` and `bias`.

    The paper calls them gamma and beta. PyTorch calls them `weight` and `bias`, and whoever
    copies weights into your layer looks for those names.
    """

    class BatchNorm2d(_Own):
        def keep_parameters(self, channels):
            self.gamma = nn.Parameter(torch.ones(channels))
            self.beta = nn.Parameter(torch.zeros(channels))


@mistake(claim="state", repair=KEEPS)
class plain_affine:
    """Your `weight` and `bias` are plain tensors, not parameters.

    A module registers what is wrapped in `nn.Parameter`. A plain tensor is not found by
    `parameters()`, so no optimizer ever changes it.
    """

    class BatchNorm2d(_Own):
        def keep_parameters(self, channels):
            self.weight, self.bias = torch.ones(channels), torch.zeros(channels)


@mistake(claim="state", repair=KEEPS)
class affine_as_buffers:
    """Your `weight` and `bias` are buffers, so they are never trained.

    Buffers are for what the layer only remembers. What training changes is an `nn.Parameter`.
    """

    class BatchNorm2d(_Own):
        def keep_parameters(self, channels):
            self.register_buffer("weight", torch.ones(channels))
            self.register_buffer("bias", torch.zeros(channels))


@mistake(claim="state", repair=KEEPS)
class affine_in_four_dimensions:
    """Your `weight` and `bias` have shape (1, channels, 1, 1); it should be (channels,).

    The sums are the same, but copied weights don't fit. Keep (channels,), and reshape in
    `forward`: `self.weight[None, :, None, None]`.
    """

    class BatchNorm2d(_Own):
        def keep_parameters(self, channels):
            self.weight = nn.Parameter(torch.ones(1, channels, 1, 1))
            self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))


@mistake(claim="state", repair=KEEPS)
class affine_single:
    """Your `weight` and `bias` hold one number for all channels together.

    Each channel has a scale and a shift of its own: `torch.ones(num_features)`.
    """

    class BatchNorm2d(_Own):
        def keep_parameters(self, channels):
            self.weight, self.bias = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))


@mistake(claim="state", repair=KEEPS)
class bias_declared_first:
    """Your `bias` is declared before your `weight`.

    Weights are copied from network to network in the order of declaration. Yours would get the
    scale where the shift belongs. First `weight`, then `bias`.
    """

    class BatchNorm2d(_Own):
        def keep_parameters(self, channels):
            self.bias = nn.Parameter(torch.zeros(channels))
            self.weight = nn.Parameter(torch.ones(channels))


# --- the buffers -------------------------------------------------------------------------------


@mistake(claim="state", repair=KEEPS)
class statistics_missing:
    """Your layer has no `running_mean` and no `running_var`.

    In eval mode a single image may come, and it has no batch to take statistics of. The layer
    has to remember what it saw in training: `self.register_buffer("running_mean", ...)`.
    """

    class BatchNorm2d(_Own):
        def keep_statistics(self, channels):
            """Nothing to remember."""


@mistake(claim="state", repair=KEEPS)
class statistics_renamed:
    """Your running statistics are there, but not as `running_mean` and `running_var`.

    Whoever copies a trained layer into yours looks for those names. And it is the variance that
    is kept, not its root, the standard deviation.
    """

    class BatchNorm2d(_Own):
        def keep_statistics(self, channels):
            self.register_buffer("moving_mean", torch.zeros(channels))
            self.register_buffer("moving_var", torch.ones(channels))


@mistake(claim="state", repair=KEEPS)
class plain_statistics:
    """Your running statistics are plain tensors, not buffers; the counter is right.

    A plain tensor is not saved with the model, and does not follow it to another device or type.
    Use `self.register_buffer("running_mean", torch.zeros(num_features))`.
    """

    class BatchNorm2d(_Own):
        def keep_statistics(self, channels):
            self.running_mean, self.running_var = torch.zeros(channels), torch.ones(channels)


@mistake(claim="state", repair=KEEPS)
class plain_everything:
    """Your running statistics and your counter are plain tensors, not buffers.

    A plain tensor is not saved with the model, and does not follow it to another device or type.
    Use `self.register_buffer("running_mean", torch.zeros(num_features))`.
    """

    class BatchNorm2d(_Own):
        def keep_statistics(self, channels):
            self.running_mean, self.running_var = torch.zeros(channels), torch.ones(channels)

        def keep_counter(self):
            self.num_batches_tracked = torch.tensor(0)


@mistake(claim="state", repair=KEEPS)
class statistics_as_parameters:
    """Your running statistics are parameters, so the optimizer would change them too.

    They are not learned by gradients: `forward` itself moves them. That makes them buffers:
    `self.register_buffer(name, tensor)`.
    """

    class BatchNorm2d(_Own):
        def keep_statistics(self, channels):
            self.running_mean = nn.Parameter(torch.zeros(channels), requires_grad=False)
            self.running_var = nn.Parameter(torch.ones(channels), requires_grad=False)


@mistake(claim="state", repair=KEEPS)
class statistics_in_four_dimensions:
    """Your running statistics have shape (1, channels, 1, 1); it should be (channels,).

    That is the shape of statistics taken with `keepdim=True`. Copied ones have shape
    (channels,): keep that, and reshape where you use them.
    """

    class BatchNorm2d(_Own):
        def keep_statistics(self, channels):
            self.register_buffer("running_mean", torch.zeros(1, channels, 1, 1))
            self.register_buffer("running_var", torch.ones(1, channels, 1, 1))


@mistake(claim="state", repair=KEEPS)
class all_in_four_dimensions:
    """Your parameters and running statistics have shape (1, channels, 1, 1), not (channels,).

    The sums are the same, but copied values don't fit. Keep (channels,), and reshape in
    `forward`: `self.weight[None, :, None, None]`.
    """

    class BatchNorm2d(_Own):
        def keep_parameters(self, channels):
            self.weight = nn.Parameter(torch.ones(1, channels, 1, 1))
            self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))

        def keep_statistics(self, channels):
            self.register_buffer("running_mean", torch.zeros(1, channels, 1, 1))
            self.register_buffer("running_var", torch.ones(1, channels, 1, 1))


@mistake(claim="state", repair=KEEPS)
class counter_missing:
    """Your layer has no `num_batches_tracked`.

    PyTorch's batch norm counts the batches of training in a buffer of that name, and every saved
    model holds it. Without it, the entries of yours and theirs don't line up.
    """

    class BatchNorm2d(_Own):
        def keep_counter(self):
            """No counter."""


@mistake(claim="state", repair=KEEPS)
class counter_a_number:
    """Your counter is a Python number, not a buffer.

    It counts, but it is not saved with the model. Use
    `self.register_buffer("num_batches_tracked", torch.tensor(0))`.
    """

    class BatchNorm2d(_Own):
        def keep_counter(self):
            self.num_batches_tracked = 0


@mistake(claim="state", repair=KEEPS)
class counter_plain:
    """Your counter is a plain tensor, not a buffer.

    It counts, but it is not saved with the model. Use
    `self.register_buffer("num_batches_tracked", torch.tensor(0))`.
    """

    class BatchNorm2d(_Own):
        def keep_counter(self):
            self.num_batches_tracked = torch.tensor(0)


@mistake(claim="state", repair=KEEPS)
class counter_in_a_list:
    """Your counter has shape (1,); it should be a single number, of shape ().

    `torch.tensor([0])` and `torch.zeros(1)` are lists of one number. `torch.tensor(0)` is the
    number itself.
    """

    class BatchNorm2d(_Own):
        def keep_counter(self):
            self.register_buffer("num_batches_tracked", torch.tensor([0]))


@mistake(claim="state", repair=KEEPS)
class counter_a_channel:
    """Your counter has one number for each channel; it should be a single one, of shape ().

    All channels see the same batches. `torch.tensor(0)` is a single number.
    """

    class BatchNorm2d(_Own):
        def keep(self, channels):
            super().keep(channels)
            self.num_batches_tracked = torch.zeros(channels, dtype=torch.int64)


@mistake(claim="state", repair=KEEPS)
class counter_a_float:
    """Your counter is a floating number; it should be a whole one.

    `model.half()` would make it float16, and there 2048 + 1 is 2048: it stops counting.
    `torch.tensor(0)`, without a dot, is int64 and stays so.
    """

    class BatchNorm2d(_Own):
        def keep_counter(self):
            self.register_buffer("num_batches_tracked", torch.tensor(0.0))


@mistake(claim="state", repair=KEEPS)
class buffers_out_of_order:
    """Your buffers are declared in another order than PyTorch's.

    State is copied from network to network in the order of declaration: `running_mean`,
    `running_var`, `num_batches_tracked`.
    """

    class BatchNorm2d(_Own):
        def keep(self, channels):
            self.keep_parameters(channels)
            self.keep_counter()
            self.keep_statistics(channels)


@mistake(claim="state", repair=KEEPS)
class settings_as_buffers:
    """Your layer registers buffers besides the three.

    Every entry of the state is saved and copied, so an extra one, such as `eps`, pushes all that
    follow out of line. A setting can stay a plain number: `self.eps = eps`.
    """

    class BatchNorm2d(_Own):
        def keep(self, channels):
            super().keep(channels)
            for name in ("eps", "momentum"):
                value = torch.tensor(getattr(self, name))
                delattr(self, name)
                self.register_buffer(name, value)


@mistake(claim="state", repair=KEEPS)
class statistics_not_saved:
    """Your running statistics are not saved with the model: they are not in `state_dict()`.

    `persistent=False` keeps a buffer out. A model that is loaded again would then normalise by
    mean 0 and variance 1.
    """

    class BatchNorm2d(_Own):
        def keep_statistics(self, channels):
            self.register_buffer("running_mean", torch.zeros(channels), persistent=False)
            self.register_buffer("running_var", torch.ones(channels), persistent=False)


@mistake(claim="state", repair=KEEPS)
class tensors_in_float64:
    """Your layer keeps float64, as what comes from NumPy is.

    Then float64 comes out of it, and the next layer, whose weights are float32, does not take that.
    `torch.ones` and `torch.zeros` make float32; for what comes from elsewhere, `.float()` does.
    """

    class BatchNorm2d(_Own):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            self.double()
