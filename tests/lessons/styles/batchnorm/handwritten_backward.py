"""An autograd function of its own, with the gradient worked out by hand."""

import torch
from torch import nn


class Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, mean, std):
        y = (x - mean) / std
        ctx.save_for_backward(y, std)
        return y

    @staticmethod
    def backward(ctx, grad):
        y, std = ctx.saved_tensors
        dims = (0, 2, 3)
        along = grad.mean(dims, keepdim=True) + y * (grad * y).mean(dims, keepdim=True)
        return (grad - along) / std, None, None


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-05, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        weight, bias = self.weight.view(-1, 1, 1), self.bias.view(-1, 1, 1)
        if not self.training:
            std = (self.running_var + self.eps).sqrt().view(-1, 1, 1)
            return (x - self.running_mean.view(-1, 1, 1)) / std * weight + bias
        with torch.no_grad():
            mean = x.mean((0, 2, 3), keepdim=True)
            var = x.var((0, 2, 3), unbiased=False, keepdim=True)
            n = x[:, 0].numel()
            self.running_mean += self.momentum * (mean.flatten() - self.running_mean)
            self.running_var += self.momentum * (var.flatten() * n / (n - 1) - self.running_var)
            self.num_batches_tracked += 1
        return Normalise.apply(x, mean, (var + self.eps).sqrt()) * weight + bias
