"""A process of the hotline: what it is told, a JSON object a line, it does, and answers with a line.

Where the database goes away meanwhile it does it again: a second time changes nothing but a message more, and messages
are counted where they lie.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any


def serve() -> None:
    """Until the input ends."""
    from orbweaver.doors.cli.session import open_session

    with open_session():
        for line in sys.stdin:
            print(json.dumps(patiently(json.loads(line))), flush=True)


def patiently(order: dict[str, Any]) -> Any:
    """Do it until the database takes it."""
    from django.db import InterfaceError, InternalError, OperationalError, connection

    deed = DEEDS[order.pop("do")]
    while True:
        try:
            return deed(**order)
        except (OperationalError, InterfaceError, InternalError):
            connection.close()
            time.sleep(0.2)


def room(url: str, known: Sequence[str]) -> dict[str, Any]:
    """List these PDQ hashes, then add the lead. Returns the number of the list's change, and when it was committed."""
    from orbweaver.detect.crawl.models import Lead
    from orbweaver.detect.crawl.services import add_lead
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.selectors import last_change
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries
    from orbweaver.platform.clock import now

    listed = get_or_create_list("Known", "NCMEC", now())
    rows = [EntryRow("pdq", bytes.fromhex(each), "csam", "unidentified", "", "NCMEC", False) for each in known]
    upsert_entries(listed, rows, now())
    committed = time.monotonic()
    change = last_change()
    add_lead(url, source=Lead.Source.LIST, now=now())
    return {"change": change, "committed": committed}


def messages(count: int) -> list[str]:
    """Messages to a provider that wait to be sent; their Message-IDs, once they are committed."""
    from tests.soak.notices.test_outbox_kills import fill_outbox

    from orbweaver.notify.notices.models import OutboxMessage

    before = set(OutboxMessage.objects.values_list("message_id", flat=True))
    fill_outbox(count)
    return sorted(set(OutboxMessage.objects.values_list("message_id", flat=True)) - before)


def listed(value: str) -> dict[str, float]:
    """List this SHA-256. Returns when that was committed."""
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries
    from orbweaver.platform.clock import now

    known = get_or_create_list("Known", "NCMEC", now())
    row = EntryRow("sha256", bytes.fromhex(value), "csam", "unidentified", "", "NCMEC", False)
    upsert_entries(known, [row], now())
    return {"committed": time.monotonic()}


def withdrawn(value: str) -> dict[str, float]:
    """Withdraw it. Returns when that was committed."""
    from orbweaver.detect.hashlists.models import HashListEntry
    from orbweaver.detect.hashlists.services import set_entry_state
    from orbweaver.platform.clock import now

    [entry] = HashListEntry.objects.filter(hashes__value=bytes.fromhex(value))
    set_entry_state([entry], HashListEntry.State.WITHDRAWN, reason="a test", by=None, now=now())
    return {"committed": time.monotonic()}


DEEDS: dict[str, Callable[..., Any]] = {
    "room": room,
    "messages": messages,
    "listed": listed,
    "withdrawn": withdrawn,
}

if __name__ == "__main__":
    serve()
