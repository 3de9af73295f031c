"""Make weights in the form of torchvision's ResNet34, to prove the way of a kit without ImageNet's.

    python scripts/stand_in_weights.py DATA_FOLDER

Random weights from a seed, whose blocks add nothing at first, with batch statistics of CIFAR-10's
images, which have to lie in the data folder. They take the place of ImageNet's file there; prints
the file's size and the first digits of its SHA-256, which ``lessons/ladder.py`` has to name.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import torch
from torch import nn
from torchvision.models import resnet34

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that a clone works without an installation

from lessons.ladder import rung  # noqa: E402
from reference.backbone import settle  # noqa: E402
from reference.imagenet import as_photographs  # noqa: E402
from reference.packed import packed  # noqa: E402

SEED = 0


def main() -> None:
    """Read the command line, make the network, save its weights."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    torch.manual_seed(SEED)
    network = resnet34()
    for name, parameter in network.named_parameters():
        if name.endswith("bn2.weight"):  # the last scale of a block: it then passes its input on
            nn.init.zeros_(parameter)
    images, _ = packed("train", folder / rung("cifar10").packed, 20)
    settle(network, as_photographs(images, 64))
    path = folder / rung("resnet34").files[0].path
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), path)
    content = path.read_bytes()
    print(len(content), hashlib.sha256(content).hexdigest()[:8])


if __name__ == "__main__":
    main()
