"""Channels first, rows of values; var = mean(x^2) - mean^2; sums counted by hand."""

import torch
from torch import nn


def per_channel(x):
    """(batch, channels, height, width) -> (channels, all values of that channel)"""
    return x.transpose(0, 1).reshape(x.size(1), -1)


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-05, momentum=0.1):
        super(BatchNorm2d, self).__init__()
        self.C = num_features
        self.epsilon = eps
        self.alpha = momentum
        self.weight = nn.Parameter(torch.empty(num_features))
        self.bias = nn.Parameter(torch.empty(num_features))
        self.register_buffer("running_mean", torch.empty(num_features))
        self.register_buffer("running_var", torch.empty(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(7))
        self.reset_parameters()

    def reset_parameters(self):
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)
        self.running_mean.zero_()
        self.running_var.fill_(1)
        self.num_batches_tracked.zero_()

    def forward(self, x):
        rows = per_channel(x)
        if self.training:
            n = rows.size(1)
            m = rows.sum(1) / n
            v = (rows**2).sum(1) / n - m**2
            with torch.no_grad():
                self.running_mean += self.alpha * (m - self.running_mean)
                self.running_var += self.alpha * (v * n / (n - 1) - self.running_var)
                self.num_batches_tracked += 1
        else:
            m, v = self.running_mean, self.running_var
        rows = (rows - m[:, None]) * (v[:, None] + self.epsilon) ** -0.5
        rows = rows * self.weight[:, None] + self.bias[:, None]
        n, c, h, w = x.shape
        return rows.reshape(c, n, h, w).transpose(0, 1)
