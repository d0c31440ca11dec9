"""Pages for survivors: help, ask, see what becomes of it, withdraw. No account, cookie, name in the title or referrer.

What a person types goes into the body of a form and comes back in its answer, so that no address of ours tells it.
The language is a part of the address or of the form, as a cookie would stay behind. The forms need no token against
forgery: they act for nobody who is signed in, and a token would be a cookie.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from orbweaver.doors.web.frame.access import visitor_of
from orbweaver.doors.web.frame.security import POLICY
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.public import hashing
from orbweaver.doors.web.public.hashing.one_file import one_file
from orbweaver.doors.web.public.survivor_forms import AskForm, DisagreeForm, FollowForm
from orbweaver.doors.web.public.survivor_keys import followed, fresh, refused, unknown
from orbweaver.doors.web.public.survivor_pages import (
    Again,
    answer_again,
    asked_before,
    page,
    silent,
    was_answered,
)
from orbweaver.doors.web.public.survivor_proofs import proof_brought, proof_page
from orbweaver.doors.web.templatetags.orbweaver import country
from orbweaver.errors import OrbweaverError
from orbweaver.follow.survivors import helplines, stops
from orbweaver.follow.survivors.age_proofs import find_proof
from orbweaver.follow.survivors.disagreements import disagree, may_disagree, told_of
from orbweaver.follow.survivors.models import Request
from orbweaver.follow.survivors.rules import SHOWN_AGAIN, bare, spaced
from orbweaver.follow.survivors.selectors import progress_of
from orbweaver.follow.survivors.services import Asked, ask, find_request, withdraw
from orbweaver.people.policy.periods import days_kept
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.clock import now

WITH_VIDEOS = f"{POLICY}; media-src blob:"
"""The page on which videos are hashed shows them to nobody, but its script reads pictures out of them."""
IN_WORKER = "default-src 'none'; script-src 'wasm-unsafe-eval'"
"""What hashes has the program and may connect to nobody, not to us either (ADR 32)."""


@require_GET
@silent
def start(request: HttpRequest) -> HttpResponse:
    """What a survivor can do here, and who helps."""
    return page(request, "start")


@require_GET
@silent
def help_lines(request: HttpRequest) -> HttpResponse:
    """Help lines: those of the hotline's country, then those of all others by their names, folded."""
    context: dict[str, Any] = {
        "others": sorted(helplines.other_countries(), key=lambda each: _as_sorted(country(each.country))),
        "worldwide": helplines.worldwide(),
        "as_of": helplines.as_of(),
    }
    return page(request, "help", **context)


@require_GET
@silent
def privacy(request: HttpRequest) -> HttpResponse:
    """Who is responsible, what is kept for how long, who reads it, and what a person may ask for."""
    hotline = HotlineSettings.current()
    context: dict[str, Any] = {
        "privacy_contact": hotline.privacy_contact,
        "privacy_authority": hotline.privacy_authority,
        "privacy_legal_basis": hotline.privacy_legal_basis,
        "privacy_answer_days": hotline.privacy_answer_days,
        "proof_days": days_kept("age_proof_days"),
    }
    return page(request, "privacy", **context)


def _as_sorted(name: str) -> str:
    """A name as dictionaries sort it: without its accents."""
    return "".join(each for each in unicodedata.normalize("NFD", name.casefold()) if not unicodedata.combining(each))


@require_GET
@silent
def hashing_worker(request: HttpRequest) -> HttpResponse:
    """The script that hashes pictures in the survivor's browser, under a policy of its own."""
    return _of_hashing("worker.js", "text/javascript", IN_WORKER)


@require_GET
@silent
def hashing_program(request: HttpRequest) -> HttpResponse:
    """The program that it runs: ``hashing.c``, compiled."""
    return _of_hashing("hashing.wasm", "application/wasm", POLICY)


