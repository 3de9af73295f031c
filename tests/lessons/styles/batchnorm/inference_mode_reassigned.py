"""Channels moved to the end and back, so that nothing is reshaped; buffers made in inference mode."""

import torch as t
from torch import nn


class BatchNorm2d(nn.Module):
    def __init__(self, num_features: int, eps: float = 1e-05, momentum: float = 0.1):
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(t.ones(num_features))
        self.bias = nn.Parameter(t.zeros(num_features))
        self.register_buffer("running_mean", t.zeros(num_features))
        self.register_buffer("running_var", t.ones(num_features))
        self.register_buffer("num_batches_tracked", t.tensor(0))

    def forward(self, x: t.Tensor) -> t.Tensor:
        x = x.permute(0, 2, 3, 1)
        if self.training:
            mean = x.mean(dim=(0, 1, 2))
            var = x.var(dim=(0, 1, 2), correction=0)
            with t.inference_mode():
                m = self.momentum
                self.running_mean = (1 - m) * self.running_mean + m * mean
                self.running_var = (1 - m) * self.running_var + m * x.var(dim=(0, 1, 2), correction=1)
                self.num_batches_tracked = self.num_batches_tracked + 1
        else:
            mean = self.running_mean
            var = self.running_var
        y = self.weight * (x - mean) / t.sqrt(var + self.eps) + self.bias
        return y.permute(0, 3, 1, 2)
