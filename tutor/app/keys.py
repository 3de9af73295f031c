"""Every key of the app, in one table: bindings, footer, palette and help are made from it.

Nothing needs Alt, a function key or a mouse. Single letters work while the built-in editor does
not have the focus; inside it they are text, and only the control keys below do something.
Ctrl+t checks ("test") because a terminal in raw mode passes it on, the editor has no use for it,
and neither tmux (ctrl+b) nor screen (ctrl+a) takes it away, as flow control may ctrl+s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from textual.binding import BindingType


class Action(NamedTuple):
    """One thing that a key does.

    place: the screen or kind of widget where it works; "everywhere" for all.
    keys: Textual's names of the keys, any of which does it.
    run: the action, as Textual calls it.
    label: what the footer says; empty: help only.
    help: one sentence.
    shown: the key as people read it.
    """

    place: str
    keys: tuple[str, ...]
    run: str
    label: str
    help: str
    shown: str

    @property
    def id(self) -> str:
        """How settings name it: place, action, and which way or what."""
        verb, _, what = self.run.rpartition(".")[2].rstrip(")").partition("(")
        what = {"1": "on", "-1": "back", "True": "yes", "False": "no"}.get(what, what.strip("'"))
        return f"{self.place}.{verb}-{what}" if what else f"{self.place}.{verb}"


def _act(
    place: str, keys: str, run: str, label: str, help: str, shown: str | None = None
) -> Action:
    names = tuple(keys.split())
    return Action(place, names, run, label, help, names[0] if shown is None else shown)


PLACES = {
    "everywhere": "Everywhere",
    "text": "In a text",
    "list": "In a list",
    "welcome": "Welcome",
    "home": "Home",
    "board": "Board",
    "checkpoint": "Checkpoint",
    "question": "When a question stands above the footer",
    "editor": "Inside the built-in editor",
    "lab": "Lab",
    "labs": "List of labs",
    "recall": "Recall, when an answer was given",
    "answer": "Recall, while an answer is typed",
    "hunt": "Mistake hunt",
    "evidence": "Evidence matrix",
    "report": "Report",
    "settings": "Settings",
    "help": "Help",
}

ACTIONS = (
    _act("welcome", "enter", "begin", "a first check",
         "Open the first checkpoint, and be led through a check."),
    _act("welcome", "b", "board", "read first", "Read the first page of the course."),
    _act("home", "enter", "choose", "open", "Open the board or checkpoint at the cursor."),
    _act("home", "tab right", "chain", "ideas",
         "Walk the chain of ideas: each leads to what shows it, or to its page; and back."),
    _act("home", "left", "course", "", "Go back to the moves."),
    _act("home", "n", "next", "", "Open what comes next."),
    _act("home", "b", "board", "", "Open the board of the move at the cursor."),
    _act("home", "x", "labs", "",
         "Go to the labs of the move at the cursor: experiments that you steer."),
    _act("home", "m", "evidence", "matrix",
         "Show the evidence matrix: what your own runs have shown."),
    _act("home", "r", "recall", "recall",
         "Answer questions from memory: the move's at the cursor, and what comes back."),
    _act("home", "h", "hunt", "hunt",
         "Hunt a mistake in somebody's code of the checkpoint at the cursor."),
    _act("home", "s", "report", "score",
         "Show the report: what you have shown, what is missing, and the score."),
    _act("home", "o", "settings", "", "Show the settings, and change them."),
    _act("settings", "enter", "choose", "next value",
         "Give the setting at the cursor its next value."),
    _act("settings", "e", "external", "edit the file",
         "Open the settings file in your own editor."),
    _act("board", "right_square_bracket tab", "section(1)", "section",
         "Go to the next section.", "] ["),
    _act("board", "left_square_bracket shift+tab", "section(-1)", "",
         "Go to the section before.", "["),
    _act("board", "n", "board(1)", "page", "Go to the next board of this move.", "n p"),
    _act("board", "p", "board(-1)", "", "Go to the board before."),
    _act("board", "x", "labs", "labs", "Go to this move's labs: experiments that you steer."),
    _act("board", "f", "follow", "follow", "Follow the link in the section at the top."),
    _act("board", "enter", "onward", "code", "Go to this move's checkpoint."),
    _act("checkpoint", "c ctrl+t", "check", "check", "Save, then check the file.", "c"),
    _act("checkpoint", "e", "external", "editor",
         "Open the file in your own editor ($VISUAL, then $EDITOR)."),
    _act("checkpoint", "h", "hint", "hint", "Give the next hint, from a nudge to code."),
    _act("checkpoint", "r", "reset", "reset",
         "Put the starter back; a copy of your file is kept."),
    _act("checkpoint", "b", "board", "board",
         "Open the board section that repairs the claim at the cursor, or the move's board."),
    _act("checkpoint", "m", "evidence", "matrix",
         "Show the evidence matrix: what your own runs have shown."),
    _act("checkpoint", "x", "labs", "", "Go to this move's labs: experiments that you steer."),
    _act("checkpoint", "g", "viewer", "",
         "Look into a trained network: its filters and feature maps."),
    _act("checkpoint", "n", "onward", "", "When all claims have passed: go on to what comes next."),
    _act("checkpoint", "p", "copy_path", "",
         "Copy the file's place, host:path, to the clipboard of your terminal (OSC 52)."),
    _act("checkpoint", "1", "pane('task')", "tabs", "Show the task.", "1-5"),
    _act("checkpoint", "2 enter", "pane('code')", "", "Show the code and type in it.", "2"),
    _act("checkpoint", "3", "pane('claims')", "", "Show the claims and their verdicts."),
    _act("checkpoint", "4", "pane('output')", "",
         "Show what your code printed, and pictures of it."),
    _act("checkpoint", "5", "pane('hints')", "", "Show the hints that you have taken."),
    _act("checkpoint", "ctrl+s", "save", "", "Save the file and check it."),
    _act("checkpoint", "tab", "next_pane(1)", "", "Go to the next pane."),
    _act("checkpoint", "shift+tab", "next_pane(-1)", "", "Go to the pane before."),
    _act("question", "y", "answer('y')", "", "Yes: do it."),
    _act("question", "n", "answer('n')", "", "No: leave all as it is."),
    _act("question", "k", "answer('k')", "",
         "Keep the text in the editor and write it to the file; the file's is kept aside."),
    _act("question", "l", "answer('l')", "",
         "Load the file's text; the editor's is kept aside."),
    _act("editor", "ctrl+s", "screen.save", "save", "Save the file and check it."),
    _act("editor", "ctrl+t", "screen.check", "check", "Save, then check the file."),
    _act("editor", "ctrl+z", "undo", "undo", "Take the last change back."),
    _act("editor", "ctrl+y", "redo", "redo", "Do it again."),
    _act("editor", "escape", "leave", "leave the editor",
         "Leave the editor; the text stays, saved or not.", "esc"),
    _act("lab", "space", "pause", "pause", "Hold the lab where it is, or let it go on."),
    _act("lab", "full_stop", "step", "step", "Go on to the next drawing, and hold again.", "."),
    _act("lab", "i", "about", "about", "Show what the lab is about, or its drawings again."),
    _act("lab", "z", "again", "again", "Start over with other random numbers."),
    _act("lab", "c", "whose", "", "Run on the course's code, or on your own again."),
    _act("lab", "g", "viewer", "filters",
         "Look into a trained network: its filters and feature maps."),
    _act("lab", "m", "evidence", "matrix",
         "Show the evidence matrix: what your own runs have shown."),
    _act("lab", "pageup", "page(-1)", "", "A page up, where the drawings need more room.", "pgup"),
    _act("lab", "pagedown", "page(1)", "", "A page down.", "pgdn"),
    _act("labs", "enter", "choose", "open", "Open the lab at the cursor."),
    _act("recall", "enter", "onward", "next question",
         "After a miss: open what repairs it. Else: go on to the next question."),
    _act("recall", "b", "repair", "board", "Open the board section or lab on this question."),
    _act("recall", "s", "skip", "skip, next question", "Go on without reading."),
    _act("recall", "y", "said(True)", "I said it", "This key point was in my answer."),
    _act("recall", "n", "said(False)", "I did not", "This key point was not in my answer."),
    *(_act("hunt", key, f"say('{key}')", "", f"What is wrong: number {key}.") for key in "1234"),
    *(_act("hunt", key, f"say('{key}')", "", f"The claim that would expose it: {key}.")
      for key in "abcd"),
    _act("hunt", "enter", "onward", "run it",
         "Run that claim on the code and see; then the next hunt."),
    _act("hunt", "r", "repair", "read on", "Open the board section on this mistake."),
    _act("hunt", "y", "anyway", "show it", "Hunt in code that you have not passed yourself."),
    _act("answer", "enter", "give", "answer", "Give the answer."),
    _act("answer", "escape", "leave", "back",
         "Leave; the question comes again, with other numbers.", "esc"),
    _act("evidence", "s", "report", "score",
         "Show the report: what you have shown, what is missing, and the score."),
    _act("text", "up", "line(-1)", "", "A line up."),
    _act("text", "down", "line(1)", "", "A line down."),
    _act("text", "pageup", "page(-1)", "", "A page up.", "pgup"),
    _act("text", "pagedown space", "page(1)", "more", "A page down.", "pgdn"),
    _act("text", "home", "ends(-1)", "", "To the top."),
    _act("text", "end", "ends(1)", "", "To the end."),
    _act("list", "enter", "choose", "", "Choose the row at the cursor."),
    _act("everywhere", "question_mark", "app.help", "help", "Show all keys.", "?"),
    _act("everywhere", "q", "back", "back", "Go back; from home, leave the tutor."),
    _act("everywhere", "escape", "escape", "", "Go back; at home it does nothing.", "esc"),
    _act("everywhere", "ctrl+p", "app.command_palette", "",
         "Search all that can be done here, by name."),
    _act("everywhere", "ctrl+q ctrl+c", "app.quit", "",
         "Leave the tutor. Unsaved text is kept and comes back.", "ctrl+q"),
    _act("everywhere", "ctrl+z", "app.suspend_process", "",
         "Put the tutor to sleep; `fg` in the shell wakes it (outside the editor)."),
)  # fmt: skip


NAMES = {  # keys as people read them; others are read as they are written
    "question_mark": "?",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "full_stop": ".",
    "comma": ",",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "escape": "esc",
}
WORDS = {"enter", "tab", "shift+tab", "space", "backspace", "delete", "insert", "home", "end"}
WORDS |= {"up", "down", "left", "right", "shift+up", "shift+down", *NAMES}
GLOBAL = ("everywhere", "text", "list")  # places whose keys work beside those of a screen

_remapped: dict[str, str] = {}


def use(remapped: Mapping[str, str]) -> None:
    """Take these keys, by action's id, in place of the table's own; {} takes the table's."""
    _remapped.clear()
    _remapped.update(remapped)


