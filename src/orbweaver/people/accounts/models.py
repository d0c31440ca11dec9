"""People, organisations, roles, training, API keys and the administrator's one-time link."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.crypto import salted_hmac

from orbweaver.people.accounts.rules import Bounds, Permission, Role, Scope, permissions_of
from orbweaver.platform.fields import public_id_field


class Organisation(models.Model):
    """A hotline, provider, government or police force that people belong to."""

    class Kind(models.TextChoices):
        """What an organisation is."""

        HOTLINE = "hotline"
        INDUSTRY = "industry"
        GOVERNMENT = "government"
        LAW_ENFORCEMENT = "law_enforcement"
        SURVIVOR_SUPPORT = "survivor_support"

    public_id = public_id_field("org")
    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    country = models.CharField(max_length=2)
    vetted_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def agreement(self) -> Agreement | None:
        """The one recorded last of those that nobody ended, also where its last day is over; none."""
        there = [each for each in self.agreements.all() if each.ended_at is None]
        return max(there, key=lambda each: each.pk, default=None)

    @property
    def agreement_ends_on(self) -> dt.date | None:
        """The last day of that agreement; none: it has no end."""
        return self.agreement.ends_on if self.agreement else None


class Agreement(models.Model):
    """What this hotline and an organisation agreed on: what it covers, where, under which terms, until when (R65)."""

    public_id = public_id_field("agr")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="agreements")
    title = models.CharField(max_length=200, blank=True, help_text="Agreement or membership, in words")
    scope = ArrayField(models.CharField(max_length=8, choices=[(each.value, each.value) for each in Scope]))
    countries = ArrayField(
        models.CharField(max_length=2), default=list, help_text="Of the forces and people it is for; none: any"
    )
    terms = models.TextField(blank=True, max_length=4000, help_text="What else was agreed on")
    document = models.CharField(max_length=300, blank=True, help_text="Where the signed document is kept")
    document_sha256 = models.BinaryField(max_length=32, null=True, help_text="Of the document, which is not kept here")
    begins_on = models.DateField(null=True, help_text="Its first day; none: it holds already")
    ends_on = models.DateField(null=True, help_text="Its last day; none: until somebody ends it")
    recorded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="When somebody ended it before its last day")
    ended_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def scope_words(self) -> list[str]:
        """What it covers, as pages word it."""
        return [f"scope_{each}" for each in self.scope]

    @property
    def digest(self) -> str:
        """SHA-256 of the document, in hex; empty for none."""
        return bytes(self.document_sha256).hex() if self.document_sha256 else ""


class UserManager(BaseUserManager["User"]):
    """Makes users; ``get_by_natural_key`` ignores the case of the address."""

    def create_user(self, email: str, display_name: str, organisation: Organisation, password: str | None) -> User:
        """A new person. A password of None cannot be used to sign in."""
        user = self.model(email=email.strip().lower(), display_name=display_name.strip(), organisation=organisation)
        user.set_password(password)
        user.save()
        return user

    def get(self, *args: Any, **values: Any) -> User:
        """One person, with their organisation, which every page asks for at once."""
        return self.select_related("organisation").get(*args, **values)

    def get_by_natural_key(self, username: str | None) -> User:
        """The person with this address."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in, by address."""

    public_id = public_id_field("usr")
    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=120)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="people")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    session_epoch = models.IntegerField(
        default=0, db_default=0, help_text="Grows when all sign-ins of this person have to end"
    )

    language = models.CharField(
        max_length=10, blank=True, default="", db_default="", help_text="Of the pages; empty: as the browser asks"
    )

    made_alone_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Who made it, or could have opened it, until a second person has vouched for it",
    )

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    def __str__(self) -> str:
        return self.display_name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session carries of its person: it ends with another password, and with the next epoch."""
        kept = f"{self.password}/{self.session_epoch}" if self.session_epoch else self.password
        return salted_hmac("orbweaver.people.accounts.session", kept, secret=secret, algorithm="sha256").hexdigest()

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this person's roles allow. Read once per object."""
        cached: frozenset[Permission] | None = self.__dict__.get("_permissions")
        if cached is None:
            cached = self._permissions_of_roles() if self.is_active else frozenset()
            self.__dict__["_permissions"] = cached
        return cached

    def _permissions_of_roles(self) -> frozenset[Permission]:
        return permissions_of(grant.role for grant in self._grants())

    def _grants(self) -> list[RoleGrant]:
        cached: list[RoleGrant] | None = self.__dict__.get("_held")
        if cached is None:
            cached = self.__dict__["_held"] = list(self.role_grants.all())
        return cached

    @property
    def bounds(self) -> Bounds | None:
        """What this person is bound to, whatever else they hold; None: nothing."""
        return next((grant.bounds for grant in self._grants() if grant.bounds), None)

    def forget_grants(self) -> None:
        """Read what this person holds anew the next time it is asked for."""
        self.__dict__.pop("_permissions", None)
        self.__dict__.pop("_held", None)

    def may(self, permission: Permission) -> bool:
        """Whether this person's roles allow it."""
        return permission in self.permissions

    def training_completed_on(self) -> dt.date | None:
        """The day of the latest sexual-maturation course."""
        return max((each.completed_on for each in self.trainings.all()), default=None)


