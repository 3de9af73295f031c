"""Recall questions of move 3."""

from random import Random
from typing import Any

from lessons.recall import Complete, Order, Predict, Tell, Which


def _running(draw: Random) -> dict[str, Any]:
    old, batch = draw.sample(range(10, 100, 10), 2)
    return {
        "mode": draw.choice(["train", "train", "eval"]),
        "momentum": draw.choice([0.1, 0.2, 0.5]),
        "old": old,
        "batch": batch,
    }


def _moved(mode: str, momentum: float, old: int, batch: int) -> int:
    return old if mode == "eval" else round((1 - momentum) * old + momentum * batch)


def _why_moved(mode: str, momentum: float, old: int, batch: int, answer: str) -> str:
    if mode == "eval":
        return f"In eval mode nothing is changed, so it stays {answer}."
    return (
        f"Momentum is the share of the new batch: {1 - momentum:g} x {old} + {momentum:g} x "
        f"{batch} = {answer}."
    )


def _variance(draw: Random) -> dict[str, Any]:
    n = draw.choice([3, 4, 5, 6, 9, 11])
    return {"n": n, "biased": (n - 1) * draw.randint(1, 6)}


def _maps(draw: Random) -> dict[str, Any]:
    return {
        "batch": draw.choice([2, 4, 8, 10]),
        "channels": draw.choice([3, 16, 64]),
        "height": draw.randint(2, 7),
        "width": draw.randint(2, 7),
    }


def _block(draw: Random) -> dict[str, Any]:
    in_feats = draw.choice([16, 32, 64])
    return {
        "batch": draw.randint(2, 8),
        "in_feats": in_feats,
        "out_feats": draw.choice([in_feats, 2 * in_feats]),
        "stride": draw.choice([1, 2]),
        "size": draw.choice([7, 8, 14, 15, 28]),
    }


def _group(draw: Random) -> dict[str, Any]:
    in_feats = draw.choice([16, 32, 64])
    out_feats, stride = draw.choice([(1, 1), (1, 1), (1, 2), (2, 1), (2, 2)])
    return {
        "n_blocks": draw.randint(2, 6),
        "in_feats": in_feats,
        "out_feats": out_feats * in_feats,
        "stride": stride,
    }


def _projects(n_blocks: int, in_feats: int, out_feats: int, stride: int) -> int:
    return int(in_feats != out_feats or stride != 1)


def _why_projects(n_blocks: int, in_feats: int, out_feats: int, stride: int, answer: str) -> str:
    if answer == "0":
        return (
            "None: the stride is 1 and the channels stay, so each block can add its input as it is."
        )
    changes = [
        *(["the channels"] if in_feats != out_feats else []),
        *(["height and width"] if stride != 1 else []),
    ]
    return (
        f"Only the first: it changes {' and '.join(changes)}, so its input doesn't fit what it "
        "is added to. The blocks after it keep the shape."
    )


