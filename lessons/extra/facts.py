"""What the appendix's pages state, and the code that proves it (see ``lessons.facts``)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import ResNet34_Weights

from lessons.course import COURSE
from lessons.extra.rungs.holding import RUNGS
from lessons.facts import Facts, shape, size
from reference import strides
from reference.batchnorm import BatchNorm2d
from reference.conv import Conv2d
from reference.data import digits
from reference.hooks import find_first_nonfinite
from reference.residual import ResidualBlock
from reference.resnet import ResNet34

FACTS = Facts()
prove, measured = FACTS.prove, FACTS.measured


@torch.inference_mode()
def _ones(row: int, window: int, *shown: int) -> bool:
    """A row of ones, seen as windows and doubled in place."""
    x = torch.ones(row)
    places = row - window + 1
    seen = x.as_strided((places, window), (1, 1))
    for place in range(places):  # one after the other, as a kernel may do it
        seen[place] *= 2
    return x.tolist() == list(shown)


# --- a grid over memory -------------------------------------------------------------------------

prove("that move 2 left open", lambda move: COURSE.moves[move - 1].id == "locality")


def _grids(*said: int) -> bool:
    """The page's picture: the memory, two sizes and strides, and both grids row by row."""
    memory, (size, steps, size2, steps2) = (
        said[:12],
        (said[12:14], said[14:16], said[16:18], said[18:20]),
    )
    x = torch.arange(12)
    left, right = x.as_strided(size, steps), x.as_strided(size2, steps2)
    rows = [one for i in range(3) for one in (*left[i].tolist(), *right[i].tolist())]
    return (
        memory == tuple(range(12))
        and said[20:] == (*rows, *right[3].tolist())
        and torch.equal(right, left.T)
    )


prove(
    "memory   0  1  2  3  4  5  6  7  8  9 10 11 size (3, 4), strides (4, 1)       size (4, 3), "
    "strides (1, 4) 0  1  2  3                        0  4  8 4  5  6  7                        1  "
    "5  9 8  9 10 11                        2  6 10 3  7 11",
    _grids,
)
prove(
    "`start + i * strides[0] + j * strides[1]`",
    lambda first, second: (
        (x := torch.randn(4, 5)).flatten()[2 * x.stride(first) + 3 * x.stride(second)] == x[2, 3]
    ),
)
prove(
    "its stride is `x.stride(0) + x.stride(1)`. For a matrix fresh from `torch.randn` that happens "
    "to be `columns + 1`.",
    lambda down, right, one: (x := torch.randn(4, 5)).stride(down) + x.stride(right) == 5 + one,
)
prove("such as `x[:, ::2]`", lambda step: torch.randn(4, 6)[:, ::step].stride() == (6, step))
prove(
    "The second column starts at `x.storage_offset() + x.stride(1)`.",
    lambda right: torch.equal(strides.views(x := torch.randn(3, 4))["column"], x[:, right]),
)
prove(
    "A stride may be 0.",
    lambda zero: torch.equal(
        (x := torch.randn(4, 5)).as_strided((3, 5), (zero, 1)), x[0].expand(3, 5)
    ),
)
prove(
    "vec.as_strided((3, 5), (0, vec.stride(0)))  # vec, three times below itself",
    lambda *said: _below_itself(*said),
)


def _below_itself(rows: int, columns: int, none: int, dim: int) -> bool:
    vec = torch.randn(columns)
    seen = vec.as_strided((rows, columns), (none, vec.stride()[dim]))
    return rows == 3 and torch.equal(seen, vec.repeat(3, 1))


prove(
    "`*`, then `sum(2)`",
    lambda dim: torch.allclose(
        ((a := torch.randn(3, 4))[:, None] * (b := torch.randn(4, 5)).T[None]).sum(dim),
        a @ b,
        atol=1e-5,
    ),
)

# --- windows ------------------------------------------------------------------------------------


def _slides(*said: int) -> bool:
    memory, size, steps = said[:6], said[6:8], said[8:10]
    windows = torch.arange(6).as_strided(size, steps)
    return memory == tuple(range(6)) and said[10:] == tuple(windows.flatten().tolist())


