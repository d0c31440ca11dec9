"""Verbs of conduct: assess a provider, say otherwise, sign, end, credit. One transaction each, all audited."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

from django.db import transaction
from django.db.models import Exists, OuterRef

from orbweaver.errors import NotAllowed
from orbweaver.follow.conduct.errors import ConductInvalid, OverrideGone, SameSigner
from orbweaver.follow.conduct.evidence import behaviour_of, keep_signs_of_commerce
from orbweaver.follow.conduct.messages import CREDIT_INCOMPLETE, MAY_NOT_JUDGE, OVERRIDE_INCOMPLETE
from orbweaver.follow.conduct.models import Credit, Override, ProviderConduct
from orbweaver.follow.conduct.rules import ConductKind, Finding, kinds_in_force, spectrum, thresholds
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.providers.models import Provider
from orbweaver.notify.providers.services import set_reduced_notices
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.one_person import accounts_of
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record

ASSESS_EVERY = dt.timedelta(days=1)
"""Domain time after which a provider that has had notices is assessed again."""

REASON_LIMIT = 4_000
"""Characters of a reason or of the evidence of a credit."""


def assess_due(now: dt.datetime, limit: int = 50) -> int:
    """Assess providers that were sent notices and whose conduct was assessed more than a day ago; how many were.

    Hotlines of other countries are left out: what they pass on is not theirs to remove.
    """
    fresh = ProviderConduct.objects.filter(provider=OuterRef("pk"), assessed_at__gt=now - ASSESS_EVERY)
    noticed = Notice.objects.filter(provider=OuterRef("pk"), told_at__lte=now).exclude(route=Notice.Route.CDN)
    judged = Provider.objects.exclude(kind=Provider.Kind.HOTLINE)
    due = list(judged.filter(~Exists(fresh), Exists(noticed)).order_by("pk")[:limit])
    for provider in due:
        assess(provider, now)
    return len(due)


@transaction.atomic
def assess(provider: Provider, now: dt.datetime) -> ProviderConduct:
    """Work out where a provider stands, from what it did and what people said."""
    locked = Provider.objects.select_for_update().get(pk=provider.pk)
    rules = thresholds()
    keep_signs_of_commerce(provider)
    seen = behaviour_of(provider, now, rules)
    found = spectrum(seen, rules)
    assessed = ProviderConduct.objects.filter(provider=provider).first() or ProviderConduct(provider=provider)
    before, assessed.kinds = (assessed.kinds if assessed.pk else None), _kinds(provider, found)
    assessed.findings = [
        {"kind": each.kind.value, "because": [reason.as_json() for reason in each.because], "proposed": each.proposed}
        for each in found
    ]
    assessed.behaviour = asdict(seen)
    assessed.rules_version, assessed.assessed_at = rules.version, now
    assessed.save()
    if before != assessed.kinds:
        details = {"before": before or [], "after": assessed.kinds, "rules": rules.version}
        record("conduct.changed", provider.public_id, details=details, at=now)
    _reduce(locked, ConductKind.COMPLICIT in assessed.kinds, now)
    return assessed


def _kinds(provider: Provider, found: list[Finding]) -> list[str]:
    in_force = list(Override.objects.filter(provider=provider, ended_at=None))
    overrides = {ConductKind(each.kind): each.applies for each in in_force if each.kind != ConductKind.COMPLICIT}
    signed = frozenset(ConductKind(each.kind) for each in in_force if each.applies and each.signed_by_id is not None)
    return [kind.value for kind in kinds_in_force(found, overrides, signed)]


def _reduce(provider: Provider, complicit: bool, now: dt.datetime) -> None:
    """Notices to a complicit provider say as little as will do (R39), and to no other unless a person set it so."""
    ended = Override.objects.filter(provider=provider, kind=ConductKind.COMPLICIT, signed_by__isnull=False).exclude(
        ended_at=None
    )
    if complicit and not provider.reduced_notices:
        set_reduced_notices(provider, True, now=now)
    elif not complicit and provider.reduced_notices and ended.exists():
        set_reduced_notices(provider, False, now=now)


@transaction.atomic
def override(provider: Provider, kind: str, applies: bool, reason: str, *, by: User, now: dt.datetime) -> Override:
    """Say that a kind of conduct holds or does not, with the reason; it replaces what was said of it before.

    ``complicit`` holds once somebody else has signed it. Raises NotAllowed, ConductInvalid.
    """
    _check(by)
    reason = reason.replace("\x00", "").strip()
    if kind not in set(ConductKind) or not reason or len(reason) > REASON_LIMIT:
        raise ConductInvalid(OVERRIDE_INCOMPLETE)
    Provider.objects.select_for_update().get(pk=provider.pk)
    Override.objects.filter(provider=provider, kind=kind, ended_at=None).update(ended_at=now, ended_by=by)
    row = Override.objects.create(provider=provider, kind=kind, applies=applies, reason=reason, made_by=by, made_at=now)
    record("conduct.overridden", provider.public_id, actor=by, details={"word": kind, "applies": applies}, at=now)
    assess(provider, now)
    return row


@transaction.atomic
def sign(public_id: str, *, by: User, now: dt.datetime) -> Override:
    """Sign as the second person that a provider is complicit (R54). Raises NotAllowed, SameSigner, OverrideGone."""
    _check(by)
    row = Override.objects.select_for_update().filter(public_id=public_id, ended_at=None, signed_by=None).first()
    if row is None or row.kind != ConductKind.COMPLICIT or not row.applies:
        raise OverrideGone
    if row.made_by_id in accounts_of(by):
        raise SameSigner
    row.signed_by, row.signed_at = by, now
    row.save(update_fields=["signed_by", "signed_at"])
    record("conduct.signed", row.provider.public_id, actor=by, details={"word": row.kind}, at=now)
    assess(row.provider, now)
    return row


@transaction.atomic
def end_override(public_id: str, *, by: User, now: dt.datetime) -> Override:
    """Let the rules speak again. Raises NotAllowed, OverrideGone."""
    _check(by)
    row = Override.objects.select_for_update().filter(public_id=public_id, ended_at=None).first()
    if row is None:
        raise OverrideGone
    row.ended_by, row.ended_at = by, now
    row.save(update_fields=["ended_by", "ended_at"])
    record("conduct.override_ended", row.provider.public_id, actor=by, details={"word": row.kind}, at=now)
    assess(row.provider, now)
    return row


@transaction.atomic
def credit(provider: Provider, kind: str, evidence: str, *, by: User, now: dt.datetime) -> Credit:
    """Keep what a provider did beyond its duty, with the evidence (R52). Raises NotAllowed, ConductInvalid."""
    _check(by)
    evidence = evidence.replace("\x00", "").strip()
    if kind not in Credit.Kind.values or not evidence or len(evidence) > REASON_LIMIT:
        raise ConductInvalid(CREDIT_INCOMPLETE)
    row = Credit.objects.create(provider=provider, kind=kind, evidence=evidence, made_by=by, made_at=now)
    record("conduct.credited", provider.public_id, actor=by, details={"kind": kind}, at=now)
    assess(provider, now)
    return row


def _check(by: User) -> None:
    if not by.may(Permission.PROVIDER_JUDGE):
        raise NotAllowed(MAY_NOT_JUDGE)
