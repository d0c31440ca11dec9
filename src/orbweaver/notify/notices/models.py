"""Notices, the URLs in them, the outbox, and what providers answer."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from orbweaver.assess.review.models import Verdict
from orbweaver.notify.notices import rules
from orbweaver.notify.providers.channel_kinds import channel_title
from orbweaver.notify.providers.models import Contact, Provider
from orbweaver.platform.fields import MessageField, public_id_field


def _choices(states: type[StrEnum]) -> list[tuple[str, str]]:
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
    country = models.CharField(max_length=7, default="unknown", help_text="Where it is hosted, as known when written")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="notices")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="notices")
    host = models.CharField(max_length=260, blank=True, help_text="Of a held notice: the host nobody is known for")
    notice_type = models.CharField(max_length=16)
    sub_type = models.CharField(max_length=1, blank=True)
    state = models.CharField(max_length=8, choices=_choices(rules.NoticeState))
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
    detection = models.CharField(max_length=16, help_text="How it was found, in XARF's words")
    act = models.CharField(max_length=1, blank=True, help_text="Digit of a supplier's class for these very bytes")
    seen_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=_choices(rules.UrlState), default=rules.UrlState.LIVE.value)
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


class OutboxMessage(models.Model):
    """The exact bytes of one message, for one occasion. See docs/adr/0005-outbox-exactly-once.md.

    An answer to a push-back is a message too (``push_back``, number 0); it counts as no occasion of the notice.
    """

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="messages")
    number = models.IntegerField(help_text="0 the first notice, then each reminder")
    rank = models.IntegerField(default=0, help_text="1 a reminder that brings no news: it waits for all others")
    push_back = models.ForeignKey("PushBack", on_delete=models.PROTECT, null=True, related_name="answers")
    occasion = models.CharField(max_length=60, unique=True, help_text="Notice and number: a crash cannot make two")
    channel = models.CharField(max_length=12, help_text="As the contact's")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="+")
    address = models.CharField(max_length=320)
    message_id = models.CharField(max_length=200, unique=True)
    raw = models.BinaryField()
    is_draft = models.BooleanField(
        default=False, help_text="Composed before the hotline had said who it is: composed anew before it leaves"
    )
    state = models.CharField(max_length=10, choices=_choices(rules.OutboxState), default=rules.OutboxState.QUEUED.value)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Who sent it by hand",
    )
    journalled_at = models.DateTimeField(null=True, help_text="When the mail server's copy for us came (real time)")
    acknowledged_at = models.DateTimeField(null=True, help_text="When its contact or that one's server said it has it")
    attempts = models.IntegerField(default=0)
    reason = MessageField(help_text="Why it failed, without any address")
    retry_at = models.DateTimeField(null=True, help_text="Real time; none: at once")
    lease = models.UUIDField(null=True, help_text="Of the worker that has it")
    lease_until = models.DateTimeField(null=True, help_text="Real time")
    left_at = models.DateTimeField(null=True, help_text="When it last left, if it did: known before it is sent")
    settle_at = models.DateTimeField(
        null=True, help_text="Real time from which a doubt about it can be settled; none: its channel has no way to"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["notice", "number"], condition=models.Q(push_back=None), name="one_message_per_occasion"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["channel", "rank", "id"],
                condition=models.Q(state__in=["queued", "failed", "by_hand"]),
                name="outbox_waiting",
            ),
            models.Index(fields=["created_at"], condition=models.Q(state="by_hand"), name="outbox_by_hand"),
            models.Index(fields=["lease_until"], condition=models.Q(state="sending"), name="outbox_sending"),
            models.Index(fields=["settle_at"], condition=models.Q(state="uncertain"), name="outbox_uncertain"),
            models.Index(
                fields=["-settle_at"], condition=models.Q(journalled_at__isnull=False), name="outbox_last_copied"
            ),
        ]

    def get_channel_display(self) -> str:
        """The channel's title, of plug-ins too."""
        return channel_title(self.channel)


class Bounce(models.Model):
    """What a mail server reported about a message that it could not deliver (RFC 3464), or somebody made up.

    With a ``doubt`` it counts for nothing: it is there to be seen.
    """

    class Kind(models.TextChoices):
        """For good, given up for now, or still trying."""

        HARD = "hard", _("Undeliverable for good")
        SOFT = "soft", _("Given up for now")
        DELAYED = "delayed", _("Delayed")

    class Doubt(models.TextChoices):
        """Why it is not believed."""

        UNSIGNED = "unsigned", _("It did not come to the signed address of this message.")
        OTHER_MESSAGE = "other_message", _("It returns another message of ours.")
        OTHER_RECIPIENT = "other_recipient", _("It is about somebody this message was not sent to.")
        NEVER_LEFT = "never_left", _("This message had not left.")
        TOO_LATE = "too_late", _("It came after the time for which mail servers keep trying.")
        ACCEPTED = "accepted", _("The provider is known to have this notice.")

    message = models.ForeignKey(OutboxMessage, on_delete=models.PROTECT, related_name="bounces")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    status = models.CharField(max_length=12, blank=True, help_text="Such as 5.1.1 (RFC 3463)")
    doubt = models.CharField(max_length=16, choices=Doubt.choices, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "kind", "status", "doubt"], name="bounce_once_per_message")
        ]


