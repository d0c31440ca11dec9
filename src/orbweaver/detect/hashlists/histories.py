"""What became of the entries of a list, in words, beside an export of it: nothing is held but what is due next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from orbweaver.detect.hashlists.models import EntryStateChange, HashList

AT_ONCE: Final = 2_000
"""Rows that are read from the database at once."""


class Beside:
    """Texts about entries, by their numbers in rising order; asked for in the same order."""

    def __init__(self, texts: Iterable[tuple[int, str]]) -> None:
        self._texts = iter(texts)
        self._next = next(self._texts, None)

    def of(self, entry: int) -> list[str]:
        """Those about this entry; those about entries before it are passed over."""
        found: list[str] = []
        while self._next is not None and self._next[0] <= entry:
            if self._next[0] == entry:
                found.append(self._next[1])
            self._next = next(self._texts, None)
        return found


def histories(hash_list: HashList) -> Beside:
    """Each change of state of the entries of a list: when, by whom, why."""
    changes = EntryStateChange.objects.filter(entry__hash_list=hash_list).select_related("by")
    rows = changes.order_by("entry_id", "pk").iterator(chunk_size=AT_ONCE)
    return Beside((each.entry_id, in_words(each)) for each in rows)


def in_words(change: EntryStateChange) -> str:
    """One change: ``2026-11-24T12:00:00+00:00 disputed (Ann): a beach``."""
    who = change.said_by or (change.by.display_name if change.by else "-")
    return on_one_line(f"{change.at.isoformat()} {change.state} ({who}): {change.reason}")


def on_one_line(text: str) -> str:
    """Words of people as every format of lines can hold them."""
    return " ".join(text.split())
