"""Everything made contiguous first; then the strides can be counted by hand."""

import torch
import torch.nn.functional as F


def trace(mat):
    mat = mat.contiguous()
    n = mat.shape[0]
    return torch.sum(mat.as_strided(size=(n,), stride=(n + 1,), storage_offset=0))


def mv(mat, vec):
    mat, vec = mat.clone(memory_format=torch.contiguous_format), vec.contiguous()
    rows, columns = mat.shape
    return (mat.as_strided((rows, columns), (columns, 1)) * vec.as_strided((rows, columns), (0, 1))).sum(-1)


def mm(left, right):
    left, right = left.contiguous(), right.contiguous()
    rows, inner = left.shape
    columns = right.shape[1]
    a = left.as_strided((rows, columns, inner), (inner, 0, 1))
    b = right.as_strided((rows, columns, inner), (0, 1, columns))
    return torch.sum(a * b, dim=-1)


def conv1d(x, weights, stride=1, padding=0):
    x = F.pad(x, (padding,) * 2, "constant", 0).contiguous()
    b, c, w = x.shape
    o, _, k = weights.shape
    n = (w - k) // stride + 1
    windows = x.as_strided((b, n, c, k), (c * w, stride, w, 1), 0)
    return torch.tensordot(windows, weights, dims=([2, 3], [1, 2])).transpose(1, 2)


def conv2d(x, weights, stride=1, padding=0):
    if not isinstance(stride, tuple):
        stride = (stride, stride)
    if not isinstance(padding, tuple):
        padding = (padding, padding)
    x = F.pad(x, (padding[1], padding[1], padding[0], padding[0])).contiguous()
    b, c, h, w = x.shape
    o, _, kh, kw = weights.shape
    nh, nw = (h - kh) // stride[0] + 1, (w - kw) // stride[1] + 1
    windows = x.as_strided(
        (b, 1, nh, nw, c, kh, kw), (c * h * w, 0, w * stride[0], stride[1], h * w, w, 1), 0
    )
    kernels = weights.reshape(1, o, 1, 1, c, kh, kw)
    return (windows * kernels).sum(dim=(4, 5, 6)).to(x.dtype)


def maxpool2d(x, kernel_size, stride=None, padding=0):
    kernel = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    stride = kernel if stride is None else stride
    stride = stride if isinstance(stride, tuple) else (stride, stride)
    padding = padding if isinstance(padding, tuple) else (padding, padding)
    if x.is_floating_point():
        outside = torch.tensor(float("-inf"), dtype=x.dtype)
    else:
        outside = torch.tensor(torch.iinfo(x.dtype).min, dtype=x.dtype)
    b, c, h, w = x.shape
    H, W = h + 2 * padding[0], w + 2 * padding[1]
    framed = outside.repeat(b, c, H, W)
    framed[..., padding[0] : padding[0] + h, padding[1] : padding[1] + w] = x
    nh, nw = (H - kernel[0]) // stride[0] + 1, (W - kernel[1]) // stride[1] + 1
    windows = framed.as_strided(
        (b, c, nh, nw, *kernel), (c * H * W, H * W, W * stride[0], stride[1], W, 1)
    )
    return windows.amax(-1).amax(-1)


def views(x):
    m, n = x.shape
    s, r = x.stride()
    o = x.storage_offset()
    return {
        "column": x.as_strided((m,), (s,), o + r),
        "transposed": x.as_strided((n, m), (r, s), o),
        "diagonal": x.as_strided((n if n < m else m,), (r + s,), o),
        "every other": x.as_strided((n - n // 2,), (r + r,), o),
        "repeated": x.as_strided((3, n), (0, r), o),
        "pairs": x.as_strided((m, n - 1, 2), (s, r, r), o),
        "patches": x.as_strided((m - 1, n - 1, 2, 2), (s, r, s, r), o),
    }
