"""Term lists in plain, watch terms as keyed hashes, and the pages where a watch term stood near imagery."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from orbweaver.platform.fields import public_id_field

PERSON = settings.AUTH_USER_MODEL


class TermList(models.Model):
    """Terms in one language that a hotline brings (R18)."""

    public_id = public_id_field("tml")
    name = models.CharField(max_length=120, unique=True)
    language = models.CharField(max_length=2, help_text="ISO 639-1")
    supplier = models.CharField(max_length=200)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    switched_off_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Term(models.Model):
    """One term; shown inside the workplace alone."""

    term_list = models.ForeignKey(TermList, on_delete=models.CASCADE, related_name="terms")
    text = models.CharField(max_length=200)
    forms = ArrayField(models.CharField(max_length=200), default=list)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["term_list", "text"], name="term_once_per_list")]


class WatchTerm(models.Model):
    """Something that identifies a survivor (R19), as keyed hashes of its words; the key is in the keys folder."""

    class Kind(models.TextChoices):
        """What it is."""

        NAME = "name"
        SCHOOL = "school"
        TEAM = "team"
        PLACE = "place"
        RELATIVE = "relative"
        CONTACT = "contact"
        OTHER = "other"

    public_id = public_id_field("wtm")
    reference = models.CharField(max_length=60, help_text="Of the request that it belongs to; never a name")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    anchor = models.BinaryField(max_length=8, help_text="Of its longest word")
    at = models.SmallIntegerField(help_text="Position of the longest word, from 0")
    value = models.BinaryField(max_length=16)
    words = models.SmallIntegerField()
    key_check = models.BinaryField(max_length=4, help_text="Tells with which key it was made")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["reference", "value"], name="watch_term_once")]


class WatchHit(models.Model):
    """A page on which a watch term stood near imagery: where, when, how often. Never the text, never a picture."""

    public_id = public_id_field("wth")
    term = models.ForeignKey(WatchTerm, on_delete=models.PROTECT, related_name="hits")
    url = models.TextField()
    url_key = models.BinaryField(max_length=32, db_index=True)
    host = models.CharField(max_length=260)
    media = models.SmallIntegerField(help_text="Pictures and videos on the page")
    times = models.SmallIntegerField(help_text="How often the term stood there when last seen")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    seen_to_at = models.DateTimeField(null=True)
    seen_to_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["term", "url_key"], name="watch_hit_once")]
        indexes: ClassVar = [
            models.Index(fields=["-last_seen_at"], condition=models.Q(seen_to_at__isnull=True), name="watch_hit_open")
        ]
