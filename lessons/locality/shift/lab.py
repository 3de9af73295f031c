"""What moves with a digit, and what stays: inputs, maps, logits, accuracy."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lessons.labs import Bench
from lessons.locality.small_networks import (
    AVERAGED,
    FLATTENED,
    MLP,
    data,
    example,
    first_maps,
    right,
    shift,
    the,
    trained,
    whose,
)

NAMES = (MLP, FLATTENED, AVERAGED)
FARTHEST = 8
PART = (slice(3, 27), slice(4, 28))  # the rows and columns that hold the examples, moved or not
SAME = 1e-5  # of a map's strongest value: what rounding may do
AHEAD = 0.03  # a lead in accuracy that 2,000 digits can show


def run(bench: Bench) -> None:
    pixels, digit = int(bench.settings["shift"]), int(bench.settings["digit"])
    {"vector": vector, "map": a_map, "logits": logits, "accuracy": accuracies}[
        str(bench.settings["show"])
    ](bench, digit, pixels)


def moved_by(pixels: int) -> str:
    return "1 pixel" if pixels == 1 else f"{pixels} pixels"


# --- vector ---------------------------------------------------------------------------------------


def vector(bench: Bench, digit: int, pixels: int) -> None:
    """The 784 inputs: which changed, and how far the vector went."""
    image = example(bench, digit)
    moved = shift(image, pixels)
    changed = moved != image
    count = int(changed.sum())
    other, near, far = distances(bench, digit, moved)
    bench.picture(
        "main",
        "The digit, the digit moved, and the inputs that changed",
        torch.stack([i[0, 0][PART] for i in (image, moved, changed.float())]),
        captions=("at 0", f"moved by {pixels}", f"{count} of 784 changed"),
    )
    bench.words(
        "about",
        "To a flat network the image is 784 numbers, each with weights of its own.",
    )
    figures = {"pixels": float(pixels), "changed": float(count), "itself": far, "other": near}
    if pixels == 0:
        bench.finding(
            f"At 0 pixels all 784 inputs of this {digit} are what they were: move it.",
            figures,
            proves=False,
        )
    elif near < far:
        bench.finding(
            f"Moved by {moved_by(pixels)}, this {digit} changes {count} of its 784 inputs, and as"
            f" 784 numbers it is now nearer to {the(other)} (distance {near:.1f}) than to itself"
            f" unmoved ({far:.1f}).",
            figures,
        )
    else:
        bench.finding(
            f"Moved by {moved_by(pixels)}, this {digit} changes {count} of its 784 inputs, but as"
            f" 784 numbers it is still nearer to itself unmoved (distance {far:.1f}) than to any"
            f" other digit ({the(other)}, {near:.1f}).",
            figures,
            proves=False,
        )


def distances(bench: Bench, digit: int, moved: Tensor) -> tuple[int, float, float]:
    """The nearest training image of another digit: which, its distance to the moved image, and
    the distance from the moved image to itself unmoved."""
    images, labels = data(bench, "train")
    away = torch.linalg.vector_norm(images - moved, dim=(1, 2, 3))
    away[labels == digit] = torch.inf
    nearest = int(away.argmin())
    far = torch.linalg.vector_norm(example(bench, digit) - moved).item()
    return int(labels[nearest]), away[nearest].item(), far


# --- map ------------------------------------------------------------------------------------------


def a_map(bench: Bench, digit: int, pixels: int) -> None:
    """One filter's map, before and after."""
    (model,) = trained(bench, [AVERAGED])
    image = example(bench, digit)
    moved = shift(image, pixels)
    before, after = first_maps(model, image), first_maps(model, moved)
    filter_ = int(before.amax((0, 2, 3)).argmax())
    one, two = before[0, filter_], after[0, filter_]
    strongest = one.max().item()
    gap = largest_gap(one, two, pixels)
    bench.picture(
        "main",
        f"The moved digit, and filter {filter_ + 1}'s map before and after",
        torch.stack([moved[0, 0][PART], brought(one)[PART], brought(two)[PART]]),
        captions=(
            f"moved by {pixels}",
            f"at 0, up to {strongest:.2f}",
            f"now, up to {two.max():.2f}",
        ),
    )
    bench.words(
        "about",
        f"Filter {filter_ + 1} of 8 answers most to this {digit}. Each picture: 0 to its strongest."
        f"\n{whose(bench.own)}",
    )
    figures = {"pixels": float(pixels), "difference": gap, "strongest": strongest}
    said = "0" if gap == 0 else f"{gap:.1g}"
    if pixels == 0:
        bench.finding(
            f"At 0 pixels the map, with {strongest:.2f} at its strongest place, is where it was:"
            " move the digit.",
            figures,
            proves=False,
        )
    elif gap <= SAME * strongest:
        bench.finding(
            f"Moved by {moved_by(pixels)}, the same filter fires on the same strokes: its map has"
            f" moved along (largest difference {said}, strongest value {strongest:.2f}), so the"
            " convolution is equivariant.",
            figures,
        )
    else:
        bench.finding(
            f"Moved by {moved_by(pixels)}, the map is not the same map moved along: where both can"
            f" be seen they differ by up to {said}, and the strongest value is {strongest:.2f}.",
            figures,
            proves=False,
        )


def brought(values: Tensor) -> Tensor:
    """A map brought to 0..1 by itself."""
    return values / values.max().clamp(min=1e-12)


def largest_gap(before: Tensor, after: Tensor, pixels: int) -> float:
    """How far the map of the moved digit is from the map moved along, where both can be seen."""
    width = before.shape[-1]
    edge = 2 if pixels else 0  # there a window of 5 would look at what has left the picture
    return (
        (after[..., pixels : width - edge] - before[..., : width - edge - pixels])
        .abs()
        .max()
        .item()
    )


