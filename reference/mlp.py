"""Move 1, scaffold: a linear layer, a small network of two of them, and the loop that trains it.

Data flows from top to bottom: one layer, the network, a pass of training, a measurement.

Source of the numbers: PyTorch's documentation of ``torch.nn.Linear`` (the layer and its initial
values) and of ``torch.nn.functional.cross_entropy`` (the loss, which takes raw scores).
"""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Linear(nn.Module):
    """A fully connected layer: y = x W^T + b, as ``torch.nn.Linear`` computes it.

    Parameters of the module:
        weight: (out_features, in_features)
        bias: (out_features,), or None when the layer is built with ``bias=False``

    Each is an ``nn.Parameter``, and its initial values are drawn uniformly between
    -1/sqrt(in_features) and +1/sqrt(in_features).
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        """Create the layer's parameters with their initial values."""
        super().__init__()
        # With more inputs in the sum each weight has to be smaller, or the output grows with
        # the width of the layer.
        bound = in_features**-0.5
        weight = torch.empty(out_features, in_features).uniform_(-bound, bound)
        self.weight = nn.Parameter(weight)
        self.bias = None
        if bias:
            self.bias = nn.Parameter(torch.empty(out_features).uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer to the last dimension of ``x``.

        Args:
            x: (*, in_features), with any number of leading dimensions, none included.

        Returns:
            (*, out_features), with the same leading dimensions.
        """
        x = x @ self.weight.T  # (*, out_features)
        return x if self.bias is None else x + self.bias  # (*, out_features)


class SimpleMLP(nn.Module):
    """A network for 28x28 digits: flatten, 784 -> 100, ReLU, 100 -> 10.

    It is built from this file's ``Linear``, both times with a bias.
    """

    def __init__(self) -> None:
        """Create the two linear layers."""
        super().__init__()
        self.linear1 = Linear(28 * 28, 100)
        self.linear2 = Linear(100, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Score each image for each of the ten digits.

        Args:
            x: (batch, 1, 28, 28), for a batch of any size.

        Returns:
            (batch, 10): logits. They are raw scores, of any sign and size, not probabilities:
            ``F.cross_entropy`` takes the log-softmax itself.
        """
        x = x.flatten(start_dim=1)  # (batch, 784): one row an image, the batch stays apart
        x = F.relu(self.linear1(x))  # (batch, 100)
        return self.linear2(x)  # (batch, 10)


def train(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    optimizer: torch.optim.Optimizer,
) -> list[float]:
    """Take one optimizer step for each batch, in one pass.

    The loss of a step is ``F.cross_entropy`` of the model's logits against the labels, averaged
    over the batch. Each step uses the gradient of its own batch alone. The model's mode (train
    or eval) is left as the caller set it.

    Args:
        model: maps images to logits, (batch, ...) -> (batch, classes).
        batches: pairs of images (batch, ...) and labels (batch,), the labels int64 class numbers.
        optimizer: holds the parameters to be trained.

    Returns:
        One loss a batch, in order, each as it was before its step, in nats: Python floats, which
        keep no graph alive.
    """
    losses = []
    for images, labels in batches:
        logits = model(images)  # (batch, classes)
        loss = F.cross_entropy(logits, labels)  # ()
        optimizer.zero_grad()  # backward adds to .grad, and the last step's gradient is there
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def accuracy(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Return the fraction of images whose highest logit is that of their label.

    Every image counts the same, so batches of unequal size are no matter. The model runs in eval
    mode and no graph is built. Afterwards the model's mode is what it was before, even if an
    error ends the measurement.

    Args:
        model: maps images to logits, (batch, ...) -> (batch, classes).
        batches: pairs of images (batch, ...) and labels (batch,), with at least one image in all.

    Returns:
        A Python float from 0.0 to 1.0.
    """
    # Module by module: a frozen part may be in eval mode while the rest is in train mode.
    modes = [(module, module.training) for module in model.modules()]
    right = total = 0
    model.eval()
    try:
        with torch.no_grad():
            for images, labels in batches:
                predicted = model(images).argmax(dim=-1)  # (batch,)
                right += int((predicted == labels).sum())
                total += len(labels)
    finally:
        for module, training in modes:
            module.training = training
    return right / total
