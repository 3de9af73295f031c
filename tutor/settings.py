"""The learner's settings: one schema, from which defaults, validation, screen and docs come.

The file is TOML that people write by hand: comments and order stay, and a line that can't be used
is told with its number and reason while everything else in the file holds.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from tutor.writing import why_not_written, write_beside

Auto = Literal["auto", "on", "off"]
Switch = Literal["on", "off"]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting with its default; title and description are what a person reads."""

    slow: Annotated[
        Auto,
        Meta(
            title="Slow line",
            description="Four redraws a second of what moves, the first screen in one piece. "
            "auto: when you come over SSH.",
        ),
    ] = "auto"
    plain: Annotated[
        Auto,
        Meta(
            title="Plain lines",
            description="The course as a dialogue of lines instead of screens, for a screen "
            "reader or a log. auto: on a terminal that can't move its cursor (TERM=dumb).",
        ),
    ] = "auto"
    colour: Annotated[
        Literal["auto", "none", "16", "256", "truecolor"],
        Meta(
            title="Colours",
            description="How many colours the terminal has. auto: as it says itself. "
            "NO_COLOR in the environment always means none.",
        ),
    ] = "auto"
    signs: Annotated[
        Literal["auto", "unicode", "ascii"],
        Meta(
            title="Signs",
            description="Whether marks and lines may be more than ASCII. auto: by the "
            "encoding and the kind of terminal.",
        ),
    ] = "auto"
    redraws: Annotated[
        int,
        Meta(
            ge=1,
            le=30,
            title="Redraws a second",
            description="Of curves and pictures while something runs, from 1 to 30; "
            "at most 4 on a slow line.",
        ),
    ] = 10
    resume: Annotated[
        Switch,
        Meta(title="Open where you were", description="off: the tutor always opens at home."),
    ] = "on"
    welcome: Annotated[
        Switch,
        Meta(
            title="Welcome",
            description="A screen that tells a newcomer what this is, when a workspace is new.",
        ),
    ] = "on"
    editor: Annotated[
        str,
        Meta(
            title="Your editor",
            description='Its command, with arguments: "code --wait". Empty: $VISUAL, then $EDITOR.',
        ),
    ] = ""
    split: Annotated[
        Switch,
        Meta(
            title="Editor beside the tutor",
            description="Inside tmux, open your editor in a pane of its own. off: in this one, "
            "in place of the tutor.",
        ),
    ] = "on"
    keys: Annotated[
        dict[str, str],
        Meta(
            title="Keys",
            description="Other keys for actions, by the ids in the table of keys; several "
            "keys with commas between them.",
        ),
    ] = msgspec.field(default_factory=dict)


class Field(NamedTuple):
    """A setting as screen and docs show it. choices: empty for a text, a number or a table."""

    name: str
    type: Any
    title: str
    description: str
    default: Any
    choices: tuple[str, ...]


def fields() -> list[Field]:
    """All settings, in the order of the schema."""
    hints = get_type_hints(Settings, include_extras=True)
    defaults = Settings()
    found = []
    for name in Settings.__struct_fields__:
        base, meta = get_args(hints[name])
        choices = get_args(base) if get_origin(base) is Literal else ()
        default = getattr(defaults, name)
        found.append(Field(name, hints[name], meta.title, meta.description, default, choices))
    return found


class Problem(NamedTuple):
    """What in the file can't be used. line: counted from 1; 0 for the whole file."""

    line: int
    reason: str


class SettingsFile:
    """The settings as they are on disk, and what in them can't be used."""

    def __init__(self, path: Path | None, asked: Mapping[str, str] | None = None) -> None:
        """path: usually ``paths.settings_file()``; None where there is no telling the home.

        asked: settings of this one start, which go before the file's.
        """
        self.path = path
        self.asked = dict(asked or {})
        self.settings = Settings()
        self.problems: list[Problem] = []
        self.text = ""
        self.broken = False  # not even TOML, or not readable: then nothing is written to it
        self.read()

    def read(self) -> None:
        """Take in the file as it is now. A file that is not there is all defaults."""
        self._read()
        self.settings = msgspec.structs.replace(self.settings, **self.asked)

    def _read(self) -> None:
        self.settings, self.problems, self.text, self.broken = Settings(), [], "", False
        if self.path is None:
            return
        try:
            self.text = self.path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self._breaks(line, "it is not text in UTF-8")
            return
        except OSError as error:
            self._breaks(0, f"it can't be read: {error.strerror}")
            return
        try:
            values = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            reason, line = _toml_reason(str(error), self.text)
            self._breaks(line, reason)
            return
        self.settings, self.problems = _validated(values, self.text)

    def _breaks(self, line: int, reason: str) -> None:
        self.broken = True
        self.problems = [Problem(line, f"{reason}. Nothing in the file is used until it is mended")]

    @property
    def notices(self) -> list[str]:
        """One sentence for each problem: file, line, reason."""
        return [
            f"{self.path}, line {line}: {reason}." if line else f"{self.path}: {reason}."
            for line, reason in self.problems
        ]

    def set(self, name: str, value: str) -> str:
        """Write one setting into the file; "" when that worked, else why it did not."""
        field = next((field for field in fields() if field.name == name), None)
        if field is None or name == "keys":
            known = ", ".join(field.name for field in fields() if field.name != "keys")
            return f"There is no setting '{name}' to be set so; there are: {known}."
        if self.path is None:
            return "Your home folder is not known here (HOME is not set), so nothing can be kept."
        self.read()
        if self.broken:
            return f"Not changed. {self.notices[0]}"
        parsed, why = _parsed(field, value)
        if why:
            return f"{name} takes {takes(field)}, not '{value}'."
        text = _with_line(self.text, name, as_toml(parsed))
        try:
            changed = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            changed = {}
        if changed != {**tomllib.loads(self.text), name: parsed}:
            return f"Not changed: {name} stands in {self.path} in a way that only you can edit."
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = self.path.stat().st_mode & 0o777 if self.path.exists() else None
            os.replace(write_beside(self.path, text.encode(), mode), self.path)
        except OSError as error:
            return f"{self.path} was not written: {why_not_written(error)[1]}"
        self.asked.pop(name, None)
        self.read()
        return ""


