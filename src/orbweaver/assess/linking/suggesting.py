"""Suggestions for series: found for one medium at a time through indexes, decided by a person, refused for good."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from orbweaver.assess.linking.errors import SuggestionDecided
from orbweaver.assess.linking.messages import NO_SUCH_SUGGESTION, SUGGESTION_DECIDED, TWO_SERIES
from orbweaver.assess.linking.models import MediaTrace, SeriesSuggestion
from orbweaver.assess.linking.rules import (
    COMMON,
    FLOOR,
    KEPT,
    NAMED_FROM,
    NEAR_BITS,
    REASONS,
    Evidence,
    Signal,
    combined,
    from_json,
)
from orbweaver.assess.linking.traces import Trace, TraceKind, picture_traces, word_key
from orbweaver.assess.review.clusters import pictures_of
from orbweaver.assess.review.likeness import distance
from orbweaver.assess.series.models import SeriesItem, VictimSeries
from orbweaver.assess.series.selectors import series_of
from orbweaver.assess.series.services import link_item, open_series
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput
from orbweaver.fingerprints.words import probes
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.identifiers import public_id

NEAREST: Final = 24
"""Media looked at for each trace, the nearest in place first."""
LOOK_ALIKES: Final = 500
"""Media with a word of the hash in common that are compared bit by bit."""

SIGNALS: Final = {
    TraceKind.PAGE: Signal.PAGE,
    TraceKind.GALLERY: Signal.GALLERY,
    TraceKind.SEQUENCE_HERE: Signal.SEQUENCE_HERE,
    TraceKind.SEQUENCE: Signal.SEQUENCE,
    TraceKind.FOLDER: Signal.FOLDER,
    TraceKind.TITLE: Signal.TITLE,
    TraceKind.UPLOADER: Signal.UPLOADER,
}
State = SeriesSuggestion.State

_SHARED = """
SELECT k.kind, k.position, n.media, t.media_id, t.position FROM (
    SELECT kind, key, position FROM linking_mediatrace WHERE media_id = %(media)s AND kind <> %(picture)s
) k
CROSS JOIN LATERAL (
    SELECT count(*) AS media FROM (
        SELECT 1 FROM linking_mediatrace WHERE kind = k.kind AND key = k.key LIMIT %(common)s + 1
    ) counted
) n
CROSS JOIN LATERAL (
    SELECT media_id, position FROM linking_mediatrace
    WHERE kind = k.kind AND key = k.key AND media_id <> %(media)s AND n.media <= %(common)s
    ORDER BY abs(position - k.position) NULLS LAST, media_id DESC LIMIT %(nearest)s
) t
"""


def keep_traces(media: Media, traces: Iterable[Trace]) -> None:
    """Add the traces of a sighting to those of its medium; the latest position counts."""
    MediaTrace.objects.bulk_create(
        [MediaTrace(media=media, kind=each.kind, key=each.key, position=each.position) for each in traces],
        update_conflicts=True,
        unique_fields=["kind", "key", "media"],
        update_fields=["position"],
    )


def keep_picture_traces(media: Media) -> None:
    """The words of its PDQ, where that means something."""
    pictures = pictures_of(media)
    if pictures and not media.traces.filter(kind=TraceKind.PICTURE).exists():
        keep_traces(media, picture_traces(pictures[0]))


def suggest_for(media: Media, now: dt.datetime) -> int:
    """Work out the suggestions of one medium anew; how many stand above the floor. In the caller's transaction.

    Looks at what shares a trace, never at all media: the cost is bounded by the traces of one medium.
    """
    evidence = _shared(media)
    for number, bits in _look_alikes(media):
        evidence.setdefault(number, []).append(Evidence(Signal.NEAR_DUPLICATE, bits))
    if not evidence:
        return 0
    stems = _stems([media.pk, *evidence])
    scored = [
        (combined(found, same_stem=_same_stem(stems, media.pk, number)), number, found)
        for number, found in evidence.items()
    ]
    best = sorted((each for each in scored if each[0] >= FLOOR), key=lambda each: (-each[0], each[1]))[:KEPT]
    apart = _not_together(media.pk, [number for _, number, _ in best])
    _keep(media.pk, [each for each in best if each[1] in apart], now)
    return len(best)


def _shared(media: Media) -> dict[int, list[Evidence]]:
    """What other media (by id) have in common with this one; of several traces of a kind the strongest."""
    best: dict[tuple[int, Signal], Evidence] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            _SHARED,
            {"media": media.pk, "picture": TraceKind.PICTURE.value, "common": COMMON, "nearest": NEAREST},
        )
        for kind, mine, count, number, theirs in cursor.fetchall():
            gap = abs(mine - theirs) if mine is not None and theirs is not None else 0
            found = Evidence(SIGNALS[TraceKind(kind)], gap, count)
            if found.strength < NAMED_FROM:
                continue
            known = best.get((number, found.signal))
            if known is None or known.strength < found.strength:
                best[number, found.signal] = found
    evidence: dict[int, list[Evidence]] = {}
    for (number, _), found in best.items():
        evidence.setdefault(number, []).append(found)
    return evidence


def _look_alikes(media: Media) -> list[tuple[int, int]]:
    """Media whose PDQ is within 31 bits of this one or of a turn of it, with the bits that differ."""
    pictures = pictures_of(media)
    if not pictures:
        return []
    words = [word_key(word) for word in probes(pictures, NEAR_BITS)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id, m.pdq FROM media_media m JOIN ("
            " SELECT DISTINCT media_id FROM linking_mediatrace WHERE kind = %s AND key = ANY(%s) AND media_id <> %s"
            " LIMIT %s) t ON t.media_id = m.id",
            [TraceKind.PICTURE.value, words, media.pk, LOOK_ALIKES],
        )
        rows = cursor.fetchall()
    found = [(number, distance(pictures, bytes(pdq))) for number, pdq in rows if pdq is not None]
    return [(number, bits) for number, bits in found if bits <= NEAR_BITS]


def _stems(numbers: Sequence[int]) -> dict[int, set[bytes]]:
    """The sequences that these media are part of; a number in a name that no other follows is no sequence."""
    another = MediaTrace.objects.filter(kind=OuterRef("kind"), key=OuterRef("key")).exclude(media=OuterRef("media"))
    rows = MediaTrace.objects.filter(Exists(another), media__in=numbers, kind=TraceKind.SEQUENCE_HERE)
    stems: dict[int, set[bytes]] = {}
    for number, key in rows.values_list("media_id", "key"):
        stems.setdefault(number, set()).add(bytes(key))
    return stems


def _same_stem(stems: dict[int, set[bytes]], one: int, other: int) -> bool | None:
    """Whether two files are of one sequence; None when one of them is of none."""
    if one not in stems or other not in stems:
        return None
    return bool(stems[one] & stems[other])


def _not_together(media_id: int, others: Sequence[int]) -> set[int]:
    """Those of ``others`` that are in no series with this medium yet."""
    found = series_of(Media.objects.filter(pk__in=[media_id, *others]))
    mine = {each.pk for each in found.get(media_id, [])}
    return {number for number in others if not mine & {each.pk for each in found.get(number, [])}}


_KEEP = """
INSERT INTO linking_seriessuggestion AS s
    (public_id, first_id, second_id, strength, evidence, state, made_at, changed_at)
