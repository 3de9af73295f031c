"""The app in a real terminal, under orders: ``python -m tests.terminal.stage WORKSPACE FOLDER``.

All is real but the worker: a client plays what the test orders. Orders are JSON lines in the pipe
``FOLDER/orders``, each is answered by a line in ``FOLDER/answers`` once it was obeyed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from tutor import paths, terminal
from tutor.settings import SettingsFile

SETTINGS = SettingsFile(paths.settings_file())
terminal.prepare(SETTINGS.settings)  # before Textual is imported, as the command does

from textual.pilot import Pilot  # noqa: E402

from tests.app.appkit import MLP, FakeClient, verdict  # noqa: E402
from tests.app.scenes import Stage  # noqa: E402
from tutor.app.app import TutorApp  # noqa: E402
from tutor.runner import protocol  # noqa: E402
from tutor.workspace import Workspace  # noqa: E402

STEPS = 250


class Director:
    def __init__(self, app: TutorApp, client: FakeClient, folder: Path) -> None:
        self.app, self.client, self.folder = app, client, folder
        self.step = 0
        self.orders: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def direct(self, pilot: Pilot) -> None:
        self.stage = Stage(self.app, pilot, self.client)
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, args=(loop,), daemon=True).start()
        answers = await loop.run_in_executor(None, open, self.folder / "answers", "w")
        while self.app.is_running:
            order = await self.orders.get()
            try:
                await self._obey(**order)
                told = ""
            except Exception:  # noqa: BLE001 - the test is told
                told = traceback.format_exc()
            print(json.dumps(told), file=answers, flush=True)

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        with open(self.folder / "orders") as orders:
            for line in orders:
                loop.call_soon_threadsafe(self.orders.put_nowait, json.loads(line))

    async def _obey(
        self,
        scene: str = "",
        verdict_of: str = "",
        losses: int = 0,
        rate: float = 0.0,
        redraw: bool = False,
    ) -> None:
        await self.stage.settle()  # what a new size needs, too
        if scene:
            self.step = 40  # where the scene "training" ends
            await self.stage.play(scene)
        if redraw:
            self.app.screen.refresh(layout=True)
            await self.stage.settle()
        if verdict_of:
            self.client.play(verdict(self.client.last.number, verdict_of, observed="3 of 3"))
            await self.stage.settle()
        if losses:
            await asyncio.get_running_loop().run_in_executor(None, self._train, losses, rate)
            await self.stage.settle()

    def _train(self, losses: int, rate: float) -> None:
        """``losses`` more steps of a training, ``rate`` a second."""
        number, claim = self.client.last.number, MLP.claims[-1].id
        for step in range(self.step + 1, self.step + 1 + losses):
            event = protocol.Loss(
                number=number, claim=claim, step=step, steps=STEPS,
                loss=1.3 * 0.99 ** (step - 40), accuracy=min(0.91, step / 80),
            )  # fmt: skip
            self.client.listeners[number](event)
            time.sleep(1 / rate if rate else 0.0)
        self.step += losses


def main() -> int:
    workspace, folder = map(Path, sys.argv[1:])
    client = FakeClient()
    app = TutorApp(Workspace(workspace), client, SETTINGS)
    director = Director(app, client, folder)
    app.run(mouse=False, auto_pilot=director.direct)
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
