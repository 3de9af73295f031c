"""What a network gives its linear layer, and what it makes of the scores."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from lessons.reuse.resnet.mistakes.parts import Parts


@mistake(claim="head", repair="reuse#the-head")
class softmax_at_the_end:
    """Your output equals a network that ends in softmax.

    `F.cross_entropy` takes the log-softmax itself, and pretrained weights were learned that way.
    Return the linear layer's scores as they are.
    """

    class ResNet34(Parts):
        def head(self, x):
            return super().head(x).softmax(dim=1)


@mistake(claim="head", repair="reuse#the-head")
class log_softmax_at_the_end:
    """Your output equals a network that ends in log-softmax.

    `F.cross_entropy` takes the log-softmax itself. Return the linear layer's scores as they are.
    """

    class ResNet34(Parts):
        def head(self, x):
            return super().head(x).log_softmax(dim=1)


@mistake(claim="head", repair="reuse#the-head")
class sigmoid_at_the_end:
    """Your output equals a network that ends in a sigmoid.

    It squeezes every score into 0 to 1. Return the linear layer's scores as they are.
    """

    class ResNet34(Parts):
        def head(self, x):
            return super().head(x).sigmoid()


@mistake(claim="head", repair="reuse#the-head")
class relu_at_the_end:
    """Your output equals a network with a ReLU after the linear layer.

    A score below 0 becomes 0 there, and all such classes look alike. Return the linear layer's
    scores as they are.
    """

    class ResNet34(Parts):
        def head(self, x):
            return super().head(x).relu()


@mistake(claim="head", repair="reuse#the-head")
class class_number_returned:
    """Your network returns the number of the best class, not a score for each.

    Loss and accuracy both need all scores. Return the logits, shape (batch, n_classes), and
    leave `argmax` to whoever wants the answer.
    """

    class ResNet34(Parts):
        def head(self, x):
            return super().head(x).argmax(dim=1)


@mistake(claim="head", repair="reuse#the-head")
class return_forgotten:
    """Your `forward` returns nothing.

    Its last line computes the logits and drops them. Put `return` before it.
    """

    class ResNet34(Parts):
        def forward(self, x):
            super().forward(x)


@mistake(claim="head", repair="depth#a-block-adds-to-what-it-was-given")
class block_returns_nothing:
    """A part of your network returns nothing, and the next one is handed None.

    Look at each `forward` that you wrote: a block's last line has to be a `return`, too.
    """

    class ResNet34(Parts):
        def groups(self, x):
            return F.conv2d(None, self.conv1.weight)


@mistake(claim="head", repair="depth#a-group-of-blocks")
class module_list_called:
    """Your `forward` calls an `nn.ModuleList`, which only keeps modules.

    It has no `forward`. Go through it: `for group in self.groups: x = group(x)`. Or keep the
    modules in `nn.Sequential`, which does that when it is called.
    """

    class ResNet34(Parts):
        def groups(self, x):
            return nn.ModuleList(self.get_submodule(name) for name in self.group_names)(x)


@mistake(claim="head", repair="reuse#the-head")
class flattened_without_pool:
    """Your network flattens the last map without averaging it.

    Then an image gives channels x height x width numbers, and the linear layer fits only a map
    of 1x1. Average each channel over its map: (batch, channels, h, w) -> (batch, channels).
    """

    class ResNet34(Parts):
        def head(self, x):
            return self.fc(x.flatten(1))


@mistake(claim="head", repair="reuse#the-head")
class pooled_without_flatten:
    """Your network gives the linear layer (batch, channels, 1, 1) instead of (batch, channels).

    `nn.AdaptiveAvgPool2d(1)` keeps height and width, each of size 1. Add `.flatten(1)`, or
    average with `x.mean(dim=(2, 3))`.
    """

    class ResNet34(Parts):
        def head(self, x):
            return self.fc(F.adaptive_avg_pool2d(x, 1))


@mistake(claim="head", repair="reuse#the-head")
class pool_of_7x7_fixed:
    """Your average pool has a fixed window of 7x7.

    That fits images of 224x224 only, where the last map is 7x7. Average over the whole map,
    whatever its size: `x.mean(dim=(2, 3))` or `nn.AdaptiveAvgPool2d(1)`.
    """

    class ResNet34(Parts):
        def head(self, x):
            return self.fc(F.avg_pool2d(x, 7).flatten(1))


@mistake(claim="head", repair="reuse#the-head")
class squeezed:
    """Your network loses the batch dimension of a batch of one image.

    `squeeze()` drops every dimension of size 1, and with one image that is the batch too. Say
    which: `x.flatten(1)`, or `x.mean(dim=(2, 3))`.
    """

    class ResNet34(Parts):
        def head(self, x):
            return self.fc(F.adaptive_avg_pool2d(x, 1).squeeze())


@mistake(claim="head", repair="reuse#the-head")
class averaged_over_the_batch:
    """Your average pool averages over the images as well.

    Then a batch has a single set of features. Average over height and width only, dimensions 2
    and 3.
    """

    class ResNet34(Parts):
        def head(self, x):
            return self.fc(x.mean(dim=(0, 2, 3)))


@mistake(claim="head", repair="reuse#the-head")
class averaged_over_the_channels:
    """Your average pool averages over the channels.

    The channels are the features. Average over height and width only, dimensions 2 and 3.
    """

    class ResNet34(Parts):
        def head(self, x):
            return self.fc(x.mean(dim=(1, 2)))


@mistake(claim="head", repair="reuse#the-head")
class flattened_from_dimension_0:
    """Your network flattens the whole batch into one row.

    `torch.flatten(x)` begins at dimension 0 and mixes the images. Begin at dimension 1:
    `x.flatten(1)`.
    """

    class ResNet34(Parts):
        def head(self, x):
            return self.fc(F.adaptive_avg_pool2d(x, 1).flatten())


@mistake(claim="head", repair="reuse#the-head")
class max_pool_in_the_head:
    """Your output equals a network that takes each channel's maximum at the end.

    The stem's pool takes the maximum, the head's takes the mean: `x.mean(dim=(2, 3))`.
    """

    class ResNet34(Parts):
        def head(self, x):
            return self.fc(x.amax(dim=(2, 3)))


@mistake(claim="head", repair="reuse#the-head")
class sum_in_the_head:
    """Your output equals a network that sums each channel at the end instead of averaging it.

    A sum grows with the image. The mean does not: `x.mean(dim=(2, 3))`.
    """

    class ResNet34(Parts):
        def head(self, x):
            return self.fc(x.sum(dim=(2, 3)))
