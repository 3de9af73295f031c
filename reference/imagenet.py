"""Move 4, reuse: ImageNet's weights from a file that is already there, and photographs to show it.

Nothing is downloaded, and the file can run nothing: it is read as tensors, not unpickled.

Source: torchvision's ``models/resnet.py`` (``ResNet34_Weights.IMAGENET1K_V1``) and its preset of
transforms.
"""

import hashlib
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PHOTOGRAPHS = Path(__file__).parent / "photographs"

# Of all of ImageNet's pixels from 0 to 1, for each of red, green and blue.
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


def imagenet_resnet34(path: str | Path, sha256: str) -> nn.Module:
    """Return torchvision's ResNet34 with the weights of a file, in eval mode.

    Args:
        path: the file that torchvision publishes, or one of the same form.
        sha256: the hexadecimal digits with which its SHA-256 begins.

    Raises:
        FileNotFoundError: the file is missing.
        ValueError: the file is another one, or holds no weights of a ResNet34.
    """
    path = Path(path)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not found.startswith(sha256):
        raise ValueError(
            f"{path} is damaged or altered: fetch it again "
            f"(SHA-256 is {found[:12]}…, expected {sha256[:12]}…)"
        )

    from torchvision.models import resnet34  # here, because only this function needs torchvision

    with torch.device("meta"):  # no initial values, as all are replaced
        model = resnet34()
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
        model.load_state_dict(values, assign=True)
    except (RuntimeError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no weights of a ResNet34: {first_line(error)}") from error
    except Exception as error:  # what it raises for a pickle is of no public class
        if type(error).__name__ != "UnpicklingError":
            raise
        raise ValueError(f"{path} is no file of tensors alone: {first_line(error)}") from error
    return model.eval()


def class_names() -> list[str]:
    """Return the names of ImageNet's 1,000 classes, in the order of the logits."""
    from torchvision.models import ResNet34_Weights

    return list(ResNet34_Weights.IMAGENET1K_V1.meta["categories"])


def photographs() -> tuple[list[str], Tensor]:
    """Return the photographs that ship with the course, as the network is to be shown them.

    Returns:
        Their names, and (N, 3, 224, 224): the middle of each, normalised.
    """
    from torchvision.models import ResNet34_Weights
    from torchvision.transforms.functional import pil_to_tensor

    shown = ResNet34_Weights.IMAGENET1K_V1.transforms()
    names, images = [], []
    for path in sorted(PHOTOGRAPHS.glob("*.jpg")):
        from PIL import Image  # torchvision brings it

        with Image.open(path) as image:
            images.append(shown(pil_to_tensor(image.convert("RGB"))))
        names.append(path.stem)
    return names, torch.stack(images)


def as_photographs(images: Tensor, size: int) -> Tensor:
    """Enlarge images (N, 3, height, width) from 0 to 1 to ``size`` pixels a side and normalise
    them as ImageNet's: the network has never seen anything as small as CIFAR-10's."""
    images = F.interpolate(images, size=(size, size), mode="bilinear", antialias=True)
    mean, deviation = (torch.tensor(t)[None, :, None, None] for t in (MEAN, DEVIATION))
    return (images - mean) / deviation


def first_line(error: Exception) -> str:
    """Return the first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0]
