"""Verbs on people: set up, add, give roles, record training, hand out API keys. One transaction each."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.people.accounts.agreements import Terms, agree_on, let_in, scopes_of
from orbweaver.people.accounts.messages import (
    ADDRESS_TAKEN,
    BOUND_ALONE,
    BOUND_OTHERWISE,
    CAN_SIGN_IN,
    LAST_ADMINISTRATOR,
    NOT_A_NETWORK,
    NOT_BINDABLE,
    NOTHING_TO_BIND,
    ORGANISATION_TAKEN,
    PASSWORD_WEAK,
    SETUP_LINK_USED,
    SWITCHING_ONESELF_OFF,
    TEST_KEY_SCANS_ALONE,
)
from orbweaver.people.accounts.models import ApiKey, Organisation, RoleGrant, SetupLink, Training, User
from orbweaver.people.accounts.organisation_names import named
from orbweaver.people.accounts.rules import UNBOUND, Bounds, Permission, Role, can_be_bound, is_covered
from orbweaver.platform.network.domains import as_typed
from orbweaver.platform.runtime.secrets import api_key_pepper
from orbweaver.platform.runtime.visitor import is_within, networks_of
from orbweaver.platform.settings import PlatformSettings

SETUP_LINK_VALID = dt.timedelta(days=7)
KEY_PREFIX_LENGTH = 8


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def administrator_exists() -> bool:
    """Whether anybody who can sign in is an administrator."""
    return RoleGrant.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True).exists()


@transaction.atomic
def create_setup_link(at: dt.datetime) -> str | None:
    """The token of a new one-time link to create the administrator; None when there is one already.

    Earlier unused links stop working, so that only the one shown last is good. ``at`` is real time here and below: a
    demonstration's fast clock would end the link in a minute.
    """
    if administrator_exists():
        return None
    SetupLink.objects.filter(used_at__isnull=True).delete()
    token = secrets.token_urlsafe(24)
    SetupLink.objects.create(digest=_digest(token), created_at=at)
    return token


def setup_link_is_valid(token: str, at: dt.datetime) -> bool:
    """Whether the link would still make an administrator."""
    return (
        not administrator_exists()
        and SetupLink.objects.filter(
            digest=_digest(token), used_at__isnull=True, created_at__gt=at - SETUP_LINK_VALID
        ).exists()
    )


@transaction.atomic
def use_setup_link(
    token: str,
    *,
    email: str,
    display_name: str,
    password: str,
    organisation: str,
    country: str,
    at: dt.datetime,
    now: dt.datetime,
) -> User:
    """Make the first administrator and the hotline's own organisation. Raises NotAllowed when the link is spent."""
    link = (
        SetupLink.objects.select_for_update()
        .filter(digest=_digest(token), used_at__isnull=True, created_at__gt=at - SETUP_LINK_VALID)
        .first()
    )
    if link is None or administrator_exists():
        raise NotAllowed(SETUP_LINK_USED)
    home, _ = Organisation.objects.get_or_create(
        name=organisation.strip(),
        defaults={"kind": Organisation.Kind.HOTLINE, "country": country.upper(), "vetted_on": now.date()},
    )
    if not home.agreements.exists():
        agree_on(home, Terms("This installation's own hotline", ends_on=now.date() + dt.timedelta(days=365)), now=now)
    person = create_person(
        email=email,
        display_name=display_name,
        organisation=home,
        roles=[Role.ADMINISTRATOR],
        password=password,
        by=None,
        now=now,
    )
    link.used_at = now
    link.save(update_fields=["used_at"])
    return person


@transaction.atomic
def create_organisation(
    *,
    name: str,
    kind: str,
    country: str,
    agreement: str = "",
    vetted_on: dt.date | None = None,
    agreement_ends_on: dt.date | None = None,
    scope: Sequence[str] = (),
) -> Organisation:
    """A new organisation, with an agreement that covers this, or what is usual for its kind; without a last day it
    holds until somebody ends it. Raises Conflict when the name is taken."""
    if named(name):
        raise Conflict(ORGANISATION_TAKEN)
    made = Organisation.objects.create(
        name=name.strip(), kind=Organisation.Kind(kind), country=country.upper(), vetted_on=vetted_on
    )
    agree_on(made, Terms(agreement, tuple(scope), ends_on=agreement_ends_on), now=None)
    return made


@transaction.atomic
def create_person(
    *,
    email: str,
    display_name: str,
    organisation: Organisation,
    roles: Iterable[Role],
    password: str | None,
    by: User | None,
    now: dt.datetime,
) -> User:
    """A new person with roles. Raises Conflict for a known address, InvalidInput for a weak password.

    Without a password nobody signs in as them until they have chosen one (``invitations``).
    """
    if User.objects.filter(email=email.strip().lower()).exists():
        raise Conflict(ADDRESS_TAKEN)
    if password is not None:
        require_strong(password, User(email=email, display_name=display_name))
    person = User.objects.create_user(email, display_name, organisation, password)
    for role in roles:
        grant_role(person, role, by=by, now=now)
    return person


