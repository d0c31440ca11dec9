"""Answers in words: read by a person, who says with one key what each means, and those that come by other ways."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.showing import safe
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import InvalidInput
from orbweaver.notify.notices import selectors, services
from orbweaver.notify.notices.models import IncomingAnswer, Notice
from orbweaver.notify.notices.rules import Meaning
from orbweaver.notify.notices.selectors import unread
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

PAGE = 50
CANDIDATES = 20


@dataclass(frozen=True)
class Choice:
    """A meaning with the key that says it."""

    key: str
    value: str
    label: str | Promise


MEANINGS = (
    Choice("1", Meaning.REMOVED, gettext_lazy("They removed it")),
    Choice("2", Meaning.NOT_OURS, gettext_lazy("It is not theirs")),
    Choice("3", Meaning.NOT_A_CHILD, gettext_lazy("They say: not a child")),
    Choice("4", Meaning.NOT_ILLEGAL, gettext_lazy("They say: not illegal")),
    Choice("5", Meaning.WANTS_PROOF_OF_AGE, gettext_lazy("They want proof of age")),
    Choice("6", Meaning.ALREADY_GONE, gettext_lazy("They say: gone before")),
    Choice("7", Meaning.NEEDS_INFORMATION, gettext_lazy("They need more information")),
    Choice("8", Meaning.REFUSES, gettext_lazy("They refuse, for no such reason")),
    Choice("9", Meaning.AUTOMATIC, gettext_lazy("An automatic reply")),
    Choice("0", Meaning.OTHER, gettext_lazy("Something else")),
)
"""What an answer can mean, in the order of the keys."""


@require_GET
@needs(Permission.NOTICE_READ)
def answers(request: SignedInRequest) -> HttpResponseBase:
    """Answers that wait for a person, oldest first; or those read, or the automatic ones, newest first."""
    of = request.GET.get("of", "")
    rows = {"read": _read(), "automatic": _automatic()}.get(of, unread().order_by("came_at", "pk"))
    context = {
        "page": Paginator(rows.select_related("notice__provider", "provider"), PAGE).get_page(request.GET.get("page")),
        "of": of,
        "kept": f"of={of}" if of else "",
        "waiting": unread().count(),
        "meanings": MEANINGS,
        "may_say": not of and request.user.may(Permission.NOTICE_CONTROL),
    }
    return render(request, "web/desk/answers.html", context)


@require_POST
@needs(Permission.NOTICE_CONTROL)
def say_many(request: SignedInRequest) -> HttpResponseBase:
    """One meaning for all answers that were marked, each as if it had been opened; what cannot be said is named."""
    meaning, saved, refused = request.POST.get("meaning", ""), 0, Counter[str]()
    for public_id in request.POST.getlist("answer")[:PAGE]:
        try:
            services.say_meaning(public_id, meaning, request.user, now())
        except InvalidInput as error:
            refused[in_language(error.message)] += 1
        else:
            saved += 1
    if saved:
        text = ngettext("Saved what %(n)d answer means.", "Saved what %(n)d answers mean.", saved)
        messages.success(request, text % {"n": saved})
    for why, count in refused.items():
        text = ngettext("%(n)d answer was not saved: %(why)s", "%(n)d answers were not saved: %(why)s", count)
        messages.error(request, text % {"n": count, "why": why})
    if not saved and not refused:
        messages.error(request, _("Mark the answers that mean the same, then press what they mean."))
    return redirect("incoming-answers")


def _read() -> QuerySet[IncomingAnswer]:
    return selectors.answers().exclude(meaning__in=("", Meaning.AUTOMATIC)).order_by("-came_at", "-pk")


def _automatic() -> QuerySet[IncomingAnswer]:
    return selectors.answers().filter(meaning=Meaning.AUTOMATIC).order_by("-came_at", "-pk")


@require_http_methods(["GET", "POST"])
@needs(Permission.NOTICE_READ, to_change=Permission.NOTICE_CONTROL)
def answer(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One answer: what it says, apart from what it quotes, and the keys by which a person says what it means."""
    row = get_object_or_404(selectors.answers().select_related("notice", "provider", "read_by"), public_id=public_id)
    error = ""
    if request.method == "POST":
        try:
            _say(request, row)
        except InvalidInput as refused:
            error = in_language(refused.message)
        else:
            following = unread().order_by("came_at", "pk").first()
            return redirect("incoming-answer", following.public_id) if following else redirect("incoming-answers")
    context = {
        "answer": row,
        "words": safe(row.words),
        "quotation": safe(row.quotation),
        "meanings": MEANINGS,
        "candidates": _candidates(row),
        "error": error,
        "others": len(services.told_together(row.notice)) - 1 if row.notice and row.reply_id is None else 0,
        "typed": request.POST.get("notice", ""),
        "may_say": request.user.may(Permission.NOTICE_CONTROL) and row.reply_id is None,
    }
    return render(request, "web/desk/answer.html", context, status=400 if error else 200)


def _say(request: SignedInRequest, row: IncomingAnswer) -> None:
    meaning, number = request.POST.get("meaning", ""), request.POST.get("notice", "")
    together = "together" in request.POST
    services.say_meaning(row.public_id, meaning, request.user, now(), number=number, together=together)
    messages.success(request, _("Saved: what this answer means."))


def _candidates(row: IncomingAnswer) -> list[Notice]:
    """Notices that an answer of a known provider may be about, newest first."""
    if row.notice_id is not None or row.provider_id is None:
        return []
    return list(Notice.objects.filter(provider=row.provider_id).order_by("-pk")[:CANDIDATES])


@require_POST
@needs(Permission.NOTICE_CONTROL)
def download_answer(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The mail as it came, with all that hangs on it; written to the audit log."""
    row = get_object_or_404(selectors.answers(), public_id=public_id, raw__isnull=False)
    record("answer.downloaded", public_id, actor=request.user, at=now())
    response = HttpResponse(bytes(row.raw or b""), content_type="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="{public_id}.eml"'
    return response


@require_POST
@needs(Permission.NOTICE_CONTROL)
def record_answer(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """What was answered by telephone, fax, chat, a web form or on paper."""
    get_object_or_404(Notice, public_id=public_id)
    typed = [request.POST.get(name, "") for name in ("via", "meaning", "words")]
    services.record_by_hand(public_id, typed[0], typed[1], typed[2], request.user, now())
    messages.success(request, _("The answer is recorded."))
    return redirect("notice", public_id)
