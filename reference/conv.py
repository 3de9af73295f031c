"""Move 2, locality: the size of a map, convolution, and the two kinds of pooling.

A convolution looks through a small window and uses the same weights at every place, so a shifted
image gives a shifted map. Pooling over space then lets the answer stay where it was.

Images and maps are (batch, channels, height, width). Source: Dumoulin and Visin, "A guide to
convolution arithmetic for deep learning" (arXiv:1603.07285), and PyTorch's documentation of
``torch.nn.Conv2d`` and ``torch.nn.MaxPool2d``.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> int:
    """Return the height (or width) of the map that a convolution or a max pool makes.

    It is the number of places at which the whole window fits into the padded input. A step that
    would take the window past the edge is not made, so rows at the far end may go unused.

    Args:
        size: height (or width) of the input, in pixels.
        kernel_size: side of the window, in pixels, at least 1.
        stride: pixels from one place to the next, at least 1.
        padding: pixels added at each of the two ends, at least 0.

    Raises:
        ValueError: the window is larger than the padded input, so that it fits nowhere.

    Source: Dumoulin and Visin, section 2.4, relationship 6.
    """
    last_start = size + 2 * padding - kernel_size  # the window starts at 0 ... last_start
    if last_start < 0:
        raise ValueError(
            f"a window of {kernel_size} does not fit into {size} pixels with padding {padding}"
        )
    return last_start // stride + 1


class Conv2d(nn.Module):
    """A convolution with square windows and no bias, as ``torch.nn.Conv2d(..., bias=False)``.

    Parameter of the module:
        weight: (out_channels, in_channels, kernel_size, kernel_size), an ``nn.Parameter``

    Its initial values are drawn uniformly between -1/sqrt(n) and +1/sqrt(n), where n is the
    number of input values that one output value sees: in_channels * kernel_size^2.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
    ) -> None:
        """Create the weight and remember stride and padding, both in pixels."""
        super().__init__()
        self.stride = stride
        self.padding = padding
        bound = (in_channels * kernel_size**2) ** -0.5
        weight = torch.empty(out_channels, in_channels, kernel_size, kernel_size)
        self.weight = nn.Parameter(weight.uniform_(-bound, bound))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve with ``F.conv2d``, zeros standing for what lies outside the image.

        Args:
            x: (batch, in_channels, height, width); height and width may differ.

        Returns:
            (batch, out_channels, out_height, out_width), sizes as in ``conv_output_size``.
        """
        return F.conv2d(x, self.weight, stride=self.stride, padding=self.padding)


class MaxPool2d(nn.Module):
    """The strongest value in each window of each channel, as ``torch.nn.MaxPool2d``."""

    def __init__(self, kernel_size: int, stride: int | None = None, padding: int = 0) -> None:
        """Remember the window.

        Args:
            kernel_size: side of the window, in pixels.
            stride: pixels from one window to the next. None stands for ``kernel_size``: windows
                side by side.
            padding: pixels added at each side, at most half of ``kernel_size``.
        """
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding

    def forward(self, x: Tensor) -> Tensor:
        """Keep the strongest value in each window.

        What lies outside the image counts as minus infinity and never wins, not even where all
        values are negative.

        Args:
            x: (batch, channels, height, width).

        Returns:
            (batch, channels, out_height, out_width), sizes as in ``conv_output_size``.
        """
        return F.max_pool2d(x, self.kernel_size, stride=self.stride, padding=self.padding)


class AveragePool(nn.Module):
    """The mean of each channel of each image: one number says how much, and no longer where."""

    def forward(self, x: Tensor) -> Tensor:
        """Average over all places: (batch, channels, height, width) -> (batch, channels)."""
        return x.mean(dim=(2, 3))
