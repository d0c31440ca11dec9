"""Held pictures, what waits to be compared with them, and the copies that were found."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from orbweaver.detect.matching.rules import Decision, Proof, SeenCopy, quad_of
from orbweaver.detect.media.models import Media


class HeldPicture(models.Model):
    """What is kept of a held picture so that its copies are found, encrypted (``packing``, ``keys``)."""

    media = models.OneToOneField(Media, on_delete=models.CASCADE, related_name="held")
    data = models.BinaryField()
    made_at = models.DateTimeField()


class WaitingPicture(models.Model):
    """A crawled picture that waits to be compared: a small JPEG of it, encrypted. Gone once it was."""

    sha256 = models.BinaryField(max_length=32, unique=True)
    place_id = models.BigIntegerField(help_text="Its place in the frontier")
    certain = models.BooleanField(help_text="It stood on the page of a match: it is looked at whatever it costs")
    hops = models.SmallIntegerField(help_text="Distance from the lead or the nearest known sighting")
    data = models.BinaryField()
    queued_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-certain", "hops", "id"], name="waiting_picture_order")]


class LookedAt(models.Model):
    """A medium that was reported, or matched by a piece, and was compared with what was held then."""

    media = models.OneToOneField(Media, on_delete=models.CASCADE, related_name="compared")
    at = models.DateTimeField()


class EarlierPicture(models.Model):
    """A picture that was compared with what was held then, kept for what is held later; encrypted as held ones are."""

    sha256 = models.BinaryField(max_length=32, unique=True)
    place_id = models.BigIntegerField(null=True, help_text="Its place in the frontier, if it was only crawled")
    data = models.BinaryField()
    met = models.BigIntegerField(help_text="The last held picture with which it was compared")
    wanted = models.BooleanField(default=False, help_text="It may show one held since: it waits, whatever it costs")
    seen_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["met", "id"], name="earlier_picture_met")]


class FoundCopy(models.Model):
    """A file that shows a held picture, edited; proved by its pixels, or suspected."""

    sha256 = models.BinaryField(max_length=32)
    held = models.ForeignKey(HeldPicture, on_delete=models.CASCADE, related_name="copies")
    decision = models.CharField(max_length=9, choices=[(each.value, each.value) for each in Decision])
    proof = models.CharField(max_length=8, choices=[(each.value, each.value) for each in Proof])
    edits = ArrayField(models.CharField(max_length=24), default=list)
    strength = models.FloatField(help_text="0 to 1: how far beyond the least that proves it")
    mirrored = models.BooleanField()
    inliers = models.IntegerField(help_text="Pairs of points that fit")
    agreement = models.FloatField(help_text="Share of the compared blocks of pixels that agree")
    query_quad = ArrayField(models.FloatField())
    reference_quad = ArrayField(models.FloatField())
    found_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sha256", "held"], name="copy_once")]

    def as_seen(self) -> SeenCopy:
        """As matching takes it."""
        return SeenCopy(
            media_id=self.held.media_id,
            decision=Decision(self.decision),
            query_quad=quad_of(self.query_quad),
            reference_quad=quad_of(self.reference_quad),
            mirrored=self.mirrored,
            edits=tuple(self.edits),
            agreement=self.agreement,
        )


class Tally(models.Model):
    """How many pictures there were so far. One row."""

    queued = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0, help_text="There was no room or no time for them")
    compared = models.BigIntegerField(default=0)
    proved = models.BigIntegerField(default=0)
    suspected = models.BigIntegerField(default=0)
