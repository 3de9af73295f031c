"""Lab ``rungs``: from digits to photographs, and what the same two models make of them."""

from lessons.declare import Control, Lab, Tier

LAB = Lab(
    id="rungs",
    title="The data ladder",
    tier=Tier.T2,
    question="From digits to photographs: what gets harder, and for which network?",
    task="""\
The data sets form a ladder. The digits ship with the course. Clothes, photographs (CIFAR-10) and
weights learned on ImageNet come by `cnntutor data fetch` or from a kit; the lab says what is not
on this machine.

- `sizes`: what an image is on each rung.
- `images`: look at some. Go through them with the arrows.
- `accuracy`: the same two models on the rung: one linear layer, and a small convolutional
  network. 2,000 images to learn from on every rung, so that only the images differ.
""",
    controls=(
        Control(
            id="rung",
            title="rung",
            choices=("digits", "fashion-mnist", "cifar10", "imagenet"),
            start="digits",
            keys="up down",
        ),
        Control(
            id="show",
            title="show",
            choices=("sizes", "images", "accuracy"),
            start="sizes",
            keys="V v",
        ),
        Control(
            id="image",
            title="image",
            choices=tuple(range(40)),
            start=0,
            keys="left right",
            when={"show": ("images",)},
        ),
    ),
    uses=("mlp", "conv"),
    seconds=120.0,
    earned_in=("accuracy",),
    rung="what is here",
)
