"""Media that matched or were reported, by SHA-256. What did neither is not here."""

from __future__ import annotations

from django.db import models

from orbweaver.evidence.models import EvidenceObject
from orbweaver.fields import public_id_field


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

    def __str__(self) -> str:
        return str(self.public_id)
