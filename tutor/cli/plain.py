"""The course as a dialogue of plain lines: for a screen reader, a log, a terminal without cursor.

The verbs are the command line's own; what is added only leads: ``next``, ``read`` and ``edit``.
Nothing depends on position or colour, and lab pictures are told in numbers.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import click

from lessons.course import COURSE
from lessons.declare import Checkpoint, Move, board_path
from tutor.app import external
from tutor.cli import dialogue
from tutor.cli.text import markdown, say, wrapped
from tutor.progress import Progress
from tutor.settings import SettingsFile
from tutor.workspace import Workspace, WorkspaceError

PROMPT = "cnntutor> "
LEAVE = ("quit", "q", "exit", "leave")
OUTPUT_GONE = 141
MORE = "Enter reads on, q stops: "

OWN = {
    "next": "what comes next: the board first, then the task",
    "read NAME": "a board, section by section (read scaffold)",
    "edit NAME": "your file in your own editor ($VISUAL, then $EDITOR)",
    "help": "this list; help NAME tells all of one command",
    "quit": "leave; so does ctrl+d. Your progress is kept",
}


class Plain:
    """One dialogue. call: runs one command line of the program and gives its exit status."""

    def __init__(
        self, place: Workspace, settings: SettingsFile, call: Callable[[list[str]], int]
    ) -> None:
        self.place, self.settings, self.call = place, settings, call
        self.read: set[str] = set()

    def run(self) -> int:
        """Until the learner leaves or the input ends."""
        with dialogue.begin():
            try:
                self._greet()
                if sys.stdin.isatty():
                    dialogue.warm()
                while True:
                    line = self._line(PROMPT).strip()
                    if line in LEAVE:
                        break
                    if self._obey(line) == OUTPUT_GONE:
                        return OUTPUT_GONE
            except EOFError:
                say()
            except KeyboardInterrupt:
                say()
                return 130
        say("Your progress is kept. `cnntutor` goes on from here.")
        return 0

    def _line(self, prompt: str) -> str:
        """What is typed. A log without a terminal gets it too, as nobody else wrote it there."""
        line = input(prompt)
        if not sys.stdin.isatty():
            say(line)
        return line

    # --- the beginning ------------------------------------------------------------------------

    def _greet(self) -> None:
        new = not self.place.exists()
        try:
            self.place.create()
        except WorkspaceError as error:
            click.echo(f"cnntutor: {error}", err=True)
        for notice in self.settings.notices:
            click.echo(f"cnntutor: {notice}", err=True)
        say("cnntutor, in plain lines: from flat pixels to ResNet34 in four moves.")
        if new:
            say(
                wrapped(
                    "You read a page, write a piece of PyTorch in a file of your own, and have it "
                    "checked claim by claim. Give it two hours or more; a first check takes two "
                    "minutes."
                )
            )
        say(wrapped(f"Your files are in {self.place.root}."))
        say(wrapped(f"Type next for {self._what_next()}, help for all commands, quit to leave."))

    def _what_next(self) -> str:
        point, move = self._following()
        if point is None or move is None:
            return "what is left"
        if self._board_first(point, move):
            return f"the board of move {COURSE.number(move)}, {move.title}"
        return f"the task of {point.id}"

    def _following(self) -> tuple[Checkpoint | None, Move | None]:
        point = Progress(self.place).next_checkpoint()
        return point, None if point is None else COURSE.move_of(point.id)

    def _board_first(self, point: Checkpoint, move: Move) -> bool:
        begun = Progress(self.place).state(point) != "new"
        return bool(move.boards) and move.id not in self.read and not begun

    # --- commands -----------------------------------------------------------------------------

    def _obey(self, line: str) -> int:
        try:
            words = shlex.split(line)
        except ValueError as error:
            click.echo(f"cnntutor: that line can't be read: {error}.", err=True)
            return 2
        if words and words[0] == "cnntutor":
            words = words[1:]
        own: dict[str, Callable[..., int]] = {
            "": self._next, "next": self._next, "read": self._read, "edit": self._edit,
        }  # fmt: skip
        verb, names = (words[0], words[1:]) if words else ("", [])
        if verb == "lab" and names and "--about" not in names:
            return self._lab(words)
        if verb in own:
            return own[verb](*names[:1])
        if verb in ("help", "?"):
            return self.call([*names[:1], "--help"]) if names else self._help()
        if verb in ("check", "hint", "reset") and not names:
            point, _ = self._following()
            words += [] if point is None else [point.id]
        return self._call(words)

    def _call(self, words: list[str]) -> int:
        """One command line of the program, on this dialogue's workspace."""
        return self.call(["--workspace", str(self.place.root), *words])

    def _lab(self, words: list[str]) -> int:
        """A lab, again and again with other settings until the learner goes on."""
        status = self._call(words)
        while status == 0:
            say()
            answer = self._line("Change a control, like size=8 (? lists them), or Enter to go on: ")
            if not answer.strip():
                break
            if answer.strip() == "?":
                self._call(["lab", words[1], "--about"])
                continue
            changed = [part for text in answer.split() for part in ("--set", text)]
            if self._call([*words, *changed]) == 0:
                words = [*words, *changed]
        return status

    def _help(self) -> int:
        from tutor.cli.run import COMMANDS, cnntutor

        ctx = click.Context(cnntutor, info_name="cnntutor")
        for name, told in OWN.items():
            say(wrapped(f"{name}: {told}."))
        for name in COMMANDS:
            command = cnntutor.get_command(ctx, name)
            if command is not None and name != "author":
                say(wrapped(f"{name}: {command.get_short_help_str(200)}"))
        say(wrapped("Without NAME, check, hint and reset mean the checkpoint that comes next."))
        return 0

    def _next(self, *_: str) -> int:
        point, move = self._following()
        if point is None or move is None:
            say(wrapped("Every checkpoint has passed. report tells what is left, recall asks."))
            return 0
        if self._board_first(point, move):
            return self._read(move.id)
        status = self._call(["show", point.id])
        say()
        say(wrapped(f"Write {point.filename} (edit {point.id} opens it), then type check."))
        return status

    def _read(self, name: str = "") -> int:
        """A board, one section after the other."""
        from lessons import anchors

        move = next((move for move in COURSE.parts if move.id == name.partition("#")[0]), None)
        if move is None or "#" in name:
            return self._call(["show", *([name] if name else [])])
        parts = [
            part
            for board in move.boards
            for part in anchors.parts(board_path(move.id, board).read_text(encoding="utf-8"))
        ]
        for number, part in enumerate(parts, start=1):
            say()
            say(markdown(part.text))
            say()
            if number < len(parts) and self._line(f"{number} of {len(parts)}. {MORE}").strip():
                break
        self.read.add(move.id)
        say(f"Type next for {self._what_next()}.")
        return 0

    def _edit(self, name: str = "") -> int:
        point, _ = self._following()
        try:
            if name or point is None:
                point = COURSE.checkpoint(name.removesuffix(".py"))
            path: Path = self.place.file_of(point)
            external.run(external.command(self.settings.settings.editor), path)
        except KeyError as error:
            click.echo(f"cnntutor: {error.args[0]}.", err=True)
            return 2
        except external.EditorError as error:
            click.echo(f"cnntutor: {error} The file is {path}.", err=True)
            return 3
        say(f"Type check to have {path.name} checked.")
        return 0