@require_GET
@silent
def hashing_file(request: HttpRequest) -> HttpResponse:
    """The page that hashes as one file, to be saved and used without us."""
    body = one_file(translation.get_language() or settings.LANGUAGE_CODE)
    saved = {"Content-Disposition": "attachment; filename=information.html"}
    return HttpResponse(body, content_type="text/html; charset=utf-8", headers=saved)


def _of_hashing(name: str, kind: str, policy: str) -> HttpResponse:
    body = files(hashing).joinpath(name).read_bytes()
    return HttpResponse(body, content_type=kind, headers={"Content-Security-Policy": policy})


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@silent
def ask_for_removal(request: HttpRequest) -> HttpResponse:
    """Take in a request; the answer shows its number and its secret, once."""
    response = _answer_to(request)
    response.headers["Content-Security-Policy"] = WITH_VIDEOS
    return response


def _answer_to(request: HttpRequest) -> HttpResponse:
    if request.method == "GET" or "next" in request.POST:
        return page(request, "ask", form=_empty(request))
    if "again" in request.POST:
        return _answer_again(request)
    if "speak" in request.POST:
        return page(request, "ask", form=AskForm(initial=request.POST.dict()))
    form = AskForm(request.POST)
    if form.is_valid():
        try:
            moment = now()
            made, secret = ask(_asked(form.cleaned_data, request), moment)
        except OrbweaverError as error:
            form.add_error(None, in_language(error.message))
        else:
            if moment - made.created_at > SHOWN_AGAIN:
                return asked_before(request, is_request=True)
            return _asked_page(request, made, secret, form.cleaned_data)
    return page(request, "ask", status=400, form=form)


def _answer_again(request: HttpRequest) -> HttpResponse:
    """What was answered, in another language: to whoever has that answer, for as long as the form is."""
    reference, secret = (request.POST.get(name, "") for name in ("reference", "secret"))
    made, proof = find_request(reference, secret), find_proof(reference, secret)
    if made is not None and was_answered(request, made):
        return _asked_page(request, made, secret, request.POST)
    if proof is not None and was_answered(request, proof):
        return proof_brought(request, proof, secret)
    return asked_before(request, is_request=request.POST.get("again") == "request")


def _asked_page(request: HttpRequest, made: Request, secret: str, given: Mapping[str, Any]) -> HttpResponse:
    kept = [(name, given.get(name, "")) for name in AskForm.KEPT_FOR_NEXT]
    shown = {"reference": spaced(made.reference), "secret": spaced(bare(secret))}
    return page(
        request,
        "asked",
        made=made,
        is_words_alone=not made.parts.filter(added_at=None, is_more=False).exists(),
        shown=shown,
        kept_for_next=kept,
        again=answer_again("request", made.reference, [*shown.items(), *kept]),
        first_news=progress_of(made, now()).first_news_on,
        follow_at=request.build_absolute_uri(reverse("survivors-progress")),
    )


def _empty(request: HttpRequest) -> AskForm:
    """A form with nothing in it but, for the next person whom somebody helps, what they wrote about themselves.

    Whether a child is in danger stands open, too: not to answer must never be taken for a no.
    """
    kept = {name: request.POST[name] for name in AskForm.KEPT_FOR_NEXT if name in request.POST}
    return AskForm(initial={"form": secrets.token_hex(16), **kept})


