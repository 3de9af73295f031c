"""Layer norm over the rows of channels does the train mode; the buffers are made anew."""
import torch
from torch import nn
import torch.nn.functional as F


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-05, momentum=0.1):
        super().__init__()
        self.momentum = momentum
        self.eps = eps
        self.C = num_features
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        w, b = self.weight.view(-1, 1, 1), self.bias.view(-1, 1, 1)
        if not self.training:
            return (x - self.running_mean.view(-1, 1, 1)) / (self.running_var.view(-1, 1, 1) + self.eps).sqrt() * w + b
        rows = x.transpose(0, 1).flatten(1)
        var, mean = torch.var_mean(rows.detach(), dim=1)
        self.running_mean = self.running_mean.lerp(mean, self.momentum)
        self.running_var = self.running_var.lerp(var, self.momentum)
        self.num_batches_tracked = self.num_batches_tracked + 1
        normal = F.layer_norm(rows, rows.shape[1:], eps=self.eps)
        n, c, h, width = x.shape
        return normal.view(c, n, h, width).transpose(0, 1) * w + b
