"""Tags and filters: instants with their zone, spans, numbers, URLs that no click can open, states with a shape."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from django import template
from django.template import Context
from django.utils import formats
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from orbweaver.assess.criteria import NoticeType
from orbweaver.assess.criteria.model import WordedPart
from orbweaver.assess.linking.selectors import NOWHERE, Hosts
from orbweaver.assess.review.models import Verdict
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.media.models import Media
from orbweaver.doors.web.frame.checks import last_check as check_of
from orbweaver.doors.web.frame.checks import next_step as next_step_of
from orbweaver.doors.web.frame.checks import outcome_words
from orbweaver.doors.web.frame.showing import safe
from orbweaver.doors.web.frame.sorting import Sorting
from orbweaver.doors.web.frame.titles import dated, lead_title, notice_title, title_at, title_of
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.frame.wording import badge_of, in_words
from orbweaver.errors import Message
from orbweaver.fingerprints.turning import Quad
from orbweaver.notify.jurisdictions import Answer, UnknownCountry, kind_of_notice, laws_in, version_of_laws
from orbweaver.notify.jurisdictions import country as country_of
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import warnings_for, why_not_assess, with_rights
from orbweaver.people.machines.selectors import MachineSeen
from orbweaver.platform.clock import now as clock_now
from orbweaver.platform.days import day_in_words
from orbweaver.platform.network.domains import for_people, readable, url_for_people
from orbweaver.platform.network.urls import defang as defang_url

register = template.Library()


def span_in_words(seconds: float) -> str:
    """A span in its largest unit that fits, such as ``3 hours``; under a minute in seconds."""
    whole = max(0, round(seconds))
    days, hours, minutes = whole // 86400, whole // 3600, whole // 60
    if days:
        return ngettext("%(n)s day", "%(n)s days", days) % {"n": formats.number_format(days, force_grouping=True)}
    if hours:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    if minutes:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return ngettext("%(n)d second", "%(n)d seconds", whole) % {"n": whole}


@register.filter
def film_time(seconds: float) -> str:
    """A place in a film, as players show it: ``1:02.5``, ``1:00:02.5``."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    shown = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{shown}" if hours else f"{minutes}:{shown}"


@register.filter
def points(quad: Quad) -> str:
    """The corners of a region for a drawing of 100 by 100."""
    return " ".join(f"{x * 100:.1f},{y * 100:.1f}" for x, y in quad)


@register.filter
def as_number(value: float) -> str:
    """A number for a program, in no language's writing."""
    return repr(value)


def relative(instant: dt.datetime, now: dt.datetime) -> str:
    """How far an instant lies from now, in words."""
    seconds = (now - instant).total_seconds()
    if abs(seconds) < 1:
        return _("now")
    if seconds < 0:
        return _("in %(span)s") % {"span": span_in_words(-seconds)}
    return _("%(span)s ago") % {"span": span_in_words(seconds)}


@register.simple_tag(takes_context=True)
def when(context: Context, instant: dt.datetime | None, now: dt.datetime | None = None) -> SafeString | str:
    """``24 Nov 2026, 14:05 UTC`` with the relative time beside it; a dash for None."""
    if instant is None:
        return "–"
    utc = instant.astimezone(dt.UTC)
    moment = now or context.get("now") or clock_now()
    return format_html(
        '<span class="when"><time datetime="{}">{}</time> <span class="ago">{}</span></span>',
        utc.isoformat(timespec="seconds"),
        f"{day_in_words(utc, _('j M Y'))}, {utc:%H:%M} UTC",
        relative(utc, moment),
    )


@register.filter
def day(value: dt.date | None) -> SafeString | str:
    """``24 Nov 2026``; a dash for None. Of an instant a script shows the reader's own day; a date is all people's."""
    if value is None:
        return "–"
    if not isinstance(value, dt.datetime):
        return day_in_words(value, _("j M Y"))
    utc = value.astimezone(dt.UTC)
    written = utc.isoformat(timespec="seconds")
    return format_html('<time class="day" datetime="{}">{}</time>', written, day_in_words(utc, _("j M Y")))


@register.filter
def whole_day(value: dt.date) -> str:
    """``24 November 2026``, for who reads little of it."""
    return day_in_words(value, _("j F Y"))


@register.filter
def clock(instant: dt.datetime) -> SafeString:
    """``14:05:20 UTC``, for what happens within the hour; a script shows it in the reader's time."""
    utc = instant.astimezone(dt.UTC)
    written = utc.isoformat(timespec="seconds")
    return format_html('<time class="clock" datetime="{}">{}</time>', written, f"{utc:%H:%M:%S} UTC")


