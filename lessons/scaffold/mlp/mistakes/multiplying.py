"""Wrong answers to checkpoint ``mlp``: the product in ``Linear.forward`` and its gradients."""

from __future__ import annotations

from lessons.mistakes import mistake
from reference import mlp


def _linear(product):
    """A Linear with another product of x and weight; the bias is added to it."""

    class Linear(mlp.Linear):
        def forward(self, x):
            x = product(x, self.weight)
            return x if self.bias is None else x + self.bias

    return Linear


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class weight_not_transposed:
    """Your layer computes x W: the weight is not transposed.

    `weight` is (out, in) and x ends in `in`, so the sizes only meet as `x @ self.weight.T`.
    """

    Linear = _linear(lambda x, weight: x @ weight)


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class weight_first:
    """Your layer computes W x, with the weight on the left.

    Books write W x for a single column. Here each row of x is one input, so the weight comes
    second and transposed: `x @ self.weight.T`.
    """

    Linear = _linear(lambda x, weight: weight @ x)


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class product_not_returned:
    """The `forward` of your `Linear` returns nothing.

    A function without `return` gives None. Return the product, with the bias added.
    """

    class Linear(mlp.Linear):
        def forward(self, x):
            super().forward(x)


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class bias_added_twice:
    """Your output equals x W^T + 2 b: the bias is added twice.

    `F.linear(x, weight, bias)` adds it already.
    """

    class Linear(mlp.Linear):
        def forward(self, x):
            x = super().forward(x)
            return x if self.bias is None else x + self.bias


@mistake(claim="linear-values", repair="scaffold#a-parameter-is-registered-by-its-module")
class weight_detached:
    """Your values are right, but no gradient reaches the weight.

    `.data` or `.detach()` in `forward` cuts it off from the graph, so only the bias would learn.
    Use `self.weight` as it is.
    """

    Linear = _linear(lambda x, weight: x @ weight.data.T)


@mistake(claim="linear-values", repair="scaffold#a-parameter-is-registered-by-its-module")
class input_detached:
    """Your values are right, but no gradient passes through your layer to its input.

    `.data` or `.detach()` on x cuts the graph, so no layer before this one would learn.
    """

    Linear = _linear(lambda x, weight: x.detach() @ weight.T)


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class multiplied_one_by_one:
    """Your layer multiplies with `*`, which pairs numbers up and adds nothing.

    One output is a sum of products over all inputs. The matrix product `@` does that:
    `x @ self.weight.T`.
    """

    Linear = _linear(lambda x, weight: x * weight.T)


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class none_added:
    """Your `forward` adds the bias even where it is None.

    Built with `bias=False`, the layer has nothing to add. Ask first:
    `if self.bias is not None:`.
    """

    class Linear(mlp.Linear):
        def forward(self, x):
            return x @ self.weight.T + self.bias
