"""Requests of survivors: who asks, for what, what was promised. Nobody else's request is ever the same row."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from orbweaver.assess.linking.models import UrgentReferral
from orbweaver.assess.review.models import Verdict
from orbweaver.assess.series.models import VictimSeries
from orbweaver.detect.intake.models import Report
from orbweaver.follow.survivors.rules import Surety
from orbweaver.notify.providers.models import Contact
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.fields import public_id_field

PERSON = settings.AUTH_USER_MODEL


class Request(models.Model):
    """One request as it was sent; every word is kept. Two people who ask for the same have one each."""

    class Capacity(models.TextChoices):
        """Who asks."""

        CHILD = "child"
        ADULT = "adult"
        FAMILY = "family"
        REPRESENTATIVE = "representative"

    class Aim(models.TextChoices):
        """What is to go: pictures, words about the person (R20, R59), both, or legal pictures of them, or of their
        family, that are used to harass or to find them (R20)."""

        PICTURE = "picture"
        TEXT = "text"
        BOTH = "both"
        LEGAL = "legal"

    public_id = public_id_field("ask")
    reference = models.CharField(max_length=10, unique=True, help_text="Ten digits, which the person has")
    secret = models.BinaryField(max_length=32, help_text="Digest of the secret that was shown once")
    sent_as = models.BinaryField(
        max_length=32, unique=True, help_text="Digest of its form and words: sent twice, it is one"
    )
    capacity = models.CharField(max_length=14, choices=Capacity.choices)
    aim = models.CharField(max_length=7, choices=Aim.choices)
    at_risk = models.BooleanField(help_text="A child may be at risk now, as the person says")
    search_more = models.BooleanField(default=False, help_text="Look for more of the same, too")
    words = models.TextField(blank=True, help_text="What the person wrote")
    mandate = models.TextField(blank=True, help_text="Of a representative: for whom, and who says so")
    safe_contact = models.TextField(blank=True, help_text="How to reach the person safely; empty: never write")
    language = models.CharField(max_length=10)
    created_at = models.DateTimeField()
    waits_for_person = models.BooleanField(help_text="Many came from one network: a person lets it go on")
    referral = models.OneToOneField(UrgentReferral, on_delete=models.PROTECT, null=True, related_name="request")
    withdrawn_at = models.DateTimeField(null=True, help_text="By the person; its hashes are gone since")
    done_at = models.DateTimeField(null=True, help_text="Nothing is left to do for it")
    done_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    tied_to = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="tied", help_text="An earlier one of the same person"
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["created_at"], condition=models.Q(done_at=None), name="request_open"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_legal(self) -> bool:
        """Whether it is about legal pictures."""
        return self.aim == self.Aim.LEGAL


class Stop(models.Model):
    """Somebody who lost the code of a request wants it to stop, and two of ours agreed. Each is kept."""

    class Outcome(models.TextChoices):
        """What came of it."""

        STOPPED = "stopped"
        GONE_ON = "gone_on"
        """Whoever has the code says that it goes on."""
        CALLED_OFF = "off"
        """Survivor support has learned that it is not to stop."""
        BY_CODE = "by_code"
        """Whoever has the code stopped it before."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="stops")
    surety = models.CharField(max_length=12, choices=[(each.value, each.value) for each in Surety])
    asked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", help_text="Of ours")
    agreed_at = models.DateTimeField()
    stops_at = models.DateTimeField(help_text="Until then it goes on as before")
    outcome = models.CharField(max_length=7, choices=Outcome.choices, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request"], condition=models.Q(ended_at=None), name="one_open_stop")
        ]
        indexes: ClassVar = [
            models.Index(fields=["stops_at"], condition=models.Q(ended_at=None), name="stop_waiting"),
        ]

    def __str__(self) -> str:
        return f"stop of {self.request_id}"


class RequestPart(models.Model):
    """One address of a request, or all its hashes together: what is told of each, separately."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="parts")
    url = models.TextField(blank=True, help_text="Empty: its hashes")
    is_more = models.BooleanField(
        default=False, db_default=False, help_text="Hashes of what stands at its addresses, looked for elsewhere"
    )
    report = models.OneToOneField(
        Report, on_delete=models.PROTECT, null=True, related_name="part", help_text="None where only words are to go"
    )
    visit_at = models.DateTimeField(
        null=True, help_text="Until the crawler was given it: when that is to be, a moment by chance"
    )
    added_by = models.ForeignKey(
        PERSON, on_delete=models.PROTECT, null=True, related_name="+", help_text="Who of ours found it by the words"
    )
    added_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["visit_at"], condition=models.Q(visit_at__isnull=False), name="part_to_visit")
        ]


class Promise(models.Model):
    """What somebody of ours promised the person who asked, or noted of a talk with them."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="promises")
    words = models.TextField()
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due_on = models.DateField(null=True)
    kept_at = models.DateTimeField(null=True)


class SafetyNotice(models.Model):
    """What a company is asked about words, or legal pictures, on one page (R20, R59). It is no ``Notice``: it rests on
    no verdict, and no figure counts it."""

    class State(models.TextChoices):
        """queued → sent, or failed: the company's server refused it for good."""

        QUEUED = "queued"
        SENT = "sent"
        FAILED = "failed"

    public_id = public_id_field("sft")
    part = models.ForeignKey(RequestPart, on_delete=models.PROTECT, related_name="safety")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    address = models.CharField(max_length=320)
    raw = models.BinaryField(help_text="The exact bytes of the message")
    state = models.CharField(max_length=6, choices=State.choices, default=State.QUEUED)
    made_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["id"], condition=models.Q(state="queued"), name="safety_waiting")]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def message_id(self) -> str:
        """Of its one message."""
        return f"<{self.public_id}@{HotlineSettings.current().hotline_domain}>"


