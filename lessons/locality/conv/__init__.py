"""Checkpoint ``conv``: the size of a map, a convolution, max pooling, average pooling."""

from lessons.declare import Checkpoint, Claim, Tier

CHECKPOINT = Checkpoint(
    id="conv",
    title="Convolution and pooling",
    task="""\
Write a function and three classes in `conv.py`. The docstrings there hold the contract.

- `conv_output_size(size, kernel_size, stride=1, padding=0)`: at how many places the whole
  window fits, an `int`. Where it fits nowhere, raise `ValueError`.
- `Conv2d(in_channels, out_channels, kernel_size, stride=1, padding=0)`: convolve with
  `F.conv2d`, without bias. `weight` (out, in, k, k) is an `nn.Parameter`, uniform in
  +-1/sqrt(in_channels * k * k), where k is `kernel_size`.
- `MaxPool2d(kernel_size, stride=None, padding=0)`: the strongest value in each window.
- `AveragePool()`: (batch, channels, height, width) -> (batch, channels).

Build `Conv2d` yourself, on `nn.Module`: `nn.Conv2d` is what yours is compared with.
""",
    defines=("conv_output_size", "Conv2d", "MaxPool2d", "AveragePool"),
    claims=(
        Claim(
            id="output-size",
            sentence="The output size counts the places where the whole window fits.",
            tier=Tier.T1,
            signature="an int, right for 400 sizes, kernels, strides and paddings; none too small",
        ),
        Claim(
            id="parameters",
            sentence="Conv2d registers its weight under its name, and no bias.",
            tier=Tier.T3,
            signature="weight (out, in, k, k), an nn.Parameter, and nothing else",
        ),
        Claim(
            id="initial-values",
            sentence="Initial values are uniform within +-1/sqrt(in_channels * k * k).",
            tier=Tier.T1,
            signature="values spread evenly between the bounds, none outside",
            needs=("parameters",),
        ),
        Claim(
            id="conv-values",
            sentence="Conv2d agrees for every stride, padding and shape of image.",
            tier=Tier.T1,
            signature="maps and gradients agree with the reference, images not square",
            needs=("parameters",),
        ),
        Claim(
            id="shifted-map",
            sentence="A shifted digit gives a shifted map.",
            tier=Tier.T2,
            signature="move a digit: your own layer's map moves as far, divided by the stride",
            needs=("parameters",),
        ),
        Claim(
            id="max-pool-values",
            sentence="MaxPool2d keeps the strongest value of each window.",
            tier=Tier.T1,
            signature="maps and gradients agree, windows apart, side by side and overlapping",
        ),
        Claim(
            id="max-pool-stride",
            sentence="Without a stride, the windows stand side by side.",
            tier=Tier.T1,
            signature="stride left out, or None: the same as stride=kernel_size",
            needs=("max-pool-values",),
        ),
        Claim(
            id="max-pool-padding",
            sentence="What lies outside the image never wins.",
            tier=Tier.T2,
            signature="lower every pixel by 10,000: each maximum falls by 10,000",
            needs=("max-pool-values",),
        ),
        Claim(
            id="average-pool",
            sentence="AveragePool gives one value a channel and never mixes images.",
            tier=Tier.T2,
            signature="(batch, channels); another image changes its own row only; a move none",
        ),
    ),
    hints=(
        "Begin with `conv_output_size`. Padding adds pixels at both ends. Lay the window at the "
        "very start: how far can it still move? Count the steps that fit, and the place where it "
        "started.",
        "Steps are counted with `//`, which rounds down. For `Conv2d`, one output sees "
        "`in_channels * kernel_size**2` inputs. The bound is one divided by the root of that.",
        "`forward` of `Conv2d` is one call of `F.conv2d`. Its third argument is a bias, so hand "
        "it `stride` and `padding` by name.",
        "`F.max_pool2d` pads with minus infinity by itself. Decide about the stride in "
        "`__init__`: `kernel_size if stride is None else stride`. An average takes the mean "
        "over height and width, dimensions 2 and 3.",
        """\
The size and the layers in code:

```python
def conv_output_size(size, kernel_size, stride=1, padding=0):
    last_start = size + 2 * padding - kernel_size
    if last_start < 0:
        raise ValueError("the window does not fit")
    return last_start // stride + 1


# in Conv2d.__init__, after super().__init__()
self.stride = stride
self.padding = padding
bound = (in_channels * kernel_size**2) ** -0.5
shape = (out_channels, in_channels, kernel_size, kernel_size)
self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))

# in Conv2d.forward
return F.conv2d(
    x, self.weight, stride=self.stride, padding=self.padding
)

# in MaxPool2d.forward
return F.max_pool2d(
    x, self.kernel_size, stride=self.stride, padding=self.padding
)


class AveragePool(nn.Module):
    def forward(self, x):
        return x.mean(dim=(2, 3))
```
""",
    ),
    seconds=20.0,
)
