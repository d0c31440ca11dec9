"""Merging and splitting series, and undoing either: rows move, every move is kept, nothing is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Q, QuerySet

from orbweaver.assess.series.errors import SeriesChanged
from orbweaver.assess.series.handovers import SeriesLinksChanged, series_links_changed
from orbweaver.assess.series.messages import (
    CHANGE_WITHOUT_REASON,
    LATER_CHANGE,
    MERGE_OTHER_WAY,
    MERGE_WITH_ITSELF,
    NOTHING_LEFT,
    NOTHING_TO_SPLIT,
    UNDONE_ALREADY,
)
from orbweaver.assess.series.models import SeriesChange, SeriesItem, SeriesMove, Victim, VictimSeries
from orbweaver.assess.series.rules import movable
from orbweaver.assess.series.services import locked, media_of, open_series, tell_identification, touch
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record

Kind = SeriesChange.Kind


@transaction.atomic
def merge(source_id: str, target_id: str, why: str, *, by: User, now: dt.datetime) -> SeriesChange:
    """All items and victims of ``source`` move to ``target`` (public ids); ``source`` then stands for ``target``.

    A medium that is in both keeps both links. A series that police know is never merged into one that they do not:
    raises InvalidInput, as the other way round is meant.
    """
    if source_id == target_id:
        raise InvalidInput(MERGE_WITH_ITSELF)
    source, target = _locked_both(source_id, target_id)
    if source.status == VictimSeries.Status.KNOWN and target.status != VictimSeries.Status.KNOWN:
        raise InvalidInput(MERGE_OTHER_WAY)
    change = _begin(Kind.MERGE, source, target, why, by, now)
    _move(change, source.items.filter(ended_at=None), source.victims.all(), target)
    VictimSeries.objects.filter(pk=source.pk).update(merged_into=target)
    _finish(change, by, now)
    return change


@transaction.atomic
def split(
    public_id: str,
    item_ids: Collection[int],
    victim_ids: Collection[int],
    title: str,
    why: str,
    *,
    by: User,
    now: dt.datetime,
) -> SeriesChange:
    """Some items and victims of a series go to a new, proposed one. Raises InvalidInput when none or all would go."""
    series = locked(public_id)
    items = series.items.filter(ended_at=None, pk__in=item_ids)
    victims = series.victims.filter(pk__in=victim_ids)
    if not items.exists():
        raise InvalidInput(NOTHING_TO_SPLIT)
    if items.count() == series.items.filter(ended_at=None).count():
        raise InvalidInput(NOTHING_LEFT)
    target = open_series(title, by=by, now=now)
    change = _begin(Kind.SPLIT, series, target, why, by, now)
    _move(change, items, victims, target)
    _finish(change, by, now)
    return change


@transaction.atomic
def undo(change_id: str, *, by: User, now: dt.datetime) -> SeriesChange:
    """The reverse of a change: what it moved moves back, from wherever later links left it in the target.

    Only the latest change of the two series can be undone: raises SeriesChanged while a later one stands.
    """
    change = SeriesChange.objects.select_for_update().filter(public_id=change_id, undone_at=None).first()
    if change is None:
        raise SeriesChanged(UNDONE_ALREADY)
    if later_changes(change).exists():
        raise SeriesChanged(LATER_CHANGE)
    _lock_rows(change.source_id, change.target_id)
    moved = [move.item_id for move in change.moves.all() if move.item_id is not None]
    back = _moves_to(SeriesItem.objects.filter(pk__in=moved, series=change.target), change.source)
    SeriesItem.objects.filter(pk__in=back).update(series=change.source)
    Victim.objects.filter(moves__change=change, series=change.target).update(series=change.source)
    if change.kind == Kind.MERGE:
        VictimSeries.objects.filter(pk=change.source_id).update(merged_into=None)
    else:
        _move(change, change.target.items.filter(ended_at=None), change.target.victims.all(), change.source)
        VictimSeries.objects.filter(pk=change.target_id).update(merged_into=change.source)
    SeriesChange.objects.filter(pk=change.pk).update(undone_at=now, undone_by=by)
    touch(change.source)
    touch(change.target)
    details = {"kind": change.kind, "with": change.target.public_id}
    record("series.change_undone", change.source.public_id, actor=by, details=details, at=now)
    _tell(change, now)
    return SeriesChange.objects.get(pk=change.pk)


def can_undo(change: SeriesChange) -> bool:
    """Whether it stands and no later change of the two series does."""
    return change.undone_at is None and not later_changes(change).exists()


def later_changes(change: SeriesChange) -> QuerySet[SeriesChange]:
    """Changes of either series that were made after this one and stand."""
    ids = [change.source_id, change.target_id]
    touching = Q(source__in=ids) | Q(target__in=ids)
    return SeriesChange.objects.filter(touching, pk__gt=change.pk, undone_at=None)


def _locked_both(source_id: str, target_id: str) -> tuple[VictimSeries, VictimSeries]:
    """Both rows, locked in one order so that two merges never wait for each other."""
    found = {each: locked(each) for each in sorted((source_id, target_id))}
    return found[source_id], found[target_id]


def _lock_rows(*ids: int) -> None:
    list(VictimSeries.objects.select_for_update().filter(pk__in=ids).order_by("public_id"))


def _begin(
    kind: SeriesChange.Kind, source: VictimSeries, target: VictimSeries, why: str, by: User, now: dt.datetime
) -> SeriesChange:
    why = " ".join(why.replace("\x00", " ").split())[:400]
    if not why:
        raise InvalidInput(CHANGE_WITHOUT_REASON)
    return SeriesChange.objects.create(kind=kind, source=source, target=target, why=why, made_at=now, made_by=by)


def _moves_to(items: Iterable[SeriesItem], target: VictimSeries) -> list[int]:
    there = set(target.items.filter(ended_at=None).values_list("media_id", flat=True))
    return movable([(each.pk, each.media_id) for each in items], there)


def _move(change: SeriesChange, items: Iterable[SeriesItem], victims: Iterable[Victim], target: VictimSeries) -> None:
    moving, following = _moves_to(items, target), [victim.pk for victim in victims]
    SeriesMove.objects.bulk_create(
        [
            *(SeriesMove(change=change, item_id=number) for number in moving),
            *(SeriesMove(change=change, victim_id=number) for number in following),
        ]
    )
    SeriesItem.objects.filter(pk__in=moving).update(series=target)
    Victim.objects.filter(pk__in=following).update(series=target)


def _finish(change: SeriesChange, by: User, now: dt.datetime) -> None:
    touch(change.source)
    touch(change.target)
    details = {"kind": change.kind, "into": change.target.public_id, "change": change.public_id}
    record(f"series.{change.kind}", change.source.public_id, actor=by, details=details, at=now)
    _tell(change, now)


def _tell(change: SeriesChange, now: dt.datetime) -> None:
    series = [change.source, change.target]
    series_links_changed.announce(SeriesLinksChanged(media_of(series), now))
    tell_identification(series, now)
