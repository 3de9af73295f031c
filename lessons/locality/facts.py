"""What the pages of move 2 state, and the code that proves it (see ``lessons.facts``)."""

from __future__ import annotations

import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lessons.course import COURSE
from lessons.declare import board_path
from lessons.facts import Facts, close, raises, shape, size
from reference.conv import AveragePool, Conv2d, MaxPool2d, conv_output_size
from reference.data import digits
from reference.mlp import Linear, SimpleMLP

FACTS = Facts()
prove, measured = FACTS.prove, FACTS.measured

IMAGES, LABELS = digits("test")
EDGE = torch.tensor([[-1.0, 0.0, 1.0]] * 3)[None, None]  # the filter of the board

prove("at the end of move 1", lambda move: COURSE.moves[move - 1].id == "scaffold")
prove("did not know a 5 again", lambda five: int(LABELS[578]) == five)
prove("the 5 of move 1", lambda five, move: (int(LABELS[578]), move) == (five, 1))
prove("The first layer of move 1 has 78,400.", lambda move, _: SimpleMLP().linear1.weight.numel())
prove("in move 3 each convolution", lambda move: COURSE.moves[move - 1].id == "depth")
prove("And move 1's network: 79,510.", lambda move, _: size(SimpleMLP()))

# --- one window ---------------------------------------------------------------------------------

prove(
    "Lay a window of 3 x 3 on the image. Multiply each of the 9 pixels by its weight",
    lambda rows, columns, _: Conv2d(1, 1, rows).weight.numel(),
)
prove("with the same 9 weights", lambda _: Conv2d(1, 1, 3).weight.numel())


def _one_output(*said: int) -> bool:
    """The page's picture: three rows of image and filter, the products of each row, their sum."""
    rows = [said[0:12], said[12:24], said[24:37]]
    image = torch.tensor([row[:3] for row in rows], dtype=torch.float)
    weight = torch.tensor([row[3:6] for row in rows], dtype=torch.float)
    found = F.conv2d(image[None, None], weight[None, None]).item()
    written = sum(a * b for row in rows for a, b in zip(row[6:12:2], row[7:12:2], strict=True))
    return bool((weight == EDGE[0, 0]).all()) and found == written == said[36]


prove(
    "0  1  1        -1  0  1         0*-1 + 1*0 + 1*1 "
    "0  1  1        -1  0  1       + 0*-1 + 1*0 + 1*1 "
    "0  0  1        -1  0  1       + 0*-1 + 0*0 + 1*1   = 3",
    _one_output,
)
prove("neither turned over nor transposed", lambda: _as_it_is_stored())


def _as_it_is_stored() -> bool:
    layer = Conv2d(1, 1, 3)
    x = torch.rand(1, 1, 3, 3)
    return torch.allclose(layer(x).flatten(), (x * layer.weight).sum().flatten())


prove(
    "A filter has a slice for each of them, and one output adds up the products of all slices.",
    lambda: torch.allclose(
        Conv2d(2, 1, 3).weight.new_ones(1),
        F.conv2d(torch.ones(1, 2, 3, 3), torch.full((1, 2, 3, 3), 1 / 18)).flatten(),
    ),
)
prove("(a colour picture has 3)", lambda colours: COURSE.checkpoint("resnet").id and colours == 3)
prove(
    "weight  # (out_channels, in_channels, kernel_size, kernel_size)",
    lambda: shape(Conv2d(2, 5, 3).weight) == (5, 2, 3, 3),
)
prove(
    "`Conv2d(1, 16, 5)` has 16 * 1 * 5 * 5 = 400 weights",
    lambda i, o, k, *_: (o, i, k, k, Conv2d(i, o, k).weight.numel()),
)
prove(
    "There is no bias",
    lambda: [name for name, _ in Conv2d(2, 3, 3).named_parameters()] == ["weight"],
)
prove(
    "The rule is that of `Linear`: 1/sqrt(n)",
    lambda one: close(_bound(4, 5), one / 100**0.5, 0.01),
)
prove("`n = in_channels * kernel_size**2`", lambda power: 5**power == 25)
prove("`bound = n ** -0.5`", lambda power: close(4.0**power, 0.5))
prove(
    "For 16 channels and a window of 5 x 5, n is 400 and the bound is 0.05.",
    lambda channels, rows, columns, *_: (channels * rows * columns, _bound(channels, rows)),
)
prove(
    "`1 / in_channels * k * k` divides by `in_channels` only, and `k ^ 2` is no power "
    "(`3 ^ 2` is 1)",
    lambda one, two, three, again, _: 3 ^ 2,
)


def _bound(channels: int, kernel: int) -> float:
    """The largest initial value of many."""
    largest = float(Conv2d(channels, 200, kernel).weight.detach().abs().max())
    assert largest <= (channels * kernel**2) ** -0.5
    return largest


# --- sizes --------------------------------------------------------------------------------------


