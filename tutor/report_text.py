"""The report as lines (for the terminal and the app) and as Markdown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from tutor.report import CheckpointReport, ClaimReport, MoveReport, Points, Report

STATES = {"shown": "passed", "weaker": "could-not-run", "not shown": "not-reached"}


class Line(NamedTuple):
    """One line, to be wrapped. level: how far it is set in. verdict: which mark it gets, or ""."""

    level: int
    text: str
    verdict: str = ""
    heading: bool = False


def day(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def verdict(report: Report) -> str:
    """The outcome in one line."""
    if report.ship:
        return "SHIP: every claim is shown, and the recall gate is passed"
    left = len(report.missing)
    return f"not yet: {left} thing{' is' if left == 1 else 's are'} missing"


def _worth(name: str, points: Points) -> str:
    earned = points.most * points.earned / max(1, points.needed)
    return f"{earned:.1f} of {points.most} for {name} ({points.earned} of {points.needed})"


def worths(report: Report) -> list[str]:
    return [
        _worth("claims and whole files", report.claims),
        _worth("claims of the chapter", report.chapter),
        _worth("recall questions", report.recall),
    ]


def lines(report: Report) -> Iterator[Line]:
    """All of it, the outcome first and what is missing last."""
    yield Line(0, f"{report.score} of 100, {verdict(report)}", _mark(report.ship), heading=True)
    for text in worths(report):
        yield Line(1, text)
    for number, move in enumerate(report.moves, start=1):
        yield Line(0, "")
        yield Line(0, f"{number}  {move.title}", heading=True)
        yield from _move(move)
    yield Line(0, "")
    yield Line(0, "The claims of the chapter", heading=True)
    for row in report.matrix:
        yield Line(1, f"{row.tier} {row.sentence}", STATES[row.state])
        if row.source:
            weak = "" if row.state == "shown" else f" (not of the tier it needs, {row.tier})"
            yield Line(2, f"{row.observed} [{row.source}, {day(row.at)}]{weak}")
    if report.missing:
        yield Line(0, "")
        yield Line(0, "What is missing", heading=True)
        for missing in report.missing:
            yield Line(1, f"{missing.what} ({missing.command})")
    yield Line(0, "")
    yield Line(0, "How it is counted", heading=True)
    yield Line(1, report.rule)


def _mark(holds: bool) -> str:
    return "passed" if holds else "not-reached"


def _move(move: MoveReport) -> Iterator[Line]:
    for point in move.checkpoints:
        yield Line(1, f"{point.id}: {used(point)}", _mark(point.whole))
        for claim in point.claims:
            if claim.verdict:
                yield Line(2, evidence(claim), claim.verdict)
    for lab in move.labs:
        if lab.sentence:
            yield Line(1, f"lab {lab.id} ({lab.tier}): {lab.sentence}", "passed")
        else:
            yield Line(1, f"lab {lab.id}: nothing shown yet", "not-reached")
    yield Line(1, f"recall: {recalled(move)}", _mark(move.recall.passed))


def used(point: CheckpointReport) -> str:
    """What was shown of a checkpoint, and what help was taken."""
    told = f"{point.shown} of {len(point.claims)} claims"
    if point.whole:
        told += ", all at once"
    told += f"; {_times(point.checks, 'check')}, {point.hints_taken} of {point.hints} hints"
    told += f", {_times(point.resets, 'reset')}"
    if point.hunts:
        told += f", {point.hunts_found} of {_times(point.hunts, 'hunt')} found"
    return told


def _times(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def recalled(move: MoveReport) -> str:
    recall = move.recall
    told = f"{recall.right} of {recall.total} questions right at least once"
    return f"{told}, {_times(recall.answers, 'answer')} given"


def evidence(claim: ClaimReport) -> str:
    """A claim that was run, with what it rests on."""
    seen = f" {claim.observed}" if claim.observed else ""
    return f"{claim.tier} {claim.id}:{seen} [{day(claim.at)}, file {claim.sha256[:8]}]"


def markdown(report: Report) -> str:
    """The report as a Markdown document."""
    out = [
        "# cnntutor: report",
        "",
        f"**{report.score} of 100, {verdict(report)}.** {day(report.at)}",
        "",
        *(f"- {text}" for text in worths(report)),
    ]
    for number, move in enumerate(report.moves, start=1):
        out += ["", f"## {number} {move.title}", ""]
        for point in move.checkpoints:
            out += [f"### {point.id}: {point.title}", "", f"{used(point)}.", ""]
            out += ["| claim | tier | shown | evidence |", "|---|---|---|---|"]
            out += [_row(claim) for claim in point.claims]
            out.append("")
        out += [
            f"- lab {lab.id} ({lab.tier}): {_cell(lab.sentence) or 'nothing shown yet'}"
            for lab in move.labs
        ]
        out.append(f"- recall: {recalled(move)}")
    out += ["", "## The claims of the chapter", ""]
    out += ["| claim | needs | state | evidence |", "|---|---|---|---|"]
    for row in report.matrix:
        seen = f"{_cell(row.observed)} ({row.source}, {day(row.at)})" if row.source else ""
        out.append(f"| {_cell(row.sentence)} | {row.tier} | {row.state} | {seen} |")
    out += ["", "## What is missing", ""]
    if not report.missing:
        out.append("Nothing.")
    out += [f"- {_cell(missing.what)} (`{missing.command}`)" for missing in report.missing]
    out += ["", "## How it is counted", "", report.rule]
    return "\n".join(out)


def _row(claim: ClaimReport) -> str:
    state = "yes" if claim.shown else "no"
    seen = ""
    if claim.verdict:
        seen = f"{claim.verdict.replace('-', ' ')}: {_cell(claim.observed)} "
        seen += f"({day(claim.at)}, file {claim.sha256[:8]})"
    return f"| {_cell(claim.sentence)} | {claim.tier} | {state} | {seen} |"


def _cell(text: str) -> str:
    """On one line, and without what would end a cell."""
    return " ".join(text.split()).replace("|", "\\|")
