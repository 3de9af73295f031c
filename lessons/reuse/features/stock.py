"""The two frozen backbones, the canvases they look at, and their features, computed once.

The backbones are the learner's own ``ResNet34``, filled by their own ``copy_weights``, where they
have passed it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lessons.labs import Bench
from lessons.locality.small_networks import whose
from reference.backbone import (
    BLOCKS,
    WIDTHS,
    canvases,
    pretrained_backbone,
    quarter_resnet34,
    settle,
)
from reference.data import digits

CLASSES = 5
FEATURES = WIDTHS[-1]
TESTED = 500
PART = 50  # canvases from one look at the bench to the next


class Task(NamedTuple):
    """Canvases (n, 3, 64, 64) and their labels, 0 to 4."""

    images: Tensor
    labels: Tensor


def task(bench: Bench, what: str, each: int = 0) -> Task:
    """Canvases by name: "labelled" (``each`` a class) and "asked" of 5 to 9, "old" of 0 to 4."""
    kept: dict[tuple[str, int], Task] = bench.memory.setdefault("tasks", {})
    if (what, each) not in kept:
        images, labels = digits("train" if what == "labelled" else "test")
        mine = labels < CLASSES if what == "old" else labels >= CLASSES
        images, labels = images[mine], labels[mine] % CLASSES
        generator = torch.Generator().manual_seed(bench.seed)
        order = torch.randperm(len(labels), generator=generator)
        if what == "labelled":
            order = torch.cat([order[labels[order] == k][:each] for k in range(CLASSES)])
        chosen = order[:TESTED]
        canvas = canvases(images[chosen], generator).contiguous()
        kept[what, each] = Task(canvas, labels[chosen])
    return kept[what, each]


def backbone(bench: Bench, source: nn.Module) -> nn.Module:
    """A network whose output is what ``source`` hands to its head: (n, 3, 64, 64) -> (n, 128).

    Its own head becomes a table of ones and zeros that lets all features pass. So it may be built
    in any way, and yet gives them.
    """
    piece = bench.piece("resnet")
    values = source.state_dict()
    passing = quarter_resnet34(FEATURES)
    passing.load_state_dict(
        {**values, "fc.weight": torch.eye(FEATURES), "fc.bias": torch.zeros(FEATURES)}
    )
    model: nn.Module = piece.ResNet34(BLOCKS, WIDTHS, n_classes=FEATURES)
    if shapes(model) != shapes(passing):
        # A stem of 64 channels, whatever the arguments say, is right in every claim of `resnet`.
        bench.memory["too wide"] = True
        return passing.eval()
    piece.copy_weights(model, passing)
    return model.eval()


def shapes(model: nn.Module) -> list[torch.Size]:
    return [value.shape for value in model.state_dict().values()]


def whose_code(bench: Bench) -> str:
    """Whose code runs, short."""
    if bench.memory.get("too wide"):
        return (
            "Your ResNet34 does not take its widths from its arguments alone, so the course's runs"
            f" here. {whose({**bench.own, 'resnet': False})}"
        )
    return whose(bench.own)


def pretrained(bench: Bench) -> nn.Module:
    """The backbone that ships."""
    if "pretrained" not in bench.memory:
        bench.memory["source"] = pretrained_backbone()
        bench.memory["pretrained"] = backbone(bench, bench.memory["source"])
    return bench.memory["pretrained"]


def untrained(bench: Bench, images: Tensor) -> nn.Module:
    """A random one. Its batch norms get the statistics of these images, or it would be no match:
    its maps would grow from layer to layer."""
    kept: dict[int, nn.Module] = bench.memory.setdefault("untrained", {})
    if len(images) not in kept:
        torch.manual_seed(bench.seed)
        kept[len(images)] = backbone(bench, settle(quarter_resnet34(), images))
    return kept[len(images)]


def old_logits(bench: Bench, features: Tensor) -> Tensor:
    """What the head that the shipped backbone came with says to features."""
    pretrained(bench)
    head = bench.memory["source"].fc
    return features @ head.weight.detach().T + head.bias.detach()


class Cache:
    """Features by the hash of the weights and of the images that they belong to."""

    def __init__(self) -> None:
        self._kept: dict[str, Tensor] = {}
        self.computed = 0  # canvases that went through a backbone

    def features(
        self, model: nn.Module, images: Tensor, look: Callable[[int, int], None]
    ) -> Tensor:
        """Features in eval mode, (n, 128), computed if they haven't been before.

        look: called now and then with how many canvases are done, and of how many.
        """
        key = fingerprint([*model.state_dict().values(), images])
        if key not in self._kept:
            model.eval()
            parts = []
            with torch.no_grad():
                for part in images.split(PART):
                    parts.append(model(part))
                    self.computed += len(part)
                    look(min(len(images), len(parts) * PART), len(images))
            self._kept[key] = torch.cat(parts)
        return self._kept[key]


def cache(bench: Bench) -> Cache:
    found: Cache = bench.memory.setdefault("cache", Cache())
    return found


def fingerprint(tensors: Iterable[Tensor]) -> str:
    """SHA-256 of the values."""
    digest = hashlib.sha256()
    for value in tensors:
        digest.update(value.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()


def snapshot(model: nn.Module) -> Mapping[str, Tensor]:
    """A copy of all that a model holds."""
    return {name: value.clone() for name, value in model.state_dict().items()}
