"""Rows are images of height 1; padding by hand; windows flattened and multiplied as matrices."""

import torch
from torch import Tensor


def _two(n) -> tuple:
    return tuple(n) if hasattr(n, "__len__") else (n, n)


def _padded(x: Tensor, rows: int, columns: int, value) -> Tensor:
    if rows == columns == 0:
        return x
    b, c, h, w = x.size()
    out = x.new_full((b, c, h + 2 * rows, w + 2 * columns), value)
    out[:, :, rows : rows + h, columns : columns + w] = x
    return out


def _flat_windows(x: Tensor, kernel, step) -> Tensor:
    """(batch, places down, places right, channels, kernel height, kernel width)"""
    down = 1 + (x.size(2) - kernel[0]) // step[0]
    right = 1 + (x.size(3) - kernel[1]) // step[1]
    s = x.stride()
    return torch.as_strided(
        x,
        [x.size(0), down, right, x.size(1), kernel[0], kernel[1]],
        [s[0], s[2] * step[0], s[3] * step[1], s[1], s[2], s[3]],
    )


def conv2d(x, weights, stride=1, padding=0):
    rows, columns = _two(padding)
    windows = _flat_windows(_padded(x, rows, columns, 0), weights.shape[2:], _two(stride))
    answer = windows.flatten(3) @ weights.flatten(1).T  # (batch, down, right, out)
    return answer.permute(0, 3, 1, 2)


def conv1d(x, weights, stride=1, padding=0):
    return conv2d(x.unsqueeze(2), weights.unsqueeze(2), (1, stride), (0, padding)).squeeze(2)


def maxpool2d(x, kernel_size, stride=None, padding=0):
    kernel = _two(kernel_size)
    step = _two(kernel_size if stride is None else stride)
    rows, columns = _two(padding)
    low = torch.finfo(x.dtype).min if x.dtype.is_floating_point else torch.iinfo(x.dtype).min
    if x.dtype.is_floating_point:
        low = -float("inf")
    windows = _flat_windows(_padded(x, rows, columns, low), kernel, step)
    return windows.flatten(4).max(dim=-1).values.movedim(3, 1)


def trace(mat):
    n = len(mat)
    return torch.as_strided(mat, [n], [mat.stride(0) + mat.stride(1)]).sum(dim=0)


def mv(mat, vec):
    again = torch.as_strided(vec, mat.shape, [0, *vec.stride()])
    return torch.mul(again, mat).sum(dim=-1)


def mm(left, right):
    size = [left.size(0), left.size(1), right.size(1)]
    a = torch.as_strided(left, size, [left.stride(0), left.stride(1), 0])
    b = torch.as_strided(right, size, [0, right.stride(0), right.stride(1)])
    return torch.mul(a, b).sum(dim=1)


def views(x):
    (m, n), (s, r) = x.shape, x.stride()
    see = torch.as_strided
    return dict(
        column=see(x, [m], [s], x.storage_offset() + r),
        transposed=see(x, [n, m], [r, s]),
        diagonal=see(x, [min(m, n)], [s + r]),
        repeated=see(x, [3, n], [0, r]),
        pairs=see(x, [m, n - 1, 2], [s, r, r]),
        patches=see(x, [m - 1, n - 1, 2, 2], [s, r, s, r]),
        **{"every other": see(x, [-(-n // 2)], [2 * r])},
    )
