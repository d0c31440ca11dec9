"""One capture for each sighting, and the stamps of time over it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.matching.models import Sighting
from orbweaver.platform.fields import public_id_field


class Capture(models.Model):
    """A WARC file in the archive. ``refers_to`` holds the bytes of its medium, where they had been captured before."""

    public_id = public_id_field("cpt")
    sighting = models.OneToOneField(Sighting, on_delete=models.PROTECT, related_name="capture")
    stored = models.OneToOneField(EvidenceObject, on_delete=models.PROTECT, related_name="capture")
    captured_at = models.DateTimeField(help_text="When the medium was asked for; real time")
    sha256 = models.BinaryField(max_length=32, help_text="Of the WARC file before encryption: what is stamped")
    payload = models.BinaryField(max_length=32, db_index=True, help_text="SHA-256 of the medium's bytes as sent")
    record_id = models.CharField(max_length=60, help_text="WARC-Record-ID of the answer that holds the medium")
    target = models.TextField(help_text="Address of that answer")
    refers_to = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="referring")
    stamped_at = models.DateTimeField(null=True, help_text="When all authorities had stamped it; none: they are asked")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(stamped_at=None), name="capture_to_stamp"),
        ]


class CaptureStamp(models.Model):
    """What an authority of time answered about a capture (DER of a TimeStampResp)."""

    capture = models.ForeignKey(Capture, on_delete=models.PROTECT, related_name="stamps")
    authority = models.CharField(max_length=260, help_text="Host of the authority")
    answer = models.BinaryField()
    at = models.DateTimeField(help_text="The time that it says")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["capture", "authority"], name="capture_stamped_once")]


class LostCapture(models.Model):
    """What went over the wire for a sighting was not kept, and why. Gone once a later visit of it is captured."""

    class Why(models.TextChoices):
        """What stood in the way."""

        DISK = "disk", "The disk was full, or did not answer"
        QUEUE = "queue", "More was found than could be written at that time"
        FAULT = "fault", "It could not be written as a capture, or the database did not take it"

    sighting = models.OneToOneField(Sighting, on_delete=models.CASCADE, related_name="lost_capture")
    why = models.CharField(max_length=10, choices=Why.choices)
    at = models.DateTimeField(db_index=True)
