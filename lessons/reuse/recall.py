"""Recall questions of move 4."""

from random import Random
from typing import Any

from lessons.recall import Complete, Order, Predict, Tell, Which


def _blocks(draw: Random) -> dict[str, Any]:
    return {"blocks": [draw.randint(1, 6) for _ in range(4)]}


def _photos(draw: Random) -> dict[str, Any]:
    return {"batch": draw.randint(2, 16), "size": draw.choice([64, 96, 128, 160, 192, 256])}


def _groups(draw: Random) -> dict[str, Any]:
    channels = [draw.choice([16, 32])]
    for _ in range(3):
        channels.append(channels[-1] * draw.choice([1, 2]))
    return {"channels": channels, "strides": [1] + [draw.choice([1, 2]) for _ in range(3)]}


def _projections(channels: list[int], strides: list[int]) -> int:
    before = [channels[0], *channels]
    groups = zip(before, channels, strides, strict=False)
    return sum(stride != 1 or old != new for old, new, stride in groups)


def _layers(draw: Random) -> dict[str, Any]:
    return {"convolutions": draw.randint(2, 9), "norms": draw.randint(2, 9)}


QUESTIONS = (
    Predict(
        id="name",
        text="The number in ResNet34's name counts the stem's convolution, two convolutions a "
        "block and the linear layer. What would be the number of a network with {blocks} blocks "
        "in its groups?",
        repair="reuse#the-plan-of-resnet34",
        draw=_blocks,
        formula=lambda blocks: 2 * sum(blocks) + 2,
        why=lambda blocks, answer: (
            f"{sum(blocks)} blocks with 2 convolutions each, and 2 more: {answer}. ResNet34 has "
            "[3, 4, 6, 3], 16 blocks."
        ),
    ),
    Predict(
        id="stem-shape",
        text="A batch of shape ({batch}, 3, {size}, {size}) goes into ResNet34. Which shape does "
        "it have when it enters the first group of blocks?",
        repair="reuse#the-stem",
        draw=_photos,
        formula=lambda batch, size: (batch, 64, size // 4, size // 4),
        why=lambda batch, size, answer: (
            f"The 7x7 convolution makes 64 channels and, with stride 2, {size // 2}x{size // 2}. "
            f"The max pool has stride 2 as well: {answer}."
        ),
    ),
    Predict(
        id="last-map",
        text="A batch of shape ({batch}, 3, {size}, {size}) goes into ResNet34. Which shape does "
        "it have when it comes out of the last group, before the average?",
        repair="reuse#the-plan-of-resnet34",
        draw=_photos,
        formula=lambda batch, size: (batch, 512, size // 32, size // 32),
        why=lambda batch, size, answer: (
            "Five times the size is halved: by the stem's convolution, the max pool, and groups "
            f"2, 3 and 4. {size} / 32 = {size // 32}, and the last group has 512 channels: "
            f"{answer}."
        ),
    ),
    Predict(
        id="how-many-project",
        text="`out_features_per_group` is {channels}, and `first_strides_per_group` is {strides}. "
        "How many blocks of the whole network have a projection?",
        repair="reuse#groups-and-their-strides",
        draw=_groups,
        formula=_projections,
        why=lambda channels, strides, answer: (
            "Only a group's first block may project, and only where its stride is not 1 or its "
            "channels change. The stem feeds the first group as many channels as it has, so "
            f"that one never does with stride 1. Here it is {answer} of 4 groups."
        ),
    ),
    Predict(
        id="entries",
        text="A network has {convolutions} convolutions without bias, {norms} batch norms and one "
        "linear layer with bias. How many rows does its `state_dict` have?",
        repair="reuse#one-order-for-all",
        draw=_layers,
        formula=lambda convolutions, norms: convolutions + 5 * norms + 2,
        why=lambda convolutions, norms, answer: (
            f"1 row a convolution, 5 a batch norm (weight, bias and 3 buffers), 2 for the linear "
            f"layer: {convolutions} + 5 x {norms} + 2 = {answer}."
        ),
    ),
    Predict(
        id="can-learn",
        text="A trained network ends in a linear layer with {features} inputs. It is prepared for "
        "feature extraction, for {classes} new classes. How many numbers can learn?",
        repair="reuse#freeze-then-replace",
        draw=lambda draw: {
            "features": draw.choice([20, 50, 64, 100, 512]),
            "classes": draw.choice([2, 3, 5, 10]),
        },
        formula=lambda features, classes: (features + 1) * classes,
        why=lambda features, classes, answer: (
            f"Only the new head's: {features} x {classes} weights and {classes} biases, {answer}. "
            "All else is frozen."
        ),
    ),
    Order(
        id="prepare",
        text="Feature extraction, from an empty network to its first step: put this into an order "
        "that works.",
        repair="reuse#freeze-then-replace",
        steps=(
            "copy the trained weights, head included",
            "freeze every parameter",
            "put a new linear layer in the last one's place",
            "give an optimizer the parameters that require gradients",
            "take a training step",
        ),
        before=((0, 2), (1, 2), (2, 3), (3, 4)),
        why="The trained weights fit the old head, so they come before the new one. What is put in "
        "after the freezing requires gradients by itself; frozen afterwards, it never learns. And "
        "the optimizer can only hold parameters that are there.",
    ),
    Which(
        id="which-rows",
        text="All weights of a trained network are copied: `a.copy_(b)` for each pair, inside "
        "`torch.no_grad()`. Which line is right, and why?",
        repair="reuse#copying-weights",
        right="pairs = zip(mine.state_dict().values(), theirs.state_dict().values())",
        wrong="pairs = zip(mine.parameters(), theirs.parameters())",
        because="Only here are the running statistics among the pairs.",
        others=(
            "Only here do the pairs come in the order of `forward`.",
            "Only here is nothing copied that wasn't learned.",
        ),
        why="`parameters()` lists no buffers. With trained weights and untrained running "
        "statistics every score is off.",
    ),
    Which(
        id="take-values",
        text="`a` is a parameter of your network, `b` the same one of a trained network, and the "
        "values are to be copied, inside `torch.no_grad()`. Which line is right, and why?",
        repair="reuse#copying-weights",
        right="a.copy_(b)",
        wrong="a.data = b.data",
        because="The trained network must not change when yours is trained.",
        others=(
            "Otherwise the values would be rounded.",
            "Otherwise `a` would no longer be a parameter.",
        ),
        why="`a.data = b.data` makes two networks share one memory: a step of one changes the "
        "other. Copy values, not tensors.",
    ),
    Complete(
        id="freeze",
        text="From now on no parameter of `model` is to get a gradient. Complete the line.",
        repair="reuse#freeze-then-replace",
        line="model.____(False)",
        accepts=("requires_grad_",),
        why="It says so to each parameter of the model, also in modules inside modules. Setting "
        "`model.requires_grad = False` would only make an attribute that nobody reads.",
    ),
    Tell(
        id="why-order",
        text="Weights are copied from torchvision's ResNet34 into yours. Why must yours declare "
        "its layers in the same order, and why is it not enough that all shapes fit?",
        repair="lab:parity",
        points=(
            "Rows are paired by their place, the first with the first; names may differ.",
            "The place is that in which `__init__` assigned the modules, whatever `forward` does.",
            "Two rows of the same shape can be exchanged without any error: all fits, and the "
            "scores are wrong. Comparing outputs shows it.",
        ),
    ),
    Tell(
        id="what-trains",
        text="In feature extraction, what stays trainable, what doesn't, and what about the batch "
        "norms' running statistics?",
        repair="reuse#frozen-is-not-eval",
        points=(
            "The new head's weight and bias stay trainable, nothing else.",
            "All parameters of the backbone are frozen (`requires_grad` is False).",
            "Running statistics are no parameters: in train mode they move, frozen or not. So the "
            "backbone runs in eval mode.",
        ),
    ),
)
