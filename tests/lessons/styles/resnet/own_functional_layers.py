"""Own convolution, norm and linear layers written with F; convolutions drawn on meta first."""

import math

import torch as t
import torch.nn.functional as F
from torch import nn


class C(nn.Module):
    def __init__(self, i, o, k, s, p):
        super().__init__()
        self.weight = nn.Parameter(t.empty(o, i, k, k))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        self.settings = {"stride": s, "padding": p}

    def forward(self, x):
        return F.conv2d(x, self.weight, **self.settings)


class N(nn.Module):
    def __init__(self, f):
        super().__init__()
        self.weight = nn.Parameter(t.ones(f))
        self.bias = nn.Parameter(t.zeros(f))
        self.register_buffer("mean", t.zeros(f))
        self.register_buffer("var", t.ones(f))
        self.register_buffer("count", t.zeros((), dtype=t.long))

    def forward(self, x):
        if self.training:
            self.count.add_(1)
        return F.batch_norm(x, self.mean, self.var, self.weight, self.bias, self.training)


class CN(nn.Sequential):
    def __init__(self, i, o, k, s=1):
        super().__init__(C(i, o, k, s, k // 2), N(o))


class B(nn.Module):
    def __init__(self, i, o, s=1):
        super().__init__()
        self.left = nn.Sequential(CN(i, o, 3, s), nn.ReLU(), CN(o, o, 3))
        self.right = CN(i, o, 1, s) if s != 1 or i != o else nn.Sequential()

    def forward(self, x):
        return t.where((z := self.left(x) + self.right(x)) > 0, z, 0.0)


class G(nn.Module):
    def __init__(self, n, i, o, s):
        super().__init__()
        self.first = B(i, o, s)
        self.others = nn.ModuleList([B(o, o) for _ in range(n - 1)])

    def forward(self, x):
        x = self.first(x)
        for b in self.others:
            x = b(x)
        return x


class ResNet34(nn.Module):
    def __init__(
        self,
        n_blocks_per_group=[3, 4, 6, 3],
        out_features_per_group=[64, 128, 256, 512],
        first_strides_per_group=[1, 2, 2, 2],
        n_classes=1000,
    ):
        super().__init__()
        n, f, s = n_blocks_per_group, out_features_per_group, first_strides_per_group
        assert len(n) == len(f) == len(s)
        self.start = CN(3, f[0], 7, 2)
        self.middle = nn.ModuleList(G(n[k], f[max(k - 1, 0)], f[k], s[k]) for k in range(len(n)))
        self.w = nn.Parameter(t.randn(n_classes, f[-1]) / math.sqrt(f[-1]))
        self.b = nn.Parameter(t.zeros(n_classes))

    # The head's tensors are the network's own, so state_dict would list them first.
    def state_dict(self, *args, **kwargs):
        state = super().state_dict(*args, **kwargs)
        prefix = kwargs.get("prefix", "")
        for name in ("w", "b"):
            state.move_to_end(prefix + name)
        return state

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.start(x)), 3, 2, 1)
        for group in self.middle:
            x = group(x)
        return F.adaptive_avg_pool2d(x, 1)[:, :, 0, 0] @ self.w.T + self.b


@t.no_grad()
def copy_weights(mine, pretrained):
    a = tuple(mine.state_dict().values())
    b = tuple(pretrained.state_dict().values())
    if not (len(a) == len(b) and all(x.shape == y.shape for x, y in zip(a, b))):
        raise ValueError("the state_dicts don't match")
    t._foreach_copy_(list(a), list(b))
    return mine
