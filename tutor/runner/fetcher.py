"""Fetches a rung of the data ladder in a process of its own: torchvision knows where from.

    python -m tutor.runner.fetcher RUNG FOLDER

URLs and checksums are those of the torchvision that is installed. A download goes on where an
earlier one broke off, is checked, and only then gets its name. One JSON object a line tells how
far it is: {"file", "done", "of"}, and at the end {"ended"} or {"error", "message"}.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import os
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lessons import holdings
from lessons.ladder import File, Rung, rung
from tutor.stocking import store, write_receipt
from tutor.writing import why_not_written

TIMEOUT = 30.0  # seconds without a byte
TRIES = 3  # how often a connection that breaks is made anew
PIECE = 1 << 16
PAUSE = 0.2  # seconds between two lines on how far it is


class Download(NamedTuple):
    """A file to be fetched. urls: the first that answers. algorithm, digest: of its content."""

    name: str
    urls: tuple[str, ...]
    algorithm: str
    digest: str


class Trouble(Exception):
    """Why a fetch can't be done. kind: no-network, broken-off, damaged, or one of writing's."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(kind, message)
        self.kind, self.message = kind, message

    def __str__(self) -> str:
        return self.message


Tell = Callable[[str, int, int], None]


def downloads(rung_id: str) -> tuple[Download, ...]:
    """What torchvision fetches for that rung."""
    if rung_id in ("mnist", "fashion-mnist"):
        from torchvision.datasets import MNIST, FashionMNIST

        data = MNIST if rung_id == "mnist" else FashionMNIST
        return tuple(
            Download(name, tuple(f"{mirror}{name}" for mirror in data.mirrors), "md5", md5)
            for name, md5 in data.resources
        )
    if rung_id == "cifar10":
        from torchvision.datasets import CIFAR10

        return (Download(CIFAR10.filename, (CIFAR10.url,), "md5", CIFAR10.tgz_md5),)
    if rung_id == "resnet34":
        from torchvision.models import ResNet34_Weights

        url = ResNet34_Weights.IMAGENET1K_V1.url
        name = url.rpartition("/")[2]
        return (Download(name, (url,), "sha256", name.removesuffix(".pth").rpartition("-")[2]),)
    raise KeyError(f"{rung_id} ships with the course, so there is nothing to fetch")


def fetch(rung_id: str, folder: Path, tell: Tell) -> None:
    """Fetch a rung into a data folder. Trouble when it can't be done; what came is kept."""
    wanted = rung(rung_id)
    waiting = folder / "downloads"
    waiting.mkdir(parents=True, exist_ok=True)
    came = []
    for download in downloads(rung_id):
        path = waiting / download.name
        if not _right(path, download):
            get(download, path, tell)
        came.append(path)
    unpack(wanted, came, folder)
    for path in came:
        path.unlink(missing_ok=True)


def get(download: Download, path: Path, tell: Tell) -> None:
    """Download one file, from any of its sources, and check it."""
    part = path.with_name(path.name + ".part")
    troubles = []
    for url in download.urls:
        try:
            _get_from(url, part, download.name, tell)
        except Trouble as trouble:
            troubles.append(trouble)
            continue
        if _right(part, download):
            os.replace(part, path)
            return
        part.unlink()
        troubles.append(
            Trouble(
                "damaged",
                f"what came from {url} has another checksum than torchvision expects, and was "
                "thrown away. Try again later.",
            )
        )
    raise min(troubles, key=lambda trouble: trouble.kind == "no-network")


def _get_from(url: str, part: Path, name: str, tell: Tell) -> None:
    """Download until the end, going on where it broke off."""
    host = url.split("/")[2]
    for attempt in range(1, TRIES + 1):
        before = part.stat().st_size if part.exists() else 0
        try:
            _receive(url, part, name, tell)
            return
        except urllib.error.HTTPError as error:
            raise Trouble("refused", f"{host} answers {error.code} for {url}.") from error
        except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and error.errno and not _of_network(error):
                raise
            had = part.stat().st_size if part.exists() else 0
            if had == 0:
                raise Trouble(
                    "no-network",
                    f"{host} can't be reached, so there seems to be no network. In a room without "
                    "internet use a kit: cnntutor kit install FILE.",
                ) from error
            if attempt == TRIES and had == before:
                raise Trouble(
                    "broken-off",
                    f"the connection to {host} broke off after {had:,} bytes of {name}. They are "
                    "kept: the same command goes on from there.",
                ) from error
    raise Trouble(
        "broken-off",
        f"the connection to {host} broke off {TRIES} times. What came of {name} is kept: the "
        "same command goes on from there.",
    )


def _of_network(error: OSError) -> bool:
    """Whether it is the network's error, and not the disk's."""
    return isinstance(error, urllib.error.URLError | ConnectionError | TimeoutError)


def _receive(url: str, part: Path, name: str, tell: Tell) -> None:
    had = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "cnntutor"} | ({"Range": f"bytes={had}-"} if had else {})
    request = urllib.request.Request(url, headers=headers)
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not had:
            raise
        part.unlink()  # it was longer than the file there, so it is no part of it
        return _receive(url, part, name, tell)
    with response:
        if response.status != 206:
            had = 0  # the server sends all of it anew
        length = response.headers.get("Content-Length")
        total = had + int(length) if length else 0
        with part.open("ab" if had else "wb") as file:
            while piece := response.read(PIECE):
                file.write(piece)
                had += len(piece)
                tell(name, had, total)
            file.flush()
            os.fsync(file.fileno())
    if total and had < total:
        raise ConnectionError("the connection was closed too early")
    return None


def _right(path: Path, download: Download) -> bool:
    if not path.is_file():
        return False
    return holdings.digest(path, download.algorithm).startswith(download.digest)


# --- into its place ---------------------------------------------------------------------------


def unpack(wanted: Rung, came: list[Path], folder: Path) -> None:
    """Bring what came to where torchvision looks for it; the receipt last."""
    files = []
    for file, content in _contents(wanted, came):
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        files.append(File(file.path, len(content), digest))
        store(folder, files[-1], [content])
    origin = "its publisher, through torchvision"
    write_receipt(folder, holdings.Receipt(rung=wanted.id, files=tuple(files), origin=origin))


def _contents(wanted: Rung, came: list[Path]) -> Iterator[tuple[File, bytes]]:
    """The rung's files, and what of the downloads goes into each."""
    if wanted.id == "cifar10":
        with tarfile.open(came[0]) as archive:
            for file in wanted.files:
                member = archive.extractfile(file.path)
                if member is None:
                    raise Trouble("damaged", f"{file.path} is no file in the archive that came.")
                yield file, member.read()
        return
    for file, path in zip(wanted.files, came, strict=True):
        content = path.read_bytes()
        yield file, gzip.decompress(content) if path.suffix == ".gz" else content


# --- the process ------------------------------------------------------------------------------


def main(rung_id: str, folder: str) -> int:
    last = 0.0

    def tell(name: str, done: int, of: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PAUSE or done == of:
            last = now
            say({"file": name, "done": done, "of": of})

    try:
        fetch(rung_id, Path(folder), tell)
    except Trouble as trouble:
        say({"error": trouble.kind, "message": trouble.message})
    except OSError as error:
        kind, why = why_not_written(error)
        say({"error": kind, "message": f"{error.filename or folder} can't be written: {why}"})
    else:
        say({"ended": True})
    return 0


def say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
