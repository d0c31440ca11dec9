"""What every table of messages has that leave exactly once: see ``sending/once.py`` and ADR 5."""

from __future__ import annotations

from django.db import models


class LeavesOnce(models.Model):
    """A message with its exact bytes. Subclasses have a ``state`` with the values of ``rules.OutboxState`` that they
    use, and ``queued``, ``sending``, ``sent``, ``refused`` and ``uncertain`` among them."""

    address = models.CharField(max_length=320)
    message_id = models.CharField(max_length=200, unique=True)
    raw = models.BinaryField()
    attempts = models.IntegerField(default=0)
    retry_at = models.DateTimeField(null=True, help_text="Real time; none: at once")
    lease = models.UUIDField(null=True, help_text="Of the worker that has it")
    lease_until = models.DateTimeField(null=True, help_text="Real time")

    class Meta:
        abstract = True
