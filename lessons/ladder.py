"""The data ladder: the rungs that evidence can come from, each with its files, size and licence.

It starts with what ships inside the package and leads to ImageNet's weights. Nothing here imports
torch or touches the disk; what of it lies on this machine, ``lessons.holdings`` tells.

The files lie below a data folder as torchvision lays them, so a folder that torchvision filled
is one of ours. Sizes and checksums are torchvision's own (``tests/lessons/test_ladder.py`` compares
them), MNIST's SHA-256 those of ``reference/digits/NOTICE.md``.
"""

from __future__ import annotations

import msgspec


class File(msgspec.Struct, frozen=True):
    """A file of a rung.

    path: below the data folder, with "/". size: in bytes. digest: "md5:..." or "sha256:...", as
    many hexadecimal digits as its publisher names; "" where none is published.
    """

    path: str
    size: int
    digest: str = ""


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """A data set or weights.

    id: its name in commands. use: what it is for. files: those that torchvision leaves. download:
    bytes to be fetched, 0 for what ships. ships: whether it is inside the package, and ``files``
    then lie below the package ``reference``. packable: whether a kit can hold a part of it, as
    images in one ``packed/ID.npz``.
    """

    id: str
    title: str
    use: str
    licence: str
    source: str
    files: tuple[File, ...]
    download: int = 0
    ships: bool = False
    packable: bool = False

    @property
    def packed(self) -> str:
        """Where a part of it lies, below the data folder."""
        return f"packed/{self.id}.npz"

    @property
    def receipt(self) -> str:
        """Where it stands what was fetched or installed, below the data folder."""
        return f"receipts/{self.id}.json"


def _idx(folder: str, digests: tuple[str, str, str, str]) -> tuple[File, ...]:
    """MNIST's four files, unpacked; Fashion-MNIST has the same names and sizes."""
    names = (
        ("train-images-idx3-ubyte", 47_040_016),
        ("train-labels-idx1-ubyte", 60_008),
        ("t10k-images-idx3-ubyte", 7_840_016),
        ("t10k-labels-idx1-ubyte", 10_008),
    )
    return tuple(
        File(f"{folder}/raw/{name}", size, digest)
        for (name, size), digest in zip(names, digests, strict=True)
    )


CIFAR = "cifar-10-batches-py"

RUNGS = (
    Rung(
        id="digits",
        title="10,000 handwritten digits",
        use="labs and checkpoints of all moves",
        licence="CC BY-SA 3.0",
        source="LeCun, Cortes and Burges: a part of MNIST",
        files=(
            File(
                "digits/digits.npz",
                1_621_256,
                "sha256:5e589f861b69ae5d372702617e1638767cc7930a0ef758dba218ba12d038a23d",
            ),
        ),
        ships=True,
    ),
    Rung(
        id="backbone",
        title="a quarter-width ResNet34",
        use="move 4 without a network: features that digits 0 to 4 taught",
        licence="CC BY-SA 3.0",
        source="trained for the course on MNIST",
        files=(
            File(
                "backbone/quarter_resnet34.npz",
                2_532_767,
                "sha256:420ea6fd143036239402719903005116f55a74d69f5f2f156a38f2fddd08faf4",
            ),
        ),
        ships=True,
    ),
    Rung(
        id="photographs",
        title="three photographs",
        use="checkpoint resnet: what ImageNet's weights see in them",
        licence="CC0, public domain",
        source="van der Walt, Michetti, SpaceX, from scikit-image",
        files=(
            File(
                "photographs/cat.jpg",
                20_516,
                "sha256:896f5f193a9999a485ed5823afc4898bf8504bbc544d68d07881df1210f37da7",
            ),
            File(
                "photographs/coffee.jpg",
                24_968,
                "sha256:dd9ec1c5b25bc0c5778f35fe726eb568b6655b10e498030cfb2979f07af54387",
            ),
            File(
                "photographs/rocket.jpg",
                14_261,
                "sha256:ad2ea1f5112aacf8758fb5766b98a5dfe8f880f1c46eb9406b1ae0f21c475446",
            ),
        ),
        ships=True,
    ),
    Rung(
        id="mnist",
        title="MNIST, 70,000 handwritten digits",
        use="your own experiments with all the digits",
        licence="CC BY-SA 3.0",
        source="LeCun, Cortes and Burges",
        files=_idx(
            "MNIST",
            (
                "sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "sha256:65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "sha256:0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "sha256:ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ),
        download=11_594_722,
        packable=True,
    ),
    Rung(
        id="fashion-mnist",
        title="Fashion-MNIST, 70,000 pieces of clothing",
        use="your own experiments on a harder task of the same size",
        licence="MIT",
        source="Xiao, Rasul and Vollgraf, Zalando Research",
        files=_idx("FashionMNIST", ("", "", "", "")),
        download=30_878_645,
        packable=True,
    ),
    Rung(
        id="cifar10",
        title="CIFAR-10, 60,000 small photographs",
        use="checkpoint transfer: the new task for ImageNet's features",
        licence="none stated; cite Krizhevsky, 2009",
        source="Krizhevsky, Nair and Hinton",
        files=(
            File(f"{CIFAR}/data_batch_1", 31_035_704, "md5:c99cafc152244af753f735de768cd75f"),
            File(f"{CIFAR}/data_batch_2", 31_035_320, "md5:d4bba439e000b95fd0a9bffe97cbabec"),
            File(f"{CIFAR}/data_batch_3", 31_035_999, "md5:54ebc095f3ab1f0389bbae665268c751"),
            File(f"{CIFAR}/data_batch_4", 31_035_696, "md5:634d18415352ddfa80567beed471001a"),
            File(f"{CIFAR}/data_batch_5", 31_035_623, "md5:482c414d41f54cd18b22e5b47cb7c3cb"),
            File(f"{CIFAR}/test_batch", 31_035_526, "md5:40351d587109b95175f43aff81a1287e"),
            File(f"{CIFAR}/batches.meta", 158, "md5:5ff9c542aee3614f3951f8cda6e48888"),
        ),
        download=170_498_071,
        packable=True,
    ),
    Rung(
        id="resnet34",
        title="ResNet34 with ImageNet's weights",
        use="checkpoints resnet and transfer, on the real thing",
        licence="BSD-3-Clause (torchvision); ImageNet: for research and education",
        source="torchvision, ResNet34_Weights.IMAGENET1K_V1",
        files=(File("checkpoints/resnet34-b627a593.pth", 87_319_819, "sha256:b627a593"),),
        download=87_319_819,
    ),
)


def rung(rung_id: str) -> Rung:
    """The rung of that id; KeyError (with the ids there are) if there is none."""
    for one in RUNGS:
        if one.id == rung_id:
            return one
    known = ", ".join(one.id for one in RUNGS)
    raise KeyError(f"no rung '{rung_id}'; there are: {known}")
