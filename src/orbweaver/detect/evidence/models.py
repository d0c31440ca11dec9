"""Encrypted objects: bytes in files, the wrapped key of each in a table that no backup holds; without it nothing opens.

``Archive`` says which folder of files these rows speak of.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from orbweaver.platform.fields import public_id_field


class EvidenceObject(models.Model):
    """One encrypted file. File and key are gone once it is erased."""

    class Kind(models.TextChoices):
        """What the bytes are."""

        MEDIA = "media"
        PAGE = "page"
        NEIGHBOUR = "neighbour"
        CAPTURE = "capture"

    class Because(models.TextChoices):
        """Why it was erased."""

        RETENTION = "retention", "Its time of retention had ended"
        NEIGHBOUR = "neighbour", "Nobody linked it to a series in time"
        KEY_GONE = "key_gone", "Its key had been destroyed before a backup was restored"

    public_id = public_id_field("evd")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    size = models.BigIntegerField(help_text="Bytes before encryption")
    mime = models.CharField(max_length=100, blank=True)
    file_name = models.CharField(max_length=80, unique=True, help_text="Below the evidence folder")
    authority = models.TextField(help_text="Legal authority under which it is kept")
    created_at = models.DateTimeField()
    retain_until = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    held_at = models.DateTimeField(null=True, help_text="Since when it is under legal hold: then nothing erases it")
    held_because = models.CharField(max_length=300, blank=True)
    held_for = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="The authority that wants it kept"
    )
    held_until = models.DateField(null=True, help_text="Last day of the hold, in UTC; none: until it is lifted")
    erased_because = models.CharField(max_length=10, choices=Because.choices, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["held_until", "held_at"], condition=models.Q(held_at__isnull=False), name="evidence_on_hold"
            ),
            models.Index(
                fields=["retain_until"], condition=models.Q(erased_at__isnull=True), name="evidence_kept_until"
            ),
        ]


class Hold(models.Model):
    """That one authority wants one object kept. Several may: the object is kept until none is left.

    ``EvidenceObject`` says of those in force what its own columns can say: since the first, until the last of them.
    """

    stored = models.ForeignKey(EvidenceObject, on_delete=models.PROTECT, related_name="holds")
    authority = models.CharField(max_length=200, blank=True)
    case = models.CharField(max_length=40, blank=True, help_text="The order here that it follows; none: by command")
    because = models.CharField(max_length=300)
    since = models.DateTimeField()
    until = models.DateField(null=True, help_text="Its last day, in UTC; none: until it is lifted")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["stored", "authority", "case"], condition=models.Q(ended_at=None), name="hold_of_each_once"
            )
        ]


class ObjectKey(models.Model):
    """The key of one object: its own age identity, encrypted to the master key. Without it the object is erased.

    It has a table of its own so that no backup need hold it: one of yesterday would open what was erased since.
    """

    stored = models.OneToOneField(EvidenceObject, on_delete=models.PROTECT, primary_key=True, related_name="key")
    wrapped = models.BinaryField()


class Archive(models.Model):
    """This database, as the marker in the evidence folder names it. One row at most."""

    public_id = public_id_field("arc")
    bound_at = models.DateTimeField()
    swept_at = models.DateTimeField(help_text="Until when what was due has been erased, by the clock of that moment")
    simulated = models.BooleanField(default=False, help_text="That clock was one of a demonstration")