class RoleGrant(models.Model):
    """A role that a person holds; of an organisation, countries and cases alone, where it says so (ADR 39)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(max_length=30, choices=[(role.value, role.value) for role in Role])
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField()
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+", help_text="Of it alone; none: of any"
    )
    countries = ArrayField(
        models.CharField(max_length=2), default=list, db_default=[], help_text="Of these alone; none: of any"
    )
    cases = ArrayField(
        models.CharField(max_length=24),
        default=list,
        db_default=[],
        help_text="Series, referrals and orders by their numbers: of these alone; none: of any",
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "role"], name="role_once")]

    @property
    def bounds(self) -> Bounds:
        """What it is bound to; false where it is bound to nothing."""
        return Bounds(self.organisation_id, frozenset(self.countries), frozenset(self.cases))


class Training(models.Model):
    """A sexual-maturation course that a person completed (R36)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="trainings")
    course = models.CharField(max_length=200)
    completed_on = models.DateField()


class ApiKey(models.Model):
    """A key of a client program. The secret itself is never stored: a peppered digest is."""

    public_id = public_id_field("key")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="When it stops working by itself; none: never")
    url_hosts = ArrayField(
        models.CharField(max_length=253),
        default=list,
        db_default=[],
        help_text="Hosts whose addresses may be scanned with it; `.example.org` stands for all below",
    )
    networks = ArrayField(
        models.CharField(max_length=50),
        default=list,
        db_default=[],
        help_text="Networks from which it works, such as `192.0.2.0/24`; none: from any",
    )
    scans_per_minute = models.IntegerField(null=True, help_text="None: the installation's")
    scans_per_day = models.BigIntegerField(null=True, help_text="In a day, in UTC; none: without end")
    scans_per_month = models.BigIntegerField(null=True, help_text="In a month, in UTC; none: without end")
    is_test = models.BooleanField(
        default=False, db_default=False, help_text="It finds what is on lists for tests alone, and nothing known"
    )
    first = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="followers",
        help_text="The first of the keys that took each other's place; quotas are of all of them together",
    )
    is_bound = models.BooleanField(
        default=False, db_default=False, help_text="It finds what its own organisation's forces were told or said alone"
    )
    countries = ArrayField(
        models.CharField(max_length=2), default=list, db_default=[], help_text="Bound to forces of these; none: any"
    )
    cases = ArrayField(
        models.CharField(max_length=24), default=list, db_default=[], help_text="Bound to these by number; none: any"
    )

    @property
    def speaks_unbound(self) -> bool:
        """Whether it speaks for police, of all that was seen here."""
        return Permission.SERIES_IDENTIFY in self.scopes and not self.is_bound

    @property
    def bounds(self) -> Bounds | None:
        """What it is bound to, as a liaison's role is (ADR 39); None: nothing."""
        if not self.is_bound:
            return None
        return Bounds(self.organisation_id, frozenset(self.countries), frozenset(self.cases))


