"""Agreements with organisations: recorded, ended, and asked by whatever somebody of theirs or a key of theirs may do.

Every page, call, inbox, exchange and file for others asks ``scopes_of`` or ``let_in``: on the day after the last one
nothing is left. The hotline's own organisation, to which the administrators belong, is let in always, since whoever
renews its agreement must get in; its people assess under an agreement alone, like everybody (``may_assess_under``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.people.accounts.messages import (
    AGREEMENT_ENDED_BEFORE,
    AGREEMENT_ENDS_EARLY,
    ENDED_BECAUSE,
    NOT_AGREED_WITH,
)
from orbweaver.people.accounts.models import Agreement, Organisation, RoleGrant
from orbweaver.people.accounts.organisation_names import meant
from orbweaver.people.accounts.rules import ALL_SCOPES, USUAL_SCOPES, Role, Scope


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed on. ``scope`` of none is what is usual for the kind of organisation; ``countries`` of none, any;
    ``document_sha256`` in hex, of a document that is kept elsewhere (``document`` says where)."""

    title: str
    scope: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    terms: str = ""
    document: str = ""
    document_sha256: str = ""
    begins_on: dt.date | None = None
    ends_on: dt.date | None = None


def terms_of(details: Mapping[str, Any]) -> Terms:
    """As a form or a change that waits says it; days are days or text. What is not said is left open."""
    return Terms(
        title=details.get("agreement", ""),
        scope=tuple(details.get("scope") or ()),
        countries=tuple(details.get("countries") or ()),
        terms=details.get("terms", ""),
        document=details.get("document", ""),
        document_sha256=details.get("document_sha256", ""),
        begins_on=_day(details.get("begins_on")),
        ends_on=_day(details.get("agreement_ends_on")),
    )


def _day(text: str | dt.date | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if isinstance(text, str) and text else text or None


@transaction.atomic
def agree_on(
    organisation: Organisation, terms: Terms, *, now: dt.datetime | None, vetted_on: dt.date | None = None
) -> Agreement:
    """Record an agreement beside those that are there; with ``vetted_on``, also that the organisation was vetted then.

    Raises InvalidInput where it would end before it begins.
    """
    first = terms.begins_on or vetted_on
    if terms.ends_on is not None and first is not None and terms.ends_on < first:
        raise InvalidInput(AGREEMENT_ENDS_EARLY)
    if vetted_on is not None:
        organisation.vetted_on = vetted_on
        organisation.save(update_fields=["vetted_on"])
    return Agreement.objects.create(
        organisation=organisation,
        title=terms.title.strip(),
        scope=[Scope(each).value for each in terms.scope or USUAL_SCOPES[organisation.kind]],
        countries=sorted({each.strip().upper() for each in terms.countries}),
        terms=terms.terms.strip(),
        document=terms.document.strip(),
        document_sha256=bytes.fromhex(terms.document_sha256) or None,
        begins_on=terms.begins_on,
        ends_on=terms.ends_on,
        recorded_at=now,
    )


@transaction.atomic
def end(agreement: Agreement, because: str, *, now: dt.datetime) -> None:
    """From now on nothing goes on under it. Raises InvalidInput without a reason, Conflict where it was ended."""
    if not because.strip():
        raise InvalidInput(ENDED_BECAUSE)
    there = Agreement.objects.filter(pk=agreement.pk, ended_at=None)
    if not there.update(ended_at=now, ended_because=because.strip()[:300]):
        raise Conflict(AGREEMENT_ENDED_BEFORE)


def in_force(now: dt.datetime, scope: Scope | None = None) -> QuerySet[Agreement]:
    """Agreements that hold on this day, in UTC; of those that cover this, where it is named."""
    today = now.date()
    begun = Q(begins_on=None) | Q(begins_on__lte=today)
    found = Agreement.objects.filter(begun, Q(ends_on=None) | Q(ends_on__gte=today), ended_at=None)
    return found if scope is None else found.filter(scope__contains=[scope.value])


def own_organisations() -> QuerySet[Organisation]:
    """The hotline's own: those to which administrators belong who can sign in."""
    administrators = RoleGrant.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True)
    return Organisation.objects.filter(pk__in=administrators.values("user__organisation"))


def let_in(now: dt.datetime) -> QuerySet[Organisation]:
    """Organisations whose people and programs are let into anything: with an agreement, and the hotline's own."""
    agreed = Q(pk__in=in_force(now).values("organisation"))
    return Organisation.objects.filter(agreed | Q(pk__in=own_organisations()))


def not_agreed(now: dt.datetime, scope: Scope) -> QuerySet[Organisation]:
    """Organisations that are known here and with which this is not agreed on today; never the hotline's own."""
    known = Organisation.objects.exclude(pk__in=in_force(now, scope).values("organisation"))
    return known.exclude(pk__in=own_organisations())


def is_agreed_with(name: str, scope: Scope, now: dt.datetime) -> bool:
    """Whether this is agreed on with whoever is meant by a name; also where no organisation of that name is known."""
    return not not_agreed(now, scope).filter(pk__in=meant(name)).exists()


def require_agreed(name: str, scope: Scope, now: dt.datetime) -> str:
    """The identifier of the organisation that is meant, or nothing where none is known here. Raises NotAllowed where
    this is not agreed on with it."""
    if not is_agreed_with(name, scope, now):
        raise NotAllowed(NOT_AGREED_WITH.of(name=name.strip()))
    known = Organisation.objects.filter(pk__in=meant(name))
    return known.values_list("public_id", flat=True).first() or ""


def scopes_of(organisation: Organisation, now: dt.datetime) -> frozenset[Scope]:
    """All that the agreements of an organisation cover today, together; everything for the hotline's own."""
    rows = in_force(now).filter(organisation=organisation).order_by().values_list("scope", flat=True)
    found = frozenset(Scope(each) for row in rows for each in row)
    if found == ALL_SCOPES or not own_organisations().filter(pk=organisation.pk).exists():
        return found
    return ALL_SCOPES


def may_assess_under(organisation: Organisation, now: dt.datetime) -> bool:
    """Whether an organisation is vetted and has an agreement on assessing, whose last day has not passed (R65)."""
    if organisation.vetted_on is None or organisation.vetted_on > now.date():
        return False
    return any(
        each.ended_at is None
        and Scope.ASSESS in each.scope
        and (each.begins_on is None or each.begins_on <= now.date())
        and each.ends_on is not None
        and now.date() <= each.ends_on
        for each in organisation.agreements.all()
    )


def assesses_until(organisation: Organisation) -> dt.date | None:
    """The last day on which people of an organisation may assess, by what is agreed on; none: nothing is."""
    there = [each for each in organisation.agreements.all() if each.ended_at is None and Scope.ASSESS in each.scope]
    return max((each.ends_on for each in there if each.ends_on is not None), default=None)


def may_sign_under(organisation: Organisation, now: dt.datetime) -> bool:
    """Whether an organisation is vetted and has an agreement, with a last day that has not passed (R65, R66)."""
    if organisation.vetted_on is None or organisation.vetted_on > now.date():
        return False
    return in_force(now).filter(organisation=organisation, ends_on__isnull=False).exists()
