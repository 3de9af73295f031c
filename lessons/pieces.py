"""Which of the course's other modules a learner's file may import.

Those of earlier checkpoints, and those that the answer itself stands on. A later one would hand
over the answer: ``from resnet import BlockGroup`` in ``residual.py``.
"""

from __future__ import annotations

import ast

from lessons.declare import Course, reference_path


def pieces_of(course: Course, checkpoint_id: str) -> set[str]:
    """Ids of the checkpoints whose code may be imported by that of ``checkpoint_id``."""
    ids = [point.id for point in course.checkpoints]
    if checkpoint_id not in ids:
        return set(ids)
    before = set(ids[: ids.index(checkpoint_id)])
    under = _stands_on(checkpoint_id, ids)
    return {i for i in before | under if checkpoint_id not in _stands_on(i, ids)} - {checkpoint_id}


def _stands_on(checkpoint_id: str, ids: list[str]) -> set[str]:
    """The checkpoints whose reference a reference imports, directly or through others."""
    found: set[str] = set()
    todo = [checkpoint_id]
    while todo:
        tree = ast.parse(reference_path(todo.pop()).read_text("utf-8"))
        used = {
            node.module.rpartition(".")[2]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reference.")
            if node.module
        }
        new = used.intersection(ids) - found
        found |= new
        todo += new
    return found
