"""What police say of media (R29, R30, R74): each word kept once, with its force, country and day, beside others'.

Forces number the same series differently, and their words may differ: all stand side by side. A child counts as
identified where the latest word of any force says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orbweaver.assess.series.handovers import IdentificationChanged, identification_changed
from orbweaver.assess.series.messages import DAY_IN_FUTURE, NAME_EMPTY, SOURCE_MISSING
from orbweaver.assess.series.models import PoliceWord, VictimSeries
from orbweaver.assess.series.rules import LinkReason, normal_name
from orbweaver.assess.series.selectors import Identification
from orbweaver.assess.series.services import link_item, one_line, series_named
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record

Said = PoliceWord.Said
KNOWN: Final = (Said.IDENTIFIED, Said.RECOVERED)
OF_THE_CHILD: Final = (*KNOWN, Said.UNIDENTIFIED)
OF_THE_BASELINE: Final = (Said.BASELINE, Said.NOT_BASELINE)


@dataclass(frozen=True, slots=True)
class Word:
    """What a force says; ``on``: since which day. ``series_name`` goes with ``series`` alone."""

    said: PoliceWord.Said
    source: str
    country: str
    on: dt.date
    series_name: str = ""
    reference: str = ""


@transaction.atomic
def hear(media: Media, word: Word, *, by: User | None, label: str = "system", now: dt.datetime) -> bool:
    """Keep what a force says of a medium, and have all that follows it told at once; False where it was said before.

    Who may is asked at the entry points. Raises InvalidInput: no force, a day to come, a series without a name.
    """
    source, name = one_line(word.source)[:200], one_line(word.series_name)[:200] if word.said == Said.SERIES else ""
    if not source:
        raise InvalidInput(SOURCE_MISSING)
    if word.on > now.date():
        raise InvalidInput(DAY_IN_FUTURE)
    if word.said == Said.SERIES and not normal_name(name):
        raise InvalidInput(NAME_EMPTY)
    kept, is_new = PoliceWord.objects.get_or_create(
        media=media,
        source=source,
        said=word.said,
        on=word.on,
        series_name=name,
        reference=one_line(word.reference)[:200],
        defaults={"country": word.country.upper(), "recorded_at": now, "recorded_by": by},
    )
    if not is_new:
        return False
    details = {"word": kept.public_id, "said": kept.said}
    record("police.said", media.public_id, actor=by, label=label, details=details, at=now)
    if kept.said == Said.SERIES:
        _join_series(kept, now)
    identification_changed.announce(IdentificationChanged([media.pk], now))
    return True


def _join_series(word: PoliceWord, now: dt.datetime) -> None:
    """The medium is in the series that this force calls so; its number stands there where none does yet."""
    series = series_named(word.series_name, word.source, known_to_police=True, now=now)
    link_item(series, word.media, reason=LinkReason.POLICE, words=word.source, by=None, now=now)
    VictimSeries.objects.filter(pk=series.pk, police_reference="").update(police_reference=word.reference)


def identified_by_police(media: Iterable[int]) -> dict[int, Identification]:
    """Of these media (by number), those of whose child the latest word of any force says that it is identified."""
    latest: dict[tuple[int, str], PoliceWord] = {}
    for word in PoliceWord.objects.filter(media__in=list(media), said__in=OF_THE_CHILD).order_by("on", "pk"):
        latest.pop((word.media_id, word.source), None)
        latest[(word.media_id, word.source)] = word
    return {word.media_id: Identification(word.source, word.on) for word in latest.values() if word.said in KNOWN}


def in_the_baseline(media: Iterable[int]) -> set[int]:
    """Of these media (by number), those that the latest word of any force counts to Interpol's baseline (R30)."""
    latest: dict[tuple[int, str], str] = {}
    words = PoliceWord.objects.filter(media__in=list(media), said__in=OF_THE_BASELINE).order_by("on", "pk")
    for medium, source, said in words.values_list("media", "source", "said"):
        latest[(medium, source)] = said
    return {medium for (medium, _), said in latest.items() if said == Said.BASELINE}


def standing_identifications(medium: str) -> QuerySet[PoliceWord]:
    """The same as ``identified_by_police`` of the medium that this column of an outer query names."""
    later = PoliceWord.objects.filter(
        Q(on__gt=OuterRef("on")) | Q(on=OuterRef("on"), pk__gt=OuterRef("pk")),
        media=OuterRef("media"),
        source=OuterRef("source"),
        said__in=OF_THE_CHILD,
    )
    return PoliceWord.objects.filter(~Exists(later), media=OuterRef(medium), said__in=KNOWN)


def words_on(media: Media) -> QuerySet[PoliceWord]:
    """All that police said of a medium, the latest first."""
    return media.police_words.order_by("-on", "-pk")
