"""Lab ``maps``: the viewer. Filters and feature maps of a trained network, with a cursor."""

from lessons.declare import Control, Lab, Tier

FILTERS = {1: 8, 2: 16, 3: 32}  # of each layer

LAB = Lab(
    id="maps",
    title="Filters and feature maps",
    tier=Tier.T1,
    question="What does a filter find in a digit, and which pixels did it look at for that?",
    task="""\
Look into a network that has learned the digits with three convolutions.

- `map`: one map, enlarged. Move the cursor with the arrows: you see its value, and framed in the
  digit the pixels that it comes from. They are its receptive field. Row and column are those of
  the digit; maps of layer 2 have half as many, those of layer 3 a quarter, so there it takes 2 or
  4 presses to the next cell.
- `maps`: the maps of a layer side by side, each from 0 to its own strongest value.
- `filters`: the weights that made them. Blue or `-` is below zero, white is zero, red or `+` above.

Stay at one place and go from layer 1 to 3: how large does the receptive field become?
""",
    controls=(
        Control(
            id="row",
            title="row",
            choices=tuple(range(28)),
            start=14,
            keys="up down",
            when={"show": ("map",)},
        ),
        Control(
            id="column",
            title="column",
            choices=tuple(range(28)),
            start=15,
            keys="left right",
            when={"show": ("map",)},
        ),
        Control(id="layer", title="layer", choices=(1, 2, 3), start=1, keys="L l"),
        Control(
            id="filter",
            title="filter",
            choices=tuple(range(1, 33)),
            start=1,
            keys="K k",
            within="layer",
            last=FILTERS,
        ),
        Control(
            id="digit",
            title="digit",
            choices=tuple(range(10)),
            start=5,
            keys="D d",
            when={"show": ("map", "maps")},
        ),
        Control(
            id="show", title="show", choices=("map", "maps", "filters"), start="map", keys="V v"
        ),
    ),
    uses=("mlp", "conv"),
    seconds=120.0,
    earned_in=("map",),
)
