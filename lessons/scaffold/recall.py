"""Recall questions of move 1."""

import math
from random import Random
from typing import Any

from lessons.recall import Complete, Order, Predict, Tell, Which


def _images(draw: Random) -> dict[str, Any]:
    return {
        "batch": draw.randint(2, 30),
        "channels": draw.choice([1, 1, 3]),
        "height": draw.randint(3, 8),
        "width": draw.randint(3, 8),
    }


def _layers(draw: Random) -> dict[str, Any]:
    return {
        "inputs": draw.choice([20, 30, 40, 50, 60]),
        "hidden": draw.choice([5, 10, 20]),
        "classes": draw.randint(2, 6),
    }


def _two_batches(draw: Random) -> dict[str, Any]:
    first, second = draw.choice([(8, 2), (15, 5), (6, 4), (40, 10), (3, 2), (4, 1)])
    right = draw.randint(1, first)
    # Not the same fraction twice: then the mean of the fractions would be right as well.
    others = [n for n in range(second + 1) if n * first != right * second]
    return {"first": first, "second": second, "right": right, "right2": draw.choice(others)}


QUESTIONS = (
    Predict(
        id="rows",
        text="A batch of images has the shape ({batch}, {channels}, {height}, {width}). A linear "
        "layer wants the numbers of each image in one row. Which shape does the batch have then?",
        repair="scaffold#flatten-keeps-the-batch-apart",
        draw=_images,
        formula=lambda batch, channels, height, width: (batch, channels * height * width),
        why=lambda batch, channels, height, width, answer: (
            f"Dimension 0 counts the images and stays {batch}. The rest becomes one row of "
            f"{channels} x {height} x {width} numbers: {answer}."
        ),
    ),
    Predict(
        id="mlp-size",
        text="A network has two linear layers with biases, {inputs} -> {hidden} and "
        "{hidden} -> {classes}. How many numbers does it learn?",
        repair="scaffold#one-linear-layer",
        draw=_layers,
        formula=lambda inputs, hidden, classes: (inputs + 1) * hidden + (hidden + 1) * classes,
        why=lambda inputs, hidden, classes, answer: (
            f"Each layer has a weight for each pair of input and output and a bias for each "
            f"output: {inputs} x {hidden} + {hidden}, and {hidden} x {classes} + {classes}. "
            f"That makes {answer}."
        ),
    ),
    Predict(
        id="first-values",
        text="A `Linear` layer has {inputs} inputs. Its initial values are drawn evenly between "
        "-bound and +bound. How large is bound?",
        repair="scaffold#small-and-random-at-the-start",
        draw=lambda draw: {"inputs": draw.choice([4, 16, 25, 64, 100, 400, 2500])},
        formula=lambda inputs: inputs**-0.5,
        why=lambda inputs, answer: (
            f"1 divided by the root of {inputs}, which is {math.isqrt(inputs)}: {answer}. "
            "A sum with random signs grows like the root of the number of its terms."
        ),
        tolerance=0.0005,
    ),
    Predict(
        id="no-idea",
        text="A network without any idea gives the same logit to each of {classes} classes. How "
        "large is its cross-entropy? (A formula will do, or one decimal.)",
        repair="scaffold#what-cross-entropy-uses",
        draw=lambda draw: {"classes": draw.choice([2, 3, 4, 5, 8, 20, 50, 100])},
        formula=lambda classes: math.log(classes),
        why=lambda classes, answer: (
            f"Softmax gives each class 1/{classes}. The loss is minus the logarithm of the "
            f"label's share: -ln(1/{classes}) = ln {classes} = {answer}."
        ),
        tolerance=0.051,
    ),
    Predict(
        id="two-batches",
        text="Accuracy is measured on two batches. In the first, {right} of {first} images are "
        "right, in the second {right2} of {second}. What is the accuracy over both?",
        repair="scaffold#measuring-accuracy",
        draw=_two_batches,
        formula=lambda first, second, right, right2: (right + right2) / (first + second),
        why=lambda first, second, right, right2, answer: (
            f"Count images, not batches: {right} + {right2} of {first} + {second} are right, "
            f"{right + right2}/{first + second} = {answer}. The mean of the two fractions would "
            "let the smaller batch count for more."
        ),
        tolerance=0.006,
    ),
    Order(
        id="step",
        text="The gradients of the last step are still in `.grad`. Put one training step into an "
        "order that works.",
        repair="scaffold#one-training-step",
        steps=(
            "`logits = model(images)`",
            "`loss = F.cross_entropy(logits, labels)`",
            "`optimizer.zero_grad()`",
            "`loss.backward()`",
            "`optimizer.step()`",
        ),
        before=((0, 1), (1, 3), (2, 3), (3, 4)),
        why="`backward` adds to what is in `.grad`, so the old gradients must be gone by then; "
        "anywhere before it will do. `step` uses what `backward` has worked out.",
    ),
    Which(
        id="list-of-layers",
        text="A network of your own keeps its layers in one attribute. Which line is right, "
        "and why?",
        repair="scaffold#a-parameter-is-registered-by-its-module",
        right="self.layers = nn.ModuleList([Linear(784, 100), Linear(100, 10)])",
        wrong="self.layers = [Linear(784, 100), Linear(100, 10)]",
        because="Only with this one does the optimizer get the weights to change.",
        others=(
            "Only with this one can `forward` use the layers one by one.",
            "Only with this one do the layers start with different weights.",
        ),
        why="`model.parameters()` finds what is registered. A plain list hides its modules: "
        "`forward` works with it, and nothing ever learns.",
    ),
    Complete(
        id="forward-line",
        text="`self.weight` has the shape (out_features, in_features), and `x` has "
        "(batch, in_features). Complete the line.",
        repair="scaffold#one-linear-layer",
        line="return x @ self.weight.____ + self.bias",
        accepts=(
            "T",
            "t()",
            "mT",
            "transpose(0, 1)",
            "transpose(1, 0)",
            "transpose(-2, -1)",
            "transpose(-1, -2)",
            "permute(1, 0)",
            "swapaxes(0, 1)",
            "swapaxes(1, 0)",
            "swapdims(0, 1)",
            "swapdims(1, 0)",
        ),
        why="(batch, in_features) @ (in_features, out_features) makes (batch, out_features). The "
        "weight is stored with one row for each output, so it has to be transposed.",
    ),
    Tell(
        id="no-softmax",
        text="Why does the classifier's `forward` not end in a softmax?",
        repair="scaffold#what-cross-entropy-uses",
        points=(
            "`F.cross_entropy` takes raw scores: it applies the softmax (its logarithm) itself.",
            "A second softmax squeezes the scores into 0 to 1, so the gradients get small and "
            "learning is slow.",
            "The answer needs none: the highest score stays the highest.",
        ),
    ),
    Tell(
        id="without-relu",
        text="Two linear layers with nothing between them: what is that network able to do, and "
        "what would a third and a fourth such layer add?",
        repair="scaffold#why-a-relu-between",
        points=(
            "No more than a single linear layer: multiply the weights, and the outputs are the "
            "same.",
            "More of them add nothing; it stays a single layer. It takes a ReLU (or the like) "
            "between them.",
        ),
    ),
    Tell(
        id="shuffled",
        text="The pixels of all digits are shuffled, each image in the same way. How well does "
        "`SimpleMLP` learn them, and what does that say about a digit that moves?",
        repair="scaffold#why-flat-pixels-will-trouble-us",
        points=(
            "It learns them just as well as before.",
            "So it doesn't use which pixel is next to which: it learns each place by itself.",
            "A digit that moves meets other inputs and other weights, so it is new to the network.",
        ),
    ),
)
