"""Opens a kit and tells whether it is one to trust: by its table of contents, then by every byte.

A kit may come from anybody, on a stick. What is wrong with it is one sentence, and nothing is
written before all of it has been looked at.
"""

from __future__ import annotations

import hashlib
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import msgspec

from lessons.ladder import File, rung
from tutor.kit import manifest
from tutor.kit.manifest import FORMAT, FormatOnly, Item, Manifest

PIECE = 1 << 20
WHEEL = re.compile(r"wheels/[A-Za-z0-9_.+!-]+\.whl")

Ticking = Callable[[int], None]


class KitRefused(Exception):
    """A kit that won't be used. kind: absent, no-kit, truncated, altered, version, unsafe,
    unreadable. The message is one sentence or two, for a person."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind, self.message = kind, message

    def __str__(self) -> str:
        return self.message


class Kit:
    """An open kit whose table of contents is in order. Use it as a context."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive = _open(path)
        try:
            self.manifest = self._read_manifest()
            self._compare()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Kit:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        self._archive.close()

    def verify(self, ticking: Ticking = lambda _: None) -> None:
        """Read every byte and compare it with what the manifest says. KitRefused if it differs."""
        published = {f"data/{f.path}": f for item in self.manifest.items for f in _published(item)}
        for name, file in self.manifest.members().items():
            wanted = [file.digest]
            if name in published and published[name].digest:
                wanted.append(published[name].digest)
            hashings = {d: hashlib.new(d.partition(":")[0], usedforsecurity=False) for d in wanted}
            for piece in self.pieces(name):
                for hashing in hashings.values():
                    hashing.update(piece)
                ticking(len(piece))
            for digest, hashing in hashings.items():
                if not hashing.hexdigest().startswith(digest.partition(":")[2]):
                    raise self._refuse("altered", f"holds a {name} that is damaged or altered")

    def pieces(self, name: str) -> Iterator[bytes]:
        """A member's content, piece by piece."""
        try:
            with self._archive.open(name) as member:
                while piece := member.read(PIECE):
                    yield piece
        except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
            raise self._refuse("altered", f"holds a {name} that is damaged or altered") from error
        except OSError as error:
            raise self._refuse("unreadable", f"can't be read: {error.strerror}") from error

    # --- the table of contents ----------------------------------------------------------------

    def _refuse(
        self, kind: str, what: str, then: str = "Copy it again, from its maker."
    ) -> KitRefused:
        return KitRefused(kind, f"{self.path} {what}. {then}")

    def _read_manifest(self) -> Manifest:
        infos = [info for info in self._archive.infolist() if info.filename == manifest.NAME]
        if not infos:
            raise self._refuse(
                "no-kit",
                f"is a zip file, but no kit: it has no {manifest.NAME}",
                "Nothing is done.",
            )
        if infos[0].file_size > manifest.LARGEST or infos[0].compress_type != zipfile.ZIP_STORED:
            raise self._refuse("altered", f"has a {manifest.NAME} as no kit has it")
        content = b"".join(self.pieces(manifest.NAME))
        try:
            first = msgspec.json.decode(content, type=FormatOnly)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._refuse("altered", f"has a {manifest.NAME} that can't be read") from error
        if first.format != FORMAT:
            age = "newer" if first.format > FORMAT else "older"
            raise self._refuse(
                "version",
                f"was made by {first.made_by[:40]} in format {first.format}, and this cnntutor "
                f"reads format {FORMAT}",
                f"Use an {age} cnntutor, or have the kit made anew."
                if age == "older"
                else "Use a newer cnntutor, or have the kit made anew.",
            )
        try:
            return msgspec.json.decode(content, type=Manifest)
        except msgspec.DecodeError as error:
            raise self._refuse("altered", f"has a {manifest.NAME} that can't be read") from error

    def _compare(self) -> None:
        """Whether the zip holds what the manifest lists, and nothing that could do harm."""
        infos = [info for info in self._archive.infolist() if info.filename != manifest.NAME]
        for info in self._archive.infolist():
            self._harmless(info)
        counts = Counter(info.filename for info in self._archive.infolist())
        twice = next((name for name, count in counts.items() if count > 1), None)
        if twice is not None:
            raise self._refuse("altered", f"holds {twice} twice")
        for item in self.manifest.items:
            self._known(item)
        for file in self.manifest.wheels.files if self.manifest.wheels else ():
            if not WHEEL.fullmatch(file.path):
                raise self._refuse("unsafe", f"lists {_shown(file.path)} among its wheels")
        if self.manifest.readme is not None and self.manifest.readme.path != manifest.README:
            raise self._refuse("unsafe", f"lists {_shown(self.manifest.readme.path)}")
        members = self.manifest.members()
        listed = sum(len(item.files) for item in self.manifest.items)
        if len([name for name in members if name.startswith("data/")]) != listed:
            raise self._refuse("altered", "lists a file twice")
        for file in members.values():
            if not re.fullmatch(r"sha256:[0-9a-f]{64}", file.digest) or file.size < 0:
                raise self._refuse("altered", f"has no whole checksum for {_shown(file.path)}")
        sizes = {info.filename: info.file_size for info in infos}
        for name in [*members, *sizes]:
            if name not in sizes:
                raise self._refuse("truncated", f"lacks {name}, which it lists")
            if name not in members:
                raise self._refuse("altered", f"holds {_shown(name)}, which it does not list")
            if sizes[name] != members[name].size:
                raise self._refuse("altered", f"holds a {name} of another size than it lists")
        if sum(sizes.values()) > self.path.stat().st_size:
            raise self._refuse("unsafe", "would unfold into more than it is (a bomb)")

    def _harmless(self, info: zipfile.ZipInfo) -> None:
        name = info.filename
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
            raise self._refuse("unsafe", f"holds {_shown(name)}, which climbs out of its folder")
        mode = info.external_attr >> 16
        if stat.S_ISLNK(mode):
            raise self._refuse("unsafe", f"holds a link, {_shown(name)}, as no kit does")
        if info.is_dir() or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
            raise self._refuse("unsafe", f"holds {_shown(name)}, which is no plain file")
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise self._refuse(
                "unsafe", f"would unfold {_shown(name)} into more than it is (a bomb)"
            )
        if info.flag_bits & 1:
            raise self._refuse("unsafe", f"holds {_shown(name)} encrypted, as no kit does")

    def _known(self, item: Item) -> None:
        """Whether the files are those of a rung of the ladder, and nothing else."""
        for file in item.files:
            path = PurePosixPath(file.path)
            if path.is_absolute() or ".." in path.parts:
                raise self._refuse(
                    "unsafe", f"lists {_shown(file.path)}, which climbs out of its folder"
                )
        try:
            known = rung(item.rung)
        except KeyError as error:
            raise self._refuse(
                "version",
                f"holds {_shown(item.rung)}, which this cnntutor does not know",
                "Use a newer cnntutor.",
            ) from error
        paths = sorted(file.path for file in item.files)
        whole = sorted(file.path for file in known.files)
        if known.ships or paths not in (whole, [known.packed] if known.packable else whole):
            raise self._refuse("altered", f"lists other files for {known.id} than there are")
        sizes = {file.path: file.size for file in _published(item)}
        for file in item.files:
            if sizes.get(file.path, file.size) != file.size:
                raise self._refuse("altered", f"lists {file.path} with another size than it has")


def _published(item: Item) -> tuple[File, ...]:
    """The item's files as their publisher names them; none where they are packed images."""
    known = rung(item.rung).files
    return known if {f.path for f in known} == {f.path for f in item.files} else ()


def _open(path: Path) -> zipfile.ZipFile:
    try:
        with path.open("rb") as file:
            begins = file.read(4)
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise KitRefused("absent", f"{path} is not there.") from error
    except OSError as error:
        raise KitRefused("unreadable", f"{path} can't be read: {error.strerror}.") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        if begins == b"PK\x03\x04":
            raise KitRefused(
                "truncated",
                f"{path} is truncated: its table of contents, at the end, is missing. Copy it "
                "again, from its maker.",
            ) from error
        raise KitRefused("no-kit", f"{path} is no kit. Nothing is done.") from error


def _shown(name: str) -> str:
    """A name out of a kit, fit for a terminal."""
    return "'" + "".join(c if c.isprintable() else "?" for c in name[:60]) + "'"
