"""Kits: made, read, installed, installed again; and refused by one sentence, nothing written."""

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import msgspec
import pytest

from lessons import holdings
from lessons.ladder import File, rung
from reference.packed import packed
from tests.kit.conftest import small_arrays
from tutor.kit import building, installing, manifest
from tutor.kit.opening import Kit, KitRefused


def everything(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


# --- what works -------------------------------------------------------------------------------


def test_a_kit_brings_its_data_where_it_is_found(call, kit, folder):
    status, out, err = call("kit", "install", kit)
    assert (status, err) == (0, "")
    assert "cifar10: there and whole, 3 images of each class and split" in out
    assert f"2 files written into {folder}." in " ".join(out.split())
    report = holdings.check(rung("cifar10"))
    assert (report.state, report.folder) == ("whole", folder)
    images, labels = packed("test", report.holding.path(report.holding.files[0]))
    expected = small_arrays(32, (3,))
    assert images.shape == (30, 3, 32, 32)
    assert labels.tolist() == expected["test_labels"].tolist()
    assert (images * 255).round()[7].permute(1, 2, 0).byte().numpy().tolist() == (
        expected["test_images"][7].tolist()
    )


def test_installing_again_writes_nothing_and_mends_what_was_damaged(call, kit, folder):
    call("kit", "install", kit)
    before = {path: path.stat().st_mtime_ns for path in everything(folder)}
    assert "0 files written" in call("kit", "install", kit)[1]
    assert {path: path.stat().st_mtime_ns for path in everything(folder)} == before
    (folder / rung("cifar10").packed).write_bytes(b"damaged")
    assert "1 files written" in call("kit", "install", kit)[1]
    assert holdings.check(rung("cifar10")).state == "whole"


def test_a_part_of_a_kit_and_another_folder(call, kit, folder, tmp_path):
    status, out, _ = call("kit", "install", kit, "--only", "cifar10", "--to", tmp_path / "else")
    assert status == 0
    assert f"export CNNTUTOR_DATA={tmp_path / 'else'}" in " ".join(out.split())
    assert not folder.exists()
    assert [path.name for path in everything(tmp_path / "else")] == ["cifar10.npz", "cifar10.json"]
    status, _, err = call("kit", "install", kit, "--only", "mnist")
    assert status == 3
    assert "holds fashion-mnist, cifar10, and no mnist" in err


def test_what_a_kit_holds_is_told_in_lines_and_in_json(call, kit):
    status, out, _ = call("kit", "list", kit)
    assert status == 0
    assert all(len(line) <= 80 for line in out.splitlines() if str(kit) not in line)
    assert "licence: MIT" in out
    _, out, _ = call("kit", "list", kit, "--json")
    told = json.loads(out)
    assert [one["id"] for one in told["rungs"]] == ["fashion-mnist", "cifar10"]
    assert told["format"] == manifest.FORMAT
    _, out, _ = call("kit", "verify", kit, "--json")
    assert json.loads(out)["whole"] is True


def test_a_kit_is_built_from_what_lies_here_and_a_part_of_it(call, kit, folder, tmp_path):
    call("kit", "install", kit)
    status, out, err = call("kit", "build", tmp_path / "all.kit")
    assert (status, err) == (0, "")
    with Kit(tmp_path / "all.kit") as made:
        made.verify()
        assert [item.rung for item in made.manifest.items] == ["fashion-mnist", "cifar10"]
    status, out, _ = call("kit", "build", tmp_path / "less.kit", "--with", "cifar10", "--images", 1)
    assert status == 0
    assert "1 images of each class" in " ".join(out.split())
    call("kit", "install", tmp_path / "less.kit", "--to", tmp_path / "less")
    images, labels = packed("train", tmp_path / "less" / rung("cifar10").packed)
    assert labels.tolist() == list(range(10))
    assert images.shape == (10, 3, 32, 32)


def test_what_is_not_here_or_not_whole_goes_into_no_kit(call, kit, folder, tmp_path):
    out = tmp_path / "none.kit"
    for arguments, told in (
        (["--with", "resnet34"], "resnet34 is absent. Get it: cnntutor data fetch resnet34"),
        (["--with", "digits"], "digits ships with the course"),
        ([], "nothing lies here"),
    ):
        status, _, err = call("kit", "build", out, *arguments)
        assert status == 3
        assert told in err
    call("kit", "install", kit)
    path = folder / rung("cifar10").packed
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    status, _, err = call("kit", "build", out)
    assert status == 3
    assert "cifar10 is damaged" in err
    assert not out.exists()
    assert call("kit", "build", out, "--with", "nothing")[0] == 2


# --- what is refused --------------------------------------------------------------------------


def rewritten(kit: Path, change) -> Path:
    """The kit with its members and its manifest as ``change(members, told)`` leaves them."""
    with zipfile.ZipFile(kit) as archive:
        members = {info.filename: (info, archive.read(info)) for info in archive.infolist()}
    told = json.loads(members.pop(manifest.NAME)[1])
    change(members, told)
    target = kit.with_name("changed.kit")
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(building._member(manifest.NAME), json.dumps(told))
        for info, content in members.values():
            archive.writestr(info, content)
    return target


def item_file(told, number=1):
    return told["items"][number]["files"][0]


def add(members, told, name, content=b"x", mode=0o100644, how=zipfile.ZIP_STORED):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = how
    members[name] = (info, content)


def climbing_member(members, told):
    add(members, told, "data/../../evil")


def absolute_member(members, told):
    add(members, told, "/etc/evil")


def climbing_in_the_list(members, told):
    item_file(told)["path"] = "../../evil"


def link(members, told):
    add(members, told, "data/packed/link.npz", b"/etc/passwd", stat.S_IFLNK | 0o777)


def bomb(members, told):
    add(members, told, "data/packed/mnist.npz", bytes(10_000_000), how=zipfile.ZIP_DEFLATED)


def unlisted(members, told):
    add(members, told, "data/packed/mnist.npz")


def missing(members, told):
    del members["data/packed/cifar10.npz"]


def altered_content(members, told):
    info, content = members["data/packed/cifar10.npz"]
    members["data/packed/cifar10.npz"] = (info, content[:-1] + b"?")


def other_size(members, told):
    item_file(told)["size"] += 1


def another_file(members, told):
    """A file of the rung's name that is none of its files."""
    _, content = members.pop("data/packed/cifar10.npz")
    item_file(told)["path"] = "packed/mnist.npz"
    add(members, told, "data/packed/mnist.npz", content)


def pickles_of_a_stranger(members, told):
    """CIFAR-10's original files in their sizes, with their SHA-256: but not what they are."""
    files = [{"path": f.path, "size": 4, "digest": ""} for f in rung("cifar10").files]
    told["items"][1]["files"] = files
    del members["data/packed/cifar10.npz"]
    for file in files:
        file["digest"] = f"sha256:{hashlib.sha256(b'evil').hexdigest()}"
        add(members, told, f"data/{file['path']}", b"evil")


def newer_format(members, told):
    told.clear()
    told |= {"format": 2, "made_by": "cnntutor 9.0", "parts": []}


def unknown_rung(members, told):
    told["items"][1]["rung"] = "imagenet"


def no_sense(members, told):
    told["items"] = "everything"


@pytest.mark.parametrize(
    ("change", "kind", "sentence"),
    [
        (climbing_member, "unsafe", "holds 'data/../../evil', which climbs out of its folder"),
        (absolute_member, "unsafe", "which climbs out of its folder"),
        (climbing_in_the_list, "unsafe", "lists '../../evil', which climbs out of its folder"),
        (link, "unsafe", "holds a link, 'data/packed/link.npz', as no kit does"),
        (bomb, "unsafe", "into more than it is (a bomb)"),
        (unlisted, "altered", "holds 'data/packed/mnist.npz', which it does not list"),
        (missing, "truncated", "lacks data/packed/cifar10.npz, which it lists"),
        (altered_content, "altered", "holds a data/packed/cifar10.npz that is damaged or altered"),
        (other_size, "altered", "of another size than it lists"),
        (another_file, "altered", "lists other files for cifar10 than there are"),
        (pickles_of_a_stranger, "altered", "with another size than it has"),
        (newer_format, "version", "made by cnntutor 9.0 in format 2"),
        (unknown_rung, "version", "holds 'imagenet', which this cnntutor does not know"),
        (no_sense, "altered", "has a kit.json that can't be read"),
    ],
)
def test_a_kit_that_is_not_in_order_is_refused(call, kit, folder, change, kind, sentence):
    wrong = rewritten(kit, change)
    status, out, err = call("kit", "install", wrong)
    assert status == 3
    assert out == ""
    assert len(err.splitlines()) == 1
    assert sentence in err
    assert not folder.exists()
    status, out, _ = call("kit", "verify", wrong, "--json")
    assert json.loads(out)["error"]["kind"] == kind


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_kit_is_refused(call, kit, folder, share):
    content = kit.read_bytes()
    kit.write_bytes(content[: int(len(content) * share)])
    status, _, err = call("kit", "install", kit)
    assert status == 3
    assert "truncated" in err if share else "is no kit" in err
    assert not folder.exists()


def test_every_flipped_bit_of_the_data_is_found(call, kit, folder):
    content = kit.read_bytes()
    for place in range(2000, len(content) - 2000, len(content) // 12):
        altered = bytearray(content)
        altered[place] ^= 0x10
        kit.write_bytes(altered)
        status, _, err = call("kit", "install", kit)
        assert status == 3
        assert len(err.splitlines()) == 1
        assert not folder.exists()


def test_what_is_no_kit_at_all_is_refused(call, tmp_path, folder):
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("hello.txt", "hello")
    for path, told in (
        (other, "is a zip file, but no kit"),
        (tmp_path / "nowhere.kit", "is not there"),
        (tmp_path, "can't be read: Is a directory"),
    ):
        status, _, err = call("kit", "verify", path)
        assert status == 3
        assert told in err


def test_originals_are_compared_with_what_their_publisher_names(kit, tmp_path, monkeypatch):
    """Right SHA-256 of the kit's own, wrong MD5 of the publisher's: a stranger's pickle."""
    files = (File("small/one", 5, f"md5:{hashlib.md5(b'right').hexdigest()}"),)
    known = msgspec.structs.replace(rung("cifar10"), files=files)
    monkeypatch.setattr("tutor.kit.opening.rung", lambda _: known)
    path = tmp_path / "one"
    path.write_bytes(b"wrong")
    digest = f"sha256:{hashlib.sha256(b'wrong').hexdigest()}"
    source = building.Source(path, File("small/one", 5, digest))
    item = building.item_of(known, [source], 0, "a test")
    building.write(kit, [building.Packed(item, (source,))])
    with Kit(kit) as opened, pytest.raises(KitRefused, match="damaged or altered"):
        opened.verify()


def test_a_full_disk_is_told_before_anything_is_written(call, kit, folder, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(installing.shutil, "disk_usage", lambda _: usage)
    status, _, err = call("kit", "install", kit)
    assert status == 3
    assert "MB free, and this takes" in err
    assert not folder.exists()


# --- what is interrupted ----------------------------------------------------------------------

SLOW = """
import os, sys, time
from pathlib import Path
import tutor.stocking
real = os.write
def slow(descriptor, data):
    written = real(descriptor, data[:1000])
    print("writing", flush=True)
    time.sleep(0.02)
    return written
tutor.stocking.os.write = slow
from tutor.cli.run import run
sys.exit(run(["kit", "install", sys.argv[1]]))
"""


def test_an_installation_that_was_killed_is_no_half_one_and_ends_when_run_again(call, kit, folder):
    root = str(Path(__file__).resolve().parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(kit)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert process.stdout is not None
    for _ in range(3):  # in the middle of a file
        assert process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    left = everything(folder)
    assert left
    assert all(path.name.endswith("cnntutor-part") for path in left)
    for one in ("fashion-mnist", "cifar10"):
        assert holdings.find(rung(one)) is None
    assert call("kit", "install", kit)[0] == 0
    assert holdings.check(rung("fashion-mnist")).state == "whole"
    assert not [path for path in everything(folder) if path.name.endswith("cnntutor-part")]


def test_a_read_only_folder_is_told_and_can_still_be_read(call, kit, folder):
    call("kit", "install", kit)
    if os.geteuid() != 0:  # root may write everywhere
        folder.chmod(0o555)
        status, _, err = call("kit", "install", kit, "--only", "cifar10")
        folder.chmod(0o755)
        assert status == 0
        assert err == ""
    assert holdings.check(rung("cifar10")).state == "whole"
