"""What verdicts put on the hotline's own list (R12a), and which of its hashes may act without another look."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.db.models import Q

from orbweaver.assess.criteria import Outcome, on_one_place
from orbweaver.assess.review.films import frames_to_list, is_film, is_harmless, shared
from orbweaver.assess.review.models import Assessment, Verdict
from orbweaver.assess.review.settings import ReviewSettings
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import (
    OWN_LIST,
    add_own_entries,
    name_frames,
    name_still,
    set_acts_alone,
    set_entry_state,
)
from orbweaver.detect.matching.settings import MatchingSettings
from orbweaver.detect.media.models import Media, MediaFrame
from orbweaver.fingerprints.words import words_of
from orbweaver.people.settings import HotlineSettings


def update_own_list(media: Media, verdict: Verdict, now: dt.datetime) -> None:
    """R12a: the verdict makes or updates entries of the own list. Never for sub-type b, whose hashes act on nothing.

    A film is listed by all its distinct frames, but for those that other films have as well: what shows to be such a
    one with this film is withdrawn from the others, too.
    """
    _withdraw_shared(media, now)
    if verdict.outcome == Outcome.NO_ACTION:
        _withdraw_own(media, now)
        return
    if on_one_place(verdict.sub_type):
        return
    hashes = [("sha256", bytes(media.sha256)), ("sha1", bytes(media.sha1)), ("md5", bytes(media.md5))]
    frames = frames_to_list(media) if is_film(media) else []
    stills = [] if is_film(media) else _picture(media)
    hashes += [("pdq", bytes(frame.pdq)) for frame in frames] + stills
    rows = [
        EntryRow(
            kind=kind,
            value=value,
            classification=verdict.category,
            identified=verdict.identified,
            series_name="",
            source=HotlineSettings.current().hotline_name,
            baseline=verdict.baseline and kind != "pdq",  # R30: what merely looks alike never inherits it
        )
        for kind, value in hashes
    ]
    judged = _judged_stills([bytes(frame.pdq) for frame in frames])
    add_own_entries(rows, HotlineSettings.current().hotline_name, now)
    name_frames(media, [(bytes(each.pdq), each.time_s) for each in frames if bytes(each.pdq) not in judged])
    for _, value in stills:
        name_still(value)
    mark_acts_alone(media, verdict, now)


def _picture(media: Media) -> list[tuple[str, bytes]]:
    good = media.pdq is not None and (media.pdq_quality or 0) >= MatchingSettings.current().match_quality_floor
    return [("pdq", bytes(media.pdq))] if good and media.pdq is not None else []


def _judged_stills(values: list[bytes]) -> set[bytes]:
    """Those of these PDQ hashes that are listed for a still to be removed, which was judged by itself."""
    own = HashListEntry.objects.filter(hash_list__name=OWN_LIST, kind="pdq", frame_of=None, value__in=values)
    listed = [bytes(value) for value in own.values_list("value", flat=True)]
    stills = [media for media in Media.objects.filter(pdq__in=listed) if not is_film(media)] if listed else []
    latest = [(media, _latest_on_bytes(media)) for media in stills]
    return {bytes(media.pdq or b"") for media, said in latest if said is not None and said.outcome == Outcome.REMOVE}


def _withdraw_shared(media: Media, now: dt.datetime) -> None:
    """Take frames of other films from the own list that this one has as well, though it is another film.

    Half of a film stays, unless this one is harmless: see ``films``.
    """
    found = {(each.other.media_id, bytes(each.other.pdq)) for each in shared(media)}
    films = {film for film, _ in found}
    listed = HashListEntry.objects.filter(kind="pdq", frame_of__in=films)
    standing = listed.exclude(state=HashListEntry.State.WITHDRAWN)
    entries = [entry for entry in standing if (entry.frame_of_id, bytes(entry.value)) in found]
    if not is_harmless(media.pk):
        left = Counter(entry.frame_of_id for entry in standing)
        left.subtract(entry.frame_of_id for entry in entries)
        length: Counter[int | None] = Counter(
            MediaFrame.objects.filter(media__in=films).values_list("media", flat=True)
        )
        entries = [entry for entry in entries if 2 * left[entry.frame_of_id] >= length[entry.frame_of_id]]
    if entries:
        set_entry_state(entries, HashListEntry.State.WITHDRAWN, reason="unrelated films share it", by=None, now=now)


def _withdraw_own(media: Media, now: dt.datetime, reason: str = "a later verdict") -> None:
    """Withdraw each own entry of these bytes. A PDQ hash stays while another medium with it is to be removed."""
    entries = [entry for entry in own_entries(media) if entry.kind != "pdq" or not _removed_by_another(media, entry)]
    if entries:
        set_entry_state(entries, HashListEntry.State.WITHDRAWN, reason=reason, by=None, now=now)
        set_acts_alone(entries, False, now)


def own_entries(media: Media) -> list[HashListEntry]:
    """The entries of the own list that stand for these bytes and are not withdrawn."""
    own = HashListEntry.objects.filter(hash_list__name=OWN_LIST).exclude(state=HashListEntry.State.WITHDRAWN)
    hashes = Q(kind="sha256", value=media.sha256) | Q(kind="sha1", value=media.sha1) | Q(kind="md5", value=media.md5)
    if media.pdq is not None:
        hashes |= Q(kind="pdq", value=media.pdq)
    # The values themselves: a subquery among alternatives would have the whole list read.
    frames = list(media.frames.values_list("pdq", flat=True))
    hashes |= Q(frame_of=media) | Q(kind="pdq", value__in=frames)
    return list(own.filter(hashes))


def _removed_by_another(media: Media, entry: HashListEntry) -> bool:
    frames = MediaFrame.objects.filter(words__contains=words_of(bytes(entry.value)), pdq=entry.value)
    has_it = Q(pdq=entry.value) | Q(pk__in=frames.values("media"))
    latest = map(_latest_on_bytes, Media.objects.filter(has_it).exclude(pk=media.pk))
    return any(verdict is not None and verdict.outcome == Outcome.REMOVE for verdict in latest)


def _latest_on_bytes(media: Media) -> Verdict | None:
    """The latest verdict on these bytes that stands; one on a single place says nothing of them (R32)."""
    standing = Verdict.objects.filter(media=media, superseded_by=None).order_by("-decided_at", "-pk")
    return next((each for each in standing if not on_one_place(each.sub_type)), None)


def restate_own_list(media: Media, now: dt.datetime, reason: str = "the answer was taken back") -> None:
    """What the own list says after a verdict has gone: what the latest one on these bytes says, or nothing."""
    latest = _latest_on_bytes(media)
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
    """Say on the own entries whether they may act without a look; returns what it says. A frame of a film never may."""
    alone = may_act_alone(verdict)
    entries = own_entries(media)
    set_acts_alone([entry for entry in entries if entry.frame_of_id is None], alone, now)
    set_acts_alone([entry for entry in entries if entry.frame_of_id is not None], False, now)
    return alone
