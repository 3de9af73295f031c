"""What the pages of move 4 state, and the code that proves it (see ``lessons.facts``)."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import torch
from torch import nn

from lessons.course import COURSE
from lessons.facts import Facts, close, raises, shape, size
from reference.batchnorm import BatchNorm2d
from reference.conv import Conv2d, MaxPool2d
from reference.mlp import Linear
from reference.residual import ResidualBlock
from reference.resnet import ResNet34, copy_weights
from reference.transfer import head_optimizer, prepare_for_feature_extraction

FACTS = Facts()
prove, measured = FACTS.prove, FACTS.measured


@cache
def _small(height: int, width: int) -> tuple[int, ...]:
    """Side, side and channels at the end of the groups for an image of another size."""
    model, x = _model(), torch.zeros(1, 3, height, width)
    x = model.maxpool(model.bn1(model.conv1(x)).relu())
    for name in model.group_names:
        x = model.get_submodule(name)(x)
    return (*shape(x)[2:], model.avgpool(x).shape[1])


@cache
def _model() -> ResNet34:
    return ResNet34().eval()


@cache
def _walk() -> dict[str, tuple[int, ...]]:
    """The shapes of one image of 224x224 on its way."""
    model, x = _model(), torch.zeros(1, 3, 224, 224)
    found = {"image": shape(x)}
    x = model.bn1(model.conv1(x)).relu()
    found["conv"] = shape(x)
    x = model.maxpool(x)
    found["stem"] = shape(x)
    for name in model.group_names:
        x = model.get_submodule(name)(x)
        found[name] = shape(x)
    x = model.avgpool(x)
    found["features"] = shape(x)
    found["scores"] = shape(model.fc(x))
    return found


def _groups() -> list[tuple[int, int, int, int, int]]:
    """(number, blocks, channels, stride, height) of each group."""
    found = []
    for number, name in enumerate(_model().group_names, start=1):
        blocks: Any = _model().get_submodule(name)
        _, channels, height, width = _walk()[name]
        assert height == width
        found.append((number, len(blocks), channels, blocks[0].conv1.stride, height))
    return found


# --- the plan -----------------------------------------------------------------------------------

prove(
    "Below is what becomes of one image of 224x224 pixels in colour",
    lambda height, width: _walk()["image"] == (1, 3, height, width),
)


def _plan(*said: int) -> bool:
    conv, pool = _model().conv1, _model().maxpool
    stem = (conv.weight.shape[1], conv.weight.shape[0], conv.stride, pool.stride)
    sizes = [side for name in ("image", "conv", "stem") for side in _walk()[name][2:]]
    rows = [
        one
        for number, blocks, channels, stride, side in _groups()
        for one in (number, blocks, channels, stride, side, side)
    ]
    head = (_walk()["features"][1], _walk()["features"][1], _walk()["scores"][1])
    return said == (*stem, *sizes, *rows, *head)


prove(
    "stem     -       3 -> 64   2, 2    224x224 -> 112x112 -> 56x56 "
    "group 1  3       64        1       56x56 "
    "group 2  4       128       2       28x28 "
    "group 3  6       256       2       14x14 "
    "group 4  3       512       2       7x7 "
    "head     -       512       -       512 numbers -> 1000 scores",
    _plan,
)
prove(
    "16 blocks have 2 convolutions each. With the stem's convolution and the linear layer, that "
    "makes the 34.",
    lambda *_: (
        sum(isinstance(m, ResidualBlock) for m in _model().modules()),
        len([n for n, _ in ResidualBlock(4, 4).named_modules() if n.startswith("conv")]),
        _weighted(),
    ),
)


def _weighted() -> int:
    """Layers with weights that the name counts: not the projections, not the batch norms."""
    counted = (Conv2d, Linear)
    return sum(
        isinstance(module, counted) and "downsample" not in name
        for name, module in _model().named_modules()
    )


prove(
    "`n_classes=1000` is the fourth",
    lambda classes: (
        list(inspect.signature(ResNet34).parameters)[3] == "n_classes"
        and inspect.signature(ResNet34).parameters["n_classes"].default == classes
    ),
)
prove(
    "With `[2, 2, 2, 2]` blocks the same class is ResNet18.",
    lambda *blocks: _eighteen(list(blocks)),
)


def _eighteen(blocks: list[int]) -> bool:
    layers = sum(
        isinstance(module, Conv2d | Linear) and "downsample" not in name
        for name, module in ResNet34(blocks).named_modules()
    )
    return layers == 18


# --- the stem -----------------------------------------------------------------------------------


def _stem(*said: int) -> bool:
    conv, pool = _model().conv1, _model().maxpool
    first = (*_walk()["conv"][1:], *shape(conv.weight)[2:], conv.stride, conv.padding)
    second = (*_walk()["stem"][1:], pool.kernel_size, pool.kernel_size, pool.stride, pool.padding)
    return said == (*first, *second)


prove(
    "# (batch, 64, 112, 112), 7x7, stride 2, padding 3 x = max_pool(x)  # (batch, 64, 56, 56), "
    "3x3, stride 2, padding 1",
    _stem,
)
prove(
    "A window of 7 reaches 3 pixels beyond its middle, hence padding 3.",
    lambda k, *_: (k // 2, _model().conv1.padding),
)
prove(
    "so no convolution here has one",
    lambda: not [n for n, _ in _model().named_parameters() if n.startswith("conv") and "bias" in n],
)
prove("The max pool has no weights", lambda: size(_model().maxpool) == 0)
prove(
    "and 112 gives 55 instead of 56",
    lambda n, *_: [shape(MaxPool2d(3, 2, p)(torch.zeros(1, 1, n, n)))[2] for p in (0, 1)],
)

# --- groups and head ----------------------------------------------------------------------------

prove("the first takes the stem's 64 channels", lambda _: _model().conv1.weight.shape[0])
prove(
    "the 1x1 convolution in its right branch. Group 1 of ResNet34 has stride 1 and 64 channels in "
    "and out, so no block in it projects.",
    lambda k, columns, group, stride, channels: (
        _projections()
        and (k, columns) == (1, 1)
        and _groups()[group - 1][2:4] == (channels, stride)
    ),
)


def _projections() -> bool:
    """Only first blocks project, and only where stride or channels change: groups 2 to 4."""
    found = [
        (name, place)
        for name in _model().group_names
        for place, block in enumerate(_model().get_submodule(name).children())
        if size(block.get_submodule("downsample"))
    ]
    return found == [("layer2", 0), ("layer3", 0), ("layer4", 0)]


prove(
    "(batch, 512, 7, 7) -> (batch, 512). An image of 64x64 ends as 2x2 and gives 512 numbers as "
    "well, so any size will do. A fixed 7x7 window would not.",
    lambda *said: (
        said[:4] == (*_walk()["layer4"][1:], _walk()["features"][1])
        and _small(said[4], said[5]) == said[6:9]
        and said[9:] == _walk()["layer4"][2:]
    ),
)


prove(
    "`nn.AdaptiveAvgPool2d(1)` leaves (batch, 512, 1, 1), so add `.flatten(1)`.",
    lambda out, channels, *said: (
        shape(nn.AdaptiveAvgPool2d(out)(torch.zeros(2, channels, 7, 7)))[1:]
        == (channels, *said[:2])
        and shape(torch.zeros(2, channels, 1, 1).flatten(said[2])) == (2, channels)
    ),
)
prove(
    "`.squeeze()` also drops the batch when it holds one image",
    lambda: torch.zeros(1, 5, 1, 1).squeeze().ndim == 1,
)

# --- rows ---------------------------------------------------------------------------------------


def _row(number: int, name: str, *dims: int) -> bool:
    found = list(_model().state_dict().items())[number]
    return found[0] == name and shape(found[1]) == dims


prove(
    "0    conv1.weight                  (64, 3, 7, 7)",
    lambda n, *dims: _row(n, "conv1.weight", *dims),
)
prove(
    "1-2  bn1.weight, bias              (64,), (64,)",
    lambda one, two, a, b: _row(one, "bn1.weight", a) and _row(two, "bn1.bias", b),
)
prove(
    "3-5  bn1, its running statistics   (64,), (64,), ()",
    lambda one, last, a, b: (
        _row(one, "bn1.running_mean", a)
        and _row(one + 1, "bn1.running_var", b)
        and _row(last, "bn1.num_batches_tracked")
    ),
)
prove(
    "6    layer1.0.conv1.weight         (64, 64, 3, 3)",
    lambda n, *dims: _row(n, "layer1.0.conv1.weight", *dims),
)
prove(
    "54   layer2.0.downsample.0.weight  (128, 64, 1, 1)",
    lambda n, *dims: _row(n, "layer2.0.downsample.0.weight", *dims),
)
prove("217  fc.bias                       (1000,)", lambda n, *dims: _row(n, "fc.bias", *dims))
prove(
    "There are 218 rows: 110 parameters with 21,797,672 numbers in all, and 108 buffers.",
    lambda *_: (
        len(_model().state_dict()),
        len(list(_model().parameters())),
        size(_model()),
        len(list(_model().buffers())),
    ),
)
prove("exchange two of the 218 rows", lambda _: len(_model().state_dict()))
prove("Row 0 goes into row 0, row 1 into row 1", lambda a, b, c, d: (a, c) == (b, d) and _copies())


def _copies() -> bool:
    mine, other = ResNet34([1, 1, 1, 1], [4, 4, 8, 8]), ResNet34([1, 1, 1, 1], [4, 4, 8, 8])
    copied = copy_weights(mine, other)
    pairs = zip(mine.state_dict().values(), other.state_dict().values(), strict=True)
    apart = mine.conv1.weight.data_ptr() != other.conv1.weight.data_ptr()
    return copied is mine and apart and all(torch.equal(a, b) for a, b in pairs)


prove(
    "`parameters()` lists no buffers, `state_dict()` lists both.",
    lambda: (
        len(list(_model().parameters())) + len(list(_model().buffers()))
        == len(_model().state_dict())
    ),
)
prove(
    "`copy_` spreads a row of shape (1,) over one of (5,)",
    lambda one, five: torch.zeros(five).copy_(torch.full((one,), 3.0)).tolist() == [3] * five,
)
prove("raise a `ValueError` that names the row", lambda: _refuses())


def _refuses() -> bool:
    few, more = ResNet34([1, 1, 1, 1], [4, 4, 8, 8]), ResNet34([1, 1, 1, 1], [4, 4, 8, 16])
    try:
        copy_weights(few, more)
    except ValueError:
        return True
    return False


prove(
    "(0 and 1 would hide a lot)",
    lambda zero, one: bool(
        (BatchNorm2d(2).running_mean == zero).all() and (BatchNorm2d(2).running_var == one).all()
    ),
)
prove("moves the running ones by a tenth", lambda: BatchNorm2d(2).momentum == 0.1)

# --- transfer -----------------------------------------------------------------------------------

prove(
    "(batch, 3, 224, 224) -> (batch, 512) in ResNet34",
    lambda *said: said == (*_walk()["image"][1:], _walk()["features"][1]),
)
prove("here (batch, 1000)", lambda _: _walk()["scores"][1])
measured(
    "We taught a small residual network the digits 0 to 4, and gave it a new head for 5 to 9.",
    "0 to 4, after the pass",
    "5 to 9, new head on that",
)
measured("After 80 steps with 16 images each, 73 % were right.", "5 to 9, new head on that")
measured(
    "the same 80 steps reached 25 %, where guessing gets 20 %. (Such a figure on this page is the "
    "middle one of 20 trainings.)",
    "5 to 9, new head on an untrained",
)


@cache
def _prepared(classes: int) -> nn.Module:
    return prepare_for_feature_extraction(ResNet34(), classes)


prove(
    "`requires_grad` is False gets no gradient",
    lambda: (
        [n for n, p in _prepared(5).named_parameters() if p.requires_grad]
        == ["fc.weight", "fc.bias"]
    ),
)
prove("512 features an image in ResNet34", lambda features: _model().fc.weight.shape[1] == features)
prove(
    "(batch, 512) -> (batch, n_classes). For 5 classes that is a weight (5, 512) and a bias (5,): "
    "2,565 numbers learn, and 21,284,672 stand still.",
    lambda features, classes, *_: (
        *shape(_prepared(classes).get_parameter("fc.weight")),
        *shape(_prepared(classes).get_parameter("fc.bias")),
        _learning(classes, True),
        _learning(classes, False),
    ),
)
prove("a new one would only see 1000 scores", lambda _: _walk()["scores"][1])
prove(
    "the pooled map is (batch, 512, 1, 1)",
    lambda c, *ones: shape(nn.AdaptiveAvgPool2d(1)(torch.zeros(2, c, 7, 7)))[1:] == (c, *ones),
)


def _learning(classes: int, learns: bool) -> int:
    parameters = _prepared(classes).parameters()
    return sum(p.numel() for p in parameters if p.requires_grad == learns)


prove(
    "It is the training step of move 1",
    lambda move: COURSE.moves[move - 1].id == "scaffold",
)
prove(
    "Hand it the tensors themselves",
    lambda: sum(len(g["params"]) for g in head_optimizer(_prepared(5), 0.1).param_groups) == 2,
)
prove(
    "Each batch replaces a tenth of them, so after 22 batches nine tenths of the old are gone.",
    lambda batches: 0.9 ** (batches - 1) > 0.1 > 0.9**batches,
)
measured(
    "We showed the network above 80 batches of negatives",
    "0 to 4 with the old head put back",
)
measured(
    "After eval mode it still knew 97.4 % of 0 to 4, as before.",
    "0 to 4 with the old head put back",
    "0 to 4, after the pass",
)
measured("After train mode it knew 51.4 %", "the same after 80 steps in train mode")
prove("A linear head computes the same in both modes.", lambda: _same_in_both())


def _same_in_both() -> bool:
    head, x = Linear(4, 3), torch.randn(2, 4)
    return torch.equal(head.train()(x), head.eval()(x))


# --- the card -----------------------------------------------------------------------------------

prove("model.requires_grad_(False)  # 1.", lambda step: step == 1)
prove("# 2. new: it learns", lambda step: step == 2)
prove(
    "optimizer = torch.optim.Adam(model.fc.parameters(), lr=0.001)  # 3. alone",
    lambda lr, step: (
        close(lr, inspect.signature(torch.optim.Adam).parameters["lr"].default) and step == 3
    ),
)
prove("# 4. running statistics stay", lambda step: step == 4)
prove(
    "in ResNet34 with 5 classes they hold 2,565 numbers, and 21,284,672 stand still",
    lambda classes, *_: (_learning(classes, True), _learning(classes, False)),
)
prove(
    '"element 0 of tensors does not require grad"',
    lambda zero: raises(
        lambda: torch.ones(1).sum().backward(), f"element {zero} of tensors does not require grad"
    ),
)
