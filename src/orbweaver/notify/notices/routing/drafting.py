"""From verdicts to drafts: which URLs, grouped by whom to tell. Writes nothing, so that previews take this way too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from orbweaver.assess.criteria import AgeClass, NoticeType, current_version, on_one_place
from orbweaver.assess.criteria.model import AgeBand
from orbweaver.assess.governance.selectors import version
from orbweaver.assess.review.models import Verdict
from orbweaver.detect.crawl.queries import QUERIES, is_query_page
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.matching.models import Match, Sighting
from orbweaver.notify.jurisdictions import duty_note, version_of_duties
from orbweaver.notify.notices.letters.addressee import mail_address
from orbweaver.notify.notices.letters.letter import Hotline, Letter, LetterUrl, Preservation, numbered
from orbweaver.notify.notices.letters.tokens import answer_address, answer_url
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.repeating import interval_of, reminder_policy
from orbweaver.notify.notices.routing.router import Route, Router
from orbweaver.notify.notices.routing.rules import deadline
from orbweaver.notify.notices.routing.settings import RoutingSettings
from orbweaver.notify.notices.rules import GROUNDS, MAX_URLS, NoticeState, OutboxState, is_identified
from orbweaver.notify.providers.channel_kinds import is_by_hand
from orbweaver.notify.providers.selectors import clause_for
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.network.domains import registrable_domain
from orbweaver.platform.network.urls import parse
from orbweaver.platform.settings import PlatformSettings

IDENTIFIED = "identified"
CLASSES_WITH_ACT = ("a1", "a2", "b1", "b2")


@dataclass
class Draft:
    """A notice and its URLs, not saved."""

    notice: Notice
    urls: list[NoticeUrl] = field(default_factory=list)


def urls_of(verdict: Verdict, place: Sighting | None = None) -> list[NoticeUrl]:
    """A row, not saved, for each distinct URL among the item's sightings: a verdict covers no others (R32).

    ``place`` is the one alone that a verdict would be about which is not given yet.
    """
    sightings = [place] if place else list(verdict.item.sightings.order_by("first_seen_at", "pk"))
    matched, act = _matched(sightings)
    rows: dict[bytes, NoticeUrl] = {}
    for sighting in sightings:
        fresh = _row(verdict, sighting, act, matched=sighting.pk in matched)
        row = rows.setdefault(bytes(fresh.url_key), fresh)
        if fresh.seen_at > row.seen_at:  # where addresses are signed anew, the older one may have ended
            row.url = fresh.url
        row.seen_at = max(row.seen_at, sighting.last_seen_at)
        page = ascii_form(sighting.page_url) if sighting.page_url else ""
        if page and page not in (row.url, *row.pages) and not is_query_page(page):
            row.pages.append(page)
    return list(rows.values())


def _row(verdict: Verdict, sighting: Sighting, act: str, *, matched: bool) -> NoticeUrl:
    found_by = "hash_match" if matched else "user_report" if sighting.report_id else "manual_review"
    on_page = on_one_place(verdict.sub_type) and _is_linked_from_elsewhere(sighting)
    return NoticeUrl(
        verdict=verdict,
        media_id=verdict.media_id,
        url=ascii_form(sighting.page_url if on_page else sighting.url),
        url_key=bytes(sighting.page_url_key if on_page else sighting.url_key),
        host=parse(sighting.page_url).host if on_page else sighting.host,
        address=None if on_page else sighting.address,
        pages=[],
        queries_version=QUERIES.version(),
        detection=found_by,
        act=act,
        seen_at=sighting.last_seen_at,
    )


def _is_linked_from_elsewhere(sighting: Sighting) -> bool:
    """Whether a page shows a picture that lies with somebody else.

    Where the context harms, it is the page's: whoever hosts a family album has nothing to do with the forum that shows
    its picture.
    """
    if not sighting.page_url or is_query_page(sighting.page_url):
        return False
    page = parse(sighting.page_url).host
    return (registrable_domain(page) or page) != (registrable_domain(sighting.host) or sighting.host)


def _matched(sightings: Sequence[Sighting]) -> tuple[set[int], str]:
    """The numbers of those that matched, and the digit of A1 to B2 that suppliers give these very bytes; "" when none
    does or they differ.

    Copies never inherit a class (R28), so perceptual matches do not count.
    """
    rows = Match.objects.filter(sighting__in=sightings).order_by()
    matches = list(rows.values_list("sighting_id", "exact", "entry__state", "entry__classification"))
    digits = {
        classification[1]
        for _, exact, state, classification in matches
        if exact and state != HashListEntry.State.WITHDRAWN and classification in CLASSES_WITH_ACT
    }
    return {each[0] for each in matches}, digits.pop() if len(digits) == 1 else ""


def ascii_form(url: str) -> str:
    """The exact URL when it can stand in a mail as it is, else its normal form."""
    plain = url.isascii() and url.isprintable() and " " not in url
    return url if plain else parse(url).normal


def drafts_for(urls: Iterable[NoticeUrl], now: dt.datetime, *, router: Router | None = None) -> list[Draft]:
    """The URLs as notices: one for each contact, route, country, type and sub-type, of at most ``MAX_URLS``.

    The leading draft of a URL has the row itself; another one (a CDN beside the origin) has a row that follows it, and
    comes later in the list.
    """
    router = router or Router()
    leading: dict[tuple[object, ...], list[Draft]] = {}
    further: dict[tuple[object, ...], list[Draft]] = {}
    for url in urls:
        verdict = url.verdict
        first, *others = router.routes(url.host, url.address, verdict.notice_type, verdict.sub_type)
        _into(leading, first, url, now)
        for route in others:
            _into(further, route, follower_of(url), now)
    found = [draft for drafts in (leading, further) for same in drafts.values() for draft in same]
    for draft in found:
        draft.notice.identified = is_identified(url.verdict.identified == IDENTIFIED for url in draft.urls)
    return found


def _into(drafts: dict[tuple[object, ...], list[Draft]], route: Route, url: NoticeUrl, now: dt.datetime) -> None:
    same = drafts.setdefault((route.key, url.verdict.notice_type, url.verdict.sub_type), [])
    if not same or len(same[-1].urls) >= MAX_URLS:
        same.append(Draft(notice_on(route, url.verdict, now)))
    same[-1].urls.append(url)


def follower_of(url: NoticeUrl) -> NoticeUrl:
    """Another row about the same place, not saved, for a second notice about it."""
    return NoticeUrl(
        follows=url.follows or url,
        verdict=url.verdict,
        media=url.media,
        url=url.url,
        url_key=bytes(url.url_key),
        host=url.host,
        address=url.address,
        pages=list(url.pages),
        queries_version=url.queries_version,
        detection=url.detection,
        act=url.act,
        seen_at=url.seen_at,
        state=url.state,
    )


def notice_on(route: Route, verdict: Verdict, now: dt.datetime) -> Notice:
    """A notice of a verdict's type on this route, not saved."""
    is_referral = route.kind == Notice.Route.REFERRAL
    return Notice(
        route=route.kind,
        deadline_at=deadline(now, RoutingSettings.current().referral_deadline_hours) if is_referral else None,
        hotlines_version=route.hotlines_version,
        country=route.country,
        provider=route.provider,
        contact=route.contact,
        host=route.host,
        notice_type=verdict.notice_type,
        sub_type=verdict.sub_type,
        state=NoticeState.HELD.value if route.held_reason else NoticeState.OPEN.value,
        held_reason=route.held_reason,
        created_at=now,
    )


