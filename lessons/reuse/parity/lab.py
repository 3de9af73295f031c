"""Two rows exchanged before the copy: the alignment, where the stages depart, what is predicted."""

from __future__ import annotations

import math
import re
import textwrap
from typing import NamedTuple

from torch import Tensor

from lessons.labs import Bench
from lessons.locality.small_networks import whose
from lessons.reuse.parity import PLACES
from lessons.reuse.parity.twins import SHOWN, Departure, Twins
from lessons.reuse.resnet.stages import role

TABLE_ROWS = 8
WIDTH = 77  # columns that the table may take
SHORTEST, ENOUGH = 3, 6  # signs that stay of a part of a name, at least and where that will do


class Swap(NamedTuple):
    """The row chosen, and the row that it changes places with; the same where there is none."""

    first: int
    second: int
    part: str

    @property
    def made(self) -> bool:
        return self.first != self.second


def run(bench: Bench) -> None:
    if "twins" not in bench.memory:
        bench.memory["twins"] = Twins(bench)
    twins: Twins = bench.memory["twins"]
    train = bench.settings["mode"] == "train"
    asked = str(bench.settings["swap"])
    swap = chosen(twins, str(bench.settings["part"]), int(bench.settings["row"]), asked)
    fits = twins.shapes[swap.first] == twins.shapes[swap.second]
    table(bench, twins, swap)
    if asked != "nothing" and not swap.made:
        none_there(bench, twins, swap, asked)
    elif fits:
        fitted(bench, twins, swap, train=train)
    else:
        refused(bench, twins, swap)


# --- rows -----------------------------------------------------------------------------------------


def part_of(name: str) -> str:
    """The part of the network that a row of torchvision's belongs to, as the control names it."""
    block = re.match(r"layer\d+\.\d+(?=\.)", name)
    if block:
        return block[0]
    return "head" if name.startswith("fc.") else "stem"


def local(name: str) -> str:
    """A row's name inside its part."""
    return re.sub(r"^layer\d+\.\d+\.", "", name)


def chosen(twins: Twins, part: str, number: int, asked: str) -> Swap:
    rows = [row for row, name in enumerate(twins.names) if part_of(name) == part]
    first = rows[min(number, len(rows)) - 1]
    shape, name = twins.shapes[first], local(twins.names[first])
    later = range(first + 1, len(twins.names))
    if asked == "nothing":
        found = first
    elif asked == "next row":
        found = next(iter(later), first)
    else:
        found = next(
            (
                row
                for row in later
                if twins.shapes[row] == shape
                and (asked == "same shape" or local(twins.names[row]) == name)
            ),
            first,
        )
    return Swap(first, found, part)


def table(bench: Bench, twins: Twins, swap: Swap) -> None:
    """The rows around the two that change places."""
    last = len(twins.names) - 1
    if swap.second - swap.first <= TABLE_ROWS - 3:
        start = max(0, min(swap.first - 2, last - TABLE_ROWS + 1))
        shown: list[int | None] = list(range(start, start + TABLE_ROWS))
    else:
        above = range(max(0, swap.first - 1), swap.first + 2)
        below = range(swap.second - 1, min(last, swap.second + 2) + 1)
        shown = [*above, None, *below][:TABLE_ROWS]
    comes_from = {swap.first: swap.second, swap.second: swap.first}
    lines, marked = [], []
    for row in shown:
        if row is None:
            lines.append(["...", "", "", "", "", ""])
            continue
        source = comes_from.get(row, row)
        if swap.made and row in comes_from:
            marked.append(len(lines))
        mine, taken = (size(twins.shapes[at]) for at in (row, source))
        lines.append(
            [
                str(row),
                twins.my_names[row],
                mine,
                str(source),
                twins.names[source],
                "same" if taken == mine else taken,
            ]
        )
    columns = ["row", whose_network(bench), "shape", "takes", "named", "shape"]
    if all(line[-1] in ("same", "") for line in lines):
        columns, lines = columns[:-1], [line[:-1] for line in lines]
    shorten(columns, lines)
    bench.table(
        "rows",
        "218 rows each: what it takes from torchvision, row by row",
        columns,
        lines,
        marked=marked,
    )


def whose_network(bench: Bench) -> str:
    """Whose network takes the rows, in a word."""
    return "yours" if bench.own["resnet"] else "course's"


