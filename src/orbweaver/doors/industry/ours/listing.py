"""Entries of lists as our own calls give them: those that others may fetch, in the order in which they changed."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Any, Final

from orbweaver.detect.exchanges.submitting import UNBOUND
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.sharing import changed_entries, is_gone, is_open, is_withheld
from orbweaver.doors.industry.frame.asked import Asked, Refusal
from orbweaver.doors.industry.messages import PARAMETER_UNUSABLE

MOST: Final = 1_000
LARGEST: Final = 2**62


def page_of(after: int, most: int) -> dict[str, Any]:
    """The next entries after a cursor, and the cursor of the next page; at the end it is that of the last change."""
    found = changed_entries(after, most + 1, UNBOUND)
    page = found[:most]
    return {
        "entries": [_entry(each) for each in page],
        "next": page[-1].change if page else after,
        "has_more": len(found) > most,
    }


def number_in(asked: Asked, name: str, otherwise: int, most: int) -> int:
    """A parameter of the query that is a whole number from 0. Raises Refusal."""
    text = asked.query.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= most):
        raise Refusal(HTTPStatus.BAD_REQUEST, PARAMETER_UNUSABLE.of(name=name))
    return int(text)


def _entry(entry: HashListEntry) -> dict[str, Any]:
    is_closed, withdrawn = not is_open(entry.hash_list), is_gone(entry)
    hashes = [
        {"kind": each.kind, "value": bytes(each.value).hex(), "time_s": each.time_s}
        for each in entry.live_hashes
        if not withdrawn  # a review may have found that its verdict was about one place: then no hash leaves (R32)
    ]
    return {
        "entry": entry.public_id,
        "list_name": entry.hash_list.name,
        "supplier": entry.hash_list.supplier,
        "supplier_id": "" if is_closed else entry.supplier_id,
        "member": "" if is_closed else entry.member,
        "media": entry.media_type,
        "classification": entry.classification,
        "identified": entry.identified,
        "series": "" if is_closed else entry.series_name,
        "source": entry.source,
        "baseline": entry.baseline,
        "state": _state(entry),
        "hashes": hashes,
        "changed_at": entry.changed_at.astimezone(dt.UTC).isoformat(),
    }


def _state(entry: HashListEntry) -> str:
    """``active``, ``withheld`` from acting for now, or ``withdrawn``."""
    if is_gone(entry):
        return "withdrawn"
    return "withheld" if is_withheld(entry) else "active"