prove(
    "the windows of 3 are the grid of size (places, 3) with strides (s, s): one step to the next "
    "window, one step to the next number in it. There are `width - 3 + 1` places.",
    lambda k, size, again, one: (
        (k, k) == (size, again) and len([at for at in range(9) if at + k <= 9]) == 9 - k + one
    ),
)
prove(
    "memory   0  1  2  3  4  5          size (4, 3), strides (1, 1) 0  1  2 1  2  3 2  3  4 3  "
    "4  5",
    _slides,
)
prove(
    "With a stride of the convolution, say 2, only the first of the two grows: (2 * s, s), and the "
    "places are `(width - 3) // 2 + 1`.",
    lambda stride, grown, k, by, one: (
        stride == grown == by
        and strides.conv1d(torch.randn(1, 1, 9), torch.randn(1, 1, k), stride).shape[2]
        == (9 - k) // by + one
    ),
)
prove(
    "A digit has 28 x 28 = 784 numbers, 3,136 bytes. Its 24 x 24 windows of 5 x 5 are 14,400 "
    "numbers. As a view they cost no memory at all; copied by `contiguous()`, 57,600 bytes.",
    lambda h, w, *_: _bytes(h, w),
)


def _bytes(height: int, width: int) -> list[int]:
    image = digits("test")[0][0, 0, :height, :width].clone()
    windows = image.unfold(0, 5, 1).unfold(1, 5, 1)
    assert windows.untyped_storage().nbytes() == image.untyped_storage().nbytes()
    copied = windows.contiguous()
    size, stored = image.element_size(), image.untyped_storage().nbytes()
    assert image.numel() * size == stored
    return [
        image.numel(),
        stored,
        *windows.shape,
        windows.numel(),
        copied.untyped_storage().nbytes(),
    ]


prove(
    "seen as windows of 3 and doubled in place, become 2 4 8 8 4 2",
    lambda k, *said: _ones(6, k, *said),
)
prove("PyTorch refuses only where a stride is 0.", lambda zero: _refuses(zero))


def _refuses(zero: int) -> bool:
    seen = torch.ones(3).as_strided((2, 3), (zero, 1))
    try:
        seen.mul_(2)
    except RuntimeError:
        return True
    return False


prove(
    "Mind that `F.pad` wants the last dimension first",
    lambda: shape(F.pad(torch.ones(2, 3), (1, 0, 0, 0))) == (2, 4),
)
prove("`torch.zeros(n)` is float32", lambda: torch.zeros(3).dtype is torch.float32)

# --- hooks --------------------------------------------------------------------------------------

prove(
    "`nn.ReLU(inplace=True)` turns a -inf into 0",
    lambda zero: nn.ReLU(inplace=True)(torch.tensor([-torch.inf])).item() == zero,
)
prove('"layer2.0.bn1"', lambda: "layer2.0.bn1" in dict(ResNet34().named_modules()))
prove(
    "`log(0)` is -inf, 1/0 is inf, and neither is a nan yet. But inf - inf is one, and 0 * inf, "
    "and 0/0.",
    lambda a, one, b, c, *_: _infinities(a, one, b, c),
)


def _infinities(zero: float, one: float, below: float, times: float) -> bool:
    inf = torch.tensor(torch.inf)
    z, o = torch.tensor(float(zero)), torch.tensor(float(one))
    nans = (inf - inf, times * inf, z / z)
    return bool(z.log() == -inf and o / below == inf) and all(bool(it.isnan()) for it in nans)


prove(
    "two numbers of 3e38 are finite in float32 and their sum is not",
    lambda *_: bool((x := torch.tensor([3e38, 3e38])).isfinite().all()) and not x.sum().isfinite(),
)
prove("can be 0 where the running one is not", lambda zero: _constant(zero))


def _constant(zero: int) -> bool:
    """A constant batch: its variance is 0, the running one is not, and the finder sees the nan."""
    layer = BatchNorm2d(1, eps=0.0)
    x = torch.ones(2, 1, 2, 2)
    broke = find_first_nonfinite(nn.Sequential(layer), x)
    fine = find_first_nonfinite(nn.Sequential(BatchNorm2d(1, eps=0.0)).eval(), x)
    return x.var(unbiased=False).item() == zero and broke == "0" and fine is None


# --- the ladder ---------------------------------------------------------------------------------


