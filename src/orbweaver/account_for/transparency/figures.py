"""What counts in the public figures, each said once. Read downwards it is the order in which a figure is made.

``counting`` makes SQL of what stands here. With it ``triggers`` note what changed, ``folding`` works that into the
tallies and builds them anew, and ``recount`` counts as of an earlier moment; ``tallies`` reads, ``datasets`` and
``yearly`` publish. In conditions and keys ``r`` is the row.

After a change raise ``VERSION``, then ``make structure docs``.
"""

from __future__ import annotations

from typing import Final

from orbweaver.account_for.transparency.counted import (
    DAY_S,
    HOUR_S,
    Distinct,
    Figure,
    Part,
    Rows,
    month,
    number_of,
    step,
    text,
    year,
)
from orbweaver.account_for.transparency.models import NotifiedAddress
from orbweaver.assess.linking.models import Marker, TextFlag
from orbweaver.assess.review.models import Look, Verdict
from orbweaver.detect.crawl.models import Site
from orbweaver.detect.hashlists.models import Identified
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.models import Match
from orbweaver.follow.conduct.survival import OF_PER_DOUBLING
from orbweaver.follow.recheck.models import Return
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage, PushBack
from orbweaver.notify.notices.notified import COUNTS, GONE, GONE_AT, OFFLINE, REMOVED_S, TOLD_AT
from orbweaver.notify.notices.rules import OutboxState, PushBackReason, UrlState

VERSION: Final = 8
"""Grows with every change of what is counted below; the summaries of another version are built anew."""

QUESTIONS: Final = (PushBackReason.NOT_A_CHILD, PushBackReason.NOT_ILLEGAL, PushBackReason.WANTS_PROOF_OF_AGE)
"""R53: push-backs that question the material, not who is to act."""


# 1. Somebody reports, something is found that matches, people look and decide.

REPORTS = Rows("reports", Report, changes=False)
MATCHES = Rows("matches", Match, changes=False)
LOOKS = Rows("looks", Look, changes=False)
VERDICTS = Rows("verdicts", Verdict)
MARKERS = Rows("markers", Marker)
FLAGS = Rows("flags", TextFlag)

REPORT = Figure(
    "report",
    "Reports that came in, by who gave them. Requests of survivors are not told: a figure that grows would say of one.",
    REPORTS,
    since="created_at",
    by=(month("r.created_at"), "r.source"),
    where=(f"r.source <> {text(Report.Source.SURVIVOR)}",),
)
SUSPECTED = Distinct(
    "suspected",
    "Places where something was seen that matches an entry of a list: distinct sightings.",
    MATCHES,
    since="found_at",
    of="sighting_id",
)
LOOK = Figure("look", "How often a picture was shown to a person, no matter for which item.", LOOKS, since="at")
VERIFIED = Distinct(
    "verified",
    "Distinct pictures and videos with a verdict of removal.",
    VERDICTS,
    since="decided_at",
    of="media_id",
    where=(f"r.outcome = {text(Verdict.Outcome.REMOVE)}",),
)


# 2. Notices leave, are repeated, and are objected to.

NOTICES = Rows("notices", Notice)
MESSAGES = Rows("messages", OutboxMessage)
PUSH_BACKS = Rows("push_backs", PushBack)

NOTICE = Figure(
    "notice",
    "Notices whose first message left, steps of escalation apart; what came back as undelivered is not told.",
    NOTICES,
    since="told_at",
    where=("r.parent_id IS NULL",),
    by=(month("r.told_at"), "r.notice_type", "r.sub_type", "r.identified"),
)
WAY = Figure(
    "way",
    "The same with steps of escalation, by to whom they went.",
    NOTICES,
    since="told_at",
    by=(year("r.told_at"), "r.route", "r.parent_id IS NOT NULL"),
)
NOTICE_OF = Figure(
    "notice_of",
    "The same for each provider apart, but for CDNs, which host nothing.",
    NOTICES,
    since="told_at",
    where=(f"r.route <> {text(Notice.Route.CDN)}",),
    provider="r.provider_id",
    by=(year("r.told_at"),),
)
REMINDER = Figure(
    "reminder",
    "Messages sent after the first one of a notice.",
    MESSAGES,
    since="sent_at",
    where=(f"r.state = {text(OutboxState.SENT)}", "r.number > 0"),
    by=(year("r.sent_at"),),
)
PUSH_BACK = Figure(
    "pushback",
    "Objections of providers, by reason and what came of them.",
    PUSH_BACKS,
    since="made_at",
    by=(year("r.made_at"), "r.reason", "r.outcome"),
)


