"""Stands in for ``lessons.labs``: labs of a few lines that do what a lab or its code may do."""

import time

import torch

from lessons.declare import Control, Lab, Tier

DOINGS = (
    "draw", "train", "use", "loop", "die", "fail", "huge", "garble", "print", "escape", "steps",
)  # fmt: skip
LAB = Lab(
    id="tiny",
    title="Tiny",
    tier=Tier.T1,
    question="What may happen?",
    task="Look.",
    controls=(
        Control(id="do", title="do", choices=DOINGS, start="draw", keys="left right"),
        Control(id="x", title="x", choices=tuple(range(1000)), start=0, keys="down up"),
    ),
    uses=("conv",),
    seconds=20.0,
)


def find(lab_id: str) -> tuple[Lab, str]:
    if lab_id != "tiny":
        raise KeyError(f"no lab '{lab_id}'")
    return LAB, "tests.runner.tiny_labs"


def run(bench) -> None:
    x = bench.settings["x"]
    bench.memory["runs"] = bench.memory.get("runs", 0) + 1
    globals()[f"_{bench.settings['do']}"](bench, x)
    bench.finding(f"x is {x}", {"x": x, "runs": bench.memory["runs"], "seed": bench.seed})


def _draw(bench, x) -> None:
    bench.words("words", f"x is {x}")
    bench.picture("picture", "two", torch.rand(2, 3, 4), captions=("a", "b"))
    line = [(0, 0.5), (1, float(x))]
    bench.curves("curves", "lines", {"a": line}, x="x", y="y", x_range=(0, 9), y_range=(0, 9))
    bench.bars("bars", "long", {"a": 1.0, "b": float("nan")}, unit="s")
    bench.table("table", "rows", ("a", "b"), [("1", "2")], marked=(0,))


def _train(bench, x) -> None:
    bench.words("words", f"training {x}")
    while True:
        bench.progress(1, 2)


def _use(bench, x) -> None:
    conv = bench.piece("conv")
    bench.words("words", f"{conv.__name__}: {conv.conv_output_size(28, 5)}")


def _loop(bench, x) -> None:
    bench.words("words", "about to loop")
    bench.piece("conv").loop()


def _die(bench, x) -> None:
    bench.piece("conv").die()


def _fail(bench, x) -> None:
    raise ZeroDivisionError("the lab's own fault")


def _huge(bench, x) -> None:
    bench.words("words", "x" * 10**6)


def _garble(bench, x) -> None:
    bench.piece("conv").garble()


def _print(bench, x) -> None:
    print("heard \x1b[2J")


def _escape(bench, x) -> None:
    bench.words("words", "red \x1b[31m")
    bench.table("table", "\x1b]0;", ("\x1b",), [("\x07",)])


def _steps(bench, x) -> None:
    """Ten drawings of one slot, slower than what is held back."""
    for step in range(10):
        end = time.monotonic() + 0.06
        while time.monotonic() < end:
            bench.progress(step, 10)
        bench.words("words", f"step {step}")
