"""A checkpoint: the task, the learner's file, the claims as they are judged, the way to repair."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.style import Style
from textual.app import SuspendNotSupported
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import TextArea

from lessons import anchors
from lessons.course import COURSE
from lessons.declare import Checkpoint
from tutor.app import external, ink, keys
from tutor.app.claims import ClaimRows, Detail
from tutor.app.editor import Editor
from tutor.app.noticing import FolderWatch
from tutor.app.openfile import OpenFile
from tutor.app.panes import HintsPane, OutputPane, TaskPane, place_of
from tutor.app.rows import Rows
from tutor.app.screen import TutorScreen
from tutor.app.status import status
from tutor.app.strips import Lines, Rule
from tutor.progress import ClaimShown, HintTaken, WasReset
from tutor.upgrade import changes

PANES = ("task", "code", "claims", "output", "hints")
WIDE = 120  # columns from which the code stands beside the other panes
WIDER = 170  # and from which the task stands beside both
POLL = 0.3  # seconds between two looks at the file, for what nobody tells us
DRAFT_AFTER = 0.7  # seconds without a key until unsaved text is written down


class CheckpointScreen(TutorScreen):
    CSS_PATH = "checkpoint.tcss"
    place = "checkpoint"
    BINDINGS = keys.bindings("question", "checkpoint", "everywhere")

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.checkpoint = checkpoint
        self.pane = "task"
        self.side = "task"
        self.question = ""  # "reset" or "conflict"
        self._curve_timer: Timer | None = None
        self._draft_timer: Timer | None = None

    # --- what is on the screen -----------------------------------------------------------------

    def body(self) -> Iterable[Widget]:
        self.file = OpenFile(self.tutor.workspace, self.checkpoint)
        self.run_state = self.tutor.run_of(self.checkpoint)
        yield Lines(id="tabs")
        yield Lines(id="status")
        with Horizontal(id="columns"):
            yield TaskPane(self.checkpoint, id="beside-task")
            yield Editor(id="code")
            with Vertical(id="side"):
                yield TaskPane(self.checkpoint)
                with Vertical(id="claims"):
                    yield ClaimRows(self.checkpoint)
                    yield Rule()
                    yield Detail(self.checkpoint)
                yield OutputPane()
                yield HintsPane(self.checkpoint)

    def on_mount(self) -> None:
        self.claims = self.query_one(ClaimRows)
        self.detail = self.query_one(Detail)
        self.output = self.query_one(OutputPane)
        self.editor = self.query_one(Editor)
        if not self.tutor.signs.unicode:  # Textual's scroll bar is made of signs that lack here
            self.editor.styles.scrollbar_size_vertical = 0
        self.claims.run = self.detail.run = self.output.run = self.run_state
        self.file.open()
        self._load_editor()
        if self.run_state.checkpoint.id and self.file.source is not None:
            shown = self.tutor.progress.entries(self.checkpoint)
            seen = [entry for entry in shown if isinstance(entry, ClaimShown)]
            self.run_state.seed(seen, self.file.source.sha256)
        if self.file.conflict is not None:
            self._ask_conflict()
        elif not self.file.notice and changes(self.tutor.workspace, self.checkpoint):
            self.file.notice = (
                f"A newer course has another starter for {self.file.name}. Yours stays as it is; "
                f"`cnntutor changes {self.checkpoint.id}` shows what changed."
            )
        super().on_mount()
        self.show_pane("task" if not self.run_state.outcome else "claims")
        self._watch = FolderWatch(self.tutor.workspace.root, self._poll)
        self.set_interval(POLL, self._poll)

    def _load_editor(self) -> None:
        """Bring the file's text, and a draft if there is one, into the editor."""
        draft = self.file.text if self.file.dirty else None
        self.editor.set_text(self.file.loaded)
        self.file.shown(self.editor.text)
        if draft is not None:
            whole = (0, 0), self.editor.document.end
            self.editor.replace(draft, *whole, maintain_selection_offset=False)
            self.editor.move_cursor((0, 0))
        self.editor.read_only = self.file.source is None

    @property
    def wide(self) -> bool:
        return self.size.width >= WIDE

    @property
    def wider(self) -> bool:
        return self.size.width >= WIDER

    @property
    def stale(self) -> bool:
        return not self.run_state.running and self.run_state.stale(self.file.sha256)

    def title_parts(self) -> tuple[str, str]:
        right = "unsaved text" if self.file.dirty else self.tutor.worker_word
        return f"{self.checkpoint.id}: {self.checkpoint.title}", right

    def notices(self) -> Iterable[tuple[str, Style | None]]:
        yield from super().notices()
        if self.file.problem:
            yield self.file.problem, ink.WARNING
        if self.file.notice:
            yield self.file.notice, None
        if self.tutor.guiding and not self.run_state.running:
            key = "editor.check" if self.editor.has_focus else "checkpoint.check"
            told = "A first check: this file is the starter, with nothing written in it yet. Press "
            yield f"{told}{keys.name(key)} to have it checked.", ink.ACCENT

    def footer_pairs(self) -> list[tuple[str, str]]:
        if self.editor.has_focus:
            return keys.footer("editor")
        if self.question == "reset":
            return [
                (keys.name("question.answer-y"), "reset, and keep a copy of mine"),
                (keys.name("question.answer-n"), "leave it"),
            ]
        pairs = keys.footer(self.place)
        if self.question == "conflict":
            return [
                (keys.name("question.answer-k"), "keep mine"),
                (keys.name("question.answer-l"), "load theirs"),
                *pairs[-2:],
            ]
        return pairs

    def draw_body(self) -> None:
        self._lay_out()
        self._draw_tabs()
        self._draw_status()
        for pane in (self.claims, self.output, *self.query(TaskPane), self.query_one(HintsPane)):
            pane.redraw()
        self.claims.stale = self.detail.stale = self.stale
        self.claims.redraw()
        self.detail.show_claim(self.claims.key)

    def _lay_out(self) -> None:
        """One pane at a time where it is narrow; the code beside another one where it is wide."""
        self.query_one("#beside-task").display = self.wider
        if self.wider and self.side == "task":
            self.side = "claims"  # the task has a column of its own
        side = self.query_one("#side")
        self.editor.display = self.wide or self.pane == "code"
        side.display = self.wide or self.pane != "code"
        side.set_class(self.wide, "beside")
        for name in PANES:
            if name != "code":
                self.query_one(f"#{name}").display = name == self.side

    def _draw_tabs(self) -> None:
        counts = {
            "claims": f" {self.run_state.passed}/{len(self.checkpoint.claims)}",
            "hints": f" {self.query_one(HintsPane).taken}/{len(self.checkpoint.hints)}",
        }
        parts: list[tuple[str, Style | None]] = [(" ", None)]
        for number, name in enumerate(PANES, start=1):
            label = f"{number} {name}{counts.get(name, '')}"
            beside = (
                *(["task"] if self.wider else []),
                *(["code", self.side] if self.wide else []),
            )
            open_here = name == self.pane or name in beside
            parts.append(
                (f"[{label}]" if open_here else f" {label} ", ink.BOLD if open_here else None)
            )
            parts.append(("  ", None))
        self.query_one("#tabs", Lines).show([ink.line(parts, self.tutor.signs)])

    def _draw_status(self) -> None:
        text, style = self.status()
        self.query_one("#status", Lines).show([ink.line([(f" {text}", style)], self.tutor.signs)])

    def status(self) -> tuple[str, Style | None]:
        return status(
            self.checkpoint,
            self.run_state,
            self.tutor.signs,
            stale=self.stale,
            dirty=self.file.dirty,
            key=keys.name("editor.check" if self.editor.has_focus else "checkpoint.check"),
        )

    def whereabouts(self) -> str:
        return f"checkpoint:{self.checkpoint.id}"

    def small_words(self) -> list[str]:
        told = [f"{self.checkpoint.id}: {self.status()[0]}"]
        view = self.run_state.claims.get(self.run_state.first_failed)
        if view is not None and view.verdict is not None and not self.stale:
            told += [self.checkpoint.claim(view.verdict.claim).sentence]
            told += [view.verdict.diagnosis or view.verdict.observed]
        return told

    # --- panes ---------------------------------------------------------------------------------

    def show_pane(self, name: str) -> None:
        self.pane = name
        if name != "code":
            self.side = name
        self._lay_out()
        focus: dict[str, Widget] = {
            "task": self.query_one("#beside-task" if self.wider else "#task"),
            "code": self.editor,
            "claims": self.claims,
            "output": self.output,
            "hints": self.query_one(HintsPane),
        }
        self.set_focus(focus[name])
        self.call_after_refresh(self.refresh_all)

    def action_pane(self, name: str) -> None:
        if name == "claims" and self.focused is self.claims:
            self.claims.follows = True
            self.claims.follow()
        self.show_pane(name)

    def action_next_pane(self, step: int) -> None:
        self.show_pane(PANES[(PANES.index(self.pane) + step) % len(PANES)])

    def on_resize(self) -> None:
        if not self.editor.has_focus and self.pane == "code":
            self.pane = self.side if self.wide else "code"
        super().on_resize()

    def on_descendant_focus(self) -> None:
        self._keys_changed()

    def on_descendant_blur(self) -> None:
        self._keys_changed()

    def _keys_changed(self) -> None:
        """The keys mean something else: they are typed, or they act."""
        self._draw_status()
        self.draw_notice()
        self.draw_footer()

    def on_editor_left(self) -> None:
        """Escape in the editor: the keys mean actions again."""
        if self.wide:
            self.show_pane(self.side)
        else:
            self.set_focus(None)
        self.draw_footer()

    # --- the file ------------------------------------------------------------------------------

    def on_text_area_changed(self, message: TextArea.Changed) -> None:
        if self.editor.text == self.file.text:
            return
        was_stale, was_dirty = self.stale, self.file.dirty
        self.file.text = self.editor.text
        self.file.notice = ""
        if self._draft_timer is not None:
            self._draft_timer.stop()
        self._draft_timer = self.set_timer(DRAFT_AFTER, self.keep)
        if (was_stale, was_dirty) != (self.stale, self.file.dirty) or self._notice[0]:
            self._notice = ("", None)
            self.draw_frame()
            self.draw_body()

    def keep(self) -> None:
        before = self.file.notice
        self.file.keep_draft()
        if self.file.notice != before:
            self.draw_notice()

    def on_unmount(self) -> None:
        self._watch.close()
        self.file.keep_draft()

    def _poll(self) -> None:
        """When the folder changed, and now and then: did the file? Nothing is written if not."""
        news = self.file.poll()
        if news:
            self._take_news(news)

    def _take_news(self, news: str) -> None:
        if news == "conflict":
            self._ask_conflict()
        elif self.question == "conflict":
            self._answered()
        if news != "problem":
            self.start_check()  # first: the worker is at it while the editor takes the text in
        if news == "reload":
            self._load_editor()
            self.tell(f"{self.file.name} was saved outside: loaded and checked.")
        self.refresh_all()

    def _ask_conflict(self) -> None:
        self.question = "conflict"
        first = f"Press {keys.name('editor.leave')}, then " if self.focused is self.editor else ""
        self.tell(
            f"{self.file.name} was changed on disk while you have unsaved text here. {first}"
            f"{keys.name('question.answer-k')} keeps yours and writes it, "
            f"{keys.name('question.answer-l')} loads theirs. The other one is kept aside.",
            ink.WARNING,
        )
        self.draw_footer()

    def _answered(self) -> None:
        self.question = ""
        self.tell("")
        self.draw_footer()

    def save(self) -> bool:
        """Save if there is anything unsaved; False when the file does not hold the text now."""
        if not self.file.dirty and not self.file.problem:
            return self.file.source is not None
        if self.file.save():
            return True
        if self.file.conflict is not None:
            self._ask_conflict()
        self.refresh_all()
        return False

    def action_save(self) -> None:
        if self.save():
            self.start_check()

    # --- the check -----------------------------------------------------------------------------

    def action_check(self) -> None:
        """Save and check; where one pane is shown at a time, show the claims."""
        news = self.file.poll()
        if news:
            self._take_news(news)
        if self.file.conflict is not None and self.file.dirty:
            self._ask_conflict()
            return
        if self.file.dirty and not self.save():
            return
        self.tell("")
        if self.pane != "claims" and not (self.wide and self.editor.has_focus):
            self.show_pane("claims")
        elif self.wide:
            self.side = "claims"
        self.start_check()

    def start_check(self) -> None:
        """Check the file as it is; a check that runs is cancelled."""
        self.claims.follows = True
        self.run_state.start(self.tutor.client, self.tutor.workspace, self.tutor.progress)
        self.refresh_all()

    def check_news(self, checkpoint_id: str, changed: set[str]) -> None:
        if checkpoint_id != self.checkpoint.id or not self.is_mounted:
            return
        if "done" in changed and self.tutor.guiding:
            self.tutor.guiding = False
            self.tell(
                "That was a check: each line is one claim, and below stands what was seen of the "
                f"one at the cursor. {keys.name('checkpoint.board')} opens the page to read first, "
                f"{keys.name('checkpoint.pane-code')} the code.",
                ink.ACCENT,
            )
        if changed != {"loss"}:
            self.claims.follow()
            self.refresh_all()
        elif self._curve_timer is None:
            self._curve_timer = self.set_timer(self.tutor.redraw_every, self._draw_curve)

    def _draw_curve(self) -> None:
        """The newest point stands for all that came since the last redraw."""
        self._curve_timer = None
        self.claims.follow()
        self.detail.show_claim(self.claims.key)

    def on_rows_moved(self, message: Rows.Moved) -> None:
        self.detail.show_claim(message.key)

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        self.action_board()

    # --- what the other keys do ----------------------------------------------------------------

    def action_board(self) -> None:
        """The section that repairs the claim at the cursor, or the move's board."""
        move = COURSE.move_of(self.checkpoint.id)
        view = self.run_state.claims.get(self.claims.key)
        link = view.verdict.repair if view is not None and view.verdict is not None else None
        self.tutor.open_board(link or anchors.page_for(move.id, self.checkpoint.id))

    def action_labs(self) -> None:
        self.tutor.open_labs(COURSE.move_of(self.checkpoint.id).id)

    def action_viewer(self) -> None:
        self.tutor.open_viewer()

    def action_onward(self) -> None:
        """To the next checkpoint that has not passed, by way of its board in a new move."""
        self.tutor.progress.refresh()
        following = self.tutor.progress.next_checkpoint()
        if following is None:
            self.tell("Every checkpoint has passed. Home shows what is left.")
        elif following is self.checkpoint:
            self.tell("Not all claims here have passed yet; then this key goes on.")
        else:
            move = COURSE.move_of(following.id)
            self.file.keep_draft()
            self.app.pop_screen()
            if move is not COURSE.move_of(self.checkpoint.id) and move.boards:
                self.tutor.open_board(move.id)
            else:
                self.tutor.open_checkpoint(following)

    def action_copy_path(self) -> None:
        """By OSC 52 the learner's own machine gets it, over SSH and through tmux, too."""
        where = place_of(self.tutor.workspace.file_of(self.checkpoint))
        self.app.copy_to_clipboard(where)
        self.tell(f"Copied, if your terminal takes it: {where}")

    def action_evidence(self) -> None:
        self.tutor.open_evidence(self.checkpoint)

    def action_hint(self) -> None:
        """Take the next hint; it is recorded, and stays readable in its pane."""
        pane = self.query_one(HintsPane)
        if pane.taken < len(self.checkpoint.hints):
            self.tutor.progress.add(
                HintTaken(checkpoint=self.checkpoint.id, number=pane.taken + 1, at=time.time())
            )
        self.show_pane("hints")
        self.call_after_refresh(pane.show_newest)

    def action_reset(self) -> None:
        self.question = "reset"
        self.tell(
            f"Put the starter back into {self.file.name}? A copy of your file is kept in "
            f"{self.tutor.workspace.state / 'kept'}. {keys.name('question.answer-y')} resets, "
            f"{keys.name('question.answer-n')} leaves it as it is.",
            ink.WARNING,
        )
        self.draw_footer()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that answer a question work only while it stands."""
        if action == "answer":
            wanted = {"reset": ("y", "n"), "conflict": ("k", "l")}.get(self.question, ())
            return parameters[0] in wanted
        return True

    def action_answer(self, key: str) -> None:
        self._answered()
        if key == "y" and self.file.reset():
            self._load_editor()
            kept = self.file.kept
            self.tutor.progress.add(
                WasReset(checkpoint=self.checkpoint.id, kept=kept, at=time.time())
            )
            self.start_check()
        elif key == "k":
            if self.file.keep_mine():
                self.start_check()
        elif key == "l" and self.file.load_theirs():
            self._load_editor()
            self.start_check()
        if self.file.conflict is not None and self.file.dirty:
            self._ask_conflict()
        self.refresh_all()

    def action_external(self) -> None:
        """Open the file in the learner's own editor, which has the last word on the screen."""
        if (self.file.dirty or self.file.problem) and not self.save():
            return
        path = self.tutor.workspace.file_of(self.checkpoint)
        try:
            editor = external.command(self.tutor.settings.editor)
            if self.tutor.settings.split == "on" and external.in_tmux():
                external.split(editor, path, *self.size)
            else:
                told = ""
                with self.app.suspend():  # an error inside would leave the terminal suspended
                    try:
                        external.run(editor, path)
                    except external.EditorError as error:
                        told = str(error)
                self.app.refresh()
                self.tell(told, ink.WARNING)
        except external.EditorError as error:
            self.tell(str(error), ink.WARNING)
        except SuspendNotSupported:
            self.tell(
                "This terminal can't be lent to another editor. "
                f"Press {keys.name('checkpoint.pane-code')} for the built-in one."
            )
        self._poll()

    def action_back(self) -> None:
        if self.question:
            self._answered()
            return
        self.file.keep_draft()
        self.app.pop_screen()
