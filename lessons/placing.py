"""Put known values into a network whose fields the learner named as they liked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from lessons.workbench import Entry


class Place(NamedTuple):
    """Where a value goes: the tensor's name, and whether it is stored transposed there."""

    name: str
    transposed: bool

    def inward(self, value: Tensor) -> Tensor:
        """A value as the network stores it; its own inverse."""
        return value.T if self.transposed else value


def places(entries: Sequence[Entry], shapes: Sequence[tuple[int, ...]]) -> list[Place] | None:
    """A place for a value of each shape, or None when the network's tensors don't fit.

    Each tensor takes one value. Where several have the same shape the order of declaration
    decides; a matrix may be stored transposed.
    """
    free = [(entry.name, tuple(entry.tensor.shape)) for entry in entries]
    found = []
    for shape in shapes:
        for stored in (shape, shape[::-1]):
            place = next((p for p in free if p[1] == stored), None)
            if place is not None:
                free.remove(place)
                found.append(Place(place[0], stored != shape))
                break
    return found if not free and len(found) == len(shapes) else None
