"""Lab ``parity``: two rows of the weights change places, and a ResNet34 is no longer the same."""

from lessons.declare import Control, Lab, Tier

BLOCKS = (3, 4, 6, 3)
PLACES = (
    "stem",
    *(f"layer{group}.{block}" for group, n in enumerate(BLOCKS, 1) for block in range(n)),
    "head",
)
# A block has two convolutions and two batch norms of 5 rows; where it projects, 6 more.
PROJECTING = ("layer2.0", "layer3.0", "layer4.0")
ROWS = {
    place: {"stem": 6, "head": 2}.get(place, 18 if place in PROJECTING else 12) for place in PLACES
}

LAB = Lab(
    id="parity",
    title="Row for row",
    tier=Tier.T3,
    question="Two rows change places before the copy: who notices, and where?",
    task="""\
On the left the network that takes its 218 rows by order, on the right torchvision's row that it
takes. Choose a part of the network (`layer2.0` is the first block of group 2), a row of it, and
what it changes places with. Then `copy_weights` runs, and both see the same ten digits.

- `nothing`: the copy as it should be.
- `next row`: mostly of another shape. Who notices?
- `same shape`: the next row that has this shape. Who notices now?
- `next block`: the same row of the next block that has one of this shape.

Find a pair that changes the logits in eval mode and not in train mode, and one that changes
nothing at all. torchvision's weights here are random numbers; only its head is fitted, so that it
names these ten digits.
""",
    controls=(
        Control(id="part", title="part", choices=PLACES, start="layer2.1", keys="left right"),
        Control(
            id="row",
            title="row of it",
            choices=tuple(range(1, max(ROWS.values()) + 1)),
            start=1,
            keys="up down",
            within="part",
            last=ROWS,
        ),
        Control(
            id="swap",
            title="swap with",
            choices=("nothing", "next row", "same shape", "next block"),
            start="same shape",
            keys="S s",
        ),
        Control(id="mode", title="mode", choices=("eval", "train"), start="eval", keys="e t"),
    ),
    uses=("resnet",),
    seconds=60.0,
    rung="torchvision's constructor, random weights",
)
