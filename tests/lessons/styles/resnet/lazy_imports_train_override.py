"""Imports inside methods, train overridden and delegating, groups as attributes of a namespace module."""
import torch
from torch import nn


class Groups(nn.ModuleDict):
    def forward(self, x):
        for name in self:
            x = self[name](x)
        return x


class ResNet34(nn.Module):
    DEFAULT = {"n_classes": 1000}

    def __init__(self, n_blocks_per_group=[3, 4, 6, 3], out_features_per_group=[64, 128, 256, 512], first_strides_per_group=[1, 2, 2, 2], n_classes=DEFAULT["n_classes"]):
        super(ResNet34, self).__init__()
        from batchnorm import BatchNorm2d as Norm
        from residual import BlockGroup as Group

        widths = [out_features_per_group[0]] + list(out_features_per_group)
        self.stem = nn.Sequential()
        self.stem.add_module("c", nn.Conv2d(3, widths[0], 7, stride=2, padding=3, bias=False))
        self.stem.add_module("n", Norm(widths[0]))
        self.groups = Groups()
        for i, n in enumerate(n_blocks_per_group):
            self.groups[str(i)] = Group(n, widths[i], widths[i + 1], first_strides_per_group[i])
        self.logits = nn.Linear(widths[-1], n_classes)
        self.mode = None
        self.train()

    def train(self, mode=True):
        self.mode = "train" if mode else "eval"
        super().train(mode)
        return self

    def forward(self, x):
        assert self.mode == ("train" if self.training else "eval")
        x = self.stem(x).clamp(min=0)
        x = nn.functional.max_pool2d(x, 3, 2, 1)
        x = self.groups(x)
        return self.logits(x.mean(3).mean(2))


def copy_weights(mine, pretrained):
    target = mine.state_dict(keep_vars=False)
    source = iter(pretrained.state_dict().items())
    new = type(target)()
    for key, value in target.items():
        try:
            name, tensor = next(source)
        except StopIteration:
            raise ValueError(f"nothing left for {key}") from None
        if tensor.shape != value.shape:
            raise ValueError(f"{key}: {value.shape}, {name}: {tensor.shape}")
        new[key] = tensor
    if (rest := next(source, None)) is not None:
        raise ValueError(f"{rest[0]} has no place")
    mine.load_state_dict(new)
    return mine
