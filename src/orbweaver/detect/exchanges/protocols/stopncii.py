"""StopNCII's exchange: one hash a record, of pictures and videos of adults who asked for it. It names no picture."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.json_pages import object_of
from orbweaver.detect.exchanges.messages import NOT_A_PAGE, NOT_TAKEN_THERE
from orbweaver.detect.exchanges.protocols.protocol import About, Page, Stated, Vote
from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.formats.stopncii import TYPES, WRITTEN
from orbweaver.detect.hashlists.rules import key_of, parse_row

if TYPE_CHECKING:
    from orbweaver.detect.exchanges.calls import Calls

FIRST: Final = 10
"""The first time that the exchange knows."""
PAGE_SIZE: Final = 800
TOKEN_LASTS_S: Final = 3600
GONE: Final = frozenset({"withdrawn", "deleted"})
VOTES: Final = {"blocked": True, "notblocked": False}
"""What of the feedback of companies says that a hash is right, or is not."""


class StopNcii:
    """A checkpoint holds ``since``, in seconds; within a round also ``token``, ``reached`` and when that came."""

    name = "stopncii"
    title = "StopNCII"
    secrets = ("subscription_key", "fetch_key", "feedback_key")
    feedback_kinds = tuple(WRITTEN)
    takes_verdicts = False
    addresses: Mapping[str, str] = {"stopncii": "https://api.stopncii.org/v1"}

    def pages(
        self, calls: Calls, secrets: Mapping[str, str], checkpoint: Mapping[str, Any], moment: dt.datetime
    ) -> Iterator[Page]:
        """Page after page, by the token that the last one gave."""
        headers, since = _headers(secrets, "fetch_key"), int(checkpoint.get("since", FIRST))
        token = str(checkpoint.get("token", ""))
        if token and moment.timestamp() - checkpoint["given"] > TOKEN_LASTS_S:
            token = ""
        while True:
            query = {"startTimestamp": str(since), "pageSize": str(PAGE_SIZE)}
            try:
                found = object_of(
                    calls.get("/FetchHashes", headers, query | ({"nextPageToken": token} if token else {}))
                )
            except ExchangeFailed as error:
                if not token or error.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                    raise
                token = ""
                continue
            token = str(found.get("nextPageToken") or "") if found.get("hasMoreRecords") else ""
            until = _number(found.get("nextSetTimestamp"), since)
            within = {"since": since, "token": token, "given": moment.timestamp()}
            yield _page(found, within if token else {"since": max(since, until)}, bool(token))
            if not token:
                return

    def give(self, calls: Calls, secrets: Mapping[str, str], about: About) -> None:
        """Blocked: it is what the list says. NotBlocked: it is not."""
        if about.kind not in WRITTEN:
            raise ExchangeFailed(NOT_TAKEN_THERE, status=HTTPStatus.NOT_FOUND)
        feedback: dict[str, Any] = {
            "hashValue": about.value.hex(),
            "feedbackValue": "Blocked" if about.confirms else "NotBlocked",
            "tags": [],
        }
        headers = _headers(secrets, "feedback_key") | {"Content-Type": "application/json"}
        calls.send("POST", "/SubmitFeedback", headers, json.dumps({"count": 1, "hashFeedbacks": [feedback]}).encode())


def _page(found: Mapping[str, Any], checkpoint: Mapping[str, Any], more: bool) -> Page:
    records = found.get("hashRecords")
    if not isinstance(records, list):
        raise ExchangeFailed(NOT_A_PAGE)
    stated, refused = [], 0
    for record in records:
        try:
            stated.append(_stated(record))
        except (BadRow, ValueError, TypeError, AttributeError, OverflowError, OSError):
            refused += 1
    return Page(stated, checkpoint, more, refused)


def _stated(record: Mapping[str, Any]) -> Stated:
    """One record. Raises BadRow or what Python raises where it is another shape."""
    signal = str(record["signalType"]).rpartition(".")[2] if "signalType" in record else ""
    kind, media = TYPES.get(signal.lower(), (signal, ""))
    cells = {"kind": kind, "value": str(record.get("hashValue", "")), "media": media, "classification": "unclassified"}
    row = parse_row(cells, "StopNCII")
    at = dt.datetime.fromtimestamp(int(record.get("lastModtimestamp", 0)), dt.UTC)
    is_gone = str(record.get("hashStatus", "")).lower() in GONE
    votes = [
        Vote(kind, str(each.get("source") or "StopNCII"), VOTES[vote], ", ".join(map(str, each.get("tags") or ())))
        for each in record.get("CSPFeedbacks") or ()
        if (vote := str(each.get("feedbackValue", "")).lower()) in VOTES
    ]
    return Stated(key_of(row), at, None if is_gone else row, votes)


def _number(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _headers(secrets: Mapping[str, str], key: str) -> dict[str, str]:
    return {"x-functions-key": secrets[key], "Ocp-Apim-Subscription-Key": secrets["subscription_key"]}


PROTOCOL = StopNcii()
