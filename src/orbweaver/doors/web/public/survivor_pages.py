"""What all pages for survivors share: the language of the address or form, nothing left behind, a way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from orbweaver.doors.web.frame.access import refuse_cache
from orbweaver.follow.survivors import helplines
from orbweaver.follow.survivors.models import AgeProof, Request
from orbweaver.follow.survivors.rules import SHOWN_AGAIN
from orbweaver.follow.survivors.settings import SurvivorSettings
from orbweaver.people.policy.periods import days_kept
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.clock import now

ANSWERED = TimestampSigner(salt="survivors-answered")
"""Signs whom an answer was shown to, as it says more than number and secret open: others may have learned these."""

View = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True)
class Again:
    """How an answer is asked for in another language: where, and with which fields. A link would lose the answer."""

    path: str
    fields: list[tuple[str, str]]


def silent(view: View) -> View:
    """Speak the language that the address or the form names; leave nothing behind: no cache, no referrer."""

    @csrf_exempt
    @wraps(view)
    def quiet(request: HttpRequest) -> HttpResponse:
        spoken = request.POST.get("speak") or request.POST.get("language")
        language = spoken or request.GET.get("language") or translation.get_language() or ""
        known = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(known):
            response = view(request)
        response.headers["Content-Language"] = known
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        refuse_cache(response)
        return response

    return quiet


def page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    """One of the pages for survivors, with what all of them show."""
    hotline = HotlineSettings.current()
    shared = {
        "quick_exit_url": SurvivorSettings.current().quick_exit_url,
        "own_line": helplines.own_line(),
        "own_country": helplines.own_country(),
        "links_at": request.path if request.method == "GET" else "",
        "elsewhere": helplines.elsewhere(),
        "national": helplines.national(translation.get_language() or settings.LANGUAGE_CODE),
        "search_engines": helplines.search_engines(),
        "words_days": partial(days_kept, "survivor_words_days"),
        "hotline_address": hotline.hotline_address,
        "privacy_backup_days": hotline.privacy_backup_days,
    }
    return render(request, f"web/public/survivors/{name}.html", {**shared, **context}, status=status)


def answer_again(kind: str, reference: str, fields: list[tuple[str, str]]) -> Again:
    """How the answer to a form, which shows a number and its secret, is asked for in another language."""
    fields = [("again", kind), ("form", ANSWERED.sign(reference)), *fields]
    return Again(reverse("survivors-ask"), fields)


def was_answered(request: HttpRequest, made: Request | AgeProof) -> bool:
    """Whether whoever asks has that answer before them, and its form is as young as it has to be."""
    try:
        signed = ANSWERED.unsign(request.POST.get("form", ""), max_age=SHOWN_AGAIN)
    except BadSignature:
        return False
    return signed == made.reference and now() - made.created_at <= SHOWN_AGAIN


def asked_before(request: HttpRequest, *, is_request: bool) -> HttpResponse:
    """The answer to a form that is sent again later: it shows nothing of the first one."""
    again = answer_again("request" if is_request else "proof", "", [])
    return page(request, "asked_before", is_request=is_request, again=again)
