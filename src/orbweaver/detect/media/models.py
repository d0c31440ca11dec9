"""Media that matched or were reported, by SHA-256. Of what did neither, only how films begin and end is here."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.platform.fields import public_id_field


class Media(models.Model):
    """One file, identified by the SHA-256 of its bytes; sizes in bytes and pixels, PDQ as 32 bytes."""

    public_id = public_id_field("med")
    sha256 = models.BinaryField(max_length=32, unique=True)
    sha1 = models.BinaryField(max_length=20)
    md5 = models.BinaryField(max_length=16)
    size = models.BigIntegerField()
    mime = models.CharField(max_length=100)
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    pdq = models.BinaryField(max_length=32, null=True)
    pdq_quality = models.SmallIntegerField(null=True)
    pdq_turned = models.BinaryField(
        max_length=224, null=True, help_text="PDQ of the seven other turns and mirrors, 32 bytes each"
    )
    first_seen_at = models.DateTimeField()
    evidence = models.OneToOneField(EvidenceObject, on_delete=models.SET_NULL, null=True, related_name="media")

    class Meta:
        verbose_name_plural = "media"
        indexes: ClassVar = [
            models.Index(fields=["pdq"], condition=models.Q(pdq__isnull=False), name="media_by_pdq"),
            models.Index(fields=["md5"], name="media_by_md5"),
            models.Index(fields=["sha1"], name="media_by_sha1"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class MediaFrame(models.Model):
    """A distinct picture inside a medium, good enough to compare by: a frame of a film, a page, or all of a still."""

    media = models.ForeignKey(Media, on_delete=models.CASCADE, related_name="frames")
    number = models.IntegerField(help_text="Position in the file, from 0")
    time_s = models.FloatField(help_text="Seconds from the start")
    pdq = models.BinaryField(max_length=32)
    quality = models.SmallIntegerField()
    words = ArrayField(models.IntegerField(), help_text="Of its PDQ (fingerprints.words)")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["media", "number"], name="frame_once_per_medium")]
        indexes: ClassVar = [GinIndex(fields=["words"], name="frame_by_word")]


class CrawledFilm(models.Model):
    """How a film begins and ends that was crawled, matched nothing and was not reported: what it shares with others.

    The newest ``media.crawled.FILMS`` are kept. Nothing says where a film was.
    """

    sha256 = models.BinaryField(max_length=32, unique=True)
    pictures = models.BinaryField(max_length=512, help_text="PDQ of its first and last pictures, 32 bytes each")

    def __str__(self) -> str:
        return f"crawled film {self.pk}"
