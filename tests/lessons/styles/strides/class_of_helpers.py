"""A small class that makes windows along any dimension, one after the other; an alias of as_strided."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

see = torch.as_strided


@dataclass
class Slide:
    dim: int
    kernel: int
    step: int = 1

    def __call__(self, x: Tensor) -> Tensor:
        """A new last dimension that walks inside the window."""
        size, strides = list(x.shape), list(x.stride())
        size[self.dim] = (size[self.dim] - self.kernel) // self.step + 1
        inner = strides[self.dim]
        strides[self.dim] *= self.step
        return see(x, (*size, self.kernel), (*strides, inner), x.storage_offset())


def pairs(*numbers):
    return [n if isinstance(n, tuple) else (n, n) for n in numbers]


def along(x: Tensor, *slides: Slide) -> Tensor:
    for slide in slides:
        x = slide(x)
    return x


def conv1d(x: Tensor, weights: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    seen = along(F.pad(x, (padding, padding)), Slide(2, weights.size(2), stride))
    return torch.einsum("b c w k, o c k -> b o w".replace(" ", ""), seen, weights)


def conv2d(x: Tensor, weights: Tensor, stride=1, padding=0) -> Tensor:
    (sh, sw), (ph, pw) = pairs(stride, padding)
    seen = along(
        F.pad(x, [pw, pw, ph, ph]), Slide(2, weights.size(2), sh), Slide(3, weights.size(3), sw)
    )
    return torch.einsum("bchwij,ocij->bohw", seen, weights)


def maxpool2d(x: Tensor, kernel_size, stride=None, padding=0) -> Tensor:
    if stride is None:
        stride = kernel_size
    (kh, kw), (sh, sw), (ph, pw) = pairs(kernel_size, stride, padding)
    if ph or pw:
        info = torch.finfo if x.dtype.is_floating_point else torch.iinfo
        lowest = -torch.inf if info is torch.finfo else info(x.dtype).min
        x = F.pad(x, [pw, pw, ph, ph], value=lowest)
    return along(x, Slide(2, kh, sh), Slide(3, kw, sw)).flatten(4).amax(4)


def trace(mat: Tensor) -> Tensor:
    diagonal = see(mat, mat.shape[:1], (mat.stride(0) + mat.stride(1),))
    return torch.add(torch.zeros_like(diagonal[0]), diagonal.sum())


def mv(mat: Tensor, vec: Tensor) -> Tensor:
    return mm(mat, see(vec, (len(vec), 1), (vec.stride(0), 1)))[:, 0]


def mm(left: Tensor, right: Tensor) -> Tensor:
    (m, k), n = left.shape, right.shape[1]
    a = see(left, (n, m, k), (0, *left.stride()))
    b = see(right, (n, m, k), (right.stride(1), 0, right.stride(0)))
    return (a * b).sum(-1).t()


def views(x: Tensor) -> dict[str, Tensor]:
    down, right = x.stride()
    along_row = Slide(1, 2)(x)
    return {
        "column": see(x, (x.size(0),), (down,), x.storage_offset() + right),
        "transposed": see(x, (x.size(1), x.size(0)), (right, down)),
        "diagonal": see(x, (min(x.size(0), x.size(1)),), (down + right,)),
        "every other": see(x, (len(range(0, x.size(1), 2)),), (2 * right,)),
        "repeated": see(x, (3, x.size(1)), (0, right)),
        "pairs": along_row,
        "patches": along(x, Slide(0, 2), Slide(1, 2)),
    }
