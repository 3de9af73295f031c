"""Lab ``shapes``: windows slide over a grid, and the size of the map follows the rule."""

from lessons.declare import Control, Lab, Tier

LARGEST_MAP = 14

LAB = Lab(
    id="shapes",
    title="Windows and sizes",
    tier=Tier.T1,
    question="At how many places does a window fit, and how large is the map then?",
    task="""\
Change one number at a time and watch the window slide. Where the last step would take it past
the edge, it is not made.

- Turn `predict` on: the map stays hidden until you have typed how large its side is.
- Find a kernel and a padding that keep the size. Then make the stride 2.
- Find settings where pixels at the far end are never looked at.
""",
    controls=(
        Control(
            id="size",
            title="size",
            choices=(3, 4, 5, 6, 7, 8, 9, 10),
            start=7,
            keys="left right",
        ),
        Control(id="kernel", title="kernel", choices=(1, 2, 3, 4, 5), start=3, keys="down up"),
        Control(id="stride", title="stride", choices=(1, 2, 3), start=2, keys="s d"),
        Control(id="padding", title="padding", choices=(0, 1, 2), start=0, keys="o p"),
        Control(id="window", title="window", choices=tuple(range(1, 15)), start=1, keys="v w"),
        Control(id="predict", title="predict", choices=(False, True), start=False, keys="x y"),
        Control(
            id="guess",
            title="your side",
            choices=(-1, *range(LARGEST_MAP + 7)),
            start=-1,
            keys="digits",
            needs="predict",
        ),
    ),
    uses=("conv",),
    seconds=20.0,
)
