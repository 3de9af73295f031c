"""Measurements: ratios within one run, printed, and kept in the docs beside their command."""
