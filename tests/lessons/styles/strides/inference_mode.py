"""Under inference mode, where torch's operations are not taken apart; windows as one long list."""

import torch
import torch.nn.functional as F

quiet = torch.inference_mode()


@quiet
def trace(mat):
    return mat.as_strided([len(mat)], [mat.stride(0) + mat.stride(1)]).sum()


@quiet
def mv(mat, vec):
    return mat.mul(vec.as_strided(mat.size(), [0, vec.stride(0)])).sum(1)


@quiet
def mm(left, right):
    # one row of the answer after the other
    rows = [
        (right * left.as_strided(right.size(), [left.stride(1), 0], left.storage_offset() + i * left.stride(0))).sum(0)
        for i in range(len(left))
    ]
    return torch.stack(rows)


@quiet
def conv1d(x, weights, stride=1, padding=0):
    x = F.pad(x, [padding, padding])
    places = range(0, x.size(2) - weights.size(2) + 1, stride)
    windows = x.as_strided(
        [x.size(0), len(places), x.size(1), weights.size(2)],
        [x.stride(0), x.stride(2) * stride, x.stride(1), x.stride(2)],
    )
    return F.linear(windows.flatten(2), weights.flatten(1)).mT


@quiet
def conv2d(x, weights, stride=1, padding=0):
    s = [stride] * 2 if type(stride) is int else stride
    p = [padding] * 2 if type(padding) is int else padding
    x = F.pad(x, [p[1]] * 2 + [p[0]] * 2)
    k = weights.shape[2:]
    down = range(0, x.size(2) - k[0] + 1, s[0])
    right = range(0, x.size(3) - k[1] + 1, s[1])
    a, b, c, d = x.stride()
    windows = x.as_strided(
        [len(x), len(down), len(right), x.size(1), *k], [a, c * s[0], d * s[1], b, c, d]
    )
    return F.linear(windows.flatten(3), weights.flatten(1)).permute(0, 3, 1, 2)


@quiet
def maxpool2d(x, kernel_size, stride=None, padding=0):
    k = [kernel_size] * 2 if type(kernel_size) is int else kernel_size
    s = k if stride is None else ([stride] * 2 if type(stride) is int else stride)
    p = [padding] * 2 if type(padding) is int else padding
    low = -torch.inf if x.is_floating_point() else torch.iinfo(x.dtype).min
    x = F.pad(x, [p[1]] * 2 + [p[0]] * 2, value=low)
    down = range(0, x.size(2) - k[0] + 1, s[0])
    right = range(0, x.size(3) - k[1] + 1, s[1])
    a, b, c, d = x.stride()
    windows = x.as_strided(
        [len(x), x.size(1), len(down), len(right), *k], [a, b, c * s[0], d * s[1], c, d]
    )
    return torch.max(windows.flatten(4), 4)[0]


def views(x):
    m, n = x.shape
    d, r = x.stride()

    def view(size, strides, start=0):
        return x.as_strided(size, strides, x.storage_offset() + start)

    return {
        "column": view([m], [d], r),
        "transposed": view([n, m], [r, d]),
        "diagonal": view([min(m, n)], [d + r]),
        "every other": view([(n + 1) // 2], [2 * r]),
        "repeated": view([3, n], [0, r]),
        "pairs": view([m, n - 1, 2], [d, r, r]),
        "patches": view([m - 1, n - 1, 2, 2], [d, r, d, r]),
    }
