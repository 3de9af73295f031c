"""What the learner's runs have shown: written at every verdict, never overwritten.

Each running app or command appends to a file of its own, one JSON object a line, so two sessions
need no lock and a kill costs at most the line that was being written. Reading merges all files.

A file that holds something else than progress is moved to ``corrupt/``, and a notice says so; the
lines of it that can be read still count. Entries of a newer version stay where they are.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

import msgspec

from lessons.course import COURSE
from lessons.declare import Checkpoint, Setting
from tutor import paths
from tutor.runner.protocol import Outcome, VerdictWord
from tutor.workspace import Workspace
from tutor.writing import sync_folder, why_not_written

VERSION = 1

State = Literal["passed", "started", "new"]


class Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """Base of all entries.

    at: when, in seconds since 1970. v: version of the entry's format.
    """

    at: float
    v: int = VERSION


class OfCheckpoint(Entry, frozen=True, kw_only=True):
    """Something that happened to a checkpoint."""

    checkpoint: str


class ClaimShown(OfCheckpoint, frozen=True, kw_only=True):
    """One claim's verdict on one version of the learner's file. ``check`` names the run."""

    claim: str
    tier: str
    verdict: VerdictWord
    sha256: str
    check: str
    observed: str = ""
    mistake: str | None = None


class CheckEnded(OfCheckpoint, frozen=True, kw_only=True):
    """A check came to its end. ``whole``: every claim that the checkpoint then had was passed."""

    outcome: Outcome
    sha256: str
    check: str
    claims_passed: tuple[str, ...] = ()
    whole: bool = False
    error_kind: str | None = None


class HintTaken(OfCheckpoint, frozen=True, kw_only=True):
    """``number`` counts from 1."""

    number: int


class WasReset(OfCheckpoint, frozen=True, kw_only=True):
    """The starter was put back; ``kept`` is where the learner's file went (empty: none)."""

    kept: str


class RecallTold(Entry, frozen=True, kw_only=True):
    """Free text that was committed; from here on its key points may be shown.

    question: ``move/question``. seed: with which it was asked. told: the learner's words.
    """

    question: str
    seed: int
    told: str


class RecallAnswered(Entry, frozen=True, kw_only=True):
    """A recall question was answered. The schedule is worked out anew from these.

    rating: fsrs's, 1 (again) to 4 (easy). given: the answer as it was typed.
    """

    question: str
    seed: int
    right: bool
    rating: int
    given: str = ""


class LabShown(Entry, frozen=True, kw_only=True):
    """What a lab showed, in its own sentence.

    figures: the numbers in it; None for one that is not finite. own: SHA-256 of each of the
    learner's files that the lab ran. proves: whether it counts as evidence, of ``tier``.
    """

    lab: str
    sentence: str
    figures: dict[str, float | None]
    tier: str
    proves: bool
    settings: dict[str, Setting]
    own: dict[str, str] = {}
    seed: int = 0

    def __hash__(self) -> int:
        return hash((self.lab, self.at, self.sentence))


class HuntEnded(Entry, frozen=True, kw_only=True):
    """A mistake hunt was answered.

    hunted: the checkpoint. seed: what it was drawn with. claim: the one that the learner named.
    named: what is wrong was said. exposed: that claim fails on the code.
    """

    hunted: str
    seed: int
    mistake: str
    claim: str
    named: bool
    exposed: bool


AnyEntry = (
    ClaimShown
    | CheckEnded
    | HintTaken
    | WasReset
    | RecallTold
    | RecallAnswered
    | LabShown
    | HuntEnded
)
TYPES = frozenset(kind.__name__ for kind in get_args(AnyEntry))


class _Head(msgspec.Struct):
    """What tells an entry that this version knows from one that it doesn't."""

    type: str
    v: int = 1


_encoder = msgspec.json.Encoder()
_head = msgspec.json.Decoder(_Head)
_entry = msgspec.json.Decoder(AnyEntry)


class Log(msgspec.Struct):
    """What a progress file holds: entries, lines of a newer version, lines that are none."""

    entries: list[AnyEntry] = []
    newer: int = 0
    corrupt: int = 0


def encode(entry: AnyEntry) -> bytes:
    return _encoder.encode(entry) + b"\n"