def letter_for(notice: Notice, urls: Iterable[NoticeUrl], now: dt.datetime) -> Letter:
    """The letter of the notice's next occasion about these URLs (with their verdicts and media at hand)."""
    provider = notice.provider
    interval = interval_of(notice.told_of_it_since(), now)
    return Letter(
        reference=notice.public_id,
        occasion=notice.occasions,
        notice_type=notice.notice_type,
        sub_type=notice.sub_type,
        composed_at=now,
        first_sent_at=notice.reached_at or notice.first_sent_at or notice.created_at,
        respond_by=now + interval,
        reminder_hours=interval / dt.timedelta(hours=1),
        to_address=mail_address(notice.contact),
        provider_name=provider.name if provider else notice.host,
        reduced=provider.reduced_notices if provider else False,
        clause=clause_for(provider, GROUNDS[(notice.notice_type, notice.sub_type)]) if provider else "",
        terms_url=provider.terms_url if provider else "",
        answer_url=answer_url(notice.public_id),
        hotline=Hotline(
            HotlineSettings.current().hotline_name,
            HotlineSettings.current().hotline_domain,
            HotlineSettings.current().hotline_contact,
            HotlineSettings.current().hotline_country,
        ),
        demonstration=PlatformSettings.current().demonstration,
        urls=numbered([_letter_url(url) for url in urls]),
        language=notice.contact.language if notice.contact else "en",
        route=notice.route,
        unheard=unheard(notice),
        about=_about(notice),
        parent_first_sent_at=notice.parent.told_at if notice.parent else None,
        deadline_at=notice.deadline_at,
        country=notice.country,
        duty=duty_note(notice.country, NoticeType(notice.notice_type)),
        duties_version=version_of_duties(),
        cadence_version=reminder_policy().version,
        preservation=_preservation(notice.route),
        reply_to=answer_address(notice.public_id),
        newly_identified=notice.news_at is not None,
        by_hand=notice.contact is not None and is_by_hand(notice.contact.channel),
    )