# 3. What a notified address is made of. It counts once, however many verdicts and notices are about it: as what the
# first notice about it to the provider says, else the first of all (a referral, a step of escalation). Its time counts
# from the first message of any. One whose verdicts all fell on review counts as nothing.

URLS = Rows("urls", NoticeUrl)

SITE_KIND: Final = (
    f"(SELECT s.kind FROM crawl_site s WHERE s.host = o.host AND s.kind <> {text(Site.Kind.UNKNOWN)}"
    " ORDER BY s.port LIMIT 1)"
)
"""What kind of site (R2) the host is, as ``crawl.selectors.kinds_of_hosts`` says."""
FLAGGED: Final = (
    "EXISTS (SELECT 1 FROM matching_sighting s JOIN linking_textflag t ON t.sighting_id = s.id"
    " WHERE s.url_key = g.url_key)"
)


def _marked(kind: Marker.Kind) -> str:
    """Whether the medium has a marker of this kind that stands."""
    return (
        f"EXISTS (SELECT 1 FROM linking_marker m WHERE m.media_id = o.media_id AND m.kind = {text(kind)}"
        " AND m.withdrawn_at IS NULL)"
    )


ADDRESS: Final = {
    "url_key": "g.url_key",
    "status": f"CASE WHEN g.offline AND NOT g.gone THEN {text(NotifiedAddress.Status.OFFLINE)}"
    f" WHEN NOT g.gone THEN {text(NotifiedAddress.Status.OPEN)} WHEN g.gone_at >= g.sent_at"
    f" THEN {text(NotifiedAddress.Status.REMOVED)} ELSE {text(NotifiedAddress.Status.BEFORE)} END",
    "sent_at": "g.sent_at",
    "decided_at": "g.decided_at",
    "removed_s": f"CASE WHEN g.offline AND NOT g.gone THEN"
    f" greatest(extract(epoch FROM coalesce(g.offline_at, g.sent_at) - g.sent_at), 0)::float ELSE {REMOVED_S} END",
    "provider_id": f"CASE WHEN f.route = {text(Notice.Route.CDN)} THEN 0 ELSE coalesce(f.provider_id, 0) END",
    "country": "f.country",
    "notice_type": "f.notice_type",
    "sub_type": "f.sub_type",
    "category": "v.category",
    "age_class": "v.age_class",
    "identified": f"v.identified = {text(Identified.IDENTIFIED)}",
    "straddles": "v.straddles",
    "questioned": "g.questioned",
    "reappearances": "g.reappearances",
    "site_kind": f"coalesce({SITE_KIND}, {text(Site.Kind.UNKNOWN)})",
    "children": "coalesce(v.children, 0)",
    "baseline": "v.baseline",
    "self_generated": f"v.self_generated OR {_marked(Marker.Kind.SELF_GENERATED)}",
    "live_stream": _marked(Marker.Kind.LIVE_STREAM),
    "advertises_set": _marked(Marker.Kind.ADVERTISES_SET),
    "flagged": FLAGGED,
}
"""Each column of a notified address and where it comes from. ``identified`` is the verdict's word on the child."""

