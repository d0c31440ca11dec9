"""Another Orbweaver: its own verdicts and what else it may hand on, in the order in which it changed there."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.json_pages import object_of
from orbweaver.detect.exchanges.messages import NOT_A_PAGE, NOT_TAKEN_THERE
from orbweaver.detect.exchanges.protocols.protocol import About, Page, Stated, Terms, Told, Vote, storable
from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.rules import EntryRow, RowHash, key_of_name, parse_row
from orbweaver.fingerprints.kinds import kinds

if TYPE_CHECKING:
    from orbweaver.detect.exchanges.calls import Calls

BASE: Final = "/exchange/v1"
MOST_OF_TERMS: Final = 10_000
"""Characters of what one hotline asks of those who fetch a list."""
MOST_SERIES: Final = 20
_UNUSABLE: Final = (BadRow, ValueError, TypeError, KeyError, AttributeError)


class AnotherOrbweaver:
    """A checkpoint holds ``after``, the number of the last change there that is written."""

    name = "orbweaver"
    title = "Orbweaver"
    secrets = ("key",)
    feedback_kinds = ("sha256", "sha1", "md5", "pdq")
    takes_verdicts = True
    addresses: Mapping[str, str] = {}

    def pages(
        self, calls: Calls, secrets: Mapping[str, str], checkpoint: Mapping[str, Any], moment: dt.datetime
    ) -> Iterator[Page]:
        """Change after change. Where the other side went back, as after a restore, all of it once more."""
        after, went_back = int(checkpoint.get("after", 0)), False
        while True:
            found = _page(calls.get(f"{BASE}/entries", _headers(secrets), {"after": str(after)}))
            if found["newest"] < after:
                if went_back:
                    raise ExchangeFailed(NOT_A_PAGE)
                after, went_back = 0, True
                continue
            stated, refused, terms = [], 0, _terms(found.get("terms"))
            for each in found["entries"]:
                try:
                    stated.append(_stated(each, terms))
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
        } | ({"verdict": dict(about.verdict)} if about.verdict else {})
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


def _terms(given: Any) -> dict[str, Terms]:
    """The terms that entries of a page name; an older one has none."""
    found = {}
    for name, each in given.items() if isinstance(given, dict) else ():
        with suppress(*_UNUSABLE):
            until = dt.date.fromisoformat(each["until"]) if each["until"] else None
            found[name] = Terms(storable(each["by"], 200), storable(each["text"], MOST_OF_TERMS), until)
    return found


def _told(each: Mapping[str, Any], terms: Mapping[str, Terms]) -> Told | None:
    """What is told of an entry beside what every version tells. Raises KeyError for terms that the page does not have:
    without them it is not to be kept."""
    verdict, series = each.get("verdict"), each.get("series")
    under = [terms[name] for name in dict.fromkeys(each.get("terms") or ())]
    if not verdict and not series and not under:
        return None
    names = [storable(str(name), 200) for name in series] if isinstance(series, list) else []
    return Told(verdict if isinstance(verdict, dict) else {}, names[:MOST_SERIES], under)


def _stated(each: Mapping[str, Any], terms: Mapping[str, Terms]) -> Stated:
    """One entry. Raises BadRow or what Python raises where it is another shape."""
    name, at = str(each["id"]), dt.datetime.fromisoformat(each["at"])
    if not name or at.tzinfo is None:
        raise ValueError("an entry without a name or a time")
    key = key_of_name("", name)
    if each.get("withdrawn"):
        return Stated(key, at, None, told=_told(each, terms))
    votes = [Vote(one["kind"], str(one["who"]), bool(one["confirms"]), str(one["reason"])) for one in each["said"]]
    told = _told(each, terms)
    return Stated(key, at, _row(name, each, told.series if told else ()), votes, told)


def _row(name: str, each: Mapping[str, Any], series: Sequence[str]) -> EntryRow:
    """A row with its series where it is in one alone: what is in several, a collage, is no evidence for any of them."""
    cells = {
        "id": name,
        "classification": str(each["classification"]),
        "identified": str(each["identified"]),
        "baseline": "yes" if each["baseline"] else "no",
        "media": str(each["media"]),
        "source": str(each.get("member") or each["source"]),  # whose list it is on there stands in its terms
        "series": series[0] if len(series) == 1 else "",
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
