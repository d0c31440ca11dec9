"""``/stopncii/v1/…``: the hotline as clients of StopNCII know an exchange: hashes fetched, submitted, and feedback.

The key is the function key (``x-functions-key``) or the subscription key, or stands in the ``Authorization`` header.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from orbweaver.detect.exchanges import submitting
from orbweaver.detect.exchanges.models import Opinion
from orbweaver.detect.exchanges.protocols.stopncii import VOTES
from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.models import EntryHash, HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow, key_of, parse_hash, parse_kind
from orbweaver.detect.hashlists.selectors import last_change
from orbweaver.detect.hashlists.sharing import is_gone, is_open, is_withheld, shared_hashes
from orbweaver.doors.industry.frame.asked import Answer, Asked, Refusal, as_json
from orbweaver.doors.industry.frame.clients import KEY_PREFIX, Client, key_in
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.messages import ENTRY_UNUSABLE, NO_SUCH_CALL, NOT_JSON, PARAMETER_UNUSABLE
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

SIGNAL_TYPES: Final = {"pdq": "ImagePDQ", "md5": "VideoMD5"}
MOST: Final = 1000
MOST_RECORDS: Final = 10_000
"""Records that are submitted at once."""
_LATEST: Final = 2**40


class StopNcii:
    """The calls of StopNCII."""

    name = "stopncii"
    below = ("stopncii", "v1")

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, asked: Asked) -> Answer:
        """Fetch hashes, submit them, or say what one thinks of them."""
        call = {"FetchHashes": self._fetch, "SubmitHashes": self._submit, "SubmitFeedback": self._take_feedback}.get(
            "/".join(asked.parts)
        )
        if call is None:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)
        asked.only("GET" if asked.parts == ("FetchHashes",) else "POST")
        client = asked.by(await self._service.clients.of(_key_in(asked)))
        client.needs(Permission.LIST_READ)
        return await call(asked, client)

    async def _fetch(self, asked: Asked, client: Client) -> Answer:
        since, most = _number(asked, "startTimestamp", 0), _number(asked, "pageSize", MOST)
        after, began = _token(asked)
        most = max(1, min(most, MOST))
        begin = dt.datetime.fromtimestamp(min(since, _LATEST // 100), dt.UTC)
        shared = await self._service.database(
            submitting.shared_page, list(SIGNAL_TYPES), begin, now(), after=after, most=most + 1
        )
        found = shared.entries
        page = found[:most]
        began = began if after else await self._service.database(last_change)
        records = [
            _record(entry, each, shared.said.get(entry.pk, ()))
            for entry in page
            if _may_be_named(entry, since, began)
            for each in shared_hashes(entry, _kinds(entry))
        ]
        latest = max((int(entry.changed_at.timestamp()) for entry in page), default=since)
        return as_json(
            {
                "count": len(records),
                "nextPageToken": f"{page[-1].change}-{began}" if len(found) > most else None,
                "nextSetTimestamp": latest,
                "hasMoreRecords": len(found) > most,
                "hashRecords": records,
            }
        )

    async def _submit(self, asked: Asked, client: Client) -> Answer:
        """All of it or nothing; what is said to be withdrawn or deleted is retracted."""
        client.needs(Permission.LIST_EDIT)
        rows, gone = [], []
        for number, record in enumerate(_records(await asked.json(), "hashRecords")):
            row = _row(record, number, client.organisation)
            votes = {str(each.get("feedbackValue")) for each in _objects(record.get("CSPFeedbacks"))}
            if votes & {"Withdrawn", "Deleted"}:
                gone.append(key_of(row))
            else:
                rows.append(row)
        await self._service.database(submitting.submit, client.organisation, rows, now(), gone=gone)
        return as_json({"count": len(rows) + len(gone)})

    async def _take_feedback(self, asked: Asked, client: Client) -> Answer:
        """What is no vote, such as that a match waits for review, is heard and not kept."""
        count = 0
        for number, record in enumerate(_records(await asked.json(), "hashFeedbacks")):
            vote = VOTES.get(str(record.get("feedbackValue", "")).lower())
            if vote is None:
                continue
            kind, value = _hash(record, number)
            tags = record.get("tags")
            reason = ", ".join(map(str, tags)) if isinstance(tags, list) else ""
            count += await self._service.database(
                _say, kind, value, client.organisation, confirms=vote, reason=reason, now=now()
            )
        return as_json({"count": count})

    def refuse(self, refusal: Refusal) -> Answer:
        """As Azure's API management says errors."""
        return as_json({"statusCode": int(refusal.status), "message": str(refusal.message)}, refusal.status)


