"""Move 4, reuse: a network that has learned one task gives its features to another.

The backbone, everything up to the last linear layer, is frozen; a new head on top of it is all
that learns. Source: Yosinski, Clune, Bengio and Lipson, "How transferable are features in deep
neural networks?" (arXiv:1411.1792), and PyTorch's documentation of ``Tensor.requires_grad`` and
of ``torch.nn.Module.eval``.
"""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference.mlp import Linear


def prepare_for_feature_extraction(model: nn.Module, n_classes: int) -> nn.Module:
    """Freeze the backbone and put a new, trainable head in place of the last linear layer.

    Afterwards the only parameters that require gradients are the new head's weight
    (n_classes, features) and bias (n_classes,). All others keep their values, as the buffers
    do. The new head has the initial values of ``Linear``, and the device and dtype of the layer
    that it replaces. Here the model comes back in eval mode, so that nothing moves its buffers.

    Args:
        model: a network that ends in a linear layer, changed in place.
        n_classes: number of classes of the new task.

    Returns:
        ``model``, which now maps images to (batch, n_classes) logits.

    Raises:
        ValueError: the model has no linear layer to replace.
    """
    # A linear layer is told by its two-dimensional weight, whoever wrote its class.
    linear_names = [
        name
        for name, module in model.named_modules()
        if name and getattr(getattr(module, "weight", None), "ndim", None) == 2
    ]
    if not linear_names:
        raise ValueError("the model has no linear layer that a new head could replace")
    parent_name, _, head_name = linear_names[-1].rpartition(".")
    old_head = model.get_submodule(linear_names[-1])

    # Freeze before the head is replaced: what is new requires gradients by itself.
    model.requires_grad_(False)
    weight = old_head.get_parameter("weight")  # (old classes, features)
    new_head = Linear(weight.shape[1], n_classes).to(weight)
    setattr(model.get_submodule(parent_name), head_name, new_head)
    return model.eval()


def head_optimizer(model: nn.Module, lr: float) -> torch.optim.Optimizer:
    """Return an Adam optimizer that holds the head's parameters and no others.

    Args:
        model: as ``prepare_for_feature_extraction`` leaves it, so that the head alone requires
            gradients.
        lr: learning rate.
    """
    head = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return torch.optim.Adam(head, lr=lr)


def train_head(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    optimizer: torch.optim.Optimizer,
) -> list[float]:
    """Take one optimizer step for each batch, in one pass, with the backbone in eval mode.

    Nothing in the backbone changes, the running statistics of its batch norms included: those
    are no parameters, they move whenever a batch norm runs in train mode, frozen or not. Here
    the whole model is put into eval mode, and left there.

    Args:
        model: as ``prepare_for_feature_extraction`` leaves it.
        batches: pairs of images (batch, channels, height, width) and labels (batch,), the
            labels int64 class numbers.
        optimizer: holds the head's parameters, as ``head_optimizer`` makes it.

    Returns:
        One loss a batch, in order, each ``F.cross_entropy`` of the logits before the step, in
        nats, as Python floats.
    """
    model.eval()  # the head is linear, and computes the same in both modes
    losses = []
    for images, labels in batches:
        logits = model(images)  # (batch, n_classes); the graph starts at the head
        loss = F.cross_entropy(logits, labels)  # ()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
