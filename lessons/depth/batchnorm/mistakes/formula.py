"""Mistakes of ``batchnorm``: the formula that makes the output."""

from __future__ import annotations

import torch

from lessons.depth.batchnorm.steps import Steps, column, unbiased
from lessons.mistakes import mistake

CHANNEL = "depth#each-channel-by-its-own-batch"
EPS = "depth#eps-under-the-root"
TWO = "depth#two-variances"
KEEPS = "depth#what-a-batch-norm-layer-keeps"


@mistake(claim="train-values", repair=EPS)
class eps_outside_the_root:
    """Your eps stands outside the root: sqrt(var) + eps instead of sqrt(var + eps).

    The two differ, most of all where the variance is small. Add eps to the variance first and
    take the root then.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return self.scale_and_shift((x - mean) / (torch.sqrt(var) + self.eps))


@mistake(claim="train-values", repair=EPS)
class unbiased_and_eps_outside:
    """Your output is divided by x.std() + eps, which is wrong twice.

    eps belongs under the root: sqrt(var + eps). And `std`, like `var`, divides by n - 1 unless
    told otherwise; here n is meant: `x.var(dim=(0, 2, 3), unbiased=False)`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            var = unbiased(var, x) if self.training else var
            return self.scale_and_shift((x - mean) / (torch.sqrt(var) + self.eps))


@mistake(claim="train-values", repair=EPS)
class eps_missing:
    """Your output is computed without eps.

    A channel that is the same everywhere has variance 0, and 0/0 is nan. Divide by
    `torch.sqrt(var + self.eps)`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return self.scale_and_shift((x - mean) / torch.sqrt(var))


@mistake(claim="train-values", repair=EPS)
class eps_fixed:
    """Your eps is always 0.00001, whatever the layer was built with.

    That is the default only. Keep the argument, `self.eps = eps`, and use `self.eps`.
    """

    class BatchNorm2d(Steps):
        def __init__(self, num_features, eps=1e-05, momentum=0.1):
            super().__init__(num_features, 1e-05, momentum)


@mistake(claim="train-values", repair=EPS)
class eps_as_a_floor:
    """Your eps is a floor: variances below it are lifted to it, others stay as they are.

    `clamp` and `max` do that. eps is added to every variance: var + eps.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return self.scale_and_shift((x - mean) / torch.sqrt(var.clamp(min=self.eps)))


@mistake(claim="train-values", repair=EPS)
class eps_squared:
    """Your eps is squared under the root: sqrt(var + eps^2).

    The contract is sqrt(var + eps), with eps as it is.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return self.scale_and_shift((x - mean) / torch.sqrt(var + self.eps**2))


@mistake(claim="train-values", repair=EPS)
class root_missing:
    """Your output is divided by var + eps: the root is missing.

    Dividing by the standard deviation gives variance 1. Dividing by the variance does not,
    unless it is 1 already. Use `torch.sqrt(var + self.eps)`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return self.scale_and_shift((x - mean) / (var + self.eps))


@mistake(claim="train-values", repair=EPS)
class multiplied_by_the_root:
    """Your output is multiplied by sqrt(var + eps); it should be divided by it.

    A channel that varies much has to shrink, and one that varies little has to grow.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return self.scale_and_shift((x - mean) * torch.sqrt(var + self.eps))


@mistake(claim="train-values", repair=CHANNEL)
class mean_not_subtracted:
    """Your output equals x / sqrt(var + eps) * weight + bias: the mean is never subtracted.

    Each channel has to be moved to mean 0 before it is scaled: `(x - mean) / ...`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return super().normalise(x, torch.zeros_like(mean), var)


@mistake(claim="train-values", repair=CHANNEL)
class mean_added:
    """Your output equals (x + mean) / ...: the mean is added instead of subtracted.

    Subtracting it moves a channel to mean 0; adding it doubles the distance from there.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return super().normalise(x, -mean, var)


@mistake(claim="train-values", repair=CHANNEL)
class brackets_missing:
    """Your output equals x - mean / sqrt(var + eps) * weight + bias, without brackets.

    Division and multiplication come before subtraction, so x itself is never divided. Put x -
    mean in brackets: `(x - mean) / ...`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return x - mean / torch.sqrt(var + self.eps) * column(self.weight) + column(self.bias)