def _rungs(*said: int) -> bool:
    name = 10  # of CIFAR-10
    rows = [said[0:5], said[5:10], said[11:16], said[16:21]]
    known = [
        (rung.channels, rung.side, rung.side, rung.classes, rung.images) for rung in RUNGS.values()
    ]
    return said[10] == name and rows == known and known[0][4] == len(digits("train")[0])


prove(
    "digits              1      28 x 28        10           8,000 "
    "Fashion-MNIST       1      28 x 28        10          60,000 "
    "CIFAR-10            3      32 x 32        10          50,000 "
    "ImageNet            3     224 x 224    1,000       1,281,167",
    _rungs,
)
prove(
    "A digit has 784 numbers, a photograph of CIFAR-10 3,072 and one of ImageNet, cut to 224 x "
    "224, 150,528. One linear layer from those to 1,000 classes has 150.5 million weights. "
    "ResNet34 has 21.8 million in all",
    lambda *said: [round(one, 1) for one in said] == _numbers(),
)


def _numbers() -> list[float]:
    digit, _, photograph, picture = (rung.numbers for rung in RUNGS.values())
    side, classes = RUNGS["imagenet"].side, RUNGS["imagenet"].classes
    weights, whole = picture * classes / 1e6, size(ResNet34()) / 1e6
    name = 10  # of CIFAR-10
    return [
        digit,
        name,
        photograph,
        side,
        side,
        picture,
        classes,
        round(weights, 1),
        round(whole, 1),
    ]


prove(
    "The first layer has to take 3 channels in place of 1",
    lambda three, one: (RUNGS["cifar10"].channels, RUNGS["digits"].channels) == (three, one),
)
prove("because every 1 has its ink", lambda digit: digit in digits("test")[1])
measured(
    "With 2,000 digits to learn from it gets 85.9 % of new ones right, and a convolutional network "
    "of 8 and 16 filters 94.5 %. (The lab's figures, the middle of 5 trainings.)",
    "linear",
    "8 and 16 filters",
)
measured("94.5 % of digits is no promise", "8 and 16 filters")
prove(
    "a nearly empty background at 0. Photographs are anywhere between 0 and 1",
    lambda *said: said == (0, 0, 1) and float((digits("test")[0] == 0).float().mean()) > 0.7,
)
prove(
    "subtract the mean (0.485, 0.456, 0.406) and divide by the deviation (0.229, 0.224, 0.225)",
    lambda *said: (lambda t: [*t.mean, *t.std] == list(said))(
        ResNet34_Weights.IMAGENET1K_V1.transforms()
    ),
)
prove("That is what move 4 is about", lambda move: COURSE.moves[move - 1].id == "reuse")

# --- practice -----------------------------------------------------------------------------------

measured(
    "97.4 % became 51.4 %",
    "0 to 4 with the old head put back",
    "the same after 80 steps in train mode",
)
prove("(move 4 measured it", lambda move: COURSE.moves[move - 1].id == "reuse")
prove("(move 4, where names differ)", lambda move: COURSE.moves[move - 1].id == "reuse")
prove(
    "With 2 or 4 images in a batch its mean and variance are mostly chance",
    lambda few, more: _scatter(more) > 3 * _scatter(64) and few < more,
)
prove(
    "the two 3x3 convolutions of a block are as large as each other",
    lambda rows, columns: (
        shape((block := ResidualBlock(4, 4)).conv1.weight) == shape(block.conv2.weight)
        and shape(block.conv1.weight)[2:] == (rows, columns)
    ),
)
prove(
    "Its own `state_dict` counts parameters: 0, 1, 2.",
    lambda *said: (
        torch.optim.Adam([nn.Parameter(torch.ones(1)) for _ in range(3)]).state_dict()[
            "param_groups"
        ][0]["params"]
        == list(said)
    ),
)
prove("`0.weight`", lambda first: f"{first}.weight" in nn.Sequential(Conv2d(1, 1, 1)).state_dict())


def _scatter(batch: int) -> float:
    """How much the mean of a batch's mean ink strays, from batch to batch."""
    images = digits("test")[0][: 16 * batch].flatten(1).mean(1)
    return float(images.view(16, batch).mean(1).std())
