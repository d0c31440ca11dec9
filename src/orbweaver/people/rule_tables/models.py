"""Versions of tables of rules. None is changed or removed: decisions name them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from orbweaver.platform.fields import public_id_field


class TableVersion(models.Model):
    """A hotline's own version of a table: proposed, and in force from the moment at which two people's words did it."""

    class Laid(models.TextChoices):
        """The same words as in ``platform.rule_tables.Laid``."""

        WHOLE = "whole"
        OVER = "over"
        PACKAGED = "packaged"

    public_id = public_id_field("rul")
    table = models.CharField(max_length=30)
    version = models.CharField(max_length=50, help_text="Names this text; of rows laid over ours, the file's own name")
    laid = models.CharField(max_length=8, choices=Laid.choices, help_text="packaged: none of its own from then on")
    text = models.TextField(blank=True, help_text="TOML as it was imported; empty for packaged")
    sha256 = models.CharField(max_length=64)
    as_of = models.DateField(null=True)
    source = models.CharField(max_length=500, blank=True)
    owner = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500, help_text="Why it is to hold")
    kept_at = models.DateTimeField()
    kept_by = models.CharField(max_length=40, help_text="Who imported it: a public identifier, or the command line")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    in_force_at = models.DateTimeField(null=True, help_text="Since when it holds, or held; none: nobody agreed yet")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["table", "-in_force_at"], condition=models.Q(in_force_at__isnull=False), name="table_in_force"
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["table", "version"],
                condition=models.Q(in_force_at__isnull=False) & ~models.Q(laid="packaged"),
                name="table_version_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.version}"


class PackagedTable(models.Model):
    """A table as it came with the program, kept when a worker first met it: a version that is named stays readable."""

    table = models.CharField(max_length=30)
    version = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
    text = models.TextField()
    met_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["table", "sha256"], name="packaged_table_once")]

    def __str__(self) -> str:
        return f"{self.table} {self.version}"
