"""Versions of the removal criteria that were drafted here, and who signed which text.

The version that comes with the program has no row: it is in force until one of these is taken into use.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from orbweaver.assess.governance.rules import Capacity
from orbweaver.people.accounts.models import Organisation
from orbweaver.platform.fields import public_id_field


class CriteriaVersion(models.Model):
    """A file of criteria. The text can change until the version is taken into use, never after that."""

    public_id = public_id_field("crv")
    number = models.CharField(max_length=20, unique=True, help_text="The file's own version")
    text = models.TextField(help_text="The file, as signed")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the text, in hexadecimal")
    purpose = models.CharField(max_length=500, help_text="Why it is drafted, in words")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    takes_effect_at = models.DateTimeField(
        null=True, db_index=True, help_text="Decisions follow it from then on, until a later one takes effect"
    )
    taken_into_use_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    def __str__(self) -> str:
        return self.number


class Signature(models.Model):
    """Somebody agreed, for their organisation, to one exact text (R66). It counts for that text alone."""

    version = models.ForeignKey(CriteriaVersion, on_delete=models.PROTECT, related_name="signatures")
    capacity = models.CharField(max_length=12, choices=[(each.value, each.value) for each in Capacity])
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    document = models.TextField(help_text="The signature as its holder made it, with their key (governance/keys.py)")
    signed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "digest", "signed_by"], name="one_signature_a_text")
        ]
