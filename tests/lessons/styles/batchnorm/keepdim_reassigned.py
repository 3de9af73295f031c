"""keepdim statistics, buffers assigned anew each time, detach instead of no_grad."""

import torch
import torch.nn as nn


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-05, momentum=0.1):
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum

        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))

        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        if self.training:
            mean = torch.mean(x, dim=(0, 2, 3), keepdim=True)
            var = torch.var(x, dim=(0, 2, 3), keepdim=True, unbiased=False)
            unbiased = torch.var(x, dim=(0, 2, 3))

            self.running_mean = (
                1 - self.momentum
            ) * self.running_mean + self.momentum * mean.detach().squeeze((0, 2, 3))
            self.running_var = (1 - self.momentum) * self.running_var + self.momentum * unbiased.detach()
            self.num_batches_tracked = self.num_batches_tracked + 1
        else:
            mean = self.running_mean.reshape(1, -1, 1, 1)
            var = self.running_var.reshape(1, -1, 1, 1)

        x_norm = (x - mean) / torch.sqrt(var + self.eps)
        return x_norm * self.weight.reshape(1, -1, 1, 1) + self.bias.reshape(1, -1, 1, 1)
