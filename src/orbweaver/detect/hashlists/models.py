"""Hash lists with provenance. Nothing is deleted: entries are disputed or withdrawn; the index follows in a second."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from orbweaver.detect.media.models import Media
from orbweaver.platform.clock import real_now
from orbweaver.platform.fields import MessageField, NewPublicId, public_id_field

KIND_LABELS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "pdq": "PDQ"}
"""How people write the kinds of hash; a plugged-in kind is written by its name."""


BROKEN_OFF_AFTER = dt.timedelta(seconds=60)
"""Real time without new rows after which an import counts as broken off: a batch takes less than a second."""


class Identified(models.TextChoices):
    """Whether law enforcement knows who the child is; ``unidentified`` means not *known* to be identified (R14)."""

    IDENTIFIED = "identified"
    UNIDENTIFIED = "unidentified"


def usual_doors() -> list[str]:
    """Which doors a new list serves: it is handed on only once somebody says so."""
    return [HashList.Door.CRAWLER, HashList.Door.SCANS]


class HashList(models.Model):
    """A list from one supplier under one set of terms, or the hotline's own."""

    class Kind(models.TextChoices):
        """What a match means: suspected, or known to be harmless (by SHA-256 alone)."""

        KNOWN = "known", "Known material"
        OWN = "own", "The hotline's own verdicts"
        KNOWN_GOOD = "known_good", "Known good (suppresses by SHA-256 alone)"

    class Trust(models.TextChoices):
        """How well its supplier checks what is on it; said to whoever reads a match, and in exports."""

        HIGH = "high", "Every entry is checked by several people"
        USUAL = "usual", "As hotlines usually check"
        LOW = "low", "Unchecked, or not known how"

    class Allowed(models.TextChoices):
        """What its terms allow to be done with a match."""

        ACT = "act", "To act"
        REVIEW = "review", "To review only"

    class Door(models.TextChoices):
        """What its matches and entries serve."""

        CRAWLER = "crawler", "Our own crawler and what people report"
        SCANS = "scans", "Scans by companies"
        EXCHANGE = "exchange", "Exchange: other hotlines and companies may fetch it"
        TESTS = "tests", "Tests: what keys for tests find, and they alone"

    public_id = public_id_field("lst")
    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.KNOWN)
    supplier = models.CharField(max_length=200)
    terms = models.TextField(blank=True)
    radius = models.SmallIntegerField(null=True, help_text="PDQ radius of this list; none: the installation's")
    trust = models.CharField(max_length=8, choices=Trust.choices, default=Trust.USUAL)
    allowed = models.CharField(max_length=8, choices=Allowed.choices, default=Allowed.ACT)
    expires_on = models.DateField(null=True, help_text="Last day on which it may be used; none: without end")
    doors = ArrayField(models.CharField(max_length=8, choices=Door.choices), default=usual_doors)
    first_shared_at = models.DateTimeField(null=True, help_text="When it was first opened to the exchange")
    last_shared = models.BigIntegerField(
        null=True, help_text="Of one closed to the exchange: its last entry then; up to it, others hear of the end"
    )
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def entry_count(self) -> int:
        """How many entries are on it, in every state; nothing is counted for that."""
        return sum(each.entries for each in self.counts.all())

    def is_expired(self, day: dt.date) -> bool:
        """Whether its terms let it be used no longer on this day (UTC)."""
        return self.expires_on is not None and self.expires_on < day


