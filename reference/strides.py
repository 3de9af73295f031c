"""Appendix: a tensor is a row of numbers in memory and a way to walk through it.

``tensor.stride()`` says how far apart in memory two neighbours lie, for each dimension. Another
size and other strides make another tensor of the same numbers, and nothing is copied. Windows
that slide over an image are such a view: a convolution is one product and one sum over it.

Source: PyTorch's documentation of ``torch.as_strided`` and ``torch.Tensor.stride``.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def views(x: Tensor) -> dict[str, Tensor]:
    """Look at a matrix in seven ways, each one call of ``as_strided``; no number is copied.

    Args:
        x: (rows, columns), with any strides: take them from ``x.stride()``. At least 2 x 3.

    Returns:
        By name, each in the memory of x:

        - "column": (rows,), the second column
        - "transposed": (columns, rows), rows and columns changed over
        - "diagonal": (n,), x[0, 0], x[1, 1], ...; n is the smaller of rows and columns
        - "every other": ((columns + 1) // 2,), every other number of the first row
        - "repeated": (3, columns), the first row three times
        - "pairs": (rows, columns - 1, 2), each number with its right neighbour
        - "patches": (rows - 1, columns - 1, 2, 2), each square of 2 x 2 numbers
    """
    rows, columns = x.shape
    down, right = x.stride()
    return {
        "column": x.as_strided((rows,), (down,), x.storage_offset() + right),
        "transposed": x.as_strided((columns, rows), (right, down)),
        "diagonal": x.as_strided((min(rows, columns),), (down + right,)),
        "every other": x.as_strided(((columns + 1) // 2,), (2 * right,)),
        "repeated": x.as_strided((3, columns), (0, right)),
        "pairs": x.as_strided((rows, columns - 1, 2), (down, right, right)),
        "patches": x.as_strided((rows - 1, columns - 1, 2, 2), (down, right, down, right)),
    }


def trace(mat: Tensor) -> Tensor:
    """Add up the diagonal of a square matrix, seen by ``as_strided``.

    Args:
        mat: (n, n), with any strides.

    Returns:
        The sum of mat[i, i], a tensor of one number, shape ().
    """
    down, right = mat.stride()
    return mat.as_strided((mat.shape[0],), (down + right,)).sum()


def mv(mat: Tensor, vec: Tensor) -> Tensor:
    """Multiply a matrix by a vector: ``as_strided``, ``*`` and ``sum``.

    Args:
        mat: (rows, columns).
        vec: (columns,). Both may have any strides.

    Returns:
        (rows,): for each row the sum of its products with ``vec``.
    """
    repeated = vec.as_strided(mat.shape, (0, vec.stride(0)))  # (rows, columns), vec in each row
    return (mat * repeated).sum(1)


def mm(left: Tensor, right: Tensor) -> Tensor:
    """Multiply two matrices: ``as_strided``, ``*`` and ``sum``.

    Args:
        left: (rows, inner).
        right: (inner, columns). Both may have any strides.

    Returns:
        (rows, columns): the sum over k of left[i, k] * right[k, j].
    """
    rows, inner = left.shape
    columns = right.shape[1]
    down, along = left.stride()
    along_right, across = right.stride()
    a = left.as_strided((rows, columns, inner), (down, 0, along))
    b = right.as_strided((rows, columns, inner), (0, across, along_right))
    return (a * b).sum(2)


def conv1d(x: Tensor, weights: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """Convolve rows of numbers, as ``F.conv1d`` without a bias.

    Args:
        x: (batch, in_channels, width), with any strides and of any number type.
        weights: (out_channels, in_channels, kernel_width).
        stride: steps from one window to the next.
        padding: zeros put before and after each row.

    Returns:
        (batch, out_channels, out_width), in the dtype of x. (Whole numbers may come as int64,
        which is what a sum makes of them.)
    """
    x = F.pad(x, (padding, padding))
    batch, channels, width = x.shape
    kernel = weights.shape[2]
    per_image, per_channel, along = x.stride()
    windows = x.as_strided(
        (batch, channels, (width - kernel) // stride + 1, kernel),
        (per_image, per_channel, along * stride, along),
    )
    return torch.einsum("bcwk,ock->bow", windows, weights)


def conv2d(
    x: Tensor,
    weights: Tensor,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
) -> Tensor:
    """Convolve images, as ``F.conv2d`` without a bias.

    Args:
        x: (batch, in_channels, height, width), with any strides and of any number type.
        weights: (out_channels, in_channels, kernel_height, kernel_width).
        stride: pixels from one window to the next: a number for both directions, or a pair,
            down and to the right.
        padding: zeros around the image: a number, or a pair (above and below, left and right).

    Returns:
        (batch, out_channels, out_height, out_width), in the dtype of x. (Whole numbers may come
        as int64.)
    """
    above, beside = _pair(padding)
    windows = _windows(F.pad(x, (beside, beside, above, above)), weights.shape[2:], _pair(stride))
    return torch.einsum("bchwij,ocij->bohw", windows, weights)


def maxpool2d(
    x: Tensor,
    kernel_size: int | tuple[int, int],
    stride: int | tuple[int, int] | None = None,
    padding: int | tuple[int, int] = 0,
) -> Tensor:
    """Keep the strongest value of each window, as ``F.max_pool2d``.

    Args:
        x: (batch, channels, height, width), with any strides and of any number type.
        kernel_size: a number, or a pair (height, width).
        stride: a number, or a pair. None: windows side by side, the stride is ``kernel_size``.
        padding: a number, or a pair. What lies outside never wins: it is minus infinity, or the
            smallest number that x's type has.

    Returns:
        (batch, channels, out_height, out_width), in the dtype of x.
    """
    kernel = _pair(kernel_size)
    above, beside = _pair(padding)
    lowest = -torch.inf if x.is_floating_point() else torch.iinfo(x.dtype).min
    padded = F.pad(x, (beside, beside, above, above), value=lowest)
    return _windows(padded, kernel, kernel if stride is None else _pair(stride)).amax((4, 5))


def _pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """One number for height and width, or one for each."""
    return (size, size) if isinstance(size, int) else size


def _windows(x: Tensor, kernel: tuple[int, ...], stride: tuple[int, int]) -> Tensor:
    """Every window over (batch, channels, height, width), as a view that costs no memory:
    (batch, channels, out_height, out_width, kernel_height, kernel_width)."""
    batch, channels, height, width = x.shape
    per_image, per_channel, down, right = x.stride()
    return x.as_strided(
        (
            batch,
            channels,
            (height - kernel[0]) // stride[0] + 1,
            (width - kernel[1]) // stride[1] + 1,
            *kernel,
        ),
        (per_image, per_channel, down * stride[0], right * stride[1], down, right),
    )
