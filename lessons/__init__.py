"""The course: what a course author edits. Declarations import without torch."""
