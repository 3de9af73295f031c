"""Known wrong answers to checkpoint ``conv``, as code. Runs in the judge."""