# --- logits ---------------------------------------------------------------------------------------


def logits(bench: Bench, digit: int, pixels: int) -> None:
    """What the three networks say."""
    models = trained(bench, NAMES)
    image = example(bench, digit)
    before = [scores(model, image) for model in models]
    after = [scores(model, shift(image, pixels)) for model in models]
    rows = [
        [str(k), *(cell(now, then, k) for now, then in zip(after, before, strict=True))]
        for k in range(10)
    ]
    bench.table(
        "main",
        f"Logits of the {digit} moved by {moved_by(pixels)} (in brackets: unmoved; *: the highest)",
        ("digit", *NAMES),
        rows,
        marked=[digit],
    )
    bench.words(
        "about",
        f"Lead: the logit of the {digit} less the highest of the others, unmoved -> moved.\n"
        + whose(bench.own),
    )
    was = [int(values.argmax()) for values in before]
    now = [int(values.argmax()) for values in after]
    leads = [(lead(b, digit), lead(a, digit)) for b, a in zip(before, after, strict=True)]
    figures = {"pixels": float(pixels)}
    for name, said, (then, today) in zip(NAMES, now, leads, strict=True):
        figures |= {f"{name} says": float(said), f"{name} lead": today, f"{name} lead at 0": then}
    if pixels == 0:
        told = ", ".join(
            f"{the(said)} to {called(name)}" for name, said in zip(NAMES, was, strict=True)
        )
        bench.finding(
            f"At 0 pixels this {digit} is {told}: move it and see which of them stay with that.",
            figures,
            proves=False,
        )
        return
    told = ", ".join(
        f"{the(said)} to {called(name)} (lead {then:.1f} -> {today:.1f})"
        for name, said, (then, today) in zip(NAMES, now, leads, strict=True)
    )
    bench.finding(
        f"Moved by {moved_by(pixels)}, this {digit} is {told}.",
        figures,
        proves=was[0] == was[2] == now[2] == digit != now[0],
    )


def called(name: str) -> str:
    """A network's name within a sentence."""
    return name if name == MLP else f"the network with {name}"


def scores(model: nn.Module, image: Tensor) -> Tensor:
    with torch.no_grad():
        return model(image)[0]


def cell(now: Tensor, before: Tensor, digit: int) -> str:
    mark = "*" if digit == int(now.argmax()) else " "
    return f"{now[digit]:+6.1f}{mark} ({before[digit]:+.1f})"


def lead(values: Tensor, digit: int) -> float:
    """How far a digit's logit is above the highest of the others."""
    others = torch.cat([values[:digit], values[digit + 1 :]])
    return (values[digit] - others.max()).item()


# --- accuracy -------------------------------------------------------------------------------------


def accuracies(bench: Bench, digit: int, pixels: int) -> None:
    """Accuracy over the test digits against the shift, for all three."""
    trained(bench, NAMES)
    images, _ = data(bench, "test")
    left = 100 * (1 - (shift(images, pixels).sum() / images.sum()).item())
    gone = f"have lost {left:.1f} % of" if left >= 0.05 else "still have all"
    about = f"At {moved_by(pixels)} the test digits {gone} their ink.\n{whose(bench.own)}"
    reached: dict[str, list[tuple[float, float]]] = {}
    for done, name in enumerate(NAMES):
        for far in range(FARTHEST + 1):
            new = (name, far) not in bench.memory.get("right", {})
            reached.setdefault(name, []).append((far, 100 * right(bench, name, far)))
            if new:
                bench.progress(done * (FARTHEST + 1) + far + 1, len(NAMES) * (FARTHEST + 1))
                draw(bench, reached, about)
    draw(bench, reached, about)
    say(bench, pixels, {name: [y for _, y in points] for name, points in reached.items()})


def draw(bench: Bench, reached: dict[str, list[tuple[float, float]]], about: str) -> None:
    bench.curves(
        "main",
        "Test digits right",
        reached,
        x="pixels to the right",
        y="%",
        x_range=(0, FARTHEST),
        y_range=(0, 100),
    )
    bench.words("about", about)


def say(bench: Bench, pixels: int, reached: dict[str, list[float]]) -> None:
    """The sentence on accuracy."""
    now = {name: values[pixels] for name, values in reached.items()}
    start = {name: values[0] for name, values in reached.items()}
    figures = {"pixels": float(pixels)}
    for name in NAMES:
        figures |= {name: now[name], f"{name} at 0": start[name]}
    parts = (
        f"{MLP} gets {now[MLP]:.1f} % of test digits right, {FLATTENED} {now[FLATTENED]:.1f} %,"
        f" {AVERAGED} {now[AVERAGED]:.1f} %"
    )
    cost = start[FLATTENED] - start[AVERAGED]
    if pixels == 0:
        also = f": averaging costs {cost:.1f} points while nothing moves" if cost > 0 else ""
        bench.finding(f"Unmoved, {parts}{also}; now move them.", figures, proves=False)
    elif now[AVERAGED] < max(now[MLP], now[FLATTENED]) + 100 * AHEAD:
        bench.finding(
            f"At {moved_by(pixels)} {parts}: the averaged maps are not clearly ahead, so try"
            " another shift.",
            figures,
            proves=False,
        )
    else:
        price = f" (at 0, {cost:.1f} points behind flattened)" if cost > 0 else ""
        bench.finding(
            f"At {moved_by(pixels)} {parts}{price}: convolution moves the maps along, and"
            " averaging over all places lets the answer stay.",
            figures,
        )