def _kinds(entry: HashListEntry) -> list[str]:
    """StopNCII has a type for the MD5 of a video and none for that of a picture."""
    return [kind for kind in SIGNAL_TYPES if kind != "md5" or entry.media_type != HashListEntry.MediaType.IMAGE]


def _may_be_named(entry: HashListEntry, since: int, began: int) -> bool:
    """A withdrawal names the hash here: to those alone who may have fetched it, as its verdict may have been about one
    place (R32). Of a closed list, who fetched after it was opened; of an open one, who fetched since it was added, or
    whose first page was before it (``began``: the last change then)."""
    if not is_gone(entry):
        return True
    if is_open(entry.hash_list):
        return entry.change > began or since >= int(entry.added_at.timestamp())
    first = entry.hash_list.first_shared_at
    return first is not None and since >= int(first.timestamp())


def _record(entry: HashListEntry, found: EntryHash, said: Sequence[Opinion]) -> dict[str, Any]:
    return {
        "lastModtimestamp": int(entry.changed_at.timestamp()),
        "signalType": SIGNAL_TYPES[found.kind],
        "hashValue": bytes(found.value).hex(),
        "hashStatus": "Withdrawn" if is_gone(entry) else "Received" if is_withheld(entry) else "Active",
        "caseNumbers": {},
        "CSPFeedbacks": [
            {
                "source": each.who,
                "feedbackValue": "Blocked" if each.confirms else "NotBlocked",
                "tags": [each.reason] if each.reason else [],
            }
            for each in said
            if each.kind == found.kind
        ],
    }


def _say(kind: str, value: bytes, organisation: str, *, confirms: bool, reason: str, now: dt.datetime) -> int:
    entries = submitting.entries_with(kind, value)
    return len(submitting.say(entries, kind, organisation, confirms=confirms, reason=reason, now=now))


def _records(sent: dict[str, Any], name: str) -> list[dict[str, Any]]:
    records = sent.get(name)
    if not isinstance(records, list) or len(records) > MOST_RECORDS or len(_objects(records)) != len(records):
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
    return records


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _row(record: dict[str, Any], number: int, source: str) -> EntryRow:
    kind, value = _hash(record, number)
    media = "video" if kind == "md5" else "image"
    return EntryRow(kind, value, "unclassified", "unidentified", "", source, False, media_type=media)


def _hash(record: dict[str, Any], number: int) -> tuple[str, bytes]:
    """Kind and value. The public client writes types with the name of its own enumeration, or none: then the length
    of the hash says."""
    text, signal = str(record.get("hashValue", "")), str(record.get("signalType", "")).rpartition(".")[2]
    kind = next((kind for kind, name in SIGNAL_TYPES.items() if name == signal), "")
    kind = kind or ("" if signal else {32: "md5", 64: "pdq"}.get(len(text), ""))
    try:
        return parse_kind(kind), parse_hash(kind, text)
    except BadRow:
        raise Refusal(HTTPStatus.BAD_REQUEST, ENTRY_UNUSABLE.of(number=number)) from None


def _key_in(asked: Asked) -> str:
    for name in ("x-functions-key", "Ocp-Apim-Subscription-Key"):
        if asked.headers.get(name, "").startswith(KEY_PREFIX):
            return asked.headers[name]
    return key_in(asked.headers)


def _token(asked: Asked) -> tuple[int, int]:
    """After which change a page begins, and the last one when the first page was read; both 0 for the first page."""
    after, _, began = (asked.query.get("nextPageToken", "") or "0").partition("-")
    return _as_number("nextPageToken", after), _as_number("nextPageToken", began or after)


def _number(asked: Asked, name: str, otherwise: int) -> int:
    return _as_number(name, asked.query.get(name, str(otherwise)) or "0")


def _as_number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refusal(HTTPStatus.BAD_REQUEST, PARAMETER_UNUSABLE.of(name=name))
    return int(text)
