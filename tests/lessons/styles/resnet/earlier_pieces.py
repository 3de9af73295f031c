"""From the learner's own earlier files, in nested nn.Sequential; rows compared as tuples."""

from torch import nn

from batchnorm import BatchNorm2d
from conv import AveragePool, Conv2d, MaxPool2d
from mlp import Linear
from residual import BlockGroup


class ResNet34(nn.Module):
    def __init__(
        self,
        n_blocks_per_group=(3, 4, 6, 3),
        out_features_per_group=(64, 128, 256, 512),
        first_strides_per_group=(1, 2, 2, 2),
        n_classes=1000,
    ):
        super().__init__()
        widths = [out_features_per_group[0], *out_features_per_group]
        self.in_layers = nn.Sequential(
            Conv2d(3, widths[0], 7, stride=2, padding=3),
            BatchNorm2d(widths[0]),
            nn.ReLU(),
            MaxPool2d(3, 2, 1),
        )
        self.residual_layers = nn.Sequential(
            *(
                BlockGroup(*group)
                for group in zip(n_blocks_per_group, widths, widths[1:], first_strides_per_group)
            )
        )
        self.out_layers = nn.Sequential(AveragePool(), Linear(widths[-1], n_classes))

    def forward(self, x):
        for part in (self.in_layers, self.residual_layers, self.out_layers):
            x = part(x)
        return x


def copy_weights(mine, pretrained):
    target = list(mine.state_dict().items())
    source = list(pretrained.state_dict().items())
    if [v.shape for _, v in target] != [v.shape for _, v in source]:
        raise ValueError(f"{len(target)} rows of mine do not fit {len(source)} of the other")
    for (_, a), (_, b) in zip(target, source):
        a.copy_(b)
    return mine