SELECT n.public_id, n.first, n.second, n.strength, n.evidence::jsonb, 'open', %s, %s
FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::float8[], %s::text[])
    AS n (public_id, first, second, strength, evidence)
ORDER BY n.first, n.second
ON CONFLICT (first_id, second_id) DO UPDATE SET
    strength = excluded.strength, evidence = excluded.evidence, changed_at = excluded.changed_at
WHERE s.state = 'open'
"""


def _keep(media_id: int, scored: Sequence[tuple[float, int, list[Evidence]]], now: dt.datetime) -> None:
    if not scored:
        return
    rows: list[list[Any]] = [
        [public_id("sug") for _ in scored],
        [min(media_id, number) for _, number, _ in scored],
        [max(media_id, number) for _, number, _ in scored],
        [strength for strength, _, _ in scored],
        [json.dumps([each.as_json() for each in found]) for _, _, found in scored],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [now, now, *rows])


@dataclass(frozen=True)
class Accepted:
    """What came of it: the series that both media are in now, and whether it is new."""

    series: VictimSeries
    is_new: bool


@transaction.atomic
def accept(suggestion_id: str, *, title: str = "", by: User, now: dt.datetime) -> Accepted:
    """Both media belong to one series: the one that either is in, or a new, proposed one with ``title``.

    Raises SuggestionDecided, or InvalidInput when a title is needed or each is in a series of its own (merge these).
    """
    suggestion = _locked(suggestion_id)
    both = [suggestion.first, suggestion.second]
    found = series_of(both)
    theirs = {each.pk: each for media in both for each in found.get(media.pk, [])}
    if len(theirs) > 1:
        raise InvalidInput(TWO_SERIES)
    is_new = not theirs
    series = next(iter(theirs.values())) if theirs else open_series(title, by=by, now=now)
    strongest = from_json(suggestion.evidence)[0]
    for media in both:
        link_item(series, media, reason=REASONS[strongest.signal], because=strongest.in_words(), by=by, now=now)
    _decide(suggestion, State.ACCEPTED, series, by, now)
    close_moot(series, now)
    return Accepted(series, is_new)


@transaction.atomic
def refuse(suggestion_id: str, *, by: User, now: dt.datetime) -> None:
    """They do not belong together. It does not come back, whatever is seen later. Raises SuggestionDecided."""
    _decide(_locked(suggestion_id), State.REFUSED, None, by, now)


def close_moot(series: VictimSeries, now: dt.datetime) -> int:
    """Suggestions whose media are both in this series are answered by that; how many."""
    inside = SeriesItem.objects.filter(series=series, ended_at=None).values("media")
    return SeriesSuggestion.objects.filter(Q(first__in=inside) & Q(second__in=inside), state=State.OPEN).update(
        state=State.MOOT, changed_at=now
    )


def _locked(suggestion_id: str) -> SeriesSuggestion:
    found = (
        SeriesSuggestion.objects.select_for_update(of=("self",))
        .select_related("first", "second")
        .filter(public_id=suggestion_id)
        .first()
    )
    if found is None:
        raise InvalidInput(NO_SUCH_SUGGESTION)
    if found.state != State.OPEN:
        raise SuggestionDecided(SUGGESTION_DECIDED)
    return found


def _decide(
    suggestion: SeriesSuggestion, state: State, series: VictimSeries | None, by: User, now: dt.datetime
) -> None:
    SeriesSuggestion.objects.filter(pk=suggestion.pk).update(
        state=state, series=series, decided_at=now, decided_by=by, changed_at=now
    )
    details = {"strength": round(suggestion.strength, 2)}
    record(f"suggestion.{state.value}", suggestion.public_id, actor=by, details=details, at=now)
