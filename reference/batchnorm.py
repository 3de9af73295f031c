"""Move 3, depth: batch normalisation, a layer that behaves differently in train and in eval.

Source: Ioffe and Szegedy, "Batch Normalization" (arXiv:1502.03167), algorithms 1 and 2 and
section 3.2 (one mean and variance a channel), and PyTorch's documentation of
``torch.nn.BatchNorm2d`` (names, momentum, and which variance is used where).
"""

import torch
from torch import Tensor, nn


class BatchNorm2d(nn.Module):
    """Give each channel mean 0 and variance 1, then a scale and a shift that are learned.

    It behaves as ``torch.nn.BatchNorm2d`` does, for input of shape (batch, channels, height,
    width) and with the same state, in this order:

    Parameters:
        weight: (num_features,), the scale, ones at the start
        bias: (num_features,), the shift, zeros at the start

    Buffers, which are saved and moved with the module but not trained:
        running_mean: (num_features,), zeros at the start
        running_var: (num_features,), ones at the start
        num_batches_tracked: (), int64, 0 at the start
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, num_features: int, eps: float = 1e-05, momentum: float = 0.1) -> None:
        """Create the parameters and buffers.

        Args:
            num_features: number of channels.
            eps: added to the variance, under the root, so that a constant channel is no
                division by zero.
            momentum: the share that each new batch has in the running statistics, 0 to 1.
        """
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise each channel: (x - mean) / sqrt(var + eps) * weight + bias.

        In train mode, mean and variance are those of this batch, for each channel over all
        images and places; the variance is the biased one (divided by n), and gradients flow
        through both. Each call also moves the running statistics towards the batch's,

            running = (1 - momentum) * running + momentum * batch's

        where running_var takes the unbiased variance (divided by n - 1), and counts the batch in
        num_batches_tracked. The buffers keep no graph.

        In eval mode, mean and variance are the running ones, so that an image's result does not
        depend on the images beside it, and nothing is changed.

        Args:
            x: (batch, num_features, height, width).

        Returns:
            The same shape.

        Raises:
            ValueError: in train mode, when a channel has one value only (n = 1): such a batch
                has no unbiased variance.
        """
        if self.training:
            n = x.numel() // x.shape[1]  # values a channel
            if n == 1:
                raise ValueError("training needs more than one value a channel")
            mean = x.mean(dim=(0, 2, 3))  # (channels,)
            var = x.var(dim=(0, 2, 3), unbiased=False)  # (channels,)
            # Without no_grad the buffers would hold on to the graph of every batch so far.
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var * n / (n - 1), self.momentum)
                self.num_batches_tracked += 1
        else:
            mean, var = self.running_mean, self.running_var  # (channels,)
        scale = self.weight / torch.sqrt(var + self.eps)  # (channels,)
        # One value a channel, the same for every image and place: (1, channels, 1, 1).
        mean, scale, shift = (t[None, :, None, None] for t in (mean, scale, self.bias))
        return (x - mean) * scale + shift  # (batch, channels, height, width)