@mistake(claim="train-values", repair=CHANNEL)
class not_divided:
    """Your output equals (x - mean) * weight + bias: nothing is divided by the deviation.

    Every channel has mean 0 now, and its old variance. Divide by `torch.sqrt(var + self.eps)`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return self.scale_and_shift(x - mean)


@mistake(claim="train-values", repair=TWO)
class std_for_variance:
    """Your variance is the standard deviation, so the root is taken twice.

    `x.std()` is the root of the variance already. Take `x.var(dim=(0, 2, 3), unbiased=False)`,
    and the root when you divide: `torch.sqrt(var + self.eps)`.
    """

    class BatchNorm2d(Steps):
        def statistics(self, x):
            mean, var = super().statistics(x)
            return mean, torch.sqrt(var)


@mistake(claim="train-values", repair=TWO)
class mean_square_for_variance:
    """Your variance is the mean of x^2: the mean was not subtracted before squaring.

    The variance is the mean of (x - mean)^2, or, which is the same, mean(x^2) - mean^2.
    """

    class BatchNorm2d(Steps):
        def statistics(self, x):
            return x.mean(self.dims, keepdim=True), x.square().mean(self.dims, keepdim=True)


# --- weight and bias ---------------------------------------------------------------------------


@mistake(claim="train-values", repair=KEEPS)
class affine_never_used:
    """Your output is normalised and no more: weight and bias are declared and never used.

    No gradient ever reaches them, so they never learn. End with `* weight + bias`, reshaped to
    (1, channels, 1, 1).
    """

    class BatchNorm2d(Steps):
        def scale_and_shift(self, x):
            return x


@mistake(claim="train-values", repair=KEEPS)
class bias_never_added:
    """Your output is scaled by the weight, and the bias is never added.

    It is declared, but no gradient ever reaches it. End with `* weight + bias`.
    """

    class BatchNorm2d(Steps):
        def scale_and_shift(self, x):
            return x * column(self.weight)


@mistake(claim="train-values", repair=KEEPS)
class weight_never_used:
    """Your output is shifted by the bias, and never scaled by the weight.

    The weight is declared, but no gradient ever reaches it. End with `* weight + bias`.
    """

    class BatchNorm2d(Steps):
        def scale_and_shift(self, x):
            return x + column(self.bias)


@mistake(claim="train-values", repair=KEEPS)
class bias_before_weight:
    """Your output equals (normalised + bias) * weight: the bias is added before the weight.

    So the shift is scaled as well. The scale comes first: `normalised * weight + bias`, without
    brackets around the sum.
    """

    class BatchNorm2d(Steps):
        def scale_and_shift(self, x):
            return (x + column(self.bias)) * column(self.weight)


@mistake(claim="train-values", repair=KEEPS)
class weight_and_bias_mixed_up:
    """Your output is scaled by the bias and shifted by the weight: the two are mixed up.

    `weight` is the scale and `bias` is the shift: `normalised * weight + bias`.
    """

    class BatchNorm2d(Steps):
        def scale_and_shift(self, x):
            return x * column(self.bias) + column(self.weight)


@mistake(claim="train-values", repair=EPS)
class eps_and_momentum_swapped:
    """Your layer takes momentum where eps is expected, and eps where momentum is.

    Arguments without a name go by their place: `BatchNorm2d(num_features, eps, momentum)`. Keep
    the order of the signature in the docstring.
    """

    class BatchNorm2d(Steps):
        def __init__(self, num_features, momentum=0.1, eps=1e-05):
            super().__init__(num_features, eps, momentum)


@mistake(claim="train-values", repair=CHANNEL)
class input_returned:
    """Your output is the input, unchanged, in train mode.

    Nothing is normalised yet. The formula is (x - mean) / sqrt(var + eps) * weight + bias, and
    its result has to be returned.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            return x


@mistake(claim="train-values", repair=CHANNEL)
class relu_inside:
    """Your layer ends in a ReLU.

    Half of its values are then gone, and the next layer can't tell what was there. ReLU is a
    layer of its own, and in a residual block the second batch norm has none behind it.
    """

    class BatchNorm2d(Steps):
        def scale_and_shift(self, x):
            return super().scale_and_shift(x).relu()


@mistake(claim="train-values", repair=KEEPS)
class one_plus_weight:
    """Your output is scaled by 1 + weight, not by the weight.

    The weight starts at 1 and is the whole scale.
    """

    class BatchNorm2d(Steps):
        def scale_and_shift(self, x):
            return x * (1 + column(self.weight)) + column(self.bias)


@mistake(claim="train-values", repair=KEEPS)
class weights_sign_lost:
    """Your output is scaled by the weight's size; its sign is lost.

    A weight may become negative while it learns. Multiply by it as it is.
    """

    class BatchNorm2d(Steps):
        def scale_and_shift(self, x):
            return x * column(self.weight).abs() + column(self.bias)


@mistake(claim="train-values", repair=EPS)
class eps_of_another_library:
    """Your default eps is 0.001, as in some other libraries.

    PyTorch's is 1e-05: `def __init__(self, num_features, eps=1e-05, momentum=0.1)`. Pretrained
    weights were trained with that one.
    """

    class BatchNorm2d(Steps):
        def __init__(self, num_features, eps=1e-03, momentum=0.1):
            super().__init__(num_features, eps, momentum)
