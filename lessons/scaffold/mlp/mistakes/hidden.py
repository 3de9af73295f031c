"""Wrong answers to checkpoint ``mlp``: the layers of ``SimpleMLP`` and what lies between."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import mlp


def _between(function):
    """A SimpleMLP with another function in place of the ReLU."""

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return self.linear2(function(self.linear1(x.flatten(1))))

    return SimpleMLP


@mistake(claim="same-outputs", repair="scaffold#why-a-relu-between")
class tanh_between:
    """Your output equals a network with tanh in place of the ReLU.

    It is flat at both ends, where gradients fade. The contract asks for ReLU.
    """

    SimpleMLP = _between(torch.tanh)


@mistake(claim="same-outputs", repair="scaffold#why-a-relu-between")
class gelu_between:
    """Your output equals a network with GELU in place of the ReLU.

    It is a good choice elsewhere. The contract asks for ReLU, and weights that were learned
    with the one don't fit the other.
    """

    SimpleMLP = _between(F.gelu)


@mistake(claim="same-outputs", repair="scaffold#why-a-relu-between")
class leaky_relu_between:
    """Your output equals a network with a leaky ReLU.

    It lets a hundredth of what is negative through. The contract asks for ReLU, which lets
    nothing through.
    """

    SimpleMLP = _between(F.leaky_relu)


@mistake(claim="same-outputs", repair="scaffold#why-a-relu-between")
class relu6_between:
    """Your output equals a network with ReLU6 in place of the ReLU.

    ReLU6 lets nothing above 6 through. The contract asks for ReLU, which has no upper end.
    """

    SimpleMLP = _between(F.relu6)


@mistake(claim="same-outputs", repair="scaffold#why-a-relu-between")
class dropout_between:
    """Your network is random in train mode, as with dropout, and steady in eval mode.

    Dropout is a good guard elsewhere. The contract has none: flatten, 784 -> 100, ReLU,
    100 -> 10.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            x = F.relu(self.linear1(x.flatten(1)))
            return self.linear2(F.dropout(x, 0.2, self.training))


@mistake(claim="same-outputs", repair="scaffold#why-a-relu-between")
class dropout_in_eval_mode_too:
    """Your network is random in both modes, as with `F.dropout(x)`.

    `F.dropout` does not know the network's mode, and drops numbers in eval mode as well. The
    contract has no dropout: flatten, 784 -> 100, ReLU, 100 -> 10.
    """

    SimpleMLP = _between(lambda x: F.dropout(F.relu(x), 0.2))


@mistake(claim="same-outputs", repair="scaffold#a-parameter-is-registered-by-its-module")
class layers_made_in_forward:
    """Your `forward` makes new layers each time, so their weights are new each time.

    What is learned has to stay: build the layers once, in `__init__`, and use them in `forward`.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            fresh = mlp.SimpleMLP().to(x.dtype)
            return fresh(x)


@mistake(claim="same-outputs", repair="scaffold#flatten-keeps-the-batch-apart")
class image_normalised:
    """Your network shifts and scales the image, by the mean and the deviation of all digits.

    `(x - 0.1307) / 0.3081` is common where the data are loaded. This network takes pixels from 0
    to 1 as they are.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return super().forward((x - 0.1307) / 0.3081)


@mistake(claim="same-outputs", repair="scaffold#flatten-keeps-the-batch-apart")
class image_divided_by_255:
    """Your network divides the image by 255.

    That is right for pixels from 0 to 255, as in a file of an image. Here they come from 0 to 1.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return super().forward(x / 255)


@mistake(claim="same-outputs", repair="scaffold#one-linear-layer")
class hidden_layer_more:
    """Your network has a third linear layer.

    Two are asked for: 784 -> 100, ReLU, 100 -> 10.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def __init__(self):
            super().__init__()
            self.linear2 = nn.Sequential(mlp.Linear(100, 100), nn.ReLU(), mlp.Linear(100, 10))


@mistake(claim="same-outputs", repair="scaffold#one-linear-layer")
class hidden_layer_missing:
    """Your network has one linear layer only, straight from the pixels to the scores.

    Two are asked for: 784 -> 100, ReLU, 100 -> 10.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def __init__(self):
            super().__init__()
            self.linear1, self.linear2 = mlp.Linear(784, 10), nn.Identity()

        def forward(self, x):
            return self.linear1(x.flatten(1))


@mistake(claim="raw-scores", repair="scaffold#flatten-keeps-the-batch-apart")
class not_flattened:
    """Your network never flattens the image.

    The first layer takes rows of 784 pixels, and an image comes as (1, 28, 28). `x.flatten(1)`
    makes one row of each.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return self.linear2(F.relu(self.linear1(x)))


@mistake(claim="raw-scores", repair="scaffold#flatten-keeps-the-batch-apart")
class flattened_from_dimension_0:
    """Your flatten begins at dimension 0, so a batch becomes one long row.

    A single image works, and comes out without its batch dimension. `nn.Flatten()` and
    `x.flatten(1)` begin at dimension 1.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return self.linear2(F.relu(self.linear1(x.flatten(0))))


@mistake(claim="raw-scores", repair="scaffold#logits-not-probabilities")
class scores_not_returned:
    """The `forward` of your `SimpleMLP` returns nothing.

    A function without `return` gives None. Return what the second layer gives.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            super().forward(x)


@mistake(claim="raw-scores", repair="scaffold#logits-not-probabilities")
class class_number_returned:
    """Your network returns the number of the best class, not ten scores.

    The loss needs all ten. `accuracy` takes the `argmax` when it counts.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return super().forward(x).argmax(1)


@mistake(claim="raw-scores", repair="scaffold#a-parameter-is-registered-by-its-module")
class layers_not_kept:
    """Your `SimpleMLP` looks for a layer that is not there.

    A layer that is assigned without `self.` is gone when `__init__` ends. Or its name is spelled
    in two ways.
    """

    class SimpleMLP(nn.Module):
        def __init__(self):
            super().__init__()
            linear1 = mlp.Linear(784, 100)  # noqa: F841 that is the mistake

        def forward(self, x):
            return self.linear1(x.flatten(1))
