"""What verdicts put on the hotline's own list (R12a), and which of its hashes may act without another look."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.db.models import Q

from orbweaver.assess.criteria import Outcome, on_one_place
from orbweaver.assess.review.films import frames_to_list, is_film, is_harmless, shared
from orbweaver.assess.review.models import Assessment, Verdict
from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.assess.review.telling import latest_on_bytes, verdict_told
from orbweaver.assess.series.handovers import SeriesLinksChanged
from orbweaver.detect.exchanges import giving
from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow, RowHash
from orbweaver.detect.hashlists.services import add_own_entry, set_acts_alone, set_entry_state, withdraw_hashes
from orbweaver.detect.hashlists.writing import lock_changes, number_changes
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.models import Media, MediaFrame
from orbweaver.people.settings import HotlineSettings


def update_own_list(media: Media, verdict: Verdict, now: dt.datetime) -> None:
    """R12a: the verdict makes or updates entries of the own list. Never for sub-type b, whose hashes act on nothing.

    A film is listed by all its distinct frames, but for those that other films have as well: what shows to be such a
    one with this film is withdrawn from the others, too.
    """
    _withdraw_shared(media, now)
    if verdict.outcome == Outcome.NO_ACTION:
        _withdraw_own(media, now)
        if verdict.item.place_id is None:
            giving.say_verdict(_digests(media), verdict_told(verdict), now, confirms=False)
        return
    if on_one_place(verdict.sub_type):
        return
    entry = add_own_entry(_row(media, verdict), media, HotlineSettings.current().hotline_name, now)
    mark_acts_alone(media, verdict, now)
    number_changes([entry.pk], now)  # whoever follows the list is told of the verdict, be the hashes the same or not
    giving.say_verdict(_digests(media), verdict_told(verdict), now, confirms=True)


def hear_of_links(changed: SeriesLinksChanged) -> None:
    """Own entries of media that came into a series, or left one, are told anew: their series goes with them."""
    entries = HashListEntry.objects.filter(hash_list__kind=HashList.Kind.OWN, media__in=list(changed.media))
    numbers = list(entries.exclude(state=HashListEntry.State.WITHDRAWN).order_by("pk").values_list("pk", flat=True))
    if numbers:
        lock_changes()
        number_changes(numbers, changed.now)


def _row(media: Media, verdict: Verdict) -> EntryRow:
    """The entry of a medium: its digests and its picture, or those frames that stand for a film."""
    return EntryRow(
        kind="sha256",
        value=bytes(media.sha256),
        classification=verdict.category,
        identified=verdict.identified,
        series_name="",
        source=HotlineSettings.current().hotline_name,
        baseline=verdict.baseline,
        media_type="video" if media.mime.startswith("video/") else "image",
        further=(RowHash("sha1", bytes(media.sha1)), RowHash("md5", bytes(media.md5)), *_looks(media)),
    )


def _looks(media: Media) -> list[RowHash]:
    """What others see of it. Of a JPEG of several pictures programs show the first alone, so it stands by itself."""
    if not is_film(media):
        return _picture(media)
    first = _picture(media) if media.mime == "image/jpeg" else []
    return first + [each for each in _frames(media) if each.value not in {one.value for one in first}]


def _digests(media: Media) -> list[tuple[str, bytes]]:
    """What entries of suppliers may have of these very bytes, the strongest first."""
    return [("sha256", bytes(media.sha256)), ("sha1", bytes(media.sha1)), ("md5", bytes(media.md5))]


def _frames(film: Media) -> list[RowHash]:
    return [RowHash("pdq", bytes(each.pdq), each.time_s) for each in frames_to_list(film)]


def _picture(media: Media) -> list[RowHash]:
    good = media.pdq is not None and (media.pdq_quality or 0) >= MatchingSettings.current().match_quality_floor
    return [RowHash("pdq", bytes(media.pdq))] if good and media.pdq is not None else []


def _withdraw_shared(media: Media, now: dt.datetime) -> None:
    """Take frames of other films from the own list that this one has as well, though it is another film.

    Half of a film stays, unless this one is harmless: see ``films``.
    """
    found = {(each.other.media_id, bytes(each.other.pdq)) for each in shared(media)}
    films = {film for film, _ in found}
    of_frames = EntryHash.objects.filter(entry__media__in=films, kind="pdq", withdrawn=False)
    of_frames = of_frames.exclude(entry__state=HashListEntry.State.WITHDRAWN).exclude(time_s=None)
    listed = list(of_frames.select_related("entry"))
    hashes = [each for each in listed if (each.entry.media_id, bytes(each.value)) in found]
    if not is_harmless(media.pk):
        left = Counter(each.entry.media_id for each in listed)
        left.subtract(each.entry.media_id for each in hashes)
        length: Counter[int | None] = Counter(
            MediaFrame.objects.filter(media__in=films).values_list("media", flat=True)
        )
        hashes = [each for each in hashes if 2 * left[each.entry.media_id] >= length[each.entry.media_id]]
    if hashes:
        withdraw_hashes(hashes, reason="unrelated films share it", now=now)


def _withdraw_own(media: Media, now: dt.datetime, reason: str = "a later verdict") -> None:
    """Withdraw the own entry of these bytes. What looks the same has its own, which stays."""
    entries = own_entries(media)
    if entries:
        set_entry_state(entries, HashListEntry.State.WITHDRAWN, reason=reason, by=None, now=now)
        set_acts_alone(entries, False, now)


def own_entries(media: Media) -> list[HashListEntry]:
    """The entry of the own list that stands for these bytes, unless it is withdrawn."""
    own = HashListEntry.objects.filter(hash_list__kind=HashList.Kind.OWN, media=media)
    return list(own.exclude(state=HashListEntry.State.WITHDRAWN))


def restate_own_list(media: Media, now: dt.datetime, reason: str = "the answer was taken back") -> None:
    """What the own list says after a verdict has gone: what the latest one on these bytes says, or nothing."""
    latest = latest_on_bytes([media.pk]).get(media.pk)
    giving.take_back(_digests(media))
    if latest is not None and latest.outcome == Outcome.REMOVE:
        update_own_list(media, latest, now)
    else:
        _withdraw_own(media, now, reason=reason)


def may_act_alone(verdict: Verdict) -> bool:
    """Whether enough analysts gave this very decision about these bytes by these criteria, blind, in any item.

    Nobody may have differed: what a senior had to decide never acts alone, and sub-type b never does (R32).
    """
    agreed = verdict.decided_by == Verdict.By.AGREEMENT and verdict.outcome == Outcome.REMOVE
    if not agreed or on_one_place(verdict.sub_type):
        return False
    given = Assessment.objects.filter(item__media=verdict.media_id, criteria_version=verdict.criteria_version)
    given = given.filter(item__known_answer=None)
    same = Q(
        outcome=verdict.outcome,
        category=verdict.category,
        notice_type=verdict.notice_type,
        sub_type=verdict.sub_type,
    )
    analysts = given.filter(same).values("analyst").distinct().count()
    return analysts >= ReviewSettings.current().review_acts_alone_assessments and not given.exclude(same).exists()


def mark_acts_alone(media: Media, verdict: Verdict, now: dt.datetime) -> bool:
    """Say on the own entry whether it may act without a look; returns what it says. A frame of a film never may."""
    alone = may_act_alone(verdict)
    set_acts_alone(own_entries(media), alone, now)
    return alone
