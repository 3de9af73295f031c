"""One view for each window, in loops; answers filled in place."""

import math

import torch


@torch.no_grad()
def trace(mat):
    total = torch.zeros((), dtype=mat.dtype)
    for number in mat.as_strided((mat.shape[0],), (mat.stride()[0] + mat.stride()[1],)):
        total += number
    return total


@torch.no_grad()
def mv(mat, vec):
    out = mat.new_zeros(mat.shape[0])
    for i in range(mat.shape[0]):
        row = mat.as_strided(
            (mat.shape[1],), (mat.stride(1),), mat.storage_offset() + i * mat.stride(0)
        )
        out[i] = (row * vec).sum()
    return out


@torch.no_grad()
def mm(left, right):
    columns = [
        mv(left, right.as_strided((right.shape[0],), (right.stride(0),), right.storage_offset() + j * right.stride(1)))
        for j in range(right.shape[1])
    ]
    return torch.stack(columns, dim=1)


def both(n):
    if isinstance(n, int):
        return [n, n]
    return list(n)


def framed(x, p, value):
    out = torch.empty(
        x.shape[0], x.shape[1], x.shape[2] + 2 * p[0], x.shape[3] + 2 * p[1], dtype=x.dtype
    ).fill_(value)
    out[:, :, p[0] : x.shape[2] + p[0], p[1] : x.shape[3] + p[1]].copy_(x)
    return out


def places(x, k, s):
    for i in range(math.floor((x.shape[2] - k[0]) / s[0]) + 1):
        for j in range(math.floor((x.shape[3] - k[1]) / s[1]) + 1):
            start = x.storage_offset() + i * s[0] * x.stride(2) + j * s[1] * x.stride(3)
            size = (x.shape[0], x.shape[1], k[0], k[1])
            yield i, j, x.as_strided(size, x.stride(), start)


@torch.no_grad()
def conv2d(x, weights, stride=1, padding=0):
    k, s, p = list(weights.shape[2:]), both(stride), both(padding)
    x = framed(x, p, 0)
    out = x.new_empty(
        x.shape[0], weights.shape[0], (x.shape[2] - k[0]) // s[0] + 1, (x.shape[3] - k[1]) // s[1] + 1
    )
    for i, j, window in places(x, k, s):
        for o in range(weights.shape[0]):
            out[:, o, i, j] = (window * weights[o]).sum(dim=(1, 2, 3))
    return out


@torch.no_grad()
def conv1d(x, weights, stride=1, padding=0):
    return conv2d(x[:, :, None, :], weights[:, :, None, :], (1, stride), (0, padding))[:, :, 0]


@torch.no_grad()
def maxpool2d(x, kernel_size, stride=None, padding=0):
    k, p = both(kernel_size), both(padding)
    s = k if stride is None else both(stride)
    x = framed(x, p, -math.inf if x.is_floating_point() else torch.iinfo(x.dtype).min)
    out = x.new_empty(
        x.shape[0], x.shape[1], (x.shape[2] - k[0]) // s[0] + 1, (x.shape[3] - k[1]) // s[1] + 1
    )
    for i, j, window in places(x, k, s):
        out[:, :, i, j] = window.amax((2, 3))
    return out


def views(x):
    d, r = x.stride()
    rows, columns = x.shape
    answer = {}
    answer["patches"] = x.as_strided((rows - 1, columns - 1, 2, 2), (d, r, d, r))
    answer["pairs"] = x.as_strided((rows, columns - 1, 2), (d, r, r))
    answer["repeated"] = x[0].as_strided((3, columns), (0, r))
    answer["every other"] = x[0].as_strided((math.ceil(columns / 2),), (2 * r,))
    answer["diagonal"] = x.as_strided((min(x.shape),), (d + r,))
    answer["transposed"] = x.as_strided(x.shape[::-1], x.stride()[::-1])
    answer["column"] = x[:, 1].as_strided((rows,), (d,))
    return answer
