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
from orbweaver.doors.changing import ask_for
from orbweaver.doors.web.administration.changes import KEY_CHANGES, say_done_or_waiting
from orbweaver.doors.web.administration.forms import KeyForm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.people.accounts.keys import OVERLAP, quotas_of, replace_api_key, revoke_api_key
from orbweaver.people.accounts.models import ApiKey, KeyUsage, Organisation
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key
from orbweaver.people.audit.services import record
from orbweaver.people.changes.models import Change
from orbweaver.platform.clock import now

DAYS = 30
"""Days of use that are shown."""
MADE, REPLACED = KEY_CHANGES


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
    asked = _details(form.cleaned_data)
    change = ask_for(MADE, "", asked["name"], asked, by=request.user, now=now())
    if change is None:
        return _make(request, asked)
    say_done_or_waiting(request, change, "")
    return redirect("changes")


@require_POST
@needs(Permission.PEOPLE_EDIT)
def make_agreed(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Make the key that a second person agreed to, once, for whoever asked for it: it is shown to them alone."""
    with transaction.atomic():
        waiting = Change.objects.select_for_update().filter(kind__in=KEY_CHANGES, state=Change.State.DONE)
        change = get_object_or_404(waiting.exclude(details__has_key="made"), public_id=public_id, asked_by=request.user)
        if change.kind == REPLACED:
            return _replace(request, get_object_or_404(ApiKey, public_id=change.subject), change)
        return _make(request, change.details, change)


def _details(data: dict[str, Any]) -> dict[str, Any]:
    """What the form says of a key, as it can be kept."""
    ends = data["expires_on"] and dt.datetime.combine(data["expires_on"], dt.time(), dt.UTC).isoformat()
    names = (
        "name",
        "scopes",
        "url_hosts",
        "networks",
        "scans_per_minute",
        "scans_per_day",
        "scans_per_month",
        "is_test",
        "unbound",
    )
    return {name: data[name] for name in names} | {
        "organisation": data["organisation"].public_id,
        "expires_on": ends,
    }


@transaction.atomic
def _make(request: SignedInRequest, asked: dict[str, Any], change: Change | None = None) -> HttpResponse:
    text = create_api_key(
        get_object_or_404(Organisation, public_id=asked["organisation"]),
        asked["name"],
        [Permission(scope) for scope in asked["scopes"]],
        now(),
        expires_at=asked["expires_on"] and dt.datetime.fromisoformat(asked["expires_on"]),
        url_hosts=asked["url_hosts"],
        networks=asked.get("networks", ()),  # a change that was asked for before there were any has none
        scans_per_minute=asked["scans_per_minute"],
        scans_per_day=asked["scans_per_day"],
        scans_per_month=asked["scans_per_month"],
        is_test=asked["is_test"],
        unbound=asked.get("unbound", False),  # as of networks
    )
    if asked["is_test"]:
        put_in_place(now())
    made = _key_of(text)
    details = {"scopes": made.scopes} | _made_of(change, made)
    record(MADE, made.public_id, actor=request.user, details=details, at=now())
    return _shown_once(request, made, text)


def _made_of(change: Change | None, made: ApiKey) -> dict[str, str]:
    """Note which key was made of a change, so that no second one is; what the log says of it."""
    if change is None:
        return {}
    change.details["made"] = made.public_id
    change.save(update_fields=["details"])
    return {"change": change.public_id}


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
    """Another key in the place of this one, which works for a week more: whoever is shown it may do what it may."""
    found = get_object_or_404(ApiKey, public_id=public_id)
    if _state(found) != "active":
        return _nothing_to_replace(request, found)
    change = ask_for(REPLACED, found.public_id, found.name, {}, by=request.user, now=now())
    if change is None:
        return _replace(request, found)
    say_done_or_waiting(request, change, "")
    return redirect("changes")


def _nothing_to_replace(request: SignedInRequest, found: ApiKey) -> HttpResponseBase:
    messages.error(request, _("This key no longer works, so nothing takes its place. Make a new one."))
    return redirect("key", found.public_id)


@transaction.atomic
def _replace(request: SignedInRequest, found: ApiKey, change: Change | None = None) -> HttpResponseBase:
    if _state(found) != "active":
        return _nothing_to_replace(request, found)
    text = replace_api_key(found, now())
    made = _key_of(text)
    details = {"by": made.public_id} | _made_of(change, made)
    record(REPLACED, found.public_id, actor=request.user, details=details, at=now())
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
