"""Notices on the desk: their state, what was said and answered, the exact message, objections, the pause."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy
from django.views.decorators.http import require_GET, require_POST

from orbweaver.doors.web.desk.answers import MEANINGS
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.checks import situation_words
from orbweaver.doors.web.frame.pages import BarePaginator
from orbweaver.doors.web.frame.showing import safe, shown
from orbweaver.doors.web.frame.sorting import Column, Sorting
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.frame.wording import in_words
from orbweaver.follow.escalation.rules import StepRoute
from orbweaver.follow.escalation.selectors import steps_of
from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.follow.recheck.rules import TOLD_NOTHING
from orbweaver.follow.recheck.saying import SayingKind
from orbweaver.follow.recheck.selectors import (
    Instead,
    in_situation,
    notices_by_situation,
    sayings_of,
    shown_instead,
)
from orbweaver.follow.recheck.services import check_soon
from orbweaver.follow.recheck.services import say as say_of
from orbweaver.follow.recheck.situations import Situation
from orbweaver.notify.notices import services
from orbweaver.notify.notices.handovers import RecheckWanted
from orbweaver.notify.notices.models import (
    BY_HAND,
    Bounce,
    HandoverFailure,
    Notice,
    NoticeUrl,
    OutboxMessage,
    PushBack,
    Reply,
    SendingSwitch,
    SubmittedReport,
)
from orbweaver.notify.notices.rules import DONE_WITH, NoticeState, UrlState
from orbweaver.notify.notices.selectors import unread
from orbweaver.notify.providers.models import HostOrigin
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now
from orbweaver.platform.languages import choices
from orbweaver.platform.network.domains import url_for_people

PAGE = 50
OBJECTIONS_SHOWN = 20
REMINDERS_SHOWN = 10
SUBMITTED_SHOWN = 20
ANSWERS_SHOWN = 50
FIRST_STEPS, LAST_STEPS = 3, 12
COLUMNS = {
    "notice": Column(("pk",), falls=True),
    "provider": Column(("provider__name", "host")),
    "type": Column(("notice_type", "sub_type")),
    "sent": Column(("first_sent_at",), falls=True),
    "messages": Column(("occasions",), falls=True),
    "state": Column(("state",)),
}
"""By what the table of notices can be ordered: what stands in the notice itself."""


_SAYINGS = {
    SayingKind.GONE: gettext_lazy("%(name)s looked at an address: it is gone"),
    SayingKind.THERE: gettext_lazy("%(name)s looked at an address: it is still there"),
}


@dataclass(frozen=True)
class Step:
    """One thing that happened to a notice."""

    at: dt.datetime | None
    text: str
    more: str = ""


def notice_rows() -> QuerySet[Notice]:
    """Notices, newest first: how many addresses each is about, how many are gone, of how many checks cannot tell."""
    gone = Count("urls", filter=Q(urls__state=UrlState.REMOVED))
    untold = Count("urls", filter=Q(urls__target__outcome__in=TOLD_NOTHING) & ~Q(urls__state__in=DONE_WITH))
    rows = Notice.objects.select_related("provider")
    return rows.annotate(url_count=Count("urls"), gone_count=gone, untold_count=untold).order_by("-pk")


@require_GET
@needs(Permission.NOTICE_READ)
def notices(request: SignedInRequest) -> HttpResponseBase:
    """All notices, or those of one state; above them what wants a person's attention."""
    counts = dict(Notice.objects.order_by().values_list("state").annotate(n=Count("*")))
    state = request.GET.get("state", "")
    rows = Notice.objects.order_by("-pk")
    if state in {each.value for each in NoticeState}:
        rows = rows.filter(state=state)
    check = request.GET.get("check", "")
    offline = NoticeUrl.objects.filter(state=UrlState.OFFLINE)
    if check == UrlState.OFFLINE:
        rows = rows.filter(pk__in=offline.values("notice"))
    elif check in set(Situation):
        rows = rows.filter(pk__in=in_situation(Situation(check)).values("notice_url__notice"))
    sorting = Sorting.of(request, COLUMNS, {"state": state, "check": check})
    context = {
        "page": BarePaginator(sorting.ordered(rows), notice_rows(), PAGE).get_page(request.GET.get("page")),
        "state": state,
        "states": [(each.value, counts.get(each.value, 0)) for each in NoticeState],
        "total": sum(counts.values()),
        "sorting": sorting,
        "kept": sorting.kept,
        "check": check,
        "situations": _situations(check),
        "offline": offline.values("notice").distinct().count(),
        "switch": SendingSwitch.objects.filter(pk=1, paused=True).select_related("changed_by").first(),
        "unreached": Notice.objects.filter(state=NoticeState.OPEN, unreached=Notice.Unreached.NOBODY)
        .select_related("provider")
        .order_by("first_sent_at")[:OBJECTIONS_SHOWN],
        "objections": PushBack.objects.filter(outcome="open")
        .select_related("notice__provider")
        .order_by("made_at")[:OBJECTIONS_SHOWN],
        "failures": HandoverFailure.objects.select_related("verdict").order_by("first_at")[:OBJECTIONS_SHOWN],
        "unread": unread().count(),
        "by_hand": services.to_send_by_hand().count(),
        "may_control": request.user.may(Permission.NOTICE_CONTROL),
    }
    return render(request, "web/desk/notices.html", context)


