"""Every figure that the board of move 1 names, measured on the reference.

    python -m benchmarks.board_figures

Training is one pass as in ``one_pass``; a range is least, median and most over 20 seeds.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.one_pass import CHOSEN, no_relu
from reference.data import batches, digits
from reference.mlp import Linear, SimpleMLP, accuracy, train

SEEDS = 20
SHOWN = 578  # the test image that the board draws


def spread(values: list[float]) -> str:
    """Return least, median and most."""
    return " | ".join(
        f"{v:.4f}" for v in (min(values), sorted(values)[len(values) // 2], max(values))
    )


def one_pass(seed: int, model: nn.Module, images: Tensor, labels: Tensor) -> nn.Module:
    """Train a model as the board says."""
    name, lr, size = CHOSEN
    order = batches(images, labels, size, torch.Generator().manual_seed(seed))
    train(model, order, getattr(torch.optim, name)(model.parameters(), lr=lr))
    return model


def shift(images: Tensor, pixels: int) -> Tensor:
    """Move images to the right (or left, below 0); what leaves is lost, paper comes in."""
    moved = torch.zeros_like(images)
    if pixels >= 0:
        moved[..., pixels:] = images[..., : 28 - pixels]
    else:
        moved[..., :pixels] = images[..., -pixels:]
    return moved


def start(images: Tensor, labels: Tensor) -> None:
    """Print sizes, the loss at the start, and what other initial values do to it."""
    model = SimpleMLP()
    print("parameters:", {n: p.numel() for n, p in model.named_parameters()})
    print("in all:", sum(p.numel() for p in model.parameters()))
    for label, scale in (("right bounds", 1.0), ("bounds of 1", None), ("zeros", 0.0)):
        losses, reached = [], []
        for seed in range(SEEDS if scale else 5):
            torch.manual_seed(seed)
            model = SimpleMLP()
            for parameter in model.parameters():
                bound = 1 if scale is None else scale * parameter.detach().abs().max().item()
                if scale != 1.0:
                    nn.init.uniform_(parameter, -bound, bound)
            with torch.no_grad():
                losses.append(F.cross_entropy(model(images), labels).item())
            if scale == 0.0:
                one_pass(seed, model, images, labels)
                reached.append(accuracy(model, batches(*digits("test"), 500)))
        print(f"loss at the start, {label}: {spread(losses)}")
    print("zeros after a pass:", spread(reached))


def two_linear_layers_are_one() -> None:
    """Print how far a network without ReLU is from one linear layer."""
    model = no_relu().double()
    first, second = (module for module in model.modules() if isinstance(module, Linear))
    assert first.bias is not None
    assert second.bias is not None
    x = torch.rand(100, 1, 28, 28, dtype=torch.float64)
    weight = second.weight @ first.weight  # (10, 784)
    bias = second.weight @ first.bias + second.bias
    gap = (model(x) - (x.flatten(1) @ weight.T + bias)).abs().max().item()
    print(f"two linear layers against one: largest difference {gap:.0e}")


def what_softmax_does() -> None:
    """Print loss and gradient for logits, log-probabilities and probabilities."""
    for title, logits in (
        ("no idea", torch.zeros(10)),
        ("sure and wrong", torch.tensor([0.0, 10, *[0.0] * 8])),
        ("sure and right", torch.tensor([0.0] * 5 + [10.0] + [0.0] * 4)),
    ):
        for name, end in (
            ("logits", lambda s: s),
            ("log-softmax", lambda s: s.log_softmax(0)),
            ("softmax", lambda s: s.softmax(0)),
        ):
            s = logits.clone().double().requires_grad_()
            loss = F.cross_entropy(end(s)[None], torch.tensor([5]))
            (gradient,) = torch.autograd.grad(loss, s)
            print(
                f"{title}, {name}: loss {loss:.4f}, gradient at the right class {gradient[5]:.2g}"
            )


def tell_scores(title: str, logits: Tensor) -> None:
    """Print one image's logits, their probabilities, and the loss of each label."""
    print(title, "logits:", " ".join(f"{x:.1f}" for x in logits))
    print(" exponentials:", " ".join(f"{x:.3g}" for x in logits.exp()))
    print(" probabilities:", " ".join(f"{x:.4f}" for x in logits.softmax(0)))
    print(" minus logarithms:", " ".join(f"{x:.3f}" for x in -logits.log_softmax(0)))


def after_a_pass(images: Tensor, labels: Tensor) -> None:
    """Print accuracy on shifted and on shuffled digits, and what the drawn one is taken for."""
    test_images, test_labels = digits("test")
    shifts = (-4, -3, -2, -1, 0, 1, 2, 3, 4)
    reached: dict[object, list[float]] = {}
    told: dict[int, list[int]] = {pixels: [] for pixels in shifts}
    order = torch.randperm(784, generator=torch.Generator().manual_seed(0))

    def shuffle(x: Tensor) -> Tensor:
        return x.flatten(1)[:, order].reshape(x.shape)

    for seed in range(SEEDS):
        torch.manual_seed(seed)
        before = SimpleMLP()
        reached.setdefault("before", []).append(accuracy(before, [(test_images, test_labels)]))
        model = one_pass(seed, before, images, labels)
        for pixels in shifts:
            moved = shift(test_images, pixels)
            reached.setdefault(pixels, []).append(accuracy(model, [(moved, test_labels)]))
            with torch.no_grad():
                logits = model(moved[SHOWN : SHOWN + 1])
            told[pixels].append(int(logits.argmax()))
            if seed == 0 and pixels in (0, 1):
                tell_scores(f"image {SHOWN} moved by {pixels}", logits[0])
        torch.manual_seed(seed)
        model = one_pass(seed, SimpleMLP(), shuffle(images), labels)
        value = accuracy(model, [(shuffle(test_images), test_labels)])
        reached.setdefault("pixels shuffled", []).append(value)
    for what, values in reached.items():
        print(f"accuracy, {what}: {spread(values)}")
    for pixels, answers in told.items():
        ink = (shift(test_images[SHOWN], pixels) - test_images[SHOWN]).abs() > 0.5
        print(
            f"image {SHOWN} ({int(test_labels[SHOWN])}) moved by {pixels}: {int(ink.sum())}", end=""
        )
        print(f" pixels change by more than half; taken for {answers}")


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    images, labels = digits("train")
    start(images, labels)
    two_linear_layers_are_one()
    what_softmax_does()
    after_a_pass(images, labels)


if __name__ == "__main__":
    main()
