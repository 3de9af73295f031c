"""Known wrong answers to checkpoint ``mlp``, as code. Runs in the judge."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from lessons.mistakes import mistake
from reference import mlp

# --- Linear: what it registers ---------------------------------------------------------------


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

    Batch norm, later on, brings a shift of its own, and the layer before it is built without.
    Then `bias` has to be None, and `parameters()` must not list it.
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


# --- Linear: initial values ------------------------------------------------------------------


def _linear(weight_values, bias_values=None):
    """A Linear with other initial values, each made by ``f(shape, in, out)``."""

    class Linear(mlp.Linear):
        def __init__(self, in_features, out_features, bias=True):
            super().__init__(in_features, out_features, bias)
            sizes = (in_features, out_features)
            if weight_values is not None:
                shape = (out_features, in_features)
                self.weight = nn.Parameter(weight_values(shape, *sizes))
            if bias and bias_values is not None:
                self.bias = nn.Parameter(bias_values((out_features,), *sizes))

    return Linear


def _uniform(bound):
    """Values spread evenly within +-bound(in, out)."""

    def make(shape, n_in, n_out):
        return (2 * torch.rand(shape) - 1) * bound(n_in, n_out)

    return make


def _both(values):
    return _linear(values, values)


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class not_scaled:
    """Your initial values fill -1 to 1, whatever the number of inputs.

    The sum over in_features products then grows with the width of the layer. Multiply by
    1/sqrt(in_features).
    """

    Linear = _both(_uniform(lambda n_in, n_out: 1.0))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class scaled_by_in:
    """Your initial values are scaled by 1/in_features; the root is missing.

    That makes them too small: a sum of n random products grows with sqrt(n) only, so 1/sqrt(n)
    already keeps it in size. With 1/n the signal fades from layer to layer.
    """

    Linear = _both(_uniform(lambda n_in, n_out: 1 / n_in))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class multiplied_by_root:
    """Your initial values are multiplied by sqrt(in_features) instead of divided by it.

    They grow with the number of inputs when they should shrink.
    """

    Linear = _both(_uniform(lambda n_in, n_out: n_in**0.5))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class only_positive:
    """Your initial values are never negative.

    `torch.rand` gives 0 to 1. Every unit of a layer then computes nearly the same: the mean of
    its inputs. Shift and stretch it first: `2 * torch.rand(...) - 1`.
    """

    Linear = _both(lambda shape, n_in, n_out: torch.rand(shape) * n_in**-0.5)


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class all_zero:
    """Your initial values are all zero.

    Then all units of a layer compute the same, get the same gradient and stay the same: the
    network can't tell them apart. Random values break the tie.
    """

    Linear = _both(lambda shape, n_in, n_out: torch.zeros(shape))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class uninitialised:
    """Your values are never set: `torch.empty` only reserves memory.

    What lies there by chance may be zero, huge, or nan. Fill it, for example with
    `.uniform_(-bound, bound)`.
    """

    Linear = _both(lambda shape, n_in, n_out: torch.empty(shape))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class normal_values:
    """Your initial values are normal, not uniform: `randn` instead of `rand`.

    The size is about right, but some values lie far outside +-1/sqrt(in_features).
    """

    Linear = _both(lambda shape, n_in, n_out: torch.randn(shape) * n_in**-0.5)


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class standard_normal:
    """Your initial values are standard normal numbers, `torch.randn`, without any scale.

    They should be uniform, and shrink with the number of inputs: within +-1/sqrt(in_features).
    """

    Linear = _both(lambda shape, n_in, n_out: torch.randn(shape))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class fan_out:
    """Your initial values are scaled by the number of outputs, not of inputs.

    What has to stay in size is a sum over the inputs: the bound is 1/sqrt(in_features).
    """

    Linear = _both(_uniform(lambda n_in, n_out: n_out**-0.5))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class half_the_width:
    """Your initial values fill half of the range: `rand - 0.5` is 1 wide, the range is 2 wide.

    Use `2 * torch.rand(...) - 1` and multiply that by the bound.
    """

    Linear = _both(_uniform(lambda n_in, n_out: 0.5 * n_in**-0.5))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class shifted_after_scaling:
    """Your values are `rand * bound * 2 - 1`: the shift by 1 comes after the scaling.

    They all lie just above -1. Shift first and scale then: `(rand * 2 - 1) * bound`.
    """

    Linear = _both(lambda shape, n_in, n_out: torch.rand(shape) * n_in**-0.5 * 2 - 1)


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class only_the_shift_scaled:
    """Your values are `2 * rand - 1 * bound`: only the 1 is multiplied by the bound.

    Multiplication binds before subtraction. With brackets: `(2 * rand - 1) * bound`.
    """

    Linear = _both(lambda shape, n_in, n_out: 2 * torch.rand(shape) - 1 * n_in**-0.5)


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class kaiming_default:
    """Your weight has the range of `kaiming_uniform_` with its default gain: sqrt(6/in_features).

    That is 2.4 times too wide. PyTorch's `nn.Linear` calls it with `a=math.sqrt(5)`, which
    comes out as 1/sqrt(in_features).
    """

    Linear = _linear(_uniform(lambda n_in, n_out: (6 / n_in) ** 0.5))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class xavier:
    """Your weight has Xavier's range, sqrt(6/(in_features + out_features)).

    That is a good rule too, but not this one: the bound asked for is 1/sqrt(in_features).
    """

    Linear = _linear(_uniform(lambda n_in, n_out: (6 / (n_in + n_out)) ** 0.5))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class bias_zero:
    """Your bias begins at zero; the weight is right.

    It would learn all the same. But the contract is PyTorch's: the bias is uniform within
    +-1/sqrt(in_features), as the weight is.
    """

    Linear = _linear(None, lambda shape, n_in, n_out: torch.zeros(shape))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class bias_one:
    """Your bias begins at one; the weight is right.

    Every unit starts with the same push. It should be uniform within +-1/sqrt(in_features).
    """

    Linear = _linear(None, lambda shape, n_in, n_out: torch.ones(shape))


@mistake(claim="initial-values", repair="scaffold#small-and-random-at-the-start")
class bias_by_out:
    """Your bias is scaled by its own length, out_features; the weight is right.

    The bound of both is 1/sqrt(in_features).
    """

    Linear = _linear(None, _uniform(lambda n_in, n_out: n_out**-0.5))


# --- Linear: its values ----------------------------------------------------------------------


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class bias_never_added:
    """Your output equals x W^T: the bias is declared and never added.

    It costs nothing and helps nothing: no gradient ever reaches it.
    """

    class Linear(mlp.Linear):
        def forward(self, x):
            return x @ self.weight.T


@mistake(claim="linear-values", repair="scaffold#one-linear-layer")
class bias_subtracted:
    """Your output equals x W^T - b: the bias is subtracted.

    It would learn the opposite sign, but values copied from another network come out wrong.
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


