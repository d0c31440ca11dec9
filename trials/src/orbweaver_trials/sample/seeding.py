"""What is in the sample: a month of a small hotline, through the services that the system itself uses.

The clock is that of the machine; what happened earlier is given earlier instants. Pictures are drawn by code.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orbweaver.account_for.transparency.folding import keep_up
from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.linking.marking import set_marker
from orbweaver.assess.linking.models import Marker
from orbweaver.assess.linking.sightings import link, note
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.services import open_items, record_assessment, take
from orbweaver.assess.series.rules import LinkReason, Position
from orbweaver.assess.series.services import add_victim, link_item, open_series
from orbweaver.assess.terms.models import WatchTerm
from orbweaver.assess.terms.services import import_terms, watch_for
from orbweaver.detect.crawl.models import Site
from orbweaver.detect.crawl.services import add_lead, count
from orbweaver.detect.crawl.site_settings import By, set_kind, sites_named
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.handovers import SightingsRecorded
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.rules import Hit
from orbweaver.detect.matching.services import Finding, PageContext, record_findings
from orbweaver.detect.media.models import Media
from orbweaver.fingerprints import fingerprint
from orbweaver.follow.recheck.leasing import lease_due
from orbweaver.follow.recheck.recording import record_observation
from orbweaver.follow.recheck.rules import CheckOutcome, Judgement
from orbweaver.follow.survivors.age_proofs import Brought, bring
from orbweaver.follow.survivors.models import AgeProof, Request
from orbweaver.follow.survivors.services import Asked, ask
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.rules import Action, PushBackReason
from orbweaver.notify.notices.sending.outbox import send_due
from orbweaver.notify.notices.sending.reminders import queue_reminders
from orbweaver.notify.notices.services import answer_notice, issue_notices
from orbweaver.notify.providers.editing import add_link
from orbweaver.notify.providers.models import Provider
from orbweaver.notify.providers.services import add_contact, add_provider, link_organisation
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.accounts.services import (
    create_organisation,
    create_person,
    create_setup_link,
    record_training,
    use_setup_link,
)
from orbweaver.people.audit.services import seal_events
from orbweaver.platform.clock import now as clock
from orbweaver_trials.demo.pictures import edited
from orbweaver_trials.sample import further
from orbweaver_trials.sample.people import ADMINISTRATOR, PASSWORD, SIGN_INS

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
FOUND = Answers(True, True, Category.CSAM, 5, 7)
OLDER = Answers(True, True, Category.CSAM_RELATED, 12, 14)


@dataclass(frozen=True)
class Host:
    """A provider of the sample, and what it does with notices."""

    name: str
    country: str
    domain: str
    mailbox: str
    removes_after: dt.timedelta | None = None
    answers: tuple[str, str] | None = None
    """Action and, for an objection, its reason."""


OBJECTS = (Action.PUSH_BACK, PushBackReason.NOT_A_CHILD)
HOSTS = (
    Host("Lakeside Hosting", "CA", "images.example", "abuse@lakeside.example", 5 * HOUR, (Action.REMOVED, "")),
    Host("Northern Files", "NL", "files.example", "abuse@northern.example", 3 * DAY),
    Host(
        "Harbour Cloud",
        "US",
        "harbour.example",
        "abuse@harbour.example",
        None,
        (Action.PUSH_BACK, PushBackReason.NOT_A_CHILD),
    ),
    Host("Slow Server", "FR", "slow.example", "abuse@slow.example"),
    Host("Silent Rooms", "DE", "silent.example", ""),
)
"""One that removes at once, one in days, one that objects, one that does nothing, and one that nobody can write to."""

CLIENT = "Harbour Cloud"
"""The provider whose people see its notices and answer them by page."""

DAYS_AGO = (24, 9, 3)
"""When something was found at each of them."""


def seed() -> None:
    """All of it; takes some seconds. Models must be usable and the database empty."""
    now = clock()
    client = create_organisation(name=CLIENT, kind="industry", country="US")
    people = _people(client, now - 30 * DAY)
    _providers(client, now - 30 * DAY)
    picture = _Pictures()
    analysts = [people["analyst@sample.example"], people["second-analyst@sample.example"]]
    for days in DAYS_AGO:
        _a_day(now - days * DAY, picture, analysts)
    media = [item.media for item in ReviewItem.objects.filter(state=ReviewItem.State.DECIDED).select_related("media")]
    _series(media[:4], people["everything@sample.example"], now)
    _sources(now)
    _further(picture, analysts, client, people["everything@sample.example"], now)
    _what_waits(picture, analysts, now)
    _kinds_of_sites(now)
    _survivors(now)
    _urgent(people["analyst@sample.example"], now)
    while link(now):
        pass
    keep_up()
    seal_events()


def _people(client: Organisation, now: dt.datetime) -> dict[str, User]:
    """Somebody for every role; all that assess are trained, and who answers for industry is of the provider's own."""
    admin = use_setup_link(
        create_setup_link(now) or "",
        email=ADMINISTRATOR,
        display_name="Administrator",
        password=PASSWORD,
        organisation="Sample Hotline",
        country="CA",
        at=now,
        now=now,
    )
    people = {ADMINISTRATOR: admin}
    for email, roles in SIGN_INS.items():
        if email == ADMINISTRATOR:
            continue
        name = email.partition("@")[0].replace("-", " ").capitalize()
        people[email] = create_person(
            email=email,
            display_name=name,
            organisation=client if roles == (Role.INDUSTRY_CLIENT,) else admin.organisation,
            roles=list(roles),
            password=PASSWORD,
            by=admin,
            now=now,
        )
        record_training(people[email], "Sexual maturation, sample", now.date())
    return people


