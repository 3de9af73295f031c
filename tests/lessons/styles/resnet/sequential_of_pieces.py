"""The network is a Sequential; 64 fixed in the stem; setattr names; copy by popping two lists."""
from collections import OrderedDict, deque
import torch as t
from torch import nn
from batchnorm import BatchNorm2d
from conv import AveragePool, Conv2d, MaxPool2d
from mlp import Linear
import residual


class ResNet34(nn.Sequential):
    def __init__(
        self,
        n_blocks_per_group=(3, 4, 6, 3),
        out_features_per_group=(64, 128, 256, 512),
        first_strides_per_group=(1, 2, 2, 2),
        n_classes=1000,
    ):
        parts = OrderedDict()
        parts["conv"] = Conv2d(3, 64, 7, 2, 3)
        parts["norm"] = BatchNorm2d(64)
        parts["relu"] = nn.ReLU()
        parts["pool"] = MaxPool2d(3, 2, 1)
        before = 64
        for i, (n, width, stride) in enumerate(zip(n_blocks_per_group, out_features_per_group, first_strides_per_group)):
            parts[f"group{i}"] = residual.BlockGroup(n, before, width, first_stride=stride)
            before = width
        parts["mean"] = AveragePool()
        parts["linear"] = Linear(before, n_classes)
        super().__init__(parts)


def copy_weights(mine, pretrained):
    todo = deque(pretrained.state_dict().values())
    state = mine.state_dict()
    new = {}
    if len(todo) != len(state):
        raise IndexError("not as many entries")
    for name, old in state.items():
        value = todo.popleft()
        if value.size() != old.size():
            raise RuntimeError(name)
        new[name] = value.clone().detach()
    result = mine.load_state_dict(new, strict=True)
    assert not result.missing_keys
    return mine
