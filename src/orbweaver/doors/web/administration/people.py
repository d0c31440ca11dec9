"""People and organisations, for the administrator. What gives power waits for a second person's agreement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orbweaver.assess.review.releasing import release_without_right
from orbweaver.doors.changing import ask_for, ask_to_vouch, print_invitation
from orbweaver.doors.web.administration.changes import say_done_or_waiting
from orbweaver.doors.web.administration.forms import (
    AgreementForm,
    EndAgreementForm,
    OrganisationForm,
    PersonForm,
    RoleForm,
    SwitchForm,
    TrainingForm,
)
from orbweaver.doors.web.frame.access import SignedInRequest, keep_address_secret, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import Conflict, NotAllowed, OrbweaverError
from orbweaver.people.accounts import agreements
from orbweaver.people.accounts import services as accounts
from orbweaver.people.accounts.invitations import VALID, invite_by_mail
from orbweaver.people.accounts.messages import ENDED_OFTEN
from orbweaver.people.accounts.models import Agreement, Invitation, Organisation, User
from orbweaver.people.accounts.passwords import mail_is_set_up
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.selectors import why_not_assess
from orbweaver.people.accounts.sessions import open_of
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record
from orbweaver.people.changes.selectors import is_vouching_asked_for
from orbweaver.platform.clock import now, real_now

MOST_ENDED, ENDED_WITHIN = 3, dt.timedelta(hours=1)
"""So often others may sign a person out everywhere: whoever is out at once, each time, refuses no change."""


@require_GET
@needs(Permission.PEOPLE_EDIT)
def people(request: SignedInRequest) -> HttpResponseBase:
    """Everybody with roles and whether they may assess today, and all organisations."""
    persons = User.objects.select_related("organisation").prefetch_related(
        "role_grants", "trainings", "organisation__agreements"
    )
    persons = persons.order_by("display_name")
    moment = now()
    rows = [
        {"person": person, "roles": [grant.role for grant in person.role_grants.all()], "trained_on": trained}
        | {"is_bound": bool(person.bounds)}
        | {"why_not": why_not_assess(person, moment) if person.may(Permission.ITEM_ASSESS) else None}
        for person in persons
        for trained in [person.training_completed_on()]
    ]
    return render(
        request,
        "web/administration/people.html",
        {"rows": rows, "organisations": Organisation.objects.prefetch_related("agreements").order_by("name")},
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change, as ``doors/changing.py`` carries it out: its kind, what changes, its name, and what is said of it."""

    kind: str
    subject: str
    title: str
    details: Mapping[str, Any] = field(default_factory=dict)


def _save(form: forms.Form, request: SignedInRequest, verb: Callable[[dict[str, Any]], Wanted], done: str) -> bool:
    """Have what the form says done, or wait for a second word, and say which; or put its refusal on the form."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        with transaction.atomic():
            wanted = verb(form.cleaned_data)
            waits = ask_for(wanted.kind, wanted.subject, wanted.title, wanted.details, by=request.user, now=now())
    except OrbweaverError as error:
        form.add_error(None, in_language(error.message))
        return False
    say_done_or_waiting(request, waits, done)
    return True


def _form_page(request: SignedInRequest, form: forms.Form, title: str, note: str) -> HttpResponse:
    context = {"form": form, "title": title, "note": note}
    return render(request, "web/administration/people_form.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def add_organisation(request: SignedInRequest) -> HttpResponseBase:
    """A new organisation with its agreement."""
    form = OrganisationForm(request.POST or None)

    def create(data: dict[str, Any]) -> Wanted:
        return Wanted("organisation.added", "", data["name"].strip(), data)

    if _save(form, request, create, _("The organisation is added.")):
        return redirect("people")
    note = _("People assess only while the agreement of their organisation is valid.")
    return _form_page(request, form, _("Add an organisation"), note)


@require_http_methods(["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def add_person(request: SignedInRequest) -> HttpResponseBase:
    """A new person with roles, who is invited to choose a password; then their page."""
    form = PersonForm(request.POST or None)

    def create(data: dict[str, Any]) -> Wanted:
        kept = data | {"organisation": data["organisation"].public_id, "language": get_language() or ""}
        return Wanted("person.added", "", data["display_name"].strip(), kept)

    if _save(form, request, create, _("The person is added.")):
        made = User.objects.filter(email=form.cleaned_data["email"].strip().lower()).first()
        return redirect("people") if made is None else redirect("person", made.public_id)
    return _form_page(request, form, _("Add a person"), _("Give only the roles that the work needs."))


@require_GET
@needs(Permission.PEOPLE_EDIT)
def person(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One person: roles, training, and forms to add to both."""
    return _person_page(request, public_id, RoleForm(), TrainingForm())


