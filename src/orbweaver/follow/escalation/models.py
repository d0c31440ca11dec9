"""What was done past a provider that ignores a notice, and when it is looked at next."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from orbweaver.follow.escalation.rules import StepOutcome, StepRoute
from orbweaver.notify.notices.models import Notice


class Escalation(models.Model):
    """A notice that is watched for silence. It is looked at again at ``due_at``; none: no step is left."""

    notice = models.OneToOneField(Notice, on_delete=models.CASCADE, related_name="escalation")
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["due_at", "id"], name="escalation_due")]


class Step(models.Model):
    """A step of the policy, taken once in each round; a round begins when the material is back after a removal.

    The notices it made are the notice's ``steps`` with this route.
    """

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="escalation_steps")
    name = models.CharField(max_length=30)
    route = models.CharField(max_length=10, choices=[(each.value, each.value) for each in StepRoute])
    round = models.IntegerField(default=0)
    outcome = models.CharField(max_length=12, choices=[(each.value, each.value) for each in StepOutcome])
    told = models.IntegerField(default=0, help_text="Notices that it made or opened again")
    policy_version = models.CharField(max_length=50)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notice", "name", "round"], name="escalation_step_once")
        ]
