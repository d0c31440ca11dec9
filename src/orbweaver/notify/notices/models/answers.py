"""What providers answer: replies, words that a person reads, and objections."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from orbweaver.notify.notices import rules
from orbweaver.notify.notices.models.notice import Notice, choices_of
from orbweaver.notify.providers.models import Provider
from orbweaver.platform.fields import MessageField, public_id_field


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


def _addresses() -> ArrayField[list[int] | None, list[int] | None]:
    return ArrayField(
        models.BigIntegerField(), null=True, help_text="Numbers of the notice's addresses that it is about; none: all"
    )


def _named(notice: Notice, addresses: list[int] | None) -> list[str]:
    return list(notice.urls.filter(pk__in=addresses).order_by("pk").values_list("url", flat=True)) if addresses else []


class Reply(models.Model):
    """What a provider answered."""

    public_id = public_id_field("rpl")
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="replies")
    action = models.CharField(max_length=10, choices=choices_of(rules.Action))
    comment = models.TextField(blank=True)
    via = models.CharField(max_length=8, choices=Via.choices, default=Via.LINK)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    addresses = _addresses()

    @property
    def named(self) -> list[str]:
        """The addresses that it is about, where it is not about all of the notice."""
        return _named(self.notice, self.addresses)


class IncomingAnswer(models.Model):
    """What somebody answered in words: mail, or what a person heard otherwise, and what a person says that it means.

    It is unread while ``meaning`` is empty: until then nobody is taken for silent. One that could be threaded to no
    notice is kept as well, with the provider where its sender is known. What a company answers about words, or legal
    pictures, of a survivor (``about``) has no notice: survivor support reads it, and the desk never sees it.
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
    about = models.CharField(
        max_length=32, blank=True, db_default="", help_text="Of one about words: the number of the message it answers"
    )
    came_at = models.DateTimeField()
    meaning = models.CharField(max_length=20, choices=choices_of(rules.Meaning), blank=True)
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
    reason = models.CharField(max_length=20, choices=choices_of(rules.PushBackReason))
    comment = models.TextField(blank=True)
    outcome = models.CharField(
        max_length=10,
        choices=choices_of(rules.PushBackOutcome),
        default=rules.PushBackOutcome.OPEN.value,
        db_index=True,
    )
    made_at = models.DateTimeField()
    addresses = _addresses()
    answer_by = models.DateTimeField(
        null=True, help_text="By when we said that it is answered; none: it is older than such a promise"
    )
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
        indexes: ClassVar = [
            models.Index(fields=["made_at"], condition=models.Q(outcome="open"), name="push_back_open")
        ]

    @property
    def named(self) -> list[str]:
        """The addresses that it is about, where it is not about all of the notice."""
        return _named(self.notice, self.addresses)


class ToLookUp(models.Model):
    """Somebody says that a place is not theirs, and its hosts are not looked up again yet."""

    push_back = models.OneToOneField(PushBack, on_delete=models.CASCADE, primary_key=True, related_name="to_look_up")