def _providers(client: Organisation, now: dt.datetime) -> None:
    rows = {}
    for host in HOSTS:
        rows[host.domain] = add_provider(host.name, country=host.country, domains=[host.domain], now=now)
        if host.mailbox:
            add_contact(rows[host.domain], host.mailbox, now=now)
    link_organisation(next(rows[host.domain] for host in HOSTS if host.name == CLIENT), client, now=now)
    upstream = add_provider("Backbone Networks", country="DE", kind=Provider.Kind.NETWORK, now=now)
    add_contact(upstream, "abuse@backbone.example", now=now)
    add_link(rows["silent.example"], upstream, "upstream", now=now)


class _Pictures:
    """Finds one after the other, as the crawler does: ``picture("images.example", at)`` gives the item in the queue."""

    def __init__(self) -> None:
        self._seeds = itertools.count(500)
        self.found_at: dict[str, dt.datetime] = {}
        """URL → when the picture was found there."""

    def __call__(
        self,
        domain: str,
        at: dt.datetime,
        *,
        seed: int | None = None,
        edit: str = "copy",
        identified: bool = False,
        near: bool = False,
        report: int | None = None,
    ) -> ReviewItem:
        seed = next(self._seeds) if seed is None else seed
        body = edited(seed, edit)
        prints = fingerprint(body)
        kind = "pdq" if near else "sha256"
        value = bytes.fromhex(f"{seed:064x}") if near else prints.sha256
        known = get_or_create_list("National list", "NCMEC", at)
        row = EntryRow(kind, value, "csam", "identified" if identified else "unidentified", "Lake", "NCMEC", False)
        upsert_entries(known, [row], at)
        hit = Hit(known.entries.get(hashes__kind=kind, hashes__value=value).hashes.get().pk, kind, 9 if near else 0)
        page = PageContext(
            url=f"https://forum.{domain}/thread/{seed}",
            title="Pictures from the lake – page 2",
            alt="a lake with boats",
            before="Here are the others from the same day.",
            after="Does anybody have the full set?",
        )
        origin = Sighting.Origin.REPORT if report else Sighting.Origin.CRAWL
        url = f"https://{domain}/albums/{seed}/{edit}.jpg"
        self.found_at[url] = at
        finding = Finding(url, "192.0.2.1", body, prints, [hit], page, origin, report)
        sightings = record_findings([finding], at)
        note(SightingsRecorded(sightings, at))
        (item,) = open_items(sightings, at)
        return item


def _assess(item: ReviewItem, by: Iterable[User], answers: Answers, at: dt.datetime) -> None:
    for analyst in by:
        held = take(item.public_id, analyst, at)
        record_assessment(item.public_id, analyst, answers, held.version, at)


def _a_day(day: dt.datetime, picture: _Pictures, analysts: list[User]) -> None:
    """Two finds at each provider, both assessed, notices out, and what providers do in the days after."""
    count(pages=4_000, images=52_000, failures=130, size=9 * 2**30, now=day)
    for host in HOSTS:
        for answers in (FOUND, OLDER):
            _assess(picture(host.domain, day), analysts, answers, day + HOUR)
    issue_notices(day + HOUR)
    send_due(lambda: day + HOUR)
    for hours in (2, 6, 30, 54, 78):
        moment = day + hours * HOUR
        if moment >= clock():
            break
        _providers_act(day, moment)
        _check(picture.found_at, moment)
        queue_reminders(moment)
        send_due(lambda moment=moment: moment)  # type: ignore[misc]  # bound now


def _providers_act(day: dt.datetime, moment: dt.datetime) -> None:
    """Some answer, once."""
    for host in HOSTS:
        if host.answers is None:
            continue
        action, reason = host.answers
        for notice in Notice.objects.filter(provider__name=host.name, created_at__gte=day, replies=None):
            answer_notice(notice.pk, action, reason, moment, comment="")


def _check(found_at: Mapping[str, dt.datetime], moment: dt.datetime) -> None:
    """The check of every URL that is due: gone where its host has removed it by then."""
    removes = {host.domain: host.removes_after for host in HOSTS}
    for due in lease_due(moment, 200):
        after = removes[due.site.partition(":")[0]]
        gone = after is not None and moment >= found_at[due.url] + after
        judgement = Judgement(CheckOutcome.GONE if gone else CheckOutcome.PRESENT, distance=None if gone else 0)
        record_observation(due, judgement, status=404 if gone else 200, at=moment)


