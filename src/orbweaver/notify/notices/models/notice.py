"""Notices, the URLs in them, verdicts that wait for theirs, and what holds notices back."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from orbweaver.assess.review.models import Verdict
from orbweaver.notify.notices import rules
from orbweaver.notify.providers.models import Contact, Provider
from orbweaver.platform.fields import MessageField, public_id_field


def choices_of(states: type[StrEnum]) -> list[tuple[str, str]]:
    """The values of these states, as a field of a model takes them."""
    return [(state.value, state.value) for state in states]


class Notice(models.Model):
    """What one contact is told about many URLs of one type and sub-type, from the first message until all are gone."""

    class HeldReason(models.TextChoices):
        """Why a notice cannot go out; it does as soon as the reason is gone."""

        NO_PROVIDER = "no_provider", _("No contact known: nobody in the registry hosts this address.")
        NO_CONTACT = "no_contact", _("No contact known: the provider has no active one.")
        POLICY = "policy", _("Not sent by policy of the hotline.")

    class Route(models.TextChoices):
        """To whom: who hosts it, a hotline where it is hosted (R42), or whoever keeps the host going (R44 to R46)."""

        PROVIDER = "provider", _("Provider")
        REFERRAL = "referral", _("Hotline of the hosting country")
        CDN = "cdn", _("Content delivery network")
        UPSTREAM = "upstream", _("Upstream network")
        REGISTRAR = "registrar", _("Registrar")
        PAYMENT = "payment", _("Payment service")

    class Unreached(models.TextChoices):
        """Everything sent so far came back: whether somebody is left to write to."""

        NEXT = "next", _("It was undeliverable; the next contact is written to.")
        NOBODY = "nobody", _("It was undeliverable to every contact.")

    public_id = public_id_field("ntc")
    route = models.CharField(max_length=10, choices=Route.choices, default=Route.PROVIDER)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="steps", help_text="The notice that led to this one"
    )
    deadline_at = models.DateTimeField(null=True, help_text="Of a referral: then the provider is told directly")
    hotlines_version = models.CharField(
        max_length=50,
        db_default="",
        default="",
        help_text="Of the table of hotlines that its route was asked of, if any",
    )
    country = models.CharField(max_length=7, default="unknown", help_text="Where it is hosted, as known when written")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="notices")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="notices")
    host = models.CharField(max_length=260, blank=True, help_text="Of a held notice: the host nobody is known for")
    notice_type = models.CharField(max_length=16)
    sub_type = models.CharField(max_length=1, blank=True)
    state = models.CharField(max_length=8, choices=choices_of(rules.NoticeState))
    held_reason = models.CharField(max_length=12, choices=HeldReason.choices, blank=True)
    identified = models.BooleanField(help_text="Every URL is about a child that law enforcement has identified")
    occasions = models.IntegerField(default=0, help_text="Messages made so far: the first notice and its reminders")
    created_at = models.DateTimeField(db_index=True)
    first_sent_at = models.DateTimeField(null=True, db_index=True)
    last_sent_at = models.DateTimeField(null=True)
    reached_at = models.DateTimeField(
        null=True, help_text="When the first message left that is not known to have come back"
    )
    unreached = models.CharField(max_length=6, choices=Unreached.choices, blank=True)
    told_at = models.GeneratedField(
        expression=models.Case(models.When(unreached="", then=Coalesce("reached_at", "first_sent_at")), default=None),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
        db_index=True,
        help_text="Since when it is told, as figures count: the first message that did not come back",
    )
    remind_at = models.DateTimeField(null=True, help_text="When the next reminder is due; none while one is under way")
    cadence_version = models.CharField(
        max_length=50, db_default="", default="", help_text="Of the policy by which the next reminder is due"
    )
    news_at = models.DateTimeField(
        null=True, help_text="Since when there is news to tell at once: police identified a child; none once it is told"
    )
    closed_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True, help_text="When the provider first opened it in its inbox")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["remind_at"], condition=models.Q(state="open"), name="notice_reminder_due"),
            models.Index(fields=["news_at"], condition=models.Q(news_at__isnull=False), name="notice_with_news"),
            models.Index(fields=["created_at"], condition=models.Q(state="held"), name="notice_held"),
            models.Index(
                fields=["deadline_at"], condition=models.Q(state="open", route="referral"), name="notice_deadline_due"
            ),
            models.Index(
                fields=["first_sent_at"], condition=models.Q(state="open", unreached="nobody"), name="notice_unreached"
            ),
            models.Index(fields=["state"], name="notice_by_state"),
            models.Index(
                fields=["told_at"],
                include=["id", "occasions", "provider"],
                condition=models.Q(state="open"),
                name="notice_open_since",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["parent", "route", "contact"],
                condition=models.Q(parent__isnull=False, route__in=["upstream", "registrar", "payment"]),
                name="one_notice_per_step",
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    def told_of_it_since(self) -> dt.datetime | None:
        """Since when its addressee is told of what is there now: a picture that is back begins anew; None: never."""
        told = self.reached_at or self.first_sent_at
        back = self.urls.aggregate(last=models.Max("reappeared_at"))["last"] if told and self.pk else None
        return max(told, back) if told and back else told

    def become(self, wanted: rules.NoticeState, held_reason: str = "") -> None:
        """Take another state, not saved. Raises ValueError for a step that the transition table does not have."""
        if not rules.may_become(rules.NoticeState(self.state), wanted):
            raise ValueError(f"a notice does not go from {self.state} to {wanted}")
        self.state, self.held_reason = wanted.value, held_reason


class NoticeUrl(models.Model):
    """One URL in a notice: a medium at an address, with the verdict it rests on and what became of it.

    ``removed_at`` is the first of the two checks that confirmed it; a picture that is back keeps it until gone again.
    """

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="urls")
    follows = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="followers",
        help_text="The row about the same place in the first notice about it: checks look there, this one follows",
    )
    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="notice_urls")
    media = models.ForeignKey("media.Media", on_delete=models.PROTECT, related_name="notice_urls")
    url = models.TextField()
    url_key = models.BinaryField(max_length=32, db_index=True)
    host = models.CharField(max_length=260)
    address = models.GenericIPAddressField(null=True)
    pages = ArrayField(models.TextField(), default=list, help_text="Pages that show it, exact")
    queries_version = models.CharField(
        max_length=50, db_default="", default="", help_text="Of the table that told these from pages that a query makes"
    )
    detection = models.CharField(max_length=16, help_text="How it was found, in XARF's words")
    act = models.CharField(max_length=1, blank=True, help_text="Digit of a supplier's class for these very bytes")
    seen_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=choices_of(rules.UrlState), default=rules.UrlState.LIVE.value)
    removed_at = models.DateTimeField(null=True, db_index=True)
    offline_at = models.DateTimeField(null=True, help_text="Of an offline one: since when its host has not answered")
    reappeared_at = models.DateTimeField(null=True)
    reappearances = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["verdict", "url_key"], condition=models.Q(follows__isnull=True), name="url_once_per_verdict"
            ),
            models.UniqueConstraint(fields=["notice", "verdict", "url_key"], name="url_once_per_notice"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["media", "url_key"], name="notice_url_by_place"),
            models.Index(fields=["host"], name="notice_url_by_host"),
            models.Index(fields=["notice"], condition=models.Q(state="offline"), name="notice_url_offline"),
        ]


class HoldPolicy(models.Model):
    """The hotline's decision not to send ``harmful_abusive`` notices to a provider or into a country for now (R41).

    Empty fields mean all; a policy that is lifted keeps its row.
    """

    public_id = public_id_field("hld")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="hold_policies")
    country = models.CharField(max_length=7, blank=True)
    sub_type = models.CharField(max_length=1, blank=True)
    reason = models.CharField(max_length=500)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "country", "sub_type"],
                condition=models.Q(lifted_at__isnull=True),
                nulls_distinct=False,
                name="one_hold_in_force",
            )
        ]


class ToNotify(models.Model):
    """A removal that was decided and of which no notice is made yet; noted as it is decided."""

    verdict = models.OneToOneField(Verdict, on_delete=models.CASCADE, primary_key=True, related_name="to_notify")
    due_at = models.DateTimeField(help_text="Not before: until then the last answer may be taken back")


class HandoverFailure(models.Model):
    """A verdict whose notice could not be made: shown on the desk, tried again later, in nobody's way."""

    verdict = models.OneToOneField(Verdict, on_delete=models.CASCADE, related_name="handover_failure")
    attempts = models.IntegerField(default=0)
    code = models.CharField(max_length=60)
    reason = MessageField()
    first_at = models.DateTimeField()
    retry_at = models.DateTimeField(help_text="Real time")


class SendingSwitch(models.Model):
    """The site-wide pause: one row. While it is on, nothing leaves; notices are still made and wait."""

    paused = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="one_switch")]


class KeptOnRequest(models.Model):
    """A company was asked to keep what a notice is about for the authorities, as its newest message says."""

    notice = models.OneToOneField(Notice, on_delete=models.CASCADE, primary_key=True, related_name="kept_on_request")
    basis = models.TextField(help_text="The legal basis that the message gives")
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True, help_text="Until when it was asked to")
