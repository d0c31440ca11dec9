"""A change that somebody asked for and nobody alone brings about."""

from __future__ import annotations

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from orbweaver.people.accounts.models import User
from orbweaver.platform.fields import public_id_field


class Change(models.Model):
    """What is to be done, and what became of it. ``details`` are what whoever carries it out is given."""

    class State(models.TextChoices):
        """waiting → done, refused or withdrawn."""

        WAITING = "waiting"
        DONE = "done"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    public_id = public_id_field("chg")
    kind = models.CharField(max_length=40)
    subject = models.CharField(
        max_length=24, blank=True, help_text="Public identifier of what changes; none: it is new"
    )
    title = models.CharField(max_length=200, help_text="Name of what changes")
    details = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, help_text="When it takes effect by itself, as nobody else can agree")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    forced_because = models.CharField(max_length=300, blank=True, help_text="Why one person carried it out alone")
    told_at = models.DateTimeField(null=True, help_text="When everybody was written to about it")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="change_waiting"),
        ]


class Tick(models.Model):
    """The moment that was noted last while changes wait, by the clock that can be set and by one that nobody sets."""

    at = models.DateTimeField(help_text="By the machine's clock")
    run = models.CharField(max_length=64, help_text="Which run of which machine")
    running_s = models.FloatField(help_text="How long that run had lasted, seconds")
