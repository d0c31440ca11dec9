"""Encrypted objects: bytes in files, the wrapped key of each in the database; erasing the key erases the object.

``Archive`` says which folder of files these rows speak of.
"""

from __future__ import annotations

from django.db import models

from orbweaver.platform.fields import public_id_field


class EvidenceObject(models.Model):
    """One encrypted file. Its own age identity is encrypted to the master key; both are gone once erased."""

    class Kind(models.TextChoices):
        """What the bytes are."""

        MEDIA = "media"
        PAGE = "page"
        NEIGHBOUR = "neighbour"

    class Because(models.TextChoices):
        """Why it was erased."""

        RETENTION = "retention", "Its time of retention had ended"
        NEIGHBOUR = "neighbour", "Nobody linked it to a series in time"

    public_id = public_id_field("evd")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    size = models.BigIntegerField(help_text="Bytes before encryption")
    mime = models.CharField(max_length=100, blank=True)
    file_name = models.CharField(max_length=80, unique=True, help_text="Below the evidence folder")
    wrapped_identity = models.BinaryField(null=True)
    authority = models.TextField(help_text="Legal authority under which it is kept")
    created_at = models.DateTimeField()
    retain_until = models.DateTimeField(db_index=True)
    erased_at = models.DateTimeField(null=True)
    erased_because = models.CharField(max_length=10, choices=Because.choices, blank=True)


class Archive(models.Model):
    """This database, as the marker in the evidence folder names it. One row at most."""

    public_id = public_id_field("arc")
    bound_at = models.DateTimeField()
    swept_at = models.DateTimeField(help_text="Until when what was due has been erased, by the clock of that moment")
    simulated = models.BooleanField(default=False, help_text="That clock was one of a demonstration")
