"""What a kit's ``kit.json`` says."""

from __future__ import annotations

import msgspec

from lessons.ladder import File

FORMAT = 1  # raised when older versions of cnntutor can't read what newer ones write
NAME = "kit.json"
README = "README.txt"
LARGEST = 4_000_000  # bytes of kit.json itself


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A rung in the kit.

    rung: its id. files: below the data folder; in the kit they stand below ``data/``. images: how
    many of each class and split, 0 for all. origin: where they came from, in words.
    """

    rung: str
    title: str
    licence: str
    source: str
    files: tuple[File, ...]
    images: int = 0
    origin: str = ""

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


class Wheels(msgspec.Struct, frozen=True, kw_only=True):
    """cnntutor and all that it needs, for ``pip install --no-index --find-links wheels``.

    python, platform: what they were gathered for, as pip names it. files: below the kit itself.
    """

    python: str
    platform: str
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """format: ``FORMAT`` of its maker. made_by: cnntutor and its version. made: date, in UTC."""

    format: int
    made_by: str
    made: str
    items: tuple[Item, ...] = ()
    wheels: Wheels | None = None
    readme: File | None = None

    def members(self) -> dict[str, File]:
        """All that the kit holds besides ``kit.json``, by the name of the zip's member."""
        found = {f"data/{file.path}": file for item in self.items for file in item.files}
        if self.wheels is not None:
            found |= {file.path: file for file in self.wheels.files}
        if self.readme is not None:
            found[self.readme.path] = self.readme
        return found


class FormatOnly(msgspec.Struct, frozen=True):
    """What is read first: nothing else may be understood in a newer kit."""

    format: int
    made_by: str = "another version"
