"""Lab ``nan``: break a ResNet34 somewhere, and let the hooks find where."""

from lessons.declare import Control, Lab, Tier

BLOCKS = (3, 4, 6, 3)
PLACES = tuple(f"layer{group}.{block}" for group, n in enumerate(BLOCKS, 1) for block in range(n))

LAB = Lab(
    id="nan",
    title="The hunt for a NaN",
    tier=Tier.T2,
    question="A ResNet34 breaks at a place that you choose: is that where it is found?",
    task="""\
A ResNet34 with a quarter of the channels, fresh, in train mode. Choose a fault and a place.

- `variance`: one filter of the block is all zeros, and its batch norm has no epsilon. So it
  divides 0 by 0.
- `log`: the logarithm of what the block answers, zeros and all.
- `rate 1e6`, `rate 1e22`: a few steps of training, with this learning rate in that block.

`find_first_nonfinite` looks for it. Above, how large the numbers are in each module in the order
of the run; the line `with the fault` begins where the fault changes something, and ends where no
number is finite. Below, the modules around the find. What does a batch norm make of a rate of a
million?
""",
    controls=(
        Control(
            id="place",
            title="place",
            choices=PLACES,
            start="layer2.1",
            keys="left right",
        ),
        Control(
            id="fault",
            title="fault",
            choices=("none", "variance", "log", "rate 1e6", "rate 1e22"),
            start="none",
            keys="up down",
        ),
    ),
    uses=("hooks",),
    seconds=60.0,
)
