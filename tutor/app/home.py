"""Home: the four moves with what was passed in them, the chain of ideas, and where to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from rich.segment import Segment
from rich.style import Style
from textual.containers import Horizontal
from textual.strip import Strip

from lessons.course import COURSE
from lessons.declare import Checkpoint, Move
from tutor.app import ink, keys
from tutor.app.chain import Chain
from tutor.app.labs import lab_row
from tutor.app.rows import Row, Rows
from tutor.app.screen import TutorScreen
from tutor.app.strips import Lines, StripView
from tutor.concepts import Node, told
from tutor.recall import Recall, gates

STATES = {"passed": ("passed", "passed"), "started": ("", "started"), "new": ("", "not begun")}


def short(path: Path) -> str:
    """The path, with ``~`` for the home folder."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)


def gate_words(recall: Recall) -> dict[str, str]:
    """How each move's recall gate stands, in a few words; "" where nothing was answered yet."""
    due = Counter(standing.move for standing in recall.returning())
    words = {}
    for gate in gates(recall.progress, COURSE.parts):
        told = "recall passed" if gate.passed else f"recall {gate.right} of {gate.total}"
        back = f", {due[gate.move]} due" if due[gate.move] else ""
        words[gate.move] = told + back if gate.right or back else ""
    return words


class CourseRows(Rows):
    """The moves, their boards, checkpoints and labs."""

    def rows(self, width: int) -> list[Row]:
        self._recalled = gate_words(Recall(self.tutor.progress, self.tutor.clock))
        moves = self._moves(width, whole=True)
        if sum(map(len, moves)) > self.size.height:
            moves = self._moves(width, whole=False)
        airy = sum(len(rows) + 1 for rows in moves) - 1 <= self.size.height
        found: list[Row] = []
        for rows in moves:
            if found and airy:
                found.append(Row("", (ink.blank(),)))
            found += rows
        return found

    def _moves(self, width: int, *, whole: bool) -> list[list[Row]]:
        return [self._move(move, width, whole) for move in COURSE.parts]

    def _move(self, move: Move, width: int, whole: bool) -> list[Row]:
        signs = self.tutor.signs
        recalled = self._recalled[move.id]
        if move in COURSE.appendix and not recalled:
            recalled = "never required"
        head = f"{COURSE.number(move)}  {move.title}"
        title = ink.line([(f"{head:<14}", ink.BOLD), (f" {recalled}", None)], signs)
        found = [Row(f"move:{move.id}", (title,))]
        if move.boards:
            pages = "" if len(move.boards) == 1 else f" ({len(move.boards)} pages)"
            found.append(
                Row(f"board:{move.id}", (ink.line([(f"     board{pages}", None)], signs),))
            )
        found += [self._checkpoint(point) for point in move.checkpoints]
        if whole or len(move.labs) == 1:
            found += [lab_row(lab, self.tutor.progress, signs, width) for lab in move.labs]
        elif move.labs:  # all of them in one row, where there is no room for more
            found.append(self._labs(move, width))
        if not move.boards and not move.checkpoints:
            found.append(Row("", (ink.line([("     nothing here yet", ink.DIM)], signs),)))
        return found

    def _labs(self, move: Move, width: int) -> Row:
        progress, signs = self.tutor.progress, self.tutor.signs
        shown = sum(progress.lab_evidence(lab.id) is not None for lab in move.labs)
        whole = shown == len(move.labs)
        style = ink.VERDICT_STYLES["passed"] if whole else None
        names = ", ".join(lab.id for lab in move.labs)
        parts: list[tuple[str, Style | None]] = [
            (f"  {signs.mark('passed') if whole else ' '}  ", style),
            (f"{'labs':<11}", None),
            (f"{f'{shown} of {len(move.labs)}':<10}", style),
            (names if 26 + len(names) <= width else "", None),
        ]
        return Row(f"labs:{move.id}", (ink.line(parts, signs),))

    def _checkpoint(self, point: Checkpoint) -> Row:
        progress = self.tutor.progress
        state = progress.state(point)
        verdict, word = STATES[state]
        evidence = progress.evidence(point)
        shown = sum(
            claim.id in evidence and evidence[claim.id].verdict == "passed"
            for claim in point.claims
        )
        mark = self.tutor.signs.mark(verdict) if verdict else ("~" if state == "started" else " ")
        style = ink.VERDICT_STYLES.get(verdict)
        parts: list[tuple[str, Style | None]] = [
            (f"  {mark}  ", style),
            (f"{point.id:<11}", None),
            (f"{word:<10}", style),
            (f"{shown} of {len(point.claims)} claims", None),
        ]
        return Row(f"checkpoint:{point.id}", (ink.line(parts, self.tutor.signs),))