QUESTIONS = (
    Tell(
        id="two-modes",
        text="What changes in a `BatchNorm2d` between `model.train()` and `model.eval()`?",
        repair="depth#train-and-eval-differ",
        points=(
            "In train mode it uses this batch's own mean and variance, for each channel over all "
            "images and places; in eval mode the running ones.",
            "In train mode each run moves the running statistics (and counts the batch); in eval "
            "mode nothing is changed.",
            "In eval mode an image's result no longer depends on the images beside it.",
        ),
    ),
    Predict(
        id="running-mean",
        text="A channel's running mean is {old}, and `momentum` is {momentum}. In the next batch "
        "the channel's mean is {batch}. The layer is in {mode} mode. What is the running mean "
        "afterwards?",
        repair="depth#momentum-a-little-of-each-batch",
        draw=_running,
        formula=_moved,
        why=_why_moved,
    ),
    Predict(
        id="running-variance",
        text="In a batch, a channel has {n} values, and the mean of (x - mean)^2 over them is "
        "{biased}. With a momentum of 1, the running variance becomes the batch's. What is it?",
        repair="depth#two-variances",
        draw=_variance,
        formula=lambda n, biased: biased * n // (n - 1),
        why=lambda n, biased, answer: (
            f"The running variance takes the unbiased one, divided by n - 1: {biased} x {n} / "
            f"{n - 1} = {answer}. The output uses {biased}, the biased one."
        ),
    ),
    Predict(
        id="over-how-many",
        text="A batch norm in train mode gets `x` of shape ({batch}, {channels}, {height}, "
        "{width}). Over how many numbers does it take one channel's mean?",
        repair="depth#each-channel-by-its-own-batch",
        draw=_maps,
        formula=lambda batch, channels, height, width: batch * height * width,
        why=lambda batch, channels, height, width, answer: (
            f"Over all images and all places: {batch} x {height} x {width} = {answer}. The "
            f"{channels} channels stay apart."
        ),
    ),
    Predict(
        id="what-learns",
        text="A `BatchNorm2d({channels})` stands in a network. How many numbers in it does the "
        "optimizer change?",
        repair="depth#what-a-batch-norm-layer-keeps",
        draw=lambda draw: {"channels": draw.choice([3, 8, 12, 16, 32, 64, 128])},
        formula=lambda channels: 2 * channels,
        why=lambda channels, answer: (
            f"A scale and a shift for each channel: 2 x {channels} = {answer}. Running mean, "
            "running variance and the counter are buffers: saved, but not learned."
        ),
    ),
    Which(
        id="where-eps",
        text="Both lines keep a constant channel from being 0/0. Which one does what PyTorch's "
        "layer does, and why does it matter?",
        repair="depth#eps-under-the-root",
        right="x = (x - mean) / torch.sqrt(var + eps)",
        wrong="x = (x - mean) / (torch.sqrt(var) + eps)",
        because="Where the variance is small the two differ, and trained weights go with this one.",
        others=(
            "The two always agree, but this one takes a step less.",
            "With this one the output's variance is exactly 1, with the other it is not.",
        ),
        why="Eps goes under the root. For a variance of 0.00001, sqrt(var + eps) is 0.0045 and "
        "sqrt(var) + eps is 0.0032.",
    ),
    Which(
        id="batch-mean",
        text="The batch's mean in train mode, which is then subtracted from `x`. Which code is "
        "right, and why?",
        repair="depth#gradients-through-the-statistics",
        right="mean = x.mean(dim=(0, 2, 3))",
        wrong="mean = x.detach().mean(dim=(0, 2, 3))",
        because="The mean is made of `x`, and what it does to the loss belongs to the gradient.",
        others=(
            "The mean is no parameter, so nothing may be learned through it.",
            "The output would be another one otherwise.",
        ),
        why="Add 1 to a whole channel and the output stays the same, so a channel's gradients add "
        "up to 0. With the mean cut off they don't: the output is right, the learning is wrong.",
    ),
    Complete(
        id="not-learned",
        text="The running mean is to be saved and moved with the module, but not learned. "
        "Complete the line.",
        repair="depth#what-a-batch-norm-layer-keeps",
        line='self.____("running_mean", torch.zeros(num_features))',
        accepts=("register_buffer",),
        why="A buffer is in the `state_dict` and not in `parameters()`.",
    ),
    Predict(
        id="block-shape",
        text="`x` has the shape ({batch}, {in_feats}, {size}, {size}). Which shape comes out of "
        "`ResidualBlock({in_feats}, {out_feats}, first_stride={stride})`?",
        repair="depth#the-left-branch",
        draw=_block,
        formula=lambda batch, in_feats, out_feats, stride, size: (
            (batch, out_feats, *[-(-size // stride)] * 2)
        ),
        why=lambda batch, in_feats, out_feats, stride, size, answer: (
            f"The channels become {out_feats}. The windows of 3 have padding 1, so height and "
            f"width are divided by the stride, {stride}, and rounded up: {answer}."
        ),
    ),
    Predict(
        id="group-projects",
        text="`BlockGroup({n_blocks}, {in_feats}, {out_feats}, first_stride={stride})`: how many "
        "of its blocks have a projection?",
        repair="depth#when-the-shortcut-needs-a-projection",
        draw=_group,
        formula=_projects,
        why=_why_projects,
    ),
    Order(
        id="block",
        text="What a residual block does with its input, from the start of its left branch: put "
        "the steps in order.",
        repair="depth#relu-after-the-sum",
        steps=(
            "a 3x3 convolution with the block's stride, then batch norm",
            "ReLU of the left branch",
            "a 3x3 convolution with stride 1, then batch norm",
            "add the right branch",
            "ReLU of the sum",
        ),
        why="The last ReLU comes after the sum: before it, the left branch could only add, never "
        "subtract.",
    ),
    Tell(
        id="projection",
        text="When does a residual block need a projection in its right branch, and what is it "
        "made of?",
        repair="depth#when-the-shortcut-needs-a-projection",
        points=(
            "Where the stride is not 1, as height and width change.",
            "Where the number of channels changes. Everywhere else the input is added as it is.",
            "It is a 1x1 convolution with the block's stride, and a batch norm after it.",
        ),
    ),
    Tell(
        id="why-add",
        text="A block adds its input to what it computes. Why does that help a deep stack learn?",
        repair="lab:race",
        points=(
            "On the way back the sum hands the gradient on as it is, past the block's weights.",
            "In a plain stack each layer multiplies the gradient, so over many layers it fades (or "
            "explodes) before it reaches the first.",
            "So it is about optimisation: a plain deep stack is worse on the data it trains on, "
            "too.",
        ),
    ),
)
