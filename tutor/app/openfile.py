"""The learner's file while it is open: the text on disk, the text in the editor, and who is right.

Nothing here draws. Whatever happens to the file (another editor saves it, it goes away, the disk
is full) the learner's text stays, and ``notice`` holds one clear sentence for them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from lessons.declare import Checkpoint
from tutor.app import drafts, keys
from tutor.workspace import Source, Workspace, WorkspaceError, why_not_written


class OpenFile:
    """text: what the editor holds. source: the file as last read or written; loaded: its text."""

    def __init__(self, workspace: Workspace, checkpoint: Checkpoint) -> None:
        self.workspace = workspace
        self.checkpoint = checkpoint
        self.source: Source | None = None
        self.text = ""
        self.conflict: Source | None = None
        self.problem = ""
        self.notice = ""
        self.loaded = ""
        self.kept = ""
        self._stamp: tuple[int, int, int] | None = None
        self._adopted: list[Path] = []
        self._drafted = ""
        self._complained = False

    @property
    def name(self) -> str:
        return self.checkpoint.filename

    @property
    def dirty(self) -> bool:
        """Whether the editor holds text that is not in the file."""
        return self.source is not None and self.text != self.loaded

    @property
    def sha256(self) -> str:
        """The hash of the text that the learner sees."""
        if self.source is None:
            return ""
        if not self.dirty:
            return self.source.sha256
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    def open(self) -> None:
        """Read the file, and bring back text that was left unsaved."""
        self._stamp = self.workspace.stamp(self.checkpoint)
        try:
            self._adopt(self.workspace.read(self.checkpoint))
        except WorkspaceError as error:
            self.problem = str(error)
            return
        draft = drafts.newest(self.workspace, self.checkpoint)
        if draft is None or self.source is None:
            return
        self._adopted.append(draft.path)
        if draft.text == self.text:
            self._drop_drafts()
            return
        self.text = draft.text
        self._drafted = draft.text
        if draft.base == self.source.sha256[:12]:
            self.notice = (
                f"Your unsaved text is back in the editor. {keys.name('editor.save')} saves it."
            )
        else:
            self.conflict = self.source

    def _adopt(self, source: Source) -> None:
        self.source = source
        self.text = self.loaded = source.data.decode("utf-8")
        self.problem = ""
        self.conflict = None

    def shown(self, text: str) -> None:
        """Called once the editor holds ``loaded``: it may write line ends in its own way."""
        if self.text == self.loaded:
            self.text = text
        self.loaded = text

    def poll(self) -> str:
        """Look whether the file changed on disk; costs one ``stat`` when it did not.

        Returns "" (nothing), "saved" (saved again, same text), "reload" (another text, now in
        ``text``), "conflict" (another text, while the editor holds unsaved text) or "problem".
        """
        stamp = self.workspace.stamp(self.checkpoint)
        if stamp == self._stamp:
            return ""
        self._stamp = stamp
        try:
            source = self.workspace.read(self.checkpoint)
        except WorkspaceError as error:
            self.problem = str(error)
            return "problem"
        self.problem = ""
        if self.source is not None and source.sha256 == self.source.sha256:
            self.conflict = None
            return "saved"
        if self.dirty and source.data.decode("utf-8") != self.text:
            self.conflict = source
            return "conflict"
        self._adopt(source)
        self._drop_drafts()
        return "reload"

    def save(self) -> bool:
        """Write the editor's text to the file. False when it was not, and ``notice`` says why."""
        self.poll()
        if self.conflict is not None:
            return False
        if self.source is None or (self.problem and self.workspace.stamp(self.checkpoint)):
            self.notice = f"Not saved: {self.problem}"
            return False
        return self._write()

    def _write(self) -> bool:
        try:
            self.source = self.workspace.write(self.checkpoint, self.text)
        except WorkspaceError as error:
            self.notice = f"Not saved: {error} Your text is still here."
            return False
        self.loaded = self.text
        self._stamp = self.workspace.stamp(self.checkpoint)
        self.problem = self.notice = ""
        self.conflict = None
        self._drop_drafts()
        return True

    def keep_mine(self) -> bool:
        """End a conflict: the editor's text goes to the file, the file's is kept aside."""
        if self.conflict is None:
            return False
        kept = self._aside(self.conflict.data.decode("utf-8"))
        if kept is None or not self._write():
            return False
        self.notice = f"Saved. The other text is kept: {kept}"
        return True

    def load_theirs(self) -> bool:
        """End a conflict: the file's text comes into the editor, the editor's is kept aside."""
        if self.conflict is None:
            return False
        kept = self._aside(self.text)
        if kept is None:
            return False
        self._adopt(self.conflict)
        self._drop_drafts()
        self.notice = f"Loaded. The text you had is kept: {kept}"
        return True

    def reset(self) -> bool:
        """Put the starter back. What was in the file, and unsaved in the editor, is kept."""
        try:
            if self.dirty and self._aside(self.text) is None:
                return False
            kept = self.workspace.reset(self.checkpoint)
            self._stamp = self.workspace.stamp(self.checkpoint)
            self._adopt(self.workspace.read(self.checkpoint))
        except WorkspaceError as error:
            self.notice = f"Not reset: {error}"
            return False
        self._drop_drafts()
        self.notice = f"{self.name} is the starter again."
        self.kept = str(kept) if kept is not None else ""
        if kept is not None:
            self.notice += f" Your copy: {kept}"
        return True

    def keep_draft(self) -> None:
        """Write unsaved text down, unless that very text was written down before."""
        if not self.dirty or self.source is None or self.text == self._drafted:
            return
        try:
            drafts.keep(self.workspace, self.checkpoint, self.source.sha256, self.text)
        except OSError as error:
            if not self._complained:
                self._complained = True
                why = why_not_written(error)[1]
                self.notice = f"Unsaved text can't be kept in {self.workspace.state}: {why}"
            return
        self._drafted = self.text

    def _drop_drafts(self) -> None:
        try:
            drafts.drop(self.workspace, self.checkpoint, *self._adopted)
        except OSError as error:
            self.notice = f"An old draft stays in {self.workspace.state}: {error.strerror}."
        self._adopted.clear()
        self._drafted = ""

    def _aside(self, text: str) -> Path | None:
        try:
            return drafts.keep_aside(self.workspace, self.checkpoint, text)
        except OSError as error:
            why = why_not_written(error)[1]
            self.notice = f"Nothing was changed, because no copy can be kept: {why}"
            return None
