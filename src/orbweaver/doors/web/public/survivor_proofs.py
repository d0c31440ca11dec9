"""The way in for proof that somebody was 18 or older in what was removed (R58): the person, or their agent, alone."""

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
    KindForm,
    lines_field,
    safe_contact_field,
    words_field,
)
from orbweaver.doors.web.public.survivors import asked_before, page, proof_brought, silent
from orbweaver.errors import OrbweaverError
from orbweaver.follow.survivors.age_proofs import MOST_BYTES, Brought, bring
from orbweaver.follow.survivors.messages import DOCUMENT_KIND, DOCUMENT_LARGE, DOCUMENTS_FULL
from orbweaver.follow.survivors.models import AgeProof
from orbweaver.follow.survivors.rules import SHOWN_AGAIN
from orbweaver.platform.clock import now
from orbweaver.platform.runtime.bodies import BEGINNING

TOO_LARGE = DOCUMENT_LARGE.of(megabytes=MOST_BYTES // 2**20)
ABOUT_DOCUMENT = (TOO_LARGE.code, DOCUMENT_KIND.code, DOCUMENTS_FULL.code)
"""What is said beside the document, not above the form."""


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
            (AgeProof.BroughtBy.PERSON, _("I am the person in it")),
            (AgeProof.BroughtBy.AGENT, _("I act for the person in it, and may do so")),
        ],
    )
    urls = lines_field(_("Where was it?"), _("One address per line. Leave this empty if you know none."), 20_000)
    words = words_field(_("What do you want to tell us?"), _("For example when it was made, and how you can prove it."))
    mandate = words_field(
        _("If you act for the person: who says that you may?"),
        _("Tell us where that is written, too. We may ask to see it."),
        rows=2,
    )
    safe_contact = safe_contact_field()
    document = forms.FileField(
        label=_("A document that proves it"),
        required=False,
        help_text=_(
            "You can take a photo of it with your phone. It can be a JPEG, PNG, HEIC or PDF file, at most 10 MB. "
            "Cover what we do not need, for example its number. "
            "We lock it away. We destroy it when two people have decided, and keep only a fingerprint of it."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": "image/*,application/pdf", "data-most": str(MOST_BYTES)}),
    )
    form = forms.CharField(widget=forms.HiddenInput(attrs=SILENT), max_length=64)

    def clean(self) -> dict[str, Any]:
        """Who acts for the person says who allowed it: nobody else may ask."""
        given = super().clean() or self.cleaned_data
        if given.get("brought_by") == AgeProof.BroughtBy.AGENT and not given.get("mandate", "").strip():
            self.add_error("mandate", _("Please write here who says that you may act for the person."))
        return given


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
    return page(request, "proof", status=status, form=form, too_large=in_language(TOO_LARGE))


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
