"""Versions of the policy. None is changed: the next one says what holds from then on."""

from __future__ import annotations

from django.db import models


class Version(models.Model):
    """What holds, by the names of settings. The number is that of the row."""

    values = models.JSONField(help_text="Setting → value; what is missing is each machine's own")
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=40, help_text="Who: a public identifier, or the command line")

    def __str__(self) -> str:
        return f"version {self.pk}"
