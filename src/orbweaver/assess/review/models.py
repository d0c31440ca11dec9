"""Items to review, leases, blind assessments, looks and verdicts."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from orbweaver.detect.hashlists.models import Identified
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import Media
from orbweaver.platform.clock import real_now
from orbweaver.platform.fields import MessageField, public_id_field


class ReviewItem(models.Model):
    """A medium that waits for a verdict, with the sightings that the verdict will cover."""

    class State(models.TextChoices):
        """waiting → decided, or waiting → disagreed → decided (by a senior who was not involved)."""

        WAITING = "waiting"
        DISAGREED = "disagreed"
        DECIDED = "decided"

    class Reason(models.TextChoices):
        """Why it is here."""

        MATCH = "match", _("It matches an entry of a hash list.")
        REPORT = "report", _("Somebody reported it.")
        APPEAL = "appeal", _("Its verdict is reviewed on request.")
        SERIES = "series", _("It was found next to known material and was put into its series.")
        COPY = "copy", _("It may be an edited copy of a picture that is held here.")

    class Confirmation(models.TextChoices):
        """After a verdict of removal: whether enough analysts agree for its hashes to act without a look.

        none (not asked for), open → done, or open → differs (somebody saw it otherwise; the verdict stands).
        """

        NONE = "none"
        OPEN = "open"
        DONE = "done"
        DIFFERS = "differs"

    public_id = public_id_field("itm")
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="review_items")
    sightings = models.ManyToManyField(Sighting, related_name="review_items")
    reason = models.CharField(max_length=8, choices=Reason.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING, db_index=True)
    rank_at = models.DateTimeField(help_text="Sooner first; grows with age alone, so nothing starves")
    required = models.SmallIntegerField(help_text="Assessments that must agree, fixed when the item was opened")
    criteria_version = models.CharField(
        max_length=20, blank=True, help_text="Judges all answers; fixed when somebody takes it for its first answer"
    )
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    leased_to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="leases")
    leased_until = models.DateTimeField(null=True, help_text="Real time")
    confirmation = models.CharField(
        max_length=8, choices=Confirmation.choices, default=Confirmation.NONE, db_default=Confirmation.NONE
    )
    words = ArrayField(models.IntegerField(), null=True, help_text="Of its picture's PDQ (likeness.words_of)")
    cluster = models.CharField(
        max_length=24, blank=True, db_default="", help_text="The same for look-alikes that were open together"
    )
    version = models.IntegerField(default=0, help_text="Grows with each change; a stale form conflicts")
    place = models.ForeignKey(
        Sighting,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The one it is about, where verdicts on its bytes are verdicts on places (ADR 12); no other joins it",
    )
    split_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="split_off",
        help_text="The item whose verdict was about another place",
    )
    known_answer = models.ForeignKey(
        "KnownAnswer", on_delete=models.PROTECT, null=True, related_name="given", help_text="Whose answer is known"
    )
    given_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", help_text="Nobody else sees it"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["media"],
                condition=~models.Q(state="decided")
                & ~models.Q(reason="appeal")
                & models.Q(known_answer=None, place=None),
                name="one_open_item_per_medium",
            ),
            models.UniqueConstraint(
                fields=["place"], condition=~models.Q(state="decided"), name="one_open_item_per_place"
            ),
            models.UniqueConstraint(fields=["known_answer", "given_to"], name="known_answer_once_per_analyst"),
        ]
        indexes: ClassVar = [
            # Without a list of pending entries, which each search would read whole.
            GinIndex(
                fields=["words"],
                condition=~models.Q(state="decided") | models.Q(confirmation="open"),
                fastupdate=False,
                name="open_item_by_word",
            ),
            models.Index(fields=["cluster"], condition=~models.Q(cluster=""), name="item_by_cluster"),
            models.Index(
                fields=["rank_at", "id"],
                condition=~models.Q(state="decided") | models.Q(confirmation="open"),
                name="open_item_by_rank",
            ),
            models.Index(fields=["decided_at"], name="item_by_decision"),
            models.Index(fields=["created_at"], name="item_by_opening"),
            # Whoever is given an item asks which look-alikes are with somebody; a handful at any time.
            models.Index(fields=["leased_until"], condition=models.Q(leased_until__isnull=False), name="item_by_lease"),
            # With all that is said of those that wait, so that they are counted without being read.
            models.Index(
                fields=["state", "reason", "created_at"],
                condition=~models.Q(state="decided") & models.Q(known_answer=None),
                name="open_item_by_state",
            ),
            models.Index(
                fields=["reason", "decided_at"],
                include=["created_at"],
                condition=models.Q(known_answer=None, required__gt=0, decided_at__isnull=False),
                name="item_by_decision_of_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Assessment(models.Model):
    """One analyst's answers, blind to the others'. Kept for ever, with the criteria and the training of that moment."""

    public_id = public_id_field("asm")
    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="assessments")
    analyst = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assessments", db_index=False
    )
    answers = models.JSONField(help_text="criteria.rules.Answers as written")
    outcome = models.CharField(max_length=10)
    category = models.CharField(max_length=16, blank=True)
    notice_type = models.CharField(max_length=16, blank=True)
    sub_type = models.CharField(max_length=1, blank=True)
    place = models.ForeignKey(
        Sighting,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Of sub-type b: the one place that was judged",
    )
    age_class = models.CharField(max_length=16, blank=True)
    criteria_version = models.CharField(max_length=20)
    training_completed_on = models.DateField()
    adjudicates = models.BooleanField(default=False)
    confirms = models.BooleanField(
        default=False, db_default=False, help_text="Given blind after the verdict, towards acts_alone"
    )
    together_with = models.ForeignKey(
        ReviewItem,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The item whose picture was looked at, when this one was answered with it",
    )
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "analyst"], name="one_answer_per_analyst")]
        indexes: ClassVar = [
            # With the item, so that what somebody has answered is read here alone; it is left out of their queue.
            models.Index(fields=["analyst", "made_at"], include=["item"], name="answer_by_analyst")
        ]


class Look(models.Model):
    """A person asked to see the picture. Counted: every needless look is a defect."""

    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="looks")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="looks")
    at = models.DateTimeField()
    asked_at = models.DateTimeField(default=real_now, help_text="Real time; a day's budget counts by it")
    key = models.CharField(max_length=64, blank=True, default="", db_default="", help_text="The page's name for it")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "asked_at"], name="look_by_person")]


class WorkSpell(models.Model):
    """A stretch of work of one person at the queue, in real time, for budgets and breaks. Nobody else sees it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="work_spells")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(help_text="The last thing done so far")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "-ended_at"], name="spell_by_person")]