ADDRESS_FROM: Final = f"""
FROM (
    SELECT u.url_key, {TOLD_AT} AS sent_at, min(w.decided_at) AS decided_at,
        {GONE} AS gone,
        {OFFLINE} AS offline,
        {GONE_AT} AS gone_at,
        max(u.offline_at) FILTER (WHERE u.state = '{UrlState.OFFLINE.value}') AS offline_at,
        coalesce(sum(u.reappearances) FILTER (WHERE u.follows_id IS NULL), 0) AS reappearances,
        (array_agg(u.id ORDER BY n.route <> {text(Notice.Route.PROVIDER)}, n.told_at, u.id))[1] AS first_id,
        bool_or(EXISTS (SELECT 1 FROM notices_pushback p WHERE p.notice_id = n.id
            AND p.reason IN ({", ".join(map(text, QUESTIONS))}))) AS questioned
    FROM notices_noticeurl u JOIN notices_notice n ON n.id = u.notice_id JOIN review_verdict w ON w.id = u.verdict_id
    WHERE {COUNTS} AND {{which}} GROUP BY u.url_key
) g JOIN notices_noticeurl o ON o.id = g.first_id JOIN notices_notice f ON f.id = o.notice_id
JOIN review_verdict v ON v.id = o.verdict_id
"""
"""``at``: as of which moment. What counts as gone or offline stands in ``notices.notified``; conduct reads it, too."""

PARTS: Final = (
    Part(
        VERDICTS,
        on="u.verdict_id = r.id",
        columns=(
            "category",
            "age_class",
            "identified",
            "straddles",
            "decided_at",
            "children",
            "baseline",
            "self_generated",
        ),
        pointed_to=True,
    ),
    Part(MARKERS, on="u.media_id = r.media_id"),
    Part(FLAGS, on="u.url_key = (SELECT s.url_key FROM matching_sighting s WHERE s.id = r.sighting_id)"),
    Part(
        NOTICES,
        on="u.notice_id = r.id",
        columns=("told_at", "provider_id", "notice_type", "sub_type", "country"),
        pointed_to=True,
    ),
    Part(PUSH_BACKS, on="u.notice_id = r.notice_id"),
    Part(
        URLS,
        on="u.id = r.id",
        columns=(
            "state",
            "removed_at",
            "offline_at",
            "notice_id",
            "verdict_id",
            "reappearances",
            "follows_id",
            "url_key",
            "host",
            "media_id",
        ),
    ),
)
"""All that the above reads and that may change, but kinds of sites: ``folding.hear_of_site_kind`` hears of those."""


# 4. What an address counts in.

ADDRESSES = Rows("addresses", NotifiedAddress)

OPEN = f"r.status = {text(NotifiedAddress.Status.OPEN)}"
REMOVED = f"r.status = {text(NotifiedAddress.Status.REMOVED)}"
AWAY = f"r.status = {text(NotifiedAddress.Status.OFFLINE)}"
CELL = ("r.age_class", "r.category", "r.identified")
SINCE_VERDICT = "r.removed_s + extract(epoch FROM r.sent_at - r.decided_at)::float"
REMOVED_AT = "(r.sent_at + make_interval(secs => r.removed_s))"


def _addresses(name: str, says: str, *by: str, only: str = "", each: bool = False) -> Figure:
    """Notified addresses, of ``only`` some; with ``each`` for each provider apart."""
    provider = "r.provider_id" if each else "0"
    return Figure(name, says, ADDRESSES, where=(only,) if only else (), provider=provider, by=by)


RECORDED: Final = {
    "self_generated": "notified and apparently self-generated, by an answer or a marker (R10)",
    "baseline": "notified and on the Interpol baseline (R30)",
    "live_stream": "notified and recorded from a live stream (R9)",
    "advertises_set": "notified and advertise or point to a set (R17)",
    "flagged": "notified and have terms of a list near them (R18)",
}
"""What is recorded beside a verdict, by the column of an address; each is a figure of its own."""