def _asked(data: dict[str, Any], request: HttpRequest) -> Asked:
    return Asked(
        capacity=Request.Capacity(data["capacity"]),
        aim=Request.Aim(data["aim"]),
        at_risk=data["danger"] == "yes",
        urls=data["urls"],
        hashes=data["hashes"],
        search_more=data["search_more"],
        words=data["words"],
        mandate="\n".join(data[name] for name in AskForm.HELPING if data[name]),
        safe_contact=data["safe_contact"],
        language=translation.get_language() or settings.LANGUAGE_CODE,
        network=visitor_of(request),
        form=data["form"],
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@silent
def see_request(request: HttpRequest) -> HttpResponse:
    """What became of a request. A wrong number and a wrong secret are answered alike."""
    if request.method == "GET" or "speak" in request.POST:
        form = fresh() if request.method == "GET" else FollowForm(initial=request.POST.dict())
        return page(request, "progress_form", form=form)
    form = FollowForm(request.POST)
    answer = refused(request, form)
    if answer is not None:
        return answer
    given = form.cleaned_data
    proof = find_proof(given["reference"], given["secret"])
    if proof is not None:
        return proof_page(request, proof, given)
    found = find_request(given["reference"], given["secret"])
    if found is None:
        return unknown(request, form)
    return _progress(request, found, given)


def _progress(
    request: HttpRequest,
    asked: Request,
    given: dict[str, Any],
    form: DisagreeForm | None = None,
    *,
    goes_on: bool = False,
) -> HttpResponse:
    at = now()
    stop = stops.waiting_of(asked)
    if form is None and stop is None:  # while it is to stop, one would write there that it is not, which is no press
        form = DisagreeForm()
    form = form if may_disagree(asked, at) else None
    return page(
        request,
        "progress",
        status=400 if form is not None and form.errors else 200,
        progress=progress_of(asked, at),
        show_addresses=given["addresses"],
        disagreements=told_of(asked, at),
        kept=followed(asked.reference, given).fields,
        again=followed(asked.reference, given) if form is None else None,
        form=form,
        stop=stop,
        stopped_by_us=stops.stopped_by_us(asked),
        goes_on=goes_on,
    )


@sensitive_post_parameters()
@require_http_methods(["POST"])
@silent
def go_on_with_request(request: HttpRequest) -> HttpResponse:
    """Somebody asked us to stop it who said that they lost the code: whoever has it says that it goes on."""
    form = FollowForm(request.POST)
    found = _its_request(request, form)
    if isinstance(found, HttpResponse):
        return found
    stops.go_on(found, now())
    found.refresh_from_db()
    return _progress(request, found, form.cleaned_data, goes_on=found.withdrawn_at is None)


@sensitive_post_parameters()
@require_http_methods(["POST"])
@silent
def withdraw_request(request: HttpRequest) -> HttpResponse:
    """Ask whether it is meant, then look for nothing more of a request; its hashes are gone at once."""
    form = FollowForm(request.POST)
    found = _its_request(request, form)
    if isinstance(found, HttpResponse):
        return found
    if "sure" not in request.POST and found.withdrawn_at is None:
        return _stopping(request, found, form.cleaned_data)
    withdraw(found, now())
    found.refresh_from_db()
    return _progress(request, found, form.cleaned_data)


def _stopping(request: HttpRequest, asked: Request, given: dict[str, Any]) -> HttpResponse:
    """Asks once more, with the same words for everybody: one slip of a thumb does not end it."""
    again = followed(asked.reference, given)
    return page(request, "stop", again=Again(reverse("survivors-withdraw"), again.fields))


@sensitive_post_parameters()
@require_http_methods(["POST"])
@silent
def disagree_with_us(request: HttpRequest) -> HttpResponse:
    """The person does not agree with what we decided: it has a number, and a day by which it is answered (R70).

    In another language the page shows what is written there, too: nothing is sent of it.
    """
    keys, form = FollowForm(request.POST), DisagreeForm(request.POST)
    found = _its_request(request, keys)
    if isinstance(found, HttpResponse):
        return found
    if "speak" in request.POST:
        return _progress(request, found, keys.cleaned_data, DisagreeForm(initial=request.POST.dict()))
    if form.is_valid():
        try:
            disagree(found, form.cleaned_data["words"], now())
        except OrbweaverError as error:
            form.add_error("words", in_language(error.message))
        else:
            return _progress(request, found, keys.cleaned_data)
    return _progress(request, found, keys.cleaned_data, form)


def _its_request(request: HttpRequest, form: FollowForm) -> Request | HttpResponse:
    """The request that a form on its page is about; or what is answered instead."""
    answer = refused(request, form)
    if answer is not None:
        return answer
    found = find_request(form.cleaned_data["reference"], form.cleaned_data["secret"])
    return unknown(request, form) if found is None else found
