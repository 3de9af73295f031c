"""Recall questions of the appendix."""

from random import Random
from typing import Any

from lessons.recall import Complete, Order, Predict, Tell, Which


def _place(draw: Random) -> dict[str, Any]:
    return {
        "start": draw.randint(0, 3),
        "down": draw.choice([1, 2, 5, 6, 7]),
        "right": draw.choice([0, 1, 2, 3]),
        "i": draw.randint(1, 3),
        "j": draw.randint(1, 4),
    }


def _windows(draw: Random) -> dict[str, Any]:
    return {
        "width": draw.randint(9, 40),
        "kernel": draw.choice([2, 3, 5]),
        "stride": draw.choice([1, 2, 3]),
    }


STRIDES = (
    Predict(
        id="which-number",
        text="`x = torch.arange(60)`. What is element [{i}, {j}] of "
        "`x.as_strided((4, 5), ({down}, {right}), {start})`?",
        repair="lab:views",
        draw=_place,
        formula=lambda start, down, right, i, j: start + i * down + j * right,
        why=lambda start, down, right, i, j, answer: (
            f"It lies at {start} + {i} x {down} + {j} x {right} = {answer}, and each number of "
            "`arange` is its own place."
        ),
    ),
    Predict(
        id="strides-after-turning",
        text="A contiguous matrix has {rows} rows and {columns} columns. Which strides has its "
        "transpose? Type them like a shape.",
        repair="extra#two-strides-make-a-matrix",
        draw=lambda draw: {"rows": draw.randint(2, 9), "columns": draw.randint(2, 9)},
        formula=lambda rows, columns: (1, columns),
        why=lambda rows, columns, answer: (
            f"The matrix has strides ({columns}, 1): {columns} places to the next row. Turned "
            f"over, that is {answer}, and no number moves."
        ),
    ),
    Predict(
        id="windows-of-a-row",
        text="Windows of {kernel} numbers slide over a row of {width}, {stride} at a time. Which "
        "size has the view of all windows?",
        repair="extra#windows-that-slide",
        draw=_windows,
        formula=lambda width, kernel, stride: ((width - kernel) // stride + 1, kernel),
        why=lambda width, kernel, stride, answer: (
            f"There are ({width} - {kernel}) // {stride} + 1 places, each with {kernel} numbers: "
            f"{answer}."
        ),
    ),
    Predict(
        id="bytes-of-a-view",
        text="`windows` is a view of all {kernel}x{kernel} windows of a float32 image of "
        "{side}x{side}. How many bytes does `windows.contiguous()` take in addition?",
        repair="extra#nothing-is-copied",
        draw=lambda draw: {"side": draw.choice([8, 14, 28]), "kernel": draw.choice([2, 3, 5])},
        formula=lambda side, kernel: 4 * (side - kernel + 1) ** 2 * kernel**2,
        why=lambda side, kernel, answer: (
            f"{side - kernel + 1} x {side - kernel + 1} windows of {kernel} x {kernel} numbers, 4 "
            f"bytes each: {answer}. The view itself takes none."
        ),
    ),
    Which(
        id="diagonal-of-any-matrix",
        text="The diagonal of a square matrix `x`, whatever its strides. Which line, and why?",
        repair="extra#two-strides-make-a-matrix",
        right="x.as_strided((len(x),), (x.stride(0) + x.stride(1),))",
        wrong="x.as_strided((len(x),), (len(x) + 1,))",
        because="A transposed or sliced matrix has other strides than a fresh one.",
        others=(
            "A diagonal has one number more than the matrix has rows.",
            "`as_strided` counts in bytes, so it needs the strides of x.",
        ),
        why="One step goes down and to the right. `len(x) + 1` is that sum for a contiguous "
        "matrix only.",
    ),
    Complete(
        id="vector-in-each-row",
        text="Complete the view that shows the vector `vec` in each of 4 rows, without a copy.",
        repair="extra#a-stride-of-nothing",
        line="rows = vec.as_strided((4, len(vec)), ____)",
        accepts=("(0, vec.stride(0))", "[0, vec.stride(0)]", "(0, *vec.stride())"),
        why="A step down goes nowhere in memory: the same numbers show again.",
    ),
    Order(
        id="convolve-by-hand",
        text="A convolution by strides: put the steps in order.",
        repair="extra#windows-that-slide",
        steps=(
            "put zeros around the image",
            "ask the padded image for its strides",
            "make the view of all windows by `as_strided`",
            "multiply each window by the weights",
            "add up over channels, height and width of the window",
        ),
        why="Padding makes a new tensor with longer rows, so its strides are asked for after it. "
        "Then the view, the product, and one sum.",
    ),
    Tell(
        id="writing-into-a-view",
        text="`seen = x.as_strided(...)`, with windows that overlap. What happens at `seen *= 2`?",
        repair="extra#a-view-writes-too",
        points=(
            "It writes into x, whose memory the view shares.",
            "A number that lies in several windows is doubled several times.",
            "`seen * 2` makes a new tensor and leaves x alone.",
        ),
    ),
)

HOOKS = (
    Order(
        id="look-and-clean-up",
        text="You want to know which module of a model breaks first. Put the steps in order.",
        repair="extra#removed-whatever-happens",
        steps=(
            "a hook for each name in `named_modules()`, its handle kept",
            "`try:` run the model once",
            "each hook looks at its module's output, at once",
            "`finally:` remove every handle",
            "return the first name found, or None",
        ),
        why="The hooks have to be there before the run, and to be gone on every way out.",
    ),
    Which(
        id="one-bad-number",
        text="A hook decides whether the tensor `out` is in order. Which line, and why?",
        repair="extra#nan-and-its-relatives",
        right="good = out.isfinite().all()",
        wrong="good = out.sum().isfinite()",
        because="Large numbers are finite though their sum may not be.",
        others=(
            "A sum of nan and inf can be finite again.",
            "`sum` changes the output that the next module gets.",
        ),
        why="Two numbers of 3e38 are finite in float32, their sum is inf. Look at every number.",
    ),
    Complete(
        id="take-it-away",
        text="Complete the line that takes a forward hook away again.",
        repair="extra#removed-whatever-happens",
        line="for handle in handles: ____",
        accepts=("handle.remove()",),
        why="`register_forward_hook` returns a handle. Clearing the module's list would take away "
        "other people's hooks too.",
    ),
    Tell(
        id="not-afterwards",
        text="Why does a hook look at the output at once, instead of keeping it for later?",
        repair="extra#look-at-once",
        points=(
            "A later module may work in place and change what was kept.",
            "An in-place ReLU makes 0 of -inf, and all looks well.",
        ),
    ),
)

QUESTIONS = STRIDES + HOOKS
