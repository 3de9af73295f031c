"""Known wrong answers to checkpoint ``mlp``, as code. Runs in the judge."""
