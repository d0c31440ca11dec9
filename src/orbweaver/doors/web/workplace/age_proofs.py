"""Proofs that somebody was 18 or older (R58): prepared by survivor support, decided by two people not involved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.frame.uploads import in_memory
from orbweaver.doors.web.frame.wording import WORDS
from orbweaver.errors import InvalidInput, NotAllowed, OrbweaverError
from orbweaver.follow.survivors import age_proofs
from orbweaver.follow.survivors.messages import REASON_FOR_PERSON, WAS_INVOLVED
from orbweaver.follow.survivors.models import AgeProof, AgeProofAnswer, AgeProofDisagreement
from orbweaver.follow.survivors.rules import spaced
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

ROWS = 50


class AnswerForm(forms.Form):
    """What one person finds."""

    proved = forms.ChoiceField(
        label=gettext_lazy("What does the document show?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please choose one.")},
        choices=[
            ("yes", gettext_lazy("The person was 18 or older, and it is they or their agent who bring it")),
            ("no", gettext_lazy("It does not prove that")),
        ],
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("If it does not: what does the person read?"),
        help_text=gettext_lazy("Of what they sent, alone: whether anything was removed is never told."),
        required=False,
        widget=forms.RadioSelect,
        choices=[(each, WORDS[f"not_enough_{each}"]) for each in AgeProofAnswer.Reason.values],
    )
    why = forms.CharField(
        label=gettext_lazy("Why, in a few words"),
        help_text=gettext_lazy("For people of ours; the person does not read this."),
        max_length=400,
        error_messages={"required": gettext_lazy("Write why, in a few words.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Whoever finds that it is not enough says what the person reads."""
        said: dict[str, Any] = super().clean() or {}
        if said.get("proved") == "no" and not said.get("reason"):
            self.add_error("reason", in_language(REASON_FOR_PERSON))
        return said


class RemovalForm(forms.Form):
    """Which removal it is about, by its number."""

    verdict = forms.CharField(
        label=gettext_lazy("Verdict of the removal"),
        help_text=gettext_lazy("Its public number, such as vdt_…"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@require_GET
@needs(Permission.AGE_PROOF_READ)
def proofs(request: SignedInRequest) -> HttpResponseBase:
    """All of them, those that wait first."""
    found = AgeProof.objects.order_by(F("decided_at").desc(nulls_first=True), "created_at", "pk")
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    disagreed = set(AgeProofDisagreement.objects.filter(decided_at=None).values_list("proof", flat=True))
    to_name = set(age_proofs.to_prepare().values_list("pk", flat=True))
    return render(request, "web/workplace/age_proofs.html", {"page": page, "disagreed": disagreed, "to_name": to_name})


@csrf_exempt  # asked for below: what checks it reads the form, and would put a document into a temporary file
@in_memory(2 * age_proofs.MOST_BYTES)
@csrf_protect
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@needs(Permission.AGE_PROOF_READ)
def proof(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One: what was brought, which removal it is about, and what two people find."""
    found = get_object_or_404(AgeProof.objects.select_related("verdict"), public_id=public_id)
    action = request.POST.get("action", "")
    answer = AnswerForm(request.POST if action == "answer" else None)
    removal = RemovalForm(request.POST if action == "tie" else None)
    if request.method == "GET":
        return _page(request, found, answer, removal)
    if answer.is_bound and not answer.is_valid():
        return _page(request, found, answer, removal, status=400)
    try:
        _change(request, found, action, answer)
    except InvalidInput as error:
        if removal.is_bound:
            removal.add_error("verdict", in_language(error.message))
        else:
            messages.error(request, in_language(error.message))
        if answer.is_bound or removal.is_bound:  # what was chosen and written stays there
            return _page(request, found, answer, removal, status=400)
    except OrbweaverError as error:
        messages.error(request, in_language(error.message))
    else:
        messages.success(request, _("Saved."))
    return redirect("age-proof", found.public_id)


def _change(request: SignedInRequest, found: AgeProof, action: str, answer: AnswerForm) -> None:
    by, moment = request.user, now()
    if action == "answer":
        said = answer.cleaned_data
        proved = said["proved"] == "yes"
        age_proofs.answer(found, proved=proved, why=said["why"], reason=said["reason"], by=by, now=moment)
        return
    if not by.may(Permission.SURVIVOR_HANDLE):
        raise NotAllowed(WAS_INVOLVED)
    if action == "tie":
        age_proofs.tie_removal(found, request.POST.get("verdict", ""), by=by, now=moment)
    elif action == "document":
        file = request.FILES.get("document")
        age_proofs.add_document(found, file.read() if file is not None else b"", by=by, now=moment)


def _told_before(found: AgeProof, answers: list[AgeProofAnswer]) -> list[str]:
    """Reasons that the person read before they did not agree; each once."""
    before = found.answers.exclude(pk__in=[each.pk for each in answers]).filter(proved=False).order_by("pk")
    return list(dict.fromkeys(each.reason or AgeProofAnswer.Reason.OTHER.value for each in before))


def _page(
    request: SignedInRequest, found: AgeProof, form: AnswerForm, removal: RemovalForm, status: int = 200
) -> HttpResponseBase:
    record("age_proof.read", found.public_id, actor=request.user, at=now())
    answers = list(age_proofs.answers_of(found).select_related("by").order_by("pk"))
    mine = any(each.by == request.user for each in answers)
    may = request.user.may(Permission.AGE_PROOF_DECIDE) and not age_proofs.was_involved(found, request.user)
    may_prepare = request.user.may(Permission.SURVIVOR_HANDLE) and found.decided_at is None
    context = {
        "proof": found,
        "reference": spaced(found.reference),
        "is_to_name": age_proofs.to_prepare().filter(pk=found.pk).exists(),
        "urls": found.urls.splitlines(),
        "digest": bytes(found.digest).hex() if found.digest is not None else "",
        "disagreements": found.disagreements.order_by("pk"),
        "told_before": _told_before(found, answers),
        "answers": answers if found.decided_at or mine else [],
        "given": len(answers),
        "may_prepare": may_prepare,
        "removals": age_proofs.removals_named(found) if may_prepare else [],
        "may_answer": may and not mine and found.decided_at is None,
        "form": form,
        "removal_form": removal,
    }
    return render(request, "web/workplace/age_proof.html", context, status=status)


@require_POST
@needs(Permission.AGE_PROOF_READ)
def document(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The document, saved as a file by whoever decides or prepares; each time in the audit log."""
    found = get_object_or_404(AgeProof, public_id=public_id)
    body = age_proofs.read_document(found, by=request.user, now=now())
    ending = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/heic": "heic"}[found.mime]
    headers = {"Content-Disposition": f"attachment; filename={found.public_id}.{ending}"}
    return HttpResponse(body, content_type=found.mime, headers=headers)
