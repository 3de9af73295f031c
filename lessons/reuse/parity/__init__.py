"""Lab ``parity``: two rows of the weights change places, and a ResNet34 is no longer the same."""

from lessons.declare import Control, Lab, Tier

BLOCKS = (3, 4, 6, 3)
PLACES = (
    "stem",
    *(f"{group}.{block}" for group, n in enumerate(BLOCKS, 1) for block in range(1, n + 1)),
    "head",
)
# A block has two convolutions and two batch norms of 5 rows; where it projects, 6 more.
ROWS = {
    place: {"stem": 6, "head": 2}.get(place, 18 if place in ("2.1", "3.1", "4.1") else 12)
    for place in PLACES
}

LAB = Lab(
    id="parity",
    title="Row for row",
    tier=Tier.T3,
    question="Two rows change places before the copy: who notices, and where?",
    task="""\
On the left torchvision's ResNet34, on the right the one that takes its 218 rows by order. Choose a
part of the network (2.1 is the first block of group 2), a row in it, and what it changes places
with. Then `copy_weights` runs, and both networks see the same eight digits.

- `nothing`: the copy as it should be.
- `next row`: mostly of another shape. Who notices?
- `same shape`: the next row that has this shape. Who notices now?
- `next block`: the same row of the next block that has one of this shape.

Find a pair that changes the logits in eval mode and not in train mode, and one that changes
nothing at all. torchvision's weights here are random numbers: for this, any will do.
""",
    controls=(
        Control(id="part", title="part", choices=PLACES, start="2.2", keys="left right"),
        Control(
            id="row",
            title="row",
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
