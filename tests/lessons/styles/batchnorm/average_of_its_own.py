"""Exponential average in a class of its own; numpy-free n; raises for one value; chained methods."""
import torch
import torch.nn as nn


class Average:
    def __init__(self, module, name, rate):
        self.module, self.name, self.rate = module, name, rate

    def __iadd__(self, value):
        buffer = getattr(self.module, self.name)
        buffer += self.rate * (value.detach() - buffer)
        return self


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.parameter.Parameter(torch.Tensor([1.0] * num_features))
        self.bias = nn.parameter.Parameter(torch.Tensor([0.0] * num_features))
        self.register_buffer("running_mean", torch.Tensor([0.0] * num_features))
        self.register_buffer("running_var", torch.Tensor([1.0] * num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0, dtype=torch.int32))

    def forward(self, x):
        if x.dim() != 4:
            raise ValueError(f"expected 4D input (got {x.dim()}D input)")
        batch = x.permute(1, 0, 2, 3).reshape(x.size(1), -1)
        if self.training:
            if batch.size(1) < 2:
                raise ValueError("Expected more than 1 value per channel when training")
            mean = batch.mean(-1)
            var = batch.var(-1, unbiased=False)
            a = Average(self, "running_mean", self.momentum)
            a += mean
            a = Average(self, "running_var", self.momentum)
            a += batch.var(-1)
            self.num_batches_tracked.data.add_(1)
        else:
            mean = self.running_mean.clone()
            var = self.running_var.clone()
        mean, var = mean.reshape(1, -1, 1, 1).expand_as(x), var.reshape(1, -1, 1, 1).expand_as(x)
        y = x.sub(mean).mul(var.add(self.eps).rsqrt())
        return torch.einsum("nchw,c->nchw", y, self.weight) + self.bias.reshape(1, -1, 1, 1)
