"""What people say of a provider's conduct: one kind of it with a reason, a second signature, a credit."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.errors import InvalidInput
from orbweaver.follow.conduct import services
from orbweaver.notify.providers.models import Provider
from orbweaver.notify.providers.selectors import get_provider
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now


def _provider(public_id: str) -> Provider:
    try:
        return get_provider(public_id)
    except InvalidInput:
        raise Http404 from None


@require_POST
@needs(Permission.PROVIDER_JUDGE)
def say(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Say that a kind of conduct holds for a provider, or does not."""
    found = _provider(public_id)
    kind, applies = request.POST.get("kind", ""), request.POST.get("applies") == "yes"
    services.override(found, kind, applies, request.POST.get("reason", ""), by=request.user, now=now())
    messages.success(request, _("Saved, with your name and reason."))
    return redirect("provider", public_id)


@require_POST
@needs(Permission.PROVIDER_JUDGE)
def sign(request: SignedInRequest, public_id: str, override: str) -> HttpResponseBase:
    """Sign as the second person that a provider is complicit."""
    services.sign(override, by=request.user, now=now())
    messages.success(request, _("Signed. Notices to this provider now contain only the necessary facts."))
    return redirect("provider", public_id)


@require_POST
@needs(Permission.PROVIDER_JUDGE)
def end(request: SignedInRequest, public_id: str, override: str) -> HttpResponseBase:
    """Take back what was said of a kind of conduct."""
    services.end_override(override, by=request.user, now=now())
    messages.success(request, _("Withdrawn. The written rules decide again."))
    return redirect("provider", public_id)


@require_POST
@needs(Permission.PROVIDER_JUDGE)
def credit(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Keep what a provider did beyond its duty."""
    found = _provider(public_id)
    services.credit(found, request.POST.get("kind", ""), request.POST.get("evidence", ""), by=request.user, now=now())
    messages.success(request, _("Recorded to the provider’s credit."))
    return redirect("provider", public_id)
