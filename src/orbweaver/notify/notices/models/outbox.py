"""The outbox: each message as it was sent, and what came back undeliverable or was submitted to a provider's system."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from orbweaver.notify.notices import rules
from orbweaver.notify.notices.models.leaving import LeavesOnce
from orbweaver.notify.notices.models.notice import Notice, choices_of
from orbweaver.notify.providers.channel_kinds import channel_title
from orbweaver.notify.providers.models import Contact
from orbweaver.platform.fields import MessageField


class OutboxMessage(LeavesOnce):
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
    duties_version = models.CharField(
        max_length=50, db_default="", default="", help_text="Of the table of duties to report that its letter tells of"
    )
    cadence_version = models.CharField(
        max_length=50, db_default="", default="", help_text="Of the policy by which its letter names the next reminder"
    )
    is_draft = models.BooleanField(
        default=False, help_text="Composed before the hotline had said who it is: composed anew before it leaves"
    )
    state = models.CharField(
        max_length=10, choices=choices_of(rules.OutboxState), default=rules.OutboxState.QUEUED.value
    )
    created_at = models.DateTimeField()
    carried_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="carried",
        help_text="The message in whose mail it went, with others for the same contact; it keeps its own occasion",
    )
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
    reason = MessageField(help_text="Why it failed, without any address")
    left_at = models.DateTimeField(null=True, help_text="When it last left, if it did: known before it is sent")
    conclude_at = models.DateTimeField(
        null=True, help_text="Real time from which a doubt about it can be concluded; none: its channel has no way to"
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
            models.Index(fields=["state"], name="outbox_by_state"),
            models.Index(fields=["created_at"], condition=models.Q(state="by_hand"), name="outbox_by_hand"),
            models.Index(fields=["lease_until"], condition=models.Q(state="sending"), name="outbox_sending"),
            models.Index(fields=["conclude_at"], condition=models.Q(state="uncertain"), name="outbox_uncertain"),
            models.Index(
                fields=["contact", "-left_at"], condition=models.Q(left_at__isnull=False), name="outbox_last_left"
            ),
            models.Index(
                fields=["-conclude_at"], condition=models.Q(journalled_at__isnull=False), name="outbox_last_copied"
            ),
            models.Index(
                fields=["notice", "number"],
                condition=models.Q(state__in=rules.NOT_ARRIVED, push_back=None),
                name="outbox_not_arrived",
            ),
        ]

    @property
    def mail(self) -> OutboxMessage:
        """The message whose bytes travelled: itself, or the one that carried it."""
        return self.carried_by or self

    def together(self) -> list[OutboxMessage]:
        """All that went in its mail, the one with the bytes first."""
        return [self.mail, *self.mail.carried.select_related("notice", "contact").order_by("pk")]

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
