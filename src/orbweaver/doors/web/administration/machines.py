"""The machines of the fleet: who lives, what version, how fast, since when; to be drained or let in no more.

One is invited on the command line: a token is no matter for a browser.
"""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from orbweaver.detect.crawl.models import CrawlWorker
from orbweaver.doors import fleet
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import InvalidInput, OrbweaverError
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.machines import services
from orbweaver.people.machines.models import Machine
from orbweaver.people.machines.selectors import legible
from orbweaver.people.machines.selectors import machine as one_machine
from orbweaver.people.machines.selectors import machines as all_machines
from orbweaver.platform.clock import real_now
from orbweaver.platform.shared_clock import shared_now

SAYS: Final[dict[str, tuple[str, str | Promise]]] = {
    "invited": ("", gettext_lazy("Invited")),
    "alive": ("done", gettext_lazy("Alive")),
    "silent": ("failed", gettext_lazy("Silent")),
    "draining": ("pending", gettext_lazy("Takes nothing new")),
    "left": ("", gettext_lazy("Has left")),
    "revoked": ("", gettext_lazy("Revoked")),
    "lapsed": ("", gettext_lazy("Never joined")),
}
"""Each state of a machine: which badge it has, and its words."""
CRAWLERS_SHOWN: Final = 100
"""A stolen machine may say that it runs any number."""


@require_GET
@needs(Permission.PEOPLE_EDIT)
def machines(request: SignedInRequest) -> HttpResponseBase:
    """All machines, those that may sign in first, and the crawlers that live on any of them."""
    found = [(each, *SAYS[each.state]) for each in all_machines(real_now())]
    alive = CrawlWorker.objects.filter(alive_until__gt=shared_now()).order_by("started_at", "pk")
    context = {
        "machines": found,
        "crawlers": [(legible(each.name), each.started_at) for each in alive[:CRAWLERS_SHOWN]],
        "more_crawlers": max(0, alive.count() - CRAWLERS_SHOWN),
        "now": real_now(),
    }
    return render(request, "web/administration/machines.html", context)


@require_GET
@needs(Permission.PEOPLE_EDIT)
def machine(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One machine, with what can be done about it."""
    try:
        found = one_machine(public_id, real_now())
    except InvalidInput:
        raise Http404 from None
    badge, words = SAYS[found.state]
    context = {
        "machine": found,
        "badge": badge,
        "words": words,
        "is_gone": found.state in Machine.Gone.values,
        "now": real_now(),
    }
    return render(request, "web/administration/machine.html", context)


@require_POST
@needs(Permission.PEOPLE_EDIT)
def drain_machine(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """It takes nothing new, or takes up work again."""
    again = request.POST.get("action") == "resume"
    try:
        services.drain(public_id, real_now(), by=request.user, again=again)
    except OrbweaverError as error:
        messages.error(request, in_language(error.message))
    else:
        done = _("It takes up work again.") if again else _("It takes nothing new, and ends what it has in hand.")
        messages.success(request, done)
    return redirect("machine", public_id)


@require_POST
@needs(Permission.PEOPLE_EDIT)
def revoke_machine(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Its sessions end at once, and it is let in no more."""
    try:
        fleet.revoke(public_id, real_now(), by=request.user)
    except OrbweaverError as error:
        messages.error(request, in_language(error.message))
    else:
        messages.success(request, _("It may not sign in any more. What it had in hand is done by others."))
    return redirect("machine", public_id)
