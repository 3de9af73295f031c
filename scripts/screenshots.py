"""Make the pictures in ``docs/pictures`` from the real app, with a real worker.

    python scripts/screenshots.py [--out DIR] [NAME ...]

A learner's folder is made in a temporary home, a known mistake is written into it and checked, labs
are steered by their keys, and what the terminal would show is saved as SVG. A NAME is ``home``,
``checkpoint`` or that of a lab; without one, all are made. Needs nothing but the installed tutor.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"  # read when Textual is imported

from textual.pilot import Pilot  # noqa: E402

from lessons.course import COURSE  # noqa: E402
from lessons.declare import reference_path  # noqa: E402
from tutor.app.app import TutorApp  # noqa: E402
from tutor.app.checkpoint import CheckpointScreen  # noqa: E402
from tutor.app.lab import LabScreen  # noqa: E402
from tutor.marks import Signs  # noqa: E402
from tutor.settings import SettingsFile  # noqa: E402
from tutor.workspace import Workspace  # noqa: E402

MLP = COURSE.checkpoint("mlp")
PATIENCE = 600.0  # seconds for the slowest step: a lab that trains three networks
LABS = {
    "shift": "v v v",
    "pooling": "v",
    "race": "",
    "modes": "v",
    "parity": "",
}  # and keys pressed


async def until(pilot: Pilot, condition: Callable[[], object], what: str) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE
    while not condition():
        if loop.time() > end:
            raise SystemExit(f"waited {PATIENCE:.0f} s in vain for {what}")
        await pilot.pause(0.05)
    await pilot.pause(0.3)


def save(app: TutorApp, path: Path) -> None:
    """The screen as SVG, with the reader's own monospace font instead of one from the network."""
    svg = app.export_screenshot(title="cnntutor")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", "monospace").replace("Fira Code", "monospace")
    svg = re.sub(r"<text [^>]*>(?:&#160;)+[^<]+</text>", moved_in, svg)
    path.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")
    print(path)


def moved_in(found: re.Match[str]) -> str:
    """A text with its place in place of its leading spaces, which not every viewer keeps."""
    head, _, text = found[0].partition(">")
    bare = text.removesuffix("</text>")
    spaces = 0
    while bare.startswith("&#160;"):
        bare, spaces = bare.removeprefix("&#160;"), spaces + 1
    if not bare:
        return ""
    by = 12.2 * spaces  # a cell's width in Rich's SVG

    def set_to(name: str, change: float) -> str:
        return re.sub(
            rf'\b{name}="([\d.]+)"', lambda at: f'{name}="{float(at[1]) + change:g}"', head
        )

    head = set_to("x", by)
    head = set_to("textLength", -by)
    return f"{head}>{bare}</text>"


def softmax_answer() -> str:
    """The reference with the classic mistake: probabilities instead of logits."""
    source = reference_path(MLP.id).read_text(encoding="utf-8")
    head, tail = source.split("class SimpleMLP", 1)
    body, rest = tail.split("\n\n\n", 1)
    start, value = body.rsplit("return ", 1)
    logits = value.partition("#")[0].strip()
    return f"{head}class SimpleMLP{start}return F.softmax({logits}, dim=1)\n\n\n{rest}"


async def home(workspace: Workspace, out: Path) -> None:
    app = TutorApp(workspace, settings=SettingsFile(None, {"welcome": "off", "resume": "off"}))
    app.signs = Signs(unicode=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.client.ready, "the worker")
        save(app, out / "home.svg")


async def checkpoint(workspace: Workspace, out: Path) -> None:
    app = TutorApp(workspace, settings=SettingsFile(None, {"welcome": "off", "resume": "off"}))
    app.signs = Signs(unicode=True)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.client.ready, "the worker")
        app.open_checkpoint(MLP)
        await until(pilot, lambda: isinstance(app.screen, CheckpointScreen), "the checkpoint")
        screen = app.screen
        assert isinstance(screen, CheckpointScreen)
        workspace.write(MLP, softmax_answer())
        await until(pilot, lambda: screen.run_state.outcome, "the wrong answer's check")
        await pilot.press("3")
        row = screen.editor.text.split("\n").index("class SimpleMLP(nn.Module):")
        screen.editor.scroll_to(y=row, animate=False)
        await pilot.pause(0.3)
        save(app, out / "checkpoint.svg")
        workspace.write(MLP, reference_path(MLP.id).read_text(encoding="utf-8"))
        await until(pilot, lambda: screen.run_state.outcome == "passed", "the right answer's check")
        save(app, out / "passed.svg")


async def labs(workspace: Workspace, out: Path, names: list[str]) -> None:
    app = TutorApp(workspace, settings=SettingsFile(None, {"welcome": "off", "resume": "off"}))
    app.signs = Signs(unicode=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.client.ready, "the worker")
        for name in names:
            app.open_lab(COURSE.lab(name))
            await until(pilot, lambda: isinstance(app.screen, LabScreen), "the lab")
            screen = app.screen
            assert isinstance(screen, LabScreen)
            run = screen.run_state
            await until(pilot, lambda run=run: run.finding and not run.computing, name)
            for key in LABS[name].split():
                await pilot.press(key)
            await until(pilot, lambda run=run: not run.computing, name)
            save(app, out / f"lab-{name}.svg")
            await pilot.press("q")
            await until(pilot, lambda: not isinstance(app.screen, LabScreen), "the way back")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    parser.add_argument("names", nargs="*", metavar="NAME", default=["home", "checkpoint", *LABS])
    chosen = parser.parse_args()
    unknown = set(chosen.names) - {"home", "checkpoint", *LABS}
    if unknown:
        parser.error(
            f"no picture {sorted(unknown)}; there are: home, checkpoint, {', '.join(LABS)}"
        )
    out: Path = chosen.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOME"] = folder
        workspace = Workspace(Path(folder) / "cnntutor")
        if "home" in chosen.names:
            asyncio.run(home(workspace, out))
        if "checkpoint" in chosen.names:
            asyncio.run(checkpoint(workspace, out))
        steered = [name for name in LABS if name in chosen.names]
        if steered:
            asyncio.run(labs(workspace, out, steered))


if __name__ == "__main__":
    main()
