"""A provider's answer, from the signed link in a notice. Opening it does nothing; only the form acts."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from orbweaver.doors.web.frame.access import keep_address_secret
from orbweaver.doors.web.frame.failures import failure
from orbweaver.doors.web.frame.forms import AnswerForm, AnswerPart
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.frame.wording import in_words
from orbweaver.errors import OrbweaverError
from orbweaver.notify.notices import services
from orbweaver.notify.notices.errors import BadToken
from orbweaver.notify.notices.messages import NOTICE_CLOSED
from orbweaver.notify.notices.models import Notice, NoticeUrl, PushBack, Reply
from orbweaver.notify.notices.rules import DONE_WITH
from orbweaver.platform.clock import now
from orbweaver.platform.network.domains import url_for_people

SHOWN = 50
"""Answers that the page of thanks lists, the newest first."""


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponseBase:
    """What the provider did, or why not."""
    try:
        notice = services.read_answer_token(token)
    except BadToken as error:
        return failure(request, 404, in_language(error.message))
    open_ones = services.still_open(notice)
    form = AnswerForm(request.POST or None, parts=_parts(notice, open_ones))
    if request.method == "POST" and form.is_valid():
        try:
            services.answer(token, now=now(), **form.cleaned_data)
        except OrbweaverError as error:
            form.add_error(None, in_language(error.message))
        else:
            return redirect("answer-thanks", token)
    about = open_ones[0] if open_ones else notice
    alone = "" if form.parts else "".join(about.urls.values_list("url", flat=True)[:1])
    closed = "" if open_ones else in_language(NOTICE_CLOSED)
    context = {"notice": about, "form": form, "alone": alone, "closed": closed, "objections": _objections(notice)}
    status = 400 if form.errors else 200
    return keep_address_secret(render(request, "web/public/answer.html", context, status=status))


def _objections(notice: Notice) -> QuerySet[PushBack]:
    """What was said against the notices of the mail, the newest first."""
    return PushBack.objects.filter(notice__in=services.of_one_mail(notice)).order_by("-made_at", "-pk")


def _parts(notice: Notice, together: Sequence[Notice]) -> list[AnswerPart]:
    """The addresses of each open notice of the mail, and its provider's other notices, by number alone."""
    prefetch_related_objects(together, "urls")
    parts = [_part(each, sorted(each.urls.all(), key=lambda url: url.pk)) for each in together]
    if together and (others := services.told_beside(notice)):
        parts.append(AnswerPart(_("Other notices to you; the mail of each lists its addresses"), _titles(others)))
    return parts


def _part(notice: Notice, urls: Sequence[NoticeUrl]) -> AnswerPart:
    values = [notice.public_id if len(urls) == 1 else f"{notice.public_id}:{url.pk}" for url in urls]
    labels = [f"{url_for_people(url.url)} · {in_words(url.state)}" for url in urls]
    open_ones = [value for value, url in zip(values, urls, strict=True) if url.state not in DONE_WITH]
    title = _("Notice %(reference)s") % {"reference": notice.public_id}
    return AnswerPart(title, list(zip(values, labels, strict=True)), open_ones or values)


def _titles(notices: Sequence[Notice]) -> list[tuple[str, str]]:
    """Reference, and how many addresses it is about, of each notice."""
    counts = Notice.objects.filter(pk__in=[each.pk for each in notices]).annotate(count=Count("urls"))
    found = dict(counts.values_list("pk", "count"))
    return [
        (
            each.public_id,
            ngettext("%(reference)s: %(count)d address", "%(reference)s: %(count)d addresses", found[each.pk])
            % {"reference": each.public_id, "count": found[each.pk]},
        )
        for each in notices
    ]


@require_GET
def thanks(request: HttpRequest, token: str) -> HttpResponseBase:
    """What was answered so far."""
    try:
        notice = services.read_answer_token(token)
    except BadToken as error:
        return failure(request, 404, in_language(error.message))
    known = [*services.of_one_mail(notice), *services.told_beside(notice)]
    replies = Reply.objects.filter(notice__in=known).select_related("notice").order_by("-at", "-pk")[:SHOWN]
    context = {"notice": notice, "replies": replies, "token": token, "objections": _objections(notice)}
    return keep_address_secret(render(request, "web/public/answer_thanks.html", context))