def _series(media: Sequence[Media], by: User, now: dt.datetime) -> None:
    series = open_series("Lake with boats", by=by, now=now - DAY)
    add_victim(series, "the older child", 8, 10, by=by, now=now - DAY)
    for medium, position in zip(media, Position, strict=False):
        link_item(series, medium, reason=LinkReason.PLACE, position=position, by=by, now=now - DAY)
    open_series("Red boat, no place known", by=by, now=now - 2 * DAY)


def _sources(now: dt.datetime) -> None:
    """Leads, reports, lists of terms and a watch term."""
    for name in ("forum", "board", "album"):
        add_lead(f"https://{name}.images.example/", source="operator", note="Sample", now=now - DAY)
    for number in range(3):
        submit_report(f"https://report.example/{number}", source=Report.Source.PUBLIC, comment="Seen today.", now=now)
    import_terms(
        b"term\nholiday album\nfull set\n",
        "terms.csv",
        name="Sample terms",
        language="en",
        supplier="Sample",
        by=None,
        now=now,
    )
    watch_for("mary of the lake", WatchTerm.Kind.NAME, "Request 17", by=None, now=now)


def _further(picture: _Pictures, analysts: list[User], client: Organisation, by: User, now: dt.datetime) -> None:
    """One of each thing that a hotline has few of."""
    further.host_with_a_form(now - 9 * HOUR)
    _assess(picture(further.BY_FORM, now - 8 * HOUR), analysts, FOUND, now - 7 * HOUR)
    issue_notices(now - 6 * HOUR)
    send_due(lambda: now - 6 * HOUR)
    further.an_answer_by_mail(now)
    further.a_list_by_page(by, now)
    further.an_exchange(by, now)
    further.a_machine(now)
    further.a_key(client, now)
    further.a_draft_of_criteria(by, now)


def _what_waits(picture: _Pictures, analysts: list[User], now: dt.datetime) -> None:
    """The queue: exact and near matches, one of somebody identified, look-alikes, one that is half assessed."""
    for hours in (1, 4, 20):
        picture("images.example", now - hours * HOUR)
    picture("files.example", now - 2 * HOUR, near=True)
    picture("files.example", now - 3 * HOUR, identified=True)
    for edit in ("copy", "mirrored", "reencoded"):
        picture("harbour.example", now - 5 * HOUR, seed=700, edit=edit)
    _assess(picture("slow.example", now - 6 * HOUR), analysts[:1], FOUND, now - HOUR)
    _assess(picture("slow.example", now - 7 * HOUR), analysts, FOUND, now - HOUR)
    issue_notices(now)  # waits in the outbox


def _kinds_of_sites(now: dt.datetime) -> None:
    """Forums link to pictures at two image hosts, a file host and an adult site."""
    kinds = {"images": Site.Kind.IMAGE_HOST, "harbour": Site.Kind.IMAGE_HOST, "files": Site.Kind.FILE_HOST}
    for host in HOSTS:
        name = host.domain.partition(".")[0]
        for address, kind in (
            (host.domain, kinds.get(name, Site.Kind.ADULT)),
            (f"forum.{host.domain}", Site.Kind.FORUM),
        ):
            set_kind(sites_named(address)[0], kind, by=By(), now=now)


def _survivors(now: dt.datetime) -> None:
    """A child asks about a picture that was seen, an adult about words, and somebody brings proof of their age."""
    seen, decided = (
        ReviewItem.objects.filter(state=state).order_by("pk")[0].sightings.all()[0].url
        for state in (ReviewItem.State.WAITING, ReviewItem.State.DECIDED)
    )
    child = Asked(
        Request.Capacity.CHILD, Request.Aim.PICTURE, at_risk=False, urls=[seen], words="It is me. Please take it away."
    )
    adult = Asked(
        Request.Capacity.ADULT,
        Request.Aim.TEXT,
        at_risk=False,
        urls=["https://forum.slow.example/threads/17"],
        words="They write my name and where I work below every picture.",
        safe_contact="Signal, weekdays before noon",
    )
    ask(child, now - 5 * HOUR)
    ask(adult, now - DAY)
    bring(Brought(AgeProof.BroughtBy.PERSON, decided, "I was 23. My passport shows when I was born."), now - 2 * DAY)


def _urgent(analyst: User, now: dt.datetime) -> None:
    """Somebody who can reach a child: one referral that the liaison has not taken yet."""
    item = ReviewItem.objects.filter(state=ReviewItem.State.DECIDED).select_related("media").order_by("-pk")[0]
    words = "He writes that the child stays with him every weekend."
    set_marker(item.media, Marker.Kind.ACCESS_TO_CHILD, words, item=item, by=analyst, now=now - HOUR)