class WordsStep(models.Model):
    """What somebody of ours saw of the words, or legal pictures, at one address, or heard of the company.

    Each is kept: what the person is told is the state of a moment that has passed.
    """

    class Kind(models.TextChoices):
        """What was seen or heard."""

        THERE = "there"
        NOT_THERE = "not_there"
        REFUSED = "refused"
        """The company says that it does not remove them."""
        LEFT = "left"
        """Our people have read the page, and the company is not asked."""

    part = models.ForeignKey(RequestPart, on_delete=models.PROTECT, related_name="words_steps")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} at part {self.part_id}"


class Disagreement(models.Model):
    """Whoever asked does not agree with what we decided (R70). They read the answer with a daily update."""

    class Outcome(models.TextChoices):
        """What came of it."""

        CHANGED = "changed"
        KEPT = "kept"

    public_id = public_id_field("dis")
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="disagreements")
    words = models.TextField(help_text="What the person wrote")
    made_at = models.DateTimeField()
    answer_by = models.DateTimeField(help_text="By when we said that it is answered")
    outcome = models.CharField(max_length=7, choices=Outcome.choices, blank=True)
    answer = models.TextField(blank=True, help_text="What the person is told, with the reasons")
    decided_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["request"], condition=models.Q(decided_at=None), name="one_open_disagreement"
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class CompanyRecord(models.Model):
    """What each company was told about a series, as it was known then, for a civil claim (R63a)."""

    public_id = public_id_field("rec")
    series = models.ForeignKey(VictimSeries, on_delete=models.PROTECT, related_name="company_records")
    for_whom = models.CharField(max_length=400, help_text="The person or their lawyer, in a few words")
    body = models.TextField(help_text="The exact text that is signed")
    written_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    released_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.public_id)


class AgeProof(models.Model):
    """Somebody brings proof that they were 18 or older in what was removed (R58): they themselves, or their agent.

    The document is sealed in a file that no backup holds; once it is decided the file and its key are gone, and the
    digest stays.
    """

    class BroughtBy(models.TextChoices):
        """Nobody else can bring one: no provider, and no family."""

        PERSON = "person"
        AGENT = "agent"

    class Outcome(models.TextChoices):
        """Removal falls where two people find it proved; else it stands."""

        PROVED = "proved"
        NOT_PROVED = "not_proved"

    public_id = public_id_field("prf")
    reference = models.CharField(max_length=10, unique=True, help_text="Ten digits, which the person has")
    secret = models.BinaryField(max_length=32, help_text="Digest of the secret that was shown once")
    sent_as = models.BinaryField(max_length=32, unique=True, help_text="Digest of its form: sent twice, it is one")
    brought_by = models.CharField(max_length=6, choices=BroughtBy.choices)
    urls = models.TextField(blank=True, help_text="Where it was, one address a line")
    words = models.TextField(blank=True)
    mandate = models.TextField(blank=True, help_text="Of an agent: who authorised them, and where that is written")
    safe_contact = models.TextField(blank=True, help_text="How to reach them; empty: never write")
    language = models.CharField(max_length=10)
    created_at = models.DateTimeField()
    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, null=True, related_name="age_proofs")
    tied_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=40, blank=True, help_text="Of the sealed document; empty: there is none")
    key = models.BinaryField(null=True, help_text="What opens it, itself encrypted to the master key")
    mime = models.CharField(max_length=40, blank=True)
    digest = models.BinaryField(max_length=32, null=True, help_text="SHA-256 of the document; it stays")
    added_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    decided_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.public_id)


class AgeProofDisagreement(models.Model):
    """Whoever brought a proof does not agree that it is not enough (R70): two who had no part in it look anew."""

    public_id = public_id_field("dis")
    proof = models.ForeignKey(AgeProof, on_delete=models.PROTECT, related_name="disagreements")
    words = models.TextField(blank=True, help_text="What the person wrote; a document may say it alone")
    made_at = models.DateTimeField()
    answer_by = models.DateTimeField(help_text="By when we said that it is answered")
    outcome = models.CharField(max_length=10, choices=AgeProof.Outcome.choices, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["proof"], condition=models.Q(decided_at=None), name="one_open_proof_disagreement"
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class AgeProofAnswer(models.Model):
    """What one uninvolved person finds."""

    class Reason(models.TextChoices):
        """Why it is not enough, as the person reads it: of what they sent alone, never of what was removed."""

        NONE = "none"
        UNREADABLE = "unreadable"
        BIRTH = "birth"
        TIME = "time"
        WHOSE = "whose"
        AGENT = "agent"
        UNDER = "under"
        OTHER = "other"

    proof = models.ForeignKey(AgeProof, on_delete=models.PROTECT, related_name="answers")
    by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    disagreement = models.ForeignKey(
        AgeProofDisagreement,
        on_delete=models.PROTECT,
        null=True,
        related_name="answers",
        help_text="With which the person did not agree before; empty: the first time",
    )
    proved = models.BooleanField()
    why = models.CharField(max_length=400, help_text="For people of ours")
    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True, db_default="", default="")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["proof", "by"], name="one_answer_per_person")]
