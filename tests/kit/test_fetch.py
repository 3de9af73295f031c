"""Fetching: from a server that answers, one that breaks off, and from none at all."""

import gzip
import hashlib
import http.server
import os
import re
import threading

import msgspec
import pytest

from lessons import holdings
from lessons.ladder import File, rung
from tutor import fetching
from tutor.runner import fetcher
from tutor.runner.fetcher import Download, Trouble

CONTENT = bytes(range(256)) * 2000  # half a megabyte
PACKED = gzip.compress(CONTENT, mtime=0)


class Server(http.server.ThreadingHTTPServer):
    """Serves one file. ``until``: bytes of it after which each connection is cut."""

    content = PACKED
    until = len(PACKED)
    ranges = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        start = int(re.findall(r"\d+", asked)[0]) if asked and self.server.ranges else 0
        whole = self.server.content
        if start >= len(whole):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(whole) - start))
        self.end_headers()
        self.wfile.write(whole[start : start + self.server.until])

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def server():
    with Server() as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


@pytest.fixture
def small(server, monkeypatch):
    """A rung of one small file, which the server has."""
    one = msgspec.structs.replace(rung("mnist"), files=(File("small/raw/one", len(CONTENT)),))
    url = f"http://127.0.0.1:{server.server_port}/one.gz"
    download = Download("one.gz", (url,), "md5", hashlib.md5(PACKED).hexdigest())
    monkeypatch.setattr(fetcher, "rung", lambda _: one)
    monkeypatch.setattr(fetcher, "downloads", lambda _: (download,))
    return one


def quiet(name, done, of):
    assert done <= of


def test_what_is_fetched_is_unpacked_whole_and_has_a_receipt(small, server, folder):
    told = []
    fetcher.fetch("mnist", folder, lambda *line: told.append(line))
    assert (folder / "small/raw/one").read_bytes() == CONTENT
    assert told[-1] == ("one.gz", len(PACKED), len(PACKED))
    report = holdings.check(small)
    assert report.state == "whole"
    digest = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    assert report.holding.receipt.files == (File("small/raw/one", len(CONTENT), digest),)
    assert list((folder / "downloads").iterdir()) == []


def test_a_fetch_that_broke_off_goes_on_where_it_was(small, server, folder):
    server.until = 1
    with pytest.raises(Trouble, match="broke off") as trouble:
        fetcher.fetch("mnist", folder, quiet)
    assert trouble.value.kind == "broken-off"
    (part,) = (folder / "downloads").iterdir()
    had = part.stat().st_size
    assert 0 < had < len(PACKED)
    assert holdings.check(small).state == "absent"
    server.until = len(PACKED)
    server.asked.clear()
    fetcher.fetch("mnist", folder, quiet)
    assert server.asked == [f"bytes={had}-"]
    assert holdings.check(small).state == "whole"


def test_a_server_that_knows_no_ranges_sends_it_anew(small, server, folder):
    part = folder / "downloads" / "one.gz.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(PACKED[:100])
    server.ranges = False
    fetcher.fetch("mnist", folder, quiet)
    assert (folder / "small/raw/one").read_bytes() == CONTENT


def test_too_long_a_part_is_thrown_away(small, server, folder):
    part = folder / "downloads" / "one.gz.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(PACKED + b"more")
    fetcher.fetch("mnist", folder, quiet)
    assert (folder / "small/raw/one").read_bytes() == CONTENT


def test_what_has_another_checksum_is_thrown_away(small, server, folder):
    server.content = PACKED[:-1] + b"?"
    with pytest.raises(Trouble, match="another checksum than torchvision expects") as trouble:
        fetcher.fetch("mnist", folder, quiet)
    assert trouble.value.kind == "damaged"
    assert list((folder / "downloads").iterdir()) == []
    assert holdings.check(small).state == "absent"


def test_the_second_source_is_asked_when_the_first_is_gone(small, server, folder, monkeypatch):
    (download,) = fetcher.downloads("mnist")
    both = ("http://127.0.0.1:1/one.gz", *download.urls)
    monkeypatch.setattr(fetcher, "downloads", lambda _: (download._replace(urls=both),))
    fetcher.fetch("mnist", folder, quiet)
    assert holdings.check(small).state == "whole"


def test_without_a_network_one_line_says_so_and_names_the_kit(call, folder, monkeypatch):
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    status, _, err = call("data", "fetch", "mnist")
    assert status == 3
    assert len(err.splitlines()) == 1
    assert "there seems to be no network" in err
    assert "cnntutor kit install FILE" in err
    assert holdings.check(rung("mnist")).state == "absent"


def test_what_is_there_is_not_fetched_again(call, monkeypatch):
    def never(*_):
        raise AssertionError("nothing is to be fetched")

    monkeypatch.setattr(fetching, "fetch", never)
    status, out, _ = call("data", "fetch", "digits")
    assert status == 0
    assert "digits: there: ships with the course" in out


def test_the_sources_are_torchvisions_own():
    from torchvision.datasets import CIFAR10, MNIST

    assert [one.digest for one in fetcher.downloads("mnist")] == [md5 for _, md5 in MNIST.resources]
    assert fetcher.downloads("cifar10")[0].urls == (CIFAR10.url,)
    (weights,) = fetcher.downloads("resnet34")
    assert (weights.algorithm, weights.digest) == ("sha256", "b627a593")


def test_a_read_only_folder_is_told(call, tmp_path):
    if os.geteuid() == 0:
        place = tmp_path / "file"
        place.write_bytes(b"")
        place = place / "data"  # a folder that nobody can make
    else:
        place = tmp_path / "closed"
        place.mkdir(mode=0o500)
    status, _, err = call("data", "fetch", "mnist", "--to", place)
    assert status == 3
    assert "can't be written" in err


def test_the_ladder_in_lines_and_in_json(call):
    status, out, _ = call("data")
    assert status == 0
    assert all(len(line) <= 80 for line in out.splitlines() if "/" not in line)
    for one in ("digits", "mnist", "fashion-mnist", "cifar10", "resnet34"):
        assert any(line.startswith(f"{one} ") for line in out.splitlines())
    assert "not there -> cnntutor data fetch cifar10" in out
    _, out, _ = call("data", "--json")
    told = {one["id"]: one for one in msgspec.json.decode(out)["rungs"]}
    assert told["digits"]["state"] == "whole"
    assert told["resnet34"]["state"] == "absent"
