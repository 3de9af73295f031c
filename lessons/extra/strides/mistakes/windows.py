"""Wrong convolutions and pools, as rules for the view and for what is done with it."""

import torch
import torch.nn.functional as F


def _pair(n):
    return (n, n) if isinstance(n, int) else tuple(n)


def conv2d_by(view, pad=None, product="bchwij,ocij->bohw"):
    """A conv2d whose windows are ``view(padded x, kernel, stride)``."""

    def conv2d(x, weights, stride=1, padding=0):
        p = _pair(padding)
        padded = pad(x, p) if pad else F.pad(x, (p[1], p[1], p[0], p[0]))
        seen = view(padded, tuple(weights.shape[2:]), _pair(stride))
        return torch.einsum(product, seen, weights)

    return conv2d


def conv1d_by(view, pad=lambda x, p: F.pad(x, (p, p)), product="bcwk,ock->bow"):
    """A conv1d whose windows are ``view(padded x, kernel, stride)``."""

    def conv1d(x, weights, stride=1, padding=0):
        seen = view(pad(x, padding), weights.shape[2], stride)
        return torch.einsum(product, seen, weights)

    return conv1d


def windows_of_rows(x, kernel, stride, more=0, steps=None, down=None):
    """The right view of rows, with one thing wrong: ``more`` places, other ``steps``."""
    places = (x.shape[2] - kernel) // stride + 1 + more
    batch, channel, along = steps or x.stride()
    size = (x.shape[0], x.shape[1], places, kernel)
    return x.as_strided(size, (batch, channel, along * stride if down is None else down, along))


def windows_of_images(x, kernel, stride, more=0, steps=None, between=None, inside=None):
    """The right view of images, with one thing wrong.

    more: places too many. steps: strides of x. between, inside: from them, the strides from one
    window to the next, and those inside a window.
    """
    batch, channel, down, right = steps or x.stride()
    places = [
        (side - k) // s + 1 + more for side, k, s in zip(x.shape[2:], kernel, stride, strict=True)
    ]
    moving = between(down, right) if between else (down * stride[0], right * stride[1])
    walking = inside(down, right) if inside else (down, right)
    size = (*x.shape[:2], *places, *kernel)
    return x.as_strided(size, (batch, channel, *moving, *walking))


def contiguous_steps(x):
    """The strides that x would have if it were contiguous."""
    steps = [1]
    for size in reversed(x.shape[1:]):
        steps.insert(0, steps[0] * size)
    return tuple(steps)
