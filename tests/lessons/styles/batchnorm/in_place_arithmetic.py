"""Works in place on its own copy; std squared; arguments that torch's class has as well."""

import torch
from torch import nn


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True):
        super().__init__()
        assert affine and track_running_stats
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = nn.Parameter(torch.full((num_features,), 1.0))
        self.bias = nn.Parameter(torch.full((num_features,), 0.0))
        self.register_buffer("running_mean", torch.full((num_features,), 0.0))
        self.register_buffer("running_var", torch.full((num_features,), 1.0))
        self.register_buffer("num_batches_tracked", torch.LongTensor([0]).squeeze())

    def extra_repr(self):
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"

    def _check_input_dim(self, x):
        if x.dim() != 4:
            raise ValueError(f"expected 4D input (got {x.dim()}D input)")
        if self.training and x.numel() == x.shape[1]:
            raise ValueError("expected more than 1 value per channel when training")

    def forward(self, x):
        self._check_input_dim(x)
        out = x.clone()
        if self.training:
            mu = x.mean((0, 2, 3))
            sigma2 = x.var((0, 2, 3), unbiased=False)
            with torch.no_grad():
                n = x.shape[0] * x.shape[2] * x.shape[3]
                self.running_mean.mul_(1 - self.momentum).add_(mu, alpha=self.momentum)
                self.running_var.mul_(1 - self.momentum).add_(
                    sigma2, alpha=self.momentum * n / (n - 1)
                )
                self.num_batches_tracked += 1
        else:
            mu, sigma2 = self.running_mean.clone(), self.running_var.clone()
        out -= mu.view(1, -1, 1, 1)
        out /= sigma2.add(self.eps).sqrt().view(1, -1, 1, 1)
        out *= self.weight.view(1, -1, 1, 1)
        out += self.bias.view(1, -1, 1, 1)
        return out
