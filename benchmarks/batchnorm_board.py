"""Every figure that the board of move 3 names about batch norm, measured on the reference.

    python -m benchmarks.batchnorm_board

A range is least, median and most over 20 seeds. A seed draws the initial values of a small
network with two batch norms and shuffles the digits; training is one pass, Adam, 0.005, batches
of 32.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from benchmarks.board_figures import SEEDS, spread
from reference.batchnorm import BatchNorm2d
from reference.conv import AveragePool, Conv2d
from reference.data import batches, digits
from reference.mlp import Linear, train
from reference.resnet import ResNet34

LEARNING_RATE = 0.005


def network() -> nn.Module:
    """(batch, 1, 28, 28) -> (batch, 10)"""
    return nn.Sequential(
        Conv2d(1, 32, 3, stride=2, padding=1),
        BatchNorm2d(32),
        nn.ReLU(),
        Conv2d(32, 64, 3, stride=2, padding=1),
        BatchNorm2d(64),
        nn.ReLU(),
        AveragePool(),
        Linear(64, 10),
    )


def right(model: nn.Module, groups: list[tuple[Tensor, Tensor]], *, training: bool) -> float:
    """The share that is right, in the mode asked for; running statistics stay as they are."""
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.train(training)
    with torch.no_grad():
        hits = sum(int((model(x).argmax(1) == y).sum()) for x, y in groups)
    model.load_state_dict(before)
    return hits / sum(len(y) for _, y in groups)


def modes() -> None:
    """Print how much is right in eval mode, and in train mode for several kinds of batches."""
    train_images, train_labels = digits("train")
    images, labels = digits("test")
    some = labels.argsort()[::10]  # 200 images, 20 of each digit or so
    mixed = list(zip(images.split(32), labels.split(32), strict=True))
    alike = [(images[labels == d], labels[labels == d]) for d in range(10)]
    alone = list(zip(images[some].split(1), labels[some].split(1), strict=True))
    found: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        model = network()
        order = batches(train_images, train_labels, 32, torch.Generator().manual_seed(seed))
        train(model, order, torch.optim.Adam(model.parameters(), lr=LEARNING_RATE))
        found.setdefault("eval mode", []).append(right(model, mixed, training=False))
        for name, groups in (("mixed", mixed), ("one digit", alike), ("one image", alone)):
            found.setdefault(f"train mode, {name}", []).append(right(model, groups, training=True))
        for module in model.modules():
            if isinstance(module, BatchNorm2d):
                module.running_mean.zero_()
                module.running_var.fill_(1)
        found.setdefault("eval, never moved", []).append(right(model, mixed, training=False))
    for name, values in found.items():
        print(f"{name}: {spread(values)}")


def numbers() -> None:
    """Print the figures that need no training."""
    model = ResNet34()
    layers = sum(isinstance(m, BatchNorm2d) for m in model.modules())
    print("batch norms in ResNet34:", layers, "entries:", len(model.state_dict()))
    generator = torch.Generator().manual_seed(0)
    draws = torch.randn(100_000, 24, generator=generator, dtype=torch.float64)
    for unbiased in (False, True):
        print("mean variance of 24:", draws.var(1, unbiased=unbiased).mean().item())
    print("0.9^10, 0.9^50:", 0.9**10, 0.9**50)
    var, eps = 1e-5, 1e-5
    print("var 1e-5: inside", (var + eps) ** 0.5, "outside", var**0.5 + eps)
    print("new layer, running_var 0, eval: times", eps**-0.5)
    half = torch.tensor(2048.0, dtype=torch.float16)
    print("float16: 2048 + 1 =", (half + 1).item())


def gradients() -> None:
    """Print what the gradients of a channel add up to, with the statistics and without."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 3, 4, generator=generator, dtype=torch.float64, requires_grad=True)
    push = torch.randn(2, 3, 3, 4, generator=generator, dtype=torch.float64)
    layer = BatchNorm2d(3).double()
    layer(x).backward(push)
    assert x.grad is not None
    print("gradients of a channel add up to", x.grad.sum((0, 2, 3)).tolist())
    mean = x.detach().mean((0, 2, 3), keepdim=True)
    std = x.detach().var((0, 2, 3), unbiased=False, keepdim=True).add(1e-5).sqrt()
    x.grad = None
    ((x - mean) / std).backward(push)
    print("with detached statistics", x.grad.sum((0, 2, 3)).tolist())


def main() -> None:
    """Print all figures."""
    torch.set_num_threads(1)
    numbers()
    gradients()
    modes()


if __name__ == "__main__":
    main()