class ListImport(models.Model):
    """One run of an import: what file, by whom, how it was read, and what came of it."""

    public_id = public_id_field("imp")
    hash_list = models.ForeignKey(HashList, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=255)
    file_sha256 = models.BinaryField(max_length=32, null=True)
    list_format = models.CharField(
        max_length=20, blank=True, default="", db_default="", help_text='Name of its format; "" before that was kept'
    )
    region = models.CharField(
        max_length=8,
        blank=True,
        default="",
        db_default="",
        help_text="By which its words were read, where that was said",
    )
    started_at = models.DateTimeField()
    alive_at = models.DateTimeField(help_text="Real time of the last rows; none follow a run that was killed")
    finished_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    added = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    withdrawn = models.IntegerField(default=0, help_text="Of the rows, those whose entries are withdrawn and stay so")
    taken_back = models.IntegerField(
        default=0, db_default=0, help_text="Entries withdrawn that only the readings had added which it replaced"
    )
    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="replaces",
        help_text="It was broken off, and then its file was read otherwise from the beginning",
    )

    @property
    def sha256(self) -> str:
        """Digest of the file in hexadecimal digits."""
        return bytes(self.file_sha256 or b"").hex()

    @property
    def read_as(self) -> str:
        """Its format and region, such as ``vics us``; "" for one of before they were kept."""
        return f"{self.list_format} {self.region}".strip()

    @property
    def rows(self) -> int:
        """Rows of the file that are done with."""
        return self.added + self.changed + self.unchanged + self.rejected

    @property
    def took_nothing(self) -> bool:
        """Whether every row that it had was refused."""
        return self.rejected > 0 and self.rejected == self.rows

    @property
    def state(self) -> str:
        """``done``, ``running``, ``replaced`` or ``broken_off``: importing the same file again, read as it was, takes
        it up where it ended."""
        if self.finished_at is not None:
            return "done"
        if self.replaced_by_id is not None:
            return "replaced"
        return "running" if real_now() - self.alive_at < BROKEN_OFF_AFTER else "broken_off"


class UploadedList(models.Model):
    """A file that somebody handed in by page, and what came of it. The worker imports it, then the file is gone."""

    class State(models.TextChoices):
        """``refused``: the file is no list, or is lost."""

        WAITING = "waiting"
        DONE = "done"
        REFUSED = "refused"

    public_id = public_id_field("upl")
    list_name = models.CharField(max_length=120)
    supplier = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=HashList.Kind.choices, default=HashList.Kind.KNOWN)
    region = models.CharField(
        max_length=8, blank=True, default="", db_default="", help_text="By which its words are read; else as it says"
    )
    file_name = models.CharField(max_length=255)
    file_sha256 = models.BinaryField(max_length=32)
    lines = models.IntegerField(help_text="Lines of the file, by which its progress is told")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    list_import = models.ForeignKey(ListImport, on_delete=models.PROTECT, null=True, related_name="+")
    problem = MessageField()
    is_held = models.BooleanField(default=False, db_default=False, help_text="Until a second person agrees")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class ImportRejection(models.Model):
    """A row that could not be used: its line number (the header is line 1) and the reason, never its value."""

    list_import = models.ForeignKey(ListImport, on_delete=models.CASCADE, related_name="rejections")
    line = models.IntegerField()
    reason = MessageField()


class HashListEntry(models.Model):
    """One picture or film on one list, with all its hashes and with what its supplier says about it."""

    class State(models.TextChoices):
        """``withdrawn`` entries match nothing; ``disputed`` ones still do, and never act on their own, nor do those in
        ``quarantined``, which suddenly matched far more than usual."""

        ACTIVE = "active"
        DISPUTED = "disputed"
        QUARANTINED = "quarantined"
        WITHDRAWN = "withdrawn"

    class MediaType(models.TextChoices):
        """What its supplier says it is of; "" where it does not say."""

        IMAGE = "image"
        VIDEO = "video"

    public_id = models.CharField(max_length=24, editable=False, default=NewPublicId("hle"))
    hash_list = models.ForeignKey(
        HashList,
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
        db_constraint=False,  # migrations/standing_rows.sql keeps it, and the other two, once a statement
    )
    key = models.BinaryField(max_length=16, help_text="What makes it the same entry when it comes again: rules.key_of")
    media_type = models.CharField(max_length=5, choices=MediaType.choices, blank=True)
    supplier_id = models.CharField(max_length=200, blank=True, help_text="Its supplier's own name for it")
    member = models.CharField(max_length=200, blank=True, help_text="Which member of its supplier handed it in")
    classification = models.CharField(max_length=20, help_text="As its supplier gave it")
    identified = models.CharField(max_length=12, choices=Identified.choices, default=Identified.UNIDENTIFIED)
    series_name = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=200)
    baseline = models.BooleanField(default=False)
    state = models.CharField(max_length=11, choices=State.choices, default=State.ACTIVE)
    acts_alone = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Own entries: enough analysts agreed for it to act without another look; frames of a film never do",
    )
    media = models.ForeignKey(
        Media,
        on_delete=models.PROTECT,
        null=True,
        related_name="own_entries",
        db_index=False,
        help_text="Own entries: the medium that was judged",
    )
    list_import = models.ForeignKey(
        ListImport, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    added_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    change = models.BigIntegerField(unique=True, help_text="Position in the order of changes; the index follows it")
    stated_at = models.DateTimeField(null=True, help_text="Of an exchange: its supplier's time of what is said here")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["public_id"], name="entry_public_id"),
            models.UniqueConstraint(fields=["hash_list", "key"], name="entry_once_per_list"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["media"], condition=models.Q(media__isnull=False), name="entry_by_media"),
            models.Index(fields=["hash_list", "state"], condition=~models.Q(state="active"), name="entry_not_active"),
            models.Index(fields=["changed_at"], name="entry_by_time"),  # partners of two protocols ask by time
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def live_hashes(self) -> list[EntryHash]:
        """Its hashes that were not taken back, in the order in which they came."""
        return sorted((each for each in self.hashes.all() if not each.withdrawn), key=lambda each: each.pk)