class HomeScreen(TutorScreen):
    """Where the tutor opens, and where every way back ends."""

    place = "home"
    BINDINGS = keys.bindings("home", "everywhere")

    def body(self) -> Iterable[StripView | Horizontal]:
        welcome = Lines(id="welcome")
        welcome.set_height(len(self._welcome(self.app.size.width)) + 1)  # laid out once, not twice
        yield welcome
        with Horizontal(id="columns"):
            yield CourseRows(id="course")
            yield Chain(id="chain")
        yield Lines(id="about")
        yield Lines(id="next")

    def title_parts(self) -> tuple[str, str]:
        return "cnntutor: from flat pixels to ResNet34 in four moves", self.tutor.worker_word

    def on_mount(self) -> None:
        super().on_mount()
        rows = self.query_one(CourseRows)
        rows.focus()
        point = self.tutor.progress.next_checkpoint()
        if point is not None:
            move = COURSE.move_of(point.id)
            board_first = bool(self.tutor.first_start) and bool(move.boards)
            start = f"board:{move.id}" if board_first else f"checkpoint:{point.id}"
            self.call_after_refresh(rows.go_to, start)

    def on_screen_resume(self) -> None:
        self.tutor.progress.refresh()
        super().on_screen_resume()

    def draw_body(self) -> None:
        self.query_one(CourseRows).redraw()
        self.query_one(Chain).redraw()
        self._draw_about()
        signs = self.tutor.signs
        point = self.tutor.progress.next_checkpoint()
        if point is None:
            key = keys.name("home.report")
            words = f"All checkpoints are passed. {key} shows what is missing still, and the score."
        else:
            move = COURSE.move_of(point.id)
            words = f"{point.id}: {point.title} ({move.title}). Press {keys.name('home.next')}."
        strip = ink.line([(" next  ", ink.ACCENT), (words, ink.BOLD)], signs)
        self.query_one("#next", Lines).show([strip])
        self._draw_welcome()

    def _welcome(self, width: int) -> list[Strip]:
        """Where the files lie."""
        root = short(self.tutor.workspace.root)
        texts = [f"Your files are in {root}: you write them, the tutor judges them."]
        strips = []
        for text in texts:
            strips += ink.paragraph(text, width - 2, self.tutor.signs)
        margin = Strip([Segment(" ")])
        return [Strip.join([margin, strip]) for strip in strips]

    def _draw_welcome(self) -> None:
        strips = self._welcome(self.size.width)
        widget = self.query_one("#welcome", Lines)
        widget.set_height(len(strips) + 1)
        widget.show(strips)

    def _draw_about(self) -> None:
        """Two lines on what the cursor is on."""
        text = self._about(self.key)
        strips = ink.paragraph(text, self.size.width - 2, self.tutor.signs)[:2]
        margin = Strip([Segment(" ")])
        self.query_one("#about", Lines).show([Strip.join([margin, strip]) for strip in strips])

    @property
    def key(self) -> str:
        """What the cursor is on: a row of the course, or an idea while the chain is walked."""
        chain = self.query_one(Chain)
        return chain.key if chain.has_focus else self.query_one(CourseRows).key

    def _about(self, key: str) -> str:
        kind, _, name = key.partition(":")
        if kind == "concept":
            return self._about_concept(self.query_one(Chain).node(key))
        if kind == "checkpoint":
            point = COURSE.checkpoint(name)
            return f"{point.title}. You write {', '.join(point.defines)} in {point.filename}."
        if kind == "lab":
            return f"Lab: {COURSE.lab(name).question}"
        if kind == "labs":
            labs = COURSE.part(name).labs
            titles = "; ".join(lab.title for lab in labs)
            return f"Experiments that you steer: {titles}."
        move = self._move(key)
        return move.why if move is not None else ""

    def _about_concept(self, node: Node) -> str:
        kind, _, name = node.way.partition(":")
        opens = f"Enter opens {kind} {name}." if name else "Enter opens its page."
        return f"{told(node)} {opens}"

    def _move(self, key: str) -> Move | None:
        kind, _, name = key.partition(":")
        if kind == "concept":
            name = self.query_one(Chain).node(key).concept.board.partition("#")[0]
        if kind == "checkpoint":
            return COURSE.move_of(name)
        if kind == "lab":
            return COURSE.move_of_lab(name)
        return next((move for move in COURSE.parts if move.id == name), None)

    # --- what the keys do ----------------------------------------------------------------------

    def on_rows_moved(self) -> None:
        self.tell("")
        self._draw_about()

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        self._open(message.key)

    def _open(self, key: str) -> None:
        kind, _, name = key.partition(":")
        if kind == "concept":
            way = self.query_one(Chain).node(key).way
            if "#" in way:
                self.tutor.open_board(way)
            else:
                self._open(way)
            return
        if kind == "checkpoint":
            self.tutor.open_checkpoint(COURSE.checkpoint(name))
            return
        if kind == "lab":
            self.tutor.open_lab(COURSE.lab(name))
            return
        if kind == "labs":
            self.tutor.open_labs(name)
            return
        move = self._move(key)
        if move is None:
            return
        if move.boards:
            self.tutor.open_board(move.id)
        elif move.checkpoints:
            self.tutor.open_checkpoint(move.checkpoints[0])
        else:
            self.tell(f"{move.title} has no board and no checkpoint yet.")

    def action_choose(self) -> None:
        rows = self.query_one(Chain) if self.query_one(Chain).has_focus else None
        (rows or self.query_one(CourseRows)).action_choose()

    def action_chain(self) -> None:
        """To the chain of ideas, and back to the moves."""
        chain = self.query_one(Chain)
        (self.query_one(CourseRows) if chain.has_focus else chain).focus()
        self.call_after_refresh(self._draw_about)

    def action_course(self) -> None:
        self.query_one(CourseRows).focus()
        self.call_after_refresh(self._draw_about)

    def action_next(self) -> None:
        point = self.tutor.progress.next_checkpoint()
        if point is not None:
            self.tutor.open_checkpoint(point)

    def action_board(self) -> None:
        key = self.key
        move = self._move(key)
        if key.startswith("concept:"):
            self.tutor.open_board(self.query_one(Chain).node(key).concept.board)
        elif move is not None and move.boards:
            self.tutor.open_board(move.id)
        else:
            self.tell("This move has no board yet.")

    def action_evidence(self) -> None:
        kind, _, name = self.key.partition(":")
        self.tutor.open_evidence(COURSE.checkpoint(name) if kind == "checkpoint" else None)

    def action_hunt(self) -> None:
        """In the checkpoint at the cursor; else in the move's last that was passed, or first."""
        kind, _, name = self.key.partition(":")
        if kind == "checkpoint":
            self.tutor.open_hunt(COURSE.checkpoint(name))
            return
        move = self._move(self.key) or COURSE.moves[0]
        passed = [point for point in move.checkpoints if self.tutor.progress.passed(point)]
        if move.checkpoints:
            self.tutor.open_hunt(passed[-1] if passed else move.checkpoints[0])

    def action_report(self) -> None:
        self.tutor.open_report()

    def action_settings(self) -> None:
        self.tutor.open_settings()

    def action_labs(self) -> None:
        move = self._move(self.key) or COURSE.moves[0]
        self.tutor.open_labs(move.id)

    def action_recall(self) -> None:
        move = self._move(self.key) or COURSE.moves[0]
        self.tutor.open_recall(move.id)

    def action_back(self) -> None:
        self.tutor.leave()

    def action_escape(self) -> None:
        self.tell(f"This is home. {keys.name('everywhere.back')} leaves the tutor.")
