"""The chain of ideas on the home screen: a graph to walk, each node lit by what was shown."""

from __future__ import annotations

from textual.strip import Strip

from lessons.course import COURSE
from tutor.app import ink
from tutor.app.rows import Row, Rows
from tutor.concepts import Node, nodes


class Chain(Rows):
    """A row for each concept. Its cursor shows while the chain is being walked."""

    def rows(self, width: int) -> list[Row]:
        signs = self.tutor.signs
        self._concepts = {f"concept:{node.concept.id}": node for node in nodes(self.tutor.progress)}
        found = [Row("", (ink.line([("The chain of ideas", ink.BOLD)], signs),))]
        leads = {target for concept in COURSE.concepts for target in concept.leads_to}
        roots = 0
        for key, node in self._concepts.items():
            if node.concept.id in leads:
                rail = "▼"
            else:
                rail = "┌" if not roots else "├"
                roots += 1
            found.append(Row(key, (self._row(rail, node),)))
        legend = f"{signs.mark('passed')} shown by your runs  ~ in part"
        return [*found, Row("", (ink.blank(),)), Row("", (ink.line([(legend, ink.DIM)], signs),))]

    def _row(self, rail: str, node: Node) -> Strip:
        signs = self.tutor.signs
        style = ink.VERDICT_STYLES["passed"] if node.lit else None
        mark = signs.mark("passed") if node.lit else "~" if node.shown else " "
        return ink.line([(f"{rail} ", ink.DIM), (f"{mark} {node.concept.title}", style)], signs)

    def _with_sign(self, strip: Strip, at_cursor: bool, first: bool, width: int) -> Strip:
        return super()._with_sign(strip, at_cursor and self.has_focus, first, width)

    def node(self, key: str) -> Node:
        return self._concepts[key]
