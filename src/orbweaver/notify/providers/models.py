"""Who hosts what, and where to write to them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from orbweaver.notify.providers.channel_kinds import MAIL, channel_title
from orbweaver.notify.providers.fields import CidrField
from orbweaver.notify.providers.rules import RdapOutcome
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.platform.fields import public_id_field
from orbweaver.platform.languages import FIRST


class Provider(models.Model):
    """A company or person that can take material down."""

    class Kind(models.TextChoices):
        """What it provides."""

        HOST = "host", _("Hosting")
        PLATFORM = "platform", _("Platform for its users' content")
        NETWORK = "network", _("Network")
        CDN = "cdn", _("Content delivery")
        REGISTRAR = "registrar", _("Registrar of domains")
        PAYMENT = "payment", _("Payment service")
        HOTLINE = "hotline", _("Hotline of another country")
        OTHER = "other", _("Other")

    public_id = public_id_field("prv")
    name = models.CharField(max_length=200, unique=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code; empty when unknown")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.HOST)
    terms_url = models.URLField(max_length=500, blank=True, help_text="Its terms of service")
    walled_garden = models.BooleanField(default=False, help_text="Cannot be crawled: figures about it are too low (R3)")
    reduced_notices = models.BooleanField(
        default=False, help_text="Judged complicit: notices say as little as will do (R39)"
    )
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ProviderAlias(models.Model):
    """Another name of a provider: what a registry, a brand or a former owner calls it."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=200, unique=True, help_text="The name as it is looked up: lower case, one blank")


class ProviderDomain(models.Model):
    """A domain that belongs to a provider, with all names below it unless a longer one is listed elsewhere."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253, unique=True, help_text="Lower case, in its ASCII form")


class ProviderNetwork(models.Model):
    """Addresses that belong to a provider; the smallest network that covers an address wins."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="networks")
    network = CidrField()
    asn = models.BigIntegerField(null=True, help_text="Number of the autonomous system, 1 to 4294967295")
    country = models.CharField(max_length=2, blank=True, help_text="Where it is; empty: where its provider is")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["network"], name="network_once")]
        indexes: ClassVar = [GistIndex(fields=["network"], opclasses=["inet_ops"], name="network_covers")]


class ProviderAsn(models.Model):
    """An autonomous system that a provider runs."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="systems")
    asn = models.BigIntegerField(unique=True, help_text="1 to 4294967295")


class ProviderLink(models.Model):
    """Who else keeps a provider going (R44, R45): kept by hand, and stronger than what data say."""

    class Kind(models.TextChoices):
        """What the other one does for it."""

        UPSTREAM = "upstream", _("Carries its traffic")
        REGISTRAR = "registrar", _("Registers its domains")
        CDN = "cdn", _("Delivers its content")
        PAYMENT = "payment", _("Takes payments for it")

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="links")
    to = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="links_from")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "to", "kind"], name="link_once"),
            models.CheckConstraint(condition=~models.Q(provider=models.F("to")), name="link_to_another"),
        ]


class AsRelation(models.Model):
    """``upstream`` carries the traffic of ``customer`` (CAIDA's AS relationships, kind -1). Peers are not kept."""

    upstream = models.BigIntegerField()
    customer = models.BigIntegerField()
    seen_at = models.DateTimeField(help_text="Day of the file")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "upstream"], name="as_relation_once")]


class TermsClause(models.Model):
    """The clause of a provider's own terms that a kind of material breaks (R47)."""

    class Ground(models.TextChoices):
        """What the clause is about."""

        CHILD_EXPLOITATION = "child_exploitation", _("Exploitation of children")
        SEXUAL_EXPLOITATION = "sexual_exploitation", _("Sexual exploitation")
        PHYSICAL_HARM = "physical_harm", _("Physical harm")
        RIGHTS_OF_OTHERS = "rights_of_others", _("Rights of others")

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="clauses")
    ground = models.CharField(max_length=20, choices=Ground.choices)
    clause = models.CharField(max_length=500, help_text="As the terms name or word it, e.g. “§ 4.2 Child safety”")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["provider", "ground"], name="clause_once_per_ground")]