# --- reading ----------------------------------------------------------------------------------


def takes(field: Field) -> str:
    """What a setting may be, in words."""
    if field.choices:
        return f"{', '.join(field.choices[:-1])} or {field.choices[-1]}"
    if field.name == "redraws":
        return "a whole number from 1 to 30"
    return "a table of keys" if field.name == "keys" else "a text in quotes"


def _parsed(field: Field, text: str) -> tuple[Any, str]:
    """A value as it is typed, and "" or why it can't be taken."""
    value: Any = int(text) if isinstance(field.default, int) and text.isdecimal() else text
    try:
        return msgspec.convert(value, field.type), ""
    except msgspec.ValidationError as error:
        return value, str(error)


def _toml_reason(message: str, text: str) -> tuple[str, int]:
    """tomllib's message without its place, and the line."""
    found = re.search(r" \(at line (\d+), column \d+\)", message)
    if found:
        return message[: found.start()], int(found[1])
    return message.replace(" (at end of document)", ""), max(1, text.count("\n"))


def _validated(values: Mapping[str, Any], text: str) -> tuple[Settings, list[Problem]]:
    known = {field.name: field for field in fields()}
    good: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        line = _line_of(text, name)
        if name not in known:
            names = ", ".join(known)
            problems.append(Problem(line, f"there is no setting '{name}'; there are: {names}"))
            continue
        if isinstance(value, bool) and "on" in known[name].choices:
            value = "on" if value else "off"
        if name == "keys" and isinstance(value, dict):
            value = _flat(value)
        try:
            good[name] = msgspec.convert(value, known[name].type)
        except msgspec.ValidationError:
            told = f"{name} takes {takes(known[name])}, not {as_toml(value)}"
            problems.append(Problem(line, told))
    if good.get("keys"):
        good["keys"], bad = _good_keys(good["keys"], text)
        problems += bad
    problems.sort()
    return Settings(**good), problems


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """``checkpoint.check = "k"`` without quotes is a table in a table; both are meant."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat.update({f"{name}.{inner}": each for inner, each in value.items()})
        else:
            flat[name] = value
    return flat


def _good_keys(wanted: dict[str, str], text: str) -> tuple[dict[str, str], list[Problem]]:
    from tutor.app import keys  # only who remaps keys pays for the table

    good: dict[str, str] = {}
    problems = []
    for action, names in wanted.items():
        why = keys.refused(action, names, good)
        if why:
            problems.append(Problem(_line_of(text, action), why))
        else:
            good[action] = names
    return good, problems


def _line_of(text: str, name: str) -> int:
    """The line on which a key of that name, or a table of it, stands; 0 if it can't be told."""
    quoted = re.escape(name)
    pattern = re.compile(rf"""\s*(?:\[\s*)?["']?{quoted}["']?\s*(?:[=.\]])""")
    return next((n for n, line in enumerate(text.split("\n"), 1) if pattern.match(line)), 0)


# --- writing ----------------------------------------------------------------------------------

FIRST_LINE = "# Settings of cnntutor; `cnntutor settings` tells what there is.\n"


def as_toml(value: Any) -> str:
    """A value as the file has it."""
    if isinstance(value, dict):
        return (
            f"{{{', '.join(f'{as_toml(key)} = {as_toml(each)}' for key, each in value.items())}}}"
        )
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return msgspec.json.encode(str(value)).decode()  # a TOML basic string is a JSON one


def _with_line(text: str, name: str, value: str) -> str:
    """``text`` with that value for a top-level key; comments, order and all else as they were."""
    lines = (text or FIRST_LINE).split("\n")
    table = next((at for at, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    pattern = re.compile(rf"(\s*{name}\s*=\s*)(?:\"[^\"]*\"|'[^']*'|[^\s#]+)(\s*(?:#.*)?)$")
    for at, line in enumerate(lines[:table]):
        found = pattern.match(line)
        if found:
            lines[at] = f"{found[1]}{value}{found[2]}"
            return "\n".join(lines)
    at = table
    while at and not lines[at - 1].strip():
        at -= 1
    gap = [""] if table < len(lines) and at == table else []
    lines[at:at] = [f"{name} = {value}", *gap]
    return "\n".join(lines)
