"""Known wrong answers to checkpoint ``batchnorm``, one subject a file. Runs in the judge."""
