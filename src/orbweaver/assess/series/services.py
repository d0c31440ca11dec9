"""Verbs on series: open, name, link, place, end a link, victims, status. Merging and splitting are in ``changes``.

Who may is asked at the entry points, except for what law enforcement's liaison alone may say. Audit details hold
public identifiers and codes, never titles, references or words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F, Q

from orbweaver.assess.series.errors import SeriesChanged
from orbweaver.assess.series.handovers import (
    IdentificationChanged,
    SeriesLinksChanged,
    identification_changed,
    series_links_changed,
)
from orbweaver.assess.series.messages import (
    DAY_IN_FUTURE,
    LIAISON_ONLY,
    LINK_WITHOUT_REASON,
    NAME_EMPTY,
    NO_SUCH_SERIES,
    REFERENCE_MISSING,
    SERIES_CHANGED,
    SOURCE_MISSING,
    TITLE_MISSING,
    UNLINK_WITHOUT_REASON,
    VICTIM_AGES,
    VICTIM_WITHOUT_LABEL,
)
from orbweaver.assess.series.models import SeriesItem, SeriesName, Victim, VictimSeries
from orbweaver.assess.series.rules import LinkReason, Position, are_ages, normal_name
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput, Message, NotAllowed
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record


@transaction.atomic
def open_series(
    title: str,
    *,
    by: User | None,
    now: dt.datetime,
    status: VictimSeries.Status = VictimSeries.Status.PROPOSED,
) -> VictimSeries:
    """A new series. Raises InvalidInput for an empty title."""
    title = one_line(title)[:200]
    if not title:
        raise InvalidInput(TITLE_MISSING)
    known = now if status == VictimSeries.Status.KNOWN else None
    series = VictimSeries.objects.create(title=title, status=status, opened_at=now, opened_by=by, known_since=known)
    record("series.opened", series.public_id, actor=by, details={"status": series.status}, at=now)
    return series


@transaction.atomic
def series_named(name: str, supplier: str, *, known_to_police: bool, now: dt.datetime) -> VictimSeries:
    """The series that a supplier calls by this name, opened at its first use; a merged one gives what it is part of.

    ``known_to_police`` makes a proposed series a known one, never the other way.
    """
    key = normal_name(name)[:200]
    if not key:
        raise InvalidInput(NAME_EMPTY)
    found = SeriesName.objects.select_related("series").filter(supplier=supplier, name=key).first()
    if found is None:
        status = VictimSeries.Status.KNOWN if known_to_police else VictimSeries.Status.PROPOSED
        with transaction.atomic():
            series = open_series(name, by=None, now=now, status=status)
            made, created = SeriesName.objects.get_or_create(supplier=supplier, name=key, defaults={"series": series})
            if not created:
                transaction.set_rollback(True)
        return series if created else current(made.series)
    series = current(found.series)
    if known_to_police and series.status != VictimSeries.Status.KNOWN:
        _become_known(series, by=None, now=now)
    return series


def current(series: VictimSeries) -> VictimSeries:
    """The series itself, or the one that it is part of by now."""
    while series.merged_into is not None:
        series = series.merged_into
    return series


def locked(public_id: str) -> VictimSeries:
    """The series, locked. Raises InvalidInput when there is none, SeriesChanged when it was merged."""
    series = VictimSeries.objects.select_for_update().filter(public_id=public_id).first()
    if series is None:
        raise InvalidInput(NO_SUCH_SERIES)
    if series.merged_into_id is not None:
        raise SeriesChanged(SERIES_CHANGED)
    return series


def require_version(series: VictimSeries, version: int) -> None:
    """Raise SeriesChanged when the series is no longer as the page showed it."""
    if VictimSeries.objects.filter(pk=series.pk).exclude(version=version).exists():
        raise SeriesChanged(SERIES_CHANGED)


def touch(series: VictimSeries) -> None:
    """Note that the series changed, so that stale forms conflict."""
    VictimSeries.objects.filter(pk=series.pk).update(version=F("version") + 1)


@transaction.atomic
def link_item(
    series: VictimSeries,
    media: Media,
    *,
    reason: LinkReason,
    words: str = "",
    because: Message | None = None,
    position: Position = Position.UNKNOWN,
    by: User | None,
    now: dt.datetime,
) -> SeriesItem:
    """Put a medium into a series with the reason, in a person's ``words`` or ``because`` of evidence.

    Linking again keeps the first link and adds what is new: another reason or other words, and a position.
    Raises InvalidInput when the reason needs words, SeriesChanged for a series that was merged meanwhile.
    """
    words = one_line(words)[:400]
    if reason is LinkReason.OTHER and not words:
        raise InvalidInput(LINK_WITHOUT_REASON)
    series = locked(series.public_id)
    item, created = SeriesItem.objects.get_or_create(
        series=series,
        media=media,
        ended_at=None,
        defaults={
            "reason": reason,
            "words": words,
            "because": because,
            "position": position,
            "linked_at": now,
            "linked_by": by,
        },
    )
    if created:
        touch(series)
        details = {"media": media.public_id, "reason": reason.value}
        record("series.linked", series.public_id, actor=by, details=details, at=now)
        series_links_changed.announce(SeriesLinksChanged([media.pk], now))
        tell_identification([series], now, [media.pk])
    elif by is not None:
        _add_to_link(item, reason, words, position, by, now)
    return item


def _add_to_link(
    item: SeriesItem, reason: LinkReason, words: str, position: Position, by: User, now: dt.datetime
) -> None:
    reasons = {(item.reason, item.words), *((each["reason"], each["words"]) for each in item.further)}
    if (reason.value, words) not in reasons:
        item.further.append({"reason": reason.value, "words": words, "by": by.public_id, "at": now.isoformat()})
        item.save(update_fields=["further"])
        touch(item.series)
        details = {"media": item.media.public_id, "reason": reason.value}
        record("series.linked_again", item.series.public_id, actor=by, details=details, at=now)
        tell_identification([item.series], now, [item.media_id])
    if position is not Position.UNKNOWN and position != item.position:
        set_position(item, position, by=by, now=now)
        item.position = position


@transaction.atomic
def set_position(item: SeriesItem, position: Position, *, by: User, now: dt.datetime) -> None:
    """Say where in the incident an item stands (R15)."""
    series = locked(item.series.public_id)
    changed = SeriesItem.objects.filter(pk=item.pk, ended_at=None).exclude(position=position).update(position=position)
    if changed:
        touch(series)
        details = {"media": item.media.public_id, "position": position.value}
        record("series.placed", series.public_id, actor=by, details=details, at=now)


@transaction.atomic
def end_link(item: SeriesItem, why: str, *, by: User, now: dt.datetime) -> None:
    """Take an item out of a series; the link stays, with who ended it and why. Raises InvalidInput without one."""
    why = one_line(why)[:400]
    if not why:
        raise InvalidInput(UNLINK_WITHOUT_REASON)
    series = locked(item.series.public_id)
    ended = SeriesItem.objects.filter(pk=item.pk, ended_at=None).update(ended_at=now, ended_by=by, ended_why=why)
    if ended:
        touch(series)
        record("series.unlinked", series.public_id, actor=by, details={"media": item.media.public_id}, at=now)
        series_links_changed.announce(SeriesLinksChanged([item.media_id], now))
        tell_identification([series], now, [item.media_id])


@transaction.atomic
def add_victim(
    series: VictimSeries, label: str, age_min: int | None, age_max: int | None, *, by: User, now: dt.datetime
) -> Victim:
    """A victim with estimated ages in years. Raises InvalidInput when the ages contradict each other."""
    label = one_line(label)[:60]
    if not label:
        raise InvalidInput(VICTIM_WITHOUT_LABEL)
    if not are_ages(age_min, age_max):
        raise InvalidInput(VICTIM_AGES)
    series = locked(series.public_id)
    victim = Victim.objects.create(
        series=series, label=label, age_min=age_min, age_max=age_max, added_at=now, added_by=by
    )
    touch(series)
    record("series.victim_added", series.public_id, actor=by, details={"victim": victim.public_id}, at=now)
    tell_identification([series], now)
    return victim


@transaction.atomic
def set_identified(victim: Victim, *, identified: bool, source: str, on: dt.date, by: User, now: dt.datetime) -> None:
    """What law enforcement says of a victim (R29). Raises NotAllowed for anybody but its liaison."""
    _require_liaison(by)
    source = one_line(source)[:200]
    if not source:
        raise InvalidInput(SOURCE_MISSING)
    if on > now.date():
        raise InvalidInput(DAY_IN_FUTURE)
    Victim.objects.filter(pk=victim.pk).update(
        identified=identified, identified_source=source, identified_on=on, identified_by=by
    )
    touch(victim.series)
    details = {"victim": victim.public_id, "identified": identified}
    record("series.victim_identified", victim.series.public_id, actor=by, details=details, at=now)
    identification_changed.announce(IdentificationChanged(media_of([victim.series]), now))


def tell_identification(series: Sequence[VictimSeries], now: dt.datetime, media: Sequence[int] = ()) -> None:
    """Victims or items of these series came or went: what police say of the items (or of ``media``) may differ."""
    if Victim.objects.filter(series__in=series, identified=True).exists():
        identification_changed.announce(IdentificationChanged(list(media) or media_of(series), now))


def media_of(series: Sequence[VictimSeries]) -> list[int]:
    """The numbers of the media in these series, and in those that were merged into them."""
    linked = SeriesItem.objects.filter(Q(series__in=series) | Q(series__merged_into__in=series), ended_at=None)
    return list(linked.order_by("media").values_list("media", flat=True).distinct())


@transaction.atomic
def become_known(public_id: str, reference: str, *, by: User, now: dt.datetime) -> VictimSeries:
    """Police know the series, under their reference. Raises NotAllowed for anybody but law enforcement's liaison."""
    _require_liaison(by)
    reference = one_line(reference)[:200]
    if not reference:
        raise InvalidInput(REFERENCE_MISSING)
    series = locked(public_id)
    VictimSeries.objects.filter(pk=series.pk).update(police_reference=reference)
    _become_known(series, by=by, now=now)
    return VictimSeries.objects.get(pk=series.pk)


def _become_known(series: VictimSeries, *, by: User | None, now: dt.datetime) -> None:
    changed = VictimSeries.objects.filter(pk=series.pk, status=VictimSeries.Status.PROPOSED).update(
        status=VictimSeries.Status.KNOWN, known_since=now
    )
    series.status, series.known_since = VictimSeries.Status.KNOWN, series.known_since or now
    touch(series)
    record("series.known", series.public_id, actor=by, details={"anew": bool(changed)}, at=now)


def _require_liaison(by: User) -> None:
    if not by.may(Permission.SERIES_IDENTIFY):
        raise NotAllowed(LIAISON_ONLY)


def one_line(text: str) -> str:
    """One line without NUL characters (PostgreSQL takes none)."""
    return " ".join(text.replace("\x00", " ").split())
