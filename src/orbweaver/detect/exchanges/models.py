"""Exchanges, their pulls, and feedback: what we say of others' entries, and what others say of entries here."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from orbweaver.detect.exchanges.verdicts import Read, read
from orbweaver.detect.fetching import errors as _  # noqa: F401 - what a problem is about stands in its words
from orbweaver.detect.hashlists.models import KIND_LABELS, HashList, HashListEntry
from orbweaver.platform.fields import MessageField, public_id_field


class Exchange(models.Model):
    """A supplier's service from which a list is pulled. ``checkpoint`` is the protocol's own: where to go on."""

    public_id = public_id_field("exc")
    name = models.CharField(max_length=120, unique=True)
    protocol = models.CharField(max_length=20, help_text="Name of a protocol in exchanges.protocols")
    address = models.TextField(help_text="Base address, without a closing slash")
    credentials = models.BinaryField(null=True, help_text="Encrypted, and bound to the host of the address")
    hash_list = models.OneToOneField(HashList, on_delete=models.PROTECT, related_name="exchange")
    every_minutes = models.IntegerField()
    dispute_reason = models.CharField(max_length=200, blank=True, help_text="The supplier's own word for our disputes")
    only_members = ArrayField(
        models.CharField(max_length=200),
        default=list,
        help_text="Numbers of the supplier's members whose entries are taken; none: of all",
    )
    paused = models.BooleanField(default=False)
    paused_by = models.CharField(
        max_length=200, blank=True, help_text="The client that paused it and may resume it; empty: the hotline"
    )
    closed_at = models.DateTimeField(null=True, help_text="When the client that had set it up deleted it")
    checkpoint = models.JSONField(default=dict)
    next_at = models.DateTimeField(help_text="When it is pulled next, unless it is paused")
    pulled_at = models.DateTimeField(null=True, help_text="When a pull last came to its end")
    failures = models.IntegerField(default=0, help_text="Pulls that failed one after the other")
    problem = MessageField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def is_pulled(self) -> bool:
        """Whether a pull is under way; one that was killed is taken up within a minute."""
        return self.pulls.filter(ended_at=None).exists()


class ClientCredentials(models.Model):
    """What opens exchanges of one protocol for an organisation that sets them up itself, through the HMA door."""

    organisation = models.CharField(max_length=200)
    protocol = models.CharField(max_length=20)
    credentials = models.BinaryField(help_text="Encrypted, and bound to no host")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "protocol"], name="client_credentials_once")
        ]


class Pull(models.Model):
    """One pull that brought something, failed or lasts: one that was killed is taken up. Counts are of entries."""

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="pulls")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    pages = models.IntegerField(default=0)
    taken = models.IntegerField(default=0)
    withdrawn = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    problem = MessageField()

    @property
    def brought(self) -> int:
        """Entries that it brought, of every kind."""
        return self.taken + self.withdrawn + self.refused


class Tombstone(models.Model):
    """A supplier withdrew what never came: what it said of it before that must not come after."""

    hash_list = models.ForeignKey(HashList, on_delete=models.CASCADE, related_name="+")
    key = models.BinaryField(max_length=16)
    stated_at = models.DateTimeField(help_text="The supplier's time")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["hash_list", "key"], name="tombstone_once")]


class StatedTerms(models.Model):
    """Terms under which entries were handed to us, as their supplier states them: the same words stand here once."""

    digest = models.CharField(max_length=32, unique=True)
    by = models.CharField(max_length=200, help_text="Whose terms they are")
    text = models.TextField()
    until = models.DateField(null=True, help_text="Last day of use; none: without end")


class StatedVerdict(models.Model):
    """What the hotline that an entry comes from decided of it. It is shown beside our own verdict and changes none."""

    entry = models.OneToOneField(HashListEntry, on_delete=models.PROTECT, related_name="stated_verdict")
    verdict = models.JSONField(default=dict, help_text="As it came (verdicts.py), with what we have no word for")
    series = ArrayField(models.CharField(max_length=200), default=list, help_text="Its series, by that hotline's names")
    terms = ArrayField(models.CharField(max_length=32), default=list, help_text="Digests of StatedTerms")

    @property
    def decided(self) -> Read:
        """What of the verdict has a meaning here."""
        return read(self.verdict)


class Feedback(models.Model):
    """What we say to a supplier of one hash of its entry. One row a hash: what was said last; sent once."""

    class State(models.TextChoices):
        """``refused``: the exchange will not take it, or a person has to do something first."""

        WAITING = "waiting"
        SENT = "sent"
        REFUSED = "refused"

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="feedback")
    entry = models.ForeignKey(HashListEntry, on_delete=models.PROTECT, related_name="feedback")
    kind = models.CharField(max_length=32)
    confirms = models.BooleanField(help_text="It is what the list says; else it is disputed")
    reason = models.TextField(blank=True)
    verdict = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), help_text="Of ours, that says so (verdicts.py)"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    next_at = models.DateTimeField()
    tries = models.IntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    problem = MessageField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["entry", "kind"], name="feedback_once")]
        indexes: ClassVar = [
            models.Index(fields=["next_at"], condition=models.Q(state="waiting"), name="feedback_waiting")
        ]

    @property
    def kind_label(self) -> str:
        """The kind of hash as people write it."""
        return KIND_LABELS.get(self.kind, self.kind)


class Opinion(models.Model):
    """What somebody else says of a hash of an entry here: it confirms, or it disputes, for a person to conclude.

    It changes nothing by itself: else one member could take a whole list out of use.
    """

    class Outcome(models.TextChoices):
        """What a person made of it."""

        KEPT = "kept"
        DISPUTED = "disputed"
        WITHDRAWN = "withdrawn"

    public_id = public_id_field("opn")
    entry = models.ForeignKey(HashListEntry, on_delete=models.PROTECT, related_name="opinions")
    kind = models.CharField(max_length=32)
    who = models.CharField(max_length=200, help_text="The member of an exchange, or the organisation of a key")
    confirms = models.BooleanField()
    reason = models.CharField(max_length=500, blank=True)
    verdict = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), help_text="Of theirs, as it came (verdicts.py)"
    )
    at = models.DateTimeField()
    answer_by = models.DateTimeField(
        null=True, help_text="By when we said that it is answered; none: it was not said to us, or it confirms"
    )
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True)
    concluded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    concluded_at = models.DateTimeField(null=True)
    because = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["entry", "kind", "who"], name="opinion_once")]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(confirms=False, outcome=""), name="opinion_open")
        ]

    @property
    def decided(self) -> Read:
        """What of the verdict has a meaning here."""
        return read(self.verdict)

    @property
    def kind_label(self) -> str:
        """The kind of hash as people write it."""
        return KIND_LABELS.get(self.kind, self.kind)


class Member(models.Model):
    """An organisation that submitted or gave feedback through our own doors, or takes part in one that we pull and hand
    on: its number at our doors is the row's, from 2."""

    organisation = models.CharField(max_length=200, unique=True)
    hash_list = models.OneToOneField(HashList, on_delete=models.PROTECT, null=True, related_name="member")

    @property
    def number(self) -> str:
        """By which clients know it; 1 is the hotline itself."""
        return str(self.pk + 1)