def keymap() -> dict[str, str]:
    """What is remapped, as Textual takes it."""
    return {id: ",".join(_split(names)) for id, names in _remapped.items()}


def _split(names: str) -> tuple[str, ...]:
    signs = {sign: name for name, sign in NAMES.items()}
    parts = (name.strip() for name in names.split(","))
    return tuple(signs.get(name, name) for name in parts if name)


def _as_set(action: Action) -> Action:
    if action.id not in _remapped:
        return action
    names = _split(_remapped[action.id])
    return action._replace(keys=names, shown=NAMES.get(names[0], names[0]))


def refused(id: str, names: str, others: Mapping[str, str]) -> str:
    """Why an action can't have these keys; "" when it can. others: what was remapped before."""
    action = next((action for action in ACTIONS if action.id == id), None)
    if action is None:
        return f"there is no action '{id}'; docs/keys.md and `cnntutor settings --keys` list them"
    wanted = _split(names)
    if not wanted:
        return f"{id} needs at least one key"
    for name in wanted:
        letter = name.removeprefix("ctrl+")
        if name not in WORDS and not (len(letter) == 1 and letter.isprintable()):
            return f"{id}: '{name}' is no key. A key is a sign (x), ctrl+x, or a word like space"
    for other in ACTIONS:
        if other.id == id or other.place not in _beside(action.place):
            continue
        taken = _split(others[other.id]) if other.id in others else other.keys
        both = sorted(set(taken) & set(wanted))
        if both and not set(both) & set(action.keys):  # a key that it shares already stays so
            return f"{id}: {NAMES.get(both[0], both[0])} is taken by {other.id}"
    return ""