# --- SimpleMLP -------------------------------------------------------------------------------


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

    Two things at once: scores need no softmax, and dimension 0 holds the images, not the
    classes, so each image's scores depend on its neighbours.
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

    The contract builds both with one, and the reference's weights bring values for them.
    """

    class SimpleMLP(mlp.SimpleMLP):
        def __init__(self):
            super().__init__()
            self.linear1 = mlp.Linear(784, 100, bias=False)
            self.linear2 = mlp.Linear(100, 10, bias=False)


# --- train -----------------------------------------------------------------------------------


@mistake(claim="training-step", repair="scaffold#one-training-step")
class gradients_not_zeroed:
    """Your gradients add up from step to step: they are never set to zero.

    `backward` adds to what is in `.grad` already. The first step is right, the second uses the
    gradients of two batches, and so on. Call `optimizer.zero_grad()` once a step.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class step_before_backward:
    """Your `optimizer.step()` comes before `loss.backward()`.

    The optimizer moves along the gradients that are there, and there are none yet. First
    `backward`, then `step`.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            optimizer.step()
            loss.backward()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class stale_gradients:
    """Your `optimizer.step()` uses the gradients of the batch before.

    It comes before this batch's `backward`, and nothing was zeroed in between. So the first step
    does nothing and every later one is a batch late.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.step()
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class step_never:
    """Your parameters never change: `optimizer.step()` is missing.

    `backward` only computes the gradients. It is the optimizer's step that uses them.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class zeroed_before_the_step:
    """Your gradients are set to zero between `backward` and `step`.

    So the step has nothing to go by. Zero them before `backward`, or after the step.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.zero_grad(set_to_none=False)
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#what-cross-entropy-uses")
class loss_on_probabilities:
    """Your loss is the cross-entropy of probabilities: softmax is taken twice.

    `F.cross_entropy` begins with a log-softmax. Hand it the logits as they are.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images).softmax(dim=1), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#what-cross-entropy-uses")
class loss_summed:
    """Your loss is the sum over the batch, not the mean.

    Then a larger batch takes larger steps. `F.cross_entropy` takes the mean by default.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels, reduction="sum")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#what-cross-entropy-uses")
