"""Mistakes of ``batchnorm``: gradients that are cut off, and graphs that are kept."""

from __future__ import annotations

import torch

from lessons.depth.batchnorm.steps import Steps, column, flat, unbiased
from lessons.mistakes import mistake

FLOW = "depth#gradients-through-the-statistics"
GRAPH = "depth#buffers-keep-no-graph"
KEEPS = "depth#what-a-batch-norm-layer-keeps"


@mistake(claim="gradients", repair=FLOW)
class statistics_detached:
    """Your output is right, but the batch's mean and variance are cut off from the graph.

    Both are made of x, so x has a say in them, and the gradient has to know. Only the update of
    the buffers belongs inside `torch.no_grad()`, not the statistics themselves.
    """

    class BatchNorm2d(Steps):
        detached = ("mean", "var")


@mistake(claim="gradients", repair=FLOW)
class variance_detached:
    """Your output is right, but the batch's variance is cut off from the graph.

    It is made of x, so x has a say in it, and the gradient has to know. No `.detach()`, no
    `.data` and no `torch.no_grad()` for the variance that you normalise by.
    """

    class BatchNorm2d(Steps):
        detached = ("var",)


@mistake(claim="gradients", repair=FLOW)
class mean_detached:
    """Your output is right, but the batch's mean is cut off from the graph.

    It is made of x, so x has a say in it, and the gradient has to know. No `.detach()`, no
    `.data` and no `torch.no_grad()` for the mean that you subtract.
    """

    class BatchNorm2d(Steps):
        detached = ("mean",)


@mistake(claim="gradients", repair=KEEPS)
class affine_detached:
    """Your values are right, but no gradient reaches weight and bias.

    `.data` or `.detach()` in `forward` cuts them off from the graph, and they can't learn. Use
    the parameters as they are.
    """

    class BatchNorm2d(Steps):
        def scale_and_shift(self, x):
            return x * column(self.weight.detach()) + column(self.bias.detach())


@mistake(claim="gradients", repair=FLOW)
class input_cut_off:
    """Your output is right, but no gradient reaches the input.

    The normalising is done inside `torch.no_grad()`, or on `x.data` or `x.detach()`. Nothing
    before this layer could learn. Only the update of the buffers belongs there.
    """

    class BatchNorm2d(Steps):
        def forward(self, x):
            return super().forward(x.detach())


@mistake(claim="gradients", repair=FLOW)
class no_gradient_at_all:
    """Your output is right, but it comes without a graph: no gradient reaches anything.

    All of `forward` runs inside `torch.no_grad()`, or its result is detached. Only the update of
    the buffers belongs there.
    """

    class BatchNorm2d(Steps):
        @torch.no_grad()
        def forward(self, x):
            return super().forward(x)


@mistake(claim="gradients", repair=FLOW)
class changed_in_place:
    """Your forward changes a tensor in place that the backward pass still needs.

    `x -= mean` overwrites x, and the variance was computed from it. Write `x = x - mean`: that
    makes a new tensor and leaves the old one to the graph.
    """

    class BatchNorm2d(Steps):
        def normalise(self, x, mean, var):
            x -= mean
            x = x / torch.sqrt(var + self.eps)
            return self.scale_and_shift(x)


# --- what is left after a step -----------------------------------------------------------------


def _keeping(*names):
    """A layer whose buffers of these names are moved with gradients on."""

    class BatchNorm2d(Steps):
        def in_train(self, x):
            mean, var = self.statistics(x)
            with torch.set_grad_enabled("running_mean" in names and torch.is_grad_enabled()):
                self.move_mean(flat(mean, x), self.momentum)
            with torch.set_grad_enabled("running_var" in names and torch.is_grad_enabled()):
                self.move_var(unbiased(flat(var, x), x), self.momentum)
            self.count(x)
            return self.normalise(x, mean, var)

    return BatchNorm2d


@mistake(claim="no-graph", repair=GRAPH)
class buffers_with_graph:
    """Your running statistics keep the graph of the batch that moved them.

    They are made of x, so they carry its graph along: memory grows from batch to batch, the model
    can't be copied, and a backward pass in eval mode ends in a graph that is gone. Update them
    inside `with torch.no_grad():`.
    """

    BatchNorm2d = _keeping("running_mean", "running_var")


@mistake(claim="no-graph", repair=GRAPH)
class variance_with_graph:
    """Your running variance keeps the graph of the batch that moved it; the mean is right.

    So the model can't be copied, and a backward pass in eval mode ends in a graph that is gone.
    Update both inside `with torch.no_grad():`.
    """

    BatchNorm2d = _keeping("running_var")


@mistake(claim="no-graph", repair=GRAPH)
class mean_with_graph:
    """Your running mean keeps the graph of the batch that moved it; the variance is right.

    So the model can't be copied, and a backward pass in eval mode ends in a graph that is gone.
    Update both inside `with torch.no_grad():`.
    """

    BatchNorm2d = _keeping("running_mean")


@mistake(claim="no-graph", repair=GRAPH)
class batch_kept_on_self:
    """Your layer keeps something of the last batch on `self`, with its graph.

    `self.mean = mean` is enough: the graph stays in memory, and the model can't be copied. Use a
    local variable, or keep `mean.detach()`.
    """

    class BatchNorm2d(Steps):
        def statistics(self, x):
            self.mean, self.var = super().statistics(x)
            return self.mean, self.var
