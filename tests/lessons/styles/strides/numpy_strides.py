"""numpy's as_strided where torch and numpy share their memory; torch's for what numpy can't hold."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.lib.stride_tricks import as_strided


def seen(x, size, strides):
    """A view by numpy, whose strides are counted in bytes."""
    array = x.detach().numpy()
    return as_strided(array, size, [s * array.itemsize for s in strides])


def trace(mat):
    total = seen(mat, (len(mat),), (sum(mat.stride()),)).sum()
    return torch.tensor(total, dtype=mat.dtype)


def mv(mat, vec):
    return torch.from_numpy((mat.numpy() * seen(vec, mat.shape, (0, vec.stride(0)))).sum(1))


def mm(left, right):
    size = (left.shape[0], right.shape[1], left.shape[1])
    a = seen(left, size, (left.stride(0), 0, left.stride(1)))
    b = seen(right, size, (0, right.stride(1), right.stride(0)))
    return torch.from_numpy(np.sum(a * b, axis=2))


def _pair(n):
    return tuple(np.broadcast_to(n, 2).tolist())


def _windows(x, kernel, stride):
    sb, sc, sh, sw = x.stride()
    h = (x.shape[2] - kernel[0]) // stride[0] + 1
    w = (x.shape[3] - kernel[1]) // stride[1] + 1
    return x.as_strided(
        (*x.shape[:2], h, w, *kernel), (sb, sc, sh * stride[0], sw * stride[1], sh, sw)
    )


def conv2d(x, weights, stride=1, padding=0):
    p = _pair(padding)
    padded = F.pad(x, (p[1], p[1], p[0], p[0]))
    windows = _windows(padded, weights.shape[2:], _pair(stride))
    n, c, h, w, i, j = windows.shape
    columns = windows.permute(0, 2, 3, 1, 4, 5).reshape(n * h * w, c * i * j)
    answer = columns @ weights.reshape(len(weights), -1).T
    return answer.reshape(n, h, w, -1).permute(0, 3, 1, 2)


def conv1d(x, weights, stride=1, padding=0):
    image = conv2d(F.pad(x, (padding, padding))[:, :, None], weights[:, :, None], (1, stride))
    return image.reshape(x.shape[0], weights.shape[0], -1)


def maxpool2d(x, kernel_size, stride=None, padding=0):
    kernel, p = _pair(kernel_size), _pair(padding)
    low = -np.inf if x.is_floating_point() else torch.iinfo(x.dtype).min
    padded = F.pad(x, (p[1], p[1], p[0], p[0]), value=low)
    return _windows(padded, kernel, kernel if stride is None else _pair(stride)).amax((-1, -2))


def views(x):
    rows, columns = x.shape
    d, r = x.stride()
    sizes = {
        "column": ((rows,), (d,), r),
        "transposed": ((columns, rows), (r, d), 0),
        "diagonal": ((min(rows, columns),), (d + r,), 0),
        "every other": ((columns // 2 + columns % 2,), (2 * r,), 0),
        "repeated": ((3, columns), (0, r), 0),
        "pairs": ((rows, columns - 1, 2), (d, r, r), 0),
        "patches": ((rows - 1, columns - 1, 2, 2), (d, r, d, r), 0),
    }
    return {
        name: torch.as_strided(x, size, strides, x.storage_offset() + start)
        for name, (size, strides, start) in sizes.items()
    }