class Preferences(models.Model):
    """How one person likes to work: keys, and how pictures are shown when asked for."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    keys = models.JSONField(default=dict, help_text="Action → key, where it is not the usual one")
    blur = models.SmallIntegerField(default=2, help_text="0 none to 3 strong")
    grey = models.BooleanField(default=True)
    part = models.CharField(max_length=12, default="whole", help_text="Which part a reveal shows")


class Verdict(models.Model):
    """What was decided of an item. ``remove`` leads to a notice at once, for each of the item's sightings.

    An item that was decided by sub-type b has one sighting alone (``places``).
    """

    class Outcome(models.TextChoices):
        """Removal, or nothing to act on."""

        REMOVE = "remove"
        NO_ACTION = "no_action"

    class By(models.TextChoices):
        """How it came about: analysts agreed, a senior decided, the written policy of R12, a review on request, or
        proof that the person was 18 or older (R58)."""

        AGREEMENT = "agreement"
        ADJUDICATION = "adjudication"
        POLICY = "policy"
        APPEAL = "appeal"
        PROOF = "proof"

    public_id = public_id_field("vdt")
    item = models.OneToOneField(ReviewItem, on_delete=models.PROTECT, related_name="verdict")
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="verdicts")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    category = models.CharField(max_length=16, blank=True)
    notice_type = models.CharField(max_length=16, blank=True)
    sub_type = models.CharField(max_length=1, blank=True)
    age_class = models.CharField(max_length=16, blank=True)
    age_min = models.SmallIntegerField(null=True)
    age_max = models.SmallIntegerField(null=True)
    straddles = models.BooleanField(default=False, help_text="The estimated ages span two classes")
    identified = models.CharField(max_length=12, choices=Identified.choices, default=Identified.UNIDENTIFIED)
    identified_source = models.CharField(max_length=200, blank=True)
    baseline = models.BooleanField(
        default=False, help_text="Interpol's: by an entry of these very bytes, or as all analysts who agreed marked it"
    )
    self_generated = models.BooleanField(
        default=False, db_default=False, help_text="As an analyst recorded; it lowers nothing (R10)"
    )
    children = models.SmallIntegerField(null=True, help_text="How many it shows; none: nobody estimated an age (R77)")
    children_by_class = models.JSONField(default=dict, help_text="The same by age class; the youngest governs")
    reasons = models.JSONField(default=list, help_text="In words, from the criteria")
    criteria_version = models.CharField(max_length=20)
    decided_by = models.CharField(max_length=12, choices=By.choices)
    decided_at = models.DateTimeField(db_index=True)
    superseded_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="supersedes", help_text="What a review changed it to"
    )
    handed_over_at = models.DateTimeField(
        null=True, help_text="When notices took it up; set by notices in the transaction that writes them"
    )


class Appeal(models.Model):
    """Somebody asked that a verdict be reviewed by a person who was not involved (R70). Its notice goes on."""

    class Outcome(models.TextChoices):
        """What the review came to."""

        UPHELD = "upheld"
        CHANGED = "changed"

    public_id = public_id_field("apl")
    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="appeals")
    item = models.OneToOneField(ReviewItem, on_delete=models.PROTECT, related_name="appeal")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    requester = models.CharField(max_length=120, help_text="Who asks, in a word such as provider; never a name")
    reason = models.TextField(max_length=2000, blank=True, help_text="In the words of who asks; none where a rule asks")
    because = MessageField(help_text="Of the rule that asks")
    opened_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["verdict"], condition=models.Q(decided_at=None), name="one_open_appeal_per_verdict"
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class KnownAnswer(models.Model):
    """A decided item that is given to analysts who have not seen its picture, to compare their answers."""

    public_id = public_id_field("kna")
    item = models.OneToOneField(ReviewItem, on_delete=models.PROTECT, related_name="known_answer_of")
    designated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    designated_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, help_text="Given to nobody from then on")

    def __str__(self) -> str:
        return str(self.public_id)


class Note(models.Model):
    """What an analyst wrote down about an item, for themselves, and for others once those have answered."""

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    words = models.TextField(max_length=2000)
    at = models.DateTimeField()