def _person_page(request: SignedInRequest, public_id: str, roles: RoleForm, training: TrainingForm) -> HttpResponse:
    found = get_object_or_404(User.objects.select_related("organisation"), public_id=public_id)
    context = {
        "person": found,
        "grants": found.role_grants.select_related("granted_by", "organisation").order_by("pk"),
        "trainings": found.trainings.order_by("-completed_on"),
        "why_not": why_not_assess(found, now()) if found.may(Permission.ITEM_ASSESS) else None,
        "is_me": found.pk == request.user.pk,
        "invitation": Invitation.objects.filter(person=found).first(),
        "has_mail": mail_is_set_up(),
        "may_ask_to_vouch": found.made_alone_by_id is not None and not is_vouching_asked_for(found),
        "sign_ins": len(open_of(found)),
        "assesses": found.may(Permission.ITEM_ASSESS),
        "role_form": roles,
        "training_form": training,
    }
    return render(
        request, "web/administration/person.html", context, status=400 if roles.errors or training.errors else 200
    )


@require_POST
@needs(Permission.PEOPLE_EDIT)
def invite(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Invite a person once more, who has not chosen a password yet: by mail, or on paper."""
    found = get_object_or_404(User, public_id=public_id)
    try:
        if request.POST.get("how") == "print":
            return _printed(request, found)
        with transaction.atomic():
            invite_by_mail(found, get_language() or "", real_now())
            record("person.invited", found.public_id, actor=request.user, at=now())
    except NotAllowed as error:
        messages.error(request, in_language(error.message))
    else:
        messages.success(request, _("An invitation leaves by mail within a moment."))
    return redirect("person", public_id)


def _printed(request: SignedInRequest, found: User) -> HttpResponseBase:
    """The page to be printed, this once."""
    link = print_invitation(found, get_language() or "", by=request.user, now=now())
    context = {"person": found, "link": link, "until": real_now() + VALID}
    return keep_address_secret(render(request, "web/administration/invitation.html", context))


@require_POST
@needs(Permission.PEOPLE_EDIT)
def have_vouched(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Ask once more that somebody vouches for an account that counts as another's."""
    found = get_object_or_404(User.objects.exclude(made_alone_by=None), public_id=public_id)
    say_done_or_waiting(request, ask_to_vouch(found, by=request.user, now=now()), "")
    return redirect("person", public_id)


@require_POST
@needs(Permission.PEOPLE_EDIT)
def add_role(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One more role."""
    found = get_object_or_404(User, public_id=public_id)
    form = RoleForm(request.POST)

    def grant(_data: dict[str, Any]) -> Wanted:
        return Wanted("role.granted", found.public_id, found.display_name, form.wanted())

    if _save(form, request, grant, _("The role is given.")):
        return redirect("person", public_id)
    return _person_page(request, public_id, form, TrainingForm())


@require_POST
@needs(Permission.PEOPLE_EDIT)
def take_role(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One role less."""
    found = get_object_or_404(User, public_id=public_id)
    form = RoleForm(request.POST)

    def take(data: dict[str, Any]) -> Wanted:
        return Wanted("role.taken", found.public_id, found.display_name, {"role": data["role"]})

    if _save(form, request, take, _("The role is taken away.")):
        return redirect("person", public_id)
    return _refused(request, public_id, form)


@require_POST
@needs(Permission.PEOPLE_EDIT)
def switch(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Switch a person off, who is out at once and whose work goes back to the queue; or on again."""
    found = get_object_or_404(User, public_id=public_id)
    form = SwitchForm(request.POST)

    on = request.POST.get("to") == "on"

    def turn(_data: dict[str, Any]) -> Wanted:
        return Wanted("person.switched_on" if on else "person.switched_off", found.public_id, found.display_name)

    done = _("The person can sign in again.") if on else _("The account is switched off.")
    if _save(form, request, turn, done):
        return redirect("person", public_id)
    return _refused(request, public_id, form)


@require_POST
@needs(Permission.PEOPLE_EDIT)
def end_sign_ins(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Sign a person out everywhere, such as when a computer was stolen. Not without end: they could say no to nothing.
    Raises Conflict."""
    found = get_object_or_404(User, public_id=public_id)
    with transaction.atomic():
        found = User.objects.select_for_update().get(pk=found.pk)
        lately = Event.objects.filter(kind="person.sign_ins_ended", subject=public_id, at__gt=now() - ENDED_WITHIN)
        if lately.exclude(actor=found).count() >= MOST_ENDED:
            raise Conflict(ENDED_OFTEN)
        accounts.end_sign_ins(found)
        record("person.sign_ins_ended", found.public_id, actor=request.user, at=now())
    messages.success(request, _("%(name)s is signed out everywhere.") % {"name": found.display_name})
    return redirect("person", public_id)


def _refused(request: SignedInRequest, public_id: str, form: forms.Form) -> HttpResponseBase:
    """Back to the person, with what kept it from being done."""
    for problems in form.errors.values():
        for problem in problems:
            messages.error(request, str(problem))
    return redirect("person", public_id)


@require_http_methods(["GET", "POST"])
@needs(Permission.PEOPLE_EDIT)
def organisation(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """An organisation with its agreements, and a form for one more (R65)."""
    found = get_object_or_404(Organisation, public_id=public_id)
    initial = {"agreement": found.agreement or "", "vetted_on": found.vetted_on}
    form = AgreementForm(request.POST or None, request.FILES or None, initial=initial)

    def renew(data: dict[str, Any]) -> Wanted:
        return Wanted("agreement.renewed", found.public_id, found.name, data)

    if _save(form, request, renew, _("The agreement is recorded.")):
        return redirect("organisation", public_id)
    current = set(agreements.in_force(now()).filter(organisation=found).values_list("pk", flat=True))
    context = {
        "organisation": found,
        "form": form,
        "rows": [(each, each.pk in current) for each in found.agreements.all()],
        "title": _("Record an agreement"),
    }
    status = 400 if form.errors else 200
    return render(request, "web/administration/organisation.html", context, status=status)


@require_POST
@needs(Permission.PEOPLE_EDIT)
def end_agreement(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """End an agreement now: all that goes on under it alone stops."""
    found = get_object_or_404(Agreement.objects.select_related("organisation"), public_id=public_id)
    form = EndAgreementForm(request.POST)
    because = form.cleaned_data["because"] if form.is_valid() else ""
    with transaction.atomic():
        agreements.end(found, because, now=now())
        details = {"agreement": found.public_id}
        record("agreement.ended", found.organisation.public_id, actor=request.user, details=details, at=now())
        release_without_right(now())
    messages.success(request, _("The agreement is ended: nothing goes on under it."))
    return redirect("organisation", found.organisation.public_id)


@require_POST
@needs(Permission.PEOPLE_EDIT)
def add_training(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """A completed course."""
    found = get_object_or_404(User, public_id=public_id)
    form = TrainingForm(request.POST)

    def note(data: dict[str, Any]) -> Wanted:
        return Wanted("training.recorded", found.public_id, found.display_name, data)

    if _save(form, request, note, _("The training is recorded.")):
        return redirect("person", public_id)
    return _person_page(request, public_id, RoleForm(), form)
