"""Wrong answers to checkpoint ``mlp``: ``SimpleMLP``, and a skeleton of zeros."""

from __future__ import annotations

import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import mlp


@mistake(claim="raw-scores", repair="scaffold#logits-not-probabilities")
class softmax_in_forward:
    """Your output equals a network that ends in softmax.

    `F.cross_entropy` takes the log-softmax by itself. After a softmax of your own it sees
    numbers between 0 and 1 only, its gradients are squeezed, and the network learns slowly.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return super().forward(x).softmax(dim=1)


@mistake(claim="raw-scores", repair="scaffold#logits-not-probabilities")
class log_softmax_in_forward:
    """Your output equals a network that ends in log-softmax.

    `F.cross_entropy` does that once more by itself. The loss stays the same, but what you
    return are no raw scores: they depend on each other.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return super().forward(x).log_softmax(dim=1)


@mistake(claim="raw-scores", repair="scaffold#logits-not-probabilities")
class softmax_over_the_batch:
    """Your output equals a softmax over the batch: columns add up to 1.

    Scores need no softmax: leave it out. And dimension 0 holds the images, not the classes, so
    with yours an image's scores depend on its neighbours.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return super().forward(x).softmax(dim=0)


@mistake(claim="raw-scores", repair="scaffold#logits-not-probabilities")
class sigmoid_in_forward:
    """Your output equals a network that ends in a sigmoid.

    Ten separate probabilities are no scores for one choice of ten. Return what the last layer
    gives.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return super().forward(x).sigmoid()


@mistake(claim="raw-scores", repair="scaffold#why-a-relu-between")
class relu_after_logits:
    """Your output equals a network with a ReLU after its last layer.

    The scores lose their negative half, and a class whose score is cut to zero gets no
    gradient. The ReLU stands between the layers only.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return F.relu(super().forward(x))


@mistake(claim="raw-scores", repair="scaffold#one-linear-layer")
class layer_sizes_swapped:
    """Your first layer is built as `Linear(100, 784)`: the two sizes are swapped.

    It is `Linear(in_features, out_features)`: what comes in first. Only the weight inside is
    stored the other way round.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def __init__(self):
            super().__init__()
            self.linear1, self.linear2 = mlp.Linear(100, 784), mlp.Linear(10, 100)


@mistake(claim="raw-scores", repair="scaffold#why-a-relu-between")
class first_layer_lost:
    """Your second layer gets the 784 pixels, not the 100 numbers of the first layer.

    Either what the first layer gives is not kept, or the second is called first. Write
    `x = F.relu(self.linear1(x))`, and hand that x to the second layer.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            x = x.flatten(1)
            F.relu(self.linear1(x))
            return self.linear2(x)


@mistake(claim="raw-scores", repair="scaffold#a-parameter-is-registered-by-its-module")
class network_not_begun:
    """Your `SimpleMLP` sets a layer before `super().__init__()` has run.

    That call makes the list in which a module registers its layers. It comes first, in
    `SimpleMLP` as in `Linear`.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def __init__(self):
            self.linear1 = mlp.Linear(784, 100)
            self.linear2 = mlp.Linear(100, 10)


@mistake(claim="raw-scores", repair="scaffold#flatten-keeps-the-batch-apart")
class batch_size_fixed:
    """Your network works for one batch size only.

    The last batch of a pass is often smaller. Flatten from dimension 1 on, `x.flatten(1)`, and
    the size of the batch never appears in your code.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            x = x.reshape(64, 28 * 28)
            return self.linear2(F.relu(self.linear1(x)))


@mistake(claim="raw-scores", repair="scaffold#flatten-keeps-the-batch-apart")
class flattened_whole:
    """Your network flattens the batch too, so it works for a single image only.

    `x.flatten()` makes one long row of all images. `x.flatten(1)` begins at dimension 1 and
    keeps one row for each image.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            x = self.linear2(F.relu(self.linear1(x.flatten())))
            return x[None]


@mistake(claim="same-outputs", repair="scaffold#flatten-keeps-the-batch-apart")
class flatten_mixes_images:
    """Your flatten mixes the images: each row holds pixels of several of them.

    `reshape(784, -1).T` has the right shape and the wrong order. The batch is dimension 0 and
    has to stay there: `x.flatten(1)`.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            x = x.reshape(28 * 28, -1).T
            return self.linear2(F.relu(self.linear1(x)))


@mistake(claim="same-outputs", repair="scaffold#flatten-keeps-the-batch-apart")
class pixels_by_column:
    """Your flatten goes down the columns of an image, not along its rows.

    The network can learn that way, but weights of another network expect row after row, as
    `x.flatten(1)` gives.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return super().forward(x.transpose(2, 3))


@mistake(claim="same-outputs", repair="scaffold#why-a-relu-between")
class no_relu:
    """Your output equals a network without ReLU between its layers.

    Two linear layers in a row are one linear layer: 100 hidden units that add nothing.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return self.linear2(self.linear1(x.flatten(1)))


@mistake(claim="same-outputs", repair="scaffold#why-a-relu-between")
class relu_on_the_image:
    """Your ReLU acts on the image, before the first layer.

    Pixels are not negative anyway, so it does nothing. It belongs after the first layer.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return self.linear2(self.linear1(F.relu(x.flatten(1))))


@mistake(claim="same-outputs", repair="scaffold#why-a-relu-between")
class sigmoid_between:
    """Your output equals a network with a sigmoid in place of the ReLU.

    It is flat at both ends, where gradients fade. The contract asks for ReLU.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return self.linear2(self.linear1(x.flatten(1)).sigmoid())


@mistake(claim="same-outputs", repair="scaffold#a-parameter-is-registered-by-its-module")
class layers_in_a_list:
    """Your layers are kept in a plain Python list, so their parameters are not registered.

    A module looks into its attributes, not into lists. Use `nn.ModuleList`, `nn.Sequential`, or
    an attribute for each layer.
    """

    class SimpleMLP(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [mlp.Linear(784, 100), mlp.Linear(100, 10)]

        def forward(self, x):
            for layer in self.layers:
                layer.to(x.dtype)
            return self.layers[1](F.relu(self.layers[0](x.flatten(1))))


@mistake(claim="same-outputs", repair="scaffold#one-linear-layer")
class network_without_bias:
    """Your network's layers have no bias.

    Both are to have one. Leave `bias=False` out: a bias is the default.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def __init__(self):
            super().__init__()
            self.linear1 = mlp.Linear(784, 100, bias=False)
            self.linear2 = mlp.Linear(100, 10, bias=False)


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class zeros_everywhere:
    """Your functions answer with zeros of the right shape.

    The shapes are right, so the skeleton stands. Now fill in what is computed.
    """

    class Linear(mlp.Linear):
        def forward(self, x):
            return x.new_zeros(*x.shape[:-1], self.weight.shape[0])

    class SimpleMLP(mlp.SimpleMLP):
        def forward(self, x):
            return x.new_zeros(len(x), 10)

    def train(model, batches, optimizer):
        return [0.0 for _ in batches]

    def accuracy(model, batches):
        return 0.0
