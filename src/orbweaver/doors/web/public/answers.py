"""A provider's answer, from the signed link in a notice. Opening it does nothing; only the form acts."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from orbweaver.doors.web.frame.access import keep_address_secret
from orbweaver.doors.web.frame.failures import failure
from orbweaver.doors.web.frame.forms import AnswerForm
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import OrbweaverError
from orbweaver.notify.notices import services
from orbweaver.notify.notices.errors import BadToken
from orbweaver.notify.notices.messages import NOTICE_CLOSED
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.rules import NoticeState
from orbweaver.platform.clock import now


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponseBase:
    """What the provider did, or why not."""
    try:
        notice = services.read_answer_token(token)
    except BadToken as error:
        return failure(request, 404, in_language(error.message))
    form = AnswerForm(request.POST or None, together=_titles(services.told_together(notice)))
    if request.method == "POST" and form.is_valid():
        try:
            services.answer(token, now=now(), **form.cleaned_data)
        except OrbweaverError as error:
            form.add_error(None, in_language(error.message))
        else:
            return redirect("answer-thanks", token)
    closed = in_language(NOTICE_CLOSED) if notice.state == NoticeState.CLOSED else ""
    context = {"notice": notice, "form": form, "count": notice.urls.count(), "closed": closed}
    context["objections"] = notice.push_backs.order_by("-made_at", "-pk")
    status = 400 if form.errors else 200
    return keep_address_secret(render(request, "web/public/answer.html", context, status=status))


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
    context = {"notice": notice, "replies": notice.replies.order_by("-at"), "token": token}
    context["objections"] = notice.push_backs.order_by("-made_at", "-pk")
    return keep_address_secret(render(request, "web/public/answer_thanks.html", context))
