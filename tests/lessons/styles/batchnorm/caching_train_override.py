"""Folds scale and shift when it goes to eval (train overridden); any number of dimensions."""
import torch
from torch import nn


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.zeros([], dtype=torch.int64))
        self.mode = "train"

    def train(self, mode=True):
        self.mode = "train" if mode else "eval"
        return super().train(mode)

    def forward(self, x):
        return getattr(self, f"forward_{self.mode}")(x)

    def view(self, v, x):
        return v.view([1, -1] + [1] * (x.ndim - 2))

    def forward_eval(self, x):
        scale = self.weight * torch.rsqrt(self.running_var + self.eps)
        shift = self.bias - self.running_mean * scale
        return x * self.view(scale, x) + self.view(shift, x)

    def forward_train(self, x):
        dims = [d for d in range(x.ndim) if d != 1]
        std, mean = torch.std_mean(x, dims, correction=0)
        n = x.shape.numel() / self.num_features
        with torch.no_grad():
            for old, new in ((self.running_mean, mean), (self.running_var, std**2 * n / (n - 1))):
                old.mul_(1 - self.momentum).add_(new, alpha=self.momentum)
            self.num_batches_tracked += 1
        var = ((x - self.view(mean, x)) ** 2).mean(dims)
        x_hat = (x - self.view(mean, x)) / self.view((var + self.eps).sqrt(), x)
        return x_hat * self.view(self.weight, x) + self.view(self.bias, x)
