"""Hashing in a survivor's own browser: the program (``hashing.c``, compiled) and the worker that runs it."""
