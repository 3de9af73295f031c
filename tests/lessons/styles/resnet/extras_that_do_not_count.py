"""A non-persistent buffer, settings as tensors, flatten(1) after a pool of the map's own size."""

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, relu

from residual import BlockGroup


class ResNet34(nn.Module):
    def __init__(
        self,
        n_blocks_per_group=[3, 4, 6, 3],
        out_features_per_group=[64, 128, 256, 512],
        first_strides_per_group=[1, 2, 2, 2],
        n_classes=1000,
    ):
        super().__init__()
        stem_feats = out_features_per_group[0]
        self.register_buffer("pixel_mean", torch.tensor([0.485, 0.456, 0.406]), persistent=False)
        self.seen = torch.zeros(())
        self.conv = nn.Conv2d(3, stem_feats, (7, 7), (2, 2), (3, 3), bias=False)
        self.norm = nn.BatchNorm2d(stem_feats)
        self.pool = nn.MaxPool2d(3, 2, 1)
        feats = stem_feats
        for i in range(len(n_blocks_per_group)):
            group = BlockGroup(n_blocks_per_group[i], feats, out_features_per_group[i], first_strides_per_group[i])
            self.register_module(f"group{i}", group)
            feats = out_features_per_group[i]
        self.classifier = nn.Linear(feats, n_classes, bias=True)

    def forward(self, x):
        if x.dim() != 4:
            raise ValueError(f"expected (batch, 3, height, width), got {tuple(x.shape)}")
        x = self.pool(relu(self.norm(self.conv(x))))
        i = 0
        while hasattr(self, f"group{i}"):
            x = getattr(self, f"group{i}")(x)
            i += 1
        x = avg_pool2d(x, x.shape[-2:]).flatten(1)
        return self.classifier(x)


def copy_weights(mine, pretrained):
    mine_sd, pre_sd = mine.state_dict(), pretrained.state_dict()
    problems = [
        (a, b)
        for (a, x), (b, y) in zip(mine_sd.items(), pre_sd.items())
        if tuple(x.shape) != tuple(y.shape)
    ]
    if problems or len(mine_sd) != len(pre_sd):
        raise KeyError(problems)
    new = {name: value for name, value in zip(mine_sd.keys(), pre_sd.values())}
    mine_sd.update(new)
    mine.load_state_dict(mine_sd)
    return mine
