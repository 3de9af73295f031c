"""Checkpoint ``batchnorm``: a layer that learns two values a channel and remembers two more."""

from lessons.declare import Checkpoint, Claim, Tier

CHECKPOINT = Checkpoint(
    id="batchnorm",
    title="Batch normalisation",
    task="""\
Write one class in `batchnorm.py`. The docstrings there hold the contract.

- `BatchNorm2d(num_features, eps=1e-05, momentum=0.1)`, for input (batch, channels, height, width).
- Parameters `weight` and `bias`, buffers `running_mean`, `running_var`, `num_batches_tracked`.
- In train mode it normalises each channel by this batch's own mean and variance, and moves the
  running statistics towards them. In eval mode it uses the running ones and changes nothing.

Build it yourself from `nn.Module`: it has to behave as `nn.BatchNorm2d` does, so that is what
yours is compared with.
""",
    defines=("BatchNorm2d",),
    claims=(
        Claim(
            id="state",
            sentence="Parameters and buffers stand under their names, in order.",
            tier=Tier.T3,
            signature="weight, bias | running_mean, running_var, num_batches_tracked",
        ),
        Claim(
            id="initial-values",
            sentence="At the start the layer scales by 1, shifts by 0, and has seen nothing.",
            tier=Tier.T1,
            signature="weight and running_var are 1; bias, running_mean and the counter are 0",
            needs=("state",),
        ),
        Claim(
            id="train-values",
            sentence="In train mode each channel is normalised by this batch's own statistics.",
            tier=Tier.T1,
            signature="(x - mean) / sqrt(var + eps) * weight + bias, with the biased variance",
            needs=("state",),
        ),
        Claim(
            id="running-statistics",
            sentence="Running mean and unbiased running variance follow momentum.",
            tier=Tier.T2,
            signature="running = (1 - momentum) * running + momentum * batch's, batch after batch",
            needs=("state",),
        ),
        Claim(
            id="counter",
            sentence="num_batches_tracked counts the batches of training.",
            tier=Tier.T2,
            signature="one more for each batch, whatever its size",
            needs=("state",),
        ),
        Claim(
            id="eval-values",
            sentence="In eval mode an image's result depends on it and the running statistics.",
            tier=Tier.T2,
            signature="running_mean and running_var are used; batch mates make no difference",
            needs=("state",),
        ),
        Claim(
            id="eval-changes-nothing",
            sentence="A forward run in eval mode changes no parameter and no buffer.",
            tier=Tier.T2,
            signature="all five tensors are the same after two eval batches",
            needs=("state",),
        ),
        Claim(
            id="gradients",
            sentence="Gradients flow through the batch's mean and variance.",
            tier=Tier.T2,
            signature="gradients of input, weight and bias agree, in train and in eval mode",
            needs=("state",),
        ),
        Claim(
            id="no-graph",
            sentence="After a training step the buffers hold no graph.",
            tier=Tier.T2,
            signature="the layer can be copied, and trained and evaluated again",
            needs=("state",),
        ),
    ),
    hints=(
        "Begin with `__init__`. What training changes is an `nn.Parameter`. What the layer only "
        "remembers is a buffer: `self.register_buffer(name, tensor)`. The counter is "
        "`torch.tensor(0)`.",
        "One mean and one variance a channel: take them over the dimensions (0, 2, 3). "
        "`x.var(dim=(0, 2, 3), unbiased=False)` divides by n. To combine them with x they need "
        "the shape (1, channels, 1, 1): `mean[None, :, None, None]`, or `keepdim=True`.",
        "`self.training` tells the mode. In eval mode use `self.running_mean` and "
        "`self.running_var` in place of the batch's. Write the formula for the output once, "
        "after the `if`.",
        "The running variance takes the unbiased variance: var * n / (n - 1), where n is the "
        "number of values a channel. Do the updates inside `with torch.no_grad():`, so that the "
        "buffers keep no graph.",
        """\
The whole of it in code:

```python
class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-05, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        if self.training:
            mean = x.mean(dim=(0, 2, 3))
            var = x.var(dim=(0, 2, 3), unbiased=False)
            n = x.numel() // x.shape[1]
            if n == 1:
                raise ValueError("one value a channel has no unbiased variance")
            m = self.momentum
            with torch.no_grad():
                self.running_mean = (1 - m) * self.running_mean + m * mean
                self.running_var = (1 - m) * self.running_var + m * var * n / (n - 1)
                self.num_batches_tracked += 1
        else:
            mean, var = self.running_mean, self.running_var
        mean, var, weight, bias = (
            t[None, :, None, None] for t in (mean, var, self.weight, self.bias)
        )
        return (x - mean) / torch.sqrt(var + self.eps) * weight + bias
```
""",
    ),
    seconds=20.0,
)