class Contact(models.Model):
    """Where notices to a provider go, with where the address was found and when it was last seen there."""

    class Source(models.TextChoices):
        """Where the address comes from; one kept by hand wins over RDAP, RDAP over security.txt."""

        HAND = "hand", _("Entered by hand")
        RDAP = "rdap", "RDAP"
        PUBLISHED = "published", _("Published by it")
        SECURITY_TXT = "security_txt", "security.txt"

    public_id = public_id_field("ctc")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="contacts")
    channel = models.CharField(max_length=12, default=MAIL, help_text="One that is registered (channel_kinds)")
    address = models.CharField(max_length=320, help_text="As the channel writes it: a mail address, a URL, a name")
    language = models.CharField(max_length=5, default=FIRST, help_text="Of notices to it; its folder's name")
    source = models.CharField(max_length=12, choices=Source.choices)
    seen_at = models.DateTimeField(help_text="When it was last found there")
    checked_at = models.DateTimeField(null=True, help_text="When somebody last looked, whether it was found or not")
    active = models.BooleanField(default=True)
    bounced_at = models.DateTimeField(null=True, help_text="Mail to it came back for good; others go first since")
    first_at = models.DateTimeField(null=True, help_text="When a person put it before the others; the latest is first")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "channel", "address"], name="contact_once_per_provider")
        ]

    def get_channel_display(self) -> str:
        """The channel's title, of plug-ins too."""
        return channel_title(self.channel)

    def __str__(self) -> str:
        return str(self.public_id)


class RdapAnswer(models.Model):
    """What RDAP last said about an address, a domain or an autonomous system, and when: a cache with its age."""

    class Kind(models.TextChoices):
        """What was asked about."""

        ADDRESS = "address"
        DOMAIN = "domain"
        SYSTEM = "system"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    subject = models.CharField(max_length=260, help_text="The address, registrable domain or number asked about")
    network = CidrField(null=True, help_text="Of an address: every address in it has the same answer")
    outcome = models.CharField(max_length=16, choices=[(each.value, each.value) for each in RdapOutcome])
    name = models.CharField(max_length=200, blank=True, help_text="Holder of the network, or registrar of the domain")
    handle = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)
    asn = models.BigIntegerField(null=True)
    contacts = ArrayField(models.CharField(max_length=320), default=list, help_text="Abuse addresses, best first")
    asked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "subject"], name="rdap_answer_once")]
        indexes: ClassVar = [GistIndex(fields=["network"], opclasses=["inet_ops"], name="rdap_network_covers")]


class HostLookup(models.Model):
    """One look at where a host is (R46). ``outcome`` says what the name servers did."""

    class Outcome(models.TextChoices):
        """What came of it."""

        FOUND = "found"
        NO_ADDRESS = "no_address"
        BLOCKED = "blocked"
        FAILED = "failed"

    host = models.CharField(max_length=260)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    at = models.DateTimeField()
    first_at = models.DateTimeField(help_text="Since when each look found the same")
    looks = models.IntegerField(default=1)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["host", "-at"], name="lookups_of_host")]


class HostHop(models.Model):
    """An address that a host had at a look, with what was known of it then."""

    lookup = models.ForeignKey(HostLookup, on_delete=models.CASCADE, related_name="hops")
    address = models.GenericIPAddressField()
    provider = models.ForeignKey(Provider, on_delete=models.SET_NULL, null=True, related_name="hops")
    network = CidrField(null=True)
    asn = models.BigIntegerField(null=True)
    country = models.CharField(max_length=7, default="unknown", help_text="Code of two letters, or unknown")
    source = models.CharField(max_length=8, blank=True, help_text="registry or rdap, whichever told")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["lookup", "address"], name="hop_once_per_lookup")]


class HostOrigin(models.Model):
    """Who hosts what stands behind a CDN, as the CDN answered and a person noted: a hop that no look can find (R46)."""

    host = models.CharField(max_length=260, db_index=True)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="origins")
    address = models.GenericIPAddressField(null=True, help_text="Of the origin, where it was told")
    told_by = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="+", help_text="The CDN")
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["host", "provider", "address"], nulls_distinct=False, name="origin_once")
        ]


class ProviderOrganisation(models.Model):
    """An organisation whose people and keys see and answer a provider's notices in the inbox for industry."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="organisations")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="providers")
    added_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "organisation"], name="provider_organisation_once")
        ]