def _situations(chosen: str) -> list[tuple[str, str, int]]:
    """What checks found of addresses that are asked about, each with how many notices it concerns."""
    found, counts = [], notices_by_situation()
    for each in Situation:
        count = counts[each]
        if count or each.value == chosen:
            found.append((each.value, situation_words(each), count))
    return found


@require_GET
@needs(Permission.NOTICE_READ)
def notice(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One notice; ``message`` chooses the first one or a reminder, the newest is shown else."""
    found = get_object_or_404(notice_rows().select_related("contact", "parent__provider"), public_id=public_id)
    rows = found.messages.filter(push_back=None).select_related("sent_by")
    sent = list(rows.prefetch_related("bounces").order_by("number"))
    wanted = next((each for each in sent if str(each.number) == request.GET.get("message")), None)
    preview = services.preview_message(wanted) if wanted else services.preview(found, now())
    urls = _with_what_stands_there(found)
    context = {
        "notice": found,
        "urls": urls,
        "queries_versions": sorted({url.queries_version for url, _, _ in urls} - {""}),
        "steps": _shortened(_steps(found, sent)),
        "reminders": sent[1:][-REMINDERS_SHOWN:],
        "message": wanted or (sent[-1] if sent else None),
        "shown": shown(preview),
        "timeline": steps_of(found),
        "others": found.steps.exclude(route__in=[each.value for each in StepRoute]).select_related("provider"),
        "objections": found.push_backs.exclude(outcome="open").select_related("decided_by").order_by("-made_at"),
        "paths": [services.path_of(each) for each in _open_objections(found)],
        "languages": _in_languages(found) if "languages" in request.GET else [],
        "submitted": SubmittedReport.objects.filter(message__notice=found).order_by("-pk")[:SUBMITTED_SHOWN],
        "answers": found.incoming.order_by("-came_at")[:ANSWERS_SHOWN],
        "hosts": found.urls.order_by("host").values_list("host", flat=True).distinct() if _is_to_cdn(found) else [],
        "origins": _origins_behind(found) if _is_to_cdn(found) else [],
        "meanings": MEANINGS,
        "ways": [(each.value, each.label) for each in BY_HAND],
        "may_control": request.user.may(Permission.NOTICE_CONTROL),
        "may_look": request.user.may(Permission.NOTICE_LOOK),
    }
    return render(request, "web/desk/notice.html", context)


def _with_what_stands_there(found: Notice) -> list[tuple[NoticeUrl, Instead | None, RecheckTarget | None]]:
    """The addresses of a notice, each with a picture that took its place as it did that of others, and its checks."""
    urls = list(found.urls.select_related("target", "follows__target").order_by("pk"))
    instead = shown_instead(urls)
    return [(url, instead.get(url.pk), getattr(url.follows or url, "target", None)) for url in urls]


def _is_to_cdn(found: Notice) -> bool:
    return found.route == Notice.Route.CDN


def _origins_behind(found: Notice) -> QuerySet[HostOrigin]:
    """What was answered to the question for the origin, of any host in this notice."""
    hosts = found.urls.values_list("host", flat=True)
    rows = HostOrigin.objects.filter(host__in=hosts).select_related("provider", "noted_by")
    return rows.order_by("host", "-noted_at")


def _open_objections(found: Notice) -> QuerySet[PushBack]:
    waiting = found.push_backs.filter(outcome="open").select_related("notice__provider", "notice__contact")
    return waiting.order_by("made_at")


def _in_languages(found: Notice) -> list[tuple[str, str, str]]:
    """Code and name of each language that letters are written in, and the text as it stands now."""
    return [(code, name, safe(services.preview_in(found, code, now()).text)) for code, name in choices()]


def _steps(found: Notice, sent: list[OutboxMessage]) -> list[Step]:
    steps = [Step(found.created_at, _("Written"))]
    for message in sent:
        name = _("Reminder %(n)d") % {"n": message.number} if message.number else _("First message")
        if message.sent_at:
            words = _("%(message)s sent (%(channel)s)") % {"message": name, "channel": message.get_channel_display()}
            who = _("By hand: %s") % message.sent_by.display_name if message.sent_by else ""
            steps.append(Step(message.sent_at, words, who or _with_others(message)))
        else:
            words = _("%(message)s: %(state)s") % {"message": name, "state": in_words(message.state)}
            steps.append(Step(message.created_at, words, _because(message)))
        for bounce in message.bounces.all():
            steps.append(_came_back(bounce))
    if found.read_at:
        steps.append(Step(found.read_at, _("Read by the provider in its inbox")))
    for told in OutboxMessage.objects.filter(notice=found, push_back__isnull=False):
        words = _("Answer to an objection: %s") % in_words(told.state)
        steps.append(Step(told.sent_at or told.created_at, words, _because(told)))
    steps += [
        Step(reply.at, _("The provider answered: %s") % in_words(reply.action), "\n".join(_said(reply)))
        for reply in found.replies.all()
    ]
    urls = found.urls.all()
    gone = ngettext_lazy("%(n)d address found gone", "%(n)d addresses found gone", "n")
    steps += _together([url.removed_at for url in urls], gone)
    back = ngettext_lazy("%(n)d address came back", "%(n)d addresses came back", "n")
    steps += _together([url.reappeared_at for url in urls], back)
    steps += [
        Step(saying.at, _SAYINGS[SayingKind(saying.said)] % {"name": saying.by.display_name}, saying.reason)
        for saying in sayings_of(found)
    ]
    if found.closed_at:
        steps.append(Step(found.closed_at, _closing(urls)))
    return sorted(steps, key=lambda step: step.at or found.created_at)


def _closing(urls: Iterable[NoticeUrl]) -> str:
    """Why a notice is closed: what is offline counts as removed by nobody (R81), nor does what is withdrawn."""
    if any(url.state == UrlState.OFFLINE for url in urls):
        return _("Closed: what is not gone is at a host that is offline")
    if any(url.state == UrlState.WITHDRAWN for url in urls):
        return _("Closed: what is not gone was withdrawn")
    return _("Closed: everything it lists is gone")


def _with_others(message: OutboxMessage) -> str:
    """That other notices stood in the same mail; "" where none did."""
    others = len(message.together()) - 1 if message.carried_by_id or message.carried.exists() else 0
    if not others:
        return ""
    return ngettext("In one mail with %(n)d other notice", "In one mail with %(n)d other notices", others) % {
        "n": others
    }


def _said(reply: Reply) -> list[str]:
    """The provider's own words, and the addresses that they are about where these are not all."""
    return [*filter(None, [reply.comment]), *map(url_for_people, reply.named)]


def _because(message: OutboxMessage) -> str:
    return in_language(message.reason) if message.reason else ""


def _came_back(bounce: Bounce) -> Step:
    if bounce.doubt:
        return Step(bounce.at, _("A bounce that was not accepted as genuine"), bounce.get_doubt_display())
    return Step(bounce.at, f"{_('Came back')}: {bounce.get_kind_display()}", bounce.status)


def _shortened(steps: list[Step]) -> list[Step]:
    """The first and the last steps; how many lie between (an ignored notice is repeated for months)."""
    between = len(steps) - FIRST_STEPS - LAST_STEPS
    if between <= 1:
        return steps
    return [*steps[:FIRST_STEPS], Step(None, _("… %(n)d more …") % {"n": between}), *steps[-LAST_STEPS:]]


def _together(instants: list[dt.datetime | None], words: Promise) -> list[Step]:
    """What happened to several addresses within a minute is one step."""
    minutes = Counter(at.replace(second=0, microsecond=0) for at in instants if at)
    return [Step(at, str(words % {"n": count})) for at, count in minutes.items()]


@require_POST
@needs(Permission.NOTICE_CONTROL)
def download(request: SignedInRequest, public_id: str, number: int) -> HttpResponseBase:
    """The exact bytes of a message, with its exact addresses; written to the audit log."""
    message = get_object_or_404(OutboxMessage, notice__public_id=public_id, number=number, push_back=None)
    record("notice.downloaded", public_id, actor=request.user, details={"message": number}, at=now())
    response = HttpResponse(bytes(message.raw), content_type="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="{public_id}-{number}.eml"'
    return response


@require_POST
@needs(Permission.NOTICE_LOOK)
def say(request: SignedInRequest, public_id: str, number: int) -> HttpResponseBase:
    """What a person says of an address after a look: gone, or still there."""
    url = get_object_or_404(NoticeUrl.objects.select_related("notice"), pk=number, notice__public_id=public_id)
    said, reason = request.POST.get("said", ""), request.POST.get("reason", "")
    say_of(url, said, reason, by=request.user, now=now())
    if said == SayingKind.GONE:
        words = _("Saved, with your name. It counts as removed once a second look, by a check or a person, agrees.")
    else:
        words = _("Saved, with your name. It counts as there until a check sees it or somebody says otherwise.")
    messages.success(request, words)
    return redirect("notice", public_id)


@require_POST
@needs(Permission.NOTICE_LOOK)
def check(request: SignedInRequest, public_id: str, number: int) -> HttpResponseBase:
    """Have an address checked as soon as its host's turn comes."""
    url = get_object_or_404(NoticeUrl.objects.select_related("notice"), pk=number, notice__public_id=public_id)
    if url.state == UrlState.WITHDRAWN or not check_soon(RecheckWanted([url], now())):
        messages.warning(request, _("Nothing is asked about this address any more, so it is not checked."))
    else:
        record("recheck.asked_for", public_id, actor=request.user, details={"url": url.pk}, at=now())
        messages.success(request, _("It is checked as soon as its host's turn comes, usually within a minute."))
    return redirect("notice", public_id)


@require_POST
@needs(Permission.NOTICE_CONTROL)
def decide_objection(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """A person's answer to an objection, with the words that the provider is told; the notice goes on either way."""
    outcome, words = request.POST.get("outcome", ""), request.POST.get("words", "")
    decided = services.decide_push_back(public_id, outcome, request.user, now(), words)
    messages.success(request, _("Your decision is saved. The notice stays open until the material is gone."))
    return redirect("notice", decided.notice.public_id)


@require_POST
@needs(Permission.NOTICE_CONTROL)
def review_objection(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Have the verdicts behind "not a child" reviewed by somebody who was not involved."""
    objection = get_object_or_404(PushBack.objects.select_related("notice"), public_id=public_id)
    services.ask_for_review(public_id, request.user, now())
    messages.success(request, _("A review is asked for. The objection stays open until you answer it."))
    return redirect("notice", objection.notice.public_id)


@require_POST
@needs(Permission.NOTICE_CONTROL)
def pause(request: SignedInRequest) -> HttpResponseBase:
    """Stop or resume all sending; nothing is lost."""
    paused = request.POST.get("paused") == "yes"
    services.set_paused(paused, request.POST.get("reason", ""), request.user, now())
    messages.info(
        request, _("Sending is paused. Notices are written and wait.") if paused else _("Sending is resumed.")
    )
    return redirect("notices")
