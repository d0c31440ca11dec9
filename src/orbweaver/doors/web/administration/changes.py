"""Changes that take a second person's agreement: what waits, what was decided, and saying yes or no."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from orbweaver.doors.changing import carry_out, let_go, never_alone
from orbweaver.doors.web.administration.change_facts import facts_of
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.wording import in_words
from orbweaver.people.accounts.one_person import named_apart
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.rules import SURVIVOR_STOP, takes_longer
from orbweaver.people.changes.selectors import decided, hears_of, waiting
from orbweaver.people.changes.services import agree as agree_to
from orbweaver.people.changes.services import asker_has_lost, carry_out_alone, why_not_agree
from orbweaver.people.changes.services import refuse as refuse_change
from orbweaver.platform.clock import now

WORDS: Final[dict[str, str | Promise]] = {
    "person.added": gettext_lazy("Add a person"),
    "person.vouched": gettext_lazy("Vouch that an account is used by the person it names"),
    "role.granted": gettext_lazy("Give a role"),
    "role.taken": gettext_lazy("Take a role away"),
    "person.switched_on": gettext_lazy("Let a person sign in again"),
    "person.switched_off": gettext_lazy("Switch an account off"),
    "training.recorded": gettext_lazy("Record a training"),
    "organisation.added": gettext_lazy("Add an organisation"),
    "agreement.renewed": gettext_lazy("Record an agreement"),
    "list.terms_set": gettext_lazy("Change how a list may be used"),
    "list.imported": gettext_lazy("Import a list"),
    "entry.state_set": gettext_lazy("Change the state of an entry"),
    "opinion.concluded": gettext_lazy("Conclude a dispute by others"),
    "exchange.resumed": gettext_lazy("Allow an exchange to be pulled"),
    "key.made": gettext_lazy("Make an API key"),
    "key.replaced": gettext_lazy("Replace an API key"),
    "force.added": gettext_lazy("Add a police force"),
    "retention.set": gettext_lazy("Change how long data are kept"),
    "rule_table.set": gettext_lazy("Bring a version of a table of rules into force"),
    SURVIVOR_STOP: gettext_lazy("Stop a survivor’s request for somebody who lost its code"),
}
"""What each kind of change is called."""
KEY_CHANGES: Final = ("key.made", "key.replaced")
"""What whoever asked does themselves once it is agreed to, as they alone are shown the key."""


def say_done_or_waiting(request: SignedInRequest, change: Change | None, done: str) -> None:
    """Tell whoever asked whether it took effect, or when it will."""
    if change is None:
        messages.success(request, done)
    elif change.due_at is None:
        messages.info(request, _("It waits for a second person's agreement. You find it under “Changes”."))
    elif takes_longer(change.due_at, now()):
        text = _("Somebody who could agree was removed by one person alone, so it takes effect in a month.")
        messages.info(request, text)
    else:
        messages.info(request, _("Nobody else can agree, so it takes effect in a day. You find it under “Changes”."))


@require_GET
@needs(None)
def changes(request: SignedInRequest) -> HttpResponseBase:
    """What waits and what was decided, for everybody who signs in: nothing of it is done in the dark. But what
    survivors ask is told to nobody outside."""
    person, at = request.user, now()
    rows = [
        _row(change)
        | {
            "facts": facts_of(change),
            "asker": named_apart(change.asked_by),
            "mine": change.asked_by_id == person.pk,
            "asker_has_lost": asker_has_lost(change, at),
            "may_alone": person.may(Permission.PEOPLE_EDIT),
            "never_alone": never_alone(change),
            "may_read_request": change.kind == SURVIVOR_STOP and person.may(Permission.SURVIVOR_HANDLE),
            "why_not": why_not_agree(change, person, at) if person.may(Permission.CHANGE_AGREE) else None,
        }
        for change in waiting()
        if hears_of(person, change.kind)
    ]
    context = {
        "rows": rows,
        "decided": [_row(change) for change in decided(at) if hears_of(person, change.kind)],
        "may_agree": person.may(Permission.CHANGE_AGREE),
    }
    return render(request, "web/administration/changes.html", context)


def _row(change: Change) -> dict[str, Any]:
    made_of_key = change.kind in KEY_CHANGES and change.state == Change.State.DONE and "made" not in change.details
    state = _("Refused") if change.state == Change.State.REFUSED else in_words(change.state)
    return {
        "change": change,
        "state": state,
        "what": WORDS[change.kind],
        "key_to_make": made_of_key,
    }


@require_POST
@needs(Permission.CHANGE_AGREE)
def agree(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The second word."""
    change = agree_to(public_id, by=request.user, carry_out=carry_out, now=now())
    is_stop = change.kind == SURVIVOR_STOP  # most of them take effect a week later
    messages.success(request, _("You agreed.") if is_stop else _("You agreed, and it has taken effect."))
    return redirect("changes")


@require_POST
@needs(None)
def refuse(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """No; or, of whoever asked, not any more."""
    with transaction.atomic():
        change = refuse_change(public_id, by=request.user, now=now())
        let_go(change)
    is_own = change.state == Change.State.WITHDRAWN
    messages.success(request, _("Withdrawn.") if is_own else _("Refused. Nothing was changed."))
    return redirect("changes")


@require_POST
@needs(Permission.PEOPLE_EDIT)
def alone(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Without a second word, in an emergency: everybody is told."""
    reason = request.POST.get("reason", "")
    carry_out_alone(public_id, reason, by=request.user, carry_out=carry_out, now=now())
    messages.warning(request, _("It has taken effect by your decision alone. Everybody is told, with your reason."))
    return redirect("changes")
