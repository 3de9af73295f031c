import torch
import torch.nn.functional as F


def views(x):
    rows, columns = x.shape
    down, right = x.stride()
    offset = x.storage_offset()
    return {
        "column": x.as_strided((rows,), (down,), offset + right),
        "transposed": x.as_strided((columns, rows), (right, down)),
        "diagonal": x.as_strided((min(rows, columns),), (down + right,)),
        "every other": x.as_strided(((columns + 1) // 2,), (2 * right,)),
        "repeated": x.as_strided((3, columns), (0, right)),
        "pairs": x.as_strided((rows, columns - 1, 2), (down, right, right)),
        "patches": x.as_strided((rows - 1, columns - 1, 2, 2), (down, right, down, right)),
    }


def trace(mat):
    return mat.as_strided((mat.shape[0],), (sum(mat.stride()),)).sum()


def mv(mat, vec):
    return (mat * vec.as_strided(mat.shape, (0, vec.stride(0)))).sum(1)


def mm(left, right):
    size = (left.shape[0], right.shape[1], left.shape[1])
    a = left.as_strided(size, (left.stride(0), 0, left.stride(1)))
    b = right.as_strided(size, (0, right.stride(1), right.stride(0)))
    return (a * b).sum(2)


def conv1d(x, weights, stride=1, padding=0):
    x = F.pad(x, (padding, padding))
    kernel = weights.shape[2]
    sb, sc, sw = x.stride()
    places = (x.shape[2] - kernel) // stride + 1
    windows = x.as_strided((x.shape[0], x.shape[1], places, kernel), (sb, sc, sw * stride, sw))
    return torch.einsum("bcwk,ock->bow", windows, weights)


def windows_of(x, kernel, stride):
    b, c, h, w = x.shape
    sb, sc, sh, sw = x.stride()
    places = ((h - kernel[0]) // stride[0] + 1, (w - kernel[1]) // stride[1] + 1)
    return x.as_strided(
        (b, c, *places, *kernel), (sb, sc, sh * stride[0], sw * stride[1], sh, sw)
    )


def pair(n):
    return (n, n) if isinstance(n, int) else n


def conv2d(x, weights, stride=1, padding=0):
    p = pair(padding)
    x = F.pad(x, (p[1], p[1], p[0], p[0]))
    return torch.einsum("bchwij,ocij->bohw", windows_of(x, weights.shape[2:], pair(stride)), weights)


def maxpool2d(x, kernel_size, stride=None, padding=0):
    k, p = pair(kernel_size), pair(padding)
    lowest = float("-inf") if x.is_floating_point() else torch.iinfo(x.dtype).min
    x = F.pad(x, (p[1], p[1], p[0], p[0]), value=lowest)
    return windows_of(x, k, k if stride is None else pair(stride)).amax((4, 5))
