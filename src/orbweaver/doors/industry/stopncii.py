"""``/stopncii/v1/…``: the hotline's own hashes as clients of StopNCII fetch them. Read only.

The key is the function key (``x-functions-key``) or the subscription key, or stands in the ``Authorization`` header.
"""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus
from typing import Any, Final

from orbweaver.detect.hashlists.models import EntryHash, HashListEntry
from orbweaver.detect.hashlists.sharing import is_withheld, shared_entries, shared_hashes
from orbweaver.doors.industry.frame.asked import Answer, Asked, Refusal, as_json
from orbweaver.doors.industry.frame.clients import KEY_PREFIX, key_in
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.messages import NO_SUCH_CALL, PARAMETER_UNUSABLE
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

SIGNAL_TYPES: Final = {"pdq": "ImagePDQ", "md5": "VideoMD5"}
MOST: Final = 1000
_LATEST: Final = 2**40


class StopNcii:
    """The calls of StopNCII."""

    name = "stopncii"
    below = ("stopncii", "v1")

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, asked: Asked) -> Answer:
        """Fetch hashes."""
        if asked.parts != ("FetchHashes",):
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)
        asked.only("GET")
        client = await self._service.clients.of(_key_in(asked))
        client.needs(Permission.LIST_READ)
        since, most = _number(asked, "startTimestamp", 0), _number(asked, "pageSize", MOST)
        after = _number(asked, "nextPageToken", 0)
        most = max(1, min(most, MOST))
        begin = dt.datetime.fromtimestamp(min(since, _LATEST // 100), dt.UTC)
        found = await self._service.database(
            shared_entries, list(SIGNAL_TYPES), begin, now(), after=after, most=most + 1
        )
        page = found[:most]
        records = [_record(entry, each) for entry in page for each in shared_hashes(entry, list(SIGNAL_TYPES))]
        latest = max((int(entry.changed_at.timestamp()) for entry in page), default=since)
        return as_json(
            {
                "count": len(records),
                "nextPageToken": str(page[-1].change) if len(found) > most else None,
                "nextSetTimestamp": latest,
                "hasMoreRecords": len(found) > most,
                "hashRecords": records,
            }
        )

    def refuse(self, refusal: Refusal) -> Answer:
        """As Azure's API management says errors."""
        return as_json({"statusCode": int(refusal.status), "message": str(refusal.message)}, refusal.status)


def _record(entry: HashListEntry, found: EntryHash) -> dict[str, Any]:
    is_gone = entry.state == HashListEntry.State.WITHDRAWN
    return {
        "lastModtimestamp": int(entry.changed_at.timestamp()),
        "signalType": SIGNAL_TYPES[found.kind],
        "hashValue": bytes(found.value).hex(),
        "hashStatus": "Withdrawn" if is_gone else "Received" if is_withheld(entry) else "Active",
        "caseNumbers": {},
        "CSPFeedbacks": [],
    }


def _key_in(asked: Asked) -> str:
    for name in ("x-functions-key", "Ocp-Apim-Subscription-Key"):
        if asked.headers.get(name, "").startswith(KEY_PREFIX):
            return asked.headers[name]
    return key_in(asked.headers)


def _number(asked: Asked, name: str, otherwise: int) -> int:
    text = asked.query.get(name, str(otherwise)) or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refusal(HTTPStatus.BAD_REQUEST, PARAMETER_UNUSABLE.of(name=name))
    return int(text)
