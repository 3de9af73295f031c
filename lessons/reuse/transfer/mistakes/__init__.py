"""Known wrong answers to checkpoint ``transfer``, as code. Runs in the judge."""