@register.filter
def number(value: float | None) -> str:
    """With thousands separators; a dash for None."""
    return "–" if value is None else formats.number_format(value, force_grouping=True)


@register.filter
def percent(value: float | None) -> str:
    """A share from 0 to 1 as ``85 %``; a dash for None."""
    return "–" if value is None else f"{round(value * 100)} %"


@register.filter
def span(seconds: float | None) -> str:
    """Seconds in words with the next smaller unit, such as ``3 hours 12 minutes``; a dash for None."""
    if seconds is None:
        return "–"
    for size, smaller in ((86400, 3600), (3600, 60)):
        if seconds >= size:
            rest = seconds % size
            return f"{span_in_words(seconds)} {span_in_words(rest)}" if rest >= smaller else span_in_words(seconds)
    return span_in_words(seconds)


@register.filter
def short_span(seconds: float | None) -> str:
    """Seconds in two units in short, such as ``1 d 6 h``, ``10 h 02 min`` or ``45 s``; a dash for None."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    days, hours, minutes = whole // 86400, whole % 86400 // 3600, whole % 3600 // 60
    if days:
        return _("%(d)d d %(h)d h") % {"d": days, "h": hours}
    if hours:
        return _("%(h)d h %(m)02d min") % {"h": hours, "m": minutes}
    return _("%(m)d min") % {"m": minutes} if minutes else _("%(s)d s") % {"s": whole}


@register.filter
def country(code: str) -> str:
    """The short name of a country by its code; “unknown” is said as it is."""
    if not code or code == "unknown":
        return _("unknown")
    try:
        return _(country_of(code).name)
    except UnknownCountry:
        return code


@register.filter
def defang(url: str) -> str:
    """``hxxps://example[.]org/…``: nothing on screen opens what it names; both forms of an international host."""
    return url_for_people(url) if url else ""


@register.simple_tag
def host_name(host: str) -> SafeString:
    """A host as people write it, with its ASCII form beside it where that is another one; nothing opens it."""
    shown = readable(host)
    if shown == host:
        return format_html("{}", defang_url(host))
    return format_html('{} <span class="quiet small nowrap">{}</span>', defang_url(shown), defang_url(host))


@register.filter
def shown_safely(text: str) -> str:
    """Words of others, with no address that a click could open and no link that answers a notice."""
    return safe(text)


@register.simple_tag
def age_class_words(name: str, first: int, last: int) -> str:
    """An age class with its years by some version of the criteria, such as ``Pubescent (9 to 12)``."""
    labels = {
        "prepubescent": _("Prepubescent (%(first)d to %(last)d)"),
        "pubescent": _("Pubescent (%(first)d to %(last)d)"),
        "post_pubescent": _("Post-pubescent (%(first)d to %(last)d)"),
    }
    return labels[name] % {"first": first, "last": last}


@register.simple_tag
def item_title(mime: str, hosts: Iterable[str], since: dt.datetime) -> str:
    """How a person says which item is meant (``frame.titles``)."""
    return title_of(mime, hosts, since)


@register.simple_tag
def media_title(media: Media, hosts: Hosts = NOWHERE) -> str:
    """How a person says which picture or video of a series is meant; without ``hosts``, by its day alone."""
    return title_at(media.mime, hosts.first, hosts.count, media.first_seen_at)


@register.filter
def title_of_notice(notice: Notice) -> str:
    """How a person says which notice is meant; needs its provider."""
    whom = notice.provider.name if notice.provider else for_people(notice.host)
    return notice_title(whom, notice.first_sent_at or notice.created_at)


@register.filter
def title_of_machine(machine: MachineSeen) -> str:
    """How a person says which machine is meant: by what it calls itself, which one that never joined does not."""
    return machine.name or dated(_("Machine"), machine.invited_at)


@register.filter
def since_day(what: str, since: dt.datetime) -> str:
    """How a person says which of its kind is meant, where it has no name: since which day it is here."""
    return dated(what, since)


@register.filter
def title_of_lead(lead: Lead) -> str:
    """How a person says which lead is meant."""
    return lead_title(for_people(urlsplit(lead.url).hostname or lead.url), lead.created_at)


