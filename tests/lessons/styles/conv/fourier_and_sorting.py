"""Convolution by the Fourier transform, max pool by sorting, a size by brute force."""
import torch
from torch import nn
from torch.fft import rfft2, irfft2


def conv_output_size(size, kernel_size, stride=1, padding=0):
    start = torch.arange(-padding, size + padding)
    fits = start + kernel_size <= size + padding
    return int(fits[::stride].sum()) or -1


class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0):
        super().__init__()
        self.hyper = {"s": stride, "p": padding, "k": kernel_size}
        n = in_channels * kernel_size * kernel_size
        self.weight = nn.Parameter(
            torch.distributions.Uniform(-(n**-0.5), n**-0.5).rsample(
                (out_channels, in_channels, kernel_size, kernel_size)
            )
        )

    def forward(self, x):
        s, p, k = self.hyper["s"], self.hyper["p"], self.hyper["k"]
        x = nn.functional.pad(x, (p, p, p, p))
        h, w = x.shape[-2:]
        spectrum = torch.einsum("nihw,oihw->nohw", rfft2(x), rfft2(self.weight, s=(h, w)).conj())
        full = irfft2(spectrum, s=(h, w))
        return full[:, :, : h - k + 1 : s, : w - k + 1 : s]


class MaxPool2d(nn.Module):
    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.k, self.p = kernel_size, padding
        self.s = {None: kernel_size}.get(stride, stride)

    def forward(self, x):
        x = nn.functional.pad(x, [self.p] * 4, value=-torch.inf)
        patches = x.unfold(-2, self.k, self.s).unfold(-2, self.k, self.s)
        return patches.flatten(-2).sort(dim=-1, descending=True).values[..., 0]


class AveragePool(nn.Module):
    @staticmethod
    def forward(x):
        return x.flatten(2).mean(2)
