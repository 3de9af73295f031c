"""Reading a typed answer kindly: numbers, shapes, orders, lines of code. Nothing is ever run.

``(2, 10)``, ``2x10`` and ``2 10`` are one shape; ``784*100`` and ``78,400`` are one number.
What can't be read is no wrong answer: it raises ``Unreadable``, and the question stands.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterator, Sequence

BLANK = "____"

_NUMBER = re.compile(r"(?<![\w.])-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?")
_GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:[, _']\d{3})+(?!\d)")
_TWO_SIDED: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "log": math.log,
    "ln": math.log,
}
LARGEST = 1e12  # no answer is larger, and powers beyond it cost time


class Unreadable(ValueError):
    """An answer that can't be read; the message says what was seen and what to type."""


def _plain(text: str) -> str:
    """The text in small letters and ASCII signs."""
    table = str.maketrans({"−": "-", "–": "-", "×": "x", "·": "*", "√": "sqrt ", "`": " "})
    return text.translate(table).casefold().strip()


# --- numbers ------------------------------------------------------------------------------------


def numbers(text: str) -> list[float]:
    """What number the text may stand for; several where it can be read in two ways."""
    plain = _plain(text).rpartition("=")[2].strip().rstrip(".")
    found: list[float] = []
    for reading in _readings(plain):
        value = _value_of(reading)
        if value is not None:
            found += [value, value / 100] if "%" in plain or "percent" in plain else [value]
    if not found:
        raise Unreadable(f"No single number is in '{text.strip()}'. Type one, for instance 12.")
    return found


def _readings(plain: str) -> Iterator[str]:
    """The text with its commas taken as thousands, and as a decimal comma."""
    yield _GROUPED.sub(lambda match: re.sub(r"\D", "", match.group()), plain)
    if re.fullmatch(r"\D*\d+,\d+\D*", plain):
        yield plain.replace(",", ".")