def _starts(length: int, kernel: int, stride: int = 1) -> list[int]:
    """Where the whole window fits, counted one by one."""
    return [at for at in range(0, length, stride) if at + kernel <= length]


prove(
    "In a row of 28 pixels a window of 5 can start at pixel 0, and last at pixel 28 - 5 = 23. "
    "That makes 24 places. With stride 2 it starts at 0, 2, ... 22: 12 places.",
    lambda length, kernel, *_: (
        *(0, length, kernel, _starts(length, kernel)[-1], len(_starts(length, kernel)), 2),
        *(*_starts(length, kernel, 2)[:2], _starts(length, kernel, 2)[-1]),
        conv_output_size(length, kernel, 2),
    ),
)
prove(
    "last_start = size + 2 * padding - kernel_size last_start // stride + 1  # steps, and 1 for "
    "the start",
    lambda two, one, _: all(
        conv_output_size(n, k, s, p) == (n + two * p - k) // s + one
        for n in range(5, 30)
        for k in (1, 3, 5)
        for s in (1, 2, 3)
        for p in (0, 1, 2)
    ),
)
prove(
    "For a row of 28, a window of 3, stride 2 and padding 1, `last_start` is 27. Half of it, "
    "rounded down, is 13, and 1 more is 14.",
    lambda n, k, s, p, *_: (n + 2 * p - k, (n + 2 * p - k) // s, 1, conv_output_size(n, k, s, p)),
)
prove(
    "raise `ValueError`",
    lambda: raises(lambda: conv_output_size(2, 5), ""),
)
prove(
    "With stride 2 a map has about half the height and half the width.",
    lambda stride: shape(Conv2d(1, 1, 3, stride=stride, padding=1)(IMAGES[:1]))[2] == 28 / stride,
)
prove(
    "With `padding=2`, a window of 5 keeps the size: 28 stays 28.",
    lambda p, k, n, _: conv_output_size(n, k, 1, p),
)
prove(
    "Left out there, they are 1 and 0.",
    lambda stride, padding: (
        shape(Conv2d(1, 1, 3)(IMAGES[:1])) == (1, 1, 26, 26) and (stride, padding) == (1, 0)
    ),
)

# --- maps ---------------------------------------------------------------------------------------


def _map(image: Tensor) -> Tensor:
    return F.max_pool2d(F.relu(F.conv2d(image, EDGE, padding=1)), 2)[0, 0]


def _drawn(name: str) -> list[str]:
    text = board_path("locality", "board.md").read_text(encoding="utf-8")
    found = re.search(rf"^```digit {re.escape(name)}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1].split()


def _maps_are_drawn(
    filter_rows: int, columns: int, five: int, up: int, right: int, by: int
) -> bool:
    image = IMAGES[578:579]
    moved = torch.zeros_like(image)
    moved[..., :-up, right:] = image[..., up:, :-right]
    maps = {"map of the 5": _map(image), "map of the 5, moved": _map(moved)}
    drawn = all(
        _drawn(name) == ["".join(f"{int(v):x}" for v in row) for row in (found * 5).round()]
        for name, found in maps.items()
    )
    one, two = maps.values()
    return drawn and torch.equal(two[:-by, by:], one[by:, :-by]) and int(LABELS[578]) == five


prove(
    "(the filter above, ReLU, then the strongest of each 2 x 2), and of the same 5 moved by 4 "
    "pixels up and 4 to the right. The map has half the size, so it moves by 2.",
    _maps_are_drawn,
)
prove("exact when the digit moves by a multiple of the stride", lambda: _equivariant())


def _equivariant() -> bool:
    layer, image = Conv2d(1, 3, 3, stride=2, padding=1), torch.zeros(1, 1, 28, 28)
    image[..., 10:16, 10:16] = torch.rand(6, 6)
    moved = torch.roll(image, (4, 4), (2, 3))
    return torch.allclose(torch.roll(layer(image), (2, 2), (2, 3)), layer(moved), atol=1e-6)


# --- pooling ------------------------------------------------------------------------------------

prove(
    "It keeps the strongest value in each window of each channel: 1 of -3 and 1, as the sign "
    "counts.",
    lambda strongest, weak, other: (
        MaxPool2d(2)(torch.tensor([[[[float(weak), other], [weak, weak]]]])).item() == strongest
    ),
)
prove(
    "`MaxPool2d(2)` makes (batch, 16, 14, 14) of (batch, 16, 28, 28).",
    lambda k, *said: shape(MaxPool2d(k)(torch.zeros(1, *said[3:])))[1:] == said[:3],
)
prove("A max pool has a window too, but no weights.", lambda: size(MaxPool2d(2)) == 0)
prove(
    "For a convolution, left out, it is 1.",
    lambda one: shape(Conv2d(1, 1, 1)(IMAGES[:1]))[2] == 28 / one,
)
prove(
    "a window at the edge that holds -3, -1 and a zero of padding would answer 0",
    lambda *said: (
        F.max_pool2d(F.pad(torch.tensor([[[[-3.0, -1.0]]]]), (1, 1)), (1, 3)).item() == said[2] == 0
        and MaxPool2d(2, 1, 1)(torch.tensor([[[[-3.0, -1.0]]]])).max() < 0
    ),
)
prove(
    "`x.mean(dim=(2, 3))`, from (batch, channels, height, width) to (batch, channels)",
    lambda *dims: torch.allclose(AveragePool()(IMAGES[:4]), IMAGES[:4].mean(dim=dims)),
)
prove("Dimension 0 stays too", lambda dim: shape(AveragePool()(IMAGES[:1]))[dim] == 1)


def _network(
    last: nn.Module, inputs: int, kernels: tuple[int, ...], maps: tuple[int, ...]
) -> nn.Sequential:
    k, m = kernels, maps
    return nn.Sequential(
        *(Conv2d(1, m[0], k[0], padding=k[0] // 2), nn.ReLU(), MaxPool2d(2)),
        *(Conv2d(m[0], m[1], k[1], padding=k[1] // 2), nn.ReLU(), MaxPool2d(2)),
        *(Conv2d(m[1], m[2], k[2], padding=k[2] // 2), nn.ReLU()),
        last,
        Linear(inputs, 10),
    )


def _sizes(*said: int) -> tuple[int, int]:
    kernels, maps = (said[0], said[2], said[4]), said[6:9]
    averaged = _network(AveragePool(), maps[2], kernels, maps)
    flattened = _network(nn.Flatten(), maps[2] * 7 * 7, kernels, maps)
    assert shape(averaged(IMAGES[:2])) == shape(flattened(IMAGES[:2])) == (2, 10)
    return size(averaged), size(flattened)


prove(
    "(5 x 5, 5 x 5 and 3 x 3; 16, 32 and 32 maps; a ReLU after each, `MaxPool2d(2)` after the "
    "first two), then the average and a linear layer, 32 -> 10: 22,746 numbers to learn. Once more "
    "with the last maps flattened instead of averaged: 38,106.",
    _sizes,
)
measured(
    "test digits moved right by    0     1     2     3     4  pixels "
    "SimpleMLP                  92.3  86.5  67.4  43.9  23.4  % right",
    "SimpleMLP | 92",
)
measured("maps flattened             97.4  96.8  93.0  80.8  61.7", "convolution, maps flattened")
measured("maps averaged              91.9  91.9  91.2  89.8  87.8", "convolution, maps averaged")
prove(
    "Averaged maps lose 4 points where `SimpleMLP` loses 69.",
    lambda *_: (round(91.9 - 87.8), round(92.3 - 23.4)),
)
measured("the 5 that `SimpleMLP` called a 3", "the same moved right by 1 pixel", "the 5 drawn")
measured(
    "With maps of either kind all 20 networks call it a 5, moved by 0 to 4 pixels.",
    "SimpleMLP | 92",
    "the 5 drawn",
)
measured("the middle one of 20 trainings", "SimpleMLP | 92")

# --- the card -----------------------------------------------------------------------------------

prove(
    "out_height = (height + 2 * padding - k) // stride + 1",
    lambda two, one: conv_output_size(28, 5, 2, 1) == (28 + two * 1 - 5) // 2 + one,
)
prove(
    "padding (k - 1)/2 keeps the size, stride 2 halves it (rounded up), and without padding the "
    "map loses k - 1",
    lambda one, two, stride, loss: all(
        conv_output_size(n, k, 1, (k - one) // two) == n
        and conv_output_size(n, k, stride, (k - one) // two) == -(-n // 2)
        and conv_output_size(n, k) == n - (k - loss)
        for n in (14, 15, 28)
        for k in (1, 3, 5, 7)
    ),
)


def _table(*said: int) -> bool:
    """The card's table: layer after layer, and the shape that comes out."""
    x = torch.zeros(*said[:4])
    shapes: list[int] = []
    for layer in (
        Conv2d(said[4], said[5], said[6], stride=said[7], padding=said[8]),
        MaxPool2d(said[13]),
        Conv2d(said[18], said[19], said[20], stride=said[21], padding=said[22]),
        AveragePool(),
    ):
        x = layer(x)
        shapes += shape(x)
    return shapes == [*said[9:13], *said[14:18], *said[23:27], *said[27:29]]


prove(
    "out of (8, 1, 28, 28) Conv2d(1, 16, 5, stride=1, padding=2)      (8, 16, 28, 28) "
    "MaxPool2d(2)                               (8, 16, 14, 14) "
    "Conv2d(16, 32, 3, stride=2, padding=1)     (8, 32, 7, 7) "
    "average over height and width              (8, 32)",
    _table,
)
prove(
    '"to have 1 channels, but got 3 channels instead"',
    lambda one, three: raises(
        lambda: Conv2d(one, 2, 3)(torch.ones(1, three, 5, 5)),
        f"to have {one} channels, but got {three} channels instead",
    ),
)