class EntryCount(models.Model):
    """How many entries a list has in a state. The database counts by itself: migrations/entry_counts.sql."""

    hash_list = models.ForeignKey(HashList, on_delete=models.CASCADE, related_name="counts", db_index=False)
    state = models.CharField(max_length=11, choices=HashListEntry.State.choices)
    entries = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["hash_list", "state"], name="entries_counted_once")]


class EntryHash(models.Model):
    """One hash of an entry. The match index knows it by its number."""

    entry = models.ForeignKey(HashListEntry, on_delete=models.PROTECT, related_name="hashes", db_constraint=False)
    kind = models.CharField(max_length=32, help_text="Name of a kind in orbweaver.fingerprints.kinds")
    value = models.BinaryField(max_length=1024)
    time_s = models.FloatField(
        null=True, help_text="It is of one frame of a film, at this time in seconds; one alone says nothing of a film"
    )
    withdrawn = models.BooleanField(default=False, db_default=False, help_text="Taken back while the entry stands")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "value"], name="hash_by_value")]

    @property
    def kind_label(self) -> str:
        """The kind as people write it."""
        return KIND_LABELS.get(self.kind, self.kind)

    @property
    def is_frame(self) -> bool:
        """Whether it is of one frame of a film."""
        return self.time_s is not None


class Lineage(models.Model):
    """A history of the database in which lists were changed (``lineages``), in the order in which they began."""

    name = models.CharField(max_length=100)
    began_after = models.BigIntegerField(help_text="The last change that it has in common with the one before")


class EntryStateChange(models.Model):
    """Somebody, or into quarantine a rule, changed an entry's state: who, when and why.

    A dispute's outcome is what follows it.
    """

    entry = models.ForeignKey(HashListEntry, on_delete=models.PROTECT, related_name="state_changes")
    state = models.CharField(max_length=11, choices=HashListEntry.State.choices)
    reason = models.TextField()
    said_by = models.CharField(max_length=200, blank=True, help_text="Its supplier, where an exchange brought it")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()


class Bank(models.Model):
    """A list that a client keeps through the HMA door, under the name that it gave."""

    hash_list = models.OneToOneField(HashList, on_delete=models.PROTECT, primary_key=True, related_name="bank")
    enabled_ratio = models.FloatField(default=1.0, help_text="Share of its client's look-ups that see it")
    closed_at = models.DateTimeField(null=True, help_text="When its client deleted it; its entries were withdrawn")


class BankContent(models.Model):
    """What a client said of one thing in its bank. Its number is that of its entry."""

    entry = models.OneToOneField(HashListEntry, on_delete=models.PROTECT, primary_key=True, related_name="content")
    note = models.CharField(max_length=255, blank=True)
    metadata = models.JSONField(default=dict)
    disabled_until = models.DateTimeField(null=True, help_text="Its client's look-ups do not see it until then")
