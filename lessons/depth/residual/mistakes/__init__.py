"""Known wrong answers to checkpoint ``residual``, as code. Runs in the judge."""
