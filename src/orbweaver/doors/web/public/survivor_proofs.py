"""Proof that somebody was 18 or older in what was removed (R58): the person, or their agent, alone brings it.

They read what became of it by number and secret, and where it was not enough, why; two others look if they disagree.
"""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.frame.uploads import in_memory
from orbweaver.doors.web.public.survivor_forms import (
    CHOOSE,
    SILENT,
    FollowForm,
    KindForm,
    lines_field,
    safe_contact_field,
    words_field,
)
from orbweaver.doors.web.public.survivor_keys import followed, refused, unknown
from orbweaver.doors.web.public.survivor_pages import answer_again, asked_before, page, silent
from orbweaver.errors import OrbweaverError
from orbweaver.follow.survivors.age_proofs import (
    MOST_BYTES,
    Brought,
    bring,
    find_proof,
    last_disagreement,
    reasons_of,
)
from orbweaver.follow.survivors.messages import DOCUMENT_KIND, DOCUMENT_LARGE, DOCUMENTS_FULL
from orbweaver.follow.survivors.models import AgeProof
from orbweaver.follow.survivors.proof_disagreements import disagree, may_disagree
from orbweaver.follow.survivors.rules import SHOWN_AGAIN, bare, spaced
from orbweaver.people.policy.periods import days_kept
from orbweaver.platform.clock import now
from orbweaver.platform.runtime.bodies import BEGINNING

