"""Another Orbweaver: its own verdicts and what else it may hand on, in the order in which it changed there."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.json_pages import object_of
from orbweaver.detect.exchanges.messages import NOT_A_PAGE, NOT_TAKEN_THERE
from orbweaver.detect.exchanges.protocols.protocol import About, Page, Stated, Vote
from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.rules import EntryRow, RowHash, key_of_name, parse_row
from orbweaver.fingerprints.kinds import kinds

if TYPE_CHECKING:
    from orbweaver.detect.exchanges.calls import Calls

BASE: Final = "/exchange/v1"
_UNUSABLE: Final = (BadRow, ValueError, TypeError, KeyError, AttributeError)


class AnotherOrbweaver:
    """A checkpoint holds ``after``, the number of the last change there that is written."""

    name = "orbweaver"
    title = "Orbweaver"
    secrets = ("key",)
    feedback_kinds = ("sha256", "sha1", "md5", "pdq")
    addresses: Mapping[str, str] = {}

    def pages(
        self, calls: Calls, secrets: Mapping[str, str], checkpoint: Mapping[str, Any], moment: dt.datetime
    ) -> Iterator[Page]:
        """Change after change. Where the other side went back, as after a restore, all of it once more."""
        after = int(checkpoint.get("after", 0))
        while True:
            found = _page(calls.get(f"{BASE}/entries", _headers(secrets), {"after": str(after)}))
            if found["newest"] < after:
                after = 0
                continue
            stated, refused = [], 0
            for each in found["entries"]:
                try:
                    stated.append(_stated(each))
                except _UNUSABLE:
                    refused += 1
            after = max(after, found["after"])
            yield Page(stated, {"after": after}, found["more"], refused)
            if not found["more"]:
                return

    def give(self, calls: Calls, secrets: Mapping[str, str], about: About) -> None:
        """Put it beside the entry there."""
        if about.kind not in self.feedback_kinds:
            raise ExchangeFailed(NOT_TAKEN_THERE, status=404)
        body = {
            "entry": about.supplier_id,
            "kind": about.kind,
            "confirms": about.confirms,
            "reason": about.reason,
        }
        calls.send(
            "POST",
            f"{BASE}/feedback",
            _headers(secrets) | {"Content-Type": "application/json"},
            json.dumps(body).encode(),
        )


def _page(body: bytes) -> dict[str, Any]:
    """A page. Raises ExchangeFailed where it is none."""
    found = object_of(body)
    types = {"entries": list, "after": int, "newest": int, "more": bool}
    if not all(isinstance(found.get(name), kind) for name, kind in types.items()):
        raise ExchangeFailed(NOT_A_PAGE)
    return found


def _stated(each: Mapping[str, Any]) -> Stated:
    """One entry. Raises BadRow or what Python raises where it is another shape."""
    name, at = str(each["id"]), dt.datetime.fromisoformat(each["at"])
    if not name or at.tzinfo is None:
        raise ValueError("an entry without a name or a time")
    key = key_of_name("", name)
    if each.get("withdrawn"):
        return Stated(key, at, None)
    votes = [Vote(one["kind"], str(one["who"]), bool(one["confirms"]), str(one["reason"])) for one in each["said"]]
    return Stated(key, at, _row(name, each), votes)


def _row(name: str, each: Mapping[str, Any]) -> EntryRow:
    cells = {
        "id": name,
        "classification": str(each["classification"]),
        "identified": str(each["identified"]),
        "baseline": "yes" if each["baseline"] else "no",
        "media": str(each["media"]),
        "source": str(each["source"]),
    }
    hashes = [one for one in each["hashes"] if one["kind"] in kinds()]
    row = parse_row(cells, "", [(one["kind"], str(one["value"])) for one in hashes])
    timed = [
        RowHash(one.kind, one.value, _seconds(given["time"])) for one, given in zip(row.hashes, hashes, strict=True)
    ]
    first, *further = timed
    return row._replace(kind=first.kind, value=first.value, time_s=first.time_s, further=tuple(further))


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)


def _headers(secrets: Mapping[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {secrets['key']}", "Accept": "application/json"}


PROTOCOL = AnotherOrbweaver()
