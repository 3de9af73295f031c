"""Recall questions of move 2."""

from random import Random
from typing import Any

from lessons.recall import Complete, Order, Predict, Tell, Which


def _size(size: int, kernel: int, stride: int, padding: int) -> int:
    return (size + 2 * padding - kernel) // stride + 1


def _row(draw: Random) -> dict[str, Any]:
    kernel = draw.choice([2, 3, 4, 5, 7])
    return {
        "size": draw.randint(12, 40),
        "kernel": kernel,
        "stride": draw.choice([1, 2, 2, 3]),
        "padding": draw.randint(0, kernel // 2),
    }


def _maps(draw: Random) -> dict[str, Any]:
    kernel = draw.choice([3, 5])
    return {
        "batch": draw.randint(2, 16),
        "channels": draw.choice([1, 3, 8]),
        "maps": draw.choice([4, 6, 12, 16]),
        "size": draw.choice([8, 10, 12, 14, 20, 28]),
        "kernel": kernel,
        "stride": draw.choice([1, 2]),
        "padding": draw.choice([0, kernel // 2]),
    }


def _window(draw: Random) -> dict[str, Any]:
    return {
        "window": [[draw.randint(0, 4) for _ in range(2)] for _ in range(2)],
        "weight": [[draw.choice([-2, -1, 1, 2, 3]) for _ in range(2)] for _ in range(2)],
    }


def _products(window: list[list[int]], weight: list[list[int]]) -> list[tuple[int, int]]:
    return [
        pair
        for pixels, weights in zip(window, weight, strict=True)
        for pair in zip(pixels, weights, strict=True)
    ]


def _moves(draw: Random) -> dict[str, Any]:
    stride, window = draw.choice([1, 2]), draw.choice([2, 2, 3])
    return {"stride": stride, "window": window, "shift": stride * window * draw.randint(1, 3)}


QUESTIONS = (
    Predict(
        id="map-size",
        text="A row of {size} pixels, a window of {kernel}, stride {stride}, padding {padding}. "
        "How many outputs does it give?",
        repair="lab:shapes",
        draw=_row,
        formula=_size,
        why=lambda size, kernel, stride, padding, answer: (
            f"The last start is {size} + 2 x {padding} - {kernel} = {size + 2 * padding - kernel}. "
            f"Divided by {stride} and rounded down that is {int(answer) - 1} steps, and 1 more "
            f"for the start: {answer}."
        ),
    ),
    Predict(
        id="map-shape",
        text="`x` has the shape ({batch}, {channels}, {size}, {size}). Which shape comes out of "
        "`Conv2d({channels}, {maps}, {kernel}, stride={stride}, padding={padding})`?",
        repair="locality#the-weight-of-a-convolution",
        draw=_maps,
        formula=lambda batch, channels, maps, size, kernel, stride, padding: (
            (batch, maps, *[_size(size, kernel, stride, padding)] * 2)
        ),
        why=lambda batch, channels, maps, size, kernel, stride, padding, answer: (
            f"The batch stays {batch}, and {maps} filters make {maps} maps. Height and width are "
            f"({size} + 2 x {padding} - {kernel}) / {stride}, rounded down, plus 1. That makes "
            f"{answer}."
        ),
    ),
    Predict(
        id="weights",
        text="This course's `Conv2d({channels}, {maps}, {kernel})` has no bias, and the image is "
        "{size}x{size}. How many weights does the layer have?",
        repair="locality#the-weight-of-a-convolution",
        draw=lambda draw: {
            "channels": draw.choice([1, 3, 8, 10]),
            "maps": draw.choice([4, 10, 16, 20]),
            "kernel": draw.choice([1, 3, 5]),
            "size": draw.choice([14, 28, 32, 64]),
        },
        formula=lambda channels, maps, kernel, size: maps * channels * kernel**2,
        why=lambda channels, maps, kernel, size, answer: (
            f"Each of the {maps} filters has a slice of {kernel} x {kernel} for each of the "
            f"{channels} channels: {answer}. The size of the image is no matter, because every "
            "place uses the same weights."
        ),
    ),
    Predict(
        id="one-output",
        text="Below the window lie the pixels `{window}`, and its weights are `{weight}` (a list "
        "for each row). Which output does the convolution give here?",
        repair="locality#one-small-window-everywhere",
        draw=_window,
        formula=lambda window, weight: sum(a * b for a, b in _products(window, weight)),
        why=lambda window, weight, answer: (
            "Each pixel times the weight that lies on it, added up: "
            + " + ".join(f"{a}*{b}" for a, b in _products(window, weight))
            + f" = {answer}. The filter is neither turned over nor transposed."
        ),
    ),
    Predict(
        id="at-the-edge",
        text="`MaxPool2d(2, padding=1)` looks at the corner of a map: its window holds one value "
        "of the map, {value}, and three places outside. What does it answer there?",
        repair="locality#outside-is-minus-infinity",
        draw=lambda draw: {"value": draw.choice([-9, -7, -5, -4, -3, -2, 2, 4])},
        formula=lambda value: value,
        why=lambda value, answer: (
            f"{answer}: what lies outside counts as minus infinity and never wins. Zeros would "
            "win over a negative value, though nothing in the map is so strong."
        ),
    ),
    Predict(
        id="map-moves",
        text="An image goes through `Conv2d(1, 8, 5, stride={stride}, padding=2)`, then through "
        "`MaxPool2d({window})`. The digit in it moves {shift} pixels to the right and stays clear "
        "of the edge. By how many pixels does its map move?",
        repair="locality#a-shifted-digit-gives-a-shifted-map",
        draw=_moves,
        formula=lambda stride, window, shift: shift // (stride * window),
        why=lambda stride, window, shift, answer: (
            f"A step on the map is {stride} x {window} = {stride * window} pixels of the image, "
            f"and {shift} / {stride * window} = {answer}. The map is the same otherwise."
        ),
    ),
    Order(
        id="network",
        text="From the image of a digit to its ten scores: put the parts of the network in order.",
        repair="locality#average-pooling-forgets-where",
        steps=(
            "`Conv2d(1, 16, 5, padding=2)`, then ReLU",
            "max pool, 28x28 to 14x14",
            "`Conv2d(16, 32, 3, padding=1)` on 14x14, then ReLU",
            "the mean of each map",
            "`Linear(32, 10)`",
        ),
        why="Channels and sizes have to fit: 1 channel of 28x28, 16 of 28x28, 16 of 14x14, 32 of "
        "14x14, 32 numbers, 10 scores. Place is given up last.",
    ),
    Which(
        id="mean-of-what",
        text="At the end, `x` of shape (batch, channels, height, width) is averaged before the "
        "linear layer. Which line is right, and why?",
        repair="locality#average-pooling-forgets-where",
        right="x = x.mean(dim=(2, 3))",
        wrong="x = x.mean(dim=(0, 2, 3))",
        because="An image's answer must not depend on the images beside it.",
        others=(
            "Only this way does a single number for each channel remain.",
            "The channels must be averaged as well, or too many numbers are left.",
        ),
        why="The mean is taken over all places of one map of one image. Dimension 0 counts the "
        "images, and it stays: (batch, channels).",
    ),
    Which(
        id="left-out",
        text="`MaxPool2d(kernel_size)` is built without a stride, so `stride` is None. Which line "
        "of its `__init__` does what PyTorch does, and why?",
        repair="locality#max-pooling-keeps-the-strongest",
        right="self.stride = kernel_size if stride is None else stride",
        wrong="self.stride = 1 if stride is None else stride",
        because="Left out, the windows stand side by side.",
        others=(
            "Left out, it is what it is for a convolution.",
            "Left out, the map keeps its size.",
        ),
        why="A max pool's stride is its window unless it is given: `MaxPool2d(2)` halves height "
        "and width. For a convolution, left out, it is 1.",
    ),
    Complete(
        id="handed-on",
        text="`__init__` has kept the stride and the padding. Complete the convolution's "
        "`forward`; `F.conv2d` has a bias as third argument, so name what you give.",
        repair="locality#stride-and-padding",
        line="return F.conv2d(x, self.weight, ____)",
        accepts=(
            "stride=self.stride, padding=self.padding",
            "bias=None, stride=self.stride, padding=self.padding",
            "None, stride=self.stride, padding=self.padding",
            "None, self.stride, self.padding",
            "None, self.stride, padding=self.padding",
        ),
        why="Left out, stride is 1 and padding 0, whatever was asked for. Without names, the "
        "stride would be taken for a bias.",
    ),
    Tell(
        id="two-pools",
        text="Why is max pooling used early in a network, and average pooling late?",
        repair="lab:pooling",
        points=(
            "Max pooling keeps the strongest answer of each small window: the map gets smaller, "
            "and what was found is kept.",
            "It stays known roughly where; early, the next layers still need to see what is "
            "beside what.",
            "Average pooling makes one number of a whole map: how much, no longer where.",
            "So it comes last, and the answer stays when the digit moves.",
        ),
    ),
    Tell(
        id="two-ideas",
        text="How does a convolution differ from a linear layer on flat pixels, and what follows "
        "from that when the digit moves?",
        repair="locality#a-shifted-digit-gives-a-shifted-map",
        points=(
            "Each output sees a small window only, pixels that lie beside each other.",
            "The same weights are used at every place.",
            "So when the digit moves, its map moves along and is the same otherwise.",
        ),
    ),
)
