"""Wrong answers to checkpoint ``mlp``: what ``Linear`` registers and computes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import mlp


@mistake(claim="parameters", repair="scaffold#one-linear-layer")
class torchs_own_linear:
    """Your `Linear` is PyTorch's `nn.Linear`, or inherits from it.

    It works, but there is nothing left for you to find out. Subclass `nn.Module`, make `weight`
    and `bias` yourself, and yours will be compared with PyTorch's.
    """

    class Linear(nn.Linear):
        pass


@mistake(claim="parameters", repair="scaffold#a-parameter-is-registered-by-its-module")
class plain_tensors:
    """Your weight and bias are plain tensors, not parameters.

    A module only registers what is wrapped in `nn.Parameter`. A plain tensor is not found by
    `parameters()`, so no optimizer ever changes it.
    """

    class Linear(nn.Module):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__()
            bound = in_features**-0.5
            self.weight = torch.empty(out_features, in_features).uniform_(-bound, bound)
            self.bias = torch.empty(out_features).uniform_(-bound, bound) if bias else None

        def forward(self, x):
            x = x @ self.weight.T
            return x if self.bias is None else x + self.bias


@mistake(claim="parameters", repair="scaffold#a-parameter-is-registered-by-its-module")
class plain_bias:
    """Your bias is a plain tensor, not a parameter; the weight is right.

    Without `nn.Parameter` around it, `parameters()` does not find the bias, and it never learns.
    """

    class Linear(mlp.Linear):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__(in_features, out_features, bias)
            if bias:
                values = self.bias.data
                del self.bias
                self.bias = values


@mistake(claim="parameters", repair="scaffold#one-linear-layer")
class weight_transposed:
    """Your weight is stored as (in, out); PyTorch stores it as (out, in).

    The product x W would come out the same, but weights of other networks could not be copied
    into yours. Store one row for each output, and multiply by `self.weight.T`.
    """

    class Linear(nn.Module):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__()
            bound = in_features**-0.5
            weight = torch.empty(in_features, out_features).uniform_(-bound, bound)
            self.weight = nn.Parameter(weight)
            self.bias = None
            if bias:
                self.bias = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound))

        def forward(self, x):
            x = x @ self.weight
            return x if self.bias is None else x + self.bias


@mistake(claim="parameters", repair="scaffold#one-linear-layer")
class bias_in_any_case:
    """Your layer has a bias even when it is built with `bias=False`.

    Make one only `if bias:`, and write `self.bias = None` otherwise. You will need it: batch
    norm, later on, adds a number of its own, and the layer before it is built without a bias.
    """

    class Linear(mlp.Linear):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__(in_features, out_features, True)


@mistake(claim="parameters", repair="scaffold#one-linear-layer")
class bias_as_a_row:
    """Your bias has shape (1, out); it should be (out,).

    It broadcasts to the same sums, but it does not fit where others keep theirs, so weights
    can't be copied from one to the other.
    """

    class Linear(mlp.Linear):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__(in_features, out_features, bias)
            if bias:
                self.bias = nn.Parameter(self.bias.detach()[None])


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class bias_never_added:
    """Your output equals x W^T: the bias is declared and never added.

    So it never learns, because no gradient reaches it. Add it to the product: `+ self.bias`. A
    sum that is not assigned or returned is lost.
    """

    class Linear(mlp.Linear):
        def forward(self, x):
            return x @ self.weight.T


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class bias_subtracted:
    """Your output equals x W^T - b: the bias is subtracted.

    Training would find the opposite sign, but values copied from another network come out
    wrong. Add it: `+ self.bias`.
    """

    class Linear(mlp.Linear):
        def forward(self, x):
            x = x @ self.weight.T
            return x if self.bias is None else x - self.bias


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class only_two_dimensions:
    """Your layer takes (batch, in) only.

    A linear layer works on the last dimension and leaves those before it alone, however many
    there are, none included. `x @ self.weight.T` does that by itself.
    """

    class Linear(mlp.Linear):
        def forward(self, x):
            x = torch.mm(x, self.weight.T)
            return x if self.bias is None else x + self.bias


@mistake(claim="linear-values", repair="scaffold#a-parameter-is-registered-by-its-module")
class parameters_detached:
    """Your values are right, but no gradient reaches weight and bias.

    `.data` or `.detach()` in `forward` cuts them off from the graph, and the layer can't learn.
    Use the parameters as they are.
    """

    class Linear(mlp.Linear):
        def forward(self, x):
            x = x @ self.weight.data.T
            return x if self.bias is None else x + self.bias.data


@mistake(claim="linear-values", repair="scaffold#why-a-relu-between")
class relu_inside_linear:
    """Your `Linear` ends in a ReLU.

    Then it is not linear any more, and the last layer could not give negative scores. The ReLU
    belongs between the layers, in `SimpleMLP`.
    """

    class Linear(mlp.Linear):
        def forward(self, x):
            return F.relu(super().forward(x))


@mistake(claim="parameters", repair="scaffold#one-linear-layer")
class torchs_linear_inside:
    """Your `Linear` has PyTorch's `nn.Linear` inside and borrows its parameters.

    It works, but there is nothing left for you to find out. Make `weight` and `bias` yourself,
    and multiply in `forward`: yours will be compared with PyTorch's.
    """

    class Linear(nn.Module):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__()
            self.inner = nn.Linear(in_features, out_features, bias)
            self.weight, self.bias = self.inner.weight, self.inner.bias

        def forward(self, x):
            return self.inner(x)


@mistake(claim="parameters", repair="scaffold#a-parameter-is-registered-by-its-module")
class module_not_begun:
    """Your `Linear` sets a parameter before `super().__init__()` has run.

    That call makes the list in which a module registers its parameters. It comes first.
    """

    class Linear(nn.Module):
        def __init__(self, in_features, out_features, bias=True):
            self.weight = nn.Parameter(torch.zeros(out_features, in_features))


@mistake(claim="parameters", repair="scaffold#a-parameter-is-registered-by-its-module")
class nothing_kept:
    """Your `Linear` ends its `__init__` without any tensor.

    Either weight and bias are local variables, without `self.`, or a second
    `super().__init__()` at the end wiped them away.
    """

    class Linear(mlp.Linear):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__(in_features, out_features, bias)
            nn.Module.__init__(self)


@mistake(claim="parameters", repair="scaffold#a-parameter-is-registered-by-its-module")
class names_of_ones_own:
    """Your weight and bias are registered, but under other names.

    Whoever copies weights from one network to another looks for `weight` and `bias`, as PyTorch
    calls them.
    """

    class Linear(nn.Module):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__()
            self.W = nn.Parameter(torch.zeros(out_features, in_features))
            self.b = nn.Parameter(torch.zeros(out_features)) if bias else None


@mistake(claim="parameters", repair="scaffold#a-parameter-is-registered-by-its-module")
class weight_that_never_learns:
    """Your weight does not require gradients, so training would never change it.

    `nn.Parameter` requires gradients by itself, unless `requires_grad=False` is given.
    """

    class Linear(mlp.Linear):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__(in_features, out_features, bias)
            self.weight.requires_grad_(False)


@mistake(claim="parameters", repair="scaffold#one-linear-layer")
class bias_as_a_column:
    """Your bias has shape (out, 1); it should be (out,).

    Added to (batch, out) it lies across the batch, not along the outputs. Build it of
    `torch.rand(out_features)`, with one dimension only.
    """

    class Linear(mlp.Linear):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__(in_features, out_features, bias)
            if bias:
                self.bias = nn.Parameter(self.bias.data[:, None])


@mistake(claim="parameters", repair="scaffold#one-linear-layer")
class no_bias_attribute:
    """Your layer has no attribute `bias` when it is built with `bias=False`.

    Others ask for `layer.bias` and expect None then: write `self.bias = None`.
    """

    class Linear(mlp.Linear):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__(in_features, out_features, bias)
            if not bias:
                del self.bias


@mistake(claim="parameters", repair="scaffold#one-linear-layer")
class bias_false_kept:
    """Your `bias` is False when the layer is built with `bias=False`; it should be None.

    None says that there is none. False is a number too: x + False is x, by chance.
    """

    class Linear(mlp.Linear):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__(in_features, out_features, bias)
            if not bias:
                self.bias = False


@mistake(claim="parameters", repair="scaffold#one-linear-layer")
class no_bias_argument:
    """Your `Linear` can't be built with `bias=False`.

    Its signature is `__init__(self, in_features, out_features, bias=True)`. Make the bias only
    `if bias:`, and write `self.bias = None` otherwise.
    """

    class Linear(mlp.Linear):
        def __init__(self, in_features, out_features):
            super().__init__(in_features, out_features)


@mistake(claim="parameters", repair="scaffold#one-linear-layer")
class weights_in_float64:
    """Your `weight` or `bias` is float64, as what comes from NumPy is.

    Images are float32, and a product takes no mixture. `torch.empty` and `torch.rand` make
    float32; for what comes from elsewhere, `.float()` does.
    """

    class Linear(mlp.Linear):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            self.double()
