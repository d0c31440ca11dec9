"""Reports: a URL that somebody asks the hotline to look at."""

from __future__ import annotations

from django.db import models

from orbweaver.platform.fields import public_id_field


class Report(models.Model):
    """One reported URL. It is assessed whether it matches or not (R12a)."""

    class Source(models.TextChoices):
        """Where a report came from."""

        PUBLIC = "public"
        PARTNER = "partner"
        OPERATOR = "operator"

    class State(models.TextChoices):
        """received → fetched → assessed; or unreachable when nothing could be fetched there."""

        RECEIVED = "received"
        FETCHED = "fetched"
        UNREACHABLE = "unreachable"
        ASSESSED = "assessed"

    public_id = public_id_field("rep")
    url = models.TextField()
    url_key = models.BinaryField(max_length=32, db_index=True)
    source = models.CharField(max_length=10, choices=Source.choices)
    comment = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    state_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    assessed_at = models.DateTimeField(null=True)


class SenderCount(models.Model):
    """How many public reports a network sent within an hour. Kept for a day; holds no address."""

    key = models.BinaryField(max_length=32, unique=True)
    hour = models.DateTimeField(db_index=True)
    count = models.IntegerField()
