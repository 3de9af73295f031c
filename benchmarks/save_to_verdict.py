"""From the save of a file to the verdict on the screen, and where the time goes.

    python -m benchmarks.save_to_verdict       (about half a minute)

The app, headless at 80x24, with the real worker; a right ``mlp.py`` is put in place as an editor
would, 30 times, at moments that have nothing to do with the app's. The claim that trains is left
out. Prints a Markdown table of medians, in ms.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from lessons.course import COURSE
from lessons.declare import reference_path
from tutor.app.app import TutorApp
from tutor.runner import protocol
from tutor.runner.client import Client
from tutor.starter import learners_imports
from tutor.workspace import Workspace

SAVES = 30
PARTS = ("notice", "request", "fork", "load", "claims", "events", "draw", "all")
MLP = COURSE.checkpoint("mlp")
FAST = tuple(claim.id for claim in MLP.claims if not claim.trains)


class Timed:
    """The real client, which notes when a request goes and when its events come."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.at: dict[str, float] = {}
        self.started: protocol.Started | None = None
        self.spent = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def submit(self, request: protocol.Check, on_event: Any) -> None:
        self.at = {"submitted": time.perf_counter()}
        self.spent = 0.0

        def heard(event: protocol.Event) -> None:
            self.at.setdefault(type(event).__name__, time.perf_counter())
            if isinstance(event, protocol.Started):
                self.started = event
            elif isinstance(event, protocol.Verdict):
                self.spent += event.seconds
            on_event(event)

        self.client.submit(msgspec.structs.replace(request, claims=FAST), heard)


async def saves(folder: Path) -> list[dict[str, float]]:
    found = []
    source = learners_imports(reference_path("mlp").read_text("utf-8"))
    with Client() as client:
        timed = Timed(client)
        app = TutorApp(Workspace(folder), timed)  # type: ignore[arg-type]
        async with app.run_test(size=(80, 24)):
            app.open_checkpoint(MLP)
            while getattr(app.screen, "place", "") != "checkpoint" or not client.ready:
                await asyncio.sleep(0.05)
            run = app.run_of(MLP)
            for number in range(SAVES + 1):
                await asyncio.sleep(0.3 + random.random() * 0.3)
                beside = folder / "mlp.new"
                beside.write_text(f"{source}# {number}\n", "utf-8")
                timed.at = {}
                begun = time.perf_counter()
                os.replace(beside, folder / "mlp.py")
                while not timed.at or run.running or not run.outcome:
                    await asyncio.sleep(0.001)
                drawn = asyncio.Event()
                app.call_after_refresh(drawn.set)
                await drawn.wait()
                if run.outcome != "passed":
                    raise SystemExit(f"the check should pass: {run.outcome} {run.error}")
                if number:
                    found.append(parts(timed, begun, time.perf_counter()))
    return found


def parts(timed: Timed, begun: float, drawn: float) -> dict[str, float]:
    at, started = timed.at, timed.started
    assert started is not None
    return {
        "notice": at["submitted"] - begun,
        "request": at["Started"] - at["submitted"] - started.seconds,
        "fork": started.seconds,
        "load": at["ClaimStarted"] - at["Started"],
        "claims": timed.spent,
        "events": at["Done"] - at["ClaimStarted"] - timed.spent,
        "draw": drawn - at["Done"],
        "all": drawn - begun,
    }


def main() -> None:
    random.seed(0)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(saves(Path(folder) / "desk"))
    print(f"median of {SAVES} saves | ms\n---|---")
    for name in PARTS:
        print(f"{name} | {1000 * statistics.median(one[name] for one in found):.1f}")
    whole = sorted(one["all"] for one in found)
    print(f"least and most, all | {1000 * whole[0]:.0f}, {1000 * whole[-1]:.0f}")
    print(f"load of the machine | {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
