"""The conduct of providers, what people decide about it, credits, and signs of commerce at their hosts."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from orbweaver.follow.conduct.rules import ConductKind
from orbweaver.notify.providers.models import Provider
from orbweaver.platform.fields import public_id_field

CONDUCT_KINDS = [(kind.value, kind.value) for kind in ConductKind]


class ProviderConduct(models.Model):
    """The kinds of conduct that hold for a provider, with the behaviour and the evidence behind them."""

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, related_name="conduct")
    kinds = ArrayField(models.CharField(max_length=13, choices=CONDUCT_KINDS), default=list)
    findings = models.JSONField(default=list, help_text="kind, because, proposed: what the rules say by themselves")
    behaviour = models.JSONField(default=dict, help_text="conduct.rules.Behaviour as written")
    rules_version = models.CharField(max_length=50, help_text="Of the table spectrum, in force then")
    assessed_at = models.DateTimeField(db_index=True)


class Override(models.Model):
    """What a person says of one kind of conduct, and why. ``complicit`` counts once two people have signed (R54)."""

    public_id = public_id_field("ovr")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="overrides")
    kind = models.CharField(max_length=13, choices=CONDUCT_KINDS)
    applies = models.BooleanField()
    reason = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "kind"], condition=models.Q(ended_at=None), name="one_override_in_force"
            ),
            models.CheckConstraint(
                condition=models.Q(signed_by=None) | ~models.Q(signed_by=models.F("made_by")), name="two_people_sign"
            ),
        ]


class Credit(models.Model):
    """Something that a provider did beyond its statutory duty (R52)."""

    class Kind(models.TextChoices):
        """What it did."""

        CHECKS_UPLOADS = "checks_uploads", _("Checks uploads against hash lists")
        SEARCHES_STOCK = "searches_stock", _("Searched what it already holds")
        CLOSES_ACCOUNTS = "closes_accounts", _("Closes accounts of those who upload it")
        REPORTS_MORE = "reports_more", _("Reports or preserves more than it must")
        REMOVES_HARMFUL = "removes_harmful", _("Removes harmful material that its law does not forbid")
        OTHER = "other", _("Something else")

    public_id = public_id_field("crd")
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="credits")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    evidence = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()


class CommerceSign(models.Model):
    """A sign of sale or advertising in the text around sightings at a host of a provider (R72)."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="commerce_signs")
    host = models.CharField(max_length=260)
    sign = models.CharField(max_length=20)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    rules_version = models.CharField(
        max_length=50, blank=True, db_default="", help_text="Of the table commerce that told it first; empty: not kept"
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["provider", "host", "sign"], name="sign_once")]