def _value_of(text: str) -> float | None:
    """The value of arithmetic, or the only number among words; None if there is neither."""
    source = re.sub(r"(?<=[\d)])\s*x\s*(?=[\d(])", "*", text).replace("^", "**").replace("%", "")
    source = re.sub(r"\b(ln|log|sqrt)\s*(\d+(?:\.\d+)?)", r"\1(\2)", source)
    try:
        value: float | None = _arithmetic(ast.parse(source.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        within = _NUMBER.findall(text)
        value = float(within[0]) if len(within) == 1 else None
    return value if value is not None and math.isfinite(value) else None


def _arithmetic(node: ast.expr) -> float:
    """Work out a sum of numbers, node by node; ValueError for anything else."""
    value: float
    match node:
        case ast.Constant(value=int() | float() as constant) if not isinstance(constant, bool):
            value = constant
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = -_arithmetic(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            value = _arithmetic(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _TWO_SIDED:
            one, two = _arithmetic(left), _arithmetic(right)
            if isinstance(op, ast.Pow) and abs(two) > 64:
                raise ValueError("too large a power")
            value = _TWO_SIDED[type(op)](one, two)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[one], keywords=[]):
            if name not in _FUNCTIONS:
                raise ValueError(f"no arithmetic: {name}")
            value = _FUNCTIONS[name](_arithmetic(one))
        case _:
            raise ValueError("no arithmetic")
    if isinstance(value, complex) or abs(value) > LARGEST:
        raise ValueError("no number that an answer could be")
    return value


def is_number(text: str, right: float, tolerance: float = 0.0) -> bool:
    """Whether the text says that number, give or take."""
    slack = max(tolerance, 1e-9 * max(1.0, abs(right)))
    return any(abs(value - right) <= slack for value in numbers(text))


# --- shapes and orders --------------------------------------------------------------------------


def is_shape(text: str, right: Sequence[int]) -> bool:
    """Whether the text names these sizes in this order, however they are set apart."""
    plain = _plain(text).replace("torch.size", " ").rpartition("=")[2]
    words = re.sub(r"\b(by|and)\b|(?<![a-z])x(?![a-z])", " ", plain)
    if re.search(r"[a-z]", words) or not re.search(r"\d", words):
        raise Unreadable(
            f"'{text.strip()}' is no shape of numbers. Write each size as a number, like 3x5."
        )
    return tuple(right) in set(_shapes(words, plain))


def _shapes(words: str, plain: str) -> Iterator[tuple[int, ...]]:
    yield tuple(map(int, re.findall(r"\d+", words)))
    grouped = _GROUPED.sub(lambda match: re.sub(r"\D", "", match.group()), words)
    yield tuple(map(int, re.findall(r"\d+", grouped)))
    sizes = [_value_of(part) for part in plain.strip("()[] \t").split(",")]  # 2, 28*28
    if all(size is not None and size == int(size) for size in sizes):
        yield tuple(int(size) for size in sizes if size is not None)


def order(text: str, steps: int) -> tuple[int, ...]:
    """The order of steps 1 to ``steps`` (at most 9) that the text gives, counted from 0."""
    found = [int(digit) for digit in re.findall(r"\d", text)]
    if sorted(found) != list(range(1, steps + 1)):
        seen = " ".join(map(str, found)) or "none of them"
        raise Unreadable(
            f"There are {steps} steps, and each comes once; '{text.strip()}' names {seen}."
        )
    return tuple(number - 1 for number in found)


def letter_and_number(text: str, letters: str, last: int) -> tuple[str, int]:
    """``b2``, ``B 2``, ``2, b``, ``b2. the reason in full`` -> ``("b", 2)``."""
    plain = re.sub(r"\b(code|fragment|reason|because|and)\b", " ", _plain(text))
    plain = re.sub(r"^(\W*[a-z]\W*\d+\b)\D*$", r"\1", plain)
    found_letters = re.findall(r"[a-z]", plain)
    found_numbers = re.findall(r"\d+", plain)
    if len(found_letters) == 1 and len(found_numbers) == 1:
        letter, number = found_letters[0], int(found_numbers[0])
        if letter in letters and 1 <= number <= last:
            return letter, number
    raise Unreadable(
        f"'{text.strip()}' is not one of {' or '.join(letters)} with a number from 1 to {last}. "
        "Type both, like a3."
    )


# --- code ---------------------------------------------------------------------------------------


def is_code(text: str, line: str, accepted: Sequence[str]) -> bool:
    """Whether the text, put for the blank in ``line`` or typed as the whole line, is accepted.

    Compared as syntax trees, so that spaces, quotes, letter case and the order of keyword
    arguments don't matter.
    """
    right = {_tree(line.replace(BLANK, filling)) for filling in accepted}
    read = [tree for tree in map(_tree, _lines(text, line)) if tree is not None]
    if not read:
        raise Unreadable(
            f"With '{text.strip()}' for {BLANK} the line is no Python. Type what stands for "
            f"{BLANK}, or the whole line."
        )
    return any(tree in right for tree in read)


def _lines(text: str, line: str) -> Iterator[str]:
    """The lines that the text may stand for: the whole one, or the blank's part of it."""
    given = text.replace("`", " ").strip().removeprefix(">>>").strip()
    if "#" in given and not re.search(r"['\"]", given):
        given = given.partition("#")[0].strip()
    before = line.partition(BLANK)[0]
    yield given
    yield line.replace(BLANK, given)
    bare = given.rstrip(",;: ")
    if before.endswith("."):
        bare = bare.removeprefix(before.split()[-1]).removeprefix(".")
    if re.search(r"\w", bare):
        yield before + bare  # the rest of the line as well
        yield line.replace(BLANK, re.sub(r"\(\s*\)?$", "", bare))


def _tree(line: str) -> str | None:
    """A line as the text of its syntax tree, in one form; None if it is no Python."""
    source = line.strip().casefold()
    if source.endswith(":"):
        source += "\n    pass"
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords.sort(key=lambda keyword: keyword.arg or "")
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            node.value = float(node.value)
    return ast.dump(tree)
