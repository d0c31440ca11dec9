"""Matchers from what is stored, and reads for the pages."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from orbweaver.assess.terms.flagging import ListedTerm, ListMatcher
from orbweaver.assess.terms.keys import existing_key
from orbweaver.assess.terms.models import Term, TermList, WatchHit, WatchTerm
from orbweaver.assess.terms.watching import HashedTerm, WatchMatcher, key_check
from orbweaver.platform.settings import PlatformSettings

Stamp = tuple[int, int | None, int]


def watch_stamp() -> Stamp:
    """Changes when a watch term is added or withdrawn: how many there are, the latest, how many are withdrawn."""
    found = WatchTerm.objects.aggregate(
        every=Count("pk"), latest=Max("pk"), withdrawn=Count("pk", filter=Q(withdrawn_at__isnull=False))
    )
    return found["every"], found["latest"], found["withdrawn"]


def watch_matcher() -> WatchMatcher:
    """All terms that are watched for and were made with the key of this machine.

    Raises WatchKeyMissing when there are terms and no key.
    """
    rows = WatchTerm.objects.filter(withdrawn_at=None)
    if not rows.exists():
        return WatchMatcher({}, b"")
    key = existing_key(PlatformSettings.current().keys_path)
    ours = rows.filter(key_check=key_check(key)).values_list("pk", "anchor", "at", "value", "words")
    return WatchMatcher(
        {number: HashedTerm(bytes(anchor), at, bytes(value), count) for number, anchor, at, value, count in ours}, key
    )


def made_with_another_key() -> int:
    """Watch terms that nothing on this machine can find."""
    rows = WatchTerm.objects.filter(withdrawn_at=None)
    if not rows.exists():
        return 0
    return rows.exclude(key_check=key_check(existing_key(PlatformSettings.current().keys_path))).count()


def list_matchers() -> list[ListMatcher]:
    """One for each language that a list in use is in."""
    by_language: dict[str, list[ListedTerm]] = {}
    rows = Term.objects.filter(term_list__switched_off_at=None).values_list(
        "pk", "text", "forms", "term_list__language"
    )
    for number, text, forms, language in rows:
        by_language.setdefault(language, []).append(ListedTerm(number, text, tuple(forms)))
    return [ListMatcher(language, terms) for language, terms in sorted(by_language.items())]


def lists_stamp() -> tuple[object, ...]:
    """Changes when a list is brought, extended or switched."""
    found = TermList.objects.aggregate(Count("pk"), Max("switched_off_at"), off=Count("switched_off_at"))
    return (*found.values(), *Term.objects.aggregate(Count("pk"), Max("pk")).values())


@dataclass(frozen=True)
class WatchSummary:
    """The watch terms of one request by kind, and the pages where they stood."""

    reference: str
    terms: int
    hits: int
    open_hits: int


def term_lists() -> QuerySet[TermList]:
    """All lists with ``term_count``."""
    return TermList.objects.annotate(term_count=Count("terms")).order_by("name")


def watched() -> list[WatchSummary]:
    """Requests with watch terms in use; nothing here tells what the terms are."""
    rows = (
        WatchTerm.objects.filter(withdrawn_at=None)
        .order_by("reference")
        .values("reference")
        .annotate(
            count=Count("pk", distinct=True),
            every=Count("hits", distinct=True),
            waiting=Count("hits", filter=Q(hits__seen_to_at=None), distinct=True),
        )
    )
    return [WatchSummary(row["reference"], row["count"], row["every"], row["waiting"]) for row in rows]


def open_hits() -> QuerySet[WatchHit]:
    """Pages that nobody has seen to, latest first."""
    return WatchHit.objects.filter(seen_to_at=None).select_related("term").order_by("-last_seen_at", "-pk")
