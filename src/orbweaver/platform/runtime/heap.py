"""The C library's memory of a process that lives for long."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Give the system what is free of it: what a start needed is not needed again. Where the library can (glibc's)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