class RateWindow(models.Model):
    """What a client of the API may have taken of its present window, in every process together: one row a client."""

    client = models.CharField(max_length=80, primary_key=True, help_text="As the API's port names it")
    ends_at = models.DateTimeField(help_text="By the database's own clock")
    taken = models.BigIntegerField(help_text="Scans of it that processes have set aside; more than all: none is left")


class KeyUsage(models.Model):
    """What was asked with a key through a door on a day, in UTC: numbers, nothing of what was sent."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    door = models.CharField(max_length=16, help_text="The protocol that was spoken")
    requests = models.BigIntegerField(default=0, help_text="Answers of any kind")
    scans = models.BigIntegerField(default=0, help_text="Files; a hundred hashes count as one")
    matched = models.BigIntegerField(default=0, help_text="Files and hashes of which something is known")
    refused = models.BigIntegerField(default=0, help_text="Requests beyond what the key may ask")
    failed = models.BigIntegerField(default=0, help_text="Requests that were wrong, or that we could not answer")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "day", "door"], name="accounts_usage_once_a_day")]


class SecondFactor(models.Model):
    """What a person's codes are made from, together with the installation's pepper; see ``second_factor``."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor", primary_key=True)
    salt = models.BinaryField(max_length=32)
    confirmed_at = models.DateTimeField(null=True, help_text="Since when sign-ins need a code (real time)")
    last_step = models.BigIntegerField(default=0, help_text="Of the last code used: none opens twice")
    spare_codes = ArrayField(models.BinaryField(max_length=32), default=list, help_text="Digests of those unused")


class Passkey(models.Model):
    """A key pair that a person's phone or security key keeps, of which we have the public half; see ``passkeys``."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60, help_text="What the person calls it")
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField(max_length=4096, help_text="As WebAuthn's attested credential data")
    uses = models.BigIntegerField(help_text="As it counted at its last use; 0: it does not count")
    added_at = models.DateTimeField(help_text="Real time")
    used_at = models.DateTimeField(null=True, help_text="Real time; none: not yet")

    class Meta:
        ordering: ClassVar = ["pk"]


class SignIn(AbstractBaseSession):
    """A session; ``session_key`` is a digest of what the browser holds (``sessions.kept_as``)."""

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, related_name="sign_ins", help_text="None: nobody is signed in yet"
    )
    began_at = models.DateTimeField(null=True, help_text="Real time")
    browser = models.CharField(max_length=40, blank=True)

    @classmethod
    def get_session_store_class(cls) -> type[Any]:
        """What reads its data: that of the settings, which itself reads this model."""
        store: type[Any] = import_module(settings.SESSION_ENGINE).SessionStore
        return store


class AlertMail(models.Model):
    """When a person is next told by mail of what waits for them, and what they were told last."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="alert_mail", primary_key=True)
    is_wanted = models.BooleanField(default=True, help_text="The person wants such mails")
    due_at = models.DateTimeField(null=True, db_index=True, help_text="Not looked at before; none: not wanted")
    sent_at = models.DateTimeField(null=True)
    said = models.JSONField(default=dict, help_text="How many of each kind waited when the last mail was due")


class SetupLink(models.Model):
    """The one-time link with which the first administrator is made."""

    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class PasswordLink(models.Model):
    """A link with which a person sets another password, once. Only a digest of it is kept."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_links")
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Invitation(models.Model):
    """That somebody is to choose a password of their own for a new account; whoever made it never knows it."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="invitation", primary_key=True)
    language = models.CharField(max_length=10)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, db_index=True, help_text="When its mail is due; none: it left, or no mail")
    sent_at = models.DateTimeField(null=True, help_text="When its last mail left, or it was printed")
    is_printed = models.BooleanField(default=False, help_text="Whoever printed it has seen the link")


class PasswordRequest(models.Model):
    """That somebody asked for such a link by mail, for an address that may be nobody's. Kept for an hour."""

    email = models.EmailField()
    language = models.CharField(max_length=10)
    sender = models.BinaryField(max_length=32, db_index=True, help_text="Stands for the network it came from")
    asked_at = models.DateTimeField(db_index=True)
    due_at = models.DateTimeField(help_text="When it is answered, or tried again")
    claimed_at = models.DateTimeField(null=True, help_text="When the worker began to answer it")
