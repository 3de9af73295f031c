"""What the pages of move 3 state, and the code that proves it (see ``lessons.facts``)."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.facts import Facts, close, raises, shape, size
from reference.batchnorm import BatchNorm2d
from reference.conv import Conv2d
from reference.residual import BlockGroup, ResidualBlock
from reference.resnet import ResNet34

FACTS = Facts()
prove, measured = FACTS.prove, FACTS.measured


@torch.enable_grad()
def _route() -> bool:
    """With a left branch of 0 the gradient passes whole where the ReLU lets it."""
    block = _block(3, 3)
    nn.init.zeros_(block.bn2.weight)
    nn.init.zeros_(block.bn2.bias)
    x = X.clone().requires_grad_()
    block(x).sum().backward()
    return x.grad is not None and torch.equal(x.grad, (X > 0).double())


@torch.enable_grad()
def _gradients_cancel() -> bool:
    x = X.clone().requires_grad_()
    (BatchNorm2d(3).double()(x) ** 3).sum().backward()
    return x.grad is not None and bool(x.grad.sum((0, 2, 3)).abs().max() < 1e-9)


X = torch.randn(5, 3, 4, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def _block(*arguments: int) -> ResidualBlock:
    """A block with other running statistics than at first, in eval mode, in float64."""
    block = ResidualBlock(*arguments).double().eval()
    for name, tensor in block.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) + (0.5 if "running_var" in name else -0.5))
    return block


def _left(block: ResidualBlock, x: Tensor) -> Tensor:
    return block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))


# --- the block ----------------------------------------------------------------------------------

prove(
    "adds it to its input, the shortcut (also called a skip connection) or right"
    " branch: `F.relu(left(x) + right(x))`",
    lambda: torch.allclose((b := _block(3, 5, 2))(X), F.relu(_left(b, X) + b.downsample(X))),
)
prove(
    "With a left branch of 0 the block passes its input on (but for the ReLU).", lambda zero: _off()
)
prove("left 0 would wipe out everything", lambda zero: zero * 7 == 0)


def _off() -> bool:
    block = _block(3, 3)
    nn.init.zeros_(block.bn2.weight)
    nn.init.zeros_(block.bn2.bias)
    return torch.allclose(block(X), F.relu(X))


def _three_ways(*said: int) -> bool:
    rows = [said[at : at + 5] for at in range(0, 20, 5)]
    return all(
        (right, second, third) == (max(0, a + b), max(0, a) + b, a + b)
        for a, b, right, second, third in rows
    )


prove(
    "3     -1            2                    2                  2 "
    "-3      1            0                    1                 -2 "
    "-1      3            2                    3                  2 "
    "-1     -2            0                   -2                 -3",
    _three_ways,
)


def _layers(kernel: int, columns: int, padding: int, *said: int) -> bool:
    """The picture of the left branch: two convolutions of 3x3, the second with stride 1."""
    again, wide, stride, other = said
    block = ResidualBlock(3, 5, 2)
    one, two = block.conv1, block.conv2
    return (
        shape(one.weight)[2:] == (kernel, columns)
        and shape(two.weight)[2:] == (again, wide)
        and (one.padding, two.padding, two.stride) == (padding, other, stride)
        and one.stride == 2
    )


prove(
    "3x3 conv, first_stride, padding 1  (batch, out_feats, h', w') "
    "batch norm, ReLU                   (batch, out_feats, h', w') "
    "3x3 conv, stride 1, padding 1",
    _layers,
)
prove(
    "h' is h / first_stride, rounded up: stride 2 makes 7 of 14, and 4 of 7.",
    lambda stride, *said: [
        one
        for height in (14, 7)
        for one in (ResidualBlock(2, 2, stride)(torch.zeros(2, 2, height, 3)).shape[2], height)
    ],
)
prove(
    "No convolution has a bias",
    lambda: not [n for n, _ in Conv2d(2, 2, 3).named_parameters() if n == "bias"],
)

# --- the projection -----------------------------------------------------------------------------


def _projects(stride: int, i: int, o: int, kernel: int = 1, *rest: int) -> bool:
    down = ResidualBlock(i, o, stride).downsample
    if isinstance(down, nn.Identity):
        return False
    conv = down.get_submodule("0")
    return (
        isinstance(conv, Conv2d)
        and shape(conv.weight) == (o, i, kernel, kernel)
        and conv.stride == stride
    )


prove("1     4 -> 4    x itself, nothing else", lambda s, i, o: not _projects(s, i, o))
prove(
    "2     4 -> 4    1x1 conv with stride 2, batch norm",
    lambda s, i, o, k, columns, stride: _projects(s, i, o, k) and (k, stride) == (columns, s),
)
prove("1     3 -> 5    1x1 conv, batch norm", lambda s, i, o, k, columns: _projects(s, i, o, k))
prove(
    "2     3 -> 5    1x1 conv with stride 2, batch norm",
    lambda s, i, o, k, columns, stride: _projects(s, i, o, k) and (k, stride) == (columns, s),
)
prove(
    "A 1x1 convolution mixes the channels of one place; with stride 2 it skips every second place. "
    "Its weight is (out_feats, in_feats, 1, 1)",
    lambda k, columns, stride, *window: (
        shape(Conv2d(3, 5, k, stride=stride).weight) == (5, 3, *window)
        and torch.equal(
            F.conv2d(X, torch.eye(3).double()[:, :, None, None], stride=stride), X[..., ::2, ::2]
        )
    ),
)
prove(
    "conv, bn, conv, bn of the left branch, then the projection's conv and bn",
    lambda: (
        [name.partition(".")[0] for name in dict.fromkeys(_modules())]
        == ["conv1", "bn1", "conv2", "bn2", "downsample"]
    ),
)


def _modules() -> list[str]:
    """Names as ``state_dict`` lists them, the last part taken off."""
    rows = ResidualBlock(3, 5, 2).state_dict()
    return list(dict.fromkeys(name.partition(".")[0] for name in rows))


# --- the gradient -------------------------------------------------------------------------------

prove("its derivative left'(x) + 1. That 1 is the route", lambda *one: _route() and one == (1, 1))


measured(
    "a small network of 16 such blocks gets 86 % of the test digits right after one pass. The same "
    "network with the sums left out gets 38 %. With one block in place of 16 they get 45 % and "
    "44 %. (Each figure is the middle one of 5 trainings.)",
    "16 blocks |",
    "16 blocks without",
    "1 block |",
    "1 block without",
)

# --- the group ----------------------------------------------------------------------------------

prove(
    "`BlockGroup(3, 64, 128, 2)` maps (batch, 64, 56, 56) to (batch, 128, 28, 28): "
    "`ResidualBlock(64, 128, 2)` first, then `ResidualBlock(128, 128)` twice.",
    lambda *said: _group(*said),
)
prove(
    "`[block] * 2` lists one block twice, `[ResidualBlock(128, 128) for _ in range(2)]` makes two",
    lambda twice, i, o, times: (
        size(nn.Sequential(*[ResidualBlock(4, 4)] * twice)) == size(ResidualBlock(4, 4))
        and size(nn.Sequential(*[ResidualBlock(4, 4) for _ in range(times)]))
        == 2 * size(ResidualBlock(4, 4))
        and i == o
    ),
)


def _group(*said: int) -> bool:
    group = BlockGroup(*said[:4])
    x = torch.zeros(1, *said[4:7])
    first, rest = ResidualBlock(*said[10:13]), ResidualBlock(*said[13:15])
    sizes = [size(block) for block in group]
    return shape(group.eval()(x)) == (1, *said[7:10]) and sizes == [size(first), *[size(rest)] * 2]


# --- batch norm: what it keeps ------------------------------------------------------------------

prove("it gives each channel mean 0 and variance 1", lambda *said: _normal(*said))


def _normal(mean: float, variance: float) -> bool:
    out = BatchNorm2d(3).double()(7 * X + 2)
    return bool(
        (out.mean((0, 2, 3)) - mean).abs().max() < 1e-9
        and (out.var((0, 2, 3), unbiased=False) - variance).abs().max() < 1e-5
    )


def _kept(*starts: int) -> bool:
    layer = BatchNorm2d(3)
    rows = layer.state_dict()
    shapes = {"weight": (3,), "bias": (3,), "running_mean": (3,), "running_var": (3,)}
    return (
        {name: shape(tensor) for name, tensor in rows.items()}
        == shapes | {"num_batches_tracked": ()}
        and tuple(int(tensor.flatten()[0]) for tensor in rows.values()) == starts
        and [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    )


prove(
    "weight               (channels,)  parameter  starts at 1   the scale "
    "bias                 (channels,)  parameter  starts at 0   the shift "
    "running_mean         (channels,)  buffer     starts at 0   remembered "
    "running_var          (channels,)  buffer     starts at 1   remembered "
    "num_batches_tracked  ()           buffer     starts at 0",
    _kept,
)


def _norms() -> tuple[int, int, int]:
    """Entries of ResNet34 that belong to batch norms, all its entries, and its batch norms."""
    model = ResNet34()
    norms = [module for module in model.modules() if isinstance(module, BatchNorm2d)]
    return sum(len(norm.state_dict()) for norm in norms), len(model.state_dict()), len(norms)


prove(
    "180 of ResNet34's 218 entries belong to its 36 batch norms.",
    lambda mine, name, *_: _norms()[1:],
)
prove("180 of ResNet34's", lambda entries, *_: entries == _norms()[0])
prove(
    "`torch.tensor(0)`",
    lambda zero: torch.equal(BatchNorm2d(3).num_batches_tracked, torch.tensor(zero)),
)

# --- batch norm: what it computes ---------------------------------------------------------------


def _by_hand(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), unbiased=False)
    m, v, w, b = (t[None, :, None, None] for t in (mean, var, weight, bias))
    return (x - m) / torch.sqrt(v + eps) * w + b


prove(
    "mean = x.mean(dim=(0, 2, 3))  # (batch, channels, h, w) -> (channels,)",
    lambda *dims: shape(X.mean(dim=dims)) == (3,),
)
prove(
    "mean[None, :, None, None]  # (1, channels, 1, 1)",
    lambda *ones: (
        ones == (1, 1, 1) and shape(X.mean((0, 2, 3))[None, :, None, None]) == (1, 3, 1, 1)
    ),
)
prove(
    "(x - mean) / torch.sqrt(var + eps) * weight + bias",
    lambda: torch.allclose(
        (layer := BatchNorm2d(3).double())(X), _by_hand(X, layer.weight, layer.bias, layer.eps)
    ),
)
prove(
    "has variance 0, and 0/0 is nan", lambda *zeros: bool((torch.zeros(1) / torch.zeros(1)).isnan())
)
prove("eps, 0.00001 by default", lambda eps: BatchNorm2d(3).eps == eps)
prove(
    "for a variance of 0.00001, sqrt(var + eps) is 0.0045 and sqrt(var) + eps is 0.0032",
    lambda var, *_: ((var + 1e-5) ** 0.5, var**0.5 + 1e-5),
)
prove(
    "the mean of (x - mean)^2",
    lambda power: close(float(X.var(unbiased=False)), float(((X - X.mean()) ** power).mean())),
)
measured(
    "Of 24 numbers drawn with variance 1 it finds 0.958 on average. Divided by n - 1 it finds "
    "1.000.",
    "variance of 24 standard normal numbers",
)
prove("it finds 0.958 on average", lambda _: 23 / 24)
prove(
    "`running_var` takes it: var * n / (n - 1), with n = batch x height x width",
    lambda one: _running_var(one),
)
prove(
    "`x.var()` divides by n - 1 unless you say `unbiased=False`",
    lambda one: close(float(X.var()) * (X.numel() - one), float(X.var(unbiased=False)) * X.numel()),
)


def _running_var(one: int) -> bool:
    layer = BatchNorm2d(3, momentum=1.0).double()
    layer(X)
    n = X.numel() // X.shape[1]
    return torch.allclose(layer.running_var, X.var((0, 2, 3), unbiased=False) * n / (n - one))


prove(
    "`running = (1 - momentum) * running + momentum * batch`. Momentum is the share of the new "
    "batch, 0.1 by default.",
    lambda one, momentum: _moved() and BatchNorm2d(3).momentum == momentum,
)


def _moved() -> bool:
    layer = BatchNorm2d(3, momentum=0.3).double()
    nn.init.constant_(layer.running_mean, 5.0)
    layer(X)
    return torch.allclose(layer.running_mean, 0.7 * 5 + 0.3 * X.mean((0, 2, 3)))


prove(
    "After 10 batches the start still has a share of 0.9^10 = 0.35, after 50 it has 0.005. The "
    "shares add up to 1",
    lambda batches, base, power, share, later, least, one: (
        abs(base**batches - share) < 0.005
        and power == batches
        and abs(base**later - least) < 0.0005
        and close(base + BatchNorm2d(3).momentum, one)
    ),
)
prove(
    "Every forward run in train mode also adds 1 to `num_batches_tracked`",
    lambda one: _counted() == one,
)


def _counted() -> int:
    layer = BatchNorm2d(3).double()
    layer(X)
    return int(layer.num_batches_tracked)


prove("In eval mode the layer uses `running_mean` and `running_var`", lambda: _eval())


def _eval() -> bool:
    layer = BatchNorm2d(3).double().eval()
    nn.init.constant_(layer.running_mean, 2.0)
    before = copy.deepcopy(layer.state_dict())
    out = layer(X)
    same = all(torch.equal(value, before[name]) for name, value in layer.state_dict().items())
    return same and torch.allclose(out, (X - 2) / (1 + layer.eps) ** 0.5)


measured(
    "20 small networks with two batch norms get 64 % of the test digits right in eval mode",
    "eval mode | 51",
)
measured("they get 16 % when each batch holds one digit only", "train mode, a batch of each digit")
measured("14 % when the images come one by one", "train mode, one image")
measured(
    "In eval mode with running statistics that never moved they get 10 %", "eval mode, running"
)
measured("each figure is the middle one of 20 trainings", "eval mode | 51")
prove(
    "Add 1 to a whole channel and the output stays the same, so the gradients of a channel add up "
    "to 0.",
    lambda one, zero: (
        torch.allclose(BatchNorm2d(3).double()(X + one), BatchNorm2d(3).double()(X))
        and _gradients_cancel()
    ),
)


# --- the cards ----------------------------------------------------------------------------------

prove(
    "right = self.downsample(x)  # x itself, or 1x1 convolution",
    lambda k, columns: _projects(1, 3, 5, k),
)
prove("With the left branch's last scale and shift at 0", lambda zero: _off())
prove(
    "The projection is there if the stride is not 1 or the channels change, and nowhere else.",
    lambda one: (
        [(_projects(s, 3, o), s != one or o != 3) for s in (1, 2) for o in (3, 5)]
        == [(holds, holds) for holds in (False, True, True, True)]
    ),
)
prove(
    "12 rows without a projection, 18 with one",
    lambda *_: (len(ResidualBlock(3, 3).state_dict()), len(ResidualBlock(3, 5).state_dict())),
)
prove(
    '"The size of tensor a must match the size of tensor b"',
    lambda: raises(lambda: X + X[:, :2], "must match the size of tensor b"),
)
prove("Each channel gets mean 0 and variance 1", _normal)
prove(
    "a channel of the output has mean 0 and variance 1 as long as scale and shift are 1 and 0",
    lambda mean, variance, scale, shift: _normal(mean, variance) and (scale, shift) == (1, 0),
)
prove(
    "`parameters()` finds 2 tensors, `state_dict()` lists 5",
    lambda *_: (len(list(BatchNorm2d(3).parameters())), len(BatchNorm2d(3).state_dict())),
)
prove(
    '"Expected more than 1 value per channel"',
    lambda one: raises(
        lambda: nn.BatchNorm2d(2)(torch.ones(1, 2, 1, 1)),
        f"Expected more than {one} value per channel",
    ),
)
