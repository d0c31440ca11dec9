"""API keys of programs, for the administrator: made and shown once, replaced, revoked, and how much they are used."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orbweaver.detect.hashlists.for_tests import put_in_place
from orbweaver.doors.web.administration.forms import KeyForm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.people.accounts.keys import OVERLAP, quotas_of, replace_api_key, revoke_api_key
from orbweaver.people.accounts.models import ApiKey, KeyUsage
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

DAYS = 30
"""Days of use that are shown."""


@require_GET
@needs(Permission.PEOPLE_EDIT)
def keys(request: SignedInRequest) -> HttpResponseBase:
    """All keys by their visible prefix, with their state and their scans of the last thirty days."""
    since = now().date() - dt.timedelta(days=DAYS)
    use = KeyUsage.objects.filter(key=OuterRef("pk"), day__gt=since).order_by().values("key")
    found = ApiKey.objects.select_related("organisation").annotate(
        scans=Coalesce(Subquery(use.annotate(total=Sum("scans")).values("total")), 0)
    )
    rows = [{"key": key, "state": _state(key)} for key in found.order_by("-created_at", "-pk")]
    return render(request, "web/administration/keys.html", {"rows": rows, "days": DAYS})


@require_http_methods(["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def add_key(request: SignedInRequest) -> HttpResponseBase:
    """A new key, which the answer shows: it stands nowhere else, and no page shows it again."""
    form = KeyForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "web/administration/key_form.html", {"form": form}, status=400 if form.errors else 200)
    data: dict[str, Any] = form.cleaned_data
    with transaction.atomic():
        text = create_api_key(
            data["organisation"],
            data["name"],
            [Permission(scope) for scope in data["scopes"]],
            now(),
            expires_at=data["expires_on"] and dt.datetime.combine(data["expires_on"], dt.time(), dt.UTC),
            url_hosts=data["url_hosts"],
            scans_per_minute=data["scans_per_minute"],
            scans_per_day=data["scans_per_day"],
            scans_per_month=data["scans_per_month"],
            is_test=data["is_test"],
        )
        if data["is_test"]:
            put_in_place(now())
        made = _key_of(text)
        record("key.made", made.public_id, actor=request.user, details={"scopes": made.scopes}, at=now())
    return _shown_once(request, made, text)


@require_GET
@needs(Permission.PEOPLE_EDIT)
def key(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One key: what it may, what is left of its quotas, and how it was used on each day, by protocol and answer."""
    found = get_object_or_404(ApiKey.objects.select_related("organisation"), public_id=public_id)
    usage = found.usage.filter(day__gt=now().date() - dt.timedelta(days=DAYS)).order_by("-day", "door")
    context = {
        "key": found,
        "state": _state(found),
        "usage": usage,
        "quotas": quotas_of(found, now()),
        "days": DAYS,
        "overlap": OVERLAP.days,
    }
    return render(request, "web/administration/key.html", context)


@require_POST
@needs(Permission.PEOPLE_EDIT)
def replace_key(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Another key in the place of this one, which works for a week more."""
    found = get_object_or_404(ApiKey, public_id=public_id)
    if _state(found) != "active":
        messages.error(request, _("This key no longer works, so nothing takes its place. Make a new one."))
        return redirect("key", public_id)
    with transaction.atomic():
        text = replace_api_key(found, now())
        made = _key_of(text)
        record("key.replaced", found.public_id, actor=request.user, details={"by": made.public_id}, at=now())
    return _shown_once(request, made, text)


@require_POST
@needs(Permission.PEOPLE_EDIT)
def revoke_key(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The key stops working at once."""
    found = get_object_or_404(ApiKey, public_id=public_id)
    with transaction.atomic():
        if revoke_api_key(found, now()):
            record("key.revoked", found.public_id, actor=request.user, at=now())
    messages.success(request, _("The key is revoked."))
    return redirect("key", public_id)


def _shown_once(request: SignedInRequest, made: ApiKey, text: str) -> HttpResponse:
    return render(request, "web/administration/key_made.html", {"key": made, "text": text})


def _key_of(text: str) -> ApiKey:
    return ApiKey.objects.select_related("organisation").get(prefix=text.split("_")[1])


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now() else "active"
