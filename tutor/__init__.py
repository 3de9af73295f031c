"""What the learner touches: command line, app, workspace, progress. Never imports torch."""

__version__ = "0.1.0"
