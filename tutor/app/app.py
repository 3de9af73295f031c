"""The app: it holds workspace, progress and worker, and moves between the screens."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.events import Event, Key
from textual.message import Message
from textual.screen import Screen

from lessons.course import COURSE
from lessons.declare import Checkpoint, Lab
from tutor import terminal
from tutor.app import keys, place, theme
from tutor.app.checkrun import CheckRun, ClientLike
from tutor.app.home import HomeScreen
from tutor.app.pixels import Ink
from tutor.app.screen import TutorScreen
from tutor.progress import Progress
from tutor.settings import Settings, SettingsFile
from tutor.workspace import Workspace, WorkspaceError

RESTING = "worker: resting"
MOVES = [part.id for part in COURSE.parts]
HANGUP_GRACE = 2.0  # seconds that a dead line gets before the process ends without goodbye


class TutorApp(App[int]):
    """The tutor on one workspace. ``client`` starts workers; without one the real one is made."""

    CSS_PATH: ClassVar = ["app.tcss", "home.tcss"]  # home is the first screen, so here
    TITLE = "cnntutor"
    ENABLE_COMMAND_PALETTE = True
    NOTIFICATION_TIMEOUT = 5
    BINDINGS: ClassVar = []

    class CheckNews(Message):
        """A check of that checkpoint has news. Posted from the client's reader thread."""

        def __init__(self, checkpoint_id: str) -> None:
            super().__init__()
            self.checkpoint_id = checkpoint_id

    class LabNews(Message):
        """An open lab or hunt has news. Posted from the client's reader thread."""

        def __init__(self, screen: TutorScreen) -> None:
            super().__init__()
            self.screen = screen

    class WorkerReady(Message):
        """The worker holds torch. Posted from the client's reader thread."""

    class WorkerLeft(Message):
        """The worker left, as nobody needed it. Posted from the client's reader thread."""

    def __init__(
        self,
        workspace: Workspace,
        client: ClientLike | None = None,
        settings: SettingsFile | None = None,
    ) -> None:
        """settings: of the learner; without them the defaults."""
        self.settings_file = SettingsFile(None) if settings is None else settings
        keys.use(self.settings.keys)
        super().__init__(ansi_color=True)  # said this early, NO_COLOR finds the right filter
        self.register_theme(theme.TERMINAL)
        self.theme = theme.TERMINAL.name
        self.animation_level = "none"
        self.workspace = workspace
        self.set_keymap(keys.keymap())
        self.signs = terminal.signs_of(self.settings, theme.encoding())
        self.client: ClientLike = _real_client(workspace) if client is None else client
        self.worker_word = "worker: starting"
        self.problem = ""
        self.first_start: list[Path] = []
        try:
            self.first_start = self._create()
        except WorkspaceError as error:
            self.problem = str(error)
        self.progress = Progress(workspace)
        self.runs: dict[str, CheckRun] = {}
        self.guiding = False  # through a first check
        self._place: tuple[str, ...] = ()
        self.clock: Callable[[], float] = time.time

    def _create(self) -> list[Path]:
        """Make the workspace; on a first start say which files were written."""
        new = not self.workspace.exists()
        written = self.workspace.create()
        return written if new else []

    @property
    def ink(self) -> Ink:
        return Ink(theme.depth(self.console.color_system), self.signs)

    @property
    def settings(self) -> Settings:
        return self.settings_file.settings

    @property
    def slow(self) -> bool:
        return terminal.is_slow(self.settings)

    @property
    def redraw_every(self) -> float:
        """Seconds between two redraws of a live curve."""
        return terminal.redraw_every(self.settings, self.slow)

    @property
    def notices(self) -> list[str]:
        """What every screen must tell: a workspace in trouble, progress that can't be saved."""
        problem = [self.problem] if self.problem else []
        return [*problem, *self.progress.notices, *self.settings_file.notices]

    def run_of(self, checkpoint: Checkpoint) -> CheckRun:
        """The check state of a checkpoint; it outlives the screen."""
        if checkpoint.id not in self.runs:
            notify = self._notifier(checkpoint.id)
            self.runs[checkpoint.id] = CheckRun(checkpoint, notify)
        return self.runs[checkpoint.id]

    def _notifier(self, checkpoint_id: str) -> Callable[[], None]:
        return lambda: self._post(self.CheckNews(checkpoint_id))

    def _post(self, message: Message) -> None:
        """From any thread; after the app's end there is nobody to tell."""
        if self.is_running:
            self.post_message(message)

    # --- start and end -------------------------------------------------------------------------

    def get_default_screen(self) -> Screen:
        return HomeScreen()

    def on_mount(self) -> None:
        screens = place.load(self.workspace) if self.settings.resume == "on" else ()
        greets = bool(self.first_start) and self.settings.welcome == "on"
        if self.slow or screens or greets:
            self.delay_update(0.2)  # one paint of the first screen instead of several
        if greets:
            self._welcome()
        else:
            self._come_back(screens)
        self._catch_signals()
        self.call_after_refresh(self._start_worker)

    def _start_worker(self) -> None:
        self.client.on_ready = lambda: self._post(self.WorkerReady())
        self.client.on_left = lambda: self._post(self.WorkerLeft())
        try:
            self.client.start()
        except OSError as error:
            self.worker_word = "worker: not started"
            self.problem = f"The worker can't be started: {error}. `cnntutor doctor` looks into it."
            self.redraw_screens()
        else:
            if self.client.ready:
                self.post_message(self.WorkerReady())

    def on_tutor_app_worker_ready(self) -> None:
        self.worker_word = "worker: ready"
        self.redraw_screens()

    def on_tutor_app_worker_left(self) -> None:
        self.worker_word = RESTING
        self.redraw_screens()

    async def on_event(self, event: Event) -> None:
        """Whoever presses a key is back, and may soon want a check: have a worker ready."""
        if self.worker_word == RESTING and isinstance(event, Key):
            self.worker_word = "worker: starting"
            self.call_after_refresh(self._start_worker)
        await super().on_event(event)

    def redraw_screens(self) -> None:
        if isinstance(self.screen, TutorScreen):
            self.screen.refresh_all()

    def on_tutor_app_check_news(self, message: CheckNews) -> None:
        run = self.runs.get(message.checkpoint_id)
        changed = run.drain() if run is not None else set()
        if not changed:
            return
        for screen in self.screen_stack:
            if isinstance(screen, TutorScreen):
                screen.check_news(message.checkpoint_id, changed)

    def tell_lab_news(self, screen: TutorScreen) -> None:
        """From any thread: that screen's lab or hunt has news."""
        self._post(self.LabNews(screen))

    def on_tutor_app_lab_news(self, message: LabNews) -> None:
        if message.screen in self.screen_stack:
            message.screen.lab_news()

    def keep_all(self) -> None:
        """Write down what is not on disk yet."""
        for screen in self.screen_stack:
            if isinstance(screen, TutorScreen):
                screen.keep()

    def leave(self, code: int = 0) -> None:
        self.keep_all()
        self.remember()
        self.exit(code, return_code=code)

    async def action_quit(self) -> None:
        self.leave()

    def on_unmount(self) -> None:
        self.client.close()

    def _catch_signals(self) -> None:
        """End cleanly on SIGTERM and SIGHUP, so that the terminal is whole and drafts are kept."""
        if self.is_headless or threading.current_thread() is not threading.main_thread():
            return
        import asyncio

        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None:
                loop.add_signal_handler(number, self._on_signal, int(number))

    def _on_signal(self, number: int) -> None:
        self.keep_all()
        self.remember()
        self.client.close()
        # Writing to a line that is gone can block for good: then end without goodbye.
        timer = threading.Timer(HANGUP_GRACE, os._exit, (128 + number,))
        timer.daemon = True
        timer.start()
        self.exit(128 + number, return_code=128 + number)

    # --- where the learner was -----------------------------------------------------------------

    def remember(self) -> None:
        """Write down where the learner is, for the next start."""
        screens = [screen for screen in self.screen_stack if isinstance(screen, TutorScreen)]
        told = tuple(where for screen in screens if (where := screen.whereabouts()))
        if told != self._place and self.is_running:
            self._place = told
            place.save(self.workspace, told)  # a place that can't be kept costs the way, no more

    def _come_back(self, screens: tuple[str, ...]) -> None:
        """Open again what was open last; what the course no longer has is left out."""
        opens: dict[str, Callable[[str], None]] = {
            "board": self.open_board,
            "checkpoint": lambda name: self.open_checkpoint(COURSE.checkpoint(name)),
            "lab": lambda name: self.open_lab(COURSE.lab(name)),
            "labs": self.open_labs,
            "hunt": lambda name: self.open_hunt(COURSE.checkpoint(name)),
            "recall": self.open_recall,
            "evidence": lambda _: self.open_evidence(),
            "report": lambda _: self.open_report(),
        }
        for screen in screens:
            kind, _, name = screen.partition(":")
            move = name.partition("#")[0]
            if kind in ("board", "labs", "recall") and move not in MOVES:
                continue
            try:
                opens[kind](name)
            except KeyError:
                continue

    # --- ways between the screens --------------------------------------------------------------

    def _welcome(self) -> None:
        from tutor.app.welcome import WelcomeScreen

        self.push_screen(WelcomeScreen())

    def open_checkpoint(self, checkpoint: Checkpoint) -> None:
        from tutor.app.checkpoint import CheckpointScreen

        self.push_screen(CheckpointScreen(checkpoint))

    def open_board(self, link: str) -> None:
        """Open a board: ``move`` for its beginning, ``move#anchor`` for a section."""
        from tutor.app.board import BoardScreen

        self.push_screen(BoardScreen(link))

    def open_lab(self, lab: Lab) -> None:
        from tutor.app.lab import LabScreen

        self.push_screen(LabScreen(lab))

    def open_viewer(self) -> None:
        """The lab that shows filters and feature maps, unless it is open already."""
        lab = COURSE.lab(COURSE.viewer)
        if not any(getattr(screen, "lab", None) is lab for screen in self.screen_stack):
            self.open_lab(lab)

    def open_labs(self, move_id: str) -> None:
        """The move's lab, or a list to choose from where there are several."""
        from tutor.app.labs import LabsScreen

        labs = COURSE.part(move_id).labs
        if len(labs) == 1:
            self.open_lab(labs[0])
        else:
            self.push_screen(LabsScreen(move_id))

    def open_evidence(self, checkpoint: Checkpoint | None = None) -> None:
        from tutor.app.evidence import EvidenceScreen

        self.push_screen(EvidenceScreen(checkpoint))

    def open_hunt(self, checkpoint: Checkpoint) -> None:
        from tutor.app.hunt import HuntScreen

        self.push_screen(HuntScreen(checkpoint))

    def open_report(self) -> None:
        from tutor.app.report import ReportScreen

        self.push_screen(ReportScreen())

    def open_settings(self) -> None:
        from tutor.app.settings import SettingsScreen

        self.push_screen(SettingsScreen())

    def use_settings(self) -> None:
        """Take what the settings file says now, as far as that needs no new start."""
        keys.use(self.settings.keys)
        self.set_keymap(keys.keymap())
        self.signs = terminal.signs_of(self.settings, theme.encoding())
        self.redraw_screens()

    def open_recall(self, move_id: str) -> None:
        from tutor.app.recall import RecallScreen
        from tutor.recall import Recall

        self.push_screen(RecallScreen(move_id, Recall(self.progress, self.clock)))

    def action_help(self) -> None:
        from tutor.app.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            place = self.screen.place if isinstance(self.screen, TutorScreen) else "home"
            self.push_screen(HelpScreen(place))

    def get_system_commands(self, screen: Screen) -> Iterable[SystemCommand]:
        """The palette: what the table of keys says can be done on this screen."""
        if not isinstance(screen, TutorScreen):
            return
        for action in keys.palette(screen.place):

            def run(action: str = action.run) -> None:
                self.run_worker(self.run_action(action, screen))

            yield SystemCommand(f"{action.help} ({action.shown})", f"Key {action.shown}", run)


def _real_client(workspace: Workspace) -> ClientLike:
    from tutor import paths
    from tutor.runner.client import Client

    return Client(paths.worker_log(workspace.root))


def run(workspace: Path | None = None, settings: SettingsFile | None = None) -> int:
    """Open the tutor on that workspace (default: the nearest, else ``~/cnntutor``)."""
    app = TutorApp(Workspace.find(workspace), settings=settings)
    try:
        app.run(mouse=False)  # nothing needs it, and the terminal's own selection keeps working
    finally:
        app.client.close()
    return app.return_code or 0
