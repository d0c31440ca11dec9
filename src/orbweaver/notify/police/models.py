"""Forces that are told, and each item that they are told of."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from orbweaver.assess.linking.models import UrgentReferral
from orbweaver.assess.review.models import ReviewItem, Verdict
from orbweaver.notify.notices.models import LeavesOnce
from orbweaver.notify.providers.models import Contact
from orbweaver.people.accounts.models import Organisation
from orbweaver.platform.fields import public_id_field

PERSON = settings.AUTH_USER_MODEL


class Force(models.Model):
    """A police force or clearing house, with the key that only it can open what it gets with."""

    class Hears(models.TextChoices):
        """What it is told without anybody's asking, as was agreed with it."""

        URGENT = "urgent", "Urgent items"
        UNKNOWN = "unknown", "Urgent items, and abuse that no list of police holds"

    class Channel(models.TextChoices):
        """How it is told."""

        FILE = "file", "An encrypted file in a folder"
        CYBERTIP = "cybertip", "NCMEC's CyberTipline"

    public_id = public_id_field("pol")
    name = models.CharField(max_length=200, unique=True)
    country = models.CharField(max_length=2)
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.FILE, db_default=Channel.FILE)
    key = models.CharField(max_length=80, help_text="Its age recipient: age1…; empty: it is told by another channel")
    added_at = models.DateTimeField()
    hears = models.CharField(max_length=8, choices=Hears.choices, default=Hears.URGENT, db_default=Hears.URGENT)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        related_name="forces",
        help_text="Under whose agreement it is told; none: the law says that it may be",
    )
    ended_at = models.DateTimeField(null=True, help_text="From then on it is told nothing more")

    def __str__(self) -> str:
        return self.name

    @property
    def hears_as(self) -> str:
        """What it hears of by itself, as pages word it."""
        return f"hears_{self.hears}"

    @property
    def channel_as(self) -> str:
        """How it is told, as pages word it."""
        return f"channel_{self.channel}"


class Order(models.Model):
    """A production order: an authority orders that what is held of these items is handed over, to a force's key.

    Until it is answered, and to its last day, nothing of it is erased. It is answered by a referral of each item.
    """

    class State(models.TextChoices):
        """Where it is."""

        OPEN = "open"
        ANSWERED = "answered"
        REFUSED = "refused"

    public_id = public_id_field("ord")
    force = models.ForeignKey(Force, on_delete=models.PROTECT, related_name="orders")
    authority = models.CharField(max_length=200, help_text="Who ordered it, such as a court")
    reference = models.CharField(max_length=100, help_text="The authority's own number for it")
    basis = models.CharField(max_length=300, help_text="The law that it rests on")
    document_sha256 = models.BinaryField(max_length=32, null=True, help_text="Of the order as it came")
    items = models.ManyToManyField(ReviewItem, related_name="orders")
    ordered_on = models.DateField()
    answer_by = models.DateField(help_text="Its last day")
    keep_until = models.DateField(null=True, help_text="Last day of the hold; none: until it is lifted")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    because = models.CharField(max_length=300, blank=True, help_text="Why it was refused")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["authority", "reference"], name="order_recorded_once")]
        indexes: ClassVar = [models.Index(fields=["answer_by"], condition=models.Q(state="open"), name="order_open")]

    def __str__(self) -> str:
        return str(self.public_id)


class Referral(models.Model):
    """An item for a force, once, and once more for each urgent marker that came after it was told, and each order.

    queued → sent → acknowledged or refused; refused by us where it cannot be written.
    """

    class State(models.TextChoices):
        """Where it is."""

        QUEUED = "queued"
        SENT = "sent"
        ACKNOWLEDGED = "acknowledged"
        REFUSED = "refused"

    class Because(models.TextChoices):
        """Why police are told (R61)."""

        URGENT = "urgent", "A child may be at risk: an urgent marker"
        UNKNOWN = "unknown", "No list of police holds it"
        REQUEST = "request", "A request, or the hotline's own judgement"
        ORDER = "order", "A production order"

    public_id = public_id_field("prf")
    force = models.ForeignKey(Force, on_delete=models.PROTECT, related_name="referrals")
    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="police_referrals")
    urgent = models.ForeignKey(UrgentReferral, on_delete=models.PROTECT, null=True, related_name="+")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="referrals")
    because = models.CharField(max_length=8, choices=Because.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    failed_at = models.DateTimeField(null=True, help_text="When it last could not be written; it is tried again")
    their_number = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Of the report that was opened there for it"
    )
    finishing_at = models.DateTimeField(null=True, help_text="Since when they may have it: finish was said")
    sent_at = models.DateTimeField(null=True)
    sha256 = models.BinaryField(max_length=32, null=True, help_text="Of the encrypted file")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    answer = models.CharField(max_length=200, blank=True, help_text="Their number for it, or why they refused it")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["force", "item"],
                condition=models.Q(urgent=None, order=None),
                name="police_told_once_of_an_item",
            ),
            models.UniqueConstraint(fields=["order", "item"], name="order_answered_once"),
            models.UniqueConstraint(fields=["force", "urgent"], name="police_told_once_of_what_is_urgent"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(state="queued"), name="police_queued"),
        ]


class KeepRequest(LeavesOnce):
    """A letter that asks a company to keep an item for an authority, and nothing else: no notice is needed for it.

    queued → sending → sent, refused, or uncertain: then nobody can say whether it left, and it is not sent again. Its
    row is the register: for whom, on which basis, until which day.
    """

    class State(models.TextChoices):
        """Where it is."""

        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        REFUSED = "refused"
        UNCERTAIN = "uncertain"

    public_id = public_id_field("kpr")
    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="keep_requests")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    urls = ArrayField(models.TextField(), help_text="What is to be kept, exact; the letter has them harmless")
    authority = models.CharField(max_length=200, help_text="For whom, such as a public prosecutor")
    reference = models.CharField(max_length=100, help_text="The authority's own number for it")
    basis = models.CharField(max_length=300, help_text="The law that it rests on")
    keep_until = models.DateField(help_text="The last day")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["item", "contact", "authority", "reference"], name="asked_once_to_keep_for_a_case"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=models.Q(state__in=["queued", "sending"]), name="keep_request_waits"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ToRefer(models.Model):
    """A removal whose picture police may not know: looked at once their lists were asked after it."""

    verdict = models.OneToOneField(Verdict, on_delete=models.CASCADE, primary_key=True, related_name="to_refer")
    due_at = models.DateTimeField(db_index=True, help_text="From when it stands")
