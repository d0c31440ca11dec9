"""Short texts around media, fit to be stored. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from orbweaver.detect.extraction.page import MAX_TEXT


def clean(text: str, limit: int) -> str:
    """One line without superfluous blanks, storable in PostgreSQL: no NUL (JSON may write one), no lone surrogates."""
    line = " ".join(text[: limit * 8].replace("\x00", "").split())[:limit]
    return line if line.isascii() else line.encode("utf-8", "replace").decode()


def last(pieces: Iterator[str]) -> str:
    """The last MAX_TEXT characters of pieces that come from the end."""
    kept: list[str] = []
    size = 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece) + 1
        if size > MAX_TEXT:
            break
    return " ".join(reversed(kept))[-MAX_TEXT:]
