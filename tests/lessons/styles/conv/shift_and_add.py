"""Slices that are shifted, multiplied and added up in place; pool by running maximum."""

import torch
from torch import nn


def conv_output_size(size, kernel_size, stride=1, padding=0):
    # count the places, one by one
    places, start = 0, -padding
    while start + kernel_size <= size + padding:
        places += 1
        start += stride
    return places  # 0 where it fits nowhere


class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        self.k, self.s, self.p = kernel_size, stride, padding
        n = in_channels * kernel_size * kernel_size
        w = torch.rand(out_channels, in_channels, kernel_size, kernel_size)
        w -= 0.5
        w *= 2
        w /= n**0.5
        self.weight = nn.Parameter(w)

    def forward(self, x):
        b, c, h, w = x.shape
        oh = conv_output_size(h, self.k, self.s, self.p)
        ow = conv_output_size(w, self.k, self.s, self.p)
        padded = x.new_zeros(b, c, h + 2 * self.p, w + 2 * self.p)
        padded[:, :, self.p : self.p + h, self.p : self.p + w] += x
        out = x.new_zeros(b, self.weight.shape[0], oh, ow)
        for i in range(self.k):
            for j in range(self.k):
                rows = slice(i, i + self.s * (oh - 1) + 1, self.s)
                cols = slice(j, j + self.s * (ow - 1) + 1, self.s)
                patch = padded[:, :, rows, cols].permute(0, 2, 3, 1)
                out += (patch @ self.weight[:, :, i, j].T).permute(0, 3, 1, 2)
        return out


class MaxPool2d(nn.Module):
    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        if stride is None:
            stride = kernel_size
        self.args = kernel_size, stride, padding

    def forward(self, x):
        k, s, p = self.args
        b, c, h, w = x.shape
        padded = torch.full((b, c, h + 2 * p, w + 2 * p), -1e30, dtype=x.dtype)
        padded[:, :, p : p + h, p : p + w] = x
        oh, ow = conv_output_size(h, k, s, p), conv_output_size(w, k, s, p)
        best = None
        for i in range(k):
            for j in range(k):
                here = padded[:, :, i : i + s * (oh - 1) + 1 : s, j : j + s * (ow - 1) + 1 : s]
                best = here if best is None else torch.maximum(best, here)
        return best


class AveragePool(nn.Module):
    def forward(self, x):
        return x.sum(-1).sum(-1).div_(x.shape[2] * x.shape[3])
