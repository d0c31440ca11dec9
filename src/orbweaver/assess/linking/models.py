"""Traces, suggestions, markers, urgent referrals and text flags. Decisions are kept for ever."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from orbweaver.assess.linking.traces import TraceKind
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.series.models import VictimSeries
from orbweaver.assess.terms.models import TermList
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.media.models import Media
from orbweaver.platform.fields import public_id_field

PERSON = settings.AUTH_USER_MODEL


class ToLink(models.Model):
    """A sighting that was recorded or seen again: its series, flags, traces and suggestions are to be worked out."""

    sighting = models.OneToOneField(Sighting, on_delete=models.CASCADE, primary_key=True, related_name="to_link")


class MediaTrace(models.Model):
    """A key that a medium has in common with others; see ``traces``."""

    media = models.ForeignKey(Media, on_delete=models.CASCADE, db_index=True, related_name="traces")
    kind = models.SmallIntegerField(choices=[(each.value, each.name) for each in TraceKind])
    key = models.BinaryField(max_length=16)
    position = models.IntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "key", "media"], name="trace_once", include=["position"])
        ]


class SeriesSuggestion(models.Model):
    """Two media that may belong to one series, with the evidence. A refused one does not come back."""

    class State(models.TextChoices):
        """open → accepted or refused by a person; ``moot`` when both came into one series otherwise."""

        OPEN = "open"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        MOOT = "moot"

    public_id = public_id_field("sug")
    first = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="suggestions_first")
    second = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="suggestions_second")
    strength = models.FloatField(help_text="0 to 1, by linking.rules")
    evidence = models.JSONField(help_text="linking.rules.Evidence, each as signal, gap and count")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    series = models.ForeignKey(VictimSeries, on_delete=models.PROTECT, null=True, related_name="suggestions")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="suggestion_once"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="suggestion_in_order"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-strength", "id"], condition=models.Q(state="open"), name="suggestion_open")
        ]


class Marker(models.Model):
    """Something said of a medium that decides nothing about its removal and never lowers anything."""

    class Kind(models.TextChoices):
        """R9, R17, R10, R11, R21; the last two are urgent. Self-generation is an answer of the assessment, too."""

        LIVE_STREAM = "live_stream"
        ADVERTISES_SET = "advertises_set"
        SELF_GENERATED = "self_generated"
        SHOWN_TO_CHILD = "shown_to_child"
        ACCESS_TO_CHILD = "access_to_child"

    public_id = public_id_field("mrk")
    media = models.ForeignKey(Media, on_delete=models.PROTECT, related_name="markers")
    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, null=True, related_name="markers")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    words = models.TextField(blank=True, help_text="What was seen, for colleagues and the liaison")
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_why = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["media", "kind"], condition=models.Q(withdrawn_at__isnull=True), name="marker_once"
            )
        ]


class UrgentReferral(models.Model):
    """A child may be at risk now: for law enforcement's liaison, at once (R11, R21); by what an analyst saw, or by what
    a survivor's request says (R56).
    """

    class State(models.TextChoices):
        """new → taken → handed over. Withdrawing the marker afterwards changes none of it."""

        NEW = "new"
        TAKEN = "taken"
        HANDED_OVER = "handed_over"

    public_id = public_id_field("urg")
    marker = models.OneToOneField(Marker, on_delete=models.PROTECT, null=True, related_name="referral")
    words = models.TextField(blank=True, help_text="Of a survivor's request, where there is no marker")
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW, db_index=True)
    made_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    handed_over_at = models.DateTimeField(null=True)
    handed_over_to = models.CharField(max_length=200, blank=True, help_text="Which force, under which reference")
    mailed_at = models.DateTimeField(null=True, help_text="When the liaison's address was written to")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(marker__isnull=False) | ~models.Q(words=""), name="referral_says_something"
            )
        ]


class ToTell(models.Model):
    """An urgent referral that the liaison's address was not written to yet."""

    referral = models.OneToOneField(UrgentReferral, on_delete=models.CASCADE, primary_key=True, related_name="to_tell")


class TextFlag(models.Model):
    """Terms of a hotline's list in the text around a sighting (R18)."""

    sighting = models.ForeignKey(Sighting, on_delete=models.CASCADE, related_name="text_flags")
    term_list = models.ForeignKey(TermList, on_delete=models.CASCADE, related_name="flags")
    terms = ArrayField(models.CharField(max_length=200), help_text="Those found; shown inside the workplace alone")
    times = models.IntegerField()
    found_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sighting", "term_list"], name="flag_once")]


class Neighbour(models.Model):
    """A medium beside a match on its page (R13): held encrypted until review links or erases it."""

    class State(models.TextChoices):
        """wanted → held → linked or erased; ``known`` when it matches by itself and has an item of its own."""

        WANTED = "wanted"
        HELD = "held"
        LINKED = "linked"
        ERASED = "erased"
        KNOWN = "known"

    public_id = public_id_field("nbr")
    sighting = models.ForeignKey(Sighting, on_delete=models.PROTECT, related_name="neighbours")
    url = models.TextField()
    url_key = models.BinaryField(max_length=32)
    position = models.IntegerField(help_text="On the page, from 0")
    alt = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=6, choices=State.choices, default=State.WANTED)
    media = models.ForeignKey(Media, on_delete=models.PROTECT, null=True, related_name="neighbour_of")
    held = models.OneToOneField(EvidenceObject, on_delete=models.SET_NULL, null=True, related_name="neighbour")
    prints = models.JSONField(null=True, help_text="Digests (hex), PDQ and size of what is held")
    wanted_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0, help_text="How often the crawler was asked for it again")
    retry_at = models.DateTimeField(null=True, help_text="Real time; while wanted, when the crawler is asked again")
    held_at = models.DateTimeField(null=True)
    erase_after = models.DateTimeField(null=True, help_text="Unlinked by then, it is erased")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sighting", "url_key"], name="neighbour_once_per_sighting")
        ]
        indexes: ClassVar = [
            models.Index(fields=["url_key"], condition=models.Q(state="wanted"), name="neighbour_wanted"),
            models.Index(fields=["retry_at"], condition=models.Q(state="wanted"), name="neighbour_to_fetch"),
            models.Index(fields=["erase_after"], condition=models.Q(state="held"), name="neighbour_to_erase"),
        ]