def shorten(columns: list[str], lines: list[list[str]]) -> None:
    """Cut the names in the second column and in the fifth, as far as the table is too wide."""
    wide = [max(map(len, cells)) for cells in zip(columns, *lines, strict=True)]
    room = WIDTH - 2 - 2 * (len(columns) - 1) - sum(wide) + wide[1] + wide[4]
    for at in (1, 4):
        other = wide[5 - at]
        for line in lines:
            line[at] = cut(line[at], max(room // 2, room - other))


def cut(name: str, room: int) -> str:
    """A name in that many columns. Group and block stay, so do the numbers between the dots; of
    the last part the end stays, of the others the beginning."""
    parts = name.split(".")
    last = len(parts) - 1
    while len(".".join(parts)) > room:
        long = [at for at in range(2, last + 1) if len(parts[at]) > SHORTEST]
        if not long:
            return f"{name[: room // 2]}…{name[room // 2 + 1 - room :]}"
        at = max(long, key=lambda at: (len(parts[at]) > ENOUGH, at == last, len(parts[at])))
        kept = len(parts[at]) - 2  # and the mark
        part = parts[at].strip("…")
        parts[at] = f"…{part[-kept:]}" if at == last else f"{part[:kept]}…"
    return ".".join(parts)


def size(shape: tuple[int, ...]) -> str:
    """A shape in few columns: 64x3x7x7, or "one" for a number."""
    return "x".join(map(str, shape)) or "one"


# --- what comes of it -----------------------------------------------------------------------------


def none_there(bench: Bench, twins: Twins, swap: Swap, asked: str) -> None:
    name, shape = twins.names[swap.first], size(twins.shapes[swap.first])
    why = {
        "next row": "it is the last one",
        "same shape": f"no row below it has its shape, {shape}",
        "next block": "the head is no block, and none comes below it"
        if swap.part == "head"
        else f"no block below has a {local(name)} of its shape, {shape}",
    }[asked]
    bench.words("about", whose(bench.own))
    bench.finding(
        f"Row {swap.first}, {name}, changes places with nothing: {why}.",
        {"row": float(swap.first)},
        proves=False,
    )


def refused(bench: Bench, twins: Twins, swap: Swap) -> None:
    """Rows of two shapes: the copy must notice."""
    twins.copy()
    before = [value.clone() for value in twins.mine.state_dict().values()]
    told = twins.copy(swap.first, swap.second)
    after = twins.mine.state_dict().values()
    changed = sum(not value.equal(was) for value, was in zip(after, before, strict=True))
    said = f"copy_weights says: {told}" if told else "copy_weights says nothing."
    lines = textwrap.wrap(said, 76, max_lines=4, placeholder=" ...")
    bench.words("about", "\n".join([*lines, whose(bench.own)]))
    shapes = [size(twins.shapes[row]) for row in (swap.first, swap.second)]
    figures = {"row": float(swap.first), "with": float(swap.second), "changed": float(changed)}
    told_rows = f"Row {swap.first} would take {shapes[1]} where {shapes[0]} belongs"
    if told and not changed:
        bench.finding(
            f"{told_rows}: copy_weights refuses, and all {len(before)} rows are as they were. A"
            " wrong order that changes a shape can't go unnoticed.",
            figures,
        )
    else:
        did = "refuses too late" if told else "does not refuse"
        bench.finding(
            f"{told_rows}: copy_weights {did}, and {changed} rows have changed.",
            figures,
            proves=False,
        )


def fitted(bench: Bench, twins: Twins, swap: Swap, *, train: bool) -> None:
    """Rows of one shape, or none exchanged: run both networks."""
    mode = "train" if train else "eval"
    found, logits = twins.compare(swap.first, swap.second, train=train)
    right = twins.right_logits(train=train)
    said = [predicted(logits, n) for n in range(SHOWN)]
    lost = sum(k is None for k in said)
    other = sum(k not in (None, predicted(right, n)) for n, k in enumerate(said))
    first = next((d for d in found if d.apart), None)
    draw(bench, found, mode)
    about(bench, logits, right, found[-1], mode)
    figures = {
        "row": float(swap.first),
        "with": float(swap.second),
        "stages": float(len(found)),
        "departed": float(sum(d.apart for d in found)),
        "another class": float(other),
        "no class": float(lost),
    }
    gaps = {"first gap": first.gap if first else 0.0, "logits": found[-1].gap}
    for name, value in (gaps | {"parity": twins.parity[train].gap}).items():
        if math.isfinite(value):
            figures[name] = value
    if not swap.made or twins.parity[train].apart:
        in_order(bench, twins.parity[train], figures, mode)
        return
    shape = size(twins.shapes[swap.first])
    shape = "single numbers" if shape == "one" else shape
    rows = f"Rows {swap.first} and {swap.second}, both {shape}"
    if first is None:
        no_departure(bench, twins, swap, figures, f"{rows}, changed places", mode)
        return
    where = f"{role(first.name)} departs first" if first.name else "no stage but the logits departs"
    by = f"by up to {first.gap:.3g}" if math.isfinite(first.gap) else "as it gives NaN"
    bench.finding(
        f"{rows}, changed places, and they fit: no error. In {mode}, {where}, {by}, and"
        f" {lost or other} of {SHOWN} digits get {'no' if lost else 'another'} class.",
        figures,
        proves=found[-1].apart,
    )


def in_order(bench: Bench, parity: Departure, figures: dict[str, float], mode: str) -> None:
    """What is seen with all rows in order. Nothing can be told of a swap unless they agree."""
    if parity.apart:
        bench.finding(
            f"Even with all rows in order, in {mode} the logits differ by up to {parity.gap:.3g}:"
            " look at resnet.py again.",
            figures,
            proves=False,
        )
        return
    told = "by nothing at all" if parity.gap == 0 else f"by {parity.gap:.0e} at most"
    bench.finding(
        f"All 218 rows in order: in {mode} none of the {figures['stages']:.0f} stages departs, and"
        f" the logits of {SHOWN} digits differ {told}. Now exchange two rows.",
        figures,
        proves=False,
    )


def no_departure(
    bench: Bench, twins: Twins, swap: Swap, figures: dict[str, float], rows: str, mode: str
) -> None:
    names = [local(twins.names[row]) for row in (swap.first, swap.second)]
    if all(name.endswith("num_batches_tracked") for name in names):
        why = "they count batches, and forward does not read them"
    elif mode == "train" and all("running" in name for name in names):
        why = "in train mode batch norms take the batch's own statistics; look in eval"
    else:
        why = "what they hold is too similar to tell"
    bench.finding(
        f"{rows}, and none of the {figures['stages']:.0f} stages departs: {why}.",
        figures,
        proves=False,
    )


# --- drawings -------------------------------------------------------------------------------------


def draw(bench: Bench, found: list[Departure], mode: str) -> None:
    """The largest difference behind each part, in % of its largest value. NaN is left out."""
    ends = {"stem": "bn1", "head": ""}
    by_name = {d.name: d for d in found}
    shares = {
        part: by_name[ends.get(part, part)].share
        for part in PLACES
        if ends.get(part, part) in by_name
    }
    bench.bars(
        "stages",
        f"Difference behind each part, {mode}",
        {part: round(100 * share, 2) for part, share in shares.items() if math.isfinite(share)},
        unit="%",
    )


def about(bench: Bench, logits: Tensor, right: Tensor, last: Departure, mode: str) -> None:
    lines = [f"Digits 0 to {SHOWN - 1} are to the network"]
    for name, values in (("torchvision", right), (whose_network(bench), logits)):
        said = [predicted(values, n) for n in range(SHOWN)]
        lines.append(f"{name:<11} " + " ".join(sign(k) for k in said))
    apart = f"{last.gap:.3g}" if math.isfinite(last.gap) else "NaN"
    lines += [f"Logits apart by up to {apart}", "Bars: % of the largest value there"]
    bench.words("about", "\n".join(lines) + f"\n{whose(bench.own)}")


def sign(said: int | None) -> str:
    """A class in one character: a digit, or a dot for any of the 990 others, x for NaN."""
    if said is None:
        return "x"
    return str(said) if said < SHOWN else "."


def predicted(logits: Tensor, image: int) -> int | None:
    """The class of the highest logit; None when there are no numbers to compare."""
    values = logits[image]
    return int(values.argmax()) if bool(values.isfinite().all()) else None