def _beside(place: str) -> tuple[str, ...]:
    """The places whose keys work at the same time as those of ``place``."""
    if place in ("editor", "answer"):
        return (place,)
    if place in GLOBAL:
        return tuple(name for name in PLACES if name not in ("editor", "answer", "question"))
    return (place, "everywhere")


def of(place: str) -> list[Action]:
    """What can be done there, with the keys that do it now."""
    return [_as_set(action) for action in ACTIONS if action.place == place]


def name(id: str) -> str:
    """The key of an action as people read it, for the texts of the app."""
    action = next(_as_set(action) for action in ACTIONS if action.id == id)
    return NAMES.get(action.keys[0], action.keys[0])


def bindings(*places: str) -> list[BindingType]:
    """Textual's bindings for these places, with the ids under which the app remaps them."""
    from textual.binding import Binding

    return [
        Binding(",".join(action.keys), action.run, action.help, show=False, id=action.id)
        for place in places
        for action in ACTIONS
        if action.place == place
    ]


def footer(place: str, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """(key, label) pairs for the footer of a screen, or of the editor inside it.

    without: ids of actions that can't be taken now.
    """
    own = [action for action in of(place) if action.label and action.id not in without]
    if place in ("editor", "answer"):
        return [(action.shown, action.label) for action in own]
    if place in ("board", "help", "report"):
        own += [action for action in of("text") if action.label]
    own += [action for action in of("everywhere") if action.label]
    return [
        (action.shown, "leave" if place == "home" and action.run == "back" else action.label)
        for action in own
    ]


def palette(place: str) -> list[Action]:
    """What the command palette offers on a screen."""
    wanted = [action for action in of(place) if action.keys != ("tab",)]
    return [action for action in wanted + of("everywhere") if "palette" not in action.run]
