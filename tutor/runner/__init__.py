"""Runs the learner's code in processes of its own and streams what came of it.

``protocol`` (messages) and ``client`` belong to the app's side and never import torch;
``parent``, ``judge``, ``subject_process`` and what they use are the worker side.
docs/runner.md describes the seam.
"""
