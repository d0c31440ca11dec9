"""The audit log: append-only (a trigger refuses changes), each event chained to the one before by its hash.

Events are written in the transaction of what they record, and sealed into the chain a moment after it commits: chaining
at once would put every transaction of the installation in one line.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Event(models.Model):
    """One thing that happened: who, what, to what, when. Details never hold URLs, hashes or names of victims."""

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(max_length=120)
    kind = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=24, db_index=True, help_text="Public identifier of what it is about")
    details = models.JSONField(default=dict)
    position = models.BigIntegerField(
        null=True, unique=True, help_text="Position in the chain, from 1; none until sealed"
    )
    hash = models.BinaryField(max_length=32, null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def facts(self) -> list[tuple[str, object]]:
        """The details as pairs, for templates: where ``details.items`` would be the detail of that name."""
        return list(self.details.items())
