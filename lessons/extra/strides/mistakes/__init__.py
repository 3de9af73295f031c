"""Wrong answers to checkpoint ``strides``, kept as code."""