class squared_error:
    """Your loss is the squared error against one-hot labels, not cross-entropy.

    It pulls every logit towards 0 or 1, right or wrong. Use `F.cross_entropy(logits, labels)`.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            logits = model(images)
            target = F.one_hot(labels, logits.shape[1]).to(logits.dtype)
            loss = F.mse_loss(logits, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class loss_with_graph:
    """Your losses are tensors that still hang on their graph.

    Each keeps the whole forward run of its step in memory. `loss.item()` gives the bare number.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss)
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class loss_after_the_step:
    """Your losses are measured after the step, not before it.

    That costs a second forward run each time, and the list says how well the batch is known
    once it has been learned.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(F.cross_entropy(model(images), labels).item())
        return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class only_the_first_batch:
    """Your `train` stops after the first batch: `return` stands inside the loop.

    Move it one level to the left, so that it comes after the loop.
    """

    def train(model, batches, optimizer):
        losses = []
        for images, labels in batches:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            return losses


@mistake(claim="training-step", repair="scaffold#one-training-step")
class nothing_returned:
    """Your `train` trains, but it returns nothing.

    Collect one loss a step, `losses.append(loss.item())`, and end with `return losses`.
    """

    def train(model, batches, optimizer):
        mlp.train(model, batches, optimizer)


# --- accuracy --------------------------------------------------------------------------------


def _count(model, batches):
    right = [int((model(images).argmax(1) == labels).sum()) for images, labels in batches]
    return right, [len(labels) for _, labels in batches]


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class accuracy_with_gradients:
    """Your measurement runs with gradients on.

    Each batch builds a graph that nobody uses: more memory, more time. Put it under
    `with torch.no_grad():`.
    """

    def accuracy(model, batches):
        was = model.training
        model.eval()
        right, sizes = _count(model, batches)
        model.train(was)
        return sum(right) / sum(sizes)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class left_in_eval:
    """Your measurement leaves the model in eval mode.

    Who measures between two passes would train on in eval mode without knowing it. Note
    `model.training` before and set it again after.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        model.eval()
        right, sizes = _count(model, batches)
        return sum(right) / sum(sizes)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class left_in_train:
    """Your measurement leaves the model in train mode, even if it came in eval mode.

    A call to `model.train()` at the end does that. Put back the mode that was there before:
    `model.train(was_training)`.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        model.eval()
        right, sizes = _count(model, batches)
        model.train()
        return sum(right) / sum(sizes)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class mean_of_batch_means:
    """Your accuracy is the mean of the batches' accuracies.

    In a small last batch each image then counts for more than in a full one. Count what is
    right and what there is, and divide at the end.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.eval()
        right, sizes = _count(model, batches)
        model.train(was)
        return sum(r / n for r, n in zip(right, sizes, strict=True)) / len(sizes)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class only_the_last_batch:
    """Your accuracy is that of the last batch alone.

    The counts are set anew for each batch. Begin with zero before the loop and add.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.eval()
        right, sizes = _count(model, batches)
        model.train(was)
        return right[-1] / sizes[-1]


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class percent:
    """Your accuracy is in percent.

    A fraction is asked for, from 0 to 1. Leave the factor of 100 to whoever prints it.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.eval()
        right, sizes = _count(model, batches)
        model.train(was)
        return 100 * sum(right) / sum(sizes)


@mistake(claim="accuracy", repair="scaffold#measuring-accuracy")
class count_not_fraction:
    """Your accuracy is the number of right answers, not their share.

    Divide by the number of images.
    """

    @torch.no_grad()
    def accuracy(model, batches):
        was = model.training
        model.eval()
        right, _ = _count(model, batches)
        model.train(was)
        return sum(right)


# --- all of it -------------------------------------------------------------------------------


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