OF_ADDRESSES: Final[tuple[Figure, ...]] = (
    _addresses("address", "Addresses notified: removed, still there, offline, or gone before the message.", "r.status"),
    _addresses("told", "Addresses notified, by month of the first message.", month("r.sent_at")),
    _addresses("in", "Addresses notified, by country of the host as known then.", "r.country", "r.status"),
    _addresses(
        "kind_year",
        "Addresses notified, by year and type of content.",
        year("r.sent_at"), "r.notice_type", "r.sub_type", "r.status",
    ),
    _addresses("of", "Addresses notified, for each provider.", "r.status", each=True),
    _addresses("of_year", "The same by year.", year("r.sent_at"), "r.status", each=True),
    _addresses("of_asked", "Addresses of which the provider questioned the material.", only="r.questioned", each=True),
    _addresses("of_back", "Addresses that came back after removal.", only="r.reappearances > 0", each=True),
    _addresses("cell", "Addresses notified, by cell of the chart of responses (R53).", *CELL, "r.status"),
    _addresses("cell_asked", "Those of which the provider questioned the material.", *CELL, only="r.questioned"),
    _addresses("cell_between", "Those whose age range straddles two classes.", *CELL, only="r.straddles"),
    _addresses(
        "cell_open",
        "Those still there, by the day of the first message.",
        *CELL, number_of(DAY_S, "r.sent_at"),
        only=OPEN,
    ),
    _addresses(
        "site",
        "Addresses notified, by kind of site and age class (R80).",
        "r.site_kind", "r.age_class", "r.status",
    ),
    _addresses(
        "children",
        "Addresses notified, by how many children are shown, 3 or more as 3 (R77).",
        "least(r.children, 3)", "r.status",
    ),
    *(_addresses(name, f"Addresses that are {says}.", "r.status", only=f"r.{name}") for name, says in RECORDED.items()),
    _addresses("gone", "Addresses removed, by month of the removal.", month(REMOVED_AT), only=REMOVED),
    _addresses("span", "Addresses removed, by time since the first message.", step("r.removed_s"), only=REMOVED),
    _addresses("span_verdict", "Addresses removed, by time since the verdict.", step(SINCE_VERDICT), only=REMOVED),
    _addresses(
        "of_span",
        "Addresses removed, by time since the first message, for each provider.",
        step("r.removed_s", OF_PER_DOUBLING),
        only=REMOVED,
        each=True,
    ),
    _addresses("away", "Addresses offline, by time since the first message.", step("r.removed_s"), only=AWAY),
    _addresses("away_verdict", "Addresses offline, by time since the verdict.", step(SINCE_VERDICT), only=AWAY),
    _addresses(
        "of_away",
        "Addresses offline, by time since the first message, for each provider.",
        step("r.removed_s", OF_PER_DOUBLING),
        only=AWAY,
        each=True,
    ),
    _addresses(
        "open",
        "Addresses still there, by the hour of the first message.",
        number_of(HOUR_S, "r.sent_at"),
        only=OPEN,
    ),
    _addresses(
        "open_verdict",
        "Addresses still there, by the hour of the verdict.",
        number_of(HOUR_S, "r.decided_at"),
        only=OPEN,
    ),
    _addresses(
        "of_open",
        "Addresses still there, by the day of the first message, for each provider.",
        number_of(DAY_S, "r.sent_at"),
        only=OPEN,
        each=True,
    ),
)  # fmt: skip


# 5. What was removed comes back.

RETURNS = Rows("returns", Return, changes=False)

RETURN = Figure(
    "return",
    "What came back after removal, by how (R55), for each provider.",
    RETURNS,
    since="at",
    provider="r.provider_id",
    by=("r.kind",),
)


NOTED: Final = (REPORTS, MATCHES, LOOKS, VERDICTS, MARKERS, FLAGS, NOTICES, MESSAGES, PUSH_BACKS, URLS, RETURNS)
"""The tables whose changes triggers note."""

FIGURES: Final[tuple[Figure | Distinct, ...]] = (
    REPORT, SUSPECTED, LOOK, VERIFIED, NOTICE, WAY, NOTICE_OF, REMINDER, PUSH_BACK, *OF_ADDRESSES, RETURN,
)  # fmt: skip


def counted_of(rows: Rows) -> tuple[Figure, ...]:
    """The figures in which rows of a table count one by one."""
    return tuple(each for each in FIGURES if isinstance(each, Figure) and each.rows is rows)


def distinct_of(rows: Rows) -> tuple[Distinct, ...]:
    """The figures that count what rows of a table speak of."""
    return tuple(each for each in FIGURES if isinstance(each, Distinct) and each.rows is rows)
