"""A lab: its controls under the keys, its drawings, and the sentence that they support."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.timer import Timer

from lessons.course import COURSE
from lessons.declare import Control, Lab, listed
from tutor import labbing
from tutor.app import ink, keys, labdraw
from tutor.app.labrun import LabRun
from tutor.app.screen import TutorScreen
from tutor.app.strips import Lines, Rule, StripView

ARROWS = {"left": "←", "right": "→", "up": "↑", "down": "↓"}
SOON = 0.25  # seconds that an answer may take before the screen says that it computes
DIGITS = "0123456789"
ROWS = {"controls": 1, "finding": 2}  # at least; they only grow, so that drawings stay in place
LEAST = ("step", "filters", "again", "matrix", "pause", "about")  # what the footer leaves out first


class Drawings(StripView):
    """What the lab drew, or what it is about until there is something."""

    can_focus = False

    def __init__(self, run: LabRun) -> None:
        super().__init__(id="drawings")
        self.run = run
        self.about = False
        self._kept: dict[tuple[object, ...], list[Strip]] = {}

    def on_resize(self) -> None:
        super().on_resize()
        if isinstance(self.screen, LabScreen):
            self.screen.draw_footer()  # it says whether there is more

    def draw(self, width: int) -> list[Strip]:
        run = self.run
        if self.about or not run.drawings:
            return self._about(width)
        strips = labdraw.lay_out(run.drawings.values(), width - 1, self.size.height, self.tutor.ink)
        if run.output:
            signs = self.tutor.signs
            strips += [ink.blank(), ink.line([("Printed by the code:", ink.BOLD)], signs)]
            strips += ink.paragraph(run.output.expandtabs()[-2000:], width - 1, signs)
        margin = Strip([Segment(" ")])
        return [Strip.join([margin, strip]) for strip in strips]

    def _about(self, width: int) -> list[Strip]:
        lab, signs = self.run.lab, self.tutor.signs
        measure = min(width - 2, 88)
        strips = []
        if not self.screen.query_one("#question").display:
            strips += ink.paragraph(lab.question, measure, signs, style=ink.BOLD)
            strips.append(ink.blank())
        strips += ink.markdown(lab.task, measure, signs)
        strips += [ink.blank(), *ink.labelled("Tier", TIERS[lab.tier.value], measure, signs)]
        only = f" (only with show: {', '.join(lab.earned_in)})" if lab.earned_in else ""
        told = f"marks a sentence that counts as evidence{only}"
        strips += ink.labelled(signs.mark("passed"), told, measure, signs)
        if lab.uses:
            strips += ink.labelled("Code", whose(self.run), measure, signs)
        evidence = self.tutor.progress.lab_evidence(lab.id)
        if evidence is not None:
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(evidence.at))
            strips += ink.labelled("Shown", f"{when}: {evidence.sentence}", measure, signs)
        margin = Strip([Segment(" ")])
        return [Strip.join([margin, strip]) for strip in strips]


TIERS = {
    "T1": "T1, look: it shows what happens",
    "T2": "T2, intervene: one thing is changed, and it shows what follows",
    "T3": "T3, match: structures are compared piece by piece",
}


def whose(run: LabRun) -> str:
    """Whose code the lab runs, and what can be done about it."""
    own = run.own or dict.fromkeys(run.lab.uses, False)
    mine = listed([name for name, is_own in own.items() if is_own])
    course = listed([name for name, is_own in own.items() if not is_own])
    parts = [f"your own {mine}"] if mine else []
    parts += [f"the course's {course}"] if course else []
    told = ", ".join(parts)
    if not run.with_own:
        return f"{told} (c: your own again)"
    return f"{told} (c: the course's instead)" if mine else told


class LabScreen(TutorScreen):
    CSS_PATH = "lab.tcss"
    place = "lab"
    BINDINGS = keys.bindings("lab", "everywhere")

    def __init__(self, lab: Lab) -> None:
        super().__init__()
        self.lab = lab
        self.typed = ""
        self._timer: Timer | None = None
        self._busy = True  # as the footer says it; what is answered at once doesn't change it
        self._tight = False  # the drawings need the question's room; i shows the question
        self._rows = dict(ROWS)
        for control in lab.controls:
            self._bind(control)

    def _bind(self, control: Control) -> None:
        """Let the control's keys turn it."""
        if control.typed:
            for digit in DIGITS:
                self._bindings.bind(digit, f"digit('{digit}')", show=False)
            self._bindings.bind("backspace", "digit('')", show=False)
            self._bindings.bind("enter", "send_typed", show=False)
            return
        down, up = control.keys.split()
        self._bindings.bind(down, f"turn('{control.id}', -1)", show=False)
        self._bindings.bind(up, f"turn('{control.id}', 1)", show=False)

    # --- what is on the screen ----------------------------------------------------------------

    def body(self) -> Iterable[StripView]:
        app = self.tutor  # a screen that was left has none, and the last news may still come then
        self.run_state = LabRun(
            self.lab, app.client, app.workspace, app.progress, lambda: app.tell_lab_news(self)
        )
        yield Lines(id="question")
        yield Lines(id="controls")
        yield Drawings(self.run_state)
        yield Rule()
        yield Lines(id="finding")

    def on_mount(self) -> None:
        self.run_state.start()
        super().on_mount()
        self.set_interval(1.0, self._tick)

    def on_unmount(self) -> None:
        self.run_state.close()

    def title_parts(self) -> tuple[str, str]:
        return f"{self.lab.id}: {self.lab.title}", self.state_words()

    def state_words(self) -> str:
        """What goes on, in a few words that change in a few cells."""
        run = self.run_state
        if run.error_kind:
            return "could not run"
        if run.pace == "pause" and run.computing:
            return "paused"
        if not run.computing:
            return f"{self.lab.tier.value} {self.lab.tier.word}"
        seconds = time.monotonic() - run.since
        if run.answered is None and not self.tutor.client.ready:
            return self.tutor.worker_word
        if run.work is not None and run.work[1] > 0 and run.answering:
            done, of = run.work
            left = seconds * (of - done) / done if done else 0.0
            share = f"{100 * done // of:3d} %"
            return f"{share}, about {left:.0f} s left" if done else share
        return f"computing, {seconds:.0f} s" if seconds >= SOON else "computing"

    def footer_pairs(self) -> list[tuple[str, str]]:
        steer = " ".join(
            "".join(ARROWS.get(key, key) for key in control.keys.split())
            for control in self.lab.controls
            if not control.typed and labbing.is_on(self.lab, control, self.run_state.settings)
        )
        waiting = self._typed_control
        pairs = [("0-9", "type"), ("enter", "answer")] if waiting is not None else []
        pairs += [(steer, "steer")]
        view = self.query_one(Drawings)
        if view.size.height and view.highest_top:
            on = view.top < view.highest_top
            pairs.append(
                (keys.name("lab.page-on"), "more") if on else (keys.name("lab.page-back"), "up")
            )
        idle = () if self._busy else ("lab.pause", "lab.step")
        paused = self.run_state.pace == "pause"
        pairs += [
            (key, "go on" if paused and label == "pause" else label)
            for key, label in keys.footer(self.place, idle)
        ]
        while sum(len(key) + len(label) + 3 for key, label in pairs) - 1 > self.size.width:
            dropped = next((pair for name in LEAST for pair in pairs if pair[1] == name), None)
            if dropped is None:
                break
            pairs.remove(dropped)
        return pairs

    def draw_frame(self) -> None:
        self._busy = self.run_state.computing
        super().draw_frame()

    def draw_body(self) -> None:
        self._draw_question()
        self._draw_controls()
        self._draw_finding()
        view = self.query_one(Drawings)
        view.redraw()
        self.draw_footer()
        if self.run_state.drawings and not self.run_state.computing and not view.about:
            self.call_after_refresh(self._make_room)

    def _make_room(self) -> None:
        """Let the question and the rule go where the drawings would not fit beside them.

        They come back when the terminal grows, not with every answer: that would be restless.
        """
        view = self.query_one(Drawings)
        if self._tight or not view.size.height or len(view.lines) <= view.size.height:
            return
        self._tight = True
        for widget in (self.query_one("#question"), self.query_one(Rule)):
            widget.display = False

    def on_resize(self) -> None:
        self._tight = False
        self._rows = dict(ROWS)
        for widget in (self.query_one("#question"), self.query_one(Rule)):
            widget.display = True
        super().on_resize()

    def _draw_question(self) -> None:
        widget = self.query_one("#question", Lines)
        strips = self._padded(
            ink.paragraph(self.lab.question, self.size.width - 2, self.tutor.signs, style=ink.BOLD)
        )
        widget.set_height(len(strips))
        widget.show(strips)

    def _draw_controls(self) -> None:
        """Each control with its keys and its value; as many in a line as fit."""
        run, signs = self.run_state, self.tutor.signs
        lines: list[list[tuple[str, Style | None]]] = [[]]
        used = 1
        for control in self.lab.controls:
            if not labbing.is_on(self.lab, control, run.settings):
                continue
            head = "type" if control.typed else _keys(control)
            value = labbing.shown(control, run.settings[control.id])
            if control.typed and self._typed_control is control:
                value = f"{self.typed}_"
            size = len(head) + len(control.title) + len(value) + 7
            if used + size > self.size.width + 2:
                lines.append([])
                used = 1
            used += size
            lines[-1] += [
                (f"{head} ", ink.KEY),
                (f"{control.title} ", None),
                (f"[{value}]", ink.BOLD),
                ("  ", None),
            ]
        widget = self.query_one("#controls", Lines)
        self._rows["controls"] = max(self._rows["controls"], len(lines))
        widget.set_height(self._rows["controls"])
        widget.show(self._padded([ink.line(parts, signs) for parts in lines]))

    def _draw_finding(self) -> None:
        """The sentence, or why there is none."""
        run, signs, width = self.run_state, self.tutor.signs, self.size.width - 2
        if run.error_kind:
            mark = signs.mark("could-not-run")
            told = f"{mark} could not run: {run.error} Any control's key tries again."
            strips = ink.paragraph(told, width, signs, style=ink.WARNING)
        elif run.computing and run.finding is not None and run.finding.settings != run.answered:
            strips = ink.paragraph(f"before: {run.finding.sentence}", width, signs, style=ink.DIM)
        elif run.finding is not None:
            sign = f"{signs.mark('passed')} " if run.finding.proves else "  "
            style = ink.VERDICT_STYLES["passed"]
            strips = ink.paragraph(run.finding.sentence, width, signs, indent=2)
            strips[0] = Strip.join([ink.line([(sign, style)], signs), strips[0].crop(2)])
        else:
            strips = []
        widget = self.query_one("#finding", Lines)
        self._rows["finding"] = max(self._rows["finding"], len(strips))
        widget.set_height(self._rows["finding"])
        widget.show(self._padded(strips))

    def _padded(self, strips: list[Strip]) -> list[Strip]:
        margin = Strip([Segment(" ")])
        return [Strip.join([margin, strip]) for strip in strips]

    def whereabouts(self) -> str:
        return f"lab:{self.lab.id}"

    def small_words(self) -> list[str]:
        finding = self.run_state.finding
        return [self.lab.question, finding.sentence if finding is not None else ""]

    # --- news ---------------------------------------------------------------------------------

    def lab_news(self) -> None:
        """Events have come. An answer that is complete is drawn at once, its parts now and then."""
        changed = self.run_state.drain()
        if changed & {"drawn", "done"}:
            self._show()
        elif changed and self._timer is None:
            wait = SOON if changed == {"began"} else self.tutor.redraw_every
            self._timer = self.set_timer(wait, self._show)

    def _show(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.refresh_all()

    def _tick(self) -> None:
        if self.run_state.computing and self.is_current:
            self.draw_frame()

    # --- what the keys do ---------------------------------------------------------------------

    @property
    def _typed_control(self) -> Control | None:
        """The control that waits for a typed number, if one does."""
        settings = self.run_state.settings
        for control in self.lab.controls:
            if control.typed and settings[control.id] == control.start:
                return control if labbing.is_on(self.lab, control, settings) else None
        return None

    def action_turn(self, control_id: str, step: int) -> None:
        run = self.run_state
        control = self.lab.control(control_id)
        if not labbing.is_on(self.lab, control, run.settings):
            self.tell(f"{control.title} works with {labbing.works_in(self.lab, control)}.")
            return
        settings = labbing.turned(self.lab, run.settings, control, step)
        if settings == run.settings and run.open:
            return
        self._steer(settings)

    def _steer(self, settings: dict) -> None:
        self.typed = ""
        self.tell("")
        self.query_one(Drawings).about = False
        self.run_state.steer(settings)
        self._draw_controls()
        self.draw_footer()

    def action_digit(self, digit: str) -> None:
        if self._typed_control is not None:
            self.typed = (self.typed + digit)[:4] if digit else self.typed[:-1]
            self._draw_controls()

    def action_send_typed(self) -> None:
        control = self._typed_control
        if control is None or not self.typed:
            return
        try:
            value = labbing.parse(control, str(int(self.typed)))
        except ValueError:
            self.typed = ""
            self.tell(f"It can be {labbing.choices(control)}.", ink.WARNING)
            self._draw_controls()
            return
        settings = labbing.with_value(self.lab, self.run_state.settings, control, value)
        self._steer(settings)

    def action_pause(self) -> None:
        run = self.run_state
        if run.pace == "pause" or run.computing:
            run.go("run" if run.pace == "pause" else "pause")
        self.draw_frame()

    def action_step(self) -> None:
        if self.run_state.computing:
            self.run_state.go("step")
        self.draw_frame()

    def action_about(self) -> None:
        view = self.query_one(Drawings)
        view.about = not view.about
        view.top = 0
        view.redraw()
        self.draw_footer()

    def action_again(self) -> None:
        """Start over with the next seed."""
        self.run_state.seed += 1
        self.tell(f"Random numbers of seed {self.run_state.seed}.")
        self.run_state.start()
        self.refresh_all()

    def action_whose(self) -> None:
        run = self.run_state
        if run.with_own and not any(run.own.values()):
            self.tell("It runs on the course's code: you have passed none of what it uses yet.")
            return
        run.with_own = not run.with_own
        self.tell("" if run.with_own else "It runs on the course's code now. c: your own again.")
        run.start()
        self.refresh_all()

    def action_page(self, step: int) -> None:
        self.query_one(Drawings).action_page(step)
        self.draw_footer()

    def action_viewer(self) -> None:
        if self.lab.id == COURSE.viewer:
            self.tell("Here they are.")
        self.tutor.open_viewer()

    def action_evidence(self) -> None:
        self.tutor.open_evidence()


def _keys(control: Control) -> str:
    names = [ARROWS.get(key, key) for key in control.keys.split()]
    return "".join(names)
