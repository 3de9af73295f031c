"""Known wrong answers to checkpoint ``resnet``, as code, one subject a file. Runs in the judge."""
