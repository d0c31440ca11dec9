"""Number and secret code of the pages for survivors: which form may open with them, and what is said if none does."""

from __future__ import annotations

from typing import Any

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from orbweaver.doors.web.public.survivor_forms import FollowForm
from orbweaver.doors.web.public.survivor_pages import Again, page
from orbweaver.follow.survivors.rules import SHOWN_AGAIN

SIGNER = TimestampSigner(salt="survivors")
"""Signs when a form was shown: sent again later with the browser's button, it opens nothing."""


def fresh() -> FollowForm:
    """An empty form for number and secret, shown now."""
    return FollowForm(initial={"form": SIGNER.sign("")})


def refused(request: HttpRequest, form: FollowForm) -> HttpResponse | None:
    """What is answered to a form that is not filled in, or was shown too long ago; None for any other."""
    if not form.is_valid():
        return page(request, "progress_form", status=400, form=form)
    try:
        SIGNER.unsign(form.cleaned_data["form"], max_age=SHOWN_AGAIN)
    except BadSignature:
        return page(request, "progress_form", status=400, form=fresh(), was_late=True)
    return None


def unknown(request: HttpRequest, form: FollowForm) -> HttpResponse:
    """The answer to a wrong number and to a wrong secret, alike."""
    said = _("We do not know this number with this secret code. Please check both. Did you lose one? Then read below.")
    form.add_error(None, said)
    return page(request, "progress_form", status=400, form=form)


def followed(reference: str, given: dict[str, Any]) -> Again:
    """How the page of a request, or of a proof, is asked for again."""
    fields = [("reference", reference), ("secret", given["secret"]), ("form", SIGNER.sign(""))]
    return Again(reverse("survivors-progress"), [*fields, *([("addresses", "on")] if given["addresses"] else [])])