@transaction.atomic
def grant_role(person: User, role: Role, *, by: User | None, now: dt.datetime, bounds: Bounds = UNBOUND) -> None:
    """Give a role, bound to this; giving it again changes nothing.

    Raises InvalidInput for a role that cannot be bound; Conflict where the person has it with other bounds, or would
    have other roles beside a bound one: nobody is to wonder which of the two let them in.
    """
    role = Role(role)
    if bounds and not can_be_bound(role, bounds):
        raise InvalidInput(NOT_BINDABLE)
    held = list(RoleGrant.objects.select_for_update().filter(user=person))
    if any(each.role == role and each.bounds != bounds for each in held):
        raise Conflict(BOUND_OTHERWISE)
    if any(each.role != role and (bounds or each.bounds) for each in held):
        raise Conflict(BOUND_ALONE)
    facts: dict[str, Any] = {"granted_by": by, "granted_at": now, "organisation_id": bounds.organisation}
    facts |= {"countries": sorted(bounds.countries), "cases": sorted(bounds.cases)}
    RoleGrant.objects.get_or_create(user=person, role=role, defaults=facts)
    person.forget_grants()


@transaction.atomic
def bind_role(person: User, role: Role, bounds: Bounds) -> None:
    """Bind a role that the person holds unbound: it lessens what they may, so nobody has to agree.

    Raises InvalidInput for a role that they do not hold or that cannot be bound, and where nothing is named; Conflict
    as ``grant_role``.
    """
    held = list(RoleGrant.objects.select_for_update().filter(user=person))
    mine = next((each for each in held if each.role == role), None)
    if mine is None or not bounds:
        raise InvalidInput(NOTHING_TO_BIND)
    if not can_be_bound(role, bounds):
        raise InvalidInput(NOT_BINDABLE)
    if mine.bounds and mine.bounds != bounds:
        raise Conflict(BOUND_OTHERWISE)
    if len(held) > 1:
        raise Conflict(BOUND_ALONE)
    mine.organisation_id = bounds.organisation
    mine.countries, mine.cases = sorted(bounds.countries), sorted(bounds.cases)
    mine.save(update_fields=["organisation", "countries", "cases"])
    person.forget_grants()


@transaction.atomic
def take_role(person: User, role: Role) -> bool:
    """Take a role away; whether the person had it. Raises NotAllowed for the last administrator."""
    if role is Role.ADMINISTRATOR:
        _keep_an_administrator(person)
    taken, _ = RoleGrant.objects.filter(user=person, role=role).delete()
    person.forget_grants()
    return bool(taken)


@transaction.atomic
def switch_off(person: User, *, by: User) -> None:
    """Nobody can sign in as this person any more, and what is signed in is out at once.

    Raises NotAllowed for oneself and for the last administrator.
    """
    if person.pk == by.pk:
        raise NotAllowed(SWITCHING_ONESELF_OFF)
    _keep_an_administrator(person)
    person.is_active = False
    person.session_epoch += 1
    person.save(update_fields=["is_active", "session_epoch"])
    person.password_links.filter(used_at=None).delete()
    person.forget_grants()


@transaction.atomic
def end_sign_ins(person: User) -> None:
    """Whoever is signed in as this person is out at once, in every browser; they can sign in again."""
    person.session_epoch += 1
    person.save(update_fields=["session_epoch"])


@transaction.atomic
def switch_on(person: User) -> None:
    """Let a person sign in again, with the password they had; their roles are as they were. Raises Conflict for
    somebody who can: who was never away counts as nobody's account by it."""
    if not User.objects.select_for_update().filter(pk=person.pk, is_active=False).exists():
        raise Conflict(CAN_SIGN_IN)
    person.is_active = True
    person.save(update_fields=["is_active"])
    person.forget_grants()


def _keep_an_administrator(person: User) -> None:
    """Raise NotAllowed when nobody else could administer. The rows are locked: two cannot remove each other at once."""
    grants = RoleGrant.objects.select_for_update().filter(role=Role.ADMINISTRATOR, user__is_active=True)
    administrators = {grant.user_id for grant in grants.order_by("pk")}
    if administrators == {person.pk}:
        raise NotAllowed(LAST_ADMINISTRATOR)


def choose_language(person: User, language: str) -> None:
    """Show this person their pages in a language of the installation, wherever they sign in."""
    person.language = language
    person.save(update_fields=["language"])


