"""Requests of survivors, for survivor support: in the order of danger, who asked what, what was promised."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Min
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from orbweaver.detect.intake.models import AskedHash
from orbweaver.doors.alert_kinds import PROOFS_PROMISED
from orbweaver.doors.alerting import alert_of
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.survivor_forms import StopForm
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace.request_forms import AddressForm, DisagreementForm, NumberForm, PromiseForm, TieForm
from orbweaver.doors.web.workplace.request_stops import DECIDES, ask_to_stop, decide, shown
from orbweaver.errors import InvalidInput, OrbweaverError
from orbweaver.follow.survivors import disagreements, safety, selectors, services, stops
from orbweaver.follow.survivors.models import Request, RequestPart, SafetyNotice, WordsStep
from orbweaver.follow.survivors.rules import spaced
from orbweaver.notify.notices.answers.hearing import read_about_words
from orbweaver.notify.notices.models import IncomingAnswer
from orbweaver.notify.notices.rules import Meaning
from orbweaver.notify.providers.models import Contact
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.people.changes.rules import SURVIVOR_STOP
from orbweaver.people.changes.selectors import waiting as changes_waiting
from orbweaver.platform.clock import now

ROWS = 50
STEPS: Final = {
    "words-there": WordsStep.Kind.THERE,
    "words-not-there": WordsStep.Kind.NOT_THERE,
    "words-refused": WordsStep.Kind.REFUSED,
    "words-left": WordsStep.Kind.LEFT,
}
"""What the buttons beside words note."""
ANSWERS: Final = {"answer-read": Meaning.OTHER, "answer-automatic": Meaning.AUTOMATIC}
"""What the buttons beside a company's answer say that it is."""
DISAGREES: Final = ("review-pictures", "answer-disagreement")
"""What is done about somebody who does not agree with us."""


@dataclass(frozen=True)
class AboutWords:
    """One address whose words, or legal pictures, are to go: what happened, and what can be done now."""

    part: RequestPart
    notices: list[SafetyNotice]
    steps: list[WordsStep]
    answers: list[IncomingAnswer]
    contact: Contact | None
    may_ask: bool

    @property
    def was_sent(self) -> bool:
        """Whether a message has left."""
        return any(notice.sent_at is not None for notice in self.notices)


@require_http_methods(["GET", "POST"])
@needs(Permission.SURVIVOR_HANDLE)
def requests(request: SignedInRequest) -> HttpResponseBase:
    """Those that are open, in the order of danger; or those done with. Answers that name none of ours are read here."""
    if request.method == "POST" and request.POST.get("action") == "open":
        return _numbered(request)
    if request.method == "POST":
        _read_answer(request)
        return redirect("survivor-requests")
    done = "done" in request.GET
    context = {
        "page": Paginator(selectors.requests(done=done), ROWS).get_page(request.GET.get("page")),
        "done": done,
        "number_form": NumberForm(),
        "to_look_at": set(safety.to_look_at(now()).values_list("request", flat=True)),
        "answered": set(safety.requests_answered().values_list("pk", flat=True)),
        "disagreed": set(disagreements.unanswered().values_list("request", flat=True)),
        "to_stop": set(stops.waiting().values_list("request", flat=True)),
        "stop_asked": set(changes_waiting().filter(kind=SURVIVOR_STOP).values_list("subject", flat=True)),
        "gone_on": set(stops.gone_on().values_list("request", flat=True)),
        "put_aside": set(selectors.put_aside().values_list("pk", flat=True)),
        "answers_to_nothing": safety.answers_to_nothing(),
        "proofs_promised": alert_of(PROOFS_PROMISED, now()),
    }
    return render(request, "web/workplace/requests.html", context)


def _numbered(request: SignedInRequest) -> HttpResponseBase:
    """To the request whose number somebody named; the number goes in the body, as addresses are kept in logs."""
    try:
        return redirect("survivor-request", services.numbered(request.POST.get("reference", "")).public_id)
    except InvalidInput as error:
        messages.error(request, in_language(error.message))
    return redirect("survivor-requests")


def _read_answer(request: SignedInRequest) -> None:
    meaning = ANSWERS.get(request.POST.get("action", ""), Meaning.OTHER)
    try:
        read_about_words(request.POST.get("number", ""), meaning, request.user, now())
    except OrbweaverError as error:
        messages.error(request, in_language(error.message))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@needs(Permission.SURVIVOR_HANDLE)
