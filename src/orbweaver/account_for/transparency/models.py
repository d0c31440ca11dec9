"""Summaries from which the figures are read, and what is still to be worked into them (ADR on figures kept up to date).

What counts is said in ``figures``. Triggers note what changed, in the transaction that changes it; ``folding`` works it
in. Nothing here is a source of truth: all of it can be built anew from the domain's own tables (``folding.rebuild``).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class NotifiedAddress(models.Model):
    """One notified address, whatever number of verdicts and notices is about it: what it counts as in the figures.

    Its kind (type, age class, provider …) is that of the notice about it that went to the provider first, else of the
    first of all (a referral, a step of escalation); its time counts from the first message of any.
    """

    class Status(models.TextChoices):
        """Removed after the first message, still open (or back), offline with its host, or gone before any message
        left."""

        REMOVED = "removed"
        OPEN = "open"
        OFFLINE = "offline"
        BEFORE = "before"

    url_key = models.BinaryField(max_length=32, primary_key=True)
    status = models.CharField(max_length=8, choices=Status.choices)
    sent_at = models.DateTimeField()
    decided_at = models.DateTimeField()
    removed_s = models.FloatField(null=True, help_text="Seconds from the first message to removal, or to going offline")
    provider_id = models.BigIntegerField()
    country = models.CharField(max_length=7, help_text="Of the host as known when the notice was written")
    notice_type = models.CharField(max_length=16)
    sub_type = models.CharField(max_length=1, blank=True)
    category = models.CharField(max_length=16, blank=True)
    age_class = models.CharField(max_length=16, blank=True)
    identified = models.BooleanField()
    straddles = models.BooleanField()
    questioned = models.BooleanField(help_text="The provider questioned that it is illegal or a child (R53)")
    reappearances = models.IntegerField()
    site_kind = models.CharField(max_length=12, help_text="R2")
    children = models.SmallIntegerField(help_text="0: nobody said")
    baseline = models.BooleanField()
    self_generated = models.BooleanField()
    live_stream = models.BooleanField()
    advertises_set = models.BooleanField()
    flagged = models.BooleanField(help_text="Terms of a list stand near it")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["removed_s"], condition=models.Q(status="removed"), name="address_removed_s")
        ]


class Tally(models.Model):
    """How many there are: ``figure`` says of what, ``ref`` of which provider (0: of all), ``key`` of which kind."""

    figure = models.CharField(max_length=16)
    ref = models.BigIntegerField(default=0)
    key = models.CharField(max_length=80, blank=True)
    n = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["figure", "ref", "key"], name="tally_once")]


class ChangedAddress(models.Model):
    """An address of which something changed since its ``NotifiedAddress`` was worked out."""

    url_key = models.BinaryField(max_length=32)


class ChangedSite(models.Model):
    """A host that is known as another kind of site: its addresses are to be worked out anew."""

    host = models.CharField(max_length=260)


class ChangedMedium(models.Model):
    """A medium of which a verdict changed."""

    media_id = models.BigIntegerField()


class VerifiedMedium(models.Model):
    """A medium that counts as verified."""

    media_id = models.BigIntegerField(primary_key=True)


class Delta(models.Model):
    """So many more or fewer of something, not yet in its tally."""

    figure = models.CharField(max_length=16)
    ref = models.BigIntegerField(default=0)
    key = models.CharField(max_length=80, blank=True)
    n = models.BigIntegerField()


class Built(models.Model):
    """Which version of the summaries is in the tables: one row. None, or another: they are to be built anew."""

    version = models.IntegerField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="one_built")]
