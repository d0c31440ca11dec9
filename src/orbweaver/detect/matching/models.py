"""Sightings (a medium at a URL on a page) and their matches with list entries."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from orbweaver.detect.hashlists.models import KIND_LABELS, HashListEntry
from orbweaver.detect.intake.models import AskedHash, Report
from orbweaver.detect.matching.rules import Proof, quad_of
from orbweaver.detect.media.models import Media
from orbweaver.fingerprints.turning import Quad
from orbweaver.platform.fields import public_id_field


class Sighting(models.Model):
    """A medium seen at a URL, on a page (or alone), with the context it stood in.

    ``context`` holds ``title``, ``headings`` (list), ``alt``, ``link_text``, ``before`` and ``after`` (text around the
    picture) and ``position`` on the page. The exact URLs are kept for the notice; keys are SHA-256 of the normal form,
    ``url_key`` without what signs it: signed anew at each visit it is the same place, and ``url`` the newest address.
    The frontier keeps the earlier ones.
    """

    class Origin(models.TextChoices):
        """What led to it."""

        CRAWL = "crawl"
        REPORT = "report"

    public_id = public_id_field("sgt")
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="sightings")
    url = models.TextField()
    url_key = models.BinaryField(max_length=32, db_index=True)
    page_url = models.TextField(blank=True)
    page_url_key = models.BinaryField(max_length=32, default=b"", db_index=True)
    host = models.CharField(max_length=260, db_index=True)
    address = models.GenericIPAddressField(null=True, help_text="Address that answered")
    context = models.JSONField(default=dict)
    origin = models.CharField(max_length=8, choices=Origin.choices)
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, related_name="sightings")
    lead_id = models.BigIntegerField(null=True, help_text="crawl.Lead by which it was seen first: logs go on under it")
    later_reports = models.ManyToManyField(Report, related_name="seen_again", help_text="Of the same place, after it")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["media", "url_key", "page_url_key"], name="sighting_once")
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Front(models.Model):
    """A CDN that a host's answers tell of by their headers (R46): it is told beside whoever hosts it, never instead."""

    host = models.CharField(max_length=260)
    cdn = models.CharField(max_length=80, help_text="Its name in the table of CDNs")
    signs = ArrayField(models.CharField(max_length=60), help_text="The headers that told")
    cdns_version = models.CharField(
        max_length=50, db_default="", default="", help_text="Of the table of CDNs by which they told it last"
    )
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="When an answer of the host first came without them")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["host", "cdn"], name="front_once")]


class MissedEvidence(models.Model):
    """A medium that an authorised hotline could not archive, as a setting was missing. Fetched again by itself."""

    class State(models.TextChoices):
        """Waits for the setting or for its turn, is archived by now, or no address serves it any more."""

        WAITING = "waiting"
        FETCHED = "fetched"
        LOST = "lost"

    media = models.OneToOneField(Media, on_delete=models.CASCADE, related_name="missed")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    missed_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    retry_at = models.DateTimeField(null=True, help_text="Real time of the next try; none: at once")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["retry_at", "id"], condition=models.Q(state="waiting"), name="missed_evidence_waiting")
        ]


class ScanHits(models.Model):
    """How often scans of an organisation found an entry within an hour; nothing of what was scanned."""

    entry = models.ForeignKey(HashListEntry, on_delete=models.PROTECT, related_name="+", db_index=False)
    hour = models.DateTimeField(db_index=True, help_text="When it began")
    organisation = models.CharField(max_length=200, default="", help_text="Whose scans; empty: of before that was kept")
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "hour", "organisation"], name="scan_hits_of_each_once_an_hour")
        ]


class OftenFound(models.Model):
    """An entry that scans find far more than usual, of too few organisations to put it aside: a person looks at it.

    One row for each entry, kept once it is answered: up to how many a day a person called it right.
    """

    entry = models.OneToOneField(HashListEntry, on_delete=models.PROTECT, primary_key=True, related_name="often_found")
    noticed_at = models.DateTimeField(help_text="Since when it waits, or waited")
    found = models.BigIntegerField(help_text="Scans within a day, the most while it waits")
    usual = models.FloatField(help_text="A day, that no organisation moves alone")
    organisations = models.IntegerField()
    who = models.TextField(help_text="Those with the most scans, with their numbers")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    because = models.TextField(blank=True)
    right_up_to = models.BigIntegerField(default=0, help_text="Scans a day that a person said are right")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["noticed_at"], condition=models.Q(answered_at=None), name="often_found_waiting")
        ]