class SubmittedReport(models.Model):
    """One report that a provider's or hotline's own system took over, under the number that it gave, and its word."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.PROTECT, related_name="submitted")
    key = models.CharField(max_length=64, unique=True, help_text="Of ours: the report's id in XARF")
    remote_id = models.CharField(max_length=80, help_text="Of theirs")
    status = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    ask_at = models.DateTimeField(null=True, help_text="Real time of the next question; none once it is completed")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["ask_at"], condition=models.Q(ask_at__isnull=False), name="submitted_to_ask")
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


class Via(models.TextChoices):
    """The way by which an answer came."""

    LINK = "link", _("The link in the notice")
    INBOX = "inbox", _("The inbox for industry")
    API = "api", _("The inbox's API")
    CHANNEL = "channel", _("The provider's own system")
    MAIL = "mail", _("Mail")
    PHONE = "phone", _("Telephone")
    FAX = "fax", _("Fax")
    CHAT = "chat", _("Chat")
    WEB_FORM = "web_form", _("A web form")
    LETTER = "letter", _("A letter on paper")


BY_HAND = (Via.MAIL, Via.PHONE, Via.FAX, Via.CHAT, Via.WEB_FORM, Via.LETTER)
"""Ways of which a person records what was answered; mail too, as it may have come elsewhere."""


class Reply(models.Model):
    """What a provider answered."""

    public_id = public_id_field("rpl")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="replies")
    action = models.CharField(max_length=10, choices=_choices(rules.Action))
    comment = models.TextField(blank=True)
    via = models.CharField(max_length=8, choices=Via.choices, default=Via.LINK)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()


class IncomingAnswer(models.Model):
    """What somebody answered in words: mail, or what a person heard otherwise, and what a person says that it means.

    It is unread while ``meaning`` is empty: until then nobody is taken for silent. One that could be threaded to no
    notice is kept as well, with the provider where its sender is known.
    """

    class FoundBy(models.TextChoices):
        """By what it is known which notice it is about."""

        TOKEN = "token", _("The address it came to")
        MESSAGE_ID = "message_id", _("The message it answers")
        NUMBER = "number", _("The notice’s number in it")
        SENDER = "sender", _("Its sender’s address")
        PERSON = "person", _("A person said so")

    public_id = public_id_field("ans")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, null=True, related_name="incoming")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, null=True, related_name="incoming")
    via = models.CharField(max_length=8, choices=Via.choices, default=Via.MAIL)
    found_by = models.CharField(max_length=10, choices=FoundBy.choices, blank=True)
    sender = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    words = models.TextField(help_text="What it says, apart from what it quotes")
    quotation = models.TextField(blank=True)
    raw = models.BinaryField(null=True, help_text="The mail as it came")
    digest = models.BinaryField(max_length=32, null=True, unique=True, help_text="SHA-256 of the raw mail")
    sign = models.CharField(max_length=8, blank=True, help_text="Of an automatic one: how that was told")
    came_at = models.DateTimeField()
    meaning = models.CharField(max_length=20, choices=_choices(rules.Meaning), blank=True)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    read_at = models.DateTimeField(null=True)
    reply = models.ForeignKey(Reply, on_delete=models.PROTECT, null=True, related_name="said_in")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["came_at"], condition=models.Q(meaning=""), name="incoming_unread"),
        ]


class PushBack(models.Model):
    """A reason not to act (R51). It goes to a person and pauses nothing; its outcome is kept."""

    public_id = public_id_field("psb")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="push_backs")
    reason = models.CharField(max_length=20, choices=_choices(rules.PushBackReason))
    comment = models.TextField(blank=True)
    outcome = models.CharField(
        max_length=10, choices=_choices(rules.PushBackOutcome), default=rules.PushBackOutcome.OPEN.value, db_index=True
    )
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True, help_text="What the provider is told about the outcome")
    checked_at = models.DateTimeField(null=True, help_text="Of not_ours: when the hosts were looked up again")
    finding = MessageField(help_text="What that look found, for the desk")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["notice", "reason"], condition=models.Q(outcome="open"), name="one_open_push_back_per_reason"
            )
        ]


class ToLookUp(models.Model):
    """Somebody says that a place is not theirs, and its hosts are not looked up again yet."""

    push_back = models.OneToOneField(PushBack, on_delete=models.CASCADE, primary_key=True, related_name="to_look_up")


class SendingSwitch(models.Model):
    """The site-wide pause: one row. While it is on, nothing leaves; notices are still made and wait."""

    paused = models.BooleanField(default=False)
    reason = models.CharField(max_length=300, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="one_switch")]
