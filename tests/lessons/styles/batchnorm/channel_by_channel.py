"""A loop over the channels, plain Python numbers for what is remembered, nn.Buffer."""

import torch
from torch import nn


class BatchNorm2d(nn.Module):
    def __init__(self, num_features, eps=1e-05, momentum=0.1):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(num_features), requires_grad=True)
        self.bias = nn.Parameter(torch.zeros(num_features), requires_grad=True)
        self.running_mean = nn.Buffer(torch.zeros(num_features))
        self.running_var = nn.Buffer(torch.ones(num_features))
        self.num_batches_tracked = nn.Buffer(torch.tensor(0))
        self.__dict__["settings"] = {"eps": eps, "momentum": momentum}

    def forward(self, images):
        eps, momentum = self.settings["eps"], self.settings["momentum"]
        if self.training:
            self.num_batches_tracked += 1
        done = []
        for c in range(images.shape[1]):
            channel = images[:, c]
            if self.training:
                mean, var = channel.mean(), channel.var(unbiased=False)
                rest = 1 - momentum
                self.running_mean[c] = rest * self.running_mean[c] + momentum * mean.item()
                self.running_var[c] = (
                    rest * self.running_var[c] + momentum * channel.detach().var().item()
                )
            else:
                mean, var = self.running_mean[c].item(), self.running_var[c].item()
            done.append((channel - mean) / (var + eps) ** 0.5 * self.weight[c] + self.bias[c])
        return torch.stack(done, dim=1)