TOO_LARGE = DOCUMENT_LARGE.of(megabytes=MOST_BYTES // 2**20)
ABOUT_DOCUMENT = (TOO_LARGE.code, DOCUMENT_KIND.code, DOCUMENTS_FULL.code)
"""What is said beside the document, not above the form."""


def _document_field() -> forms.FileField:
    return forms.FileField(
        label=_("A document that proves it"),
        required=False,
        help_text=_(
            "For example a passport or an identity card. You can take a photo of it with your phone. It can be a JPEG, "
            "PNG, HEIC or PDF file, at most 10 MB. We must see whose it is, and the date of birth. You can cover the "
            "rest, for example its number. We lock it away. We destroy it when two people have decided. Then we keep "
            "only a row of letters and digits that is made from it, without a time limit. Nobody can read your "
            "document from that."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": "image/*,application/pdf", "data-most": str(MOST_BYTES)}),
    )


class ProofForm(KindForm):
    """Who brings what. The document can come later, where the hotline says to which address.

    It is the last field: of what is too large the beginning reaches us, with all the others in it.
    """

    id = "proof"

    brought_by = forms.ChoiceField(
        label=_("Who are you?"),
        error_messages=CHOOSE,
        widget=forms.RadioSelect,
        choices=[
            (AgeProof.BroughtBy.PERSON, _("I am the person in the picture or video")),
            (AgeProof.BroughtBy.AGENT, _("I act for this person, and I have the right to")),
        ],
    )
    urls = lines_field(
        _("Where was the picture or video?"),
        _("One internet address (link) per line. Leave this empty if you know none."),
        20_000,
    )
    words = words_field(_("What do you want to tell us?"), _("For example when it was made, and how you can prove it."))
    mandate = words_field(
        _("If you act for the person: what gives you the right?"),
        _("For example a letter from the person, or a decision of a court. We may ask to see it."),
        rows=2,
    )
    safe_contact = safe_contact_field()
    document = _document_field()
    form = forms.CharField(widget=forms.HiddenInput(attrs=SILENT), max_length=64)

    def clean(self) -> dict[str, Any]:
        """Who acts for the person says who allowed it: nobody else may ask."""
        given = super().clean() or self.cleaned_data
        if given.get("brought_by") == AgeProof.BroughtBy.AGENT and not given.get("mandate", "").strip():
            self.add_error("mandate", _("Please write here what gives you the right to act for the person."))
        return given


class SecondLookForm(FollowForm):
    """Why it is enough, or more that proves it; number and secret are those that the page was opened with."""

    id = "second-look"

    words = words_field(_("What should we know?"), _("A few words are enough."))
    document = _document_field()


@in_memory(2 * MOST_BYTES)
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@silent
def bring_proof(request: HttpRequest) -> HttpResponse:
    """Take it in; the answer shows a number and a secret, once, and is the same whatever was removed."""
    if request.method == "GET":
        return _form_page(request, ProofForm(initial={"form": secrets.token_hex(16)}))
    if "speak" in request.POST:
        return _form_page(request, ProofForm(initial=request.POST.dict()))
    form, is_cut = ProofForm(request.POST, request.FILES), bool(request.META.get(BEGINNING))
    if form.is_valid() and not is_cut:
        moment = now()
        try:
            made, secret = bring(_brought(form.cleaned_data), moment)
        except OrbweaverError as error:
            field = "document" if error.message.code in ABOUT_DOCUMENT else None
            form.add_error(field, in_language(error.message))
        else:
            if moment - made.created_at > SHOWN_AGAIN:
                return asked_before(request, is_request=False)
            return proof_brought(request, made, secret)
    if is_cut:
        form.add_error("document", in_language(TOO_LARGE))
    return _form_page(request, form, status=413 if is_cut else 400)


def _form_page(request: HttpRequest, form: ProofForm, status: int = 200) -> HttpResponse:
    days = days_kept("age_proof_days")
    return page(request, "proof", status=status, form=form, proof_days=days, too_large=in_language(TOO_LARGE))


def proof_brought(request: HttpRequest, proof: AgeProof, secret: str) -> HttpResponse:
    """The answer to who brings proof of an age, with its number and its secret."""
    shown: dict[str, Any] = {"reference": spaced(proof.reference), "secret": spaced(bare(secret))}
    again = answer_again("proof", proof.reference, [*shown.items()])
    days = days_kept("age_proof_days")
    return page(request, "proof_brought", has_document=bool(proof.file_name), again=again, proof_days=days, **shown)


def proof_page(
    request: HttpRequest, proof: AgeProof, given: dict[str, Any], form: SecondLookForm | None = None, status: int = 200
) -> HttpResponse:
    """What became of a proof; where it was not enough, why, and a form for who does not agree or can send more."""
    form = (form or SecondLookForm()) if may_disagree(proof) else None
    keys = followed(proof.reference, given)
    return page(
        request,
        "proof_progress",
        status=status,
        proof=proof,
        reasons=reasons_of(proof),
        disagreement=last_disagreement(proof),
        kept=keys.fields,
        again=keys if form is None else None,
        form=form,
        too_large=in_language(TOO_LARGE),
    )


@in_memory(2 * MOST_BYTES)
@sensitive_post_parameters()
@require_http_methods(["POST"])
@silent
def look_again_at_proof(request: HttpRequest) -> HttpResponse:
    """Whoever brought a proof does not agree, or sends more: two others decide, and a day is named (R58, R70).

    In another language the page shows what is written there, too: nothing is sent of it.
    """
    keys, form = FollowForm(request.POST), SecondLookForm(request.POST, request.FILES)
    answer = refused(request, keys)
    if answer is not None:
        return answer
    given, is_cut = keys.cleaned_data, bool(request.META.get(BEGINNING))
    proof = find_proof(given["reference"], given["secret"])
    if proof is None:
        return unknown(request, keys)
    if "speak" in request.POST:
        return proof_page(request, proof, given, SecondLookForm(initial=request.POST.dict()))
    if is_cut:
        form.add_error("document", in_language(TOO_LARGE))
    elif form.is_valid() and _is_open_again(proof, form):
        proof.refresh_from_db()
        return proof_page(request, proof, given)
    return proof_page(request, proof, given, form, status=413 if is_cut else 400)


def _is_open_again(proof: AgeProof, form: SecondLookForm) -> bool:
    """Whether others look now; if not, the form says why."""
    file = form.cleaned_data["document"]
    try:
        disagree(proof, form.cleaned_data["words"], file.read() if file else b"", now())
    except OrbweaverError as error:
        form.add_error("document" if error.message.code in ABOUT_DOCUMENT else "words", in_language(error.message))
        return False
    return True


def _brought(data: dict[str, Any]) -> Brought:
    file = data["document"]
    return Brought(
        by=AgeProof.BroughtBy(data["brought_by"]),
        urls=data["urls"],
        words=data["words"],
        mandate=data["mandate"],
        safe_contact=data["safe_contact"],
        language=translation.get_language() or settings.LANGUAGE_CODE,
        document=file.read() if file else b"",
        form=data["form"],
    )
