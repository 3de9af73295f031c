"""Kits: one file that carries data sets, weights and wheels into a room without internet.

A kit is a zip file whose members are stored as they are, so that it can't unfold into more than
it is. Its first member, ``kit.json``, lists all others with size and SHA-256.
"""
