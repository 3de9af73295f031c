"""Mistakes of ``batchnorm``: what eval mode returns, and what it changes."""

from __future__ import annotations

import torch

from lessons.depth.batchnorm.steps import Steps, column, unbiased
from lessons.mistakes import mistake

MODES = "depth#train-and-eval-differ"
CHANNEL = "depth#each-channel-by-its-own-batch"
EPS = "depth#eps-under-the-root"
TWO = "depth#two-variances"


@mistake(claim="eval-values", repair=MODES)
class batch_statistics_in_eval:
    """Your layer normalises by the batch's statistics in eval mode too.

    Then an image's result depends on the images beside it, and a single image is normalised by
    itself. In eval mode use `self.running_mean` and `self.running_var`.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            return self.normalise(x, *self.statistics(x))


@mistake(claim="eval-values", repair=MODES)
class mode_ignored:
    """Your layer does in eval mode all that it does in train mode, updates included.

    It never asks for its mode, or asks `self.train`, a method, which always counts as true.
    `self.training` is False in eval mode: then use the running statistics, and change nothing.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            return self.in_train(x)


@mistake(claim="eval-values", repair=MODES)
class updated_before_use_in_eval:
    """In eval mode your layer moves the running statistics and then normalises by them.

    So an image's result depends on the images beside it, and on all that came before. Eval mode
    uses the running statistics as they are.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            self.in_train(x)
            return super().in_eval(x)


@mistake(claim="eval-values", repair=MODES)
class last_batch_in_eval:
    """Your layer normalises by the last training batch's statistics in eval mode.

    That is one batch, seen by chance last. The running mean and variance have seen many: use
    `self.running_mean` and `self.running_var`.
    """

    class BatchNorm2d(Steps):
        last = None

        def statistics(self, x):
            mean, var = super().statistics(x)
            self.last = mean.detach(), var.detach()
            return mean, var

        def in_eval(self, x):
            return super().in_eval(x) if self.last is None else self.normalise(x, *self.last)


@mistake(claim="eval-values", repair=CHANNEL)
class not_reshaped_in_eval:
    """Your running statistics of shape (channels,) meet x as if they belonged to its width.

    PyTorch lines shapes up from the right. (channels,) against (batch, channels, height, width)
    fails, or, where width equals channels, goes wrong in silence. In eval mode too, give them the
    shape (1, channels, 1, 1): `self.running_mean[None, :, None, None]`.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            return self.normalise(x, self.running_mean, self.running_var)


@mistake(claim="eval-values", repair=MODES)
class unchanged_in_eval:
    """Your layer returns its input unchanged in eval mode.

    Dropout does that, batch norm does not: the layers after it expect what they were trained on.
    Normalise by the running statistics.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            return x


@mistake(claim="eval-values", repair=MODES)
class not_scaled_in_eval:
    """Your eval mode leaves out weight and bias.

    They belong to both modes: only mean and variance come from elsewhere in eval mode. Write
    the formula once, after the `if`.
    """

    class BatchNorm2d(Steps):
        def scale_and_shift(self, x):
            return super().scale_and_shift(x) if self.training else x


@mistake(claim="eval-values", repair=MODES)
class mean_of_the_batch_in_eval:
    """Your eval mode subtracts the batch's mean and divides by the running deviation.

    Both come from the running statistics in eval mode: `self.running_mean` too.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            mean, _ = self.statistics(x)
            return self.normalise(x, mean, column(self.running_var))


@mistake(claim="eval-values", repair=MODES)
class variance_of_the_batch_in_eval:
    """Your eval mode subtracts the running mean and divides by the batch's deviation.

    Both come from the running statistics in eval mode: `self.running_var` too.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            _, var = self.statistics(x)
            return self.normalise(x, column(self.running_mean), var)


@mistake(claim="eval-values", repair=MODES)
class mean_not_subtracted_in_eval:
    """Your eval mode never subtracts the running mean.

    The formula is the same in both modes: (x - mean) / sqrt(var + eps) * weight + bias.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            mean = torch.zeros_like(self.running_mean)
            return self.normalise(x, column(mean), column(self.running_var))


@mistake(claim="eval-values", repair=EPS)
class root_missing_in_eval:
    """Your eval mode divides by running_var + eps: the root is missing there.

    `running_var` holds variances, so the root is taken when they are used:
    `torch.sqrt(self.running_var + self.eps)`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            if self.training:
                return super().normalise(x, mean, var)
            return self.scale_and_shift((x - mean) / (var + self.eps))


@mistake(claim="eval-values", repair=EPS)
class running_var_taken_for_std:
    """Your eval mode divides by running_var as if it were the standard deviation.

    It holds variances, and eps guards this division too: `torch.sqrt(self.running_var + self.eps)`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            if self.training:
                return super().normalise(x, mean, var)
            return self.scale_and_shift((x - mean) / var)


@mistake(claim="eval-values", repair=EPS)
class eps_outside_the_root_in_eval:
    """Your eps stands outside the root in eval mode: sqrt(var) + eps.

    Both modes divide by sqrt(var + eps). Write the formula once, after the `if`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            if self.training:
                return super().normalise(x, mean, var)
            return self.scale_and_shift((x - mean) / (torch.sqrt(var) + self.eps))


@mistake(claim="eval-values", repair=EPS)
class eps_missing_in_eval:
    """Your eps is missing in eval mode.

    Both modes divide by sqrt(var + eps). Write the formula once, after the `if`.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            if self.training:
                return super().normalise(x, mean, var)
            return self.scale_and_shift((x - mean) / torch.sqrt(var))


@mistake(claim="eval-values", repair=TWO)
class corrected_in_eval:
    """Your eval mode multiplies the running variance by n / (n - 1), n from the batch at hand.

    The running variance is unbiased already, and the batch at hand has no say in eval mode. Use
    it as it is.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            var = unbiased(self.running_var, x)
            return self.normalise(x, column(self.running_mean), column(var))


# --- what eval mode changes --------------------------------------------------------------------


@mistake(claim="eval-changes-nothing", repair=MODES)
class updated_in_eval:
    """Your running statistics move in eval mode too.

    Then measuring a model changes it, and the test images find their way into it. Move them only
    where `self.training` is True.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            out = super().in_eval(x)
            self.in_train(x)
            return out


@mistake(claim="eval-changes-nothing", repair=MODES)
class statistics_move_in_eval:
    """Your running statistics move in eval mode too; the counter stays, as it should.

    Then measuring a model changes it, and the test images find their way into it. Move them only
    where `self.training` is True.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            out = super().in_eval(x)
            with torch.no_grad():
                self.update(*self.statistics(x), x)
            return out


@mistake(claim="eval-changes-nothing", repair=MODES)
class counted_in_eval:
    """Your counter goes up in eval mode too.

    It counts the batches that moved the running statistics, and eval mode moves nothing. Put the
    `+= 1` inside `if self.training:`.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            self.count(x)
            return super().in_eval(x)


@mistake(claim="eval-values", repair=MODES)
class batch_statistics_until_trained:
    """Your eval mode uses the batch's statistics as long as no batch was counted.

    A new layer has running statistics too: mean 0 and variance 1. Eval mode uses them, whatever
    the counter says.
    """

    class BatchNorm2d(Steps):
        def in_eval(self, x):
            if self.num_batches_tracked == 0:
                return self.normalise(x, *self.statistics(x))
            return super().in_eval(x)