class Match(models.Model):
    """A sighting's medium and an entry have hashes in common: one match, whether bytes are the same or look alike."""

    sighting = models.ForeignKey(Sighting, on_delete=models.CASCADE, related_name="matches")
    entry = models.ForeignKey(HashListEntry, on_delete=models.PROTECT, related_name="matches")
    kinds = ArrayField(models.CharField(max_length=32), help_text="Kinds of hash that matched, what says most first")
    exact = models.BooleanField(help_text="The bytes themselves are on the list, by their digest")
    distance = models.SmallIntegerField(default=0, help_text="In bits, of the nearest hash that tells of looks")
    transform = models.SmallIntegerField(default=0, help_text="Which of the eight turns and mirrors matched; 0 none")
    number = models.IntegerField(null=True, help_text="Frame, page or picture of the file that matched, from 0")
    time_s = models.FloatField(null=True, help_text="Seconds from its start; none: its bytes as a whole matched")
    proof = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Proof], default=Proof.HASH)
    query_quad = ArrayField(
        models.FloatField(), null=True, help_text="Where in this picture the known one lies: x and y of its corners"
    )
    reference_quad = ArrayField(
        models.FloatField(), null=True, help_text="Which part of the known picture is seen; none: all of it"
    )
    mirrored = models.BooleanField(default=False, help_text="The known picture is seen mirrored")
    edits = ArrayField(models.CharField(max_length=24), default=list, help_text="What was done to the known picture")
    agreement = models.FloatField(null=True, help_text="Share of the compared blocks of pixels that agree")
    found_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sighting", "entry"], name="match_once")]
        indexes: ClassVar = [models.Index(fields=["found_at"], name="match_by_time")]

    @property
    def is_derived(self) -> bool:
        """Whether it is of a copy that somebody edited, which inherits nothing of what is known (R28, R30)."""
        return self.proof != Proof.HASH

    @property
    def seen_in(self) -> Quad | None:
        """Where in this picture the known one lies; None where it is all of it."""
        return quad_of(self.query_quad)

    @property
    def seen_of(self) -> Quad | None:
        """Which part of the known picture is seen; None where it is all of it."""
        return quad_of(self.reference_quad)

    @property
    def kind_labels(self) -> str:
        """The kinds as people write them."""
        return ", ".join(KIND_LABELS.get(kind, kind) for kind in self.kinds)


class AskedSighting(models.Model):
    """A sighting's medium and a hash that a survivor asks for. No match: it suspects nothing, it asks for a look."""

    sighting = models.ForeignKey(Sighting, on_delete=models.CASCADE, related_name="asked")
    asked = models.ForeignKey(AskedHash, on_delete=models.CASCADE, related_name="sightings")
    found_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sighting", "asked"], name="asked_sighting_once")]


class ToTakeUp(models.Model):
    """A sighting that a crawler recorded or saw again, of which those above are to hear; gone once they did.

    Only ever appended by crawlers: who may do that sees nothing of what follows.
    """

    sighting = models.ForeignKey(Sighting, on_delete=models.CASCADE, related_name="to_take_up")
    recorded_at = models.DateTimeField(help_text="Of its batch (domain time)")
    not_before = models.DateTimeField(
        default=dt.datetime(1970, 1, 1, tzinfo=dt.UTC), help_text="Real time; later once it could not be taken up"
    )

    def __str__(self) -> str:
        return f"sighting {self.sighting_id}"


class LedgerPart(models.Model):
    """Some files of a ledger, which one process at a time matches (``claims``) and marks in the transaction that adds
    its last leads. A round has every file of the ledger; the next one begins when each is matched."""

    ledger = models.UUIDField(help_text="Which folder (Ledger.identity): each machine may have its own")
    round = models.UUIDField()
    files = ArrayField(models.TextField(), help_text="Names below the folder")
    position = models.BigIntegerField(
        null=True, help_text="Change of the lists up to which it was matched; none: waits"
    )
    rows = models.BigIntegerField(default=0)
    matching = models.BigIntegerField(default=0, help_text="Rows of it that match")
    leads = models.BigIntegerField(default=0)
    without_address = models.BigIntegerField(default=0, help_text="Places of it that are no longer in the frontier")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ledger"], name="ledger_part")]

    def __str__(self) -> str:
        return f"{len(self.files)} files"
