"""CPU and wall seconds of a whole warm check of each checkpoint, on the reference's own answer.

    python -m benchmarks.checkpoints      (about a minute)

CPU: of the worker with all its ended children, the second of two checks. Claims: wall seconds
of the slowest claim that does not train. Prints a Markdown table; docs/figures.md holds it.
"""

from __future__ import annotations

import time

from benchmarks.check_cost import cpu_of
from lessons.course import COURSE
from lessons.declare import Checkpoint, reference_path
from tutor.runner import protocol
from tutor.runner.client import Client
from tutor.starter import learners_imports


def measure(client: Client, checkpoint: Checkpoint) -> tuple[float, float, protocol.Verdict]:
    """CPU seconds, wall seconds, and the slowest claim's verdict."""
    source = learners_imports(reference_path(checkpoint.id).read_text("utf-8"))
    request = protocol.Check(
        number=client.next_number(),
        checkpoint=checkpoint.id,
        path=checkpoint.filename,
        source=source.encode(),
        sha256="",
        seconds=120.0,
    )
    before, begun = cpu_of(client.pid), time.perf_counter()
    events = list(client.run(request))
    spent, wall = cpu_of(client.pid) - before, time.perf_counter() - begun
    done = events[-1]
    if not isinstance(done, protocol.Done) or done.outcome != "passed":
        raise SystemExit(f"{checkpoint.id} should pass: {done}")
    verdicts = [
        event
        for event in events
        if isinstance(event, protocol.Verdict) and not checkpoint.claim(event.claim).trains
    ]
    return spent, wall, max(verdicts, key=lambda verdict: verdict.seconds)


def main() -> None:
    print("checkpoint | claims | CPU, s | wall, s | slowest claim that does not train, s")
    print("---|---|---|---|---")
    with Client() as client:
        client.start()
        for checkpoint in COURSE.checkpoints:
            measure(client, checkpoint)
            cpu, wall, slowest = measure(client, checkpoint)
            told = f"{slowest.seconds:.2f} ({slowest.claim})"
            print(f"{checkpoint.id} | {len(checkpoint.claims)} | {cpu:.2f} | {wall:.2f} | {told}")


if __name__ == "__main__":
    main()
