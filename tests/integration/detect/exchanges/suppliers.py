"""Suppliers on loopback that hand out entries as the real ones do: page by page, in no order, with withdrawals."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

from tests.integration.detect.exchanges.faulty import Request

XMLNS = "https://hashsharing.ncmec.org/hashsharing/v2"
EPOCH = dt.datetime(2026, 11, 24, 11, 50, tzinfo=dt.UTC)
"""Ten minutes before the first pull."""


def instant(second: int) -> str:
    return (EPOCH + dt.timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class One:
    """An entry; ``gone`` a withdrawal of it."""

    name: str
    second: int
    md5: str = ""
    gone: bool = False
    media: str = "image"
    more: str = ""
    classification: str = "A1"

    def xml(self) -> str:
        who = f'<member id="42">A member</member><timestamp>{instant(self.second)}</timestamp><id>{self.name}</id>'
        if self.gone:
            tag = f"deleted{self.media.capitalize()}"
            return f"<{tag}>{who}</{tag}>"
        return (
            f"<{self.media}>{who}<classification>{self.classification}</classification><fingerprints>"
            f'<md5>{self.md5}</md5><tmk-pdqf rel="self" href="/x"/></fingerprints>{self.more}</{self.media}>'
        )


@dataclass
class NcmecSupplier:
    """Speaks NCMEC's hash sharing, for one user and password."""

    entries: list[One] = field(default_factory=list)
    size: int = 2
    reasons: tuple[str, ...] = ("Wrong hash",)
    feedback: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, asked: Request) -> tuple[int, str, bytes]:
        if asked.headers.get("Authorization") != "Basic dXNlcjpwYXNz":
            return 401, "text/plain", b""
        if asked.path.endswith("/reasons"):
            found = "".join(f'<reason guid="g-{name}" name="{name}" type="Md5"/>' for name in self.reasons)
            return self._xml(f'<availableFeedbackReasons xmlns="{XMLNS}">{found}</availableFeedbackReasons>')
        if asked.method == "PUT":
            self.feedback.append((asked.path, asked.body.decode()))
            return 200, "text/plain", b""
        low, high = asked.query["from"], asked.query["to"]
        within = [each for each in self.entries if low <= instant(each.second) <= high]
        start = int(asked.query.get("start", 0))
        page = within[start : start + self.size]
        images = "".join(each.xml() for each in page if each.media == "image")
        videos = "".join(each.xml() for each in page if each.media == "video")
        following = ""
        if start + self.size < len(within):
            query = f"from={low}&amp;to={high}&amp;start={start + self.size}&amp;size={self.size}&amp;max={len(within)}"
            following = f"<paging><next>/v2/entries?{query}</next></paging>"
        return self._xml(
            f'<queryResult xmlns="{XMLNS}"><images count="{len(page)}" maxTimestamp="{high}">{images}</images>'
            f"<videos>{videos}</videos>{following}</queryResult>"
        )

    def _xml(self, text: str) -> tuple[int, str, bytes]:
        return 200, "application/xml", f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()


@dataclass
class StopNciiSupplier:
    """Speaks StopNCII's calls."""

    records: list[dict[str, object]] = field(default_factory=list)
    size: int = 2
    feedback: list[dict[str, object]] = field(default_factory=list)

    def answer(self, asked: Request) -> tuple[int, str, bytes]:
        key = {"/FetchHashes": "f", "/SubmitFeedback": "b"}.get(asked.path)
        if asked.headers.get("x-functions-key") != key or asked.headers.get("Ocp-Apim-Subscription-Key") != "s":
            return 401, "text/plain", b""
        if asked.method == "POST":
            self.feedback += json.loads(asked.body)["hashFeedbacks"]
            return 200, "application/json", b"{}"
        since, start = int(asked.query["startTimestamp"]), int(asked.query.get("nextPageToken", 0))
        within = [each for each in self.records if int(str(each["lastModtimestamp"])) >= since]
        page, more = within[start : start + self.size], start + self.size < len(within)
        said = {
            "count": len(page),
            "nextPageToken": str(start + self.size) if more else None,
            "nextSetTimestamp": max((int(str(each["lastModtimestamp"])) for each in within), default=since),
            "hasMoreRecords": more,
            "hashRecords": page,
        }
        return 200, "application/json", json.dumps(said).encode()


@dataclass
class OrbweaverSupplier:
    """Another Orbweaver, by the calls that one pulls from: what changes has the next number."""

    entries: list[dict[str, object]] = field(default_factory=list)
    size: int = 2
    feedback: list[dict[str, object]] = field(default_factory=list)
    terms: dict[str, object] = field(default_factory=dict)

    def answer(self, asked: Request) -> tuple[int, str, bytes]:
        if asked.headers.get("Authorization") != "Bearer owk_key":
            return 401, "text/plain", b""
        if asked.method == "POST":
            self.feedback.append(json.loads(asked.body))
            return 200, "application/json", b"{}"
        after = int(asked.query["after"])
        page = self.entries[after : after + self.size]
        said = {
            "entries": page,
            "after": after + len(page),
            "more": after + self.size < len(self.entries),
            "newest": len(self.entries),
        } | ({"terms": self.terms} if self.terms else {})
        return 200, "application/json", json.dumps(said).encode()


@dataclass
class IccamSupplier:
    """Speaks ICCAM's version 3 as SCART asks it: in no order, some twice, and only what has no reference."""

    contents: dict[int, dict[str, Any]] = field(default_factory=dict)
    size: int = 2
    references: dict[int, str] = field(default_factory=dict)

    def assign(self, number: int, url: str, **more: Any) -> None:
        self.contents[number] = {"contentId": number, "reportId": 1_000 + number, "url": {"urlString": url}} | more

    def answer(self, asked: Request) -> tuple[int, str, bytes]:
        if asked.path == "/Authentication":
            is_known = json.loads(asked.body) == {"username": "user", "password": "pass"}
            return (200, "application/json", b'{"bearerToken": "t0k", "refreshToken": "r"}') if is_known else NO_ENTRY
        if asked.headers.get("Authorization") != "Bearer t0k":
            return NO_ENTRY
        *_, kind, number = asked.path.split("/")
        if number == "hotline-reference":
            self.references[int(kind)] = asked.query["reference"]
            return 200, "application/json", b""
        if number == "no-reference":
            open_ones = [each for each in self.contents if each not in self.references]
            page = open_ones[::-1][: self.size]
            return self._json([{"contentId": each, "reportId": 1_000 + each} for each in (*page, *page[:1])])
        if kind == "Reports":
            return self._json({"reportId": int(number), "reportingHotlineId": 7, "memo": "of the report"})
        return self._json(self.contents[int(number)])

    def _json(self, found: object) -> tuple[int, str, bytes]:
        return 200, "application/json", json.dumps(found).encode()


NO_ENTRY = 401, "text/plain", b""
