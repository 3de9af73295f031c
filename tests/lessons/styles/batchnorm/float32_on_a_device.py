"""Casts to float32 and to the weight's device; .data for the buffers; eval handled first."""

import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class BatchNorm2d(nn.Module):
    def __init__(self, num_features: int, eps: float = 1e-05, momentum: float = 0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(num_features, device=device))
        self.bias = nn.Parameter(torch.zeros(num_features, device=device))
        self.register_buffer("running_mean", torch.zeros(num_features, device=device))
        self.register_buffer("running_var", torch.ones(num_features, device=device))
        self.register_buffer("num_batches_tracked", torch.tensor(0, device=device))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.float().to(self.weight.device)
        weight = self.weight.float()[None, :, None, None]
        bias = self.bias.float()[None, :, None, None]
        if not self.training:
            mean = self.running_mean.float()[None, :, None, None]
            var = self.running_var.float()[None, :, None, None]
            return weight * ((x - mean) / (var + self.eps) ** 0.5) + bias
        mean = x.mean(dim=(0, 2, 3), keepdim=True)
        centred = x - mean
        var = (centred * centred).mean(dim=(0, 2, 3), keepdim=True)
        n = x.numel() // x.shape[1]
        new_mean = mean.data.view(-1)
        new_var = var.data.view(-1) * n / (n - 1)
        self.running_mean.data = self.running_mean.data * (1 - self.momentum) + new_mean * self.momentum
        self.running_var.data = self.running_var.data * (1 - self.momentum) + new_var * self.momentum
        self.num_batches_tracked.data += 1
        return weight * (centred / (var + self.eps) ** 0.5) + bias
