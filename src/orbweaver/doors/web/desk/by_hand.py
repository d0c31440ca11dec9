"""What a person sends: tasks with the text to be pasted into a form or read out, and the word that it was sent."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.core.paginator import Paginator
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from orbweaver.doors.web.desk.forms import SentByHandForm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.showing import safe
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import InvalidInput
from orbweaver.notify.notices import services
from orbweaver.notify.notices.models import OutboxMessage
from orbweaver.notify.notices.rules import OutboxState
from orbweaver.notify.notices.sending.channels import WebFormChannel
from orbweaver.notify.providers.models import Contact
from orbweaver.notify.providers.selectors import contacts_in_order
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

PAGE = 50


@require_GET
@needs(Permission.NOTICE_READ)
def tasks(request: SignedInRequest) -> HttpResponseBase:
    """What waits to be sent by hand, the oldest first."""
    page = Paginator(services.to_send_by_hand(), PAGE).get_page(request.GET.get("page"))
    return render(request, "web/desk/by_hand.html", {"page": page, "paused": services.is_paused()})


@require_http_methods(["GET", "POST"])
@needs(Permission.NOTICE_READ, to_change=Permission.NOTICE_CONTROL)
def task(request: SignedInRequest, occasion: str) -> HttpResponseBase:
    """One of them: each field to be copied with one press, and what came of it.

    Who may send sees the exact words, which the audit log records.
    """
    rows = OutboxMessage.objects.select_related("notice__provider", "contact")
    message = get_object_or_404(rows, occasion=occasion, state=OutboxState.BY_HAND)
    form = SentByHandForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_kept(request, occasion, form):
        return redirect("by-hand")
    may_send = request.user.may(Permission.NOTICE_CONTROL) and not services.is_paused()
    shows = may_send and request.method == "GET"
    words = services.words_now(occasion, now()) if shows else services.words_of(message)
    if shows:
        details = {"message": message.number}
        record("notice.text_shown", message.notice.public_id, actor=request.user, details=details, at=now())
    context = {
        "message": message,
        "notice": message.notice,
        "words": words,
        "urls": "\n".join(words.urls),
        "safe_body": safe(words.body),
        "form": form,
        "others": _other_ways(message),
        "is_web_form": message.channel == WebFormChannel.name,
        "may_send": may_send,
        "paused": services.is_paused(),
    }
    return render(request, "web/desk/by_hand_task.html", context, status=400 if form.errors else 200)


def _other_ways(message: OutboxMessage) -> list[Contact]:
    """The other contacts of who is to be told, in the order in which they are tried."""
    provider = message.notice.provider
    return [each for each in contacts_in_order(provider) if each.pk != message.contact_id] if provider else []


def _is_kept(request: SignedInRequest, occasion: str, form: SentByHandForm) -> bool:
    """Keep what the person says; what is wrong with it is said at the form."""
    given = form.cleaned_data
    try:
        if given["outcome"] == "not_taken":
            services.say_not_taken(occasion, request.user, now())
            messages.info(request, _("Saved. The next contact is tried; where there is none, whoever else can act."))
        else:
            at: dt.datetime | None = given["at"]
            services.say_sent(occasion, request.user, now(), at=at, reference=given["reference"])
            messages.success(request, _("Saved: the notice counts as sent. Reminders will be tasks here, too."))
    except InvalidInput as error:
        form.add_error(None, in_language(error.message))
        return False
    return True
