"""Reports: a URL that somebody asks the hotline to look at."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from orbweaver.detect.exchanges.models import Exchange
from orbweaver.people.accounts.models import Organisation
from orbweaver.platform.fields import public_id_field


class Report(models.Model):
    """One reported URL. It is assessed whether it matches or not (R12a).

    Each URL of a survivor's request is one, and all its hashes together are one without a URL (``follow.survivors``).
    """

    class Source(models.TextChoices):
        """Where a report came from."""

        PUBLIC = "public"
        PARTNER = "partner"
        OPERATOR = "operator"
        SURVIVOR = "survivor"

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
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+", help_text="Whose key sent it"
    )
    comment = models.TextField(blank=True)
    contact = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="How whoever reported it may be asked"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    state_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    assessed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(
        null=True, help_text="The survivor wants no more of it: what is there is no longer put first for it"
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["url_key"], condition=models.Q(source="survivor"), name="report_by_survivor")
        ]


class ExchangedReport(models.Model):
    """A report that an exchange of hotlines handed over, and what another hotline said of it there. That is shown once
    one's own answer is in, and changes nothing."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="handed_over")
    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=80, help_text="Theirs for the address")
    verdict = models.JSONField(default=dict, help_text="As exchanges.verdicts has it; nothing where none was given")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["exchange", "number"], name="handed_over_once")]


class AskedHash(models.Model):
    """A hash that a survivor asks us to look for. On no list and in no index of the lists: the crawler alone reads it.

    So no scan, list, export or exchange can tell it. Withdrawn, the row is gone.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="asked_hashes")
    kind = models.CharField(max_length=6, choices=[(kind, kind) for kind in ("md5", "pdq", "sha1", "sha256")])
    value = models.BinaryField(max_length=32)
    is_frame = models.BooleanField(default=False, help_text="Of one picture out of a film")
    time_s = models.FloatField(null=True, help_text="Of such a picture: seconds from the start, where they are said")
    quality = models.SmallIntegerField(null=True, help_text="Of a PDQ, 0-100, where it is said")
    paused_at = models.DateTimeField(
        null=True, help_text="It was found in so many places that a person looks first; it is not looked for meanwhile"
    )
    goes_on = models.BooleanField(default=False, help_text="A person said that it is looked for wherever it is")
    met_at = models.DateTimeField(null=True, help_text="When it was compared with what was recorded before it came")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "kind", "value"], name="asked_hash_once_per_request")
        ]
        indexes: ClassVar = [models.Index(fields=["id"], condition=models.Q(met_at=None), name="asked_hash_to_meet")]


class SenderCount(models.Model):
    """How many public reports a network sent within an hour. Kept for a day; holds no address."""

    key = models.BinaryField(max_length=32, unique=True)
    hour = models.DateTimeField(db_index=True)
    count = models.IntegerField()


class VisitedReport(models.Model):
    """A crawler recorded a visit for this report: whoever closes reports is to look at it; gone once they did."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="visits")

    def __str__(self) -> str:
        return f"report {self.report_id}"