def require_strong(password: str, person: User) -> None:
    """Raise InvalidInput, which says why, for a password that is easily guessed."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise InvalidInput(PASSWORD_WEAK.of(reasons=" ".join(error.messages))) from None


def record_training(person: User, course: str, completed_on: dt.date) -> Training:
    """Note a completed sexual-maturation course (R36)."""
    return Training.objects.create(user=person, course=course, completed_on=completed_on)


@transaction.atomic
def create_api_key(
    organisation: Organisation,
    name: str,
    scopes: Sequence[Permission],
    now: dt.datetime,
    *,
    expires_at: dt.datetime | None = None,
    url_hosts: Sequence[str] = (),
    networks: Sequence[str] = (),
    scans_per_minute: int | None = None,
    scans_per_day: int | None = None,
    scans_per_month: int | None = None,
    is_test: bool = False,
    first: ApiKey | None = None,
    unbound: bool = False,
    countries: Collection[str] = (),
    cases: Collection[str] = (),
) -> str:
    """A new key, shown once: ``owk_<prefix>_<secret>``. Only a peppered digest of it is kept.

    ``url_hosts``: whose addresses may be scanned with it; ``.example.org`` stands for all below that. ``first``
    is the first of those whose place it takes; ``networks`` are those from which it works, any where none is named.
    One that speaks for police is bound to its organisation, and to ``countries`` and ``cases`` of it where any are
    named, unless it is to be ``unbound``.
    Raises InvalidInput where one for tests is to do more than scan, and for what is no network.
    """
    try:
        known = [str(each) for each in networks_of(networks)]
    except ValueError:
        raise InvalidInput(NOT_A_NETWORK) from None
    if is_test and any(scope != Permission.SCAN_USE for scope in scopes):
        raise InvalidInput(TEST_KEY_SCANS_ALONE)
    prefix, secret = secrets.token_hex(KEY_PREFIX_LENGTH // 2), secrets.token_urlsafe(32)
    ApiKey.objects.create(
        organisation=organisation,
        name=name,
        prefix=prefix,
        digest=_key_digest(secret),
        scopes=[Permission(scope).value for scope in scopes],
        created_at=now,
        expires_at=expires_at,
        url_hosts=[as_typed(host).rstrip(".") for host in url_hosts],
        networks=known,
        scans_per_minute=scans_per_minute,
        scans_per_day=scans_per_day,
        scans_per_month=scans_per_month,
        is_test=is_test,
        first=first,
        is_bound=Permission.SERIES_IDENTIFY in scopes and not unbound,
        countries=sorted({each.upper() for each in countries}),
        cases=sorted(set(cases)),
    )
    return f"owk_{prefix}_{secret}"


def authenticate_api_key(text: str, now: dt.datetime) -> ApiKey | None:
    """The key that this text is, or None. Takes the same time for a wrong secret as for a right one."""
    if not text.isascii():  # bytes of a header that are no UTF-8 come as what the database cannot be asked for
        return None
    start, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    key = working_keys(now).filter(prefix=prefix).first()
    stored = bytes(key.digest) if key else bytes(32)
    if start != "owk" or not hmac.compare_digest(stored, _key_digest(secret)) or key is None:
        return None
    if key.last_used_at is None or now - key.last_used_at > dt.timedelta(minutes=1):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return _within_agreements(key, now)


def works_from(key: ApiKey, address: str) -> bool:
    """Whether a key works from this address."""
    return not key.networks or is_within(address, networks_of(key.networks))


def sigv4_credentials(key: ApiKey) -> tuple[str, str]:
    """Access key and secret for clients that sign their requests (AWS Signature Version 4): ``botocore`` and its like.

    The secret is derived from the key's digest under the pepper, so it stands in no table and ends with the key.
    """
    pepper = api_key_pepper(PlatformSettings.current().keys_path)
    secret = hmac.digest(pepper, b"orbweaver.sigv4." + bytes(key.digest), "sha256")
    return f"owk_{key.prefix}", base64.b64encode(secret).decode()


def find_api_key(prefix: str, now: dt.datetime) -> ApiKey | None:
    """The key with this visible beginning (``owk_…``) if it still works; whoever asks has to prove the secret."""
    if not prefix.isascii():
        return None
    key = working_keys(now).filter(prefix=prefix.removeprefix("owk_")).first()
    if key is not None and (key.last_used_at is None or now - key.last_used_at > dt.timedelta(minutes=1)):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return None if key is None else _within_agreements(key, now)


def working_keys(now: dt.datetime) -> QuerySet[ApiKey]:
    """Those that were neither revoked nor have expired, of organisations with an agreement that holds."""
    unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    keys = ApiKey.objects.filter(unexpired, revoked_at__isnull=True).select_related("organisation")
    return keys.filter(organisation__in=let_in(now))


def _within_agreements(key: ApiKey, now: dt.datetime) -> ApiKey:
    """The same key, with the scopes alone that the agreements of its organisation cover at this moment."""
    scopes = scopes_of(key.organisation, now)
    key.scopes = [each for each in key.scopes if is_covered(Permission(each), scopes)]
    return key


def _key_digest(secret: str) -> bytes:
    return hmac.digest(api_key_pepper(PlatformSettings.current().keys_path), secret.encode(), "sha256")
