"""Forces that are told, and each item that they are told of."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from orbweaver.assess.linking.models import UrgentReferral
from orbweaver.assess.review.models import ReviewItem
from orbweaver.platform.fields import public_id_field

PERSON = settings.AUTH_USER_MODEL


class Force(models.Model):
    """A police force or clearing house, with the key that only it can open what it gets with."""

    public_id = public_id_field("pol")
    name = models.CharField(max_length=200, unique=True)
    country = models.CharField(max_length=2)
    key = models.CharField(max_length=80, help_text="Its age recipient: age1…")
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="From then on it is told nothing more")


class Referral(models.Model):
    """An item for a force, once. queued → sent → acknowledged or refused; refused by us where it cannot be written."""

    class State(models.TextChoices):
        """Where it is."""

        QUEUED = "queued"
        SENT = "sent"
        ACKNOWLEDGED = "acknowledged"
        REFUSED = "refused"

    class Because(models.TextChoices):
        """Why police are told (R61)."""

        URGENT = "urgent", "A child may be at risk: an urgent marker"
        REQUEST = "request", "A request, or the hotline's own judgement"

    public_id = public_id_field("prf")
    force = models.ForeignKey(Force, on_delete=models.PROTECT, related_name="referrals")
    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="police_referrals")
    urgent = models.ForeignKey(UrgentReferral, on_delete=models.PROTECT, null=True, related_name="+")
    because = models.CharField(max_length=8, choices=Because.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    failed_at = models.DateTimeField(null=True, help_text="When it last could not be written; it is tried again")
    sent_at = models.DateTimeField(null=True)
    sha256 = models.BinaryField(max_length=32, null=True, help_text="Of the encrypted file")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    answer = models.CharField(max_length=200, blank=True, help_text="Their number for it, or why they refused it")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["force", "item"], name="police_told_once")]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(state="queued"), name="police_queued"),
        ]
