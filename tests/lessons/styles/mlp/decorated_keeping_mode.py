"""Class attributes, a property, a decorator that keeps the mode; losses by a generator."""
from torch import empty, no_grad, rand_like, argmax
from torch import nn
from torch.nn.functional import *
import functools


def keeping_mode(function):
    @functools.wraps(function)
    def inner(model, *rest, **named):
        modes = {m: m.training for m in model.modules()}
        try:
            return function(model.eval(), *rest, **named)
        finally:
            for m, mode in modes.items():
                m.training = mode
    return inner


class Linear(nn.Module):
    init_scale = 1.0
    in_units = None

    def __init__(self, in_features, out_features, bias=True, *, device=None, dtype=None):
        super().__init__()
        self.weight = nn.Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        b = empty(out_features, device=device, dtype=dtype)
        self.bias = nn.Parameter(b) if bias else None
        self.reset_parameters()

    @property
    def bound(self):
        return self.init_scale * self.weight.shape[1] ** -0.5

    @no_grad()
    def reset_parameters(self):
        for p in self.parameters():
            p.data = (rand_like(p) - 0.5).mul_(2 * self.bound)

    def forward(self, x):
        out = x.matmul(self.weight.mT)
        return out if self.bias is None else out + self.bias


class SimpleMLP(nn.Module):
    sizes = 28 * 28, 100, 10
    activation = staticmethod(relu)

    def __init__(self):
        super().__init__()
        for i, (a, b) in enumerate(zip(self.sizes, self.sizes[1:])):
            setattr(self, f"fc{i}", Linear(a, b))

    def forward(self, x):
        h = self.activation(self.fc0(x.flatten(1)))
        return self.fc1(h)


def train(model, batches, optimizer):
    def steps():
        for inp, target in batches:
            optimizer.zero_grad(set_to_none=False)
            loss = cross_entropy(model(inp), target, reduction="sum") / len(target)
            loss.backward()
            optimizer.step()
            yield loss.item()
    return list(steps())


@keeping_mode
@no_grad()
def accuracy(model, batches):
    right = [int((argmax(model(a), -1) == b).sum()) for a, b in batches]
    return sum(right) / sum(len(b) for _, b in batches)
