"""Every tally counted from the rows in plain Python, by hand: it shares nothing with ``figures`` that it is to check.

Written from docs/domain/figures.md. Where this and the definition differ, one of them is wrong.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from orbweaver.assess.linking.models import Marker, TextFlag
from orbweaver.assess.review.models import Look, Verdict
from orbweaver.detect.crawl.models import Site
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.models import Match
from orbweaver.follow.recheck.models import Return
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage, PushBack

Entry = tuple[str, int, str]
QUESTIONING = {"not_a_child", "not_illegal", "wants_proof_of_age"}


@dataclass
class Address:
    """What is known of one address: every row about it whose notice left."""

    rows: list[Any]

    def __post_init__(self) -> None:
        self.sent_at = min(row.notice.told_at for row in self.rows)
        self.decided_at = min(row.verdict.decided_at for row in self.rows)
        gone = all(row.state == "removed" for row in self.rows)
        gone_at = max(row.removed_at for row in self.rows) if gone else None
        self.removed_at = gone_at if gone_at and gone_at >= self.sent_at else None
        ended = "removed" if self.removed_at else "before"
        silent = all(row.state in ("removed", "offline") for row in self.rows)
        self.status = ended if gone else "offline" if silent else "open"
        to_provider = [row for row in self.rows if row.notice.route == "provider"]
        first = min(to_provider or self.rows, key=lambda row: (row.notice.told_at, row.pk))
        self.row, self.notice, self.verdict = first, first.notice, first.verdict
        self.questioned = any(
            each.reason in QUESTIONING for row in self.rows for each in PushBack.objects.filter(notice=row.notice)
        )
        self.came_back = any(row.reappearances > 0 for row in self.rows if row.follows_id is None)


def count_by_hand() -> dict[Entry, int]:
    """Figure, provider (0: all of them) and key → how many."""
    found: Counter[Entry] = Counter()
    for entries in (_found(), _notices(), _addresses()):
        found.update(entries)
    return dict(found)


def _found() -> list[Entry]:
    return [
        *(("report", 0, f"{_month(each.created_at)}|{each.source}") for each in Report.objects.all()),
        *(("suspected", 0, "") for _ in {each.sighting_id for each in Match.objects.all()}),
        *(("look", 0, "") for _ in Look.objects.all()),
        *(("verified", 0, "") for _ in {each.media_id for each in Verdict.objects.all() if each.outcome == "remove"}),
        *(("return", each.provider_id or 0, each.kind) for each in Return.objects.all()),
    ]


def _notices() -> list[Entry]:
    found: list[Entry] = []
    for notice in Notice.objects.exclude(told_at=None):
        told, step = notice.told_at, notice.parent_id is not None
        assert told is not None
        kind = f"{notice.notice_type}|{notice.sub_type}|{_letter(notice.identified)}"
        found += [("notice", 0, f"{_month(told)}|{kind}")] * (not step)
        found += [("way", 0, f"{told.year}|{notice.route}|{_letter(step)}")]
        if notice.route != "cdn":
            found += [("notice_of", notice.provider_id or 0, str(told.year))]
    for message in OutboxMessage.objects.filter(state="sent"):
        if message.number > 0 and message.sent_at:
            found.append(("reminder", 0, str(message.sent_at.year)))
    for each in PushBack.objects.all():
        found.append(("pushback", 0, f"{each.made_at.year}|{each.reason}|{each.outcome}"))
    return found


def notified() -> list[Address]:
    """Every address in a notice that left, without what was withdrawn."""
    rows: dict[bytes, list[NoticeUrl]] = defaultdict(list)
    for row in NoticeUrl.objects.select_related("notice", "verdict"):
        if row.notice.told_at is not None and row.state != "withdrawn":
            rows[bytes(row.url_key)].append(row)
    return [Address(each) for each in rows.values()]


def _addresses() -> list[Entry]:
    found: list[Entry] = []
    for address in notified():
        found += _recorded(address)
        found += _of_all(address) + _of_provider(address) + _of_cell(address) + _times(address)
    return found


def _recorded(address: Address) -> list[Entry]:
    row, verdict = address.row, address.verdict
    markers = set(Marker.objects.filter(media=row.media, withdrawn_at=None).values_list("kind", flat=True))
    kind = Site.objects.filter(host=row.host).exclude(kind="unknown").order_by("port").first()
    said = {
        "self_generated": verdict.self_generated or "self_generated" in markers,
        "baseline": verdict.baseline,
        "live_stream": "live_stream" in markers,
        "advertises_set": "advertises_set" in markers,
        "flagged": TextFlag.objects.filter(sighting__url_key=row.url_key).exists(),
    }
    return [
        ("site", 0, f"{kind.kind if kind else 'unknown'}|{verdict.age_class}|{address.status}"),
        ("children", 0, f"{min(verdict.children or 0, 3)}|{address.status}"),
        *((name, 0, address.status) for name, is_so in said.items() if is_so),
    ]


def _of_all(address: Address) -> list[Entry]:
    notice, told = address.notice, address.sent_at
    return [
        ("address", 0, address.status),
        ("told", 0, _month(told)),
        ("in", 0, f"{notice.country}|{address.status}"),
        ("kind_year", 0, f"{told.year}|{notice.notice_type}|{notice.sub_type}|{address.status}"),
    ]


def _host_of(address: Address) -> int:
    """Whom it counts for; a CDN hosts nothing."""
    return 0 if address.notice.route == "cdn" else address.notice.provider_id or 0


def _of_provider(address: Address) -> list[Entry]:
    provider = _host_of(address)
    found = [("of", provider, address.status), ("of_year", provider, f"{address.sent_at.year}|{address.status}")]
    found += [("of_asked", provider, "")] * address.questioned
    found += [("of_back", provider, "")] * address.came_back
    return found


def _of_cell(address: Address) -> list[Entry]:
    verdict = address.verdict
    cell = f"{verdict.age_class}|{verdict.category}|{_letter(verdict.identified == 'identified')}"
    found = [("cell", 0, f"{cell}|{address.status}")]
    found += [("cell_asked", 0, cell)] * address.questioned
    found += [("cell_between", 0, cell)] * verdict.straddles
    found += [("cell_open", 0, f"{cell}|{_number(address.sent_at, 86400)}")] * (address.status == "open")
    return found


def _times(address: Address) -> list[Entry]:
    provider = _host_of(address)
    if address.status == "open":
        return [
            ("open", 0, str(_number(address.sent_at, 3600))),
            ("open_verdict", 0, str(_number(address.decided_at, 3600))),
            ("of_open", provider, str(_number(address.sent_at, 86400))),
        ]
    if address.status == "offline":
        away_at = max(row.offline_at or address.sent_at for row in address.rows if row.state == "offline")
        away = max((away_at - address.sent_at).total_seconds(), 0.0)
        since = away + (address.sent_at - address.decided_at).total_seconds()
        return [
            ("away", 0, str(_step(away, 32))),
            ("away_verdict", 0, str(_step(since, 32))),
            ("of_away", provider, str(_step(away, 4))),
        ]
    if address.removed_at is None:
        return []
    since_notice = (address.removed_at - address.sent_at).total_seconds()
    since_verdict = (address.removed_at - address.decided_at).total_seconds()
    return [
        ("gone", 0, _month(address.removed_at)),
        ("span", 0, str(_step(since_notice, 32))),
        ("span_verdict", 0, str(_step(since_verdict, 32))),
        ("of_span", provider, str(_step(since_notice, 4))),
    ]


def _month(at: dt.datetime) -> str:
    return f"{at.year}-{at.month:02d}"


def _letter(value: bool) -> str:
    return "t" if value else "f"


def _number(at: dt.datetime, unit_s: int) -> int:
    return math.floor(at.timestamp() / unit_s)


def _step(seconds: float, per_doubling: int) -> int:
    return math.floor(per_doubling * math.log2(max(seconds, 1.0)) + 1e-9)
