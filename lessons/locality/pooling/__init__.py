"""Lab ``pooling``: what max pooling keeps, what averaging forgets, and where each belongs."""

from lessons.declare import Control, Lab, Tier

LAB = Lab(
    id="pooling",
    title="Two kinds of pooling",
    tier=Tier.T1,
    question="Two kinds of pooling: what does each keep, and where in a network does it go?",
    task="""\
A small network has looked at a digit. Go through the views.

- `map`: one filter's map, the cells that win their window, and the map after max pooling (of
  2 x 2, or 3 x 3 if you turn `window`).
- `windows`: the same from near: each window and its winner.
- `average`: the last maps, and the one number that average pooling makes of each.
- `moved`: what one pixel to the right changes, before and after each pooling.
- `places`: what becomes of a network that averages too early.
""",
    controls=(
        Control(
            id="filter",
            title="filter",
            choices=(1, 2, 3, 4, 5, 6, 7, 8),
            start=1,
            keys="left right",
            when={"show": ("map", "windows", "moved")},
        ),
        Control(
            id="digit",
            title="digit",
            choices=(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
            start=3,
            keys="down up",
            when={"show": ("map", "windows", "average", "moved")},
        ),
        Control(
            id="kernel",
            title="window",
            choices=(2, 3),
            start=2,
            keys="K k",
            when={"show": ("map", "windows", "moved")},
        ),
        Control(
            id="show",
            title="show",
            choices=("map", "windows", "average", "moved", "places"),
            start="map",
            keys="V v",
        ),
    ),
    uses=("mlp", "conv"),
    seconds=120.0,
)