def one_request(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One request: every word, what was found, what was promised; and the forms for what a person does about it."""
    asked = get_object_or_404(Request, public_id=public_id)
    if request.method == "GET":
        record("survivor_request.read", asked.public_id, actor=request.user, at=now())
        return _page(request, asked, PromiseForm(), TieForm())
    if request.POST.get("action") in ANSWERS:
        _read_answer(request)
        return redirect("survivor-request", asked.public_id)
    try:
        if request.POST.get("action") in DISAGREES:
            return _answer_disagreement(request, asked)
        if request.POST.get("action") in ("stop", *DECIDES):
            return _stopped(request, asked)
        return _changed(request, asked)
    except OrbweaverError as error:
        messages.error(request, in_language(error.message))
        return redirect("survivor-request", asked.public_id)


def _changed(request: SignedInRequest, asked: Request) -> HttpResponseBase:
    by, moment, action = request.user, now(), request.POST.get("action", "")
    if action == "promise":
        form = PromiseForm(request.POST)
        if not form.is_valid():
            return _page(request, asked, form, TieForm(), status=400)
        services.promise(asked, form.cleaned_data["words"], form.cleaned_data["due_on"], by=by, now=moment)
    elif action == "kept":
        services.keep_promise(asked, int(request.POST.get("number", "0") or 0), by=by, now=moment)
    elif action == "tie":
        services.tie(asked, request.POST.get("reference", ""), by=by, now=moment)
    elif action == "visit-now":
        services.visit_now(asked, by=by, now=moment)
    elif action == "add-address":
        services.add_address(asked, request.POST.get("url", ""), by=by, now=moment)
    elif action == "ask-company" or action in STEPS:
        _act_on_words(asked, action, by, moment, request.POST.get("number", ""))
    elif action == "let-go-on":
        services.let_go_on(asked, by=by, now=moment)
    elif action in ("done", "again"):
        services.finish(asked, done=action == "done", by=by, now=moment)
    messages.success(request, _("Saved."))
    return redirect("survivor-request", asked.public_id)


def _stopped(request: SignedInRequest, asked: Request) -> HttpResponseBase:
    form = StopForm(request.POST)
    if request.POST["action"] in DECIDES:
        decide(asked, request.POST["action"], request.POST.get("number", ""), by=request.user)
    elif not form.is_valid():
        return _page(request, asked, PromiseForm(), TieForm(), status=400, stop_form=form)
    else:
        ask_to_stop(asked, form.cleaned_data["surety"], by=request.user)
    messages.success(request, _("Saved."))
    return redirect("survivor-request", asked.public_id)


def _answer_disagreement(request: SignedInRequest, asked: Request) -> HttpResponseBase:
    if request.POST["action"] == "review-pictures":
        disagreements.review_pictures(asked, by=request.user, now=now())
        messages.success(request, _("The review is asked for. Whatever was sent goes on until it is decided."))
        return redirect("survivor-request", asked.public_id)
    form = DisagreementForm(request.POST, auto_id="answer_%s")
    if form.is_valid():
        outcome, words = form.cleaned_data["outcome"], form.cleaned_data["answer"]
        try:
            disagreements.answer(asked, outcome, words, by=request.user, now=now())
        except InvalidInput as error:
            form.add_error("answer", in_language(error.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("survivor-request", asked.public_id)
    return _page(request, asked, PromiseForm(), TieForm(), status=400, answer_form=form)


def _act_on_words(asked: Request, action: str, by: User, moment: dt.datetime, number: str) -> None:
    part = get_object_or_404(RequestPart.objects.select_related("request"), request=asked, pk=int(number or 0))
    if action == "ask-company":
        safety.ask_company(part, by=by, now=moment)
    else:
        safety.note_step(part, STEPS[action], by=by, now=moment)


def _about_words(part: RequestPart) -> AboutWords:
    notices, steps = part.safety.order_by("pk"), part.words_steps.order_by("at", "pk")
    answers = list(safety.answers_to(part))
    return AboutWords(part, list(notices), list(steps), answers, safety.whom_to_ask(part), safety.may_ask(part))


def _page(
    request: SignedInRequest,
    asked: Request,
    form: PromiseForm,
    tie_form: TieForm,
    status: int = 200,
    answer_form: DisagreementForm | None = None,
    stop_form: StopForm | None = None,
) -> HttpResponseBase:
    parts = list(asked.parts.select_related("report", "request", "added_by").order_by("pk"))
    context = {
        "asked": asked,
        "reference": spaced(asked.reference),
        "parts": [(part, part.report.asked_hashes.count() if part.report and not part.url else 0) for part in parts],
        "paused": AskedHash.objects.filter(report__part__request=asked).exclude(paused_at=None).count(),
        "places": selectors.places_found(parts),
        "about_words": [_about_words(part) for part in parts if safety.is_about_words(part)],
        "next_visit": asked.parts.filter(visit_at__gt=now()).aggregate(first=Min("visit_at"))["first"],
        "address_form": AddressForm(auto_id="address_%s"),
        "promises": asked.promises.select_related("by").order_by("kept_at", "due_on", "pk"),
        "told": selectors.progress_of(asked, now()),
        "form": form,
        "tie_form": tie_form,
        "disagreements": asked.disagreements.select_related("decided_by").order_by("-pk"),
        "is_involved": disagreements.is_involved(request.user, asked),
        "open_reviews": disagreements.open_reviews(asked).count(),
        "decided_against": disagreements.decided_against(asked).count(),
        "answer_form": answer_form or DisagreementForm(auto_id="answer_%s"),
        "stop_form": stop_form or StopForm(),
        **shown(asked, request.user),
    }
    return render(request, "web/workplace/request.html", context, status=status)
