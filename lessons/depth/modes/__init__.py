"""Lab ``modes``: what batch norm does in train and in eval, and what it remembers."""

from lessons.declare import Control, Lab, Tier

LAB = Lab(
    id="modes",
    title="Batch norm's two modes",
    tier=Tier.T2,
    question="Batch norm in train and in eval: what does an image's answer depend on?",
    task="""\
One `BatchNorm2d` with one channel sees batches of 32 digits in train mode. Go through the views.

- `creep`: how its running mean and variance go from 0 and 1 towards the batches'. Turn momentum.
- `mates`: the same image alone and among 7 others, in train and in eval. Change the others.
- `one`: a batch of one image. Make its map smaller, down to 1 x 1.
""",
    controls=(
        Control(
            id="momentum",
            title="momentum",
            choices=(0.01, 0.03, 0.1, 0.3, 1.0),
            start=0.1,
            keys="left right",
        ),
        Control(
            id="batches",
            title="batches",
            choices=(0, 1, 2, 5, 10, 20, 50),
            start=50,
            keys="down up",
        ),
        Control(
            id="mates",
            title="mates",
            choices=("digits", "ones", "blank", "negatives"),
            start="digits",
            keys="j k",
            when={"show": ("mates",)},
        ),
        Control(
            id="size",
            title="map",
            choices=(1, 2, 4, 7, 14, 28),
            start=7,
            keys="o p",
            when={"show": ("one",)},
        ),
        Control(
            id="show", title="show", choices=("creep", "mates", "one"), start="creep", keys="V v"
        ),
    ),
    uses=("batchnorm",),
    seconds=30.0,
    earned_in=("mates",),
)