def unheard(notice: Notice) -> int:
    """How many messages of a notice are known not to have reached anybody."""
    if notice._state.adding:
        return 0
    lost = (OutboxState.BOUNCED, OutboxState.REFUSED, OutboxState.CANCELLED)
    return notice.messages.filter(push_back=None, number__lt=notice.occasions, state__in=lost).count()


def _about(notice: Notice) -> str:
    """The provider that hosts what another than it is told of."""
    parent = notice.parent
    return parent.provider.name if parent and parent.provider and notice.route != Notice.Route.PROVIDER else ""


def _preservation(route: str) -> Preservation | None:
    """Asked of those who have the material alone: a registrar has nothing to keep, a hotline its own procedures."""
    if route not in (Notice.Route.PROVIDER, Notice.Route.CDN):
        return None
    settings = RoutingSettings.current()
    days, basis = settings.notice_preservation_days, settings.notice_preservation_basis
    return Preservation(days, basis) if days and basis else None


def _letter_url(url: NoticeUrl) -> LetterUrl:
    verdict, media = url.verdict, url.media
    # R32: what harms in sub-type b is the context, so nothing that acts on the picture elsewhere is given out.
    shares_hashes = not on_one_place(verdict.sub_type)
    return LetterUrl(
        url=url.url,
        pages=tuple(url.pages),
        host=url.host,
        address=url.address,
        seen_at=url.seen_at,
        identified=verdict.identified == IDENTIFIED,
        age_class=verdict.age_class,
        baseline=verdict.baseline,
        act=url.act,
        detection=url.detection,
        sha256=bytes(media.sha256).hex() if shares_hashes else "",
        sha1=bytes(media.sha1).hex() if shares_hashes else "",
        md5=bytes(media.md5).hex() if shares_hashes else "",
        mime=media.mime,
        reasons=tuple(verdict.reasons),
        criteria_version=verdict.criteria_version,
        age_band=_age_band(verdict),
    )


def _age_band(verdict: Verdict) -> AgeBand | None:
    """The years of the verdict's age class by its own criteria; None for those that come with the program."""
    if not verdict.age_class or verdict.criteria_version == current_version():
        return None
    return version(verdict.criteria_version).age_class(AgeClass(verdict.age_class))
