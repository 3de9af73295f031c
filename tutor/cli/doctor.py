"""``doctor``: one line for each thing that the tutor needs."""

from __future__ import annotations

from pathlib import Path

from tutor.cli.frame import command, emit
from tutor.cli.text import say, wrapped


@command("doctor")
def doctor_command(workspace: Path | None, as_json: bool) -> int:
    """Tell what is installed, what works, and how to mend what does not.

    Exit status: 0 when nothing is bad, else 1.
    """
    from tutor.doctor import examine

    findings = []
    for finding in examine(workspace):
        findings.append(finding)
        if not as_json:
            say(wrapped(finding.text, f"{finding.mark:<4}  {finding.name:<12} "))
            if finding.mend:
                say(wrapped(finding.mend, " " * 19 + "-> ", " " * 22))
    bad = sum(finding.mark == "bad" for finding in findings)
    if as_json:
        emit({"ok": not bad, "findings": [finding._asdict() for finding in findings]})
    elif bad:
        say(f"{bad} to mend.")
    return 1 if bad else 0
