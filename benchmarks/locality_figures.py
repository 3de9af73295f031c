"""Every figure that the board of move 2 names, measured on the reference.

    python -m benchmarks.locality_figures

Training is one pass as in ``one_pass``; a range is least, median and most over the seeds.
"""

import time

import torch
from torch import nn

from benchmarks.board_figures import SHOWN, shift
from benchmarks.one_pass import CHOSEN
from reference.conv import AveragePool, Conv2d, MaxPool2d, conv_output_size
from reference.data import batches, digits
from reference.mlp import Linear, SimpleMLP, accuracy, train

SEEDS = 20
EDGES = torch.tensor([[-1.0, 0.0, 1.0]] * 3)[None, None]  # answers where ink begins


def network(last: str = "average") -> nn.Module:
    """The small network of the board; ``last`` says what comes after the convolutions."""
    return nn.Sequential(
        Conv2d(1, 16, 5, padding=2),  # (batch, 16, 28, 28)
        nn.ReLU(),
        MaxPool2d(2),  # (batch, 16, 14, 14)
        Conv2d(16, 32, 5, padding=2),  # (batch, 32, 14, 14)
        nn.ReLU(),
        MaxPool2d(2),  # (batch, 32, 7, 7)
        Conv2d(32, 32, 3, padding=1),  # (batch, 32, 7, 7)
        nn.ReLU(),
        AveragePool() if last == "average" else nn.Flatten(),
        Linear(32 if last == "average" else 32 * 7 * 7, 10),
    )


def made(last: str) -> nn.Module:
    """The network of the board with that end, or move 1's ("mlp")."""
    return SimpleMLP() if last == "mlp" else network(last)


def shifts(last: str) -> None:
    """Train and measure: accuracy over the test digits, moved to the right."""
    images, labels = digits("train")
    test_images, test_labels = digits("test")
    five = test_images[SHOWN : SHOWN + 1]
    reached: dict[tuple[int, int], list[float]] = {}
    called: dict[tuple[int, int], list[int]] = {}
    seconds = []
    name, lr, size = CHOSEN
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        model = made(last)
        optimizer = getattr(torch.optim, name)(model.parameters(), lr=lr)
        generator = torch.Generator().manual_seed(seed)
        for done in (1, 2):
            start = time.process_time()
            train(model, batches(images, labels, size, generator), optimizer)
            seconds.append(time.process_time() - start)
            for pixels in (0, 1, 2, 3, 4):
                right = accuracy(model, batches(shift(test_images, pixels), test_labels, 500))
                reached.setdefault((done, pixels), []).append(right)
                with torch.no_grad():
                    said = int(model(shift(five, pixels)).argmax())
                called.setdefault((done, pixels), []).append(said)
    print(f"last: {last}; parameters: {sum(p.numel() for p in made(last).parameters()):,}")
    print(f"CPU seconds of a pass, median: {sorted(seconds)[len(seconds) // 2]:.1f}")
    for (done, pixels), values in reached.items():
        values = sorted(values)
        fives = called[done, pixels].count(5)
        print(
            f"{done} passes, moved right by {pixels}: {values[0]:.3f} |"
            f" {values[len(values) // 2]:.3f} | {values[-1]:.3f}; a 5 for {fives} of {SEEDS}"
        )


def pictures() -> None:
    """The two maps that the board draws: edges of the 5, and of the 5 moved."""
    layer, pool = Conv2d(1, 1, 3, padding=1), MaxPool2d(2)
    with torch.no_grad():
        layer.weight.copy_(EDGES)
        five = digits("test")[0][SHOWN : SHOWN + 1]
        for moved in (five, five.roll((-4, 4), (2, 3))):
            levels = (pool(layer(moved).relu())[0, 0] / 3 * 15).round().int()
            print("\n".join("".join(f"{level:x}" for level in row) for row in levels.tolist()))
            print()


if __name__ == "__main__":
    torch.set_num_threads(1)
    pictures()
    print([conv_output_size(*n) for n in ((28, 5), (28, 5, 1, 2), (28, 3, 2, 1), (7, 3, 2, 0))])
    shifts("mlp")
    shifts("average")
    shifts("flatten")
