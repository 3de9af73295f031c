"""Lab ``views``: a row of memory, the view that strides make of it, windows that cost nothing."""

from lessons.declare import Control, Lab, Tier

MOST = 8  # rows and columns of a view that is drawn
PLACES = 24  # numbers in the memory: a matrix of 4 x 6

LAB = Lab(
    id="views",
    title="Memory and views",
    tier=Tier.T1,
    question="Where in memory lies each element of a view, and what does a view cost?",
    task="""\
Above lies the memory: 24 numbers in a row, each equal to its place. Below is a view of it. The
element under the cursor is lit in both.

- Go through the views with `v`, and move the cursor with the arrows.
- Turn `own` on: make a column, a transposed matrix, a diagonal, windows by size and strides.
- Turn `predict` on: the number under the cursor is hidden until you have typed it.
- `image`: all windows of 5 x 5 over a digit, as a view, and what a copy of them would take.
""",
    controls=(
        Control(
            id="row",
            title="row",
            choices=tuple(range(MOST)),
            start=1,
            keys="up down",
        ),
        Control(
            id="column",
            title="column",
            choices=tuple(range(MOST)),
            start=2,
            keys="left right",
        ),
        Control(
            id="view",
            title="view",
            choices=(
                "plain",
                "transposed",
                "every other",
                "diagonal",
                "repeated",
                "windows",
                "image",
            ),
            start="plain",
            keys="V v",
            when={"own": (False,)},
        ),
        Control(
            id="predict",
            title="predict",
            choices=(False, True),
            start=False,
            keys="P p",
        ),
        Control(
            id="guess",
            title="number",
            choices=(-1, *range(100)),
            start=-1,
            keys="digits",
            needs="predict",
        ),
        Control(id="own", title="own", choices=(False, True), start=False, keys="n y"),
        Control(
            id="rows",
            title="rows",
            choices=tuple(range(1, MOST + 1)),
            start=4,
            keys="R r",
            needs="own",
        ),
        Control(
            id="columns",
            title="columns",
            choices=tuple(range(1, MOST + 1)),
            start=4,
            keys="L l",
            needs="own",
        ),
        Control(
            id="down",
            title="down",
            choices=(0, 1, 2, 3, 4, 5, 6, 7, 8),
            start=1,
            keys="D d",
            needs="own",
        ),
        Control(
            id="right",
            title="right",
            choices=(0, 1, 2, 3, 4, 5, 6, 7, 8),
            start=6,
            keys="S s",
            needs="own",
        ),
        Control(
            id="start",
            title="start",
            choices=tuple(range(9)),
            start=0,
            keys="O o",
            needs="own",
        ),
    ),
    uses=("strides",),
    seconds=20.0,
)
