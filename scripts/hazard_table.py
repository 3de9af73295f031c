"""Make docs/hazards.md from a run of the hazards' tests through the app.

    python scripts/hazard_table.py       (about three minutes on a quiet machine)

The tests put down what they saw; nothing in the table is written by hand.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "hazards.md"
HEAD = """\
# What a learner's code may do

Made by `python scripts/hazard_table.py` from a run of `tests/hazards`, which holds each row: the
right verdict in the app and from `cnntutor check`, keys that answer meanwhile, a next check that
works, and progress and files as before. How it is done: [runner.md](runner.md).

"What the learner sees" is the first line of the verdict. "Clean after" is the time from the start
of the check until no process that it started is left; for a hazard that runs into the time limit
(1 s here), the time past the limit. Keys: the slowest answer while the check ran.

| hazard | verdict | what the learner sees | clean after, s | slowest key, ms |
|---|---|---|---|---|
"""
LIMIT = 0.3  # seconds past the limit


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "seen.jsonl"
        command = [sys.executable, "-m", "pytest", "-n0", "tests/hazards"]
        chosen = ["-k", "not command_line"]
        environment = {**os.environ, "CNNTUTOR_HAZARD_RECORD": str(record)}
        status = subprocess.run([*command, *chosen], cwd=ROOT, env=environment).returncode
        if status != 0:
            print("The tests must pass first; the table is left as it was.", file=sys.stderr)
            return 1
        seen = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    PAGE.write_text(HEAD + "".join(map(row, seen)) + summary(seen), encoding="utf-8")
    return 0


def row(seen: dict) -> str:
    late = max(0.0, seen["clean"] - seen["limit"])
    past = f"limit + {late:.2f}" if seen["limit"] else None
    cells = [
        seen["what"],
        seen["outcome"],
        cell(seen["told"]),
        past or f"{seen['clean']:.2f}",
        f"{1000 * max(seen['keys']):.0f}" if seen["keys"] else "",
    ]
    return f"| {' | '.join(cells)} |\n"


def cell(text: str) -> str:
    """What was told, as it stands in a table of Markdown."""
    if not text:
        return ""
    text = text.replace("|", "\\|").replace("`", "")
    return f"`{text[:160]}`"


def summary(seen: list[dict]) -> str:
    past = [one["clean"] - one["limit"] for one in seen if one["limit"]]
    keys = [key for one in seen for key in one["keys"]]
    slow = sum(key > 0.1 for key in keys)
    told = [
        f"Of {len(past)} hazards that run into the limit, {sum(t <= LIMIT for t in past)} were "
        f"gone within {LIMIT} s of it (median {statistics.median(past):.2f} s).",
        f"Of {len(keys):,} keys pressed during the checks, {len(keys) - slow:,} were answered "
        f"within 100 ms (median {1000 * statistics.median(keys):.0f} ms).",
        f"Load of the machine at the end: {os.getloadavg()[0]:.1f}, on {os.cpu_count()} cores.",
    ]
    return "\n" + "\n".join(told) + "\n"


if __name__ == "__main__":
    sys.exit(main())
