"""Lab ``shapes``: windows slide over a grid, and the size of the map follows the rule."""

from lessons.declare import Control, Lab, Tier

MOST_PLACES = 12  # windows in a row: 8 pixels, 2 of padding at each end, a window of 1

LAB = Lab(
    id="shapes",
    title="Windows and sizes",
    tier=Tier.T1,
    question="At how many places does a window fit, and how large is the map then?",
    task="""\
Change one number at a time, and move the window. Where the last step would take it past the
edge, it is not made.

- Turn `predict` on: the map stays hidden until you have typed how large its side is.
- Find a kernel and a padding that keep the size. Then make the stride 2.
- Find settings where pixels at the far end are never looked at.
""",
    controls=(
        Control(
            id="size",
            title="size",
            choices=(3, 4, 5, 6, 7, 8),
            start=7,
            keys="left right",
        ),
        Control(id="kernel", title="kernel", choices=(1, 2, 3, 4, 5), start=3, keys="down up"),
        Control(id="stride", title="stride", choices=(1, 2, 3), start=2, keys="a s"),
        Control(id="padding", title="padding", choices=(0, 1, 2), start=1, keys="o p"),
        Control(
            id="window",
            title="window",
            choices=tuple(range(1, MOST_PLACES**2 + 1)),
            start=1,
            keys="v w",
            when={"guess": tuple(range(100))},
            keeps_answer=True,
        ),
        Control(id="predict", title="predict", choices=(False, True), start=False, keys="n y"),
        Control(
            id="guess",
            title="side of the map",
            choices=(-1, *range(100)),
            start=-1,
            keys="digits",
            needs="predict",
        ),
    ),
    uses=("conv",),
    seconds=20.0,
)
