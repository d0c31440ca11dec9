"""Series, victims, items and every change of them. Rows are never deleted: links end, series are merged into others."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from orbweaver.assess.series.rules import LinkReason, Position
from orbweaver.detect.media.models import Media
from orbweaver.platform.fields import MessageField, public_id_field

PERSON = settings.AUTH_USER_MODEL


class VictimSeries(models.Model):
    """Images and videos of one or more victims (R14). ``title`` and ``police_reference`` never leave the workplace."""

    class Status(models.TextChoices):
        """``proposed`` by analysts or the system until police know it; counted apart."""

        PROPOSED = "proposed"
        KNOWN = "known"

    public_id = public_id_field("ser")
    title = models.CharField(max_length=200)
    police_reference = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PROPOSED)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    known_since = models.DateTimeField(null=True, help_text="When it became known to police")
    version = models.IntegerField(default=0, help_text="Grows with each change; a stale form conflicts")

    class Meta:
        verbose_name_plural = "victim series"
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], condition=models.Q(merged_into__isnull=True), name="series_open")
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class SeriesName(models.Model):
    """What a supplier of hash lists calls a series; entries with this name belong to it."""

    series = models.ForeignKey(VictimSeries, on_delete=models.PROTECT, related_name="names")
    supplier = models.CharField(max_length=200)
    name = models.CharField(max_length=200, help_text="In normal form")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["supplier", "name"], name="series_name_once")]


class Victim(models.Model):
    """One child of a series. ``identified`` is law enforcement's word, with its source and day (R29)."""

    public_id = public_id_field("vic")
    series = models.ForeignKey(VictimSeries, on_delete=models.PROTECT, related_name="victims")
    label = models.CharField(max_length=60, help_text="Such as “the older child”; never a name")
    age_min = models.SmallIntegerField(null=True)
    age_max = models.SmallIntegerField(null=True)
    identified = models.BooleanField(default=False, help_text="False: not known to be identified")
    identified_source = models.CharField(max_length=200, blank=True)
    identified_on = models.DateField(null=True)
    identified_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")


class SeriesItem(models.Model):
    """A medium in a series: where in the incident, why, who says so and since when. Ended links are kept."""

    series = models.ForeignKey(VictimSeries, on_delete=models.PROTECT, related_name="items")
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="series_items")
    position = models.CharField(max_length=8, choices=[(each, each) for each in Position], default=Position.UNKNOWN)
    reason = models.CharField(max_length=14, choices=[(each, each) for each in LinkReason])
    words = models.CharField(max_length=400, blank=True)
    because = MessageField(help_text="Of evidence, where a suggestion was accepted")
    further = models.JSONField(default=list, help_text="Reasons of later links: reason, words, by (public id), at")
    linked_at = models.DateTimeField()
    linked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    ended_why = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["series", "media"], condition=models.Q(ended_at__isnull=True), name="medium_once_per_series"
            )
        ]


class SeriesChange(models.Model):
    """A merge (all of ``source`` into ``target``) or a split (some of ``source`` into the new ``target``)."""

    class Kind(models.TextChoices):
        """Each undone by its reverse."""

        MERGE = "merge"
        SPLIT = "split"

    public_id = public_id_field("chg")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    source = models.ForeignKey(VictimSeries, on_delete=models.PROTECT, related_name="changes_from")
    target = models.ForeignKey(VictimSeries, on_delete=models.PROTECT, related_name="changes_to")
    why = models.CharField(max_length=400)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")


class SeriesMove(models.Model):
    """One row that a change moved: an item or a victim."""

    change = models.ForeignKey(SeriesChange, on_delete=models.PROTECT, related_name="moves")
    item = models.ForeignKey(SeriesItem, on_delete=models.PROTECT, null=True, related_name="moves")
    victim = models.ForeignKey(Victim, on_delete=models.PROTECT, null=True, related_name="moves")


class PoliceWord(models.Model):
    """What a force said of a medium (R29, R30, R74): never changed. If it contradicts itself, its latest day counts."""

    class Said(models.TextChoices):
        """``recovered``: the child is safe, and so identified. ``unidentified`` takes back a force's own word alone."""

        IDENTIFIED = "identified"
        UNIDENTIFIED = "unidentified"
        RECOVERED = "recovered"
        BASELINE = "baseline"
        NOT_BASELINE = "not_baseline"
        SERIES = "series"

    public_id = public_id_field("pwd")
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="police_words")
    source = models.CharField(max_length=200, help_text="The force")
    country = models.CharField(max_length=2)
    said = models.CharField(max_length=12, choices=Said.choices)
    on = models.DateField(help_text="Since when they say so")
    series_name = models.CharField(max_length=200, blank=True, help_text="What they call the series")
    reference = models.CharField(max_length=200, blank=True, help_text="Their number; it never leaves the workplace")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["media", "source", "said", "on", "series_name", "reference"], name="police_word_once"
            )
        ]

    @property
    def said_as(self) -> str:
        """What they said, as pages word it."""
        return f"police_{self.said}"
