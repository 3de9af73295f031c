"""Batch norms in eval and train, and what gradients reach."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from lessons.mistakes import mistake
from lessons.reuse.resnet.mistakes.parts import Parts
from reference import batchnorm, resnet


def _norms(change):
    """A network whose batch norms are of another class."""

    class ResNet34(resnet.ResNet34):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            for module in self.modules():
                if isinstance(module, batchnorm.BatchNorm2d):
                    change(module)

    return ResNet34


class _BatchStatistics(batchnorm.BatchNorm2d):
    def forward(self, x):
        kept = {name: value.clone() for name, value in self.named_buffers()}
        mode = self.training
        self.training = True
        out = super().forward(x)
        self.training = mode
        if not mode:
            self.load_state_dict({**self.state_dict(), **kept})
        return out


class _MovesInEval(batchnorm.BatchNorm2d):
    def forward(self, x):
        out = super().forward(x)
        if not self.training:
            with torch.no_grad():
                self.running_mean.lerp_(x.mean(dim=(0, 2, 3)), self.momentum)
                self.running_var.lerp_(x.var(dim=(0, 2, 3)), self.momentum)
                self.num_batches_tracked += 1
        return out


class _RunningAlways(batchnorm.BatchNorm2d):
    def forward(self, x):
        mode = self.training
        self.training = False
        out = super().forward(x)
        self.training = mode
        return out


class _NeverMoves(batchnorm.BatchNorm2d):
    def forward(self, x):
        kept = {name: value.clone() for name, value in self.named_buffers()}
        out = super().forward(x)
        for name, value in kept.items():
            getattr(self, name).copy_(value)
        return out


class _Biased(batchnorm.BatchNorm2d):
    def forward(self, x):
        before = self.running_var.clone()
        out = super().forward(x)
        if self.training:
            with torch.no_grad():
                var = x.var(dim=(0, 2, 3), unbiased=False)
                self.running_var.copy_(before.lerp(var, self.momentum))
        return out


def _class(kind):
    def change(module):
        module.__class__ = kind

    return change


@mistake(claim="head", repair="reuse#train-and-eval")
class batch_statistics_in_eval:
    """Your batch norms use the batch's statistics in eval mode too.

    In eval they use the running ones, so that an image's scores do not depend on the images
    beside it. Trained running statistics come with the pretrained weights.
    """

    ResNet34 = _norms(_class(_BatchStatistics))


@mistake(claim="head", repair="reuse#train-and-eval")
class dropout_in_eval_mode_too:
    """Your network is random in both modes, as with `F.dropout(x)`.

    `F.dropout` does not know the network's mode, and drops features in eval mode as well. ResNet34
    has no dropout: average pool, then the linear layer.
    """

    class ResNet34(Parts):
        def head(self, x):
            return self.fc(F.dropout(self.avgpool(x), 0.5))


@mistake(claim="eval-mode", repair="reuse#train-and-eval")
class statistics_move_in_eval:
    """Your batch norms move their running statistics in eval mode too.

    The scores are right the first time, and another network answers the second time. In eval a
    forward pass changes nothing.
    """

    ResNet34 = _norms(_class(_MovesInEval))


@mistake(claim="stem", repair="depth#eps-under-the-root")
class eps_of_its_own:
    """Your batch norms use eps=0.001; torchvision's use 0.00001.

    1e-3 is the habit of other libraries. The difference is small in one layer and grows through
    36 of them. `nn.BatchNorm2d` and yours have the right default.
    """

    ResNet34 = _norms(lambda module: setattr(module, "eps", 1e-3))


@mistake(claim="train-mode", repair="reuse#train-and-eval")
class dropout_before_the_head:
    """Your network drops features at random in train mode.

    ResNet34 has no dropout. In eval it does nothing, so only train mode shows it.
    """

    class ResNet34(Parts):
        def head(self, x):
            # In step with nothing: which features are dropped is chance.
            return self.fc(F.dropout(self.avgpool(x), 0.5, self.training))


@mistake(claim="train-mode", repair="reuse#train-and-eval")
class running_statistics_in_train:
    """Your batch norms use the running statistics in train mode too.

    That is what they do after `self.eval()`, or when written so. In train they use the mean and
    variance of the batch at hand, and move the running ones.
    """

    ResNet34 = _norms(_class(_RunningAlways))


@mistake(claim="train-mode", repair="reuse#train-and-eval")
class statistics_never_move:
    """Your batch norms never move their running statistics in train mode.

    Then eval mode would use those of the start for ever. In train each batch moves them, and
    counts in `num_batches_tracked`.
    """

    ResNet34 = _norms(_class(_NeverMoves))


@mistake(claim="train-mode", repair="depth#momentum-a-little-of-each-batch")
class momentum_of_its_own:
    """Your batch norms move their running statistics with momentum 0.01; it should be 0.1.

    Other libraries count the other way, 0.99 for what is kept. torchvision's networks have
    PyTorch's default: a tenth of each new batch.
    """

    ResNet34 = _norms(lambda module: setattr(module, "momentum", 0.01))


@mistake(claim="train-mode", repair="depth#two-variances")
class biased_running_variance:
    """Your batch norms put the biased variance into `running_var`.

    To normalise the batch, divide by n. For the running variance, divide by n - 1. The last maps
    are small, so the difference shows there.
    """

    ResNet34 = _norms(_class(_Biased))


@mistake(claim="train-mode", repair="reuse#train-and-eval")
class no_gradients:
    """Your network computes without gradients, so nothing in it can learn.

    `torch.no_grad()` in `forward`, or on it, cuts all of it off. It belongs around a
    measurement, not into the network.
    """

    class ResNet34(Parts):
        @torch.no_grad()
        def forward(self, x):
            return super().forward(x)


@mistake(claim="train-mode", repair="reuse#train-and-eval")
class features_detached:
    """Your features are cut off from the gradient: only the head would learn.

    `.detach()`, `.data` or a `no_grad` block stands before the linear layer. Freezing a backbone
    comes later, and from outside.
    """

    class ResNet34(Parts):
        def head(self, x):
            return super().head(x.detach())


@mistake(claim="train-mode", repair="reuse#train-and-eval")
class stem_detached:
    """Your stem is cut off from the gradient: it would never learn.

    Something in it takes `.detach()`, `.data` or `no_grad`. Every parameter gets a gradient.
    """

    class ResNet34(Parts):
        def stem(self, x):
            return super().stem(x).detach()