def parse(data: bytes) -> Log:
    """Read a log as far as it goes. A last line cut short by a kill is no damage."""
    log = Log()
    *lines, tail = data.split(b"\n")
    for line in lines:
        try:
            head = _head.decode(line)
            if head.v > VERSION or head.type not in TYPES:
                log.newer += 1
            else:
                log.entries.append(_entry.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            log.corrupt += 1
    start = b'{"type":"'
    if tail[: len(start)] != start[: len(tail)]:  # not even the start of an entry
        log.corrupt += 1
    return log


class Progress:
    """The learner's progress in a workspace, as all their sessions wrote it."""

    def __init__(self, workspace: Workspace) -> None:
        self.notices: list[str] = []
        self._folder = paths.progress_folder(workspace.root)
        self._corrupt = paths.corrupt_folder(workspace.root)
        self._lock = threading.Lock()
        self._logs: dict[Path, tuple[tuple[int, int, int], Log]] = {}
        self._mine: list[AnyEntry] = []
        self._unsaved: list[AnyEntry] = []
        self._complaint: str | None = None
        self._path: Path | None = None
        self._entries: list[AnyEntry] = []
        self.refresh()

    # --- writing -----------------------------------------------------------------------------

    def add(self, entry: AnyEntry) -> None:
        """Write an entry down, flushed to the disk. From any thread.

        When it can't be written a notice says why, the entry counts for this session, and the
        next ``add`` tries again.
        """
        with self._lock:
            self._mine.append(entry)
            self._unsaved.append(entry)
            try:
                self._append(b"".join(encode(waiting) for waiting in self._unsaved))
            except OSError as error:
                # A part of a line may be in the file: leave it as a torn tail, begin a new one.
                self._path = None
                self._complain(error)
            else:
                self._unsaved.clear()
                self._withdraw_complaint()
            self._merge()

    def _append(self, data: bytes) -> None:
        while True:
            if self._path is None:
                # Not the workspace itself: one that was deleted must not come back half.
                self._folder.parent.mkdir(mode=0o700, exist_ok=True)
                self._folder.mkdir(mode=0o700, exist_ok=True)
                when, process = time.strftime("%Y%m%d-%H%M%S"), os.getpid()
                self._path = self._folder / f"{when}-{process}-{secrets.token_hex(4)}.jsonl"
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self._path, flags, 0o600)
            try:
                first = os.fstat(descriptor).st_size == 0
                left = memoryview(data)
                while left:
                    left = left[os.write(descriptor, left) :]
                os.fsync(descriptor)
                # Another session may have moved the file away as corrupt between open and write.
                if _same_file(self._path, descriptor):
                    if first:
                        sync_folder(self._folder)
                    return
                self._path = None
            finally:
                os.close(descriptor)

    def _complain(self, error: OSError) -> None:
        _, why = why_not_written(error)
        complaint = f"Progress can't be saved in {self._folder}: {why} It counts until you leave."
        if complaint != self._complaint:
            self._withdraw_complaint()
            self._complaint = complaint
            self.notices.append(complaint)

    def _withdraw_complaint(self) -> None:
        if self._complaint in self.notices:
            self.notices.remove(self._complaint)
        self._complaint = None

    # --- reading -----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read what other sessions have written since."""
        with self._lock:
            present = set()
            for path in [*_logs_in(self._folder), *_logs_in(self._corrupt)]:
                try:
                    present.add(self._read(path))
                except FileNotFoundError:
                    continue  # another session moved it aside, and the next refresh finds it there
                except OSError as error:
                    present.add(path)
                    self._notice(f"{path} can't be read ({error.strerror}); it is left as it is.")
            for gone in set(self._logs) - present:
                del self._logs[gone]
            self._merge()

    def _read(self, path: Path) -> Path:
        """Take in what a file holds; return where it lies now."""
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if path in self._logs and self._logs[path][0] == stamp:
            return path
        log = parse(path.read_bytes())
        if log.corrupt and path.parent == self._folder:
            aside = self._move_aside(path, log)
            if aside is not None:
                path, log = aside, parse(aside.read_bytes())
        if log.newer:
            self._notice(
                f"{path} holds entries of a newer cnntutor ({log.newer}). They are kept, and show "
                "again once this cnntutor is as new."
            )
        self._logs[path] = (stamp, log)
        return path

    def _move_aside(self, path: Path, log: Log) -> Path | None:
        aside = self._corrupt / path.name
        if os.path.lexists(aside):
            aside = aside.with_stem(f"{path.stem}-{secrets.token_hex(4)}")
        what = f"{path} holds {_lines(log.corrupt)} that cannot be progress"
        rest = f"The other entries in it still count: {len(log.entries)}."
        try:
            self._corrupt.mkdir(mode=0o700, exist_ok=True)
            os.rename(path, aside)
        except OSError as error:
            _, why = why_not_written(error)
            self._notice(f"{what}, and can't be moved aside: {why} {rest}")
            return None
        self._notice(f"{what}: it was moved to {aside}. {rest}")
        return aside

    def _notice(self, text: str) -> None:
        if text not in self.notices:
            self.notices.append(text)

    def _merge(self) -> None:
        """All entries in order of time, each once (a retried write may have left it twice)."""
        seen: dict[AnyEntry, None] = {}
        for _, log in self._logs.values():
            seen.update(dict.fromkeys(log.entries))
        seen.update(dict.fromkeys(self._mine))
        self._entries = sorted(seen, key=lambda entry: entry.at)

    # --- asking ------------------------------------------------------------------------------

    def entries(self, checkpoint: Checkpoint) -> list[OfCheckpoint]:
        """All that is known of a checkpoint, oldest first."""
        return [
            entry
            for entry in self._entries
            if isinstance(entry, OfCheckpoint) and entry.checkpoint == checkpoint.id
        ]

    def answers(self) -> list[RecallAnswered]:
        """Every answer to a recall question, oldest first."""
        return [entry for entry in self._entries if isinstance(entry, RecallAnswered)]

    def told(self, question: str, seed: int) -> RecallTold | None:
        """The words that were committed when the question was asked with that seed."""
        found = (e for e in self._entries if isinstance(e, RecallTold))
        return next((e for e in found if (e.question, e.seed) == (question, seed)), None)

    def hunts(self, checkpoint_id: str) -> list[HuntEnded]:
        """Every mistake hunt in a checkpoint's code that was answered, oldest first."""
        found = (entry for entry in self._entries if isinstance(entry, HuntEnded))
        return [entry for entry in found if entry.hunted == checkpoint_id]

    def lab_evidence(self, lab_id: str) -> LabShown | None:
        """The latest showing of a lab that proves something; None when there is none yet."""
        shown = (entry for entry in reversed(self._entries) if isinstance(entry, LabShown))
        return next((entry for entry in shown if entry.lab == lab_id and entry.proves), None)

    def evidence(self, checkpoint: Checkpoint) -> dict[str, ClaimShown]:
        """For each claim id the latest passing showing, else the latest."""
        best: dict[str, ClaimShown] = {}
        for entry in self.entries(checkpoint):
            if isinstance(entry, ClaimShown):
                before = best.get(entry.claim)
                if before is None or entry.verdict == "passed" or before.verdict != "passed":
                    best[entry.claim] = entry
        return best

    def passed(self, checkpoint: Checkpoint) -> bool:
        """Whether the checkpoint was ever passed whole; what was finished stays finished."""
        return bool(self.passed_versions(checkpoint))

    def passed_versions(self, checkpoint: Checkpoint) -> set[str]:
        """SHA-256 of each version of the learner's file that passed whole."""
        return {
            entry.sha256
            for entry in self.entries(checkpoint)
            if isinstance(entry, CheckEnded) and entry.whole
        }

    def hints_taken(self, checkpoint: Checkpoint) -> int:
        taken = (e.number for e in self.entries(checkpoint) if isinstance(e, HintTaken))
        return max(taken, default=0)

    def state(self, checkpoint: Checkpoint) -> State:
        if self.passed(checkpoint):
            return "passed"
        return "started" if self.entries(checkpoint) else "new"

    def next_checkpoint(self) -> Checkpoint | None:
        """Where to go on: the first checkpoint of the moves not passed yet; None when all are."""
        return next((point for point in COURSE.required if not self.passed(point)), None)


def _logs_in(folder: Path) -> Iterable[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".jsonl")
    except (FileNotFoundError, NotADirectoryError):
        return []  # nothing was ever written here


def _same_file(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _lines(number: int) -> str:
    return "a line" if number == 1 else f"{number} lines"
