"""URLs that are followed until the material is gone, and what each check saw."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from orbweaver.follow.recheck import rules
from orbweaver.follow.recheck.saying import SayingKind
from orbweaver.notify.notices.models import NoticeUrl

not_plain = ~models.Q(reason="") | models.Q(outcome__in=["blocked", "unreachable", "unclear"])
"""Last checks that may be a situation (``situations``): with a reason beside their word, or without a plain word."""


class RecheckTarget(models.Model):
    """One notified URL and when it is to be looked at next. ``due_at`` is domain time, the lease real time."""

    notice_url = models.OneToOneField(NoticeUrl, on_delete=models.CASCADE, related_name="target")
    site = models.CharField(max_length=270, help_text="Host and port: the unit of politeness")
    authority = models.CharField(
        max_length=200, help_text="Why it is fetched although robots.txt may ask not to (rule 10 of the architecture)"
    )
    phase = models.CharField(
        max_length=10, choices=[(phase.value, phase.value) for phase in rules.Phase], default=rules.Phase.THERE.value
    )
    offline_since = models.DateTimeField(
        null=True, help_text="First of the checks in a row that found it gone, or since when its host is silent"
    )
    since = models.DateTimeField(help_text="When following began; older ones are looked at less often")
    failures = models.IntegerField(default=0, help_text="Checks in a row that told nothing")
    checked_at = models.DateTimeField(null=True)
    outcome = models.CharField(
        max_length=12, blank=True, db_default="", help_text="What the last check said, all its looks together"
    )
    reason = models.CharField(
        max_length=40, blank=True, db_default="", help_text="Code of why, where the outcome is not plain"
    )
    said = models.CharField(
        max_length=5,
        blank=True,
        db_default="",
        choices=[(kind.value, kind.value) for kind in SayingKind],
        help_text="What a person said after a look, while it holds",
    )
    said_of = models.CharField(
        max_length=60, blank=True, db_default="", help_text="What checks saw when the person said it"
    )
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at", "id"], name="recheck_due"),
            models.Index(fields=["site"], condition=models.Q(phase="offline"), name="recheck_offline"),
            models.Index(fields=["lease_until"], condition=models.Q(lease_until__isnull=False), name="recheck_leased"),
            models.Index(
                fields=["checked_at"], condition=models.Q(reason="second_network"), name="recheck_unconfirmed"
            ),
            # Most addresses are plainly there or gone; those of which there is more to say are counted on each page.
            models.Index(fields=["notice_url"], condition=not_plain, name="recheck_not_plain"),
        ]


class ToCompare(models.Model):
    """A new URL that is not compared yet with what the same provider had removed before (R55)."""

    target = models.OneToOneField(RecheckTarget, on_delete=models.CASCADE, primary_key=True, related_name="to_compare")


class Observation(models.Model):
    """What one check saw, from which vantage point."""

    class Vantage(models.TextChoices):
        """From where and how: by our own name, as a visitor's browser, on the page, through a proxy, by a person."""

        DIRECT = "direct"
        VISITOR = "visitor"
        PAGE = "page"
        PROXY = "proxy"
        PERSON = "person"

    target = models.ForeignKey(RecheckTarget, on_delete=models.CASCADE, related_name="observations")
    outcome = models.CharField(max_length=12, choices=[(each.value, each.value) for each in rules.CheckOutcome])
    status = models.SmallIntegerField(null=True, help_text="HTTP status, if an answer came")
    reason = models.CharField(max_length=40, blank=True, help_text="Code of why, where the outcome is not plain")
    evidence = models.CharField(max_length=120, blank=True, help_text="What the outcome rests on, in words of ours")
    distance = models.SmallIntegerField(null=True, help_text="Bits of the nearest PDQ hash that differ, if compared")
    at = models.DateTimeField()
    vantage = models.CharField(max_length=8, choices=Vantage.choices, default=Vantage.DIRECT)
    rules_version = models.CharField(
        max_length=50, blank=True, db_default="", help_text="Of the table pages, in force then; empty: not kept"
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["target", "-id"], name="observations_of_target")]


class Network(models.TextChoices):
    """From where checks look: our own network, and the one behind the proxy of the settings."""

    OWN = "own"
    SECOND = "second"


class SilentHost(models.Model):
    """A host that has not answered since some moment, seen from one network; gone with its next answer (R81)."""

    site = models.CharField(max_length=270)
    network = models.CharField(max_length=6, choices=Network.choices)
    since = models.DateTimeField()
    checks = models.IntegerField(help_text="How many got no answer since")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["site", "network"], name="silent_host_once")]


class HeardNetwork(models.Model):
    """When a network of ours last got an answer from anybody: while it gets none, no host is called silent."""

    network = models.CharField(max_length=6, choices=Network.choices, primary_key=True)
    at = models.DateTimeField()


class Saying(models.Model):
    """What a person said of an address after a look, and why."""

    target = models.ForeignKey(RecheckTarget, on_delete=models.CASCADE, related_name="sayings")
    said = models.CharField(max_length=5, choices=[(kind.value, kind.value) for kind in SayingKind])
    reason = models.TextField(help_text="What the person saw")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["target", "-id"], name="sayings_of_target")]


class InsteadPicture(models.Model):
    """A picture that stood at a URL in the place of the known one: on several unrelated URLs it is a placeholder."""

    target = models.ForeignKey(RecheckTarget, on_delete=models.CASCADE, related_name="instead")
    site = models.CharField(max_length=270)
    sha256 = models.BinaryField(max_length=32)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["target", "sha256"], name="instead_once")]
        indexes: ClassVar = [
            models.Index(fields=["site", "sha256"], name="instead_on_site"),
            models.Index(fields=["sha256"], name="instead_anywhere"),
        ]


class Return(models.Model):
    """The same or a near medium came back to a provider that had removed it (R55).

    ``removed`` is the URL that was removed before; for ``same_url`` it is the URL itself, once for each time.
    """

    class Kind(models.TextChoices):
        """How it came back."""

        SAME_URL = "same_url", "At the same address"
        SAME_MEDIUM = "same_medium", "The same bytes at another address"
        NEAR_MEDIUM = "near_medium", "A near copy at another address"

    url = models.ForeignKey(NoticeUrl, on_delete=models.CASCADE, related_name="returns")
    removed = models.ForeignKey(NoticeUrl, on_delete=models.CASCADE, related_name="returned_as")
    provider = models.ForeignKey("providers.Provider", on_delete=models.PROTECT, null=True, related_name="returns")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    distance = models.SmallIntegerField(null=True, help_text="Bits of the PDQ hashes that differ")
    times = models.IntegerField(help_text="Of same_url: which time it was, from 1; else 0")
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["url", "times"], name="return_once")]