@register.simple_tag
def column(sorting: Sorting | str, name: str, label: str, kind: str = "") -> SafeString:
    """The heading of a column by which the table can be ordered; where it cannot, the words alone."""
    of_kind = format_html(' class="{}"', kind) if kind else ""
    if not isinstance(sorting, Sorting):
        return format_html('<th scope="col"{}>{}</th>', of_kind, label)
    found = sorting.heading(name)
    state = format_html(' aria-sort="{}"', found.sorted) if found.sorted else ""
    return format_html('<th scope="col"{}{}><a href="{}">{}</a></th>', of_kind, state, found.address, label)


@register.inclusion_tag("web/frame/parts/rights.html", takes_context=True)
def rights(context: Context) -> dict[str, Any]:
    """What keeps the person from assessing today, or will within thirty days."""
    person = with_rights(context["request"].user)
    moment = clock_now()
    why_not = why_not_assess(person, moment) if person.may(Permission.ITEM_ASSESS) else None
    return {"why_not": why_not, "warnings": warnings_for(person, moment)}


@register.inclusion_tag("web/frame/parts/ask_for_review.html", takes_context=True)
def ask_for_review(context: Context, notice: Notice) -> dict[str, Any]:
    """Links to ask for a review of the verdicts that a notice rests on, for those who may; the first twenty."""
    person = context["request"].user
    if not person.may(Permission.APPEAL_OPEN):
        return {"verdicts": []}
    verdicts = Verdict.objects.filter(notice_urls__notice=notice).distinct().order_by("pk").prefetch_related("appeals")
    return {"verdicts": verdicts[:20]}


LAW: Final[dict[Answer, str | Promise]] = {
    Answer.YES: gettext_lazy("To distribute it is an offence"),
    Answer.NO: gettext_lazy("To distribute it is no offence"),
    Answer.UNKNOWN: gettext_lazy("Not known here"),
}
"""What national law says of a kind of material, in words."""


@register.inclusion_tag("web/frame/parts/national_law.html")
def national_law(code: str, notice: Notice | None = None) -> dict[str, Any]:
    """What the law of a country says (R67), of the kind of a notice or of every kind. It changes nothing anywhere."""
    try:
        found = list(laws_in(code))
    except UnknownCountry:
        return {"code": code, "rows": []}
    if notice is not None:
        kind = kind_of_notice(NoticeType(notice.notice_type), notice.sub_type)
        found = [each for each in found if each.kind == kind]
    rows = [(in_words("csam") if each.kind == "csam" else each.kind, each, LAW[each.illegal]) for each in found]
    return {"code": code, "rows": rows, "version": version_of_laws()}


@register.filter
def short_words(value: str) -> str:
    """A category in a word or two, where there is little room."""
    labels = {"csam": _("Abuse material"), "csam_related": _("Related"), "other_harmful": _("Other harmful")}
    return labels.get(value) or in_words(value)


@register.simple_tag
def principles(part: WordedPart) -> SafeString:
    """The numbers of the principles that a part of the criteria rests on, each a link down the page."""
    links = format_html_join(" ", '<a href="#principle-{}">{}</a>', ((number, number) for number in part.principles))
    return format_html('<span class="quiet small principles">({})</span>', links)


@register.filter
def dictsort_values(facts: Iterable[str]) -> list[str]:
    """The facts of a need, always in the same order."""
    return sorted(facts)


@register.filter
def outcome(code: str) -> str:
    """What a check said, in words."""
    return outcome_words(code)


@register.filter
def last_check(url: NoticeUrl) -> str:
    """What the last check of an address said, where its state does not tell."""
    return check_of(url)


@register.filter
def next_step(url: NoticeUrl) -> str:
    """What a person should do about an address now."""
    return next_step_of(url)


@register.filter
def words(value: Any) -> str:
    """A code (role, category, state, kind) in words."""
    return in_words(str(value)) if value not in (None, "") else "–"


@register.filter
def translated(message: Message | None) -> str:
    """What the rules or services say, in the language of the page; nothing for None."""
    return in_language(message) if message else ""


@register.filter
def catalogued(text: str) -> str:
    """A text of the criteria in the language of the page. One that no catalogue knows stays as it is."""
    return _(text) if text else ""


@register.inclusion_tag("web/frame/parts/badge.html")
def badge(state: str, text: str = "") -> dict[str, str]:
    """A state as word and shape, never colour alone."""
    tone, shape = badge_of(state)
    return {"tone": tone, "shape": shape, "text": text or in_words(state)}


@register.filter
def unlocalized(value: float) -> str:
    """A number for a drawing: a point, never a comma, in every language."""
    return f"{value:g}"
